"""What the data writes for the keys that rules about failures compare, at each release on each of its platforms."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import NamedTuple

from generator.catalog import Catalog
from generator.model import ConfigFile, Platform, Port, Process, Scalar, Setting, Variant
from generator.problems import Place
from generator.releases import Windowed
from generator.resolve import process_at
from generator.rules.names import service_places


class Written(NamedTuple):
    """A value for a key of a file, with all that decides where it holds."""

    place: Place
    service: str
    number: int
    """Which of the service's files it is for."""
    file: ConfigFile
    section: str
    key: str
    value: Scalar | tuple[Scalar, ...]
    platforms: tuple[str, ...]
    roles: tuple[str, ...]
    windows: tuple[Windowed, ...]

    @property
    def text(self) -> str:
        """The value as files have it."""
        return str(self.value).lower() if isinstance(self.value, bool) else str(self.value)


@dataclass(frozen=True)
class Situation:
    """A published release on one of its platforms, with the values that hold there."""

    catalog: Catalog
    release: str
    platform: Platform
    values: tuple[Written, ...]

    @cached_property
    def processes(self) -> dict[str, tuple[str, Process]]:
        """The processes of the release by id, with their services."""
        return _processes(self.catalog, self.release)

    @cached_property
    def ports(self) -> dict[str, tuple[str, Process, Port]]:
        """Ports by id, with the service and the process that listens."""
        return {port.id: (name, item, port) for name, item in self.processes.values() for port in item.ports}

    def of(self, key: str) -> list[Written]:
        """The values for a key."""
        return [item for item in self.values if item.key == key]

    def beside(self, written: Written, *keys: str) -> list[Written]:
        """The values for some keys in the same file, those of the same section first."""
        same = [item for item in self.values if item[1:3] == written[1:3] and item.key in keys]
        return sorted(same, key=lambda item: item.section != written.section)


def situations(catalog: Catalog, keys: Collection[str]) -> Iterator[Situation]:
    """Every published release on every platform. R101 reports windows of unknown releases, R204 unknown platforms."""
    timeline = catalog.timeline
    platforms = {item.id: item for item in catalog.platforms}
    values = [item for item in _written(catalog, keys) if _dated(catalog, item.windows)]
    for release in catalog.published:
        held = [item for item in values if all(timeline.covers(window, release.id) for window in item.windows)]
        for platform in (platforms[name] for name in release.platforms if name in platforms):
            names = set(platform.names)
            mine = (item for item in held if not item.platforms or names & set(item.platforms))
            there = tuple(item for item in mine if not item.file.platforms or names & set(item.file.platforms))
            yield Situation(catalog, release.id, platform, there)


@lru_cache(maxsize=32)
def _processes(catalog: Catalog, release: str) -> dict[str, tuple[str, Process]]:
    """The processes of a release, which each rule would find anew."""
    return {
        key: (name, process_at(process, release, catalog.timeline))
        for key, (name, process) in catalog.processes().items()
        if _there(catalog, (catalog.services[name], process), release)
    }


def _there(catalog: Catalog, around: tuple[Windowed, Process], release: str) -> bool:
    process = around[1]
    parts: tuple[Windowed, ...] = (*process.ports, *process.health, *process.notes, *process.workers)
    dated = {change.since for change in process.changes} <= set(catalog.timeline.ids) and _dated(catalog, parts)
    return dated and holds(catalog, around, release)


def holds(catalog: Catalog, windows: tuple[Windowed, ...], release: str) -> bool:
    """Whether a release lies in all of these windows; R101 reports those of unknown releases."""
    return _dated(catalog, windows) and all(catalog.timeline.covers(item, release) for item in windows)


def _dated(catalog: Catalog, windows: tuple[Windowed, ...]) -> bool:
    return {name for item in windows for name in (item.since, item.removed)} - {""} <= set(catalog.timeline.ids)


def _written(catalog: Catalog, keys: Collection[str]) -> Iterator[Written]:
    for place, service_id, service in service_places(catalog):
        for number, file in enumerate(service.config):
            own = {"": file.settings} | file.sections
            head = (service_id, number, file)
            for section, settings in own.items():
                inner = place / "config" / number
                inner = inner / "sections" / section if section else inner / "settings"
                for key in settings.keys() & keys:
                    yield from _variants(inner / key, head, section, key, settings[key], (service, file))
            for name in (item for item in file.include if item in catalog.includes):
                for section, settings in catalog.includes[name].sections.items():
                    inner = Place(f"includes/{name}.yaml", ("sections", section))
                    for key in settings.keys() & keys - own.get(section, {}).keys():
                        yield from _variants(inner / key, head, section, key, settings[key], (service, file))


def _variants(
    place: Place,
    head: tuple[str, int, ConfigFile],
    section: str,
    key: str,
    setting: Setting,
    windows: tuple[Windowed, ...],
) -> Iterator[Written]:
    if not isinstance(setting, tuple):
        yield Written(place, *head, section, key, setting, (), (), windows)
        return
    for number, item in enumerate(setting):
        assert isinstance(item, Variant)
        inner = place / number / "value"
        yield Written(inner, *head, section, key, item.value, item.platforms, item.roles, (*windows, item))


UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "": 1.0}


def seconds(text: str) -> float | None:
    """The seconds in a number with or without a unit, as HAProxy and oslo.config write them; None for others."""
    found = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)(ms|s|m|h|)", text)
    return float(found[1]) * UNITS[found[2]] if found else None
