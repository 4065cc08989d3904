"""What install.sh tells about a node beside its files: packages, units and firewall openings."""

from __future__ import annotations

from generator.deploy import BASE_STEPS, Deployment
from generator.topology import Node
from generator.views import bundles
from generator.views.openings import Opening, openings_on
from generator.views.work import base_script


def install_values(deployment: Deployment, node: Node) -> dict[str, object]:
    """The names that the templates of install.sh may use, beside those of every file of the bundle."""
    units = unit_rows(deployment, node)
    return {
        "packages": deployment.packages_on(node),
        "units": units,
        "unit_width": max((len(row["name"]) for row in units), default=0),
        "openings": opening_rows(deployment, node),
        "base_steps": {name: base_script(deployment, name) for name in BASE_STEPS},
        "widest": "A-Za-z0-9._~+/=-",  # what a name may hold that this bundle does not know
    }


def unit_rows(deployment: Deployment, node: Node) -> list[dict[str, str]]:
    """Each unit that the bundle configures once, with the processes that it runs, in install order."""
    processes: dict[str, list[str]] = {}
    for row in bundles.verify_values(deployment, node):
        processes.setdefault(str(row["unit"]), []).append(str(row["id"]))
    return [{"name": unit, "processes": ", ".join(names)} for unit, names in processes.items()]


def opening_rows(deployment: Deployment, node: Node) -> list[dict[str, str]]:
    """What the packet filter has to let in, ports padded to one width."""
    openings = openings_on(deployment, node)
    width = max((len(_what(opening)) for opening in openings), default=0)
    return [
        {
            "what": _what(opening).ljust(width),
            "sources": ", ".join(opening.sources) or "anywhere",
            "destination": opening.destination,
            "purpose": opening.port.purpose,
        }
        for opening in openings
    ]


def _what(opening: Opening) -> str:
    port = opening.port
    if port.protocol == "vrrp":
        return port.protocol
    return f"{port.protocol} {port.number}" + (f"-{port.last}" if port.last else "")
