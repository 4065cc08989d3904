"""A file system like a node's, in namespaces of its own: what runs there sees that node's name and platform.

The base system is that of this machine: programs and libraries are mounted read-only, everything else is a folder
that a test can fill and look at. There is no network and no systemd.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import stat
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from generator.archive import tar_gz
from generator.tree import Tree, below
from tests.daemons.conftest import run

SHARED = ("usr/bin", "usr/sbin", "usr/lib", "usr/lib32", "usr/lib64", "usr/libx32")
"""What comes from this machine: programs and libraries."""

DEVICES = ("dev/null", "dev/zero", "dev/urandom")

BACKUPS = "var/backups/ha-guide"

PROGRAMS = "/shims:/usr/sbin:/usr/bin:/sbin:/bin"
"""Where programs are looked for; /shims holds those that a test puts in front."""

ENTER = """
set -eu
hostname "$NODE"
for part in $SHARED; do
    mount --bind "/$part" "$ROOT/$part"
    mount -o remount,bind,ro "$ROOT/$part"
done
for part in $DEVICES; do
    mount --bind "/$part" "$ROOT/$part"
done
mount -t proc proc "$ROOT/proc"
mount -t tmpfs -o mode=1777 tmpfs "$ROOT/tmp"
exec chroot "$ROOT" env -i PATH="$PROGRAMS" HOME=/root sh -c "$SCRIPT"
"""


DOOR = ("unshare", "--mount", "--uts", "--net", "--pid", "--fork", "--kill-child", "sh", "-c", ENTER)
"""The command that enters a root; which one, and what to do there, stands in its environment."""


@dataclass(frozen=True)
class Facts:
    """What a test compares of a file, folder or link."""

    kind: str
    mode: int
    uid: int
    gid: int
    content: str
    """Checksum of a file, or where a link leads."""
    time: int
    """Of the last change, in nanoseconds; 0 where it does not matter."""


@dataclass(frozen=True)
class Root:
    """The file system of a node."""

    folder: Path
    node: str

    def run(self, script: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        """Run a shell script there as root, in /root. Processes, /tmp and the host name are gone afterwards."""
        return run(*DOOR, env=self.way_in(f"cd /root\n{script}"), input=stdin, timeout=300)

    def way_in(self, script: str) -> dict[str, str]:
        """The environment in which DOOR runs a shell script there."""
        shared = [part for part in SHARED if (self.folder / part).is_dir() and not (self.folder / part).is_symlink()]
        return {
            "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
            "ROOT": str(self.folder),
            "NODE": self.node,
            "SHARED": " ".join(shared),
            "DEVICES": " ".join(DEVICES),
            "PROGRAMS": PROGRAMS,
            "SCRIPT": script,
        }

    def write(self, path: str, content: str, mode: int = 0o644, owner: tuple[int, int] = (0, 0)) -> Path:
        """Put a file there, its folders included."""
        file = self.folder / path.lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)
        os.chown(file, *owner)
        file.chmod(mode)
        return file

    def unpack(self, tree: Tree) -> Path:
        """Bring the node's bundle there as it is published and unpack it in /root with tar."""
        archive = self.folder / f"root/{self.node}.tar.gz"
        archive.write_bytes(tar_gz(below(self.node, tree)))
        done = self.run(f"tar -xzf {self.node}.tar.gz && rm {self.node}.tar.gz")
        assert (done.returncode, done.stderr) == (0, "")
        return self.folder / "root" / self.node

    def listing(self, *, times: bool = False) -> dict[str, Facts]:
        """Everything that lies there, backups of install.sh aside, by path."""
        found = {}
        for file in sorted(self.folder.rglob("*")):
            path = str(file.relative_to(self.folder))
            if not path.startswith(BACKUPS):
                found[f"/{path}"] = _facts(file, times=times)
        return found

    def ids(self, owner: str) -> tuple[int, int]:
        """The numbers of user:group there."""
        user, _, group = owner.partition(":")
        return _number(self.folder / "etc/passwd", user), _number(self.folder / "etc/group", group)


def _number(file: Path, name: str) -> int:
    return next(int(line.split(":")[2]) for line in file.read_text().splitlines() if line.startswith(f"{name}:"))


def _facts(file: Path, *, times: bool) -> Facts:
    state = file.lstat()
    content = ""
    if file.is_symlink():
        content = str(file.readlink())
    elif file.is_file():
        content = hashlib.sha256(file.read_bytes()).hexdigest()
    return Facts(
        stat.filemode(state.st_mode)[0],
        stat.S_IMODE(state.st_mode),
        state.st_uid,
        state.st_gid,
        content,
        state.st_mtime_ns if times else 0,
    )


def owners_in(tree: Tree) -> list[str]:
    """Every user:group that a bundle's manifest names, sorted."""
    files = json.loads(tree["manifest.json"].data)["files"]
    return sorted({item["owner"] for item in files})


def build_root(folder: Path, node: str, system: tuple[str, str], owners: Iterable[str]) -> Root:
    """A base system of a node: `system` is ID and VERSION_ID of its os-release, `owners` are those that exist."""
    for name in ("root", "proc", "run", "shims", "srv", "tmp", "etc", "dev", "var/lib", "var/log", "usr/libexec"):
        (folder / name).mkdir(parents=True)
    (folder / "root").chmod(0o700)
    for part in SHARED:
        _stand_in(Path("/") / part, folder / part)
    for part in (*SHARED, "bin", "sbin", "lib", "lib32", "lib64", "libx32"):
        source = Path("/") / part
        if source.is_symlink():
            (folder / part).symlink_to(source.readlink())
    for part in DEVICES:
        (folder / part).touch()
    shutil.copytree("/etc/alternatives", folder / "etc/alternatives", symlinks=True)
    root = Root(folder, node)
    root.write("/etc/os-release", f'ID="{system[0]}"\nVERSION_ID="{system[1]}"\n')
    users = {owner.split(":")[0] for owner in owners} - {"root"}
    groups = {owner.split(":")[1] for owner in owners} | users
    numbers = {name: number for number, name in enumerate(sorted(groups - {"root"}), start=401)} | {"root": 0}
    lines = [f"{name}:x:{numbers[name]}:{numbers[name]}::/:/sbin/nologin\n" for name in sorted(users)]
    root.write("/etc/passwd", "root:x:0:0:root:/root:/bin/sh\n" + "".join(lines))
    root.write("/etc/group", "".join(f"{name}:x:{number}:\n" for name, number in sorted(numbers.items())))
    return root


def _stand_in(source: Path, place: Path) -> None:
    """An empty folder to mount a folder of this machine on; links are made later."""
    if source.is_dir() and not source.is_symlink():
        place.mkdir(parents=True)
