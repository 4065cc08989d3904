"""A site's machines: nodes, roles, networks and virtual IPs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Literal

from generator.model import AbsolutePath, Between, Id, Part, Pattern, Text

HostName = Annotated[
    str,
    Pattern(
        r"[a-z]([a-z0-9-]{0,61}[a-z0-9])?", "a host name of lower-case letters, digits and inner hyphens, at most 63"
    ),
]
Domain = Annotated[
    str, Pattern(r"([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}", "a DNS domain such as example.com")
]
NfsExport = Annotated[str, Pattern(r"[A-Za-z0-9.:-]+:/[A-Za-z0-9._/-]*", "server:/path of an NFS export")]
Interface = Annotated[
    str, Pattern(r"[a-zA-Z][a-zA-Z0-9_.-]{0,14}", "a network interface name of at most 15 characters")
]
Address = Annotated[str, Pattern(r"[0-9a-fA-F:.]+", "an IPv4 or IPv6 address")]
Cidr = Annotated[str, Pattern(r"[0-9a-fA-F:.]+/[0-9]{1,3}", "a network such as 192.0.2.0/24")]


@dataclass(frozen=True, kw_only=True)
class Network(Part):
    """A network that nodes are attached to."""

    id: Id
    """Key that nodes and virtual IPs name; `internal` carries the traffic between nodes."""
    cidr: Cidr
    """Address range."""
    gateway: Address | Literal[""] = ""
    """Router of the network, when it has one."""
    purpose: Text
    """What it carries."""
    pool: tuple[Address, Address] | None = None
    """First and last address that Neutron may give away on it, for the network of floating IPs."""


@dataclass(frozen=True, kw_only=True)
class VirtualIp(Part):
    """An address that keepalived moves between load balancers."""

    name: HostName
    """Host name, without the domain."""
    network: Id
    """Network that it belongs to."""
    address: Address
    """The address itself."""
    router_id: Annotated[int, Between(1, 255)]
    """VRRP router id, 1 to 255, unique on the network among all sites that share it."""


@dataclass(frozen=True, kw_only=True)
class NodeInterface(Part):
    """How a node is attached to a network."""

    name: Interface
    """Interface of the node: `eth1`."""
    address: Address | Literal[""] = ""
    """Address on it; empty when the interface carries none."""


@dataclass(frozen=True, kw_only=True)
class Node(Part):
    """One machine."""

    name: HostName
    """Host name, without the domain."""
    roles: tuple[Id, ...]
    """What it is for; keys of `data/roles.yaml`."""
    interfaces: dict[Id, NodeInterface]
    """Attachment to each network."""
    disks: dict[Id, AbsolutePath] = field(default_factory=dict)
    """Whole disks by use: `swift` for the object store."""


@dataclass(frozen=True, kw_only=True)
class Tuning(Part):
    """What the architecture leaves open."""

    advert_interval: Annotated[int, Between(1, 40)] = 1
    """Seconds between two VRRP advertisements."""
    priority_top: Annotated[int, Between(2, 254)] = 150
    """VRRP priority of the first load balancer; each further one gets `priority_step` less."""
    priority_step: Annotated[int, Between(1, 50)] = 10
    """Distance between the priorities."""
    check_interval: Annotated[int, Between(1, 60)] = 2
    """Seconds between two checks of HAProxy by keepalived."""


@dataclass(frozen=True, kw_only=True)
class Storage(Part):
    """Storage that exists outside of the nodes."""

    cinder_nfs: NfsExport
    """NFS export that holds volumes, as server:/path."""
    glance_nfs: NfsExport
    """NFS export that holds images, as server:/path."""


@dataclass(frozen=True, kw_only=True)
class Topology(Part):
    """Nodes with their roles and addresses, networks and virtual IPs."""

    name: Text
    """Name as it is shown."""
    summary: Text
    """What kind of site it is."""
    domain: Domain
    """DNS domain of the nodes and virtual IPs."""
    region: Annotated[str, Pattern(r"[A-Za-z][A-Za-z0-9_-]*", "letters, digits, _ and -")]
    """Keystone region."""
    networks: tuple[Network, ...]
    """Networks; one has the id `internal`."""
    virtual_ips: tuple[VirtualIp, ...]
    """Virtual IPs; the first one serves all endpoints."""
    nodes: tuple[Node, ...]
    """Machines, in the order in which first and others are counted."""
    ntp_servers: tuple[Annotated[str, Pattern(r"[A-Za-z0-9.:-]+", "a host name or an address")], ...] = ()
    """Time sources."""
    physical_network: Id = "physnet1"
    """Name by which Neutron knows the network `external`."""
    storage: Storage
    """Shared storage outside of the nodes."""
    tuning: Tuning = field(default_factory=Tuning)
    """Numbers that the architecture leaves open."""

    def nodes_with(self, roles: tuple[str, ...]) -> tuple[Node, ...]:
        """The nodes that have at least one of `roles`, in the order of the topology."""
        return tuple(node for node in self.nodes if set(roles) & set(node.roles))
