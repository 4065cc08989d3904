"""What the packet filter of a node lets in."""

from __future__ import annotations

from dataclasses import dataclass

from generator.deploy import Deployment
from generator.model import Port
from generator.topology import Node, family_of

IPV4, IPV6 = "ipv4", "ipv6"


@dataclass(frozen=True)
class Opening:
    """Something that a node's packet filter lets in: from `sources`, or from anywhere when there are none."""

    port: Port
    process: str
    sources: tuple[str, ...]
    destination: str = ""

    @property
    def family(self) -> str:
        """`ipv4` or `ipv6`, or nothing when it holds for both."""
        address = next(iter((*self.sources, self.destination)), "")
        return family_of(address) if address else ""


@dataclass(frozen=True)
class Group:
    """Openings for the same senders, all of one family; for anyone when there are no sources."""

    family: str
    sources: tuple[str, ...]
    openings: tuple[Opening, ...]


def grouped_on(deployment: Deployment, node: Node) -> tuple[Group, ...]:
    """What a node lets in by senders, so that a list of addresses is written once and not for each port."""
    found: dict[tuple[str, tuple[str, ...]], list[Opening]] = {}
    for opening in openings_on(deployment, node):
        if not opening.sources:
            found.setdefault(("", ()), []).append(opening)
        for family in (IPV4, IPV6):
            sources = tuple(source for source in opening.sources if family_of(source) == family)
            if sources and (not opening.destination or family_of(opening.destination) == family):
                found.setdefault((family, sources), []).append(opening)
    return tuple(Group(*senders, tuple(openings)) for senders, openings in found.items())


def openings_on(deployment: Deployment, node: Node) -> tuple[Opening, ...]:
    """What the packet filter of a node has to let in, by protocol and number."""
    found = [
        Opening(port, process.id, _sources(deployment, node, port, behind_proxy=port.proxy is not None))
        for process in deployment.processes_on(node)
        for port in process.ports
        if "loopback" not in port.clients
    ]
    if node in deployment.topology.balancers:
        found += [
            Opening(item.port, "haproxy", _sources(deployment, node, item.port, behind_proxy=False), vip.address)
            for item in deployment.endpoints
            for vip in item.vips
        ]
    reachable = [item for item in found if item.sources or "anywhere" in item.port.clients]
    return tuple(
        sorted(reachable, key=lambda item: (item.port.protocol, item.port.number, item.destination, item.port.id))
    )


def _sources(deployment: Deployment, node: Node, port: Port, *, behind_proxy: bool) -> tuple[str, ...]:
    """The addresses of other nodes that connect to a port; none when anyone may."""
    if port.protocol == "vrrp":
        return _vrrp_peers(deployment, node)
    roles = ("load-balancer",) if behind_proxy else port.clients
    if "anywhere" in roles:
        return ()
    others = (other for other in deployment.nodes_with(roles) if other.name != node.name)
    return tuple(deployment.address_on(other, port) for other in others)


def _vrrp_peers(deployment: Deployment, node: Node) -> tuple[str, ...]:
    """The addresses from which other load balancers send their advertisements, network by network."""
    networks = dict.fromkeys(vip.network for vip in deployment.topology.virtual_ips)
    others = [other for other in deployment.topology.balancers if other is not node]
    return tuple(other.interfaces[network].address for network in networks for other in others)


def shown(opening: Opening) -> dict[str, object]:
    """An opening as the page of ports shows it."""
    port = opening.port
    number = f"{port.number}-{port.last}" if port.last else str(port.number)
    return {
        "what": "VRRP" if port.protocol == "vrrp" else f"{number}/{port.protocol}",
        "destination": opening.destination,
        "sources": opening.sources,
        "purpose": port.purpose,
    }
