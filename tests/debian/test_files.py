"""Every file of a bundle has its place on a real Debian 13: folder, owner, and the default file that it replaces."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from pathlib import PurePosixPath

from tests.debian.conftest import members
from tests.debian.root import Root
from tests.fleets import Member

NEW = {
    "/etc/ceph/ceph.conf": "ceph-common comes without one",
    "/etc/ceilometer/event_pipeline.yaml": "Ceilometer's default is a part of its Python package",
    "/etc/cinder/nfs_shares": "the setting nfs_shares_config names it",
    "/etc/default/ha-guide-*": "our own steps and units read them",
    "/etc/default/keystone": "read by /etc/init.d/keystone where it exists",
    "/etc/default/placement-api": "read by /etc/init.d/placement-api where it exists",
    "/etc/ha-guide/firewall.nft": "our own unit loads it",
    "/etc/keepalived/keepalived.conf": "keepalived comes without one and does not start before it has one",
    "/etc/keystone/credential-keys/*": "the same keys on every controller",
    "/etc/keystone/fernet-keys/*": "the same keys on every controller",
    "/etc/mysql/mariadb.conf.d/99-ha-guide.cnf": "MariaDB reads every file of that folder, this one last",
    "/etc/openstack-dashboard/local_settings.d/_9000_ha_guide.py": "the dashboard reads every file of that folder",
    "/etc/openstack/admin-openrc": "an administrator's own",
    "/etc/rabbitmq/advanced.config": "RabbitMQ comes without one, and reads it where it exists",
    "/etc/rabbitmq/inetrc": "our rabbitmq-env.conf names it",
    "/etc/rabbitmq/rabbitmq.conf": "RabbitMQ comes without one, and reads it where it exists",
    "/etc/rsyncd.conf": "rsync comes without one, and its unit does not start before it exists",
    "/etc/swift/make-rings.sh": "our own steps run it",
    "/etc/sysctl.d/60-ha*": "sysctl reads every file of that folder",
    "/etc/systemd/system/*": "an administrator's own units and drop-ins, which go before those of packages",
    "/etc/sysusers.d/ha-guide-galera-monitor.conf": "systemd-sysusers reads every file of that folder",
    "/etc/trove/trove-api-uwsgi.ini": "our own unit names it",
    "/etc/trove/trove-guestagent.conf": "the task manager copies it into each guest",
    "/etc/valkey/*.conf.initial": "a step makes the real file of it, which Valkey then keeps writing to",
    "/usr/libexec/*": "our own programs",
}
"""Files by pattern that take the place of no package's file, and why they are there."""

FOLDERS = {
    "/etc/ha-guide",
    "/etc/keystone/credential-keys",
    "/etc/keystone/fernet-keys",
    "/etc/openstack",
    "/etc/sysusers.d",
    "/etc/systemd/system/*.service.d",
    "/usr/libexec/ha-guide",
    "/usr/libexec/keepalived",
}
"""Folders by pattern that no package brings: install.sh makes what is missing."""


def files(member: Member) -> Iterator[tuple[str, str]]:
    """Path and owner of each file as it lies on a node."""
    for item in json.loads(member.tree["manifest.json"].data)["files"]:
        if item["path"].startswith("rootfs/"):
            yield item["path"].removeprefix("rootfs"), item["owner"]


def test_every_owner_has_an_account(debian: Root) -> None:
    """The packages made the user and the group of each file, or the bundle's own file for systemd-sysusers does."""
    wrong = set()
    looked = 0
    for member in members():
        made = {
            line.split()[1]
            for path, text in member.files.items()
            if path.startswith("/etc/sysusers.d/")
            for line in text.splitlines()
            if line.startswith(("u ", "u! ", "g "))
        }
        for path, owner in files(member):
            user, _, group = owner.partition(":")
            looked += 1
            if user not in made | debian.accounts("passwd") or group not in made | debian.accounts("group"):
                wrong.add(f"{path}: {owner}")
    assert looked > 1000
    assert sorted(wrong) == []


def matched(names: set[str], patterns: Iterable[str]) -> dict[str, list[str]]:
    """The names that fit no pattern, under the empty text, and those that fit each."""
    found: dict[str, list[str]] = {pattern: [] for pattern in ("", *patterns)}
    for name in sorted(names):
        found[next((pattern for pattern in patterns if fnmatchcase(name, pattern)), "")].append(name)
    return found


def test_every_file_replaces_a_default_file_or_is_known_to_be_new(debian: Root) -> None:
    """A package has a file in that very place; what is new is a list with reasons, of which each is needed."""
    paths = {path for member in members() for path, _ in files(member)}
    found = matched({path for path in paths if not (debian.folder / path[1:]).is_file()}, NEW)
    assert found.pop("") == []
    assert [pattern for pattern, fitting in found.items() if not fitting] == []


def test_a_default_file_belongs_to_the_packages_of_its_node(debian: Root) -> None:
    """dpkg names its package, or the package made it when it was installed and dpkg does not know it."""
    wrong = set()
    owned = set()
    for member in members():
        installed = debian.needed_by(member.packages)
        for path, _ in files(member):
            bringers = debian.brings(path)
            owned |= {path} if bringers else set()
            if bringers and not bringers & installed:
                wrong.add(f"{member.node.name} {path}: {' or '.join(sorted(bringers))}")
    assert len(owned) > 20
    assert sorted(wrong) == []


def test_every_folder_is_there_or_is_known_to_be_new(debian: Root) -> None:
    """A package makes the folder of each file, or it is in a list of which each line is needed."""
    folders = {str(PurePosixPath(path).parent) for member in members() for path, _ in files(member)}
    found = matched({folder for folder in folders if not (debian.folder / folder[1:]).is_dir()}, FOLDERS)
    assert found.pop("") == []
    assert [pattern for pattern, fitting in found.items() if not fitting] == []
