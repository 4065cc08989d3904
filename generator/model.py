"""What the data files say: a Catalog and its parts.

Plain frozen dataclasses. The attribute docstrings are also the help texts of the
JSON Schema that editors use (`data/schema/`), so they address whoever edits the YAML.
`since` names the first release that has a thing, `removed` the first one without it;
an empty string leaves that end open.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from typing import Annotated, Any, ClassVar, Literal


SHOWN = 60
"""How much of a wrong text a message repeats, in characters."""


@dataclass(frozen=True)
class Pattern:
    """A regular expression that a text must match as a whole, and its meaning in words.

    The two methods are pydantic's protocol for annotations, spelt without importing it:
    https://docs.pydantic.dev/latest/concepts/types/#customizing-validation-with-__get_pydantic_core_schema__
    """

    expression: str
    meaning: str

    def check(self, value: str) -> str:
        """The value itself. Raises ValueError when it does not match."""
        if not re.fullmatch(self.expression, value):
            shown = value if len(value) <= SHOWN else f"{value[:SHOWN]}..."
            raise ValueError(f"{shown!r} is not {self.meaning}")
        return value

    def __get_pydantic_core_schema__(self, source: Any, handler: Callable[[Any], Any]) -> dict[str, Any]:
        return {"type": "function-after", "function": {"type": "no-info", "function": self.check}, "schema": handler(source)}

    def __get_pydantic_json_schema__(self, core: Any, handler: Callable[[Any], Any]) -> dict[str, Any]:
        return {**handler(core), "pattern": f"^({self.expression})$"}


@dataclass(frozen=True)
class Between:
    """The smallest and the largest number allowed."""

    least: int
    most: int

    def check(self, value: int) -> int:
        """The value itself. Raises ValueError when it lies outside."""
        if not self.least <= value <= self.most:
            raise ValueError(f"{value} is not a number from {self.least} to {self.most}")
        return value

    def __get_pydantic_core_schema__(self, source: Any, handler: Callable[[Any], Any]) -> dict[str, Any]:
        return {"type": "function-after", "function": {"type": "no-info", "function": self.check}, "schema": handler(source)}

    def __get_pydantic_json_schema__(self, core: Any, handler: Callable[[Any], Any]) -> dict[str, Any]:
        return {**handler(core), "minimum": self.least, "maximum": self.most}


Id = Annotated[str, Pattern(r"[a-z0-9]+(-[a-z0-9]+)*", "lower-case words joined by hyphens")]
Url = Annotated[str, Pattern(r"https?://[^\s<>\"']+", "an http or https address")]
FileMode = Annotated[str, Pattern(r"0[0-7]{3}", 'four octal digits in quotes, such as "0640"')]
Owner = Annotated[str, Pattern(r"[a-z_][a-z0-9_-]*:[a-z_][a-z0-9_-]*", "user:group")]
AbsolutePath = Annotated[
    str, Pattern(r"(/[A-Za-z0-9_@+-][A-Za-z0-9._@+-]*|/\.[A-Za-z0-9][A-Za-z0-9._-]*)+", "an absolute path without .. or blanks")
]
Day = Annotated[str, Pattern(r"\d{4}-\d{2}-\d{2}", 'a day in quotes, such as "2015-10-15"')]
Duration = Annotated[str, Pattern(r"[1-9][0-9]*(ms|s|m|h)", "a number with ms, s, m or h, such as 90m")]
UrlPath = Annotated[str, Pattern(r"/[A-Za-z0-9._~/-]*", "the path part of a URL, such as /healthcheck")]
Word = Annotated[str, Pattern(r"[A-Za-z0-9@._+-]+", "one word of letters, digits and @ . _ + -")]
Text = Annotated[str, Pattern(r"\S([\s\S]*\S)?", "a text without blanks at its ends")]

Script = Annotated[str, Pattern(r"[\s\S]*\S[\s\S]*", "a shell script")]

Mode = Literal["active-active", "active-passive"]
Where = Literal["first", "others", "every"]
Format = Literal["ini", "mysql", "redis", "sysctl", "environment", "systemd", "xinetd"]
Scalar = str | int | bool


class Part:
    """Base of every shape: a key that is not listed is a mistake, not an extension."""

    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "forbid", "use_attribute_docstrings": True}


@dataclass(frozen=True, kw_only=True)
class Release(Part):
    """One OpenStack series."""

    id: Id
    """Code name in lower case, never the number: `liberty`."""
    name: Text
    """Name as it is shown: `Liberty`."""
    number: Text
    """Version as upstream counts it, in quotes: `"2015.2"`."""
    released: Day
    """Day of the initial release."""
    status: Literal["development", "maintained", "unmaintained", "end-of-life"]
    """Support by the OpenStack community."""
    ended: Day | Literal[""] = ""
    """Day on which community support ended."""
    platforms: tuple[Id, ...] = ()
    """Platforms for which bundles are published, the default first. A release without platforms only dates other facts."""
    guide: Text | Literal[""] = ""
    """How the original guide calls its text for this release; empty when it has none."""
    source: Url
    """Where the dates and the status come from."""


@dataclass(frozen=True, kw_only=True)
class Platform(Part):
    """An operating system family and version, with its package and unit names."""

    id: Id
    """Family and version: `centos-7`."""
    name: Text
    """Name as it is shown."""
    family: Id
    """Key that data may use in place of the id for all versions: `redhat`, `debian`."""
    packages: Literal["yum", "apt"]
    """Package manager."""
    firewall: Literal["firewalld", "nftables"]
    """Packet filter that the platform sets up by default."""
    os_id: Word
    """`ID` in /etc/os-release, which install.sh compares."""
    os_version: Text
    """`VERSION_ID` in /etc/os-release, which install.sh compares."""
    repositories: Text
    """Where the packages come from, for the reader."""
    source: Url
    """Documentation of that repository."""


@dataclass(frozen=True, kw_only=True)
class Strategy(Part):
    """How a process survives the loss of a node."""

    id: Id
    """Key that processes name."""
    label: Text
    """Short name, as the strategy table shows it."""
    name: Text
    """Full name."""
    summary: Text
    """What happens when a node is lost, in one or two sentences."""
    client: Text
    """What a client notices and has to do."""


@dataclass(frozen=True, kw_only=True)
class Role(Part):
    """What a node is for."""

    id: Id
    """Key that processes and nodes name."""
    name: Text
    """Name as it is shown."""
    summary: Text
    """What runs on a node with this role."""


@dataclass(frozen=True, kw_only=True)
class Secret(Part):
    """A value that only the operator's own machine knows."""

    id: Annotated[str, Pattern(r"[a-z][a-z0-9_]*", "lower-case words joined by underscores")]
    """Key for `${secret.ID}`; the published bundle shows @@ID@@ in capitals."""
    kind: Literal["password", "vrrp-password", "cookie", "key-file"]
    """How it is made: `vrrp-password` has 8 characters, `cookie` 20 capitals, `key-file` is long base64."""
    summary: Text
    """What it protects."""


@dataclass(frozen=True, kw_only=True)
class Orders(Part):
    """Two orders over all services."""

    strategy_table: tuple[Id, ...]
    """Order of the services in the strategy table, that of the original guide."""
    install: tuple[Id, ...]
    """Order in which an operator installs the services."""


@dataclass(frozen=True, kw_only=True)
class Reference(Part):
    """A page outside of this guide."""

    title: Text
    """What the reader finds there."""
    url: Url
    """Address."""
    since: str = ""
    """First release for which it is relevant."""
    removed: str = ""
    """First release for which it is not."""


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
    interval: Duration = "1s"
    """Time between two checks."""
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
    """Name of the endpoint, unique in the catalog: `glance-api`. `${url.ID}`, `${vip.ID}` and `${members.ID}` use it."""
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
    since: str = ""
    """First release that it holds for."""
    removed: str = ""
    """First release that it no longer holds for."""


@dataclass(frozen=True, kw_only=True)
class ProcessPatch(Part):
    """The fields of a process that a change replaces; what is absent stays as it was."""

    guide_name: str | None = None
    """See the process."""
    roles: tuple[Id, ...] | None = None
    """See the process."""
    unit: dict[Id, Word] | None = None
    """See the process."""
    packages: dict[Id, tuple[Word, ...]] | None = None
    """See the process."""
    mode: Mode | None = None
    """See the process."""
    strategies: tuple[Id, ...] | None = None
    """See the process."""
    quorum: bool | None = None
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
    unit: dict[Id, Word]
    """systemd unit by platform or family, without `.service`."""
    packages: dict[Id, tuple[Word, ...]]
    """Packages by platform or family."""
    mode: Mode
    """Whether more than one instance works at a time."""
    strategies: tuple[Id, ...]
    """How it survives; keys of `data/strategies.yaml`."""
    quorum: bool = False
    """Whether it forms a cluster that needs a majority: an odd number of nodes, at least three."""
    ports: tuple[Port, ...] = ()
    """Ports that it listens on."""
    health: tuple[Health, ...] = ()
    """Checks beyond the unit's state and the ports."""
    notes: tuple[Note, ...] = ()
    """Remarks for the strategy table."""
    changes: tuple[Change, ...] = ()
    """What became different later, oldest first."""
    since: str = ""
    """First release that has it."""
    removed: str = ""
    """First release without it."""


@dataclass(frozen=True, kw_only=True)
class Dependency(Part):
    """A service that must work before this one can."""

    service: Id
    """Service that is needed."""
    why: Text
    """What it is needed for, as the label of an arrow: `tokens`."""
    since: str = ""
    """First release with it."""
    removed: str = ""
    """First release without it."""


@dataclass(frozen=True, kw_only=True)
class Variant(Part):
    """One value of a setting, for some releases or some nodes."""

    value: Scalar
    """The value; `${...}` names are filled in per node."""
    on: Where = "every"
    """Nodes of the file's role that get it: the `first`, the `others` or `every` one."""
    why: str = ""
    """Reason, shown beside the file."""
    source: Url | Literal[""] = ""
    """Where the reason comes from."""
    since: str = ""
    """First release with this value."""
    removed: str = ""
    """First release without it."""


Setting = Scalar | tuple[Variant, ...]


@dataclass(frozen=True, kw_only=True)
class ConfigFile(Part):
    """A file that a bundle brings to a node."""

    path: AbsolutePath
    """Where it lies on the node."""
    process: Id
    """Process of this service that reads it: its nodes get the file."""
    summary: Text
    """What the file decides."""
    platforms: tuple[Id, ...] = ()
    """Platforms or families that have it here; empty for all."""
    owner: Owner = "root:root"
    """Owner and group."""
    mode: FileMode = "0644"
    """Permissions."""
    format: Format | None = None
    """How `settings` or `sections` are written."""
    template: Annotated[str, Pattern(r"([a-z0-9._-]+/)*[a-z0-9._-]+|", "a path below generator/templates/config")] = ""
    """Template that writes the file, in place of a format."""
    settings: dict[str, Setting] = field(default_factory=dict)
    """Key and value of a file without sections, or values that the template uses."""
    sections: dict[str, dict[str, Setting]] = field(default_factory=dict)
    """Section, key and value of a file with sections."""
    since: str = ""
    """First release with the file."""
    removed: str = ""
    """First release without it."""


@dataclass(frozen=True, kw_only=True)
class Step(Part):
    """Something to do once the files are in place."""

    id: Id
    """Name of the step, unique in the service."""
    title: Text
    """What it achieves, as an instruction."""
    process: Id
    """Process of this service whose nodes carry it out."""
    on: Where
    """On the `first` of those nodes, the `others`, or `every` one."""
    run: Script
    """POSIX shell; must do nothing the second time."""
    platforms: tuple[Id, ...] = ()
    """Platforms or families that it holds for; empty for all."""
    why: str = ""
    """Why it is done so, for the reader."""
    source: Url | Literal[""] = ""
    """Documentation of the commands."""
    since: str = ""
    """First release with the step."""
    removed: str = ""
    """First release without it."""


@dataclass(frozen=True, kw_only=True)
class Service(Part):
    """A group of processes, such as Nova; one file of `data/services/`, named after its id."""

    name: Text
    """Name as it is shown."""
    summary: Text
    """What it is for, in one sentence."""
    kind: Literal["support", "openstack"] = "openstack"
    """`support` for the software that OpenStack stands on."""
    icon: Id | Literal[""] = ""
    """Picture in the diagrams, a key of `generator/drawing.py`; empty for a plain box."""
    depends: tuple[Dependency, ...] = ()
    """Services that it needs."""
    processes: tuple[Process, ...]
    """Its programs, in the order of the strategy table."""
    config: tuple[ConfigFile, ...] = ()
    """Files that it brings to nodes."""
    steps: tuple[Step, ...] = ()
    """What to do after installing the files, in order."""
    since: str = ""
    """First release of the guide that has it."""
    removed: str = ""
    """First release without it."""


@dataclass(frozen=True, kw_only=True)
class Remark(Part):
    """What became of a limitation in some releases."""

    text: Text
    """One or two sentences."""
    since: str = ""
    """First release that it holds for."""
    removed: str = ""
    """First release that it no longer holds for."""
    source: Url
    """Where it comes from."""


@dataclass(frozen=True, kw_only=True)
class Limitation(Part):
    """Something that the architecture does not do; one file of `data/limitations/`, named after its id."""

    title: Text
    """What does not work, as a heading."""
    summary: Text
    """The same in one or two sentences, for lists."""
    processes: tuple[Id, ...] = ()
    """Processes that it touches; empty when it touches the whole architecture."""
    impact: tuple[Text, ...]
    """What goes wrong for whom, a paragraph each."""
    notice: tuple[Text, ...]
    """How an operator sees that it happened."""
    workaround: tuple[Text, ...]
    """What to do about it, in order."""
    remarks: tuple[Remark, ...] = ()
    """What is particular to some releases."""
    references: tuple[Reference, ...]
    """Where to read on."""
    unverified: str = ""
    """What of this could not be confirmed, and why; shown on the page."""
    since: str = ""
    """First release that has it."""
    removed: str = ""
    """First release without it."""


@dataclass(frozen=True, kw_only=True)
class Correction(Part):
    """A place where we knowingly differ from the original guide."""

    id: Annotated[str, Pattern(r"D\d{3}", "D and three digits, such as D024")]
    """Number of the defect, as this project counts them."""
    title: Text
    """What is corrected."""
    guide: Text
    """What the guide says."""
    ours: Text
    """What we do."""
    why: Text
    """Reason."""
    decision: Literal["corrected", "kept", "not-applicable"]
    """Whether we changed it, kept it with a reason, or have no such place."""
    severity: Literal["low", "medium", "high", "critical"]
    """How much harm following the guide does."""
    services: tuple[Id, ...]
    """Services whose pages mention it."""
    processes: tuple[Id, ...] = ()
    """Rows of the strategy table that it explains."""
    source: Url
    """Evidence."""
    since: str = ""
    """First release of the guide with the fault."""
    removed: str = ""
    """First release of the guide without it."""


@dataclass(frozen=True, kw_only=True)
class Corrections(Part):
    """One file of `data/corrections/`."""

    corrections: tuple[Correction, ...]
    """Corrections, by number."""
