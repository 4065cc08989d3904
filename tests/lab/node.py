"""One node of a lab: a Debian 13 with systemd, its own disk, name and interfaces."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.lab.enclosure import NODES, Enclosure, child_of

BOOT = Path(__file__).with_name("boot-node.sh")

LESS = "-sys_time,-sys_module"
"""Capabilities that nothing on a node may have: the clock and the kernel are those of this machine."""

PROGRAMS = "/usr/sbin:/usr/bin:/sbin:/bin"

BOOT_TIMEOUT = 120
"""Seconds that a node may take until systemd has reached its target, on a busy machine."""


@dataclass(frozen=True)
class Link:
    """An interface of a node and the network that it is plugged into."""

    interface: str
    network: str
    address: str | None
    """With the length of its prefix; an interface without one is only up."""


@dataclass
class Node:
    """A machine that can be switched on, cut off and switched off; its disk outlives its power."""

    enclosure: Enclosure
    name: str
    base: Path
    """The Debian that lies below the disk of every node, read-only."""
    links: tuple[Link, ...]
    disk: int = 0
    """GiB of a second disk, /dev/vdb on the node; none without."""
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)
    first: int = 0
    """The node's systemd, as this machine counts processes."""
    _disk: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def group(self) -> Path:
        """Its control group."""
        return self.enclosure.group / self.name

    @property
    def console(self) -> Path:
        """Where its systemd writes what happens at boot; the file is inside of the enclosure."""
        return NODES / self.name / "console"

    def power_on(self, unit: str = "multi-user.target") -> None:
        """Plug the node in, boot it and wait until it can be worked on; its services may still be starting.

        A node that has never been set up is booted to `basic.target`: the packages lie there already, and would start.
        """
        self.enclosure.run("ip", "netns", "add", self.name)
        for number, link in enumerate(self.links):
            self._plug(link, self.port(number))
        self.group.mkdir(exist_ok=True)
        self.enclosure.run("mkdir", "-p", NODES / self.name)
        if self.disk and self._disk is None:
            self._disk = self._attach()
        start = (
            f"echo 0 > {self.group}/cgroup.procs && exec unshare --mount --uts --ipc --pid --cgroup --fork "
            f"--kill-child=KILL sh {BOOT} {self.name} {NODES / self.name} {self.base} {unit} "
            f">> {self.console} 2>&1"
        )
        self.process = self.enclosure.start("nsenter", f"--net=/run/netns/{self.name}", "--", "sh", "-c", start)
        reached = "basic.target" if unit == "multi-user.target" else unit
        wait_until(lambda: self._has_reached(reached), BOOT_TIMEOUT, f"{self.name} has booted")

    def _plug(self, link: Link, port: str) -> None:
        run = self.enclosure.run
        run("ip", "link", "add", link.interface, "netns", self.name, "type", "veth", "peer", "name", port)
        run("ip", "link", "set", port, "master", link.network, "up")
        run("ip", "-n", self.name, "link", "set", link.interface, "up")
        if link.address:
            options = ["nodad"] if ":" in link.address else []
            run("ip", "-n", self.name, "address", "add", link.address, "dev", link.interface, *options)

    def _attach(self) -> subprocess.Popen[bytes]:
        """Make the second disk, a loop device over a file in memory; what holds it open ends with the enclosure.

        `losetup --detach` of an open device lets the kernel detach it when it is closed for the last time (losetup(8)),
        so that not even a killed run leaves one.
        """
        folder = NODES / self.name
        script = (
            'truncate -s "$2G" "$1/vdb.img" && device=$(losetup --find --show "$1/vdb.img") && exec 9< "$device" '
            '&& losetup --detach "$device" && echo "$device" > "$1/vdb" && exec sleep infinity'
        )
        holder = self.enclosure.start("sh", "-c", script, "sh", folder, str(self.disk))
        wait_until(lambda: self._attached(holder), 30, f"{self.name} has its second disk")
        return holder

    def _attached(self, holder: subprocess.Popen[bytes]) -> bool:
        assert holder.poll() is None, f"{self.name}: this machine has no loop device to give"
        return bool(self.enclosure.run("sh", "-c", f"cat {NODES / self.name}/vdb 2> /dev/null || true"))

    def _has_reached(self, unit: str) -> bool:
        assert self.process
        assert self.process.poll() is None, f"{self.name} ended while it booted: {self.last_words()}"
        with suppress(LookupError, FileNotFoundError):
            self.first = child_of(child_of(self.process.pid))
            return self.run(f"systemctl is-active {unit}", timeout=10).returncode == 0
        return False

    def last_words(self) -> str:
        """The end of what systemd wrote on the console."""
        return self.enclosure.run("tail", "-n", "30", self.console)

    def run(self, script: str, *, stdin: bytes | None = None, timeout: float = 600) -> subprocess.CompletedProcess[str]:
        """Run a shell script on the node as root, in /root."""
        command = [
            "nsenter", f"--target={self.first}", "--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup",
            "--root", "--wd", "--",
            "setpriv", f"--bounding-set={LESS}", f"--inh-caps={LESS}",
            "env", "-i", f"PATH={PROGRAMS}", "HOME=/root", "LANG=C.UTF-8", "TERM=dumb",
            "sh", "-c", f"cd /root\n{script}",
        ]  # fmt: skip
        done = subprocess.run(command, input=stdin, capture_output=True, check=False, timeout=timeout)
        return subprocess.CompletedProcess(
            command, done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace")
        )

    def must(self, script: str, *, stdin: bytes | None = None, timeout: float = 600) -> str:
        """What a shell script prints that has to succeed."""
        done = self.run(script, stdin=stdin, timeout=timeout)
        assert done.returncode == 0, f"{self.name}: {script}\n{done.stdout}{done.stderr}"
        return done.stdout

    def port(self, number: int = 0) -> str:
        """Name of the other end of an interface, in the switch."""
        return f"{self.name[-11:]}.{number}"

    def wire(self, *state: str) -> None:
        """Change the port of the switch that the first interface is plugged into, as `ip link set` does."""
        self.enclosure.run("ip", "link", "set", self.port(), *state)

    def shut_down(self, timeout: float = 300) -> None:
        """Stop everything in order, as for maintenance, and switch the node off."""
        assert self.process
        self.must("systemctl poweroff")
        self.process.wait(timeout)
        self._unplug()

    def power_off(self) -> None:
        """Cut the power: every process is gone at once, and so are the interfaces."""
        assert self.process
        os.kill(self.first, signal.SIGKILL)
        self.process.wait()
        self._unplug()

    def _unplug(self) -> None:
        self.enclosure.run("ip", "netns", "delete", self.name)
        self.process, self.first = None, 0


def wait_until(holds: Callable[[], bool], timeout: float, what: str, pause: float = 0.2) -> float:
    """Wait until something holds; the seconds that it took. Raises AssertionError after `timeout` seconds."""
    begun = time.monotonic()
    while not holds():
        assert time.monotonic() - begun < timeout, f"not within {timeout} s: {what}"
        time.sleep(pause)
    return time.monotonic() - begun
