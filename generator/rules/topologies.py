"""Rules about topologies, the reference ones and an operator's own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from generator.catalog import Catalog
from generator.problems import Place, known
from generator.rules.addresses import INTERNAL, each, given, network_of, number_of
from generator.rules.registry import Finding, rule
from generator.topology import Topology


@rule("R502")
def addresses_fit(catalog: Catalog) -> Iterator[Finding]:
    """Every address lies in its network, and every node has one on the internal network."""
    for place, topology in each(catalog):
        cidrs = {network.id: network.cidr for network in reversed(topology.networks)}  # the first of two counts
        unknown: set[str] = set()
        for item in given(place, topology):
            network = network_of(cidrs.get(item.network, ""))
            address = number_of(item.address)
            if item.network not in cidrs:
                if topology.networks and item.network not in (INTERNAL, *unknown):  # R501 wants that one
                    unknown.add(item.network)
                    hint = known(item.network, [network.id for network in topology.networks])
                    yield Finding(item.on, f"{item.network!r} is not a network of this topology", hint)
            elif item.address and address is None:
                hint = "write an IPv4 or IPv6 address"
                yield Finding(item.place, f"{item.address} is not an address", hint)
            elif address and network and address not in network:
                hint = "correct the address, or the network's cidr"
                yield Finding(item.place, f"{item.address} is not in {item.network} ({network})", hint)
        for number, node in enumerate(topology.nodes if INTERNAL in cidrs else ()):
            if INTERNAL not in node.interfaces or not node.interfaces[INTERNAL].address:
                yield Finding(
                    place / "nodes" / number, f"{node.name} has no address on {INTERNAL}", "add it below interfaces"
                )


@rule("R503")
def names_once(catalog: Catalog) -> Iterator[Finding]:
    """No name, address or router id is given twice."""
    for place, topology in each(catalog):
        yield from _names(place, topology)
        yield from _twice(
            (item.place, number_of(item.address) or item.address, f"the address {item.address}", item.owner)
            for item in given(place, topology)
            if item.address
        )
        yield from _twice(
            (
                place / "virtual_ips" / number / "router_id",
                (vip.network, vip.router_id),
                f"the router id {vip.router_id} on the network {vip.network}",
                vip.name,
            )
            for number, vip in enumerate(topology.virtual_ips)
        )


def _names(place: Place, topology: Topology) -> Iterator[Finding]:
    """Names that are given twice, in the full form in which clients would confuse them."""
    named = []
    for number, vip in enumerate(topology.virtual_ips):
        inner = place / "virtual_ips" / number
        full = f"{vip.name}.{topology.domain}"
        named.append((inner / "name", full, f"the name {vip.name}", "a virtual IP"))
    for number, node in enumerate(topology.nodes):
        full = f"{node.name}.{topology.domain}"
        named.append((place / "nodes" / number / "name", full, f"the name {node.name}", "a node"))
    for number, vip in enumerate(topology.virtual_ips):
        inner = place / "virtual_ips" / number / "dns_name"
        if vip.dns_name and vip.dns_name != f"{vip.name}.{topology.domain}":
            named.append((inner, vip.dns_name, f"the name {vip.dns_name}", "a virtual IP"))
    yield from _twice(named)


def _twice(named: Iterable[tuple[Place, object, str, str]]) -> Iterator[Finding]:
    """Findings for whatever has a key that was seen before: place, key, what it is, whose."""
    seen: dict[object, str] = {}
    for place, key, what, owner in named:
        if key in seen:
            yield Finding(place, f"{what} is already that of {seen[key]}", "give each its own")
        seen.setdefault(key, owner)


@rule("R506")
def virtual_ips_move(catalog: Catalog) -> Iterator[Finding]:
    """Two or more load balancers share the virtual IPs, each with a priority and an address beside each of them."""
    for place, topology in each(catalog):
        names = [node.name for node in topology.balancers]
        if len(names) == 1:
            hint = "a virtual IP survives only when another node can take it over: give a second one the role"
            yield Finding(place / "nodes", f"{names[0]} is the only node with the role load-balancer", hint)
        lowest = topology.tuning.priority_top - topology.tuning.priority_step * (len(names) - 1)
        if names and lowest < 1:
            hint = f"raise priority_top, or lower priority_step, for {len(names)} load balancers"
            yield Finding(place / "tuning", f"the last load balancer would get the priority {lowest}", hint)
        if not topology.virtual_ips:
            yield Finding(place / "virtual_ips", "there is no virtual IP", "clients need one; add it")
        yield from _off_the_network(place, topology)


def _off_the_network(place: Place, topology: Topology) -> Iterator[Finding]:
    names = [node.name for node in topology.balancers]
    networks = {network.id for network in topology.networks} - {INTERNAL}  # R502 wants internal addresses
    for number, vip in enumerate(topology.virtual_ips):
        inner = place / "virtual_ips" / number
        if vip.preferred and vip.preferred not in names:
            hint = f"choose one of {', '.join(names)}, or leave it out" if names else "leave it out"
            yield Finding(inner / "preferred", f"{vip.preferred!r} is not a load balancer", hint)
        for node in topology.balancers if vip.network in networks else ():
            if vip.network not in node.interfaces or not node.interfaces[vip.network].address:
                hint = "keepalived speaks VRRP from that address; give the node one, or move the virtual IP"
                message = f"the load balancer {node.name} has no address on {vip.network}"
                yield Finding(inner / "network", message, hint)


@rule("R514")
def interfaces_once(catalog: Catalog) -> Iterator[Finding]:
    """A node uses an interface for one network, and that for Neutron has a name short enough for a bridge."""
    for place, topology in each(catalog):
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
                if interface.name in NO_INTERFACES:
                    hint = "write the interface that is attached to the network: `ip -brief link` lists those of a node"
                    yield Finding(inner, f"{interface.name} is {NO_INTERFACES[interface.name]}", hint)


EXTERNAL = "external"
"""The network of floating IPs, to which Neutron attaches a bridge."""

LONGEST_BRIDGED = 12
"""Characters of an interface with a bridge br-NAME: IFNAMSIZ of <linux/if.h> is 16 with the final zero."""

NO_INTERFACES = {
    "lo": "the loopback interface, which no other node reaches",
    "all": "the word for every interface below /proc/sys/net",
    "default": "the word for future interfaces below /proc/sys/net",
}
"""Names that lead to no network: ip-sysctl of the kernel's documentation, /proc/sys/net/ipv4/conf/."""


@rule("R517")
def names_free(catalog: Catalog) -> Iterator[Finding]:
    """A name stands for no other thing in /etc/hosts, and its full form is short enough for the DNS."""
    for place, topology in each(catalog):
        named = [(place / "virtual_ips" / n / "name", vip.name) for n, vip in enumerate(topology.virtual_ips)]
        named += [(place / "nodes" / n / "name", node.name) for n, node in enumerate(topology.nodes)]
        for inner, name in named:
            if name in RESERVED:
                hint = "choose another name, such as controller1"
                yield Finding(inner, f"{name} stands for the node itself, or for a group, in /etc/hosts", hint)
        longest = max((name for _, name in named), key=len, default="")
        length = len(longest) + 1 + len(topology.domain)
        if length > LONGEST_NAME:
            hint = f"the DNS allows {LONGEST_NAME}: choose a shorter domain, or shorter names"
            yield Finding(place / "domain", f"{longest} with the domain has {length} characters", hint)


RESERVED = (
    *("localhost", "localhost4", "localhost6", "ip6-localhost", "ip6-loopback"),
    *("ip6-allnodes", "ip6-allrouters", "broadcasthost"),
)
"""Names in the /etc/hosts of common systems: RFC 6761, 6.3 for localhost; the file of Debian's netbase for ip6-*."""

LONGEST_NAME = 253
"""Characters of a name as text: RFC 1035, 3.1 allows 255 bytes with the lengths."""


@rule("R518")
def lists_without_repeats(catalog: Catalog) -> Iterator[Finding]:
    """Nothing stands twice in a list of words, and no disk has two uses."""
    for place, topology in each(catalog):
        lists = [(place / "services", topology.services), (place / "ntp_servers", topology.ntp_servers)]
        lists.append((place / "storage" / "ceph_monitors", topology.storage.ceph_monitors))
        lists += [(place / "virtual_ips" / n / "serves", vip.serves) for n, vip in enumerate(topology.virtual_ips)]
        lists += [(place / "nodes" / n / "roles", node.roles) for n, node in enumerate(topology.nodes)]
        for inner, words in lists:
            for number, word in enumerate(words):
                if word in words[:number]:
                    yield Finding(inner / number, f"{word} stands twice", "remove one of the two")
        for number, node in enumerate(topology.nodes):
            yield from _twice(
                (place / "nodes" / number / "disks" / use, disk, f"the disk {disk} of {node.name}", f"the use {use}")
                for use, disk in node.disks.items()
            )
