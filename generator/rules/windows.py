"""Rules about releases and time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from itertools import pairwise
from typing import Any

from generator.catalog import FOLDERS, Catalog
from generator.model import Option, Setting, Variant
from generator.problems import Place, known
from generator.rules.registry import Finding, rule


def dated(catalog: Catalog) -> Iterator[tuple[Place, Any]]:
    """Everything in the data files that has a `since` or a `removed`, with its place."""
    for name in ("options", "roles", "stages", "strategies"):
        yield from _dated_in(getattr(catalog, name), Place(f"{name}.yaml"))
    for folder in FOLDERS:
        for name, value in getattr(catalog, folder).items():
            yield from _dated_in(value, Place(f"{folder}/{name}.yaml"))


def _dated_in(value: Any, place: Place) -> Iterator[tuple[Place, Any]]:
    if is_dataclass(value):
        if hasattr(value, "since"):
            yield place, value
        for item in fields(value):
            yield from _dated_in(getattr(value, item.name), place / item.name)
    elif isinstance(value, tuple):
        for number, element in enumerate(value):
            yield from _dated_in(element, place / number)
    elif isinstance(value, dict):
        for key, element in value.items():
            yield from _dated_in(element, place / key)


@rule("R101")
def known_releases(catalog: Catalog) -> Iterator[Finding]:
    """`since` and `removed` name a release of data/releases.yaml."""
    for place, item in dated(catalog):
        for key in ("since", "removed"):
            release = getattr(item, key, "")
            if release and release not in catalog.timeline:
                hint = known(release, catalog.timeline.ids)
                yield Finding(place / key, f"{release!r} is not a release of releases.yaml", hint)


@rule("R102")
def windows_open(catalog: Catalog) -> Iterator[Finding]:
    """What is removed was there before: `removed` is a later release than `since`."""
    for place, item in dated(catalog):
        since, removed = item.since, getattr(item, "removed", "")
        both_known = since in catalog.timeline and removed in catalog.timeline
        if both_known and not catalog.timeline.before(since, removed):
            hint = f"`removed` is the first release without it, so it comes after {since}"
            yield Finding(place / "removed", f"{removed} is not later than {since}, where it begins", hint)


@rule("R103")
def changes_in_order(catalog: Catalog) -> Iterator[Finding]:
    """The changes of a process stand oldest first and fall into its lifetime."""
    timeline = catalog.timeline
    for service_id, service in catalog.services.items():
        for number, process in enumerate(service.processes):
            place = Place(f"services/{service_id}.yaml", ("processes", number, "changes"))
            releases = [change.since for change in process.changes]
            if any(release not in timeline for release in releases):
                continue
            for position, (one, other) in enumerate(pairwise(releases), start=1):
                if not timeline.before(one, other):
                    hint = "put the changes in the order of releases.yaml, one for each release"
                    yield Finding(
                        place / position / "since", f"{other} does not come after {one}, the change above", hint
                    )
            if not {process.since, process.removed} - {""} <= set(timeline.ids):
                continue
            first = process.since or timeline.ids[0]
            for position, change in enumerate(process.changes):
                if not timeline.covers(process, change.since) or change.since == first:
                    life = f"from {first} on" + (f" and is gone with {process.removed}" if process.removed else "")
                    message = f"{change.since} is no later release of this process, which is there {life}"
                    hint = "write the first value into the process itself; a change comes after it"
                    yield Finding(place / position / "since", message, hint)


@rule("R104")
def variants_distinct(catalog: Catalog) -> Iterator[Finding]:
    """A setting has one value per release, node, platform and choice: its variants do not overlap."""
    for service_id, service in catalog.services.items():
        for number, file in enumerate(service.config):
            base = Place(f"services/{service_id}.yaml", ("config", number))
            yield from _overlapping(base, {"": file.settings} | file.sections, catalog)
    for name, include in catalog.includes.items():
        yield from _overlapping(Place(f"includes/{name}.yaml"), include.sections, catalog)


def _overlapping(base: Place, sections: dict[str, dict[str, Setting]], catalog: Catalog) -> Iterator[Finding]:
    for section, settings in sections.items():
        inner = base / "sections" / section if section else base / "settings"
        for key, value in settings.items():
            if isinstance(value, tuple):
                yield from _overlaps(inner / key, value, catalog)


def _overlaps(place: Place, variants: tuple[Variant, ...], catalog: Catalog) -> Iterator[Finding]:
    named = [item for item in variants if {item.since, item.removed} - {""} <= set(catalog.timeline.ids)]
    for position, later in enumerate(variants):
        for earlier in variants[:position]:
            if earlier in named and later in named and _overlap(earlier, later, catalog):
                hint = "close the earlier one with `removed`, or give the two different nodes with `on`"
                yield Finding(place / position, f"holds at the same time as {earlier.value!r} above", hint)


def _overlap(one: Variant, other: Variant, catalog: Catalog) -> bool:
    """Whether some node can get both values at once."""
    if "every" not in (one.on, other.on) and one.on != other.on:
        return False
    for key in ("roles", "platforms"):
        names, others = set(getattr(one, key)), set(getattr(other, key))
        if names and others and names.isdisjoint(others):
            return False
    timeline = catalog.timeline
    shared = [item for item in timeline.ids if timeline.covers(one, item) and timeline.covers(other, item)]
    return any(not _chosen_apart(one, other, catalog, release) for release in shared)


def _chosen_apart(one: Variant, other: Variant, catalog: Catalog, release: str) -> bool:
    """Whether an option that the release offers lets only one of the two in."""
    offered = {option.id for option in _options_at(catalog, release)}
    return any(key in offered and other.when.get(key, choice) != choice for key, choice in one.when.items())


def _options_at(catalog: Catalog, release: str) -> tuple[Option, ...]:
    """The options of a release; those with an unknown window, which R101 reports, in none."""
    known_ones = [item for item in catalog.options if {item.since, item.removed} - {""} <= set(catalog.timeline.ids)]
    return catalog.timeline.at(known_ones, release)


@rule("R105")
def vocabulary_once(catalog: Catalog) -> Iterator[Finding]:
    """An id stands once in its list."""
    for name in ("releases", "platforms", "strategies", "roles", "options", "secrets", "stages"):
        seen: set[str] = set()
        for number, item in enumerate(getattr(catalog, name)):
            if item.id in seen:
                yield Finding(
                    Place(f"{name}.yaml", (number, "id")), f"{item.id!r} stands twice", "give each its own id"
                )
            seen.add(item.id)


@rule("R106")
def reasons_have_sources(catalog: Catalog) -> Iterator[Finding]:
    """A value that differs by release says why and names its source."""
    for place, item in dated(catalog):
        if type(item).__name__ != "Variant" or not (item.since or item.removed):
            continue
        for key in ("why", "source"):
            if not getattr(item, key):
                hint = f"add `{key}:`; a dated value without it cannot be checked by the next editor"
                yield Finding(place, f"has a window but no {key}", hint)


@rule("R110")
def lives_have_reasons(catalog: Catalog) -> Iterator[Finding]:
    """A service, process or option that comes or goes with a release says why and names its source."""
    for place, item in dated(catalog):
        if type(item).__name__ not in ("Service", "Process", "Option"):
            continue
        for key, reason in (("since", "arrival"), ("removed", "removal")):
            release, given = getattr(item, key), getattr(item, reason)
            if release and given is None:
                hint = (
                    f"add `{reason}:` with `why:` and `source:`; the page about the history of all processes shows them"
                )
                yield Finding(place / key, f"{release} has no {reason}, which says why", hint)
            if given and not release:
                yield Finding(place / reason, f"there is no `{key}` that it explains", f"add `{key}:` or take it away")
