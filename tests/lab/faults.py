"""Ways to break a node or a part of it, and to mend it again."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.lab.node import Node

Action = Callable[[Node], None]


@dataclass(frozen=True)
class Fault:
    """Something that is done to a node, and what ends it."""

    how: str
    """The command, or what is done from outside, exactly."""
    begin: Action
    end: Action


def nothing(node: Node) -> None:
    """What mends a fault that mends itself."""


def script(command: str) -> Action:
    """Run a shell command on the node, which has to succeed."""
    return lambda node: void(node.must(command))


def void(_: object) -> None:
    """Forget a result."""


def killed(units: Sequence[str], mend: Action = nothing) -> Fault:
    """All processes of units get SIGKILL at the same time, as the kernel does it without memory or after a crash.

    Not `systemctl kill`: that would hit what systemd starts after the end of a unit as well.
    """
    folders = " ".join(f"/sys/fs/cgroup/system.slice/{unit}.service" for unit in units)
    found = f"$(find {folders} -name cgroup.procs -exec cat {{}} +)"
    # One may be gone before its turn comes, as when a parent ends its children.
    begin = f'found="{found}"\n[ -n "$found" ] && {{ kill -KILL $found || true; }}'
    return Fault(f"kill -KILL {found}", script(begin), mend)


def stopped(units: Sequence[str]) -> Fault:
    """Units are stopped as an operator does it."""
    names = " ".join(units)
    return Fault(f"systemctl stop {names}", script(f"systemctl stop {names}"), script(f"systemctl start {names}"))


def frozen(units: Sequence[str]) -> Fault:
    """Units keep their sockets and do nothing: the kernel's freezer, as with a hung disk or an endless loop."""
    names = " ".join(f"{unit}.service" for unit in units)
    begin = f"systemctl freeze {names}"
    # A watchdog or a health check may have ended one meanwhile; then there is nothing to thaw.
    end = f"for unit in {names}; do systemctl thaw $unit || systemctl restart $unit; done"
    return Fault(begin, script(begin), script(end))


def filtered(rules: Iterable[str], what: str) -> Fault:
    """The packet filter of the node drops what matches one of the rules, both ways."""
    lines = [
        "table inet lab_fault {",
        *(
            f"chain {way} {{ type filter hook {way} priority -300; {'; '.join(f'{rule} drop' for rule in rules)}; }}"
            for way in ("input", "output")
        ),
        "}",
    ]
    text = "\n".join(lines)
    return Fault(
        f"nftables on the node drops {what}, both ways",
        lambda node: void(node.must("nft -f -", stdin=text.encode())),
        script("nft delete table inet lab_fault"),
    )


def vrrp_filtered() -> Fault:
    """The advertisements of keepalived are lost, and nothing else."""
    return filtered(["meta l4proto vrrp"], "VRRP (protocol 112)")


def ports_filtered(ports: Iterable[int], what: str) -> Fault:
    """A service does not reach its peers, and nothing else is wrong."""
    listed = ", ".join(map(str, sorted(ports)))
    return filtered([f"tcp dport {{ {listed} }}", f"tcp sport {{ {listed} }}"], f"{what} (TCP {listed})")


def carrier_lost() -> Fault:
    """The cable of the internal network is pulled, and the node sees it."""
    return Fault(
        "the link of the internal network goes down, with loss of carrier",
        lambda node: node.wire("down"),
        lambda node: node.wire("up"),
    )


def cut_silently() -> Fault:
    """A switch between the node and the others is gone: the link is up, and nothing comes through."""
    return Fault(
        "the switch forwards nothing to or from the node; its link stays up",
        lambda node: node.wire("nomaster"),
        lambda node: node.wire("master", node.links[0].network),
    )


def power_cut() -> Fault:
    """The node is off at once, without a word to anybody."""
    return Fault("the power of the node is cut; later it is switched on again", Node.power_off, Node.power_on)


def node_frozen() -> Fault:
    """Everything on the node stands still, its link is up and its kernel answers pings."""
    return Fault(
        "every process of the node stands still (the kernel's freezer); its kernel goes on answering",
        lambda node: freeze(node.group, 1),
        lambda node: freeze(node.group, 0),
    )


def freeze(group: Path, state: int) -> None:
    """Freeze (1) or thaw (0) all processes of a control group."""
    (group / "cgroup.freeze").write_text(f"{state}\n")


class Slowness:
    """A unit that gets one tenth of the time: frozen for 90 ms of every 100 ms."""

    def __init__(self, unit: str) -> None:
        self.unit = unit
        self._over = threading.Event()
        self._thread: threading.Thread | None = None

    def fault(self) -> Fault:
        """It as a fault."""
        return Fault(
            f"{self.unit} stands still for 90 ms of every 100 ms (the kernel's freezer)", self._begin, self._end
        )

    def _begin(self, node: Node) -> None:
        group = node.group / "system.slice" / f"{self.unit}.service"
        self._over.clear()
        self._thread = threading.Thread(target=self._drag, args=(group,), daemon=True)
        self._thread.start()

    def _drag(self, group: Path) -> None:
        while not self._over.wait(0.01):
            freeze(group, 1)
            self._over.wait(0.09)
            freeze(group, 0)

    def _end(self, node: Node) -> None:  # noqa: ARG002 - as all actions
        assert self._thread
        self._over.set()
        self._thread.join()
        self._thread = None
