"""Rules about topologies, the reference ones and an operator's own."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_address, ip_network

from generator.catalog import Catalog
from generator.problems import Place, known
from generator.rules.registry import Finding, rule
from generator.topology import Topology

INTERNAL = "internal"
"""The network that carries the traffic between nodes."""


def _each(catalog: Catalog) -> Iterator[tuple[Place, Topology]]:
    for name, topology in catalog.topologies.items():
        yield Place(f"topologies/{name}.yaml"), topology


def _number(text: str) -> object | None:
    """The parsed address, or None when it is none."""
    try:
        return ip_address(text)
    except ValueError:
        return None


@rule("R501")
def networks_valid(catalog: Catalog) -> Iterator[Finding]:
    """Networks are real ones, each named once, and one of them is called internal."""
    for place, topology in _each(catalog):
        ids = [network.id for network in topology.networks]
        if INTERNAL not in ids:
            yield Finding(
                place / "networks", f"no network has the id {INTERNAL}", "nodes reach each other over it; name one so"
            )
        for number, network in enumerate(topology.networks):
            if network.id in ids[:number]:
                yield Finding(
                    place / "networks" / number / "id", f"{network.id!r} stands twice", "give each network its own id"
                )
            try:
                ip_network(network.cidr)
            except ValueError as error:
                yield Finding(
                    place / "networks" / number / "cidr", str(error), "write the network address with its prefix length"
                )


@rule("R502")
def addresses_fit(catalog: Catalog) -> Iterator[Finding]:
    """Every address lies in its network, and every node has one on the internal network."""
    for place, topology in _each(catalog):
        networks = {network.id: network.cidr for network in topology.networks if _network(network.cidr)}
        for address_place, network, address in _addresses(place, topology):
            if network not in {item.id for item in topology.networks}:
                hint = known(network, [item.id for item in topology.networks])
                yield Finding(address_place, f"{network!r} is not a network of this topology", hint)
            elif address and _number(address) is None:
                yield Finding(address_place, f"{address} is not an address", "write an IPv4 or IPv6 address")
            elif address and network in networks and ip_address(address) not in ip_network(networks[network]):
                hint = "correct the address, or the network's cidr"
                yield Finding(address_place, f"{address} is not in {network} ({networks[network]})", hint)
        for number, node in enumerate(topology.nodes if INTERNAL in networks else ()):
            if INTERNAL not in node.interfaces or not node.interfaces[INTERNAL].address:
                yield Finding(
                    place / "nodes" / number, f"{node.name} has no address on {INTERNAL}", "add it below interfaces"
                )


def _network(cidr: str) -> object | None:
    try:
        return ip_network(cidr)
    except ValueError:
        return None


def _addresses(place: Place, topology: Topology) -> Iterator[tuple[Place, str, str]]:
    """Every address with its place and network."""
    for number, vip in enumerate(topology.virtual_ips):
        yield place / "virtual_ips" / number / "address", vip.network, vip.address
    for number, node in enumerate(topology.nodes):
        for network, interface in node.interfaces.items():
            yield place / "nodes" / number / "interfaces" / network, network, interface.address


@rule("R503")
def names_once(catalog: Catalog) -> Iterator[Finding]:
    """No name, address or router id is given twice."""
    for place, topology in _each(catalog):
        named = [(place / "virtual_ips" / n / "name", vip.name) for n, vip in enumerate(topology.virtual_ips)]
        named += [(place / "nodes" / n / "name", node.name) for n, node in enumerate(topology.nodes)]
        yield from _twice([(where, f"the name {name}") for where, name in named])
        given = [(where, address) for where, _, address in _addresses(place, topology) if address]
        yield from _twice([(where, f"the address {_number(address) or address}") for where, address in given])
        routers = [
            (place / "virtual_ips" / n / "router_id", f"the router id {vip.router_id} of the network {vip.network}")
            for n, vip in enumerate(topology.virtual_ips)
        ]
        yield from _twice(routers)


def _twice(named: list[tuple[Place, str]]) -> Iterator[Finding]:
    seen: set[str] = set()
    for place, name in named:
        if name in seen:
            yield Finding(place, f"{name} stands twice", "give each its own")
        seen.add(name)


@rule("R504")
def roles_filled(catalog: Catalog) -> Iterator[Finding]:
    """Nodes have roles that exist, and every role has a node."""
    roles = [role.id for role in catalog.roles]
    for place, topology in _each(catalog):
        for number, node in enumerate(topology.nodes):
            for position, role in enumerate(node.roles):
                if role not in roles:
                    hint = known(role, roles)
                    yield Finding(
                        place / "nodes" / number / "roles" / position, f"{role!r} is not a role of roles.yaml", hint
                    )
        for role in roles:
            if not topology.nodes_with((role,)):
                yield Finding(
                    place / "nodes", f"no node has the role {role}", "give it to one; one node may have several roles"
                )


@rule("R505")
def clusters_odd(catalog: Catalog) -> Iterator[Finding]:
    """A cluster that needs a majority has an odd number of nodes, at least three."""
    for place, topology in _each(catalog):
        told: set[tuple[str, ...]] = set()
        for _, process in catalog.processes().values():
            count = len(topology.nodes_with(process.roles))
            if process.quorum and process.roles not in told and count and (count < 3 or count % 2 == 0):
                told.add(process.roles)
                hint = "with two halves of equal size, or a single node left, no majority exists; use 3, 5 or 7"
                yield Finding(
                    place / "nodes", f"{process.id} would run on {count} nodes ({', '.join(process.roles)})", hint
                )


@rule("R506")
def priorities_distinct(catalog: Catalog) -> Iterator[Finding]:
    """Every load balancer gets a VRRP priority of its own, at least 1, and an address beside each virtual IP."""
    for place, topology in _each(catalog):
        balancers = topology.nodes_with(("load-balancer",))
        lowest = topology.tuning.priority_top - topology.tuning.priority_step * (len(balancers) - 1)
        if balancers and lowest < 1:
            hint = f"raise priority_top, or lower priority_step, for {len(balancers)} load balancers"
            yield Finding(place / "tuning", f"the last load balancer would get the priority {lowest}", hint)
        for number, vip in enumerate(topology.virtual_ips):
            for node in balancers:
                if vip.network in node.interfaces and node.interfaces[vip.network].address:
                    continue
                hint = "keepalived speaks VRRP from that address; give the node one, or move the virtual IP"
                yield Finding(
                    place / "virtual_ips" / number / "network",
                    f"the load balancer {node.name} has no address on {vip.network}",
                    hint,
                )
        if not topology.virtual_ips:
            yield Finding(place / "virtual_ips", "there is no virtual IP", "clients need one; add it")
