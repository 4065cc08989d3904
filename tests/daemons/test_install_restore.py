"""install.sh --restore shows and undoes installations, the newest first."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from tests.daemons.conftest import all_members, lay_out, run


class Site:
    """A compute node's bundle and a root to install it in."""

    def __init__(self, folder: Path) -> None:
        """Lay both out below a folder."""
        bundle = next(item for item in all_members() if item.name == "liberty-centos-7-collapsed-hacompute1")
        self.bundle = lay_out(bundle, folder / "bundle")
        self.root = folder / "root"
        self.root.mkdir()
        self.backups = self.root / "var/backups/ha-guide"

    def install(self, *options: str) -> subprocess.CompletedProcess[str]:
        """Run install.sh on the root."""
        return run(self.bundle / "install.sh", "--root", self.root, *options)

    def apply(self, *options: str) -> str:
        """What install.sh --apply printed; it must end well."""
        done = self.install(*options, "--apply")
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout

    def change(self, path: str, text: str) -> None:
        """Change a file of the bundle, as a newer bundle has it."""
        file = self.bundle / "rootfs" / path
        file.chmod(0o644)
        file.write_text(text)

    def names(self) -> list[str]:
        """The installations, oldest first."""
        return sorted(path.name for path in self.backups.iterdir())


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """Nothing is installed yet."""
    return Site(tmp_path)


def refused(done: subprocess.CompletedProcess[str]) -> str:
    """What a run said that must have been refused."""
    assert (done.returncode, done.stdout) == (1, "")
    return done.stderr


def test_without_an_installation_there_is_nothing_to_undo(site: Site) -> None:
    """It says where it looked, and writes nothing."""
    told = f"install.sh: there is no installation to undo in {site.backups}\n"
    assert refused(site.install("--restore", "--apply")) == told
    assert site.install("--list-backups").stdout == f"There is no installation in {site.backups}.\n"
    assert list(site.root.iterdir()) == []


def test_the_dry_run_shows_what_would_come_back(site: Site) -> None:
    """Files that come back and files and folders that go, each by name, and nothing is written."""
    (site.root / "etc").mkdir()
    (site.root / "etc/hosts").write_text("old\n")
    (site.root / "etc/hosts").chmod(0o640)
    site.apply()
    before = {path: path.stat().st_mtime_ns for path in site.root.rglob("*")}
    done = site.install("--restore")
    (name,) = site.names()
    assert re.fullmatch(r"0001-\d{8}T\d{6}Z", name)
    lines = done.stdout.splitlines()
    assert lines[0] == f"Undo {name} (liberty centos-7 hacompute1)"
    assert "  back     /etc/hosts (0640 root:root)" in lines
    assert "  remove   /etc/nova/nova.conf (it did not exist before)" in lines
    assert "  remove   /etc/nova/ (if nothing else is in it)" in lines
    assert lines[-1] == f"9 files would come back or go. Nothing was written; --restore {name} --apply does it."
    assert {path: path.stat().st_mtime_ns for path in site.root.rglob("*")} == before


def test_each_restore_undoes_one_installation(site: Site) -> None:
    """The newest that is not undone is next; the list says which are."""
    site.apply()
    first = (site.root / "etc/hosts").read_text()
    site.change("etc/hosts", "second\n")
    site.apply()
    one, two = site.names()
    assert two.startswith("0002-")
    site.apply("--restore")
    assert (site.root / "etc/hosts").read_text() == first
    assert site.install("--list-backups").stdout.splitlines() == [
        f"{one}  installed    liberty centos-7 hacompute1",
        f"{two}  undone       liberty centos-7 hacompute1",
    ]
    site.apply("--restore")
    assert not (site.root / "etc").exists()
    told = f"install.sh: {two} is undone already\n"
    assert refused(site.install("--restore", two)) == told
    site.apply()
    assert [name.split("-")[0] for name in site.names()] == ["0001", "0002", "0003"]


def test_an_older_installation_can_be_undone_when_no_later_one_touched_its_files(site: Site) -> None:
    """Otherwise it names the one that has to be undone first."""
    site.apply()
    site.change("etc/hosts", "second\n")
    site.apply()
    site.change("etc/chrony.conf", "third\n")
    site.apply()
    one, two, three = site.names()
    assert refused(site.install("--restore", one, "--apply")).splitlines() == [
        f"install.sh: {later} replaced some of the same files later: undo it first, with --restore {later}"
        for later in (two, three)
    ]
    site.apply("--restore", two)
    assert (site.root / "etc/hosts").read_text() != "second\n"
    assert (site.root / "etc/chrony.conf").read_text() == "third\n"


def test_what_was_changed_by_hand_is_kept_aside(site: Site) -> None:
    """A file that is not as it was written is saved in the backup and named; an unchanged one is not."""
    (site.root / "etc").mkdir()
    (site.root / "etc/hosts").write_text("old\n")
    site.apply()
    for path in ("etc/hosts", "etc/chrony.conf"):
        (site.root / path).write_text("by hand\n")
    (site.root / "etc/nova/mine").write_text("mine\n")
    shown = site.apply("--restore")
    kept = sorted(path for path in site.backups.glob("*/kept-*/**/*") if path.is_file())
    assert [re.sub(r".*/kept-[^/]*", "", str(path)) for path in kept] == ["/etc/chrony.conf", "/etc/hosts"]
    assert {path.read_text() for path in kept} == {"by hand\n"}
    assert [line.split(" kept as ")[1] for line in shown.splitlines() if " kept as " in line] == list(map(str, kept))
    assert "  keep     /etc/nova/ (something else is in it)\n" in shown
    assert (site.root / "etc/hosts").read_text() == "old\n"
    assert not (site.root / "etc/chrony.conf").exists()
    assert (site.root / "etc/nova/mine").read_text() == "mine\n"


def test_a_file_that_was_deleted_by_hand_comes_back(site: Site) -> None:
    """Its folder too."""
    (site.root / "etc/nova").mkdir(parents=True)
    (site.root / "etc/nova/nova.conf").write_text("old\n")
    site.apply()
    run("rm", "-r", site.root / "etc/nova")
    site.apply("--restore")
    assert (site.root / "etc/nova/nova.conf").read_text() == "old\n"


@pytest.mark.parametrize(
    "line",
    [
        "replaced 0 /etc/hosts",
        f"new {'0' * 64} /etc/../shadow",
        f"new {'0' * 64} etc/hosts",
        f"new {'0' * 64} /etc/with blank",
        "folder - /etc/./x",
        "folder - /",
        "rubbish",
    ],
)
def test_a_damaged_record_is_refused(site: Site, line: str) -> None:
    """A line that install.sh does not write stops --restore before anything is changed."""
    site.apply()
    (name,) = site.names()
    record = site.backups / name / "record"
    with record.open("a") as stream:
        stream.write(line + "\n")
    before = {path: path.stat().st_mtime_ns for path in site.root.rglob("*")}
    assert refused(site.install("--restore", "--apply")) == (f"install.sh: {record} is damaged; nothing was undone\n")
    assert {path: path.stat().st_mtime_ns for path in site.root.rglob("*")} == before


def test_a_copy_that_is_missing_and_a_folder_in_the_way_are_refused_at_once(site: Site) -> None:
    """Both are said before anything is changed."""
    (site.root / "etc").mkdir()
    (site.root / "etc/hosts").write_text("old\n")
    site.apply()
    (copy,) = site.backups.glob("*/old/etc/hosts")
    copy.unlink()
    (site.root / "etc/chrony.conf").unlink()
    (site.root / "etc/chrony.conf").mkdir()
    assert refused(site.install("--restore", "--apply")).splitlines() == [
        "install.sh: /etc/chrony.conf is a folder now: move it away first",
        f"install.sh: {copy} is missing",
    ]


@pytest.mark.parametrize("name", ["../../etc", "0001-20260101T000000Z"])
def test_a_name_that_is_no_installation_is_refused(site: Site, name: str) -> None:
    """Names that are paths are not even looked for."""
    site.apply()
    said = refused(site.install("--restore", name, "--apply"))
    assert re.fullmatch(r"install\.sh: .*; --list-backups shows them\n", said)


def test_backups_of_earlier_versions_are_left_alone(site: Site) -> None:
    """A folder without a record, as install.sh made them once, is neither offered nor removed."""
    old = site.backups / "20250101T000000Z-77/etc/hosts"
    old.parent.mkdir(parents=True)
    old.write_text("old\n")
    site.apply()
    assert [name.split("-")[0] for name in site.names()] == ["0001", "20250101T000000Z"]
    site.apply("--restore")
    assert old.read_text() == "old\n"
    assert "there is no installation to undo" in refused(site.install("--restore"))
