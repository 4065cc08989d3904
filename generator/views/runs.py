"""The page of a release's runs: what was broken, what the corrections are worth, and what each run was made with."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from generator.model import Experiment, Run
from generator.snapshot import Snapshot
from generator.views.experiments import GUIDE, Shown, in_words, moment, show
from generator.views.proof import LABELS, Claim, Proofs

MEANINGS = {
    "proved": "A run broke it, and everything that had to hold afterwards did.",
    "stale": "A run broke it, but its files, steps, ports or checks are not those of that run.",
    "failed": "A run broke it, and something that had to hold afterwards did not.",
    "unproved": "No accepted run has broken it.",
    "impossible": "A reason is given in its place.",
}
"""What each status says of a row of the strategy table."""


@dataclass(frozen=True, kw_only=True)
class Compared:
    """One fault with our settings and with those of the original guide, in the same run."""

    ours: Shown
    guide: Shown


@dataclass(frozen=True, kw_only=True)
class Void:
    """A repetition that counts for nothing, and why."""

    title: str
    number: int
    target: str
    causes: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Report:
    """A run as the page shows it."""

    run: Run
    when: str
    took: str
    experiments: tuple[Shown, ...]
    compared: tuple[Compared, ...]
    voids: tuple[Void, ...]
    steps: tuple[tuple[str, str], ...]


def values(snapshot: Snapshot, proofs: Proofs) -> dict[str, object]:
    """The names that the template of the page uses; `snapshot` is the whole release."""
    reports = [report(run) for run in snapshot.runs]
    return {
        "title": "Proof",
        "description": f"What happened when nodes of {snapshot.release.name} lost what they need.",
        "last_proved": snapshot.last_proved,
        "not_proved": snapshot.release.not_proved,
        "counts": counts(proofs.processes.values()),
        "reports": reports,
        "compared": next((item for item in reports if item.compared), None),
    }


def report(run: Run) -> Report:
    """A run in words."""
    pairs = {(item.id, item.configuration): show(run, item) for item in run.experiments}
    ours = {name: shown for (name, configuration), shown in pairs.items() if configuration != GUIDE}
    return Report(
        run=run,
        when=moment(run),
        took=minutes(run.took),
        experiments=tuple(ours.values()),
        compared=tuple(
            Compared(ours=ours[name], guide=shown)
            for (name, configuration), shown in pairs.items()
            if configuration == GUIDE and name in ours
        ),
        voids=tuple(void for item in run.experiments for void in _voids(item)),
        steps=tuple((script, f"{time:.0f} s") for script, time in run.steps.items()),
    )


def counts(claims: Iterable[Claim]) -> list[tuple[str, str, int]]:
    """Each status that rows of the strategy table have, what it means, and how many have it."""
    found = [claim.status for claim in claims]
    return [(LABELS[status], meaning, found.count(status)) for status, meaning in MEANINGS.items() if status in found]


def minutes(time: float) -> str:
    """A length of time in hours and minutes."""
    hours, rest = divmod(round(time / 60), 60)
    return f"{hours} h {rest} min" if hours else f"{rest} min"


def _voids(experiment: Experiment) -> list[Void]:
    ending = " (settings of the original guide)" if experiment.configuration == GUIDE else ""
    return [
        Void(
            title=f"{experiment.title}{ending}",
            number=number,
            target=item.target,
            causes=tuple(in_words(check) for check in item.gate if not check.held),
        )
        for number, item in enumerate(experiment.repetitions, start=1)
        if not item.valid
    ]
