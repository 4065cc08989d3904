"""The namespaces that hold a whole lab: whatever runs or is mounted there is gone when they are."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

HOLD = """
set -eu
mount -t tmpfs -o mode=755,size=80% tmpfs /mnt
mkdir /mnt/nodes /mnt/exports
mount -t tmpfs tmpfs /run
mkdir /run/netns
ip link set lo up
echo held
exec cat > /dev/null
"""
"""First process of the enclosure. It ends when its standard input does, which is when the test process is gone,
however it went; the kernel then kills everything in its PID namespace and forgets the mounts and networks of it."""

GROUPS = "ha-guide-lab"
"""Head of the names of our control groups."""

NODES = Path("/mnt/nodes")
"""Where the disks of nodes are, inside of the enclosure; in memory."""


EXPORTS = Path("/mnt/exports")
"""Where the folders of the NFS server are, inside of the enclosure; in memory."""


class LabUnavailable(Exception):
    """A machine that cannot hold a lab; the message says what is missing."""


class Enclosure:
    """Mount, network, PID and IPC namespaces around all nodes of a lab, and a control group of its own."""

    def __init__(self) -> None:
        if os.geteuid() != 0:
            raise LabUnavailable(
                "only root can make the namespaces of the lab: become root, or leave the lab out with LAB=off"
            )
        self.group = _make_group()
        self.holder = subprocess.Popen(
            [
                "unshare", "--mount", "--net", "--pid", "--ipc", "--fork", "--kill-child", "--mount-proc",
                "sh", "-c", HOLD,
            ],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert self.holder.stdout
        assert self.holder.stderr
        if self.holder.stdout.readline() != "held\n":
            said = self.holder.stderr.read().strip()
            raise LabUnavailable(f"this machine gives no namespaces ({said}); LAB=off leaves the lab out")
        self.first = child_of(self.holder.pid)
        self._started: list[subprocess.Popen[bytes]] = []

    def entering(self, *command: str | Path) -> list[str]:
        """The command line that runs a command inside of the enclosure, seen from outside."""
        return [
            "nsenter", f"--target={self.first}", "--mount", "--net", "--pid", "--ipc", "--", *map(str, command),
        ]  # fmt: skip

    def run(self, *command: str | Path) -> str:
        """What a command inside of the enclosure prints. Raises AssertionError with what it said when it failed."""
        done = subprocess.run(self.entering(*command), capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{' '.join(map(str, command))}: {done.stderr or done.stdout}"
        return done.stdout

    def start(self, *command: str | Path) -> subprocess.Popen[bytes]:
        """Start a command inside of the enclosure, which ends with it at the latest."""
        process = subprocess.Popen(self.entering(*command), stdin=subprocess.DEVNULL)
        self._started.append(process)
        return process

    def close(self) -> None:
        """End everything in it."""
        assert self.holder.stdin
        self.holder.stdin.close()
        self.holder.wait()
        for process in self._started:
            process.wait()
        for stream in (self.holder.stdout, self.holder.stderr):
            if stream:
                stream.close()
        remove_groups(self.group)


@contextmanager
def enclosure() -> Iterator[Enclosure]:
    """An enclosure that is closed whatever happens in it."""
    made = Enclosure()
    try:
        yield made
    finally:
        made.close()


def child_of(pid: int) -> int:
    """The one child of a process. Raises LookupError when it has none or several."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    if len(children) != 1:
        raise LookupError(f"process {pid} has {len(children)} children")
    return int(children[0])


def _hierarchy() -> Path:
    """Where the control groups of version 2 are mounted. Raises LabUnavailable when we cannot write there."""
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        before, _, after = line.partition(" - ")
        if after.startswith("cgroup2 ") and " rw" in f" {after.split()[2]} {before.split()[5]}".replace(",", " "):
            return Path(before.split()[4])
    raise LabUnavailable("systemd needs a writable cgroup2 file system, and there is none; LAB=off leaves the lab out")


def _make_group() -> Path:
    hierarchy = _hierarchy()
    for left in hierarchy.glob(f"{GROUPS}.*"):
        if not Path(f"/proc/{left.suffix[1:]}").exists():
            remove_groups(left)
    group = hierarchy / f"{GROUPS}.{os.getpid()}"
    group.mkdir()
    return group


def remove_groups(group: Path) -> None:
    """Remove a control group with all below it, as far as no process is left in it."""
    for folder in sorted((path for path in group.rglob("*") if path.is_dir()), reverse=True):
        with suppress(OSError):
            folder.rmdir()
    with suppress(OSError):
        group.rmdir()
