"""What needs a person: the published procedures are followed word for word, and nothing is lost."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

import pytest

from tests.lab.experiments import Experiment, any_controller, holder
from tests.lab.faults import Fault, nothing
from tests.lab.node import Node
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


def test_the_published_procedure_brings_the_cloud_back_after_a_power_cut(stage: Stage) -> None:
    """All nodes lose their power at once; step by step everything is back, and nothing confirmed is lost."""
    experiment = Experiment(
        id="power-loss",
        title="All nodes lose their power at once",
        fault=Fault("the power of every node is cut at the same time, and comes back on all of them", nothing, nothing),
        on=holder,
        lasts=0,
        processes=("mariadb", "rabbitmq", "redis", "redis-sentinel", "ovn-nb-database", "ovn-sb-database"),
        limitations=("clusters-after-a-full-power-cut", "monitoring-and-recovery-from-outside"),
    )
    gate = stage.gate()
    at, since = stage.recorder.since_begin(), time.monotonic()
    stage.lab.power_off()
    time.sleep(5)
    stage.lab.power_on()
    book = open_runbook(stage.deployment, "full-power-on-order")
    assert [step.title for step in book.instructions] == list(POWER_ON)
    for step in book.instructions:
        names = step.nodes[:1] if step.on == "any" else step.nodes
        follow(stage, book, step.title, [stage.lab.nodes[name] for name in names])
    repetition = stage.heal("all nodes", gate, at, since)
    stage.recorder.add(experiment, "bundle", repetition, procedures=("full-power-on-order",))
    assert is_well(repetition), told(repetition)


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
