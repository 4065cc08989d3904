"""A run of install.sh that is killed in the middle can be finished and undone, wherever it was killed."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.daemons.conftest import SAMPLE, all_members, lay_out, run

PROGRAMS = ("mv", "cp", "chmod", "mkdir", "mktemp", "rm", "rmdir", "sync")
"""What install.sh changes the disk with; each is replaced by one that counts the calls."""

COUNTED = """#!/bin/sh
PATH=${PATH#*:}
read -r n < "$COUNT"
n=$((n + 1))
echo "$n" > "$COUNT"
[ "$n" = "$DEADLY" ] || exec NAME "$@"
NAME "$@"
kill -9 "$PPID"
"""
"""Runs the program of its name; at call number DEADLY it kills the shell that called."""

FILES = ("/etc/hosts", "/etc/nova/nova.conf", "/etc/sysctl.d/60-nova-compute.conf")
"""What the bundle is cut down to, since each of many runs writes all: plain and replaced, secret and replaced, new."""

Contents = dict[str, tuple[int, str]]


class Site:
    """A bundle with its secrets, a root with some old files, and programs that can be deadly."""

    def __init__(self, folder: Path) -> None:
        """Lay everything out below a folder."""
        bundle = next(item for item in all_members() if item.name == "liberty-centos-7-collapsed-hacompute1")
        self.root = folder / "root"
        self.bundle = lay_out(bundle, folder / "bundle")
        script = self.bundle / "install.sh"
        lines = script.read_text().splitlines(keepends=True)
        listed = [line for line in lines if re.match(r"0[0-7]{3} ", line)]
        mine = [line for line in listed if line.split()[-1] in FILES]
        assert len(mine) == len(FILES)
        script.write_text("".join(line for line in lines if line not in listed or line in mine))
        self.shims = folder / "shims"
        self.count = folder / "count"
        self.shims.mkdir()
        for name in PROGRAMS:
            (self.shims / name).write_text(COUNTED.replace("NAME", name))
            (self.shims / name).chmod(0o755)
        self.put_back()

    def put_back(self) -> None:
        """Make the root as it was before any installation."""
        run("rm", "-rf", self.root)
        for path, mode in (("etc/hosts", 0o604), ("etc/nova/nova.conf", 0o600), ("etc/nova/policy.json", 0o644)):
            file = self.root / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(f"old {path}\n")
            file.chmod(mode)

    def install(self, *options: str, deadly: int = 0) -> subprocess.CompletedProcess[str]:
        """Run install.sh; with `deadly` it is killed at that call of a program."""
        self.count.write_text("0\n")
        path = f"{self.shims}:{os.environ['PATH']}"
        environment = {"PATH": path, "COUNT": str(self.count), "DEADLY": str(deadly)}
        return run(self.bundle / "install.sh", "--root", self.root, *options, env=environment)

    def calls(self) -> int:
        """How many programs the last run called."""
        return int(self.count.read_text())

    def contents(self) -> Contents:
        """Mode and text of everything in the root, backups aside."""
        found = {}
        for file in sorted(self.root.rglob("*")):
            path = str(file.relative_to(self.root))
            if not path.startswith("var"):
                found[path] = (file.stat().st_mode, file.read_text() if file.is_file() else "")
        return found


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """A compute node's bundle and root."""
    return Site(tmp_path)


def well(done: subprocess.CompletedProcess[str]) -> str:
    """What a run printed that must have ended well."""
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_a_killed_installation_is_finished_by_the_next_and_can_be_undone(site: Site) -> None:
    """Wherever --apply is killed, the next --apply ends with the same files, and --restore with the old ones."""
    before = site.contents()
    well(site.install("--apply"))
    calls, wanted = site.calls(), site.contents()
    assert calls > 20
    for deadly in range(1, calls + 1, 2):
        site.put_back()
        assert site.install("--apply", deadly=deadly).returncode == -9, deadly
        well(site.install("--apply"))
        assert site.contents() == wanted, deadly
        well(site.install("--restore", "--apply"))
        assert site.contents() == before, deadly
        assert site.install("--restore").returncode == 1, deadly


def test_a_killed_installation_can_be_undone_at_once(site: Site) -> None:
    """Where something was written --restore brings the old state back; where nothing was, there is nothing to undo."""
    before = site.contents()
    well(site.install("--apply"))
    outcomes = set()
    for deadly in range(2, site.calls() + 1, 2):
        site.put_back()
        assert site.install("--apply", deadly=deadly).returncode == -9, deadly
        untouched = site.contents() == before
        done = site.install("--restore", "--apply")
        assert site.contents() == before, deadly
        assert done.returncode == 0 or untouched, deadly
        outcomes.add(done.returncode)
    assert outcomes == {0, 1}


def test_a_killed_restore_is_finished_by_the_next(site: Site) -> None:
    """Wherever --restore is killed, the next --restore ends with the old files."""
    before = site.contents()
    well(site.install("--apply"))
    well(site.install("--restore", "--apply"))
    for deadly in range(1, site.calls() + 1, 2):
        site.put_back()
        well(site.install("--apply"))
        assert site.install("--restore", "--apply", deadly=deadly).returncode == -9, deadly
        done = site.install("--restore", "--apply")
        assert site.contents() == before, deadly
        assert done.returncode == 0 or "there is no installation to undo" in done.stderr, deadly


def test_an_installation_after_a_killed_restore_keeps_the_true_old_state(site: Site) -> None:
    """--apply goes on where --restore stopped halfway, and --restore then brings back what was there at first."""
    before = site.contents()
    well(site.install("--apply"))
    wanted = site.contents()
    well(site.install("--restore", "--apply"))
    for deadly in range(2, site.calls(), 3):
        site.put_back()
        well(site.install("--apply"))
        assert site.install("--restore", "--apply", deadly=deadly).returncode == -9, deadly
        well(site.install("--apply"))
        assert site.contents() == wanted, deadly
        well(site.install("--restore", "--apply"))
        assert site.contents() == before, deadly


def test_what_somebody_wrote_after_a_killed_run_is_kept(site: Site) -> None:
    """A file that a killed run would have made, and that a person made meanwhile, is saved before it is replaced."""
    well(site.install("--apply"))
    calls = site.calls()
    site.put_back()
    assert site.install("--apply", deadly=calls // 2).returncode == -9
    (site.root / "etc/hosts").write_text("by hand\n")
    shown = well(site.install("--apply"))
    (kept,) = (site.root / "var/backups/ha-guide").glob("*/kept-*/etc/hosts")
    assert kept.read_text() == "by hand\n"
    assert f"it was changed since the installation; that version is kept as {kept}\n" in shown
    well(site.install("--restore", "--apply"))
    assert (site.root / "etc/hosts").read_text() == "old etc/hosts\n"


def test_no_secret_is_ever_open_to_others(site: Site) -> None:
    """At whichever program a run is stopped, no file that holds a secret can be read by others."""
    well(site.install("--apply"))
    for deadly in range(1, site.calls() + 1, 3):
        site.put_back()
        assert site.install("--apply", deadly=deadly).returncode == -9, deadly
        holding = [file for file in site.root.rglob("*") if file.is_file() and SAMPLE in file.read_text()]
        assert [file for file in holding if file.stat().st_mode & 0o007] == [], deadly


def test_a_program_that_fails_stops_the_run_with_the_way_on(site: Site) -> None:
    """A full disk, say, ends the run with exit status 1 and with what to do; the next run finishes."""
    well(site.install("--apply"))
    wanted = site.contents()
    site.put_back()
    (site.shims / "chmod").write_text(
        '#!/bin/sh\ncase "$*" in *nova.conf*) echo "chmod: full" >&2; exit 2 ;; *) exec /bin/chmod "$@" ;; esac\n'
    )
    done = site.install("--apply")
    assert done.returncode == 1
    assert done.stderr == (
        "chmod: full\n"
        "install.sh: stopped in the middle of writing: --apply goes on with it, --restore --apply undoes it\n"
    )
    assert list(site.root.rglob("*.ha-guide-*")) == []
    (site.shims / "chmod").unlink()
    well(site.install("--apply"))
    assert site.contents() == wanted
