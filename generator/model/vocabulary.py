"""The ordered vocabularies: releases, platforms, strategies, roles, secrets."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Literal

from generator.model.patterns import Between, Day, Id, Part, Pattern, PlatformName, Reason, Text, Url, Word
from generator.model.wordings import Naming, StrategyWording

Version = Annotated[str, Pattern(r"[0-9]+(\.[0-9]+)*", 'a version in quotes, such as "4.0"')]


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
    slurp: bool = False
    """Whether upgrades may skip the release before it: from one such release to the next one."""
    unmaintained: Day | Literal[""] = ""
    """Day from which the project teams no longer look after it, by the schedule where it is yet to come."""
    ended: Day | Literal[""] = ""
    """Day of its end of life, by the schedule where it is yet to come."""
    unverified: str = ""
    """What of this could not be confirmed, and why; shown on the page."""
    platforms: tuple[PlatformName, ...] = ()
    """Platforms with bundles, the default first. A release without platforms only dates other facts."""
    not_proved: Text | Literal[""] = ""
    """Why none of its bundles can be run on one machine of today, in one or two sentences; empty when they can."""
    guide: Text | Literal[""] = ""
    """How the original guide calls its text for this release; empty when it has none."""
    source: Url
    """Where the dates and the status come from."""


@dataclass(frozen=True, kw_only=True)
class Platform(Part):
    """An operating system family and version, with its package and unit names."""

    id: PlatformName
    """Family and version: `centos-7`."""
    name: Text
    """Name as it is shown."""
    families: tuple[PlatformName, ...]
    """Keys that data may use in place of the id for several platforms, the closest first: `[ubuntu, debian]`."""
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
    versions: dict[Id, Version] = field(default_factory=dict)
    """Versions of the programs that behave differently by version, in quotes: `{rabbitmq: "4.0"}`."""

    @property
    def names(self) -> tuple[str, ...]:
        """Every key by which data can mean this platform, the closest first."""
        return (self.id, *self.families)


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
    wordings: tuple[StrategyWording, ...] = ()
    """How it reads in some releases."""


@dataclass(frozen=True, kw_only=True)
class Role(Part):
    """What a node is for."""

    id: Id
    """Key that processes and nodes name."""
    name: Text
    """Name as it is shown."""
    summary: Text
    """What runs on a node with this role."""
    wordings: tuple[Naming, ...] = ()
    """How it reads in some releases."""


SECRET_ALPHABET = {
    "password": "[A-Za-z0-9._~-]",
    "vrrp-password": "[A-Za-z0-9._~-]",
    "cookie": "[A-Za-z0-9._~-]",
    "key-file": "[A-Za-z0-9+/=_-]",
    "fernet-key": "[A-Za-z0-9+/=_-]",
}
"""The characters that a secret of each kind may hold, as a class of regular expressions.

Those of a password need no escape in a URL (RFC 3986, 2.3: unreserved), an INI value, an SQL literal or
a shell assignment; those of keys are base64 with its URL-safe variant (RFC 4648, 4 and 5).
"""

SECRET_LENGTH = {
    "password": (8, 72),
    "vrrp-password": (8, 8),
    "cookie": (20, 255),
    "key-file": (32, 1024),
    "fernet-key": (44, 44),
}
"""The least and the most characters of a secret of each kind.

Password: NIST SP 800-63B, 5.1.1.1, and the 72 bytes of bcrypt, to which Keystone may cut one
(keystone.common.password_hashing). VRRP: keepalived.conf(5), auth_pass uses the first eight. Cookie:
https://www.rabbitmq.com/docs/clustering#erlang-cookie. Key file: at most 1024 characters,
https://www.mongodb.com/docs/manual/core/security-internal-authentication/#keyfiles.
Fernet: base64url of 256 bits, https://github.com/fernet/spec/blob/master/Spec.md.
"""


@dataclass(frozen=True, kw_only=True)
class Choice(Part):
    """One of the ways that an option offers."""

    id: Id
    """Key that topologies and `when` use: `ovn`."""
    name: Text
    """Name as it is shown."""
    summary: Text
    """What it means for the cloud, in one sentence."""


@dataclass(frozen=True, kw_only=True)
class Option(Part):
    """Something that the architecture leaves to the operator, and on which processes, files and values may depend."""

    id: Id
    """Key that topologies and `when` use: `network-backend`."""
    name: Text
    """Name as it is shown."""
    choices: tuple[Choice, ...]
    """What there is to choose from; the first is the default."""
    follows: Literal["", "internal-network"] = ""
    """`internal-network` for a choice that nobody makes: the address family of that network, `ipv4` or `ipv6`."""
    since: str = ""
    """First release with the option; a `when` that names it holds in every release before."""
    arrival: Reason | None = None
    """Why it comes with `since`."""
    removed: str = ""
    """First release without it."""
    removal: Reason | None = None
    """Why it goes with `removed`."""
    source: Url
    """Documentation of the choices."""


@dataclass(frozen=True, kw_only=True)
class Secret(Part):
    """A value that only the operator's own machine knows."""

    id: Annotated[str, Pattern(r"[a-z][a-z0-9_]*", "lower-case words joined by underscores")]
    """Key for `${secret.ID}`; the published bundle shows @@ID@@ in capitals."""
    kind: Literal["password", "vrrp-password", "cookie", "key-file", "fernet-key"]
    """How it is made: `vrrp-password` has 8 characters, `cookie` 20 capitals, `key-file` is long base64,
    `fernet-key` 32 bytes in URL-safe base64."""
    length: Annotated[int, Between(0, 72)] = 0
    """Exact number of characters of a password, where the program that reads it wants one; 0 leaves it open."""
    summary: Text
    """What it protects."""

    @property
    def lengths(self) -> tuple[int, int]:
        """The least and the most characters that a value may have."""
        return (self.length, self.length) if self.length else SECRET_LENGTH[self.kind]


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
