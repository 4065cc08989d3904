"""Clients of a site outside of its nodes: started, read while they go on, and compared with what is stored."""

from __future__ import annotations

import json
import os
import secrets
import signal
import subprocess
import tempfile
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml

from generator.deploy import Deployment
from generator.model.evidence import Seen
from tests.lab.client import Client, Order
from tests.lab.lab import Lab
from tests.lab.seen import are_well, confirmed, sum_up
from tests.lab.workload.kinds import KINDS
from tests.lab.workload.site import Site

ROOT = Path(__file__).parents[2]

RUN = """
mount --bind -o ro "$1" "$1"
mount --bind /dev "$1/dev"
mount --bind -o ro "$2" "$1/mnt"
exec chroot "$1" env -i PATH=/usr/bin:/bin LANG=C.UTF-8 nice -n -5 \\
    env --chdir=/mnt python3 -B -m tests.lab.workload
"""
"""Python and libraries are those of the nodes' Debian, this project lies over its /mnt, and both are read-only. The
clients go before the nodes, so that it is the site which is slow on a busy machine and not they."""

OPENING = """
mkdir -p /etc/ha-guide/firewall.d
echo 'ip saddr {address} accept comment "clients of the lab"' > /etc/ha-guide/firewall.d/lab.nft
systemctl reload ha-guide-firewall
"""
"""The clients stand where no client of database, queue, Valkey and Memcached has a right to be. So the nodes let them
in by a rule of the administrator's own, in the folder that the bundle has for these."""

TABLE = """CREATE DATABASE IF NOT EXISTS workload;
CREATE TABLE IF NOT EXISTS workload.written (id BIGINT PRIMARY KEY);
CREATE OR REPLACE USER workload@'%' IDENTIFIED BY '{password}';
GRANT ALL ON workload.* TO workload@'%';
"""

QUERY = "SET SESSION wsrep_sync_wait = 1; SELECT id FROM workload.written WHERE id BETWEEN {first} AND {last}"
"""What a node's database holds, after it has caught up with the others."""

WAITING = 120.0
"""Seconds before a message was sent in which its reader may have begun to wait for it."""

BEGINNING = 120.0
"""Seconds until all clients have to have had good answers only, for a while."""


@dataclass
class Clients:
    """All clients that run."""

    lab: Lab
    site: Site
    each: dict[str, Client] = field(default_factory=dict)

    def seen(self, begin: float, end: float) -> tuple[Seen, ...]:
        """What each client saw from one moment of the monotonic clock to another, in the order of their start."""
        return tuple(sum_up(name, client.requests(begin, end), end) for name, client in self.each.items())

    def confirmed(self, client: str, begin: float = 0.0, end: float = float("inf")) -> set[int]:
        """The numbers that a client was told are stored."""
        return confirmed(self.each[client].requests(begin, end))

    def wait_until_well(self, timeout: float, seconds: float = 2.0, names: Collection[str] = ()) -> float:
        """Wait until every client, or those named, had nothing but good answers for some time; how long it took."""
        begun = time.monotonic()
        while found := self.unwell(seconds, names):
            assert time.monotonic() - begun < timeout, f"clients are not well within {timeout} s: {found}"
            time.sleep(0.2)
        return time.monotonic() - begun

    def unwell(self, seconds: float = 2.0, names: Collection[str] = ()) -> dict[str, str]:
        """The clients that had no good answer, or a bad one, in the last seconds."""
        found = {}
        for name in names or self.each:
            order = self.each[name].order
            lately = self.each[name].requests(time.monotonic() - max(seconds, 3 * order.every + order.timeout) - 1)
            # Of a client that asks less often than that, the last answer has to do.
            least = 1 if order.every > seconds else 2
            many = max(least, min(len(lately), int(seconds / order.every) if order.every else 10))
            if not are_well(lately, many):
                found[name] = next((request.wrong for request in reversed(lately) if request.wrong), "no answer")
        return found

    def lost_rows(self, begin: float, end: float) -> dict[str, list[int]]:
        """By node that is on: the confirmed numbers of a period that its database does not hold."""
        numbers = self.confirmed("database", begin, end)
        holding = [self.lab.nodes[item.name] for item in self.lab.topology.nodes if "database" in item.roles]
        holding = [node for node in holding if node.process]
        if not numbers:
            return {node.name: [] for node in holding}
        query = QUERY.format(first=min(numbers), last=max(numbers))
        held = {
            node.name: {int(line) for line in node.must("mariadb -N -B", stdin=query.encode()).split()}
            for node in holding
        }
        return {name: sorted(numbers - rows) for name, rows in held.items()}

    def lost_messages(self, begin: float, end: float, timeout: float = 30.0) -> list[int]:
        """The confirmed numbers of a period that did not come out of the queue, after time for it to run empty."""
        numbers = self.confirmed("queue", begin, end)
        late = time.monotonic() + timeout
        while (left := numbers - self.confirmed("queue-read", begin - WAITING)) and time.monotonic() < late:
            time.sleep(0.5)
        return sorted(left)

    def lost_keys(self, begin: float, end: float) -> list[int]:
        """The confirmed numbers of a period that the Valkey primary does not hold now."""
        numbers = sorted(self.confirmed("valkey", begin, end))
        return list(carry_out(self.lab, self.site, "missing", numbers=numbers))


def orders(kinds: Collection[str], slower: float = 1.0) -> list[Order]:
    """Clients of these kinds, named after them; on a machine that is so many times slower, they wait longer."""
    return [Order(kind, kind, KINDS[kind].every, KINDS[kind].timeout * slower) for kind in kinds]


def asking(
    lab: Lab,
    deployment: Deployment,
    port: str,
    path: str = "/",
    node: str = "",
    every: float = 0.02,
    timeout: float = 0.25,
) -> Order:
    """A client that asks for a page behind a port through the virtual IP, or directly on a node.

    It gives up early: a packet that is lost while the address moves is sent again after a second only, so whoever
    waits longer measures TCP (RFC 6298) and not the site.
    """
    servers = site_of(lab, deployment, {}).servers[port]
    address = lab.virtual_ip
    if node:
        (address,) = {item.address for item in _interfaces(deployment, node)} & set(servers)
    target = {"address": address, "port": deployment.snapshot.ports[port][1].number, "path": path}
    return Order(f"{port}-{node}" if node else port, "http", every, timeout, target)


def _interfaces(deployment: Deployment, node: str) -> Sequence[Any]:
    (found,) = (item for item in deployment.topology.nodes if item.name == node)
    return tuple(found.interfaces.values())


def site_of(lab: Lab, deployment: Deployment, passwords: Mapping[str, str]) -> Site:
    """What clients have to know about the lab's site; of the secrets only those that they use."""
    wanted = {"keystone_admin", "rabbitmq_openstack", "redis"}
    placed = {name: (port, deployment.nodes_of(process)) for name, (process, port) in deployment.snapshot.ports.items()}
    return Site(
        address=lab.virtual_ip,
        host=deployment.fqdn(lab.topology.virtual_ips[0].name),
        ports={name: port.number for name, (port, _) in placed.items()},
        servers={
            name: [deployment.address_on(node, port) for node in nodes if node.name in lab.nodes]
            for name, (port, nodes) in placed.items()
        },
        passwords={name: value for name, value in passwords.items() if name in wanted},
    )


def prepare(lab: Lab, deployment: Deployment, secrets_file: Path, kinds: Collection[str]) -> Site:
    """Make what clients of these kinds need on a site that is well. Safe to do twice; not while clients run."""
    passwords = {str(name): str(value) for name, value in yaml.safe_load(secrets_file.read_text()).items()}
    site = site_of(lab, deployment, passwords)
    site = replace(site, passwords={**site.passwords, "lab": secrets.token_hex(16)})
    own = lab.topology.networks[0].gateway
    for node in lab.nodes.values():
        node.must(OPENING.format(address=own))
    if "database" in kinds:
        first = next(iter(lab.nodes.values()))
        first.must("mariadb", stdin=TABLE.format(password=site.passwords["lab"]).encode())
    return replace(site, **carry_out(lab, site, "prepare", kinds=sorted(kinds)))


def carry_out(lab: Lab, site: Site, job: str, **settings: Any) -> Any:
    """The answer of a job that is done once, where the clients run. Raises AssertionError with what it said."""
    order = json.dumps({"do": job, "site": asdict(site), **settings}).encode()
    done = subprocess.run(_command(lab), input=order, capture_output=True, check=False, timeout=300)
    assert done.returncode == 0, f"{job}: {done.stderr.decode(errors='replace')[-3000:]}"
    return json.loads(done.stdout)


def _command(lab: Lab) -> list[str]:
    base = next(iter(lab.nodes.values())).base
    return lab.enclosure.entering("unshare", "--mount", "sh", "-euc", RUN, "sh", base, ROOT)


@contextmanager
def at_work(lab: Lab, site: Site, wanted: Sequence[Order], folder: Path | None = None) -> Iterator[Clients]:
    """Clients that work while the block runs, from the first good answers on; their lines are kept in a folder."""
    with tempfile.TemporaryDirectory() as other:
        # Numbers of an earlier set of clients are below all of this one: no client makes a thousand in a second.
        clients = Clients(lab, replace(site, first=int(time.time() * 1000)))
        try:
            for order in wanted:
                clients.each[order.name] = _start(lab, clients.site, order, folder or Path(other))
            clients.wait_until_well(BEGINNING)
            yield clients
        finally:
            for client in clients.each.values():
                _stop(client)


def _start(lab: Lab, site: Site, order: Order, folder: Path) -> Client:
    lines, errors = folder / f"{order.name}.jsonl", folder / f"{order.name}.err"
    with lines.open("wb") as out, errors.open("wb") as err:
        # In a group of its own, since nsenter does not hand a signal on to what it runs.
        process = subprocess.Popen(
            _command(lab), stdin=subprocess.PIPE, stdout=out, stderr=err, start_new_session=True
        )  # fmt: skip
    assert process.stdin
    said = {"do": "repeat", "site": asdict(site), "kind": order.kind, "every": order.every, "timeout": order.timeout}
    process.stdin.write(json.dumps({**said, **order.target}).encode() + b"\n")
    process.stdin.flush()
    return Client(order, process, lines, errors)


def _stop(client: Client) -> None:
    assert client.process.stdin
    client.process.stdin.close()
    if client.process.poll() is None:
        os.killpg(client.process.pid, signal.SIGTERM)
    client.process.wait()
