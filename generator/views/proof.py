"""What the accepted runs of the lab prove: of each process, limitation and procedure of a release."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import cached_property

from generator import fingerprint
from generator.deploy import for_platform
from generator.model import Experiment, Run
from generator.snapshot import LimitationState, ProcedureState, Snapshot
from generator.views import strategies
from generator.views.experiments import GUIDE, Shown, moment, show

LABELS = {
    "proved": "proved",
    "stale": "data changed since",
    "failed": "did not hold",
    "unproved": "not yet proved",
    "impossible": "cannot be proved here",
}
"""What is known of a claim, in short."""


@dataclass(frozen=True, kw_only=True)
class Claim:
    """What is known of one claim: by which experiments of which run, or why there are none."""

    status: str
    """A key of `LABELS`."""
    run: Run | None = None
    experiments: tuple[Shown, ...] = ()
    versions: tuple[str, ...] = ()
    """Packages that it is about with their versions, as in `haproxy 3.0.11`."""
    reason: str = ""
    """Why it cannot be proved on one machine."""
    general: bool = False
    """Whether that holds for the whole release, whose page says it."""

    @property
    def label(self) -> str:
        """The status in short."""
        return LABELS[self.status]

    @property
    def when(self) -> str:
        """When the run began, or nothing when there is none."""
        return moment(self.run) if self.run else ""

    @property
    def decisive(self) -> tuple[Shown, ...]:
        """The experiments after which nobody had to do anything, or else all: a row says how much clients see alone."""
        return tuple(item for item in self.experiments if not item.procedures) or self.experiments

    @property
    def worst(self) -> float | None:
        """Seconds of the longest outage that a client saw; None when no client looked."""
        return max((item.worst for item in self.decisive if item.worst is not None), default=None)

    @property
    def worst_shown(self) -> str:
        """The longest outage in words, or nothing when no client looked."""
        longest = [item.outages[0] for item in self.decisive if item.outages]
        if longest:
            return max(longest, key=lambda item: item.worst).shown
        return "" if self.worst is None else "none"

    @property
    def anchor(self) -> str:
        """The experiment on the page of the runs that cost clients most."""
        return max(self.decisive, key=lambda item: item.worst or 0.0).anchor if self.experiments else ""

    def as_json(self) -> dict[str, object]:
        """The claim for programs, without what it does not have."""
        facts = {
            "status": self.status,
            "run": self.run.name if self.run else "",
            "experiments": [item.id for item in self.experiments],
            "worst_outage": self.worst,
            "reason": self.reason,
        }
        return {key: value for key, value in facts.items() if value not in ("", [], None)}


@dataclass(frozen=True)
class Proofs:
    """The claims of a release; `snapshot` is the whole release, with every choice of its options."""

    snapshot: Snapshot

    @cached_property
    def _digests(self) -> dict[tuple[str, str], str]:
        """The digest today of each service on each platform, as far as somebody asked."""
        return {}

    @cached_property
    def processes(self) -> dict[str, Claim]:
        """What is known of each row of the strategy table."""
        return {
            name: self._claim(
                lambda item, name=name: name in item.processes,  # type: ignore[misc]  # mypy sees no default of a lambda
                process.not_proved,
                lambda _, name=name: (name,),  # type: ignore[misc]  # as above
            )
            for name, process in self.snapshot.processes.items()
        }

    def limitation(self, state: LimitationState) -> Claim:
        """What is known of a limitation."""
        return self._claim(lambda item: state.id in item.limitations, state.limitation.not_proved, _broken_by)

    def procedure(self, state: ProcedureState) -> Claim:
        """What is known of a procedure; its evidence is older also when its commands are others now."""
        claim = self._claim(lambda item: state.id in item.procedures, state.procedure.not_proved, _broken_by)
        if claim.run and claim.run.procedures.get(state.id) != fingerprint.of_procedure(self.snapshot, state.id):
            return replace(claim, status="stale")
        return claim

    def of_service(self, service: str) -> dict[str, object]:
        """The names that the page of a service uses: what is proved by run, what not yet, and what cannot be."""
        claims = {name: claim for name, claim in self.processes.items() if self.snapshot.service_of[name] == service}
        names = {row.id: f"`{row.process}`" for row in strategies.rows(self.snapshot)}
        reasons: dict[str, list[str]] = {}
        for name, claim in claims.items():
            if claim.reason:
                reasons.setdefault(claim.reason, []).append(names[name])
        return {
            "proved": _by_run([claim for claim in claims.values() if claim.run]),
            "unproved": [names[name] for name, claim in claims.items() if claim.status == "unproved"],
            "impossible": [(listed, reason) for reason, listed in reasons.items()],
        }

    def _claim(
        self,
        concerns: Callable[[Experiment], bool],
        reason: str,
        about: Callable[[list[Experiment]], Iterable[str]],
    ) -> Claim:
        """The claim that experiments concern; `about` gives the processes whose data must not have changed since."""
        for run in self.snapshot.runs:
            found = [item for item in run.experiments if item.configuration != GUIDE and concerns(item)]
            valid = [item for item in found if any(repetition.valid for repetition in item.repetitions)]
            if valid:
                return self._proved(run, valid, [name for name in about(valid) if name in self.snapshot.processes])
        general = self.snapshot.release.not_proved
        status = "impossible" if general or reason else "unproved"
        return Claim(status=status, reason=general or reason, general=bool(general))

    def _proved(self, run: Run, experiments: list[Experiment], processes: list[str]) -> Claim:
        """A claim for which there are valid repetitions."""
        decisive = [item for item in experiments if not item.procedures] or experiments
        held = all(item.held for experiment in decisive for item in experiment.repetitions if item.valid)
        stale = any(self._has_changed(run, name) for name in {self.snapshot.service_of[name] for name in processes})
        return Claim(
            status="stale" if stale else "proved" if held else "failed",
            run=run,
            experiments=tuple(show(run, experiment) for experiment in experiments),
            versions=versions(self.snapshot, run, processes),
        )

    def _has_changed(self, run: Run, service: str) -> bool:
        """Whether the data says something else of a service than when the run was made."""
        key = (run.platform, service)
        if key not in self._digests:
            self._digests[key] = fingerprint.of_service(self.snapshot, *key)
        return run.services.get(service) != self._digests[key]


def _broken_by(experiments: list[Experiment]) -> tuple[str, ...]:
    """The processes that experiments broke, each once."""
    return tuple(dict.fromkeys(name for item in experiments for name in item.processes))


def _by_run(claims: list[Claim]) -> list[Claim]:
    """The claims of one service made into one for each run, the newest first."""
    runs = {claim.run.begun: claim for claim in claims if claim.run}
    merged = []
    for begun in sorted(runs, reverse=True):
        group = [claim for claim in claims if claim.run and claim.run.begun == begun]
        shown = {item.anchor: item for claim in group for item in claim.experiments}
        merged.append(
            replace(
                group[0],
                experiments=tuple(shown.values()),
                versions=tuple(sorted({text for claim in group for text in claim.versions})),
            )
        )
    return merged


def versions(snapshot: Snapshot, run: Run, processes: Iterable[str]) -> tuple[str, ...]:
    """The packages of processes with the versions that a run had of them, by name."""
    platform = {item.id: item for item in snapshot.platforms}[run.platform]
    packages = {name for item in processes for name in for_platform(snapshot.processes[item].packages, platform)}
    return tuple(f"{name} {run.versions[name]}" for name in sorted(packages) if name in run.versions)
