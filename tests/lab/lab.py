"""A whole lab: networks, what lies outside of the site, and the nodes."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import ip_network
from pathlib import Path

from generator.topology import Node as Machine
from generator.topology import Topology
from tests.lab.enclosure import EXPORTS, Enclosure, enclosure
from tests.lab.node import Link, Node

CLOCK = "local stratum 8\nallow\nport 123\ncmdport 0\npidfile /run/chronyd.pid\n"
"""A time source that repeats the clock of this machine."""


@dataclass(frozen=True)
class Lab:
    """Nodes on networks of their own, and a client beside them."""

    enclosure: Enclosure
    topology: Topology
    nodes: dict[str, Node]

    @property
    def virtual_ip(self) -> str:
        """The address through which clients use the site."""
        return self.topology.virtual_ips[0].address

    def holders(self) -> list[str]:
        """The nodes that are on and have the virtual IP."""
        wanted = f" {self.virtual_ip}/"
        powered = [node for node in self.nodes.values() if node.process]
        return [node.name for node in powered if wanted in node.run("ip -o address").stdout]

    def client(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a command as a client outside of the nodes."""
        return subprocess.run(self.enclosure.entering(*command), capture_output=True, text=True, check=False)

    def power_on(self, nodes: Iterable[Node] = (), unit: str = "multi-user.target") -> None:
        """Boot nodes at once, all of them unless told otherwise."""
        with ThreadPoolExecutor() as pool:
            list(pool.map(lambda node: node.power_on(unit), list(nodes) or self.nodes.values()))

    def power_off(self) -> None:
        """Cut the power of all nodes at once."""
        with ThreadPoolExecutor() as pool:
            list(pool.map(Node.power_off, self.nodes.values()))


@contextmanager
def lab(base: Path, site: Topology, disk: int = 0) -> Iterator[Lab]:
    """A lab of the nodes of a site, switched off, on a base system that is never written to.

    `disk` is the size in GiB of the second disk of each node that has one in the topology; none with 0.
    """
    with enclosure() as around:
        for network in site.networks:
            around.run("ip", "link", "add", network.id, "type", "bridge", "stp_state", "0", "mcast_snooping", "0")
            around.run("ip", "link", "set", network.id, "up")
            length = ip_network(network.cidr).prefixlen
            around.run("ip", "address", "add", f"{network.gateway}/{length}", "dev", network.id)
        _serve_time(around, base)
        _export(around, site)
        nodes = (Node(around, node.name, base, _links(site, node), disk if node.disks else 0) for node in site.nodes)
        yield Lab(around, site, {node.name: node for node in nodes})


def _links(site: Topology, node: Machine) -> tuple[Link, ...]:
    """The interfaces of a node of the topology."""
    lengths = {network.id: ip_network(network.cidr).prefixlen for network in site.networks}
    return tuple(
        Link(interface.name, network, f"{interface.address}/{lengths[network]}" if interface.address else None)
        for network, interface in node.interfaces.items()
    )


def _export(around: Enclosure, site: Topology) -> None:
    """Make the folders of the NFS server outside of the site, that of Cinder for its user on Debian (64061)."""
    for share, owner in ((site.storage.cinder_nfs, "64061:64061"), (site.storage.glance_nfs, "0:0")):
        folder = EXPORTS / share.partition(":/")[2]
        around.run("mkdir", "-p", folder)
        around.run("chown", owner, folder)


def _serve_time(around: Enclosure, base: Path) -> None:
    """Start the time source with the base system's own chronyd, which must not set the clock that it repeats (-x)."""
    script = (
        'mkdir -p /run/clock && printf \'%s\' "$1" > /run/clock.conf && mount --bind /run "$2/run" '
        '&& mount --bind /dev "$2/dev" && exec chroot "$2" setpriv --bounding-set=-sys_time '
        "/usr/sbin/chronyd -x -u root -f /run/clock.conf"
    )
    around.run("unshare", "--mount", "sh", "-c", script, "sh", CLOCK, base)
