"""Processes: where they run, how they survive, and which ports they own."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Annotated, Literal

from generator.model.patterns import (
    AbsolutePath,
    Between,
    Duration,
    Family,
    Id,
    Mode,
    Part,
    Pattern,
    PlatformName,
    Reason,
    Script,
    Text,
    Url,
    UrlPath,
    Word,
)

Starts = Literal["everywhere", "one-node", "at-boot"]


@dataclass(frozen=True, kw_only=True)
class Note(Part):
    """A remark on a process that a reader of the strategy table needs."""

    text: Text
    """One or two sentences."""
    since: str = ""
    """First release that it holds for."""
    removed: str = ""
    """First release that it no longer holds for."""
    source: Url
    """Where it comes from."""


@dataclass(frozen=True, kw_only=True)
class Check(Part):
    """How HAProxy finds out whether a server of a back end works."""

    kind: Literal["http", "tcp"] = "http"
    """`http` asks for `path`; `tcp` only connects."""
    path: UrlPath = "/"
    """Path to ask for."""
    port: Id | Literal[""] = ""
    """Id of another port of the same service to ask, when the port itself cannot answer."""
    accept: Literal["2xx-3xx", "below-500"] = "2xx-3xx"
    """Statuses that count as alive; `below-500` for an API that answers 401 or 404 without a token."""
    interval: Duration | Literal[""] = ""
    """Time between two checks, where it is not that of all back ends, which haproxy.cfg has among its settings."""
    rise: Annotated[int, Between(1, 100)] = 2
    """Good checks in a row until a server is used."""
    fall: Annotated[int, Between(1, 100)] = 3
    """Bad checks in a row until a server is dropped."""
    source: Url
    """Evidence that the process answers so."""


@dataclass(frozen=True, kw_only=True)
class Timeouts(Part):
    """Idle times after which HAProxy closes a connection; empty keeps the default of haproxy.cfg."""

    client: Duration | Literal[""] = ""
    """Silence of the client."""
    server: Duration | Literal[""] = ""
    """Silence of the server."""
    tunnel: Duration | Literal[""] = ""
    """Silence on an upgraded connection, such as a WebSocket."""


@dataclass(frozen=True, kw_only=True)
class Proxy(Part):
    """How HAProxy offers a port on the virtual IP."""

    mode: Literal["tcp", "http"] = "tcp"
    """Layer at which HAProxy reads the traffic."""
    balance: Literal["roundrobin", "leastconn", "source"] = "roundrobin"
    """How it picks a server."""
    single_writer: bool = False
    """Send everything to one server and keep the others as backups."""
    cookie: Annotated[str, Pattern(r"[A-Z]*", "capital letters")] = ""
    """Name of a cookie that keeps a browser on its server (mode http)."""
    tcp_keepalive: bool = False
    """Let the kernel keep idle connections alive on both sides."""
    shutdown_sessions: bool = False
    """Cut the open connections of a server that is marked down."""
    timeouts: Timeouts = field(default_factory=Timeouts)
    """Idle times that differ from the defaults."""
    check: Check
    """Health check."""


@dataclass(frozen=True, kw_only=True)
class Port(Part):
    """A port that a process listens on; the only place where its number is written."""

    id: Id
    """Name of the endpoint, unique in the catalog: `glance-api`. `${url.ID}` and `${members.ID}` use it."""
    number: Annotated[int, Between(1, 65535)]
    """Port number, 1 to 65535."""
    last: Annotated[int, Between(0, 65535)] = 0
    """Last number of a range; 0 for a single port."""
    protocol: Literal["tcp", "udp", "vrrp"] = "tcp"
    """Transport protocol; `vrrp` is IP protocol 112 and has no number (write 112)."""
    purpose: Text
    """What the port is for."""
    clients: tuple[str, ...]
    """Roles whose nodes connect, or `anywhere`, or `loopback`. Firewall rules follow."""
    network: Id = "internal"
    """Network that it is used on, where the topology has one of that id; otherwise the internal one."""
    family: Family = ""
    """The only address family that the process speaks there; empty for both."""
    on_demand: bool = False
    """Whether the process listens now and then only, as for a transfer of state; verify.sh does not expect it."""
    proxy: Proxy | None = None
    """How HAProxy offers it; absent when clients connect directly."""
    since: str = ""
    """First release in which the process listens here."""
    removed: str = ""
    """First release in which it no longer does."""


@dataclass(frozen=True, kw_only=True)
class Health(Part):
    """A command that tells on a node whether a process does its work."""

    summary: Text
    """What the command proves."""
    run: Script
    """Shell commands; exit status 0 means healthy."""
    source: Url
    """Documentation of the command."""
    when: dict[Id, Id] = field(default_factory=dict)
    """Choices with which it holds, by option; empty for always."""
    since: str = ""
    """First release that it holds for."""
    removed: str = ""
    """First release that it no longer holds for."""


@dataclass(frozen=True, kw_only=True)
class Extra(Part):
    """Packages that a process needs with some choices only."""

    packages: dict[PlatformName, tuple[Word, ...]]
    """Packages by platform or family."""
    when: dict[Id, Id]
    """Choices with which it needs them, by option: `volume-backend: ceph`."""
    source: Url
    """Where it says so."""


@dataclass(frozen=True, kw_only=True)
class Workers(Part):
    """Operating system processes of a program on each node.

    Each has connections of its own to the database, where the program uses one. A topology may ask for fewer.
    """

    count: Annotated[int, Between(0, 1000)] = 0
    """How many there are, where no setting says it; leave the other keys out then."""
    path: AbsolutePath | Literal[""] = ""
    """File of the service with the setting that says how many."""
    section: str = ""
    """Section of that setting; empty in a file that has none."""
    key: Word | Literal[""] = ""
    """That setting: a number, or the arguments of a web server with `--processes`."""
    source: Url | Literal[""] = ""
    """Where a `count` comes from."""
    since: str = ""
    """First release in which that setting is for this process."""
    removed: str = ""
    """First release in which it no longer is."""


@dataclass(frozen=True, kw_only=True)
class ProcessPatch(Part):
    """The fields of a process that a change replaces; what is absent stays as it was."""

    name: Text | Literal[""] | None = None
    """See the process."""
    summary: Text | None = None
    """See the process."""
    guide_name: str | None = None
    """See the process."""
    roles: tuple[Id, ...] | None = None
    """See the process."""
    unit: dict[PlatformName, Word] | None = None
    """See the process."""
    packages: dict[PlatformName, tuple[Word, ...]] | None = None
    """See the process."""
    mode: Mode | None = None
    """See the process."""
    strategies: tuple[Id, ...] | None = None
    """See the process."""
    quorum: bool | None = None
    """See the process."""
    starts: Starts | None = None
    """See the process."""

    def values(self) -> dict[str, object]:
        """The given fields by name."""
        given = ((item.name, getattr(self, item.name)) for item in fields(self))
        return {name: value for name, value in given if value is not None}


@dataclass(frozen=True, kw_only=True)
class Change(Part):
    """What became different in a process with a release."""

    since: Id
    """First release with the new values."""
    set: ProcessPatch
    """The fields that differ from then on."""
    why: Text
    """What changed upstream."""
    source: Url
    """Release note, commit or documentation that says so."""


@dataclass(frozen=True, kw_only=True)
class Process(Part):
    """One program of a service: a row of the strategy table."""

    id: Id
    """Name without platform prefixes: `glance-api`."""
    summary: Text
    """What the program does."""
    name: Text | Literal[""] = ""
    """Name to show when the unit's would not be understood: `MariaDB - Galera`."""
    guide_name: str = ""
    """Name in the original guide's table, when it differs from the one shown."""
    addition: str = ""
    """Why the original guide's table lacks this process; empty when it has it."""
    roles: tuple[Id, ...]
    """Roles whose nodes run it."""
    unit: dict[PlatformName, Word]
    """systemd unit by platform or family, without `.service`."""
    packages: dict[PlatformName, tuple[Word, ...]]
    """Packages by platform or family."""
    extras: tuple[Extra, ...] = ()
    """Packages that come with a choice."""
    mode: Mode
    """Whether more than one instance works at a time."""
    strategies: tuple[Id, ...]
    """How it survives; keys of `data/strategies.yaml`."""
    starts: Starts = "everywhere"
    """Where its unit runs: `everywhere`, on `one-node` that the operator chooses, or only `at-boot`."""
    when: dict[Id, Id] = field(default_factory=dict)
    """Choices with which it is there, by option: `network-backend: ovn`; empty for always."""
    quorum: bool = False
    """Whether it forms a cluster that needs a majority: an odd number of nodes, at least three."""
    workers: tuple[Workers, ...] = ()
    """How many operating system processes it starts, added up; one that reads a `max_pool_size` has to say it."""
    ports: tuple[Port, ...] = ()
    """Ports that it listens on."""
    health: tuple[Health, ...] = ()
    """Checks beyond the unit's state and the ports."""
    notes: tuple[Note, ...] = ()
    """Remarks for the strategy table."""
    not_proved: Text | Literal[""] = ""
    """Why no experiment on one machine can prove its strategy, in one or two sentences; empty when one can."""
    changes: tuple[Change, ...] = ()
    """What became different later, oldest first."""
    since: str = ""
    """First release that has it."""
    arrival: Reason | None = None
    """Why it comes with `since`."""
    removed: str = ""
    """First release without it."""
    removal: Reason | None = None
    """Why it goes with `removed`."""
