"""Take one release out of the catalog."""

from __future__ import annotations

from dataclasses import replace

from generator.catalog import Catalog
from generator.model import ConfigFile, Correction, Limitation, Process, Release, Service, Setting, Variant
from generator.releases import Timeline
from generator.snapshot import File, LimitationState, ServiceState, Snapshot, Value


def resolve(catalog: Catalog, release_id: str) -> Snapshot:
    """The snapshot of a published release. Raises KeyError when there is none of that id."""
    published = {release.id: release for release in catalog.published}
    release = published[release_id]
    services = _services(catalog, release_id)
    alive = {process.id for service in services for process in service.processes}
    return Snapshot(
        release=release,
        previous=_previous(catalog.published, release),
        platforms=tuple(item for item in catalog.platforms if item.id in release.platforms),
        strategies=catalog.strategies,
        roles=catalog.roles,
        secrets=catalog.secrets,
        services=services,
        install_order=tuple(name for name in catalog.orders.install if name in {service.id for service in services}),
        limitations=_limitations(catalog, release_id, alive),
        corrections=_corrections(catalog, release, alive, {service.id for service in services}),
    )


def _previous(published: tuple[Release, ...], release: Release) -> Release | None:
    position = published.index(release)
    return published[position - 1] if position else None


def _services(catalog: Catalog, release: str) -> tuple[ServiceState, ...]:
    named = [(name, catalog.services[name]) for name in catalog.orders.strategy_table]
    states = [
        _service(name, service, catalog.timeline, release)
        for name, service in named
        if catalog.timeline.covers(service, release)
    ]
    return tuple(state for state in states if state.processes)


def _service(name: str, service: Service, timeline: Timeline, release: str) -> ServiceState:
    processes = tuple(process_at(process, release, timeline) for process in timeline.at(service.processes, release))
    alive = {process.id for process in processes}
    return ServiceState(
        id=name,
        name=service.name,
        summary=service.summary,
        kind=service.kind,
        icon=service.icon,
        depends=timeline.at(service.depends, release),
        processes=processes,
        files=tuple(
            _file(file, timeline, release) for file in timeline.at(service.config, release) if file.process in alive
        ),
        steps=tuple(step for step in timeline.at(service.steps, release) if step.process in alive),
    )


def process_at(process: Process, release: str, timeline: Timeline) -> Process:
    """The process as it is at a release of its lifetime: its changes applied, its parts without windows left over."""
    for change in process.changes:
        if not timeline.before(release, change.since):
            process = replace(process, **change.set.values())  # type: ignore[arg-type]  # the patch has the fields' own types
    return replace(
        process,
        ports=timeline.at(process.ports, release),
        health=timeline.at(process.health, release),
        notes=timeline.at(process.notes, release),
    )


def _file(file: ConfigFile, timeline: Timeline, release: str) -> File:
    sections = ({"": file.settings} if file.settings else {}) | file.sections
    resolved = {
        section: {key: values for key, setting in settings.items() if (values := _values(setting, timeline, release))}
        for section, settings in sections.items()
    }
    return File(
        path=file.path,
        process=file.process,
        summary=file.summary,
        platforms=file.platforms,
        owner=file.owner,
        mode=file.mode,
        format=file.format or "",
        template=file.template,
        sections={section: settings for section, settings in resolved.items() if settings},
    )


def _values(setting: Setting, timeline: Timeline, release: str) -> tuple[Value, ...]:
    variants = setting if isinstance(setting, tuple) else (Variant(value=setting),)
    return tuple(
        Value(value=item.value, on=item.on, why=item.why, source=item.source) for item in timeline.at(variants, release)
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


def _cut(limitation: Limitation, timeline: Timeline, release: str) -> Limitation:
    return replace(
        limitation,
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
