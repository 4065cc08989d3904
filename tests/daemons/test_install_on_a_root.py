"""A published bundle is unpacked on a file system like its node's, installed, installed again and undone."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from generator import templating
from tests.daemons.conftest import all_members
from tests.daemons.roots import Facts, Root, build_root, owners_in
from tests.daemons.secrets_file import SECRET, fill_in, value_of
from tests.fleets import Member

ODD = (4242, 4243)
"""An owner and a group that no file names."""


def kinds() -> list[Member]:
    """The first node of each kind of the topology `collapsed`, in each release on each platform."""
    found: dict[tuple[str, tuple[str, ...]], Member] = {}
    for member in all_members():
        if member.fleet.deployment.topology_id == "collapsed":
            found.setdefault((member.fleet.name, member.node.roles), member)
    assert len(found) >= 6
    return list(found.values())


def node_of(member: Member, folder: Path, *, without: str = "") -> Root:
    """A root for a bundle with the bundle in it, secrets filled in; `without` names a user:group that is missing."""
    platform = member.fleet.deployment.platform
    owners = [owner for owner in owners_in(member.tree) if owner != without]
    root = build_root(folder / "node", member.node.name, (platform.os_id, platform.os_version), owners)
    fill_in(root.unpack(member.tree))
    return root


@pytest.fixture
def controller(tmp_path: Path) -> Root:
    """A controller of Liberty, its bundle unpacked in /root/hacontroller1."""
    return node_of(
        next(item for item in all_members() if item.name == "liberty-centos-7-collapsed-hacontroller1"), tmp_path
    )


def install(root: Root, *options: str) -> str:
    """What install.sh prints there. It must end well."""
    done = root.run(f"./{root.node}/install.sh {' '.join(options)}")
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def refusal(root: Root, *options: str) -> str:
    """What install.sh says when it refuses there. Nothing may have changed."""
    before = root.listing(times=True)
    done = root.run(f"./{root.node}/install.sh {' '.join(options)}")
    assert (done.returncode, done.stdout) == (1, "")
    assert root.listing(times=True) == before
    assert not (root.folder / "var/backups").exists()
    return done.stderr


def timeless(listing: dict[str, Facts]) -> dict[str, Facts]:
    """The same without times."""
    return {path: replace(facts, time=0) for path, facts in listing.items()}


def files_of(root: Root) -> list[dict[str, str]]:
    """The files that the manifest of the node's bundle places, with paths as they are on the node."""
    listed = json.loads((root.folder / "root" / root.node / "manifest.json").read_text())["files"]
    placed = [item | {"path": item["path"].removeprefix("rootfs")} for item in listed if "rootfs/" in item["path"]]
    assert len(placed) > 5
    return placed


@pytest.mark.parametrize("published", kinds(), ids=lambda published: published.name)
def test_a_bundle_is_laid_down_repeated_and_undone(published: Member, tmp_path: Path) -> None:
    """Content, owner and mode are those of the manifest; the second run changes nothing; then all is as it was."""
    root = node_of(published, tmp_path)
    root.write("/etc/hosts", "127.0.0.1 localhost\n", 0o604, ODD)
    root.write("/etc/nova/nova.conf", "[DEFAULT]\nold = 1\n", 0o4640, ODD)
    root.write("/etc/nova/policy.json", "{}\n")
    before = root.listing(times=True)

    shown = install(root)
    assert root.listing(times=True) == before
    assert SECRET not in shown

    install(root, "--apply")
    after = root.listing(times=True)
    for item in files_of(root):
        facts = after[item["path"]]
        assert (facts.kind, f"{facts.mode:04o}") == ("-", item["mode"]), item["path"]
        assert (facts.uid, facts.gid) == root.ids(item["owner"]), item["path"]
        source = root.folder / "root" / root.node / "rootfs" / item["path"][1:]
        content = re.sub(r"@@([A-Z0-9_]+)@@", lambda token: value_of(token[1]), source.read_text())
        assert (root.folder / item["path"][1:]).read_text() == content, item["path"]
    new = {path for path in after.keys() - before.keys() if not path.startswith("/var/backups")}
    assert {path for path in new if after[path].kind == "-"} == {item["path"] for item in files_of(root)} - {
        "/etc/hosts",
        "/etc/nova/nova.conf",
    }
    assert {after[path] for path in new if after[path].kind == "d"} <= {
        replace(after[path], mode=0o755, uid=0, gid=0) for path in new
    }

    assert install(root, "--apply") == "Nothing to do: all files are as they should be.\n"
    assert root.listing(times=True) == after

    install(root, "--restore", "--apply")
    restored = root.listing()
    assert restored.pop("/var/backups").kind == "d"
    assert restored == timeless(before)


def test_backups_are_for_root_alone(controller: Root) -> None:
    """Folders of backups have mode 0700, records 0600, and copies are as the files were."""
    controller.write("/etc/hosts", "old\n", 0o604, ODD)
    install(controller, "--apply")
    folder = controller.folder / "var/backups/ha-guide"
    (backup,) = folder.iterdir()
    assert [oct(item.stat().st_mode)[-4:] for item in (folder, backup, backup / "old", backup / "record")] == [
        "0700", "0700", "0700", "0600",
    ]  # fmt: skip
    copy = (backup / "old/etc/hosts").stat()
    assert (oct(copy.st_mode)[-4:], copy.st_uid, copy.st_gid) == ("0604", *ODD)
    assert [path.name for path in (backup / "old").rglob("*") if path.is_file()] == ["hosts"]


def test_it_refuses_another_host_and_another_platform_and_names_both(controller: Root) -> None:
    """All that is wrong is said at once, with what is here and what was expected."""
    controller.write("/etc/os-release", "ID=debian\nVERSION_ID=13\n")
    other = Root(controller.folder, "web7.example.com")
    done = other.run("./hacontroller1/install.sh --apply")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.splitlines() == [
        "install.sh: this is web7.example.com, but the bundle is for hacontroller1",
        "install.sh: this is debian 13, but the bundle is for centos 7",
    ]
    assert not (controller.folder / "var/backups").exists()


@pytest.mark.parametrize(
    ("release", "named"),
    [
        ("ID=centos\nVERSION_ID=8\n", "centos 8"),
        ("ID=debian\n", "debian without VERSION_ID"),
        (None, "a system without /etc/os-release"),
    ],
)
def test_it_refuses_another_platform(controller: Root, release: str | None, named: str) -> None:
    """Another version, none at all, or no os-release is another platform."""
    (controller.folder / "etc/os-release").unlink()
    if release:
        controller.write("/etc/os-release", release)
    assert refusal(controller, "--apply") == f"install.sh: this is {named}, but the bundle is for centos 7\n"
    assert refusal(controller) == f"install.sh: this is {named}, but the bundle is for centos 7\n"


def test_a_host_name_with_its_domain_is_the_same_host(controller: Root) -> None:
    """The name may be fully qualified."""
    done = Root(controller.folder, "hacontroller1.example.com").run("./hacontroller1/install.sh")
    assert (done.returncode, done.stderr) == (0, "")


def test_it_refuses_a_token_that_is_left(controller: Root) -> None:
    """A secret without a value stops --apply by its name."""
    file = controller.folder / "root/hacontroller1/secrets.env"
    file.write_text(file.read_text().replace(f"REDIS={SECRET}\n", "REDIS=\n"))
    told = "no value for: REDIS (fill them in, in /root/hacontroller1/secrets.env)"
    assert refusal(controller, "--apply") == f"install.sh: {told}\n"


def test_it_refuses_a_user_that_is_missing(tmp_path: Path) -> None:
    """An owner that no package brought yet stops --apply, with the step that brings it."""
    bundle = next(item for item in all_members() if item.name == "liberty-centos-7-collapsed-hacontroller1")
    root = node_of(bundle, tmp_path, without="mongodb:mongodb")
    told = "run steps/01-base-packages.sh first, which brings what is missing: group:mongodb user:mongodb"
    assert refusal(root, "--apply") == f"install.sh: {told}\n"


def test_it_refuses_to_run_beside_itself(controller: Root) -> None:
    """A second --apply at the same time is refused, and a lock does not outlive its process."""
    done = controller.run("flock / ./hacontroller1/install.sh --apply")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "install.sh: another install.sh is at work on /\n"
    install(controller, "--apply")


def test_without_root_it_shows_but_does_not_write(controller: Root) -> None:
    """An ordinary user may look; --apply is refused."""
    bundle = controller.folder / "root/hacontroller1"
    bundle.rename(controller.folder / "srv/hacontroller1")
    (controller.folder / "srv/hacontroller1/secrets.env").unlink()
    for file in (controller.folder / "srv/hacontroller1").rglob("*"):
        file.chmod(0o755)
    as_user = "setpriv --reuid=4242 --regid=4242 --clear-groups /srv/hacontroller1/install.sh"
    done = controller.run(f"cd /srv && {as_user}")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[0] == "You are not root: what you may not read is shown as new or changed."
    done = controller.run(f"cd /srv && {as_user} --apply")
    assert (done.returncode, done.stdout, done.stderr) == (1, "", "install.sh: --apply needs root\n")


def test_the_dry_run_asks_the_machine_for_packages_and_units(controller: Root) -> None:
    """Where rpm and systemctl are, each package and unit is shown with its state."""
    controller.write("/shims/rpm", '#!/bin/sh\n[ "$*" = "-q --quiet chrony" ]\n', 0o755)
    answers = {
        "is-enabled haproxy": "disabled; exit 1",
        "is-active haproxy": "inactive; exit 3",
        "is-enabled chronyd": "enabled",
        "is-active chronyd": "active",
    }
    cases = "".join(f'    "{call}") echo {answer} ;;\n' for call, answer in answers.items())
    controller.write("/shims/systemctl", f'#!/bin/sh\ncase "$*" in\n{cases}    *) exit 1 ;;\nesac\n', 0o755)
    lines = install(controller).splitlines()
    assert [line for line in lines if re.search(r" (chrony|haproxy)$", line) and "installed  " in line] == [
        "  installed        chrony",
        "  to be installed  haproxy",
    ]
    units = lines[lines.index("Units (the steps of their services start them)") + 1 :]
    assert [re.split(r" {2,}", line.strip()) for line in units[:3]] == [
        ["enabled", "active", "chronyd", "chrony"],
        ["disabled", "inactive", "haproxy", "haproxy"],
        ["unknown", "unknown", "mariadb", "mariadb"],
    ]


def test_where_packages_are_those_of_dpkg_it_asks_for_installed_ones(controller: Root) -> None:
    """A package that was removed but left its configuration is to be installed, as is one that dpkg does not know."""
    stanza = "Package: {}\nStatus: {}\nMaintainer: nobody\nArchitecture: all\nVersion: 1\nDescription: none\n\n"
    states = {"chrony": "install ok installed", "haproxy": "deinstall ok config-files"}
    controller.write("/var/lib/dpkg/status", "".join(stanza.format(*item) for item in states.items()))
    query = templating.render("bundle/install/query-apt.sh", {})
    done = controller.run(query + 'for name in chrony haproxy redis; do ! has_package "$name" || echo "$name"; done')
    assert (done.returncode, done.stdout, done.stderr) == (0, "chrony\n", "")
