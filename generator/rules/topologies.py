"""Rules about topologies, the reference ones and an operator's own."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_address, ip_network

from generator.catalog import Catalog
from generator.problems import Place, known
from generator.rules.registry import Finding, rule
from generator.topology import Network, Topology

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
        named += [
            (place / "virtual_ips" / n / "dns_name", vip.dns_name)
            for n, vip in enumerate(topology.virtual_ips)
            if vip.dns_name
        ]
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


@rule("R506")
def priorities_distinct(catalog: Catalog) -> Iterator[Finding]:
    """Every load balancer gets a VRRP priority of its own, at least 1, and an address beside each virtual IP."""
    for place, topology in _each(catalog):
        names = [node.name for node in topology.balancers]
        lowest = topology.tuning.priority_top - topology.tuning.priority_step * (len(names) - 1)
        if names and lowest < 1:
            hint = f"raise priority_top, or lower priority_step, for {len(names)} load balancers"
            yield Finding(place / "tuning", f"the last load balancer would get the priority {lowest}", hint)
        if not topology.virtual_ips:
            yield Finding(place / "virtual_ips", "there is no virtual IP", "clients need one; add it")
        for number, vip in enumerate(topology.virtual_ips):
            if vip.preferred and vip.preferred not in names:
                inner = place / "virtual_ips" / number / "preferred"
                yield Finding(inner, f"{vip.preferred!r} is not a load balancer", known(vip.preferred, names))
            for node in topology.balancers:
                if vip.network in node.interfaces and node.interfaces[vip.network].address:
                    continue
                hint = "keepalived speaks VRRP from that address; give the node one, or move the virtual IP"
                yield Finding(
                    place / "virtual_ips" / number / "network",
                    f"the load balancer {node.name} has no address on {vip.network}",
                    hint,
                )


@rule("R512")
def addresses_shortest(catalog: Catalog) -> Iterator[Finding]:
    """Addresses are written in their shortest form, in which daemons and logs print them (RFC 5952)."""
    for place, topology in _each(catalog):
        for inner, _, address in _addresses(place, topology):
            parsed = _number(address) if address else None
            if parsed is not None and str(parsed) != address:
                yield Finding(inner, f"{address} has a shorter form", f"write {parsed}")


@rule("R513")
def gateways_and_pools_fit(catalog: Catalog) -> Iterator[Finding]:
    """A gateway and a pool lie in their network, the pool is in order and holds no address that is taken."""
    for place, topology in _each(catalog):
        for number, network in enumerate(topology.networks):
            if _network(network.cidr) is not None:
                taken = {address: name for name, item, address in _taken(topology) if item == network.id and address}
                yield from _misfits(place / "networks" / number, network, taken)


def _misfits(place: Place, network: Network, taken: dict[str, str]) -> Iterator[Finding]:
    within = ip_network(network.cidr)
    first, last = network.pool or ("", "")
    named = [("gateway", network.gateway), ("pool", first), ("pool", last)]
    for key, address in named:
        if address and (_number(address) is None or ip_address(address) not in within):
            hint = "correct it, or the network's cidr"
            yield Finding(place / key, f"{address} is not in {network.id} ({network.cidr})", hint)
            return
    if network.gateway in taken:
        yield Finding(place / "gateway", f"{network.gateway} is the address of {taken[network.gateway]}", "change one")
    if not network.pool:
        return
    low, high = int(ip_address(first)), int(ip_address(last))
    if low > high:
        yield Finding(place / "pool", f"{first} comes after {last}", "write the first address first")
    for address, name in {network.gateway: "the gateway", **taken}.items():
        if _number(address) is not None and low <= int(ip_address(address)) <= high:
            hint = "Neutron would give it to an instance; choose another pool"
            yield Finding(place / "pool", f"{address} of {name} lies in the pool", hint)


def _taken(topology: Topology) -> Iterator[tuple[str, str, str]]:
    """Every address with its owner and network."""
    for vip in topology.virtual_ips:
        yield vip.name, vip.network, vip.address
    for node in topology.nodes:
        for network, interface in node.interfaces.items():
            yield node.name, network, interface.address


@rule("R514")
def interfaces_once(catalog: Catalog) -> Iterator[Finding]:
    """A node uses an interface for one network, and that for Neutron has a name short enough for a bridge."""
    for place, topology in _each(catalog):
        for number, node in enumerate(topology.nodes):
            seen: dict[str, str] = {}
            for network, interface in node.interfaces.items():
                inner = place / "nodes" / number / "interfaces" / network / "name"
                if interface.name in seen:
                    hint = f"give {network} an interface of its own, such as a VLAN: {interface.name}.100"
                    yield Finding(inner, f"{interface.name} of {node.name} is already on {seen[interface.name]}", hint)
                seen[interface.name] = network
                if network == EXTERNAL and len(interface.name) > LONGEST_BRIDGED:
                    hint = f"Linux allows 15 characters for the bridge br-{interface.name}; rename the interface"
                    yield Finding(inner, f"{interface.name} has more than {LONGEST_BRIDGED} characters", hint)


EXTERNAL = "external"
"""The network of floating IPs, to which Neutron attaches a bridge."""

LONGEST_BRIDGED = 12
"""Characters of an interface with a bridge br-NAME: IFNAMSIZ of <linux/if.h> is 16 with the final zero."""
