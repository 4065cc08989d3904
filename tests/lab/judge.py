"""What has to hold on the site: before something is broken, and after it was mended."""

from __future__ import annotations

import csv
import io
import socket
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from generator.model.evidence import Check
from tests.lab.lab import Lab
from tests.lab.node import Node

PAUSE = 0.5
"""Seconds between two looks at the whole site."""

SOCKETS = ("var/lib/haproxy/stats", "run/haproxy/admin.sock")
"""Where HAProxy takes commands: that of the original guide, whose socket is there while it is used, and ours."""

GALERA = """mariadb -N -B -e "SELECT variable_value FROM information_schema.global_status WHERE variable_name IN
('wsrep_cluster_size', 'wsrep_cluster_status', 'wsrep_local_state_comment', 'wsrep_ready') ORDER BY variable_name" """

SENTINEL = """valkey-cli -h "$ADDRESS" -p 26379 sentinel master mymaster |
awk '/^(ip|flags|num-other-sentinels|num-slaves)$/ { getline value; print $0 "=" value }' | sort
valkey-cli -h "$ADDRESS" -p 26379 sentinel replicas mymaster |
awk '/^flags$/ { getline value; print $0 "=" value }' | sort"""

BROKERS = (
    'ss -Htn state established "( sport = :25672 or dport = :25672 )" | wc -l; ss -Htln "src $ADDRESS:5672" | wc -l'
)

OVN = """for name in nb:OVN_Northbound sb:OVN_Southbound; do
    ovn-appctl -t "/run/ovn/ovn${name%%:*}_db.ctl" cluster/status "${name#*:}" | grep -E '^(Status|Leader):'
done"""


@dataclass
class Judge:
    """Looks at a lab from outside: what the nodes say of themselves, and what HAProxy says of them."""

    lab: Lab
    running: tuple[str, ...]
    """The units that have to be active on every controller."""

    @property
    def controllers(self) -> list[Node]:
        """The nodes that run the control plane, in the order of the topology."""
        names = [node.name for node in self.lab.topology.nodes if "controller" in node.roles]
        return [self.lab.nodes[name] for name in names]

    def holder(self) -> Node:
        """The node that holds the virtual IP. Raises LookupError when none or several do."""
        holders = self.lab.holders()
        if len(holders) != 1:
            raise LookupError(f"the virtual IP is on {holders}")
        return self.lab.nodes[holders[0]]

    def active_server(self, backend: str) -> Node:
        """The node that HAProxy sends the clients of a back end with one active server to: that with their sessions."""
        rows = [row for row in statistics(self.holder()) if row["pxname"] == backend and row["svname"] != "BACKEND"]
        most = max(rows, key=lambda row: int(row["scur"]))
        return self.lab.nodes[most["svname"]]

    def valkey_primary(self) -> Node:
        """The node that all Sentinels name. Raises LookupError when they do not agree."""
        script = 'valkey-cli -h "$ADDRESS" -p 26379 sentinel get-master-addr-by-name mymaster | head -n 1'
        named = set(self._each(script).values())
        found = [node.name for node in self.lab.topology.nodes if {node.interfaces["internal"].address} == named]
        if not found:
            raise LookupError(f"the Sentinels name {sorted(named)}")
        return self.lab.nodes[found[0]]

    def whole(self) -> tuple[Check, ...]:
        """Every cluster with all of its members, one holder of the virtual IP, and HAProxy content with all servers."""
        looks: list[Callable[[], Check]] = [
            self.one_holder,
            self.servers_up,
            self.galera,
            self.brokers,
            self.valkey,
            self.ovn,
            self.units,
        ]
        with ThreadPoolExecutor() as pool:
            return tuple(pool.map(lambda look: look(), looks))

    def wait_until_whole(self, timeout: float, steady: float = 2) -> tuple[float | None, tuple[Check, ...]]:
        """Wait until everything holds and goes on to hold for `steady` seconds.

        The seconds until it held, or None when it did not within `timeout` seconds; and what was found last.
        """
        begun = time.monotonic()
        since: float | None = None
        while True:
            now = time.monotonic()
            found = self.whole()
            if not all(check.held for check in found):
                since = None
            elif since is None:
                since = now
            elif now - since >= steady:
                return round(since - begun, 2), found
            if now - begun > timeout:
                return None, found
            time.sleep(PAUSE)

    def one_holder(self) -> Check:
        """The virtual IP is on exactly one node."""
        holders = self.lab.holders()
        return Check(what="One node holds the virtual IP.", held=len(holders) == 1, found=", ".join(holders) or "none")

    def servers_up(self) -> Check:
        """HAProxy of every load balancer counts every server of every back end as up."""
        wrong = [f"{node.name}: {text}" for node in self.controllers for text in _down(node)]
        return Check(
            what="HAProxy of every node counts all servers as up.",
            held=not wrong,
            found="; ".join(wrong[:5]) + (f" and {len(wrong) - 5} more" if len(wrong) > 5 else "") or "all up",
        )

    def galera(self) -> Check:
        """All nodes are synced members of one primary component."""
        size = len(self.controllers)
        return self._alike("Galera is one cluster of all nodes.", GALERA, f"{size}\nPrimary\nSynced\nON")

    def brokers(self) -> Check:
        """Every broker listens to clients and is connected to all others.

        A broker that is in a minority closes its listeners, and one that starts opens them last:
        https://www.rabbitmq.com/docs/partitions#pause-minority
        """
        others = len(self.controllers) - 1
        return self._alike("Every broker serves and is connected to all others.", BROKERS, f"{others}\n1")

    def valkey(self) -> Check:
        """All Sentinels name the same primary, with two working replicas, and two others of their kind."""
        said = self._each(SENTINEL)
        primaries = {line for text in said.values() for line in text.splitlines() if line.startswith("ip=")}
        wanted = ["flags=master", "flags=slave", "flags=slave", "num-other-sentinels=2", "num-slaves=2"]
        held = len(primaries) == 1 and all(
            sorted(line for line in text.splitlines() if not line.startswith("ip=")) == wanted for text in said.values()
        )
        found = ", ".join(sorted(primaries)) if held else _told(said)
        return Check(what="All Sentinels name one primary with two replicas.", held=held, found=found)

    def ovn(self) -> Check:
        """Both databases of OVN have all members and a leader that each of them knows."""
        said = self._each(OVN)
        held = all(
            text.count("Status: cluster member") == 2 and text.count("Leader: ") == 2 and "Leader: unknown" not in text
            for text in said.values()
        )
        return Check(
            what="The databases of OVN have a leader that all members know.",
            held=held,
            found="" if held else _told(said),
        )

    def units(self) -> Check:
        """The unit of every process that runs on every controller is active there."""
        wrong = {}
        for name, text in self._each(f"systemctl is-active {' '.join(self.running)}").items():
            states = text.split()
            bad = [f"{unit} {state}" for unit, state in zip(self.running, states, strict=False) if state != "active"]
            if bad or len(states) != len(self.running):
                wrong[name] = ", ".join(bad) or text
        return Check(what="Every unit is active.", held=not wrong, found=_told(wrong) or "all active")

    def _alike(self, what: str, script: str, wanted: str) -> Check:
        said = self._each(script)
        held = all(text == wanted for text in said.values())
        return Check(what=what, held=held, found=" ".join(wanted.split()) if held else _told(said))

    def _each(self, script: str) -> dict[str, str]:
        """What a script prints on each controller; a node that is off says so."""
        addresses = {node.name: node.interfaces["internal"].address for node in self.lab.topology.nodes}

        def ask(node: Node) -> str:
            if not node.process:
                return "off"
            return node.run(f"ADDRESS={addresses[node.name]}\n{script}", timeout=60).stdout.strip()

        nodes = self.controllers
        with ThreadPoolExecutor() as pool:
            return dict(zip([node.name for node in nodes], pool.map(ask, nodes), strict=True))


def _told(said: dict[str, str]) -> str:
    return "; ".join(f"{name}: {' '.join(text.split()) or 'nothing'}" for name, text in said.items())


def _down(node: Node) -> Iterable[str]:
    """The servers that HAProxy of a node does not count as up, as `backend/server STATUS`."""
    if not node.process:
        return ["off"]
    try:
        rows = statistics(node)
    except OSError as problem:
        return [f"HAProxy does not answer ({problem})"]
    return [
        f"{row['pxname']}/{row['svname']} {row['status']}"
        for row in rows
        if row["svname"] not in ("FRONTEND", "BACKEND") and not row["status"].startswith(("UP", "no check", "OPEN"))
    ]


def statistics(node: Node) -> list[dict[str, str]]:
    """A row for each front end, back end and server of HAProxy on a node, by the names of its documentation.

    https://docs.haproxy.org/3.0/management.html#9.1. Raises OSError when it does not answer.
    """
    return list(csv.DictReader(io.StringIO(ask_haproxy(node, "show stat").lstrip("# "))))


def ask_haproxy(node: Node, command: str) -> str:
    """What the administration socket of HAProxy on a node answers; the socket is reached through the node's root."""
    root = Path(f"/proc/{node.first}/root")
    path = next((root / path for path in SOCKETS if (root / path).exists()), root / SOCKETS[0])
    with socket.socket(socket.AF_UNIX) as channel:
        channel.settimeout(5)
        channel.connect(str(path))
        channel.sendall(f"{command}\n".encode())
        return b"".join(iter(lambda: channel.recv(65536), b"")).decode()
