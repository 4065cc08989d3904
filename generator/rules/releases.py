"""Rules about the status of releases and about upgrades between them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from generator.catalog import Catalog
from generator.model import Process, Service, UpgradeNote
from generator.problems import Place, known
from generator.rules.names import unknown
from generator.rules.registry import Finding, rule

NEEDED = {"unmaintained": "unmaintained", "end-of-life": "ended"}
"""The day that a status cannot be without."""


@rule("R107")
def days_in_order(catalog: Catalog) -> Iterator[Finding]:
    """The days of a release stand in order: released, then unmaintained, then ended."""
    for number, release in enumerate(catalog.releases):
        days = [(key, getattr(release, key)) for key in ("released", "unmaintained", "ended")]
        for (earlier, first), (later, second) in pairwise([(key, day) for key, day in days if day]):
            if second <= first:
                hint = "one of the two is wrong; the source of the release has both"
                yield Finding(
                    Place("releases.yaml", (number, later)), f"{second} is not after {first}, its day {earlier!r}", hint
                )


@rule("R108")
def status_has_its_day(catalog: Catalog) -> Iterator[Finding]:
    """A release that is unmaintained or at its end of life says since when."""
    for number, release in enumerate(catalog.releases):
        key = NEEDED.get(release.status, "")
        if key and not getattr(release, key):
            message = f"is {release.status}, but the day is missing"
            yield Finding(Place("releases.yaml", (number, "status")), message, f'add {key}: "YYYY-MM-DD"')


@rule("R109")
def every_second_is_slurp(catalog: Catalog) -> Iterator[Finding]:
    """From the first SLURP release on every second release is one, and no other."""
    marks = [release.slurp for release in catalog.releases]
    first = marks.index(True) if True in marks else len(marks)
    for number, release in enumerate(catalog.releases[first:]):
        if release.slurp != (number % 2 == 0):
            what = "is a SLURP release" if release.slurp else "is no SLURP release"
            message = f"{release.id} {what}, but from {catalog.releases[first].id} on every second one is"
            hint = "remove `slurp:` here, or there" if release.slurp else "add slurp: true"
            yield Finding(Place("releases.yaml", (first + number, "slurp")), message, hint)


def _notes(catalog: Catalog) -> Iterator[tuple[str, Place, UpgradeNote]]:
    """Every note with the release of its file and its place."""
    for release, upgrade in catalog.upgrades.items():
        for number, note in enumerate(upgrade.notes):
            yield release, Place(f"upgrades/{release}.yaml", ("notes", number)), note


@rule("R601")
def upgrades_of_published(catalog: Catalog) -> Iterator[Finding]:
    """A file of upgrades is named after a published release that has one before it."""
    published = [release.id for release in catalog.published]
    for name in catalog.upgrades:
        if name not in published:
            message = f"{name!r} is not a published release"
            yield Finding(Place(f"upgrades/{name}.yaml"), message, known(name, published))
        elif name == catalog.timeline.ids[0]:
            message = f"{name} is the first release, to which nothing can be upgraded"
            yield Finding(Place(f"upgrades/{name}.yaml"), message, "remove the file")


@rule("R602")
def notes_once(catalog: Catalog) -> Iterator[Finding]:
    """The id of a note stands once in all files of upgrades."""
    seen: dict[str, str] = {}
    for release, place, note in _notes(catalog):
        if note.id in seen:
            message = f"{note.id!r} is already a note of {seen[note.id]}.yaml"
            yield Finding(place / "id", message, "say in the name what is different")
        seen.setdefault(note.id, release)


@rule("R603")
def notes_name_what_exists(catalog: Catalog) -> Iterator[Finding]:
    """A note and a stage name stages, services and processes that exist."""
    stages, processes = [stage.id for stage in catalog.stages], list(catalog.processes())
    for _, place, note in _notes(catalog):
        if note.stage not in stages:
            yield Finding(place / "stage", f"{note.stage!r} is not a stage of stages.yaml", known(note.stage, stages))
        yield from unknown(place / "services", note.services, catalog.services, "a service")
        yield from unknown(place / "processes", note.processes, processes, "a process")
    for position, stage in enumerate(catalog.stages):
        for number, step in enumerate(stage.steps):
            if step.process not in processes:
                place = Place("stages.yaml", (position, "steps", number, "process"))
                yield Finding(place, f"{step.process!r} is not a process", known(step.process, processes))


@rule("R604")
def notes_in_their_file(catalog: Catalog) -> Iterator[Finding]:
    """A note stands in the file of the first published release that has what it says."""
    timeline = catalog.timeline
    published = [release.id for release in catalog.published]
    for release, place, note in _notes(catalog):
        if release not in published or note.since not in timeline:
            continue
        right = next((name for name in published if not timeline.before(name, note.since)), "")
        if right != release:
            hint = f"move it to upgrades/{right}.yaml" if right else "leave it out until a later release is published"
            yield Finding(place / "since", f"came with {note.since}, which belongs elsewhere", hint)


@rule("R605")
def notes_about_what_was_there(catalog: Catalog) -> Iterator[Finding]:
    """The services and processes of a note are there in its release, or in the one before, where they last were."""
    timeline = catalog.timeline
    around = catalog.processes()
    for _, place, note in _notes(catalog):
        if note.since not in timeline:
            continue
        position = timeline.ids.index(note.since)
        either = timeline.ids[max(position - 1, 0) : position + 1]
        for number, name in enumerate(note.services):
            lives = [item for item in around.values() if item[0] == name]
            windows = [(catalog.services[service], process) for service, process in lives]
            yield from _absent(catalog, place / "services" / number, name, either, windows)
        for number, name in enumerate(note.processes):
            if name in around:
                service, process = around[name]
                windows = [(catalog.services[service], process)]
                yield from _absent(catalog, place / "processes" / number, name, either, windows)


def _absent(
    catalog: Catalog, place: Place, name: str, either: tuple[str, ...], windows: list[tuple[Service, Process]]
) -> Iterator[Finding]:
    """A finding when none of the windows is open in one of the two releases; R101 reports unknown releases."""
    timeline = catalog.timeline
    named = {value for pair in windows for item in pair for value in (item.since, item.removed)} - {""}
    if not windows or not named <= set(timeline.ids):
        return
    for release in either:
        if any(timeline.covers(service, release) and timeline.covers(process, release) for service, process in windows):
            return
    yield Finding(
        place,
        f"{name} is neither in {either[-1]} nor in the release before it",
        "correct `since`, or leave the name out",
    )
