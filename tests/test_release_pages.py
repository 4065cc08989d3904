"""Who reads the pages of one release finds no instruction there that belongs to another one.

What a release calls by a name is read from its data: platforms, services, processes, units, packages, paths, ports and
commands. What tells history is left out: changes, corrections, the strategy table with its notes, and what a limitation
remarks on some releases.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache

import pytest

from generator.catalog import Catalog
from generator.deploy import Deployment, deploy
from generator.model import Platform
from generator.pages import Drawing, ReleasePages, drawings_of
from generator.placeholders import NAME
from generator.resolve import resolve
from generator.snapshot import Snapshot
from generator.views.downloads import Download
from tests.bundled import catalog
from tests.fleets import Fleet
from tests.invariants.packages import BASE, COMMANDS
from tests.invariants.shell import commands
from tests.invariants.test_commands import BUILTINS
from tests.invariants.test_files import PATH

OLD = ("juno", "kilo", "liberty")
RELEASES = tuple(release.id for release in catalog().published)
TODAY = tuple(name for name in RELEASES if name not in OLD)
HISTORY = ("changes.md", "corrections.md", "strategies.md", "upgrade.md")
"""Pages that tell what was, and what is in other releases, or how to get here from there."""
SPOKEN = {
    "centos-7": {"CentOS 7", "RDO", "Red Hat", "SELinux"},
    "ubuntu": {"AppArmor", "Cloud Archive"},
}
"""What texts say of a platform or family beyond the names in the data."""
ENGLISH = {"nobody", "passwd", "setup"}
"""Names that are words of any text."""
KNOWN = {
    "downloads.md": {"python"},  # on the operator's machine, which makes bundles
    "limitations/index.md": {"Sahara", "Trove"},  # as the two pages below
    "limitations/ipv6-needs-some-ipv4.md": {"Sahara", "Trove", "python"},  # a choice of the reference topology
    "limitations/services-left-out.md": {"Sahara"},  # that is what the page is about
    "services/horizon.md": {"/var/www"},  # the folder of any Apache
    "services/redis.md": {"Redis"},  # whose protocol Valkey speaks
    "procedures/galera-bootstrap-after-loss-of-quorum.md": {"tar"},  # every CentOS has it
    "services/trove.md": {"mariadb-server"},  # of the guests, which are no nodes
}
"""Names of other releases that a page may hold nevertheless."""
SHARED = {
    "/etc/*/*.conf",
    "/etc/swift/*.builder",
    "/etc/swift/*.ring.gz",
    "/etc/systemd/system/UNIT.service.d/restart.conf",
    "/var/lib/cinder/mnt",
    "/var/lib/mysql-before-recovery",
    "/var/lib/mysql/gvwstate.dat",
    "/var/lib/rabbitmq/mnesia",
    "/var/log/*/*.log",
    "/var/log/rabbitmq/rabbit@NODE.log",
}
"""Paths that no bundle brings and that are the same in the old releases and today."""

ADDRESS = re.compile(r"https?://[^\s)>\"]+|\]\([^)\s]*\)")
TAG = re.compile(r"</?(?:a|caption|code|dd|div|dl|dt|h[1-6]|li|p|small|span|table|tbody|td|th|thead|tr|ul)\b[^>]*>")
FENCED = re.compile(r"^ *```sh\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`([^`\n]+)`")
FIRST = re.compile(r"(?:^|[|;&]) *([\w./-]+)")
FILE = re.compile(r"(?<![\w./$}@*\\:-])/(?:etc|home|lib|opt|root|run|srv|usr|var)(?:/[\w@*+-][\w.@*+-]*)+")


@dataclass(frozen=True)
class Names:
    """Words that a text may hold, and commands that a shell may run."""

    words: frozenset[str]
    commands: frozenset[str]


def words_of(platform: Platform, snapshot: Snapshot) -> Iterator[str]:
    """What a release calls by a name on one of its platforms."""
    yield from (platform.id, platform.name, platform.name.split()[0], platform.os_id)
    yield from (platform.packages, platform.firewall, *(name.capitalize() for name in platform.families))
    yield from (word for table in (SPOKEN, BASE) for name in platform.names for word in table.get(name, ()))
    for process in snapshot.processes.values():
        yield from next(((process.unit[name],) for name in platform.names if name in process.unit), ())
        yield from next((process.packages[name] for name in platform.names if name in process.packages), ())
    for service in snapshot.services:
        yield from next((service.packages[name] for name in platform.names if name in service.packages), ())
        for file in service.files:
            if not file.platforms or {*platform.names} & {*file.platforms}:
                yield from (NAME.split(file.path)[0], *file.owner.split(":"))


def folders(path: str) -> list[str]:
    """A path with the folders above it, without the first two: /etc says nothing."""
    parts = path.split("/")
    return ["/".join(parts[:end]) for end in range(3, len(parts) + 1)]


@cache
def names_of(release: str) -> Names:
    """Everything that a release calls by a name, on all its platforms and with all choices of its options."""
    snapshot = resolve(catalog(), release)
    processes = snapshot.processes.values()
    scripts = [
        NAME.sub("NAME", item.run)
        for group in (
            *(service.steps for service in snapshot.services),
            *(process.health for process in processes),
            *(state.procedure.steps for state in snapshot.procedures),
        )
        for item in group
    ]
    words = {word for platform in snapshot.platforms for word in words_of(platform, snapshot)}
    words |= {name for item in (*snapshot.services, *processes) for name in (item.id, item.name)}
    words |= {*snapshot.ports, *(str(port.number) for _, port in snapshot.ports.values())}
    words |= {path.rstrip(".") for script in scripts for path in PATH.findall(script)}
    words |= {folder for path in words if path.startswith("/") for folder in folders(path)}
    families = {name for platform in snapshot.platforms for name in platform.names}
    brought = " ".join(text for name in families for text in COMMANDS.get(name, {}).values()).split()
    run = {command for script in scripts for command in commands(script)} - BUILTINS
    return Names(frozenset(words - {""}), frozenset(run | {*brought}))


@cache
def foreign_to(release: str) -> Names:
    """What other published releases have, and this one has not."""
    own, others = names_of(release), [names_of(name) for name in RELEASES if name != release]
    words = {word for item in others for word in item.words} - own.words - own.commands - ENGLISH
    return Names(frozenset(words), frozenset(name for item in others for name in item.commands) - own.commands)


@cache
def without_history() -> Catalog:
    """The data without the notes of the strategy table, the remarks on limitations, and corrections."""
    services = {
        name: replace(service, processes=tuple(replace(item, notes=()) for item in service.processes))
        for name, service in catalog().services.items()
    }
    limitations = {name: replace(item, remarks=()) for name, item in catalog().limitations.items()}
    return replace(catalog(), services=services, limitations=limitations, corrections={})


@cache
def fleets_of(release: str) -> list[Fleet]:
    """A release on each of its platforms, on the topology that pages show."""
    snapshot, topology = resolve(without_history(), release), catalog().topologies["collapsed"]
    names = snapshot.release.platforms
    return [Fleet(deploy(snapshot, "collapsed", topology, name, reference=True)) for name in names]


def offered(deployment: Deployment) -> tuple[Deployment, list[Download]]:
    """A deployment with one download, for the page of them."""
    platform = deployment.platform.id
    path = f"downloads/{platform}/all.zip"
    return deployment, [Download("archive", platform, "collapsed", "", "all.zip", path, "", 0)]


@cache
def instructions(release: str) -> dict[str, str]:
    """Path and text of every page of a release that tells what there is or what to do, also inside of bundles."""
    fleets = fleets_of(release)
    shown = fleets[0].deployment
    drawings = {graph.id: Drawing(graph, "") for graph in drawings_of(shown)}
    tree = ReleasePages(without_history(), shown, drawings, [offered(item.deployment) for item in fleets]).tree()
    found = {path: blob.data.decode() for path, blob in tree.items() if not path.startswith(HISTORY)}
    for fleet in fleets:
        for node, files in fleet.trees.items():
            inside = {path: blob.data.decode() for path, blob in files.items() if path.endswith(".md")}
            found |= {f"{fleet.name}/{node}/{path}": text for path, text in inside.items()}
    return found


@cache
def readable(text: str) -> str:
    """A page without addresses and marks."""
    return html.unescape(TAG.sub(" ", ADDRESS.sub(" ", text)))


@cache
def pattern(words: frozenset[str]) -> re.Pattern[str]:
    """Finds words as wholes: those that begin with a slash also before another one."""
    longest_first = sorted(words, key=lambda word: (-len(word), word))
    either = "|".join(re.escape(word) + ("" if word.startswith("/") else "(?!/)") for word in longest_first)
    return re.compile(rf"(?<![\w./@-])(?:{either})(?![\w@-]|\.\w)")


def foreign_in(text: str, names: Names) -> set[str]:
    """Which of the names a page holds: words as they stand there, commands where a shell would run them."""
    run = {command for script in FENCED.findall(text) for command in commands(script)}
    spans = [span for span in INLINE.findall(readable(FENCED.sub("", text))) if " " in span]
    run |= {command for span in spans for command in FIRST.findall(span)}
    return set(pattern(names.words).findall(readable(text))) | (run & names.commands)


def paths_told(release: str) -> set[str]:
    """Every path that the instructions of a release name."""
    texts = map(readable, instructions(release).values())
    return {path.rstrip(".-*") for text in texts for path in FILE.findall(text)}


def paths_brought(release: str) -> set[str]:
    """Every path that the files and steps of a release's bundles make or name, with the folders above."""
    files = [item for fleet in fleets_of(release) for tree in fleet.trees.values() for item in tree.items()]
    own = {path.removeprefix("rootfs") for path, _ in files}
    own |= {name for path, blob in files if not path.endswith(".md") for name in FILE.findall(blob.data.decode())}
    return own | {folder for path in own for folder in folders(path.rstrip("."))}


@pytest.mark.parametrize("release", RELEASES)
def test_no_page_speaks_of_what_another_release_has(release: str) -> None:
    """No unit, package, path, port, command, service or platform of another release stands in the instructions."""
    pages = instructions(release)
    assert len(pages) > 60
    found = {path: foreign_in(text, foreign_to(release)) for path, text in pages.items()}
    known = {path: {name for end in KNOWN if path.endswith(end) for name in KNOWN[end]} for path in pages}
    assert {path: names - known[path] for path, names in found.items() if names - known[path]} == {}


def test_every_exception_is_used() -> None:
    """What a page may hold nevertheless stands on that page of some release, or it would hide a mistake to come."""
    held: dict[str, set[str]] = {path: set() for path in KNOWN}
    for release in RELEASES:
        for path in KNOWN.keys() & instructions(release).keys():
            held[path] |= foreign_in(instructions(release)[path], foreign_to(release))
    assert held == KNOWN


@pytest.mark.parametrize("release", TODAY)
def test_no_path_of_the_old_instructions_is_left(release: str) -> None:
    """A path that pages of Juno to Liberty name too is one of today's bundles, or the programs still have it."""
    old = set[str]().union(*map(paths_told, OLD))
    assert {"/var/log/mariadb/mariadb.log", "/root/keystonerc_admin", "/var/lib/mongodb/rollback"} <= old
    assert (paths_told(release) & old) - paths_brought(release) == SHARED


@pytest.mark.parametrize(
    ("read", "as_pages_of", "telling"),
    [
        (
            "liberty",
            "gazpacho",
            "/etc/my.cnf.d/galera.cnf /etc/redis.conf /root/keystonerc_admin 35357 CentOS MongoDB Redis SELinux "
            "clustercheck firewall-cmd firewalld httpd mariadb-galera-server mongo mysql neutron nova "
            "openstack-nova-api redis-cli rpm semanage xinetd",
        ),
        (
            "gazpacho",
            "juno",
            "/etc/openstack/admin-openrc /etc/valkey/valkey.conf OVN Octavia Placement Ubuntu Valkey apache2 "
            "galera_new_cluster mariadb nft nftables ovn-appctl ovn-northd rabbitmq-queues valkey-cli valkey-server",
        ),
    ],
)
def test_pages_of_another_release_would_be_noticed(read: str, as_pages_of: str, telling: str) -> None:
    """Read as those of a release of another time, pages show every kind of name."""
    foreign = foreign_to(as_pages_of)
    found = {name for text in instructions(read).values() for name in foreign_in(text, foreign)}
    assert [name for name in telling.split() if name not in found] == []
