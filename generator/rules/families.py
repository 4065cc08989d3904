"""Rules about what speaks one address family only."""

from __future__ import annotations

from collections.abc import Iterator

from generator.catalog import Catalog
from generator.model import Port, Process
from generator.rules.registry import Finding, rule
from generator.rules.sites import Site, sites
from generator.topology import family_of

NAMES = {"ipv4": "IPv4", "ipv6": "IPv6"}


@rule("R519")
def families_spoken(catalog: Catalog) -> Iterator[Finding]:
    """A process that speaks one address family only has a network of that family, and each of its nodes an address."""
    for site in sites(catalog):
        networks = {network.id: family_of(network.cidr) for network in site.topology.networks}
        for process in site.processes.values():
            for port in process.ports if "internal" in networks else ():
                if port.family and _published(catalog, process, port):
                    yield from _unspoken(site, networks, catalog.processes()[process.id][0], process, port)


def _published(catalog: Catalog, process: Process, port: Port) -> bool:
    """Whether a published release has the port; R101 reports windows of unknown releases."""
    windows = {process.since, process.removed, port.since, port.removed} - {""}
    if not windows <= set(catalog.timeline.ids):
        return False
    ids = [release.id for release in catalog.published]
    return any(catalog.timeline.covers(process, name) and catalog.timeline.covers(port, name) for name in ids)


def _unspoken(site: Site, networks: dict[str, str], service: str, process: Process, port: Port) -> Iterator[Finding]:
    used = site.topology.network_of(port.network)
    if networks[used] != port.family:
        only = NAMES[port.family]
        hint = f"leave {service} out with `services`"
        if port.network != "internal":
            hint = f"give the network {port.network} {only} addresses, adding it if there is none, or {hint}"
        message = f"{process.id} uses {port.id} over {only} only, but {used} is {NAMES[networks[used]]}"
        yield Finding(site.place / "networks", message, hint)
        return
    if used == "internal":  # R502 wants an address there on every node
        return
    for number, node in enumerate(site.topology.nodes):
        if set(process.roles) & set(node.roles) and not (used in node.interfaces and node.interfaces[used].address):
            message = f"{node.name} has no address on {used}, over which {process.id} uses {port.id}"
            yield Finding(site.place / "nodes" / number, message, "add it below interfaces")
