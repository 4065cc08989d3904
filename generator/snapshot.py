"""What holds at one release: the catalog's facts with no windows left."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from functools import cached_property

from generator.model import (
    Correction,
    Dependency,
    Limitation,
    Platform,
    Port,
    Procedure,
    Process,
    Release,
    Role,
    Scalar,
    Secret,
    Step,
    Strategy,
    Where,
)


@dataclass(frozen=True, kw_only=True)
class Value:
    """One value of a setting in this release."""

    value: Scalar | tuple[Scalar, ...]
    on: Where
    roles: tuple[str, ...]
    why: str
    source: str


@dataclass(frozen=True, kw_only=True)
class File:
    """A configuration file in this release: `sections` maps section and key to values; "" is the nameless section."""

    path: str
    processes: tuple[str, ...]
    summary: str
    platforms: tuple[str, ...]
    owner: str
    mode: str
    format: str
    template: str
    sections: dict[str, dict[str, tuple[Value, ...]]]


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
class Snapshot:
    """Everything about one release. Services stand in the order of the strategy table."""

    release: Release
    previous: Release | None
    platforms: tuple[Platform, ...]
    strategies: tuple[Strategy, ...]
    roles: tuple[Role, ...]
    secrets: tuple[Secret, ...]
    services: tuple[ServiceState, ...]
    install_order: tuple[str, ...]
    limitations: tuple[LimitationState, ...]
    procedures: tuple[ProcedureState, ...]
    corrections: tuple[Correction, ...]

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

    def limited_to(self, services: Collection[str]) -> Snapshot:
        """The same release with some of its services only, and what is left of limitations and procedures then."""
        if set(services) >= {service.id for service in self.services}:
            return self
        left = replace(
            self,
            services=tuple(service for service in self.services if service.id in services),
            install_order=tuple(name for name in self.install_order if name in services),
        )
        limitations = (
            replace(item, processes=tuple(name for name in item.processes if name in left.processes))
            for item in self.limitations
        )
        procedures = (_limited(state, left.processes) for state in self.procedures)
        return replace(
            left,
            limitations=tuple(item for item in limitations if item.processes or not item.limitation.processes),
            procedures=tuple(state for state in procedures if state.procedure.processes),
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


def _limited(state: ProcedureState, processes: Collection[str]) -> ProcedureState:
    """A procedure for a cloud that has these processes only."""
    procedure = state.procedure
    kept = replace(
        procedure,
        processes=tuple(name for name in procedure.processes if name in processes),
        steps=tuple(step for step in procedure.steps if step.process in processes),
    )
    return replace(state, procedure=kept)
