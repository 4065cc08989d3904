"""Rules about names: what refers to something refers to something that exists."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from generator import placeholders
from generator.catalog import Catalog
from generator.model import ConfigFile, Process, Service, Step
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


def _unknown(place: Place, names: Iterable[str], candidates: Iterable[str], what: str) -> Iterator[Finding]:
    choices = list(candidates)
    for number, name in enumerate(names):
        if name not in choices:
            yield Finding(place / number, f"{name!r} is not {what}", known(name, choices))


@rule("R201")
def unique_names(catalog: Catalog) -> Iterator[Finding]:
    """Ids of processes and ports are unique in the whole catalog, those of steps in their service."""
    processes: dict[str, str] = {}
    ports: dict[str, str] = {}
    for place, service_id, service in service_places(catalog):
        for number, process in enumerate(service.processes):
            inner = place / "processes" / number
            yield from _taken(inner / "id", process.id, processes, service_id, "process")
            for position, port in enumerate(process.ports):
                yield from _taken(inner / "ports" / position / "id", port.id, ports, process.id, "port")
        steps: dict[str, str] = {}
        for number, step in enumerate(service.steps):
            yield from _taken(place / "steps" / number / "id", step.id, steps, "this service", "step")


def _taken(
    place: Place, name: str, seen: dict[str, str], owner: str, what: str, hint: str = "say in the name what is different"
) -> Iterator[Finding]:
    if name in seen:
        yield Finding(place, f"{name!r} is already a {what} of {seen[name]}", hint)
    seen.setdefault(name, owner)


@rule("R202")
def vocabulary_known(catalog: Catalog) -> Iterator[Finding]:
    """Roles, strategies, platforms and services that a service names are defined."""
    roles = [role.id for role in catalog.roles]
    strategies = [strategy.id for strategy in catalog.strategies]
    for place, _, service in service_places(catalog):
        yield from _unknown_dependencies(place, service, catalog)
        for number, process in enumerate(service.processes):
            inner = place / "processes" / number
            yield from _unknown(inner / "roles", process.roles, roles, "a role of roles.yaml")
            yield from _unknown(inner / "strategies", process.strategies, strategies, "a strategy of strategies.yaml")
            for position, change in enumerate(process.changes):
                patch, set_place = change.set, inner / "changes" / position / "set"
                yield from _unknown(set_place / "roles", patch.roles or (), roles, "a role of roles.yaml")
                yield from _unknown(
                    set_place / "strategies", patch.strategies or (), strategies, "a strategy of strategies.yaml"
                )
            for position, port in enumerate(process.ports):
                allowed = [*roles, "anywhere", "loopback"]
                yield from _unknown(inner / "ports" / position / "clients", port.clients, allowed, "a role")


def _unknown_dependencies(place: Place, service: Service, catalog: Catalog) -> Iterator[Finding]:
    for number, dependency in enumerate(service.depends):
        if dependency.service not in catalog.services:
            hint = known(dependency.service, catalog.services)
            yield Finding(place / "depends" / number / "service", f"{dependency.service!r} is not a service", hint)


@rule("R203")
def platforms_known(catalog: Catalog) -> Iterator[Finding]:
    """Platforms are defined, and every process has a unit and packages on each platform of its releases."""
    names = {name for platform in catalog.platforms for name in (platform.id, platform.family)}
    for place, _, service in service_places(catalog):
        for inner, item in placed(place, service):
            yield from _unknown(inner / "platforms", item.platforms, sorted(names), "a platform or family")
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
            if not {platform.id, platform.family} & set(getattr(process, key)):
                hint = f"add {platform.id}: or {platform.family}: with the name that this platform uses"
                yield Finding(place / key, f"says nothing for {platform.id}", hint)


@rule("R204")
def release_platforms_known(catalog: Catalog) -> Iterator[Finding]:
    """A release is published for platforms of data/platforms.yaml."""
    choices = [platform.id for platform in catalog.platforms]
    for number, release in enumerate(catalog.releases):
        yield from _unknown(
            Place("releases.yaml", (number, "platforms")), release.platforms, choices, "a platform of platforms.yaml"
        )


@rule("R205")
def own_processes(catalog: Catalog) -> Iterator[Finding]:
    """A file and a step name a process of their own service."""
    for place, _, service in service_places(catalog):
        own = [process.id for process in service.processes]
        for inner, item in placed(place, service):
            if item.process not in own:
                hint = known(item.process, own)
                yield Finding(inner / "process", f"{item.process!r} is not a process of this service", hint)


@rule("R206")
def processes_known(catalog: Catalog) -> Iterator[Finding]:
    """Limitations and corrections name processes and services that exist."""
    processes = list(catalog.processes())
    for name, limitation in catalog.limitations.items():
        place = Place(f"limitations/{name}.yaml", ("processes",))
        yield from _unknown(place, limitation.processes, processes, "a process")
    for name, corrections in catalog.corrections.items():
        for number, correction in enumerate(corrections.corrections):
            place = Place(f"corrections/{name}.yaml", ("corrections", number))
            yield from _unknown(place / "processes", correction.processes, processes, "a process")
            yield from _unknown(place / "services", correction.services, catalog.services, "a service")


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
        yield from _unknown(place, order, catalog.services, "a service")
        for number, name in enumerate(order):
            if name in order[:number]:
                yield Finding(place / number, f"{name!r} stands twice", "keep the first of the two")
        for name in catalog.services:
            if name not in order:
                yield Finding(place, f"the service {name!r} is missing", "add it where it belongs in this order")


@rule("R209")
def placeholders_known(catalog: Catalog) -> Iterator[Finding]:
    """Every `${...}` in a value or a step is of the closed list and names something that exists."""
    for place, text in _texts(catalog):
        for name in placeholders.malformed_in(text):
            kinds = ", ".join(f"{kind}.NAME" for kind in placeholders.KINDS)
            yield Finding(place, f"{name} is not a name that values may hold", f"known: {kinds}")
        for kind, key in placeholders.names_in(text):
            choices = known_keys(catalog).get(kind, [])
            if kind in placeholders.KINDS and key not in choices:
                yield Finding(place, f"${{{kind}.{key}}} names nothing", known(key, choices))


def known_keys(catalog: Catalog) -> dict[str, list[str]]:
    """The keys that each kind of placeholder may have."""
    processes = list(catalog.processes())
    ports = [port for _, process in catalog.processes().values() for port in process.ports]
    proxied = [port.id for port in ports if port.proxy]
    networks = {network.id for topology in catalog.topologies.values() for network in topology.networks}
    return {
        "node": ["name", "fqdn", *sorted(networks | {"internal"})],  # R501 wants that one in every topology
        "vip": proxied,
        "vipaddress": proxied,
        "url": proxied,
        "members": [port.id for port in ports],
        "port": [port.id for port in ports],
        "hosts": processes,
        "fqdns": processes,
        "addresses": processes,
        "first": processes,
        "secret": [secret.id for secret in catalog.secrets],
        "site": ["domain", "region", "internal_network"],
    }


def _texts(catalog: Catalog) -> Iterator[tuple[Place, str]]:
    """Every text in which placeholders are filled, with its place."""
    for place, _, service in service_places(catalog):
        for number, step in enumerate(service.steps):
            yield place / "steps" / number / "run", step.run
        for number, process in enumerate(service.processes):
            for position, health in enumerate(process.health):
                yield place / "processes" / number / "health" / position / "run", health.run
        for number, file in enumerate(service.config):
            inner = place / "config" / number
            sections = {"": file.settings} | file.sections
            for section, settings in sections.items():
                base = inner / "sections" / section if section else inner / "settings"
                for key, value in settings.items():
                    yield from _setting_texts(base / key, value)


def _setting_texts(place: Place, value: object) -> Iterator[tuple[Place, str]]:
    variants = value if isinstance(value, tuple) else None
    if variants is None:
        yield place, str(value)
        return
    for number, variant in enumerate(variants):
        yield place / number / "value", str(variant.value)


@rule("R210")
def secrets_used(catalog: Catalog) -> Iterator[Finding]:
    """Every secret of data/secrets.yaml is used by some file or step."""
    used = {key for _, text in _texts(catalog) for kind, key in placeholders.names_in(text) if kind == "secret"}
    for number, secret in enumerate(catalog.secrets):
        if secret.id not in used:
            hint = "remove it, or use it as ${secret." + secret.id + "}"
            yield Finding(Place("secrets.yaml", (number, "id")), f"no file or step uses {secret.id!r}", hint)
