"""What holds at one release: the catalog's facts with no windows left."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from generator.model import (
    Correction,
    Dependency,
    Limitation,
    Option,
    Platform,
    Port,
    Procedure,
    ProcedureStep,
    Process,
    Reason,
    Release,
    Role,
    Run,
    Scalar,
    Secret,
    Stage,
    Step,
    Strategy,
    UpgradeNote,
    Where,
)
from generator.placeholders import names_in


@dataclass(frozen=True, kw_only=True)
class Value:
    """One value of a setting in this release."""

    value: Scalar | tuple[Scalar, ...]
    on: Where
    roles: tuple[str, ...]
    platforms: tuple[str, ...]
    when: dict[str, str]
    why: str
    source: str


@dataclass(frozen=True, kw_only=True)
class File:
    """A configuration file in this release: `sections` maps section and key to values; "" is the nameless section."""

    path: str
    processes: tuple[str, ...]
    summary: str
    platforms: tuple[str, ...]
    when: dict[str, str]
    owner: str
    mode: str
    format: str
    template: str
    sections: dict[str, dict[str, tuple[Value, ...]]]

    @property
    def template_name(self) -> str:
        """The template that writes it, below generator/templates."""
        return f"config/{self.template}" if self.template else f"config/formats/{self.format}"


@dataclass(frozen=True, kw_only=True)
class ServiceState:
    """A service in this release."""

    id: str
    name: str
    summary: str
    kind: str
    icon: str
    depends: tuple[Dependency, ...]
    processes: tuple[Process, ...]
    packages: dict[str, tuple[str, ...]]
    files: tuple[File, ...]
    steps: tuple[Step, ...]
    arrival: Reason | None
    """Why it came, when it did not always exist."""
    removal: Reason | None
    """Why it goes with a later release."""

    @property
    def installed(self) -> bool:
        """Whether bundles bring its files or steps."""
        return bool(self.files or self.steps)


@dataclass(frozen=True, kw_only=True)
class LimitationState:
    """A limitation with its id, its remarks and references cut down to this release."""

    id: str
    limitation: Limitation
    processes: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class ProcedureState:
    """A procedure with its id, its steps and references cut down to this release."""

    id: str
    procedure: Procedure


@dataclass(frozen=True, kw_only=True)
class UpgradeState:
    """The upgrade to this release: from where it is supported, what breaks on the way, and the order of the work.

    `starts` are the release before and, for a SLURP release, the SLURP release before. `notes` stand in the
    order of the work; those older than every start are for whoever comes from further back. `names` has the
    name of every release by id.
    """

    summary: str
    starts: tuple[Release, ...]
    names: dict[str, str]
    notes: tuple[UpgradeNote, ...]
    stages: tuple[Stage, ...]


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """Everything about one release. Services stand in the order of the strategy table.

    `successors` are the published releases to which one may upgrade from this one, the nearest first. `runs` are
    the accepted runs of the lab with this release, the newest first; `last_proved` is the release of the newest
    run of all.
    """

    release: Release
    previous: Release | None
    platforms: tuple[Platform, ...]
    strategies: tuple[Strategy, ...]
    roles: tuple[Role, ...]
    options: tuple[Option, ...]
    secrets: tuple[Secret, ...]
    services: tuple[ServiceState, ...]
    install_order: tuple[str, ...]
    limitations: tuple[LimitationState, ...]
    procedures: tuple[ProcedureState, ...]
    corrections: tuple[Correction, ...]
    upgrade: UpgradeState | None
    successors: tuple[Release, ...]
    runs: tuple[Run, ...] = ()
    last_proved: Release | None = None

    @cached_property
    def service_by_id(self) -> dict[str, ServiceState]:
        """Services by id."""
        return {service.id: service for service in self.services}

    @cached_property
    def processes(self) -> dict[str, Process]:
        """Processes of all services by id."""
        return {process.id: process for service in self.services for process in service.processes}

    @cached_property
    def service_of(self) -> dict[str, str]:
        """Service id by process id."""
        return {process.id: service.id for service in self.services for process in service.processes}

    @cached_property
    def ports(self) -> dict[str, tuple[Process, Port]]:
        """Ports by id, with the process that listens."""
        return {port.id: (process, port) for process in self.processes.values() for port in process.ports}

    def limited_to(self, services: Collection[str], chosen: Mapping[str, str]) -> Snapshot:
        """The same release with some of its services, and what there is with these choices of its options.

        `chosen` gives a choice for every option. Limitations and procedures lose what they name in vain.
        """
        cut = tuple(_chosen(service, chosen) for service in self.services if service.id in services)
        kept = tuple(service for service in cut if service.processes)
        order = tuple(name for name in self.install_order if name in {service.id for service in kept})
        left = replace(self, services=kept, install_order=order)
        limitations = (
            replace(item, processes=tuple(name for name in item.processes if name in left.processes))
            for item in self.limitations
        )
        gone = {*self.processes, *self.ports} - {*left.processes, *left.ports}
        procedures = (_limited(state, left.processes, gone) for state in self.procedures)
        return replace(
            left,
            limitations=tuple(item for item in limitations if item.processes or not item.limitation.processes),
            procedures=tuple(state for state in procedures if state.procedure.processes and state.procedure.steps),
            upgrade=self.upgrade and _upgrade_left(self.upgrade, left.processes, gone),
        )

    def in_install_order(self) -> tuple[ServiceState, ...]:
        """Services in the order in which an operator installs them."""
        return tuple(self.service_by_id[name] for name in self.install_order)

    def limitations_of(self, process: str) -> tuple[LimitationState, ...]:
        """The limitations that name a process."""
        return tuple(item for item in self.limitations if process in item.processes)

    def procedures_of(self, processes: Collection[str]) -> tuple[ProcedureState, ...]:
        """The procedures that bring one of the processes back."""
        return tuple(item for item in self.procedures if set(processes) & set(item.procedure.processes))

    def corrections_of(self, service: str) -> tuple[Correction, ...]:
        """The corrections that name a service."""
        return tuple(item for item in self.corrections if service in item.services)


def _holds(when: Mapping[str, str], chosen: Mapping[str, str]) -> bool:
    return all(chosen[option] == choice for option, choice in when.items())


def _chosen(service: ServiceState, chosen: Mapping[str, str]) -> ServiceState:
    """A service as it is with these choices."""
    processes = tuple(
        replace(
            process,
            health=tuple(item for item in process.health if _holds(item.when, chosen)),
            extras=tuple(item for item in process.extras if _holds(item.when, chosen)),
        )
        for process in service.processes
        if _holds(process.when, chosen)
    )
    alive = {process.id for process in processes}
    gone = {process.id for process in service.processes} - alive
    files = (replace(file, processes=tuple(name for name in file.processes if name in alive)) for file in service.files)
    return replace(
        service,
        processes=processes,
        files=tuple(_of_choice(file, chosen) for file in files if file.processes and _holds(file.when, chosen)),
        steps=tuple(step for step in service.steps if step.process not in gone and _holds(step.when, chosen)),
    )


def _of_choice(file: File, chosen: Mapping[str, str]) -> File:
    """A file with the values of these choices."""
    sections: dict[str, dict[str, tuple[Value, ...]]] = {}
    for section, settings in file.sections.items():
        for key, values in settings.items():
            kept = tuple(value for value in values if _holds(value.when, chosen))
            if kept:
                sections.setdefault(section, {})[key] = kept
    return replace(file, sections=sections)


def _limited(state: ProcedureState, processes: Collection[str], gone: Collection[str]) -> ProcedureState:
    """A procedure for a cloud that has these processes only, without what names a process or port that is gone."""

    def alive(text: str) -> bool:
        return _alive(gone, text)

    procedure = state.procedure
    kept = replace(
        procedure,
        when=tuple(sign for sign in procedure.when if alive(sign)),
        caution=procedure.caution if alive(procedure.caution) else "",
        processes=tuple(name for name in procedure.processes if name in processes),
        steps=_steps_left(procedure.steps, processes, gone),
    )
    return replace(state, procedure=kept)


def _alive(gone: Collection[str], *texts: str) -> bool:
    return not any(key in gone for text in texts for _, key in names_in(text))


def _steps_left(
    steps: tuple[ProcedureStep, ...], processes: Collection[str], gone: Collection[str]
) -> tuple[ProcedureStep, ...]:
    return tuple(
        replace(step, decide=tuple(item for item in step.decide if _alive(gone, item.when, item.then)))
        for step in steps
        if step.process in processes and _alive(gone, step.run, step.expect, step.why)
    )


def _upgrade_left(state: UpgradeState, processes: Collection[str], gone: Collection[str]) -> UpgradeState:
    """An upgrade of a cloud that has these processes only."""
    stages = (replace(stage, steps=_steps_left(stage.steps, processes, gone)) for stage in state.stages)
    return replace(state, stages=tuple(stages))
