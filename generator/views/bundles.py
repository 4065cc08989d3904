"""What a node's bundle holds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from ipaddress import ip_network

from generator.credentials import TOKEN
from generator.deploy import Deployment, internal
from generator.model import Process, Scalar
from generator.naming import look_up
from generator.placeholders import Lookup, fill
from generator.snapshot import File, LimitationState, ServiceState
from generator.topology import Node, in_url
from generator.views.openings import grouped_on
from generator.views.strategies import shown_name, strategy_label


@dataclass(frozen=True)
class FileEntry:
    """A file of the bundle as install.sh, the manifest and the pages list it."""

    path: str
    user: str
    group: str
    mode: str
    service: str
    summary: str
    format: str
    secret: bool
    content: str
    reasons: tuple[tuple[str, str, str], ...]
    """Setting, why and source of each value that has a reason."""


def template_of(file: File) -> str:
    """The template that writes a file."""
    return file.template_name


def sections_on(deployment: Deployment, node: Node, service: str, file: File) -> dict[str, dict[str, object]]:
    """The settings of a file on a node, placeholders filled; sections left empty are dropped."""
    named = look_up(deployment, node, service)
    result: dict[str, dict[str, object]] = {}
    for section, settings in file.sections.items():
        for key, values in settings.items():
            chosen = deployment.value_on(node, file, values)
            if chosen is not None:
                result.setdefault(section, {})[key] = _filled(chosen.value, named)
    return result


def _filled(value: Scalar | tuple[Scalar, ...], look_up: Lookup) -> object:
    if isinstance(value, tuple):
        return tuple(_filled(item, look_up) for item in value)
    return fill(value, look_up) if isinstance(value, str) else value


def file_values(deployment: Deployment, node: Node, service: ServiceState, file: File) -> dict[str, object]:
    """The names that the template of a configuration file may use."""
    sections = sections_on(deployment, node, service.id, file)
    return {
        "banner": banner(deployment, service),
        "sections": sections,
        "settings": sections.get("", {}),
        "members": [_named(deployment, other) for other in deployment.readers_of(file)],
        "ports": {port.id: port for _, port in deployment.snapshot.ports.values()},
        "endpoints": deployment.endpoints,
        "topology": deployment.topology,
        **{name: value(deployment, node) for name, value in OF_A_NODE.items()},
    }


def _named(deployment: Deployment, node: Node) -> dict[str, str]:
    """A node as templates see it; `host` is its address as it stands before a port."""
    address = internal(node)
    return {"name": node.name, "fqdn": deployment.fqdn(node.name), "address": address, "host": in_url(address)}


def banner(deployment: Deployment, service: ServiceState | None = None) -> str:
    """The first line of a generated file: what made it and where to change it."""
    return banner_of(deployment, f"data/services/{service.id}.yaml" if service else "the data of its services")


def banner_of(deployment: Deployment, source: str) -> str:
    """The first line of a file that is made of one source."""
    return (
        f"Made by the HA guide for {deployment.snapshot.release.id} on {deployment.platform.id}, "
        f"topology {deployment.topology_id}. Change {source}, not this file."
    )


def virtual_ips_on(deployment: Deployment, node: Node) -> list[dict[str, object]]:
    """The virtual IPs as keepalived of a load balancer sees them: its own priority, its peers.

    VRRP version 3, which IPv6 needs, has no authentication (RFC 5798, section 9).
    """
    topology = deployment.topology
    networks = {network.id: ip_network(network.cidr) for network in topology.networks}
    result: list[dict[str, object]] = []
    for vip in topology.virtual_ips if node in topology.balancers else ():
        interface = node.interfaces[vip.network]
        peers = [other for other in topology.balancers if other is not node]
        result.append(
            {
                "name": vip.name,
                "address": vip.address,
                "family": vip.family,
                "prefix": networks[vip.network].max_prefixlen,
                "router_id": vip.router_id,
                "interface": interface.name,
                "priority": topology.priority(vip, node),
                "source": interface.address,
                "peers": [other.interfaces[vip.network].address for other in peers],
                "authenticated": networks[vip.network].version == 4,
            }
        )
    return result


OF_A_NODE: dict[str, Callable[[Deployment, Node], object]] = {
    "node": _named,
    "vips": virtual_ips_on,
    "openings": lambda deployment, node: partial(grouped_on, deployment, node),
}
"""The names in templates that differ by node: a template that uses one is rendered for each node by itself.

`openings` is a function, since it takes long and only one template calls it.
"""


def secrets_in(text: str) -> list[str]:
    """The names of the secrets that a rendered text needs, sorted."""
    return sorted(set(TOKEN.findall(text)))


def step_values(deployment: Deployment, node: Node, service: str, run: str) -> tuple[str, list[str]]:
    """The shell text of a step on a node, and the secrets that it reads from secrets.env.

    A secret becomes a shell variable, so that no step script ever holds its value.
    """
    text = fill(run, look_up(deployment, node, service)).rstrip()
    return TOKEN.sub(r"${\1}", text), secrets_in(text)


def verify_values(deployment: Deployment, node: Node) -> list[dict[str, object]]:
    """What verify.sh looks at, for each process of the node that the bundle configures."""
    return [
        _verified(deployment, node, deployment.snapshot.service_of[process.id], process)
        for process in configured_on(deployment, node)
    ]


def configured_on(deployment: Deployment, node: Node) -> list[Process]:
    """The processes of a node that its bundle configures."""
    installed = {process.id for service in deployment.installed() for process in service.processes}
    return [process for process in deployment.processes_on(node) if process.id in installed]


def _verified(deployment: Deployment, node: Node, service: str, process: Process) -> dict[str, object]:
    host = in_url(internal(node))
    listening = [port for port in process.ports if port.protocol != "vrrp" and not port.last and not port.on_demand]
    checks = [
        {
            "url": f"http://{host}:{endpoint.check_port}{endpoint.port.proxy.check.path}",
            "lowest": 200,
            "highest": 399 if endpoint.port.proxy.check.accept == "2xx-3xx" else 499,
        }
        for endpoint in deployment.endpoints
        if endpoint.process.id == process.id and endpoint.port.proxy and endpoint.port.proxy.check.kind == "http"
    ]
    return {
        "id": process.id,
        "summary": process.summary,
        "unit": deployment.unit(process),
        "starts": process.starts,
        "ports": [
            {
                "protocol": port.protocol,
                "number": port.number,
                "address": "127.0.0.1" if port.clients == ("loopback",) else in_url(deployment.address_on(node, port)),
            }
            for port in listening
        ],
        "checks": checks,
        "health": [
            {"summary": health.summary, "run": step_values(deployment, node, service, health.run)[0]}
            for health in process.health
        ],
    }


def process_rows(deployment: Deployment, node: Node) -> list[dict[str, str]]:
    """The processes that a bundle configures on its node, for its README."""
    return [
        {
            "name": shown_name(process, deployment.platform),
            "unit": deployment.unit(process),
            "strategy": strategy_label(process, deployment.snapshot),
        }
        for process in configured_on(deployment, node)
    ]


def limitations_on(deployment: Deployment, node: Node) -> list[LimitationState]:
    """The limitations that touch a process of the node, or the whole architecture."""
    mine = {process.id for process in deployment.processes_on(node)}
    return [state for state in deployment.snapshot.limitations if not state.processes or mine & set(state.processes)]
