"""What the lab breaks, and on which node."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from generator.deploy import Deployment
from generator.model import Process
from tests.lab import faults
from tests.lab.faults import Fault
from tests.lab.judge import Judge
from tests.lab.node import Node

Choose = Callable[[Judge, int], Node]
"""The node that the fault of a repetition (counted from 0) is made on."""


@dataclass(frozen=True, kw_only=True)
class Experiment:
    """One way of breaking something."""

    id: str
    title: str
    fault: Fault
    on: Choose
    lasts: float
    """Seconds from the fault to its end."""
    processes: tuple[str, ...] = ()
    """Processes whose strategy it proves."""
    limitations: tuple[str, ...] = ()
    """Limitations that it shows at work."""


def holder(judge: Judge, repetition: int) -> Node:
    """The node that holds the virtual IP."""
    return judge.holder()


def any_controller(judge: Judge, repetition: int) -> Node:
    """Each controller in turn."""
    return judge.controllers[repetition % len(judge.controllers)]


def writer(judge: Judge, repetition: int) -> Node:
    """The database node that HAProxy sends all clients to."""
    return judge.active_server("database")


def valkey_primary(judge: Judge, repetition: int) -> Node:
    """The node whose Valkey takes the writes."""
    return judge.valkey_primary()


WITHOUT_PROCESSES = ("openvswitch",)
"""Processes whose unit only starts others, so that there is nothing to kill in it."""


class Plan:
    """The experiments on a deployment; which units and ports they are about comes from its data."""

    def __init__(self, deployment: Deployment) -> None:
        self._deployment = deployment

    def every(self) -> dict[str, Experiment]:
        """All experiments with one node by id, the short ones first."""
        groups = (self.address, self.database, self.queue, self.stores, self.apis, self.workers, nodes)
        return {item.id: item for group in groups for item in group()}

    def _unit(self, process: str) -> str:
        return self._deployment.unit(self._deployment.snapshot.processes[process])

    def _numbers(self, *ports: str) -> list[int]:
        return [self._deployment.snapshot.ports[name][1].number for name in ports]

    def address(self) -> Iterator[Experiment]:
        """What keepalived is for."""
        proxy, vrrp = [self._unit("haproxy")], [self._unit("keepalived")]
        moves = ("connections-break-when-the-virtual-ip-moves",)
        for name, process, what, fault, lasts in (
            ("haproxy-killed", "haproxy", "HAProxy is killed", faults.killed(proxy), 3),
            ("haproxy-stopped", "haproxy", "HAProxy is stopped", faults.stopped(proxy), 3),
            ("haproxy-frozen", "haproxy", "HAProxy hangs", faults.frozen(proxy), 8),
            ("keepalived-killed", "keepalived", "keepalived is killed", faults.killed(vrrp), 3),
            ("keepalived-stopped", "keepalived", "keepalived is stopped", faults.stopped(vrrp), 3),
        ):
            title = f"{what} on the node with the virtual IP"
            yield Experiment(
                id=name, title=title, fault=fault, on=holder, lasts=lasts, processes=(process,), limitations=moves
            )
        yield Experiment(
            id="vrrp-filtered",
            title="A packet filter cuts off the VRRP of the node with the virtual IP",
            fault=faults.vrrp_filtered(),
            on=holder,
            lasts=6,
            processes=("keepalived",),
            limitations=("network-partition-duplicate-virtual-ip",),
        )

    def database(self) -> Iterator[Experiment]:
        """What Galera is for."""
        unit = self._unit("mariadb")
        cut = faults.ports_filtered(self._numbers("galera-replication", "galera-ist", "galera-sst"), "Galera")
        for name, what, fault, lasts in (
            ("database-killed", "is killed", faults.killed([unit]), 3),
            ("database-frozen", "hangs", faults.frozen([unit]), 8),
            ("database-slow", "gets a tenth of the time", faults.Slowness(unit).fault(), 10),
            ("database-cut", "is cut off from the other two", cut, 10),
        ):
            yield Experiment(
                id=name,
                title=f"The active database server {what}",
                fault=fault,
                on=writer,
                lasts=lasts,
                processes=("mariadb",),
                limitations=("galera-one-writer", "majority-of-each-cluster"),
            )

        monitor = self._unit("galera-monitor").removesuffix(".socket")
        yield Experiment(
            id="monitor-killed",
            title="The program that tells HAProxy about the active database server is killed",
            fault=faults.killed([monitor]),
            on=writer,
            lasts=3,
            processes=("galera-monitor",),
        )

    def queue(self) -> Iterator[Experiment]:
        """What RabbitMQ's cluster and quorum queues are for."""
        cut = faults.ports_filtered(self._numbers("rabbitmq-epmd", "rabbitmq-distribution"), "Erlang's distribution")
        lost = ("quorum-queues-cost-a-moment-and-disk",)
        for name, what, fault, lasts, limitations in (
            ("broker-killed", "is killed", faults.killed([self._unit("rabbitmq")]), 2, lost),
            ("broker-cut", "is cut off from the other two", cut, 22, ("rabbitmq-serves-with-the-majority-only",)),
        ):
            yield Experiment(
                id=name,
                title=f"A RabbitMQ node {what}",
                fault=fault,
                on=any_controller,
                lasts=lasts,
                processes=("rabbitmq",),
                limitations=limitations,
            )

    def stores(self) -> Iterator[Experiment]:
        """What Valkey with Sentinel, Memcached, chrony and the databases of OVN are for."""
        valkey, cache = [self._unit("redis")], [self._unit("memcached")]
        ovn = [self._unit("ovn-nb-database"), self._unit("ovn-sb-database"), self._unit("ovn-northd")]
        for name, title, fault, lasts in (
            ("valkey-killed", "The Valkey primary is killed", faults.killed(valkey), 6),
            ("valkey-frozen", "The Valkey primary hangs", faults.frozen(valkey), 9),
        ):
            yield Experiment(
                id=name, title=title, fault=fault, on=valkey_primary, lasts=lasts, processes=("redis", "redis-sentinel")
            )
        for name, title, fault, lasts in (
            ("memcached-stopped", "A Memcached server is stopped", faults.stopped(cache), 4),
            ("memcached-frozen", "A Memcached server hangs", faults.frozen(cache), 5),
        ):
            yield Experiment(
                id=name,
                title=title,
                fault=fault,
                on=any_controller,
                lasts=lasts,
                processes=("memcached",),
                limitations=("memcached-not-replicated",),
            )
        yield Experiment(
            id="chrony-stopped",
            title="The clock of a node is no longer set",
            fault=faults.stopped([self._unit("chrony")]),
            on=any_controller,
            lasts=3,
            processes=("chrony",),
        )
        yield Experiment(
            id="ovn-killed",
            title="The databases of OVN and northd of one node are killed",
            fault=faults.killed(ovn),
            on=any_controller,
            lasts=5,
            processes=("ovn-nb-database", "ovn-sb-database", "ovn-northd"),
            limitations=("ovn-databases-need-a-majority",),
        )

    def apis(self) -> Iterator[Experiment]:
        """What the health checks of HAProxy are for."""
        everything = [item for item in self._own() if _behind_haproxy(item)]
        first = [item for item in everything if item.id == "keystone"]
        rest = [item for item in everything if item.id != "keystone"]
        yield from self._both("keystone", "Keystone of one node", first, 12, ("health-checks-see-the-process-only",))
        yield from self._both("apis", "Every other API of one node", rest, 12, ("health-checks-see-the-process-only",))

    def workers(self) -> Iterator[Experiment]:
        """What running several of each worker is for."""
        rest = [item for item in self._own() if not _behind_haproxy(item)]
        yield from self._both("workers", "Every scheduler, conductor, engine and worker of one node", rest, 8, ())

    def _both(
        self, name: str, title: str, processes: list[Process], lasts: float, limitations: tuple[str, ...]
    ) -> Iterator[Experiment]:
        """The experiments that kill and freeze processes together."""
        units = sorted({self._deployment.unit(item) for item in processes})
        ids = tuple(item.id for item in processes)
        for end, what, fault, seconds in (
            ("killed", "is killed", faults.killed(units), 3.0),
            ("frozen", "hangs", faults.frozen(units), lasts),
        ):
            yield Experiment(
                id=f"{name}-{end}",
                title=f"{title} {what}",
                fault=fault,
                on=any_controller,
                lasts=seconds,
                processes=ids,
                limitations=limitations if end == "frozen" else (),
            )

    def _own(self) -> list[Process]:
        """The processes of OpenStack that run on every controller."""
        return [
            process
            for service in self._deployment.installed()
            for process in service.processes
            if service.kind != "support"
            and process.id not in WITHOUT_PROCESSES
            and on_every_controller(self._deployment, process)
        ]


def on_every_controller(deployment: Deployment, process: Process) -> bool:
    """Whether a process runs on all controllers at the same time."""
    controllers = {node.name for node in deployment.topology.nodes if "controller" in node.roles}
    return process.starts == "everywhere" and controllers <= {node.name for node in deployment.nodes_of(process)}


def _behind_haproxy(process: Process) -> bool:
    return any(port.proxy for port in process.ports)


def nodes() -> Iterator[Experiment]:
    """What three controllers are for."""
    everything = ("haproxy", "keepalived", "mariadb", "rabbitmq", "redis", "redis-sentinel")
    for name, title, fault, lasts in (
        ("node-without-carrier", "The cable of the node with the virtual IP is pulled", faults.carrier_lost(), 8),
        ("node-cut", "The switch drops all packets of the node with the virtual IP", faults.cut_silently(), 8),
        ("node-frozen", "The node with the virtual IP stands still", faults.node_frozen(), 8),
        ("node-off", "The power of the node with the virtual IP is cut", faults.power_cut(), 10),
    ):
        yield Experiment(
            id=name,
            title=title,
            fault=fault,
            on=holder,
            lasts=lasts,
            processes=everything,
            limitations=("majority-of-each-cluster", "connections-break-when-the-virtual-ip-moves"),
        )
