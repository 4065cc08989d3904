"""tools/debian-root makes its folder only when it has to, and whole or not at all."""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.daemons.conftest import run

TOOL = Path(__file__).parents[2] / "tools/debian-root"

APT = "printf '%s\\n' 'Other|Other|http://mirror.invalid/other' 'Debian|Debian|http://mirror.invalid/debian'\n"
"""What apt-get indextargets says of a machine with a source of something else and one of Debian."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the tool is to make its folder, in a folder of its own."""
    (tmp_path / "cache").mkdir()
    return tmp_path / "cache/root"


def make(folder: Path, packages: str, shims: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run the tool for a folder and packages, with other programs in the place of some."""
    place = folder.parent.parent / "shims"
    place.mkdir(exist_ok=True)
    for name, script in shims.items():
        (place / name).write_text(f"#!/bin/sh\n{script}")
        (place / name).chmod(0o755)
    path = f"{place}:/usr/sbin:/usr/bin:/sbin:/bin"
    return run("sh", TOOL, folder, "trixie", input=packages, env={"PATH": path}, timeout=60)


def test_shellcheck_finds_nothing(tmp_path: Path) -> None:
    """The tool is clean POSIX shell, as is everything beside it in that language."""
    tools = [file for file in sorted(TOOL.parent.iterdir()) if file.read_text().startswith("#!/bin/sh")]
    assert TOOL in tools
    done = run("shellcheck", "--shell=sh", *tools)
    assert (done.returncode, done.stdout) == (0, "")


def test_a_folder_of_the_same_packages_suite_and_tool_stays(folder: Path) -> None:
    """It is not touched, whatever the order of the packages, and it takes no root."""
    stamp = hashlib.sha256(b"trixie\nhaproxy\nnova-api\n" + TOOL.read_bytes()).hexdigest()
    (folder / "etc").mkdir(parents=True)
    (folder / "etc/made-by-debian-root").write_text(f"{stamp}\n")
    done = make(folder, "nova-api\nhaproxy\n", {"id": "echo 1000\n"})
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert [path.name for path in folder.parent.iterdir()] == ["root"]


def test_only_root_can_make_it(folder: Path) -> None:
    """Others are told so, before anything happens."""
    done = make(folder, "nova-api\n", {"id": "echo 1000\n", "apt-get": APT})
    cause = f"tools/debian-root: {folder} is missing or out of date, and only root can make it: run make as root\n"
    assert (done.returncode, done.stdout, done.stderr) == (1, "", cause)
    assert list(folder.parent.iterdir()) == []


def test_an_empty_list_is_a_mistake(folder: Path) -> None:
    """It means that what should have made the list failed."""
    done = make(folder, "", {"apt-get": APT})
    assert (done.returncode, done.stderr) == (1, "tools/debian-root: no packages on standard input\n")
    assert list(folder.parent.iterdir()) == []


def test_a_machine_without_a_source_of_debian_is_told(folder: Path) -> None:
    """There is no mirror that the tool would know by itself."""
    done = make(folder, "nova-api\n", {"apt-get": "echo 'Ubuntu|Ubuntu|http://mirror.invalid/ubuntu'\n"})
    cause = "tools/debian-root: apt has no source of Debian here (see /etc/apt/sources.list.d): name a mirror there\n"
    assert (done.returncode, done.stderr) == (1, cause)
    assert list(folder.parent.iterdir()) == []


def test_what_fails_half_way_leaves_the_folder_that_was_there(folder: Path) -> None:
    """The last good folder stays as it was, the new one is gone, and the end of the log is shown."""
    (folder / "etc").mkdir(parents=True)
    (folder / "etc/made-by-debian-root").write_text("another list\n")
    debootstrap = 'mkdir -p "$3/etc"; echo "debootstrap $1 $2 $4"; echo "no such mirror"; exit 1\n'
    done = make(folder, "nova-api\n", {"apt-get": APT, "debootstrap": debootstrap})
    assert done.returncode == 1
    assert done.stderr.splitlines()[1:] == [
        "debootstrap --variant=minbase trixie http://mirror.invalid/debian",
        "no such mirror",
        f"tools/debian-root: it did not work; the whole story is in {folder}.log",
    ]
    assert sorted(path.name for path in folder.parent.iterdir()) == ["root", "root.lock", "root.log"]
    assert (folder / "etc/made-by-debian-root").read_text() == "another list\n"
