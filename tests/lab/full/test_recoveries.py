"""What needs a person: the published procedures are followed word for word, and nothing is lost."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

import pytest

from tests.lab.experiments import Experiment, any_controller, holder
from tests.lab.faults import Fault, nothing, power_cut
from tests.lab.node import Node, wait_until
from tests.lab.runbook import Runbook, open_runbook
from tests.lab.stage import Stage, is_well, told

Said = dict[str, str]
"""What the commands of a step printed, by node."""

MINUTES = 60


def every(pattern: str) -> Callable[[Said], bool]:
    """Each node printed a line that matches."""
    return lambda said: all(re.search(pattern, text, re.MULTILINE) for text in said.values())


def without(pattern: str) -> Callable[[Said], bool]:
    """No node printed a line that matches."""
    return lambda said: not any(re.search(pattern, text, re.MULTILINE) for text in said.values())


def databases_answer(said: Said) -> bool:
    """200 for every database node."""
    return all(re.findall(r"^\S+ (\d{3})$", text, re.MULTILINE) == ["200"] * 3 for text in said.values())


def brokers_run(said: Said) -> bool:
    """All nodes run, and there is no partition."""
    names = ["rabbit@controller1", "rabbit@controller2", "rabbit@controller3"]
    return all(
        re.findall(r"^rabbit@\S+$", text.partition("Versions")[0], re.MULTILINE) == names
        and "(none)" in text.partition("Network Partitions")[2]
        for text in said.values()
    )


def sentinels_agree(said: Said) -> bool:
    """The same address everywhere, a master, and two other Sentinels."""
    last = {tuple(text.strip().splitlines()[-3:]) for text in said.values()}
    return len(last) == 1 and set(next(iter(last))[1:]) == {"flags master", "num-other-sentinels 2"}


def one_address(said: Said) -> bool:
    """The virtual IP is on exactly one node."""
    return sum("192.0.2.10/" in text for text in said.values()) == 1


def up(said: Said) -> bool:
    """Nothing is down."""
    return without(r"\bdown\b|\bXXX\b|False")(said) and every(r"\bup\b|:-\)|True")(said)


POWER_ON: dict[str, tuple[Callable[[Said], bool], float]] = {
    "Bring up the network, the storage and the time before the nodes": (every("Leap status +: Normal"), 3 * MINUTES),
    "Database": (databases_answer, 5 * MINUTES),
    "Message bus": (brokers_run, 5 * MINUTES),
    "Valkey and Sentinel": (sentinels_agree, 2 * MINUTES),
    "Memcached": (every("^active$"), 0),
    "Databases of OVN": (without("Leader: unknown"), 1 * MINUTES),
    "HAProxy": (every("^200$"), 0),
    "Virtual IPs": (one_address, 0),
    "Keystone": (every(r"^\d{4}-\d\d-\d\dT"), 1 * MINUTES),
    "Images and Placement": (every("^200$"), 1 * MINUTES),
    "Networks": (up, 2 * MINUTES),
    "Volumes": (up, 2 * MINUTES),
    "Disks and servers of Swift": (every("is a mountpoint"), 0),
    "Instances": (up, 2 * MINUTES),
    "Compute nodes": (every("^active\nactive\nactive$"), 0),
    "Stacks, telemetry, load balancers and the dashboard": (without(r"\bfailed\b"), 1 * MINUTES),
    "Look at the whole, and tell the tenants": (up, 2 * MINUTES),
    "Run the check of the bundle on every node": (without("^FAILED"), 2 * MINUTES),
}
"""What each step of the procedure after a power cut has to show, and how long it says to wait for it, in seconds."""


def follow(stage: Stage, book: Runbook, title: str, nodes: list[Node]) -> Said:
    """Carry out a step until it shows what it has to show, as long as the procedure says to wait."""
    shows, patience = POWER_ON[title]
    begun = time.monotonic()
    while True:
        said = book.carry_out(title, nodes)
        if shows(said):
            return said
        assert time.monotonic() - begun < patience, f"{book.id}: {title} shows\n{said}"
        time.sleep(5)


@pytest.mark.parametrize("dark", [0, 1], ids=["all-come-back", "one-stays-dark"])
def test_the_published_procedures_bring_the_cloud_back_after_a_power_cut(stage: Stage, dark: int) -> None:
    """All nodes lose their power at once; step by step everything is back, and nothing confirmed is lost.

    When all come back, Galera restores its cluster by itself. When a node stays dark it does not, and the procedure for
    that is followed with the others; the dark node comes later.
    """
    late = stage.judge.controllers[len(stage.judge.controllers) - dark :]
    how = "the power of every node is cut at the same time, and comes back on all of them"
    experiment = Experiment(
        id="power-loss-one-dark" if dark else "power-loss",
        title=f"All nodes lose their power at once{', and one stays dark for a while' if dark else ''}",
        fault=Fault(f"{how}{', on one of them after the database is back' if dark else ''}", nothing, nothing),
        on=holder,
        lasts=0,
        processes=("mariadb", "rabbitmq", "redis", "redis-sentinel", "ovn-nb-database", "ovn-sb-database"),
        limitations=("clusters-after-a-full-power-cut",),
    )
    gate = stage.gate()
    at, since = stage.recorder.since_begin(), time.monotonic()
    stage.lab.power_off()
    time.sleep(5)
    stage.lab.power_on([node for node in stage.lab.nodes.values() if node not in late])
    books = [open_runbook(stage.deployment, "full-power-on-order")]
    assert [step.title for step in books[0].instructions] == list(POWER_ON)
    for step in books[0].instructions:
        names = step.nodes[:1] if step.on == "any" else step.nodes
        nodes = [stage.lab.nodes[name] for name in names if stage.lab.nodes[name].process]
        if late and step.title == "Database":
            assert not databases_answer(books[0].carry_out(step.title, nodes))
            books.append(_start_galera_again(stage, nodes[0], late))
            stage.lab.power_on(late)
        follow(stage, books[0], step.title, nodes)
    repetition = stage.heal("all nodes", gate, at, since)
    stage.recorder.add(experiment, "bundle", repetition, procedures=tuple(book.id for book in books))
    assert is_well(repetition), told(repetition)


def _start_galera_again(stage: Stage, first: Node, late: list[Node]) -> Runbook:
    """Follow the procedure for a cluster whose nodes have all stopped, without the nodes that are not there yet."""
    book = open_runbook(stage.deployment, "start-galera-after-all-stopped")
    there = [node for node in stage.judge.controllers if node not in late]
    said = book.carry_out("See whether a part of the cluster still works", [first])
    assert without(" 200$")(said), said
    book.carry_out("Look at every node", there)
    said = book.carry_out("Stop every server", there)
    assert every("^(inactive|failed)$")(said), said
    assert every("^no mariadbd runs$")(said), said
    book.carry_out("Copy the data of every node", there)
    said = book.carry_out("Read the position of each node", there)
    positions = {name: re.findall(r"--wsrep_start_position=(\S+):(-?\d+)", text)[0] for name, text in said.items()}
    assert len({uuid for uuid, _ in positions.values()}) == 1, said
    chosen = max(there, key=lambda node: (int(positions[node.name][1]), -there.index(node)))
    start = "Start the chosen node without waiting for others"
    said = book.carry_out(start, [chosen])
    if every("may not be safe to bootstrap")(said) or without("^Primary$|\tPrimary$")(said):
        chosen.must(book.command_of(start, "It says that it may not be safe to bootstrap the cluster from this node."))
        said = book.carry_out(start, [chosen])
    assert every(r"wsrep_cluster_status\tPrimary")(said), said
    others = [node for node in there if node is not chosen]
    for node in others:
        said = book.carry_out("Join the other nodes, one after the other", [node])
        assert every("Synced")(said), said
    book.carry_out("Check the whole, and keep the copies for some days", [first])
    assert list(dict.fromkeys(book.followed)) == [step.title for step in book.instructions]
    for node in there:
        node.must("rm -r /var/lib/mysql-before-recovery-*")  # the disks of the lab are in memory
    return book


@pytest.mark.parametrize("number", range(3))
def test_a_rolling_restart_goes_unnoticed(stage: Stage, number: int) -> None:
    """One node after the other is shut down in order and started again, each when the one before is back."""
    experiment = Experiment(
        id="rolling-restart",
        title="The nodes are restarted one after the other",
        fault=Fault("systemctl poweroff on the node, which is switched on again; then the next one", nothing, nothing),
        on=any_controller,
        lasts=0,
        processes=("haproxy", "keepalived", "mariadb", "rabbitmq", "redis", "redis-sentinel"),
    )
    gate = stage.gate()
    node = experiment.on(stage.judge, number)
    at, since = stage.recorder.since_begin(), time.monotonic()
    node.shut_down()
    node.power_on()
    repetition = stage.heal(node.name, gate, at, since)
    stage.recorder.add(experiment, "bundle", repetition)
    assert is_well(repetition), told(repetition)


def test_the_published_procedure_brings_cinder_volume_back(stage: Stage) -> None:
    """Its node is lost for good; it runs on a survivor, and the lost node cannot start a second copy."""
    experiment = Experiment(
        id="cinder-volume-lost",
        title="The node that runs cinder-volume loses its power",
        fault=power_cut(),
        on=lambda judge, repetition: _runs_cinder_volume(stage),  # noqa: ARG005 - as all choices
        lasts=0,
        processes=("cinder-volume",),
        limitations=("cinder-volume-single-point-of-failure", "cinder-volumes-bound-to-a-host-name"),
    )
    gate = stage.gate()
    lost = experiment.on(stage.judge, 0)
    survivors = [node for node in stage.judge.controllers if node is not lost]
    at, since = stage.recorder.since_begin(), time.monotonic()
    lost.power_off()
    book = open_runbook(stage.deployment, "start-cinder-volume-on-a-survivor")
    said = book.carry_out("See where it runs", survivors)
    assert every("inactive")(said), said
    _until(lambda: every(r"cinder-volume.*\bdown\b")(book.carry_out("Ask Cinder for its services", survivors[:1])), 120)
    # "The node cannot be reached": it is powered off, and its board says so.
    book.pass_over("Make sure that the lost node is off")
    said = book.carry_out("Start it on a survivor", survivors[:1])
    assert every("^active$")(said), said
    assert every("/var/lib/cinder/mnt/")(said), said
    said = book.carry_out("See that volumes can be made", survivors[:1])
    assert every("^available$")(said), said
    book.carry_out("Look at volumes that were under way", survivors[:1])
    # "The node boots for the first time since the failure": into rescue.target, as the procedure says.
    lost.power_on("rescue.target")
    said = book.carry_out("Keep the lost node from starting a second copy", [lost])
    assert every("^disabled$")(said), said
    assert book.followed == [step.title for step in book.instructions]
    repetition = stage.heal(lost.name, gate, at, since)
    stage.recorder.add(experiment, "bundle", repetition, procedures=(book.id,))
    assert is_well(repetition), told(repetition)


def _runs_cinder_volume(stage: Stage) -> Node:
    """The node on which cinder-volume is active."""
    unit = stage.deployment.unit(stage.deployment.snapshot.processes["cinder-volume"])
    (node,) = (node for node in stage.judge.controllers if node.run(f"systemctl is-active {unit}").returncode == 0)
    return node


def _until(holds: Callable[[], bool], seconds: float) -> None:
    wait_until(holds, seconds, "what the procedure waits for", pause=5)
