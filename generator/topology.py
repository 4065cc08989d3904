"""A site's machines: nodes, roles, networks and virtual IPs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Literal

from generator.model import AbsolutePath, Between, Duration, Id, Option, Part, Pattern, Text, Url

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

Side = Literal["internal", "public"]
"""Who uses an endpoint: the nodes among themselves, or users from outside. Keystone calls it the interface."""


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
    endpoints: Literal["both", "internal", "public"] = "both"
    """Who uses it: nodes among themselves (`internal`), users from outside (`public`), or `both`."""
    serves: tuple[Id, ...] = ()
    """Services or ports that it is for; empty for all that no other virtual IP of the same `endpoints` serves."""
    dns_name: Domain | Literal[""] = ""
    """Full DNS name by which clients know it, when that is not the name with the domain."""
    preferred: HostName | Literal[""] = ""
    """Load balancer that gets the highest priority for it; empty for the first one."""

    @property
    def host(self) -> str:
        """The address as it stands before a port."""
        return in_url(self.address)

    @property
    def family(self) -> str:
        """`ipv4` or `ipv6`."""
        return family_of(self.address)

    def is_for(self, side: Side) -> bool:
        """Whether clients of that side use it."""
        return self.endpoints in ("both", side)


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
    timeout_connect: Duration | Literal[""] = ""
    """How long HAProxy waits for a server to accept; empty for the guide's value, like the others below."""
    timeout_client: Duration | Literal[""] = ""
    """Silence of a client after which HAProxy closes; ports with a value of their own keep it."""
    timeout_server: Duration | Literal[""] = ""
    """Silence of a server after which HAProxy closes; ports with a value of their own keep it."""
    timeout_check: Duration | Literal[""] = ""
    """How long a health check may take once it is connected."""


@dataclass(frozen=True, kw_only=True)
class Storage(Part):
    """Storage that exists outside of the nodes."""

    cinder_nfs: NfsExport | Literal[""] = ""
    """NFS export that holds volumes, as server:/path; needed with Cinder."""
    glance_nfs: NfsExport | Literal[""] = ""
    """NFS export that holds images, as server:/path; needed with Glance."""


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
    """Virtual IPs; each says whose endpoints it carries."""
    nodes: tuple[Node, ...]
    """Machines, in the order in which first and others are counted."""
    ntp_servers: tuple[Annotated[str, Pattern(r"[A-Za-z0-9.:-]+", "a host name or an address")], ...] = ()
    """Time sources."""
    physical_network: Id = "physnet1"
    """Name by which Neutron knows the network `external`."""
    services: tuple[Id, ...] = ()
    """OpenStack services to install; empty for all of the release. What they stand on comes by itself."""
    options: dict[Id, Id] = field(default_factory=dict)
    """Choices by option of `data/options.yaml`; the default where one is left out: `network-backend: openvswitch`."""
    external_endpoints: dict[Id, Url] = field(default_factory=dict)
    """Address of a proxied port for users, where it is not that of the virtual IP: a TLS proxy in front, say."""
    storage: Storage = field(default_factory=Storage)
    """Shared storage outside of the nodes."""
    tuning: Tuning = field(default_factory=Tuning)
    """Numbers that the architecture leaves open."""

    @property
    def family(self) -> str:
        """The address family in which nodes reach each other: that of the internal network."""
        return next(family_of(network.cidr) for network in self.networks if network.id == "internal")

    def network_of(self, wanted: str) -> str:
        """The network `wanted` where the topology has it, otherwise the internal one."""
        return wanted if wanted in {network.id for network in self.networks} else "internal"

    def nodes_with(self, roles: tuple[str, ...]) -> tuple[Node, ...]:
        """The nodes that have at least one of `roles`, in the order of the topology."""
        return tuple(node for node in self.nodes if set(roles) & set(node.roles))

    @property
    def balancers(self) -> tuple[Node, ...]:
        """The nodes that hold virtual IPs."""
        return self.nodes_with(("load-balancer",))

    def in_order_for(self, vip: VirtualIp) -> tuple[Node, ...]:
        """The load balancers by falling priority for a virtual IP: the preferred one, then the others in turn."""
        names = [node.name for node in self.balancers]
        first = names.index(vip.preferred) if vip.preferred in names else 0
        return self.balancers[first:] + self.balancers[:first]

    def priority(self, vip: VirtualIp, node: Node) -> int:
        """The VRRP priority of a load balancer for a virtual IP."""
        return self.tuning.priority_top - self.tuning.priority_step * self.in_order_for(vip).index(node)

    def full_name(self, vip: VirtualIp) -> str:
        """The DNS name by which clients know a virtual IP."""
        return vip.dns_name or f"{vip.name}.{self.domain}"

    def choices(self, options: tuple[Option, ...]) -> dict[str, str]:
        """The choice for each of the options that a release offers."""
        made = self.options | {option.id: self.family for option in options if option.follows}
        return {option.id: made.get(option.id, option.choices[0].id) for option in options}

    def enables(self, kinds: Mapping[str, str], needs: Mapping[str, tuple[str, ...]]) -> frozenset[str]:
        """The ids of the services that the topology installs, out of those in `kinds`.

        `kinds` gives `support` or `openstack` for each service, `needs` the services it depends on.
        A support service stays away only when all that would need it do.
        """
        if not self.services:
            return frozenset(kinds)
        chosen = {name for name in self.services if kinds.get(name) == "openstack"}
        wanted = {needed for name in chosen for needed in needs[name]}
        unneeded = {needed for name in kinds if kinds[name] == "openstack" for needed in needs[name]} - wanted
        return frozenset(chosen | {name for name, kind in kinds.items() if kind == "support" and name not in unneeded})


def family_of(address: str) -> str:
    """`ipv4` or `ipv6`, for an address or a network."""
    return "ipv6" if ":" in address else "ipv4"


def in_url(address: str) -> str:
    """An address as it stands before a port: IPv6 in brackets (RFC 3986, 3.2.2)."""
    return f"[{address}]" if ":" in address else address
