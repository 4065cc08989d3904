"""A lab leaves nothing on the machine, even when the process that holds it is killed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.lab.enclosure import GROUPS, Enclosure
from tests.lab.node import wait_until


def links() -> list[str]:
    """The network interfaces of this machine."""
    return sorted(path.name for path in Path("/sys/class/net").iterdir())


def mounts() -> list[str]:
    """Where something is mounted in this machine."""
    return sorted(line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines())


def of_group(pid: int) -> list[str]:
    """The processes in the control groups of the lab that a process made."""
    numbers = [path.name for path in Path("/proc").iterdir() if path.name.isdigit()]
    return [number for number in numbers if f"{GROUPS}.{pid}/" in _group(number)]


def _group(pid: str) -> str:
    try:
        return Path(f"/proc/{pid}/cgroup").read_text()
    except OSError:
        return ""


def test_a_killed_run_leaves_no_process_mount_or_interface(base: Path) -> None:
    """After SIGKILL its nodes end by themselves, and the next lab removes the empty control groups."""
    before = links(), mounts()
    with subprocess.Popen([sys.executable, "-m", "tests.lab.hold", base], stdout=subprocess.PIPE, text=True) as run:
        assert run.stdout
        assert run.stdout.readline() == "up\n"
        assert of_group(run.pid) != []
        run.kill()
    wait_until(lambda: of_group(run.pid) == [], 30, "the processes of the killed lab are gone")
    wait_until(lambda: (links(), mounts()) == before, 30, "its interfaces and mounts are gone")
    next_one = Enclosure()
    groups = sorted(path.name for path in next_one.group.parent.glob(f"{GROUPS}.*"))
    next_one.close()
    assert f"{GROUPS}.{run.pid}" not in groups
    assert not next_one.group.exists()
    assert (links(), mounts()) == before
