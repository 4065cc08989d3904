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
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)
    first: int = 0
    """The node's systemd, as this machine counts processes."""

    @property
    def group(self) -> Path:
        """Its control group."""
        return self.enclosure.group / self.name

    @property
    def console(self) -> Path:
        """Where its systemd writes what happens at boot; the file is inside of the enclosure."""
        return NODES / self.name / "console"

    def power_on(self, unit: str = "basic.target") -> None:
        """Plug the node in, boot it and wait until systemd has finished."""
        self.enclosure.run("ip", "netns", "add", self.name)
        for number, link in enumerate(self.links):
            self._plug(link, f"{self.name[-11:]}.{number}")
        self.group.mkdir(exist_ok=True)
        self.enclosure.run("mkdir", "-p", NODES / self.name)
        start = (
            f"echo 0 > {self.group}/cgroup.procs && exec unshare --mount --uts --ipc --pid --cgroup --fork "
            f"--kill-child=KILL sh {BOOT} {self.name} {NODES / self.name} {self.base} {unit} "
            f">> {self.console} 2>&1"
        )
        self.process = self.enclosure.start("nsenter", f"--net=/run/netns/{self.name}", "--", "sh", "-c", start)
        wait_until(self._has_booted, BOOT_TIMEOUT, f"{self.name} has booted")

    def _plug(self, link: Link, port: str) -> None:
        run = self.enclosure.run
        run("ip", "link", "add", link.interface, "netns", self.name, "type", "veth", "peer", "name", port)
        run("ip", "link", "set", port, "master", link.network, "up")
        run("ip", "-n", self.name, "link", "set", link.interface, "up")
        if link.address:
            options = ["nodad"] if ":" in link.address else []
            run("ip", "-n", self.name, "address", "add", link.address, "dev", link.interface, *options)

    def _has_booted(self) -> bool:
        assert self.process
        assert self.process.poll() is None, f"{self.name} ended while it booted: {self.last_words()}"
        with suppress(LookupError, FileNotFoundError):
            self.first = child_of(child_of(self.process.pid))
            done = self.run("systemctl is-system-running", timeout=10)
            return done.stdout.strip() in {"running", "degraded"}
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

    def power_off(self) -> None:
        """Cut the power: every process is gone at once, and so are the interfaces."""
        assert self.process
        os.kill(self.first, signal.SIGKILL)
        self.process.wait()
        self.enclosure.run("ip", "netns", "delete", self.name)
        self.process, self.first = None, 0


def wait_until(holds: Callable[[], bool], timeout: float, what: str, pause: float = 0.2) -> float:
    """Wait until something holds; the seconds that it took. Raises AssertionError after `timeout` seconds."""
    begun = time.monotonic()
    while not holds():
        assert time.monotonic() - begun < timeout, f"not within {timeout} s: {what}"
        time.sleep(pause)
    return time.monotonic() - begun
