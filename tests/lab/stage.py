"""A control plane with clients that use it: where experiments are carried out."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from generator.deploy import Deployment
from generator.model.evidence import Check, Repetition, Seen
from tests.lab.clients import Clients
from tests.lab.experiments import Experiment
from tests.lab.judge import Judge
from tests.lab.lab import Lab
from tests.lab.node import Node
from tests.lab.recorder import Recorder

LOG = logging.getLogger("lab")

GATE = 120
"""Seconds that the site gets to be whole before a repetition; else the repetition is invalid."""

HEAL = 240
"""Seconds that the site gets to be whole again."""

FRESH = 3.0
"""Seconds for which what was found after a heal holds as the gate of what comes next."""

BEFORE = 2.0
"""Seconds without a failed request that the clients must have had before a fault."""

AFTER = 1.0
"""Seconds that clients go on after the heal, for an outage that comes late."""


@dataclass
class Stage:
    """The lab, who uses it, who judges it and who writes down what happened."""

    lab: Lab
    deployment: Deployment
    judge: Judge
    clients: Clients
    recorder: Recorder
    plan: dict[str, Experiment]
    """What can be broken, by id."""
    _found: tuple[Check, ...] = ()
    """What was found last, and when."""
    _at: float = float("-inf")

    def repeat(
        self, experiment: Experiment, times: int, configuration: str = "bundle", remark: str = ""
    ) -> list[Repetition]:
        """Carry out an experiment several times; what came of each."""
        return [self.once(experiment, number, configuration, remark) for number in range(times)]

    def once(self, experiment: Experiment, number: int, configuration: str = "bundle", remark: str = "") -> Repetition:
        """Carry out an experiment once, through gate, fault, heal and what has to hold after it."""
        gate = self.gate()
        if not all(check.held for check in gate):
            repetition = Repetition(at=self.recorder.since_begin(), target="", gate=gate)
        else:
            target = experiment.on(self.judge, number)
            at, since = self.recorder.since_begin(), time.monotonic()
            _break(experiment, target)
            repetition = self.heal(target.name, gate, at, since, remark)
            if "redis" in experiment.processes:
                repetition = replace(repetition, remark=self.forgotten(since) or repetition.remark)
        self.recorder.add(experiment, configuration, repetition)
        LOG.info("%s on %s: %s", experiment.id, repetition.target or "no node", told(repetition))
        return repetition

    def gate(self) -> tuple[Check, ...]:
        """What holds before a fault: the site is whole, and its clients are content.

        A site that was not whole at the last gate gets no more patience, or a run would take hours.
        """
        if time.monotonic() - self._at > FRESH or not all(check.held for check in self._found):
            patience = GATE if all(check.held for check in self._found) else GATE / 10
            _, found = self.judge.wait_until_whole(patience, steady=0.5)
            self._found = (*found, self.content(patience))
            self._at = time.monotonic()
        return self._found

    def content(self, patience: float = GATE) -> Check:
        """Every client had nothing but good answers lately, or comes to it in time."""
        limit = time.monotonic() + patience
        while (failing := self.clients.unwell(BEFORE)) and time.monotonic() < limit:
            time.sleep(0.5)
        found = "; ".join(f"{name}: {wrong}" for name, wrong in failing.items())
        what = f"Every client had nothing but good answers for {BEFORE:g} seconds."
        return Check(what=what, held=not failing, found=found or f"{len(self.clients.each)} clients")

    def heal(self, target: str, gate: tuple[Check, ...], at: float, since: float, remark: str = "") -> Repetition:
        """Wait until the site is whole again, and gather what the clients saw `since` that moment."""
        healed, found = self.judge.wait_until_whole(HEAL, steady=1)
        time.sleep(AFTER)
        self._found = (*found, self.content())
        now = self._at = time.monotonic()
        return Repetition(
            at=at,
            target=target,
            gate=gate,
            seen=self.clients.seen(since - BEFORE, now),
            healed=healed,
            invariants=(*self._found, *self.kept(since - BEFORE, now)),
            remark=remark,
        )

    def forgotten(self, since: float) -> str:
        """What Valkey had confirmed since a moment and does not have any more, in a sentence; nothing for nothing.

        It replicates after it has confirmed, so this is no loss that the architecture promises to prevent.
        """
        lost = len(self.clients.lost_keys(since, time.monotonic()))
        return f"{lost} writes that Valkey had confirmed are gone." if lost else ""

    def kept(self, begin: float, end: float) -> tuple[Check, ...]:
        """What was confirmed in a period is there: rows on every node, and messages."""
        rows = {name: missing for name, missing in self.clients.lost_rows(begin, end).items() if missing}
        messages = self.clients.lost_messages(begin, end)
        numbers = {name: len(self.clients.confirmed(name, begin, end)) for name in ("database", "queue")}
        return (
            Check(
                what="Every confirmed row is on every node.",
                held=not rows,
                found=f"{rows} of {numbers['database']} missing" if rows else f"{numbers['database']} rows",
            ),
            Check(
                what="Every confirmed message came out of the queue.",
                held=not messages,
                found=f"{messages} of {numbers['queue']} missing" if messages else f"{numbers['queue']} messages",
            ),
        )


def _break(experiment: Experiment, target: Node) -> None:
    """Make the fault, wait as long as it lasts, and end it, also when somebody interrupts the run."""
    end: Callable[[Node], None] = experiment.fault.end
    try:
        experiment.fault.begin(target)
        time.sleep(experiment.lasts)
    finally:
        end(target)


def is_well(repetition: Repetition) -> bool:
    """Whether a repetition counts, and everything that had to hold after it did."""
    return repetition.valid and repetition.held


def told(repetition: Repetition) -> str:
    """A repetition in one line."""
    if not repetition.valid:
        return "INVALID: " + "; ".join(f"{check.what} {check.found}" for check in repetition.gate if not check.held)
    seen = ", ".join(map(_seen, (item for item in repetition.seen if item.failed))) or "no client saw anything"
    lost = "; ".join(f"{check.what} {check.found}" for check in repetition.invariants if not check.held)
    return f"{seen}; whole after {repetition.healed} s{f'; NOT HELD: {lost}' if lost else ''}"


def _seen(item: Seen) -> str:
    return f"{item.client} {item.failed}/{item.requests} {'+'.join(f'{seconds:.2f}' for seconds in item.outages)} s"
