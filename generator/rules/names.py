"""Rules about names: what refers to something refers to something that exists."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from generator.catalog import Catalog
from generator.model import ConfigFile, Port, Process, Service, Setting, Step
from generator.problems import Place, known
from generator.rules.registry import Finding, rule


def service_places(catalog: Catalog) -> Iterator[tuple[Place, str, Service]]:
    """Each service with its place and id."""
    for service_id, service in catalog.services.items():
        yield Place(f"services/{service_id}.yaml"), service_id, service


def placed(place: Place, service: Service) -> Iterator[tuple[Place, ConfigFile | Step]]:
    """The files and steps of a service with their places."""
    for number, file in enumerate(service.config):
        yield place / "config" / number, file
    for number, step in enumerate(service.steps):
        yield place / "steps" / number, step


def file_settings(place: Place, file: ConfigFile) -> Iterator[tuple[Place, Setting]]:
    """Every setting of a file with its place."""
    for key, setting in file.settings.items():
        yield place / "settings" / key, setting
    for section, settings in file.sections.items():
        for key, setting in settings.items():
            yield place / "sections" / section / key, setting


def unknown(place: Place, names: Iterable[str], candidates: Iterable[str], what: str) -> Iterator[Finding]:
    """A finding for each of the names that is none of the candidates; `what` says what it should be."""
    choices = list(candidates)
    for number, name in enumerate(names):
        if name not in choices:
            yield Finding(place / number, f"{name!r} is not {what}", known(name, choices))


@rule("R201")
def unique_names(catalog: Catalog) -> Iterator[Finding]:
    """Ids of processes and ports are unique in the whole catalog, those of steps in their service.

    A process may describe a port several times, for windows that do not meet.
    """
    processes: dict[str, str] = {}
    ports: dict[str, str] = {}
    for place, service_id, service in service_places(catalog):
        for number, process in enumerate(service.processes):
            inner = place / "processes" / number
            yield from _taken(inner / "id", process.id, processes, service_id, "process")
            for position, port in enumerate(process.ports):
                earlier = [item for item in process.ports[:position] if item.id == port.id]
                if not earlier or any(_meet(item, port, catalog) for item in earlier):
                    yield from _taken(inner / "ports" / position / "id", port.id, ports, process.id, "port")
        steps: dict[str, str] = {}
        for number, step in enumerate(service.steps):
            yield from _taken(place / "steps" / number / "id", step.id, steps, "this service", "step")


def _meet(one: Port, other: Port, catalog: Catalog) -> bool:
    """Whether two windows share a release; R101 reports those that name none."""
    named = {one.since, one.removed, other.since, other.removed} - {""}
    return not named <= set(catalog.timeline.ids) or catalog.timeline.overlap(one, other)


def _taken(
    place: Place,
    name: str,
    seen: dict[str, str],
    owner: str,
    what: str,
    hint: str = "say in the name what is different",
) -> Iterator[Finding]:
    if name in seen:
        yield Finding(place, f"{name!r} is already a {what} of {seen[name]}", hint)
    seen.setdefault(name, owner)


@rule("R202")
def vocabulary_known(catalog: Catalog) -> Iterator[Finding]:
    """Roles, strategies and services that a service names are defined, and every process has a role."""
    roles = [role.id for role in catalog.roles]
    strategies = [strategy.id for strategy in catalog.strategies]
    for place, _, service in service_places(catalog):
        yield from _unknown_dependencies(place, service, catalog)
        for number, process in enumerate(service.processes):
            inner = place / "processes" / number
            yield from _roles(inner / "roles", process.roles, roles)
            yield from unknown(inner / "strategies", process.strategies, strategies, "a strategy of strategies.yaml")
            for position, change in enumerate(process.changes):
                patch, set_place = change.set, inner / "changes" / position / "set"
                if patch.roles is not None:
                    yield from _roles(set_place / "roles", patch.roles, roles)
                yield from unknown(
                    set_place / "strategies", patch.strategies or (), strategies, "a strategy of strategies.yaml"
                )
            for position, port in enumerate(process.ports):
                allowed = [*roles, "anywhere", "loopback"]
                yield from unknown(inner / "ports" / position / "clients", port.clients, allowed, "a role")
        for number, file in enumerate(service.config):
            for setting_place, setting in file_settings(place / "config" / number, file):
                for position, variant in enumerate(setting if isinstance(setting, tuple) else ()):
                    inner = setting_place / position / "roles"
                    yield from unknown(inner, variant.roles, roles, "a role of roles.yaml")


def _roles(place: Place, names: tuple[str, ...], roles: list[str]) -> Iterator[Finding]:
    if not names:
        yield Finding(place, "is empty, so no node would run it", known("", roles))
    yield from unknown(place, names, roles, "a role of roles.yaml")


def _unknown_dependencies(place: Place, service: Service, catalog: Catalog) -> Iterator[Finding]:
    for number, dependency in enumerate(service.depends):
        if dependency.service not in catalog.services:
            hint = known(dependency.service, catalog.services)
            yield Finding(place / "depends" / number / "service", f"{dependency.service!r} is not a service", hint)


@rule("R203")
def platforms_known(catalog: Catalog) -> Iterator[Finding]:
    """Platforms are defined, and every process has a unit and packages on each platform of its releases."""
    names = {name for platform in catalog.platforms for name in platform.names}
    for place, _, service in service_places(catalog):
        for inner, item in placed(place, service):
            yield from unknown(inner / "platforms", item.platforms, sorted(names), "a platform or family")
            for setting_place, setting in file_settings(inner, item) if isinstance(item, ConfigFile) else ():
                for position, variant in enumerate(setting if isinstance(setting, tuple) else ()):
                    wanted = setting_place / position / "platforms"
                    yield from unknown(wanted, variant.platforms, sorted(names), "a platform or family")
        for number, process in enumerate(service.processes):
            inner = place / "processes" / number
            for key in ("unit", "packages"):
                for platform in getattr(process, key):
                    if platform not in names:
                        yield Finding(
                            inner / key / platform,
                            f"{platform!r} is not a platform or family",
                            known(platform, sorted(names)),
                        )
            yield from _without_platform(inner, service, process, catalog)


def _without_platform(place: Place, service: Service, process: Process, catalog: Catalog) -> Iterator[Finding]:
    named = {service.since, service.removed, process.since, process.removed} - {""}
    if not named <= set(catalog.timeline.ids):
        return  # R101 reports the release that does not exist
    wanted = {
        platform
        for release in catalog.published
        if catalog.timeline.covers(service, release.id) and catalog.timeline.covers(process, release.id)
        for platform in release.platforms
    }
    for platform in catalog.platforms:
        if platform.id not in wanted:
            continue
        for key in ("unit", "packages"):
            if not set(platform.names) & set(getattr(process, key)):
                hint = f"add {' or '.join(f'{name}:' for name in platform.names)} with the name that this platform uses"
                yield Finding(place / key, f"says nothing for {platform.id}", hint)


@rule("R204")
def release_platforms_known(catalog: Catalog) -> Iterator[Finding]:
    """A release is published for platforms of data/platforms.yaml."""
    choices = [platform.id for platform in catalog.platforms]
    for number, release in enumerate(catalog.releases):
        yield from unknown(
            Place("releases.yaml", (number, "platforms")), release.platforms, choices, "a platform of platforms.yaml"
        )


@rule("R205")
def own_processes(catalog: Catalog) -> Iterator[Finding]:
    """A file names one or more processes of its own service, and includes that exist; a step names any process."""
    processes = list(catalog.processes())
    for place, _, service in service_places(catalog):
        own = [process.id for process in service.processes]
        for inner, item in placed(place, service):
            if isinstance(item, ConfigFile):
                if not item.processes:
                    yield Finding(inner / "processes", "is empty, so no node would get the file", known("", own))
                yield from unknown(inner / "processes", item.processes, own, "a process of this service")
                yield from unknown(inner / "include", item.include, catalog.includes, "a file of includes/")
            elif item.process not in processes:
                hint = known(item.process, processes)
                yield Finding(inner / "process", f"{item.process!r} is not a process", hint)


@rule("R206")
def processes_known(catalog: Catalog) -> Iterator[Finding]:
    """Limitations, procedures and corrections name what exists."""
    processes = list(catalog.processes())
    for name, limitation in catalog.limitations.items():
        place = Place(f"limitations/{name}.yaml", ("processes",))
        yield from unknown(place, limitation.processes, processes, "a process")
    for name, procedure in catalog.procedures.items():
        place = Place(f"procedures/{name}.yaml")
        yield from unknown(place / "processes", procedure.processes, processes, "a process")
        yield from unknown(place / "limitations", procedure.limitations, catalog.limitations, "a limitation")
        for number, step in enumerate(procedure.steps):
            if step.process not in processes:
                hint = known(step.process, processes)
                yield Finding(place / "steps" / number / "process", f"{step.process!r} is not a process", hint)
    for name, corrections in catalog.corrections.items():
        for number, correction in enumerate(corrections.corrections):
            place = Place(f"corrections/{name}.yaml", ("corrections", number))
            yield from unknown(place / "processes", correction.processes, processes, "a process")
            yield from unknown(place / "services", correction.services, catalog.services, "a service")


@rule("R207")
def corrections_once(catalog: Catalog) -> Iterator[Finding]:
    """A correction is decided once."""
    seen: dict[str, str] = {}
    for name, corrections in catalog.corrections.items():
        for number, correction in enumerate(corrections.corrections):
            place = Place(f"corrections/{name}.yaml", ("corrections", number, "id"))
            hint = "keep one of the two, or give the other a number of its own"
            yield from _taken(place, correction.id, seen, f"{name}.yaml", "correction", hint)


@rule("R208")
def orders_complete(catalog: Catalog) -> Iterator[Finding]:
    """Both orders of data/orders.yaml name every service once."""
    for key in ("strategy_table", "install"):
        order: tuple[str, ...] = getattr(catalog.orders, key)
        place = Place("orders.yaml", (key,))
        yield from unknown(place, order, catalog.services, "a service")
        for number, name in enumerate(order):
            if name in order[:number]:
                yield Finding(place / number, f"{name!r} stands twice", "keep the first of the two")
        for name in catalog.services:
            if name not in order:
                yield Finding(place, f"the service {name!r} is missing", "add it where it belongs in this order")
