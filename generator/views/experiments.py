"""Experiments of the lab as pages show them: what was broken, what clients saw, and whether all was well again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from generator.model import Experiment, Repetition, Run
from generator.model.evidence import Check

GUIDE = "original-guide"
"""The configuration of experiments with the settings of the original guide; they prove nothing of ours."""


@dataclass(frozen=True, kw_only=True)
class Measured:
    """Something that was measured in each valid repetition: the worst of it, and every one, in words."""

    what: str
    worst: float
    shown: str
    each: str
    late: bool = False
    """Whether the client was late itself by as much: the machine had no time for it."""


@dataclass(frozen=True, kw_only=True)
class Shown:
    """An experiment in words."""

    id: str
    anchor: str
    """Place on the page of the runs."""
    title: str
    how: str
    valid: int
    total: int
    outages: tuple[Measured, ...]
    """Of the clients that had one, the longest first."""
    unharmed: tuple[str, ...]
    """The clients that saw no request fail."""
    healed: Measured | None
    times: tuple[Measured, ...]
    breaches: tuple[str, ...]
    """What did not hold afterwards in a valid repetition."""
    invariants: int
    """How much had to hold afterwards."""
    remarks: tuple[str, ...]
    procedures: tuple[str, ...]
    """The procedures by which somebody brought the site back."""

    @property
    def worst(self) -> float | None:
        """Seconds of the longest outage that a client saw; None when no client looked."""
        if self.outages:
            return self.outages[0].worst
        return 0.0 if self.unharmed else None


def show(run: Run, experiment: Experiment) -> Shown:
    """An experiment of a run in words; only valid repetitions count."""
    valid = [item for item in experiment.repetitions if item.valid]
    outages = _outages(valid)
    healed = [item.healed for item in valid if item.healed is not None]
    return Shown(
        id=experiment.id,
        anchor=anchor(run, experiment),
        title=experiment.title,
        how=experiment.how,
        valid=len(valid),
        total=len(experiment.repetitions),
        outages=tuple(sorted((item for item in outages if item.worst), key=lambda item: (-item.worst, item.what))),
        unharmed=tuple(item.what for item in outages if not item.worst),
        healed=measured("whole again", healed) if healed else None,
        times=_times(valid),
        breaches=_breaches(valid),
        invariants=max((len(item.invariants) for item in valid), default=0),
        procedures=experiment.procedures,
        remarks=tuple(dict.fromkeys(item.remark for item in experiment.repetitions if item.remark)),
    )


def in_words(check: Check) -> str:
    """What had to hold, and what was found in its place."""
    return f"{check.what.rstrip('.')}: {check.found}" if check.found else check.what.rstrip(".")


def moment(run: Run) -> str:
    """When a run began, for people."""
    day, _, time = run.begun.partition("T")
    return f"{day} {time[:5]} UTC"


def anchor(run: Run, experiment: Experiment) -> str:
    """Where the page of the runs has an experiment."""
    ending = "-guide" if experiment.configuration == GUIDE else ""
    return f"{run.name}-{experiment.id}{ending}"


def measured(what: str, values: Iterable[float], *, late: bool = False) -> Measured:
    """Several measurements of one thing, in seconds; there is at least one."""
    numbers = tuple(values)
    worst = max(numbers)
    return Measured(
        what=what, worst=worst, shown=f"{seconds(worst)} s", each=", ".join(map(seconds, numbers)), late=late
    )


def seconds(value: float) -> str:
    """A number of seconds with as many digits as mean something."""
    if value == 0:
        return "0"
    return f"{value:.2f}" if value < 10 else f"{value:.1f}" if value < 100 else f"{value:.0f}"


def _outages(valid: list[Repetition]) -> list[Measured]:
    """The longest outage of each client in each repetition, in the order in which the clients come."""
    found: dict[str, list[float]] = {}
    late: set[str] = set()
    for repetition in valid:
        for seen in repetition.seen:
            longest = max(seen.outages, default=0.0)
            found.setdefault(seen.client, []).append(longest)
            if longest and seen.stall >= longest:
                late.add(seen.client)
    return [measured(client, values, late=client in late) for client, values in found.items()]


def _times(valid: list[Repetition]) -> tuple[Measured, ...]:
    found: dict[str, list[float]] = {}
    for repetition in valid:
        for what, value in (repetition.times or {}).items():
            found.setdefault(what, []).append(value)
    return tuple(measured(what, values) for what, values in found.items())


def _breaches(valid: list[Repetition]) -> tuple[str, ...]:
    """What did not hold in the end, each once; a site that did not become whole is one of them."""
    found = [in_words(check) for item in valid for check in item.invariants if not check.held]
    lost = ["Not everything became whole again"] if any(item.healed is None for item in valid) else []
    return tuple(dict.fromkeys([*lost, *found]))
