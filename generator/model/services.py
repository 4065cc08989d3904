"""Services: their processes, ports, files and steps."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Literal

from generator.model.patterns import (
    AbsolutePath,
    FileMode,
    Format,
    Id,
    Owner,
    Part,
    Pattern,
    PlatformName,
    Reason,
    Scalar,
    Script,
    Text,
    Url,
    Where,
    Word,
)
from generator.model.processes import Process
from generator.model.wordings import Naming


@dataclass(frozen=True, kw_only=True)
class Dependency(Part):
    """A service that must work before this one can."""

    service: Id
    """Service that is needed."""
    why: Text
    """What it is needed for, as the label of an arrow: `tokens`."""
    optional: bool = False
    """Whether the service does the rest of its work without it, so that a topology may leave it out."""
    since: str = ""
    """First release with it."""
    removed: str = ""
    """First release without it."""


@dataclass(frozen=True, kw_only=True)
class Variant(Part):
    """One value of a setting, for some releases or some nodes."""

    value: Scalar | tuple[Scalar, ...]
    """The value; `${...}` names are filled in per node. A list gives one line for each, for options that may repeat."""
    on: Where = "every"
    """Nodes that get it: the `first` that runs the file's first process, the `others`, or `every` one."""
    roles: tuple[Id, ...] = ()
    """Roles whose nodes get it; empty for all."""
    platforms: tuple[PlatformName, ...] = ()
    """Platforms or families that get it; empty for all."""
    when: dict[Id, Id] = field(default_factory=dict)
    """Choices with which it is there, by option: `network-backend: ovn`; empty for always."""
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
    processes: tuple[Id, ...]
    """Processes of this service that read it: the nodes that run one of them get the file."""
    summary: Text
    """What the file decides."""
    platforms: tuple[PlatformName, ...] = ()
    """Platforms or families that have it here; empty for all."""
    when: dict[Id, Id] = field(default_factory=dict)
    """Choices with which it is there, by option: `network-backend: ovn`; empty for always."""
    owner: Owner = "root:root"
    """Owner and group."""
    mode: FileMode = "0644"
    """Permissions."""
    format: Format | None = None
    """How `settings` or `sections` are written."""
    include: tuple[Id, ...] = ()
    """Groups of settings from `data/includes/` that stand in the file too; a setting of the file itself wins."""
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
class Include(Part):
    """Settings that many services have alike; one file of `data/includes/`, named after its id."""

    summary: Text
    """What the settings are for."""
    sections: dict[str, dict[str, Setting]]
    """Section, key and value; `${service.…}` names stand for the service that includes them."""


@dataclass(frozen=True, kw_only=True)
class Step(Part):
    """Something to do once the files are in place."""

    id: Id
    """Name of the step, unique in the service."""
    title: Text
    """What it achieves, as an instruction."""
    process: Id
    """Process whose nodes carry it out; that of another service for work there, such as `mariadb` for a database."""
    on: Where
    """On the `first` of those nodes, the `others`, or `every` one."""
    run: Script
    """POSIX shell; must do nothing the second time."""
    platforms: tuple[PlatformName, ...] = ()
    """Platforms or families that it holds for; empty for all."""
    when: dict[Id, Id] = field(default_factory=dict)
    """Choices with which it is there, by option: `network-backend: ovn`; empty for always."""
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
    wordings: tuple[Naming, ...] = ()
    """How the two read in some releases."""
    kind: Literal["support", "openstack"] = "openstack"
    """`support` for the software that OpenStack stands on."""
    icon: Id | Literal[""] = ""
    """Picture in the diagrams, a key of `generator/drawing.py`; empty for a plain box."""
    depends: tuple[Dependency, ...] = ()
    """Services that it needs."""
    processes: tuple[Process, ...]
    """Its programs, in the order of the strategy table."""
    packages: dict[PlatformName, tuple[Word, ...]] = field(default_factory=dict)
    """Packages by platform or family that no single process owns, for every node that runs one of them."""
    config: tuple[ConfigFile, ...] = ()
    """Files that it brings to nodes."""
    steps: tuple[Step, ...] = ()
    """What to do after installing the files, in order."""
    since: str = ""
    """First release that has it."""
    arrival: Reason | None = None
    """Why it comes with `since`; holds for those of its processes that have no `since` themselves."""
    removed: str = ""
    """First release without it."""
    removal: Reason | None = None
    """Why it goes with `removed`; holds for those of its processes that have no `removed` themselves."""
