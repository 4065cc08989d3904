"""The Debian 13 that `make test` makes with everything the data names: what is in it, and a way to run things there.

It is never written to. What runs there has an overlay of its own, in memory, and namespaces of its own.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from tests.daemons.conftest import run
from tests.debian.packages import MACHINE

FOLDER = Path(__file__).parent.parent.parent / ".cache/debian-13"

ENTER = """
set -eu
hostname "$NODE"
mount -t tmpfs -o mode=755 tmpfs /mnt
mkdir /mnt/upper /mnt/work /mnt/root
mount -t overlay overlay -o "lowerdir=$LOWER,upperdir=/mnt/upper,workdir=/mnt/work" /mnt/root
mount -t proc proc /mnt/root/proc
mount -t sysfs -o ro sysfs /mnt/root/sys
mount -t tmpfs -o mode=755 tmpfs /mnt/root/run
mount -t tmpfs -o mode=1777 tmpfs /mnt/root/tmp
mkdir /mnt/root/run/input /mnt/root/run/lock
mount --bind -o ro "$INPUT" /mnt/root/run/input
ip link set lo up
exec chroot /mnt/root env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 sh -c "$SCRIPT"
"""

DOOR = ("unshare", "--mount", "--uts", "--ipc", "--net", "--pid", "--fork", "--kill-child", "sh", "-c", ENTER)
"""The command that enters the root; what to do there, and on what, stands in its environment."""

MERGED = re.compile(r"^/(bin|sbin|lib|lib64)/")
"""Folders that Debian has below /usr: packages may still name them as they were."""


@dataclass(frozen=True)
class Root:
    """A Debian with packages, made by tools/debian-root."""

    folder: Path

    def run(self, script: str, given: Path, node: str = "debian") -> subprocess.CompletedProcess[str]:
        """Run a shell script there as root; it finds the folder `given` in /run/input, and nothing stays."""
        environment = {
            "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
            "LOWER": str(self.folder),
            "INPUT": str(given),
            "NODE": node,
            "SCRIPT": script,
        }
        return run(*DOOR, env=environment, timeout=300)

    @cached_property
    def installed(self) -> Mapping[str, Mapping[str, str]]:
        """The fields of every installed package, by name (dpkg(1), its status file)."""
        text = (self.folder / "var/lib/dpkg/status").read_text()
        found = (fields(paragraph) for paragraph in text.split("\n\n") if paragraph.strip())
        return {item["Package"]: item for item in found if item["Status"] == "install ok installed"}

    @cached_property
    def providers(self) -> Mapping[str, frozenset[str]]:
        """The packages that go by a name, their own or one that they provide."""
        found: dict[str, set[str]] = {}
        for name, item in self.installed.items():
            for other in (name, *names(item.get("Provides", ""))):
                found.setdefault(other, set()).add(name)
        return {name: frozenset(packages) for name, packages in found.items()}

    @cached_property
    def owners(self) -> Mapping[str, frozenset[str]]:
        """The packages that brought each file or folder, by path."""
        found: dict[str, set[str]] = {}
        for listing in (self.folder / "var/lib/dpkg/info").glob("*.list"):
            package = listing.stem.partition(":")[0]
            for path in listing.read_text().splitlines():
                found.setdefault(MERGED.sub(r"/usr/\1/", path), set()).add(package)
        return {path: frozenset(packages) for path, packages in found.items()}

    @cached_property
    def conffiles(self) -> frozenset[str]:
        """Every file that dpkg keeps as the administrator leaves it (deb-conffiles(5))."""
        lists = (item.get("Conffiles", "") for item in self.installed.values())
        return frozenset(word for text in lists for word in text.split() if word.startswith("/"))

    def accounts(self, kind: str) -> frozenset[str]:
        """The names in its `passwd` or `group`."""
        lines = (self.folder / "etc" / kind).read_text().splitlines()
        return frozenset(line.partition(":")[0] for line in lines)

    def needed_by(self, packages: Iterable[str]) -> frozenset[str]:
        """These packages with all that they require, and what every Debian has.

        Where a package takes any of several, each of them that is installed counts.
        """
        required = (name for name, item in self.installed.items() if item.get("Priority") == "required")
        waiting = [*packages, *MACHINE, *required]
        found: set[str] = set()
        while waiting:
            for name in self.providers.get(waiting.pop(), frozenset()) - found:
                found.add(name)
                item = self.installed[name]
                waiting += names(item.get("Depends", "")) + names(item.get("Pre-Depends", ""))
        return frozenset(found)

    def brings(self, path: str) -> frozenset[str]:
        """The packages that brought the file to which a path leads there, through links and alternatives."""
        place = Path(path)
        for _ in range(10):
            owners = self.owners.get(MERGED.sub(r"/usr/\1/", str(place)))
            if owners:
                return owners
            here = self.folder / str(place).lstrip("/")
            if not here.is_symlink():
                break
            place = Path(place.parent, here.readlink())
        return frozenset()


def fields(paragraph: str) -> dict[str, str]:
    """The fields of a control file's paragraph (deb-control(5))."""
    found = re.findall(r"^(\S+):[ \t]*(.*(?:\n[ \t].*)*)", paragraph, re.MULTILINE)
    return dict(found)


def names(relation: str) -> list[str]:
    """The names of packages in a field like Depends, alternatives too."""
    return re.findall(r"(?:^|[,|])\s*([a-z0-9][a-z0-9.+-]+)", relation)
