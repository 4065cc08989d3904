"""A site's machines: nodes, roles, networks and virtual IPs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Literal

from generator.model import Between, Duration, Option, Part, Pattern
from generator.model.patterns import ID
from generator.storage import HOST, LABEL, Storage

Key = Annotated[
    str, Pattern(rf"(?=.{{1,63}}$){ID}", "lower-case words joined by hyphens, at most 63 characters", key=True)
]
"""An id or the mention of one: network, role, service, port, use of a disk."""

HostName = Annotated[
    str,
    Pattern(
        r"[a-z]([a-z0-9-]{0,61}[a-z0-9])?",
        "a host name: lower-case letters, digits and inner hyphens, a letter first, at most 63, without the domain",
    ),
]
Domain = Annotated[
    str,
    Pattern(
        r"([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}", "a DNS domain in lower case, such as cloud.example.com"
    ),
]
Line = Annotated[
    str,
    Pattern(
        r"(?!.*(@@|\$[({]|\{[{%#]))[^\s\x00-\x1f<>`\\|]([^\x00-\x1f\x7f-\x9f<>`\\|\u200b-\u200f\ufeff\u2028-\u202e\u2066-\u2069]{0,248}"
        r"[^\s\x00-\x1f\x7f-\x9f<>`\\|\u200b-\u200f\ufeff\u2028-\u202e\u2066-\u2069])?",
        "one line of at most 250 characters without < > ` \\ | @@ ${ $( {{ {% {# or hidden characters",
    ),
]
Region = Annotated[
    str, Pattern(r"[A-Za-z][A-Za-z0-9_-]{0,254}", "a region: letters, digits, _ and -, a letter first, at most 255")
]
Disk = Annotated[
    str,
    Pattern(
        r"/dev(/[A-Za-z0-9_][A-Za-z0-9._:+-]*)+",
        "a disk below /dev, such as /dev/sdb or /dev/disk/by-id/wwn-0x5000c500a1b2c3d4",
    ),
]
TimeSource = Annotated[
    str, Pattern(rf"{LABEL}(\.{LABEL})*|[0-9a-fA-F:.]*:[0-9a-fA-F:.]*", "the host name or address of one NTP server")
]
BaseUrl = Annotated[
    str,
    Pattern(
        rf"https?://({HOST})(:[1-9][0-9]{{0,4}})?(/[A-Za-z0-9._~-]+)*/?",
        "an address such as https://cloud.example.com:5000, without user, query and signs that need quotes",
    ),
]
Interface = Annotated[
    str,
    Pattern(
        r"[a-zA-Z][a-zA-Z0-9_.-]{0,14}",
        "a network interface name: letters, digits, _ . and -, a letter first, at most 15",
    ),
]
Address = Annotated[str, Pattern(r"[0-9a-fA-F:.]{1,45}", "an IPv4 or IPv6 address")]
Cidr = Annotated[
    str, Pattern(r"[0-9a-fA-F:.]{1,45}/[0-9]{1,3}", "a network with its prefix length, such as 192.0.2.0/24")
]

Fraction = Annotated[
    str,
    Pattern(
        r"0\.(0[1-9]|[1-9][0-9]?)|([1-9]|[123][0-9])\.[0-9]{1,2}", 'seconds with one or two decimals such as "0.2"'
    ),
]

Side = Literal["internal", "public"]
"""Who uses an endpoint: the nodes among themselves, or users from outside. Keystone calls it the interface."""


@dataclass(frozen=True, kw_only=True)
class Network(Part):
    """A network that nodes are attached to."""

    id: Key
    """Key that nodes and virtual IPs name; `internal` carries the traffic between nodes."""
    cidr: Cidr
    """Its range: first address and prefix length, such as 192.0.2.0/24."""
    gateway: Address | Literal[""] = ""
    """Router of the network, when it has one."""
    purpose: Line
    """What it carries."""
    pool: tuple[Address, Address] | None = None
    """First and last address that Neutron may give away on it, for the network of floating IPs."""


@dataclass(frozen=True, kw_only=True)
class VirtualIp(Part):
    """An address that keepalived moves between load balancers."""

    name: HostName
    """Host name of the address, without the domain."""
    network: Key
    """Network that it belongs to."""
    address: Address
    """An address of that network which no node has, without prefix length."""
    router_id: Annotated[int, Between(1, 255)]
    """VRRP router id, 1 to 255, unique on the network among all sites that share it."""
    endpoints: Literal["both", "internal", "public"] = "both"
    """Who uses it: nodes among themselves (`internal`), users from outside (`public`), or `both`."""
    serves: tuple[Key, ...] = ()
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
    """Interface of the node, such as `eth1`, as `ip -brief link` lists it."""
    address: Address | Literal[""] = ""
    """Address of the node on it, without prefix length; left out when it has none there."""


@dataclass(frozen=True, kw_only=True)
class Node(Part):
    """One machine."""

    name: HostName
    """Host name, as `uname -n` prints it before the first dot."""
    roles: tuple[Key, ...]
    """What it is for: controller, load-balancer, database, messaging, network, storage, compute (`data/roles.yaml`).

    Database and messaging have 3, 5 or 7 nodes, load-balancer two or more; one node may have several roles."""
    interfaces: dict[Key, NodeInterface]
    """Attachment to each network, by the id of the network."""
    disks: dict[Key, Disk] = field(default_factory=dict)
    """Whole disks by use: `swift` for the object store. They are formatted."""


@dataclass(frozen=True, kw_only=True)
class Tuning(Part):
    """What the architecture leaves open."""

    advert_interval: Annotated[int, Between(1, 40)] | Fraction | Literal[""] = ""
    """Seconds between two VRRP advertisements: 1 to 40, or a fraction in quotes from "0.01" up where keepalived speaks
    VRRP version 3; empty for the value of the release. Three of them missing move the virtual IP, so a shorter time
    finds a lost node sooner, and takes a shorter pause for a loss."""
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
    maxconn: Annotated[int, Between(100, 1000000)] | Literal[""] = ""
    """Connections that HAProxy of a node takes at once, over all front ends; it needs two open files for each."""
    workers: Annotated[int, Between(1, 64)] | Literal[""] = ""
    """The most worker processes that a process of a service starts on a node; empty for the guide's numbers, which it
    lowers and never raises. Fewer need less memory and fewer connections to the database, and answer less at a time."""


@dataclass(frozen=True, kw_only=True)
class Topology(Part):
    """Nodes with their roles and addresses, networks and virtual IPs."""

    name: Line
    """Name as it is shown."""
    summary: Line
    """What kind of site it is."""
    domain: Domain
    """DNS domain of the nodes and virtual IPs."""
    region: Region
    """Keystone region of all endpoints."""
    networks: tuple[Network, ...]
    """Networks; one has the id `internal`."""
    virtual_ips: tuple[VirtualIp, ...]
    """Virtual IPs; each says whose endpoints it carries."""
    nodes: tuple[Node, ...]
    """Machines. The first one of a role founds its cluster, and the others join in this order."""
    ntp_servers: tuple[TimeSource, ...] = ()
    """Time sources of all nodes: host names or addresses, two or more."""
    physical_network: Key = "physnet1"
    """Name by which Neutron knows the network `external`."""
    services: tuple[Key, ...] = ()
    """OpenStack services to install; empty for all of the release. What they stand on comes by itself."""
    options: dict[Key, Key] = field(default_factory=dict)
    """Choices by option of `data/options.yaml`; the default where one is left out: `network-backend: openvswitch`."""
    external_endpoints: dict[Key, BaseUrl] = field(default_factory=dict)
    """Address that users get for a port, where it is not that of a virtual IP, as with a TLS proxy in front."""
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
