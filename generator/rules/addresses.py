"""Rules about the networks and addresses of a topology."""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import NamedTuple

from generator.catalog import Catalog
from generator.problems import Place
from generator.rules.registry import Finding, rule
from generator.topology import Network, Topology

INTERNAL = "internal"
"""The network that carries the traffic between nodes."""


class Given(NamedTuple):
    """An address with its place, its owner, its network, and where the network is named."""

    place: Place
    owner: str
    network: str
    on: Place
    address: str


def each(catalog: Catalog) -> Iterator[tuple[Place, Topology]]:
    """Every topology with its place."""
    for name, topology in catalog.topologies.items():
        yield Place(f"topologies/{name}.yaml"), topology


def number_of(address: str) -> IPv4Address | IPv6Address | None:
    """The parsed address, or None when it is none."""
    try:
        return ip_address(address)
    except ValueError:
        return None


def network_of(cidr: str) -> IPv4Network | IPv6Network | None:
    """The parsed network, or None when it is none."""
    try:
        return ip_network(cidr) if "/" in cidr else None
    except ValueError:
        return None


def given(place: Place, topology: Topology) -> Iterator[Given]:
    """Every address of virtual IPs and nodes; those of interfaces without an address are empty."""
    for number, vip in enumerate(topology.virtual_ips):
        inner = place / "virtual_ips" / number
        yield Given(inner / "address", vip.name, vip.network, inner / "network", vip.address)
    for number, node in enumerate(topology.nodes):
        for network, interface in node.interfaces.items():
            inner = place / "nodes" / number / "interfaces" / network
            yield Given(inner / "address", node.name, network, inner, interface.address)


def _of_network(place: Place, network: Network) -> Iterator[tuple[Place, str, str]]:
    """Place, name and text of a network's own addresses."""
    if network.gateway:
        yield place / "gateway", f"the gateway of {network.id}", network.gateway
    for number, address in enumerate(network.pool or ()):
        yield place / "pool" / number, f"the pool of {network.id}", address


@rule("R501")
def networks_valid(catalog: Catalog) -> Iterator[Finding]:
    """Networks are real ones, each named once, and one of them is called internal."""
    for place, topology in each(catalog):
        ids = [network.id for network in topology.networks]
        if INTERNAL not in ids:
            yield Finding(
                place / "networks", f"no network has the id {INTERNAL}", "nodes reach each other over it; name one so"
            )
        for number, network in enumerate(topology.networks):
            inner = place / "networks" / number
            if network.id in ids[:number]:
                yield Finding(inner / "id", f"{network.id!r} stands twice", "give each network its own id")
            if network_of(network.cidr) is None:
                yield Finding(inner / "cidr", *_why_no_network(network.cidr))


def _why_no_network(cidr: str) -> tuple[str, str]:
    """What is wrong with a text that should be a network, and the cure."""
    try:
        return f"{cidr} is an address inside of a network", f"write {ip_network(cidr, strict=False)}"
    except ValueError:
        return f"{cidr} is not a network", "write its first address and the prefix length, such as 192.0.2.0/24"


@rule("R515")
def networks_apart(catalog: Catalog) -> Iterator[Finding]:
    """Networks do not overlap, and nodes can have addresses of them."""
    for place, topology in each(catalog):
        earlier: dict[str, IPv4Network | IPv6Network] = {}
        for number, network in enumerate(topology.networks):
            inner = place / "networks" / number / "cidr"
            parsed = network_of(network.cidr)
            if parsed is None or network.id in earlier:
                continue
            kind = _special(parsed)
            if kind:
                hint = "choose a network for hosts, such as one of 10.0.0.0/8 or fd00::/8"
                yield Finding(inner, f"{parsed} is {kind}", hint)
                continue
            for name, other in earlier.items():
                if other.overlaps(parsed):
                    hint = "the kernel would not know by which interface to send; give each network its own range"
                    yield Finding(inner, f"{parsed} overlaps with {name} ({other})", hint)
            earlier[network.id] = parsed


def _special(network: IPv4Network | IPv6Network) -> str:
    """Why no node can have an address of a network, or nothing: RFC 6890 and RFC 4291, 2.4."""
    kinds = {
        "the range of loopback addresses, which never leave a node": network.is_loopback,
        "a range of multicast addresses, which belong to no single node": network.is_multicast,
        "a range of link-local addresses, which need an interface beside them": network.is_link_local,
        "every address, not a network": network.prefixlen == 0,
        "a range that starts at the unspecified address": network.network_address.is_unspecified,
        "reserved for future use": network.version == 4 and network.is_reserved,
    }
    return next((kind for kind, true in kinds.items() if true), "")


@rule("R516")
def addresses_usable(catalog: Catalog) -> Iterator[Finding]:
    """An address is one that a host can have, and that of a gateway belongs to nobody else."""
    for place, topology in each(catalog):
        networks = {network.id: network for network in topology.networks}
        listed = [(item.place, item.owner, item.address, item.network) for item in given(place, topology)]
        for number, network in enumerate(topology.networks):
            inner = place / "networks" / number
            listed += [(*item, network.id) for item in _of_network(inner, network)]
        for where, owner, address, name in listed:
            parsed, within = number_of(address), networks.get(name)
            kind = _unusable(parsed, network_of(within.cidr) if within else None)
            if kind:
                yield Finding(where, f"{address} is {kind} of {name}", f"give {owner} another address")
            gateway = number_of(within.gateway) if within else None
            if parsed and parsed == gateway and not owner.startswith("the "):
                hint = f"give {owner} another address, or leave the gateway out if there is none"
                yield Finding(where, f"{address} is the gateway of {name}", hint)


def _unusable(address: IPv4Address | IPv6Address | None, network: IPv4Network | IPv6Network | None) -> str:
    """What an address is in its network, when no host can have it.

    Source: RFC 919, 7 for broadcast; RFC 3021 and RFC 6164 for two addresses without either; RFC 4291, 2.6.1 for
    the first address of an IPv6 network.
    """
    if network is None or network.num_addresses <= 2:
        return ""
    if address == network.network_address:
        return "the network address" if network.version == 4 else "the anycast address of the routers"
    return "the broadcast address" if network.version == 4 and address == network.broadcast_address else ""


@rule("R512")
def addresses_shortest(catalog: Catalog) -> Iterator[Finding]:
    """Addresses are written in their shortest form, in which daemons and logs print them (RFC 5952)."""
    for place, topology in each(catalog):
        written = [(item.place, item.address, number_of(item.address)) for item in given(place, topology)]
        for number, network in enumerate(topology.networks):
            inner = place / "networks" / number
            written += [(where, text, number_of(text)) for where, _, text in _of_network(inner, network)]
            cidr = network_of(network.cidr)
            if cidr is not None and str(cidr) != network.cidr:
                yield Finding(inner / "cidr", f"{network.cidr} has a shorter form", f"write {cidr}")
        for where, text, parsed in written:
            if parsed is not None and str(parsed) != text:
                yield Finding(where, f"{text} has a shorter form", f"write {parsed}")


@rule("R513")
def gateways_and_pools_fit(catalog: Catalog) -> Iterator[Finding]:
    """A gateway and a pool lie in their network, the pool is in order and holds no address that is taken."""
    for place, topology in each(catalog):
        for number, network in enumerate(topology.networks):
            within = network_of(network.cidr)
            misfits = list(_misfits(place / "networks" / number, network, within))
            yield from misfits
            if network.pool and not misfits:
                taken = {"the gateway": network.gateway}
                taken |= {item.owner: item.address for item in given(place, topology) if item.network == network.id}
                yield from _pool(place / "networks" / number / "pool", network.pool, taken)


def _misfits(place: Place, network: Network, within: IPv4Network | IPv6Network | None) -> Iterator[Finding]:
    for where, _, address in _of_network(place, network):
        parsed = number_of(address)
        if parsed is None:
            yield Finding(where, f"{address} is not an address", "write an IPv4 or IPv6 address")
        elif within is not None and parsed not in within:
            hint = "correct it, or the network's cidr"
            yield Finding(where, f"{address} is not in {network.id} ({network.cidr})", hint)


def _pool(place: Place, pool: tuple[str, str], taken: dict[str, str]) -> Iterator[Finding]:
    low, high = (int(ip_address(address)) for address in pool)
    if low > high:
        yield Finding(place, f"{pool[0]} comes after {pool[1]}", "write the first address first")
    for name, address in taken.items():
        parsed = number_of(address)
        if parsed is not None and low <= int(parsed) <= high:
            hint = "Neutron would give it to an instance; choose another pool"
            yield Finding(place, f"{address} ({name}) lies in the pool", hint)


@rule("R520")
def outside_addresses_valid(catalog: Catalog) -> Iterator[Finding]:
    """What looks like the address or port of a host outside of the topology is one."""
    for place, topology in each(catalog):
        hosts = [(place / "ntp_servers" / number, host) for number, host in enumerate(topology.ntp_servers)]
        for key in ("cinder_nfs", "glance_nfs"):
            export = getattr(topology.storage, key)
            hosts.append((place / "storage" / key, export[: export.find(":/")]))
        for number, monitor in enumerate(topology.storage.ceph_monitors):
            hosts.append((place / "storage" / "ceph_monitors" / number, monitor))
        for name, url in topology.external_endpoints.items():
            inner = place / "external_endpoints" / name
            authority = url.partition("//")[2].partition("/")[0]
            host, _, port = authority.rpartition(":") if re.search(r":[0-9]+$", authority) else (authority, "", "")
            hosts.append((inner, host))
            if port and int(port) > HIGHEST_PORT:
                yield Finding(inner, f"{port} is no port", f"ports go up to {HIGHEST_PORT}")
        for where, host in hosts:
            address = host.removeprefix("[").removesuffix("]")
            if re.fullmatch(r"[0-9.]+|.*:.*", address) and number_of(address) is None:
                yield Finding(where, f"{address} is not an address", "write a host name, or an IPv4 or IPv6 address")


HIGHEST_PORT = 65535
"""Port numbers have 16 bits: RFC 9293, 3.1."""
