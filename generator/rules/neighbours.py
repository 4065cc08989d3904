"""What several sites must not have in common, which no file shows alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations

from generator.problems import Place, Problem
from generator.rules.addresses import network_of
from generator.topology import Topology, VirtualIp


def check_neighbours(sites: Sequence[tuple[str, Topology]]) -> list[Problem]:
    """The router ids that two sites would both use on one network, without lines; `sites` gives file and topology.

    keepalived takes the advertisements of another site for its own, and the virtual IP moves to and fro:
    https://github.com/acassen/keepalived/issues/2370. Two files with a node in common describe one site.
    """
    return [problem for one, other in combinations(sites, 2) for problem in _between(one, other)]


def _between(one: tuple[str, Topology], other: tuple[str, Topology]) -> Iterator[Problem]:
    if _addresses(one[1]) & _addresses(other[1]):
        return
    taken = {(network, vip.router_id): vip for network, _, vip in _vips(one[1])}
    for network, number, vip in _vips(other[1]):
        twin = taken.get((network, vip.router_id))
        if twin:
            message = f"the router id {vip.router_id} on {network} is already that of {twin.name} in {one[0]}"
            place = Place(other[0], ("virtual_ips", number, "router_id"))
            yield Problem("C011", place, message, "give each site on a network router ids of its own")


def _addresses(topology: Topology) -> set[str]:
    return {item.address for node in topology.nodes for item in node.interfaces.values()} - {""}


def _vips(topology: Topology) -> Iterator[tuple[str, int, VirtualIp]]:
    networks = {network.id: str(network_of(network.cidr)) for network in topology.networks}
    for number, vip in enumerate(topology.virtual_ips):
        yield networks[vip.network], number, vip
