"""Take one release out of the catalog."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TypeVar

from generator.catalog import Catalog
from generator.model import (
    Correction,
    Limitation,
    Platform,
    Procedure,
    Process,
    Release,
    Role,
    Service,
    Strategy,
    UpgradeNote,
)
from generator.releases import Timeline
from generator.resolve_files import files_of, when_in
from generator.snapshot import LimitationState, ProcedureState, ServiceState, Snapshot, UpgradeState

W = TypeVar("W", Strategy, Role, Service, Limitation, Procedure)


def resolve(catalog: Catalog, release_id: str) -> Snapshot:
    """The snapshot of a published release. Raises KeyError when there is none of that id."""
    published = {release.id: release for release in catalog.published}
    release = published[release_id]
    platforms = {item.id: item for item in catalog.platforms}
    return resolve_on(catalog, release_id, tuple(platforms[name] for name in release.platforms))


def resolve_starts(catalog: Catalog, snapshot: Snapshot) -> tuple[Snapshot, ...]:
    """The releases from which one may upgrade to a release; one that is not published is shown on its platforms."""
    platforms = {item.id: item for item in catalog.platforms}
    return tuple(
        resolve_on(catalog, item.id, tuple(platforms[name] for name in item.platforms) or snapshot.platforms)
        for item in (snapshot.upgrade.starts if snapshot.upgrade else ())
    )


def resolve_on(catalog: Catalog, release_id: str, platforms: tuple[Platform, ...]) -> Snapshot:
    """The snapshot of any release, as it is on these platforms. Raises KeyError for an unknown id.

    It serves to compare with a release that is not published: of that the data has no files.
    """
    release = {item.id: item for item in catalog.releases}[release_id]
    timeline = catalog.timeline
    alive = {
        process.id
        for service in timeline.at(catalog.services.values(), release_id)
        for process in timeline.at(service.processes, release_id)
    }
    services = _services(catalog, release_id, alive)
    return Snapshot(
        release=release,
        previous=_previous(catalog, release),
        platforms=platforms,
        strategies=tuple(worded(item, release_id, timeline) for item in catalog.strategies),
        roles=tuple(worded(item, release_id, timeline) for item in catalog.roles),
        options=timeline.at(catalog.options, release_id),
        secrets=catalog.secrets,
        services=services,
        install_order=tuple(name for name in catalog.orders.install if name in {service.id for service in services}),
        limitations=_limitations(catalog, release_id, alive),
        procedures=_procedures(catalog, release_id, alive),
        corrections=_corrections(catalog, release, alive, {service.id for service in services}),
        upgrade=_upgrade(catalog, release, alive),
        successors=tuple(
            item
            for item in catalog.published
            if item.id in catalog.upgrades and release in starts_of(catalog.releases, item)
        ),
        runs=tuple(run for run in catalog.runs if run.release == release_id),
        last_proved=catalog.last_proved,
    )


def worded(item: W, release: str, timeline: Timeline) -> W:
    """The same with the texts that a release is told."""
    for wording in timeline.at(item.wordings, release):
        names = {field.name for field in fields(wording)} - {"since", "removed"}
        given = {name: value for name in names if (value := getattr(wording, name)) is not None}
        item = replace(item, **given)
    return replace(item, wordings=())


def _previous(catalog: Catalog, release: Release) -> Release | None:
    earlier = [item for item in catalog.published if catalog.timeline.before(item.id, release.id)]
    return earlier[-1] if earlier else None


def _services(catalog: Catalog, release: str, alive: set[str]) -> tuple[ServiceState, ...]:
    named = [(name, catalog.services[name]) for name in catalog.orders.strategy_table]
    states = [
        _service(name, worded(service, release, catalog.timeline), catalog, release, alive)
        for name, service in named
        if catalog.timeline.covers(service, release)
    ]
    return tuple(state for state in states if state.processes)


def _service(name: str, service: Service, catalog: Catalog, release: str, alive: set[str]) -> ServiceState:
    timeline = catalog.timeline
    processes = tuple(
        _offered(process_at(process, release, timeline), catalog, release)
        for process in timeline.at(service.processes, release)
    )
    return ServiceState(
        id=name,
        name=service.name,
        summary=service.summary,
        kind=service.kind,
        icon=service.icon,
        depends=timeline.at(service.depends, release),
        processes=processes,
        packages=service.packages,
        files=tuple(files_of(service, alive, catalog, release)),
        steps=tuple(
            replace(step, when=when_in(step.when, catalog, release))
            for step in timeline.at(service.steps, release)
            if step.process in alive
        ),
        arrival=service.arrival,
        removal=service.removal,
    )


def _offered(process: Process, catalog: Catalog, release: str) -> Process:
    """The process with the conditions that are left in a release, and without the packages of other ones."""
    extras = (replace(item, when=when_in(item.when, catalog, release)) for item in process.extras)
    health = tuple(replace(item, when=when_in(item.when, catalog, release)) for item in process.health)
    when = when_in(process.when, catalog, release)
    return replace(process, when=when, health=health, extras=tuple(item for item in extras if item.when))


def process_at(process: Process, release: str, timeline: Timeline) -> Process:
    """The process as it is at a release of its lifetime: its changes applied, its parts without windows left over."""
    for change in process.changes:
        if not timeline.before(release, change.since):
            process = replace(process, **change.set.values())  # type: ignore[arg-type]  # the patch has the fields' own types
    return replace(
        process,
        ports=timeline.at(process.ports, release),
        workers=timeline.at(process.workers, release),
        health=timeline.at(process.health, release),
        notes=timeline.at(process.notes, release),
    )


def _limitations(catalog: Catalog, release: str, alive: set[str]) -> tuple[LimitationState, ...]:
    """Those in force: a limitation whose processes are all gone is gone with them."""
    states = []
    for name, limitation in catalog.limitations.items():
        processes = tuple(process for process in limitation.processes if process in alive)
        gone = limitation.processes and not processes
        if catalog.timeline.covers(limitation, release) and not gone:
            states.append(
                LimitationState(id=name, limitation=_cut(limitation, catalog.timeline, release), processes=processes)
            )
    return tuple(sorted(states, key=lambda state: state.limitation.title))


def _procedures(catalog: Catalog, release: str, alive: set[str]) -> tuple[ProcedureState, ...]:
    """Those in force, in the order of their titles; steps on processes that are gone are gone with them."""
    timeline = catalog.timeline
    states = []
    for name, procedure in catalog.procedures.items():
        if timeline.covers(procedure, release) and set(procedure.processes) & alive:
            steps = tuple(step for step in timeline.at(procedure.steps, release) if step.process in alive)
            references = timeline.at(procedure.references, release)
            processes = tuple(process for process in procedure.processes if process in alive)
            told = worded(procedure, release, timeline)
            cut = replace(told, steps=steps, references=references, processes=processes)
            states.append(ProcedureState(id=name, procedure=cut))
    return tuple(sorted(states, key=lambda state: state.procedure.title))


def _cut(limitation: Limitation, timeline: Timeline, release: str) -> Limitation:
    return replace(
        worded(limitation, release, timeline),
        remarks=timeline.at(limitation.remarks, release),
        references=timeline.at(limitation.references, release),
    )


def _corrections(catalog: Catalog, release: Release, alive: set[str], services: set[str]) -> tuple[Correction, ...]:
    """Those to the guide's text for this release, by number; none when the guide has no such text."""
    if not release.guide:
        return ()
    every = [item for file in catalog.corrections.values() for item in file.corrections]
    held = catalog.timeline.at(every, release.id)
    cut = [
        replace(
            item,
            processes=tuple(name for name in item.processes if name in alive),
            services=tuple(name for name in item.services if name in services),
        )
        for item in held
    ]
    return tuple(sorted(cut, key=lambda item: item.id))


def starts_of(releases: tuple[Release, ...], release: Release) -> tuple[Release, ...]:
    """The releases from which an upgrade is supported: the one before, and between SLURP releases the one before that.

    https://governance.openstack.org/tc/resolutions/20220210-release-cadence-adjustment.html
    """
    earlier = releases[: releases.index(release)]
    slurps = [item for item in earlier if item.slurp][-1:] if release.slurp else []
    return (*earlier[-1:], *(item for item in slurps if item not in earlier[-1:]))


def _upgrade(catalog: Catalog, release: Release, alive: set[str]) -> UpgradeState | None:
    """What is known of the upgrade to a release: its own notes, and those of the releases that it may skip."""
    if release.id not in catalog.upgrades:
        return None
    timeline = catalog.timeline
    starts = starts_of(catalog.releases, release)
    passed = [item.id for item in catalog.releases if starts and timeline.before(starts[-1].id, item.id)]
    named = [name for name in passed if name in catalog.upgrades and not timeline.before(release.id, name)]
    order = {stage.id: number for number, stage in enumerate(catalog.stages)}

    def place(note: UpgradeNote) -> int:
        return order[note.stage]

    return UpgradeState(
        summary=catalog.upgrades[release.id].summary,
        starts=starts,
        names={item.id: item.name for item in catalog.releases},
        notes=tuple(sorted((note for name in named for note in catalog.upgrades[name].notes), key=place)),
        stages=tuple(
            replace(stage, steps=tuple(step for step in timeline.at(stage.steps, release.id) if step.process in alive))
            for stage in catalog.stages
        ),
    )
