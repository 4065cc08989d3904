"""Follow every process through all releases: when it came, how it survives, what changed and why, when it went."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby

from generator.catalog import Catalog
from generator.model import Option, Process, Release, Service
from generator.resolve import process_at, worded
from generator.views.history import History, Life, Period, Remark, ServiceLives
from generator.views.strategies import MODES


@dataclass(frozen=True)
class _Moment:
    """A process as it is in one release."""

    release: Release
    state: Process | None
    """With its changes applied; nothing when it is not there."""
    condition: str = ""

    def key(self) -> object:
        """What tells it from another release; packages and what hangs on ports and notes does not."""
        if self.state is None:
            return None
        state = self.state
        name = state.name or state.id
        return (self.condition, state.mode, state.strategies, name, state.summary, state.roles, state.unit)


def history(catalog: Catalog) -> History:
    """The life of every process that ever was, from the oldest release to the newest published one."""
    newest = catalog.published[-1].id
    releases = tuple(item for item in catalog.releases if not catalog.timeline.before(newest, item.id))
    named = [(name, catalog.services[name]) for name in catalog.orders.install]
    services = (
        ServiceLives(name, _name(service, releases, catalog), tuple(_lives(service, releases, catalog)))
        for name, service in named
    )
    return History(releases, tuple(service for service in services if service.lives))


def _name(service: Service, releases: tuple[Release, ...], catalog: Catalog) -> str:
    return _in_turn((release, worded(service, release.id, catalog.timeline).name) for release in releases)


def _lives(service: Service, releases: tuple[Release, ...], catalog: Catalog) -> Iterator[Life]:
    for process in service.processes:
        moments = [_moment(service, process, release, catalog) for release in releases]
        states = [moment.state for moment in moments if moment.state]
        if states:  # otherwise it comes after the newest of the releases
            groups = [list(group) for _, group in groupby(moments, key=_Moment.key)]
            before = len(groups.pop(0)) if groups[0][0].state is None else 0
            earlier = (None, *(group[0] for group in groups))
            periods = tuple(
                _period(service, process, group, one, catalog) for group, one in zip(groups, earlier, strict=False)
            )
            name = "" if states[-1].name == process.id else states[-1].name
            yield Life(process.id, name, states[-1].summary, periods, before)


def _moment(service: Service, process: Process, release: Release, catalog: Catalog) -> _Moment:
    timeline = catalog.timeline
    if not (timeline.covers(service, release.id) and timeline.covers(process, release.id)):
        return _Moment(release, None)
    offered = [option for option in timeline.at(catalog.options, release.id) if option.id in process.when]
    return _Moment(
        release,
        process_at(process, release.id, timeline),
        ", ".join(_choice(option, process.when[option.id]) for option in offered),
    )


def _choice(option: Option, choice: str) -> str:
    return next(item.name for item in option.choices if item.id == choice)


def _period(
    service: Service, process: Process, group: list[_Moment], earlier: _Moment | None, catalog: Catalog
) -> Period:
    first, state = group[0], group[0].state
    return Period(
        first=first.release,
        last=group[-1].release,
        count=len(group),
        mode=MODES[state.mode] if state else "",
        strategy=_in_turn((moment.release, _strategy(moment.state, moment.release, catalog)) for moment in group),
        condition=first.condition,
        details=tuple(_details(earlier.state, state, catalog)) if earlier and earlier.state and state else (),
        reasons=tuple(_reasons(service, process, first.release, catalog, arrives=not earlier)),
        remarks=tuple(_remarks(process, group)) if state else (),
    )


def _strategy(state: Process | None, release: Release, catalog: Catalog) -> str:
    labels = {item.id: worded(item, release.id, catalog.timeline).label for item in catalog.strategies}
    return " / ".join(labels[name] for name in state.strategies) if state else ""


def _in_turn(texts: Iterable[tuple[Release, str]]) -> str:
    """What is said in neighbouring releases as one text: `Redis, from Epoxy Valkey`."""
    said = [next(group) for _, group in groupby(texts, key=lambda told: told[1])]
    return ", ".join([said[0][1], *(f"from {release.name} {text}" for release, text in said[1:])])


def _details(old: Process, new: Process, catalog: Catalog) -> Iterator[str]:
    """What differs beside mode and strategy, in words."""
    if (old.name or old.id) != (new.name or new.id):
        yield f"Called {new.name or new.id}."
    if old.roles != new.roles:
        names = {role.id: role.name for role in catalog.roles}
        yield f"Runs on: {', '.join(names[role] for role in new.roles)}."
    if old.unit != new.unit:
        names = {platform.id: platform.name for platform in catalog.platforms}
        units = [f"{unit} ({names.get(platform, platform.capitalize())})" for platform, unit in new.unit.items()]
        yield f"Unit: {', '.join(units)}."


def _reasons(service: Service, process: Process, release: Release, catalog: Catalog, arrives: bool) -> Iterator[Remark]:
    """Why a process is different from this release on, as the data says; why it arrives is enough when it does."""
    options = [option for option in catalog.options if option.id in process.when and not arrives]
    dated: list[Process | Service | Option] = [process, service, *options]
    for item in dated:
        for date, reason in ((item.since, item.arrival), (item.removed, item.removal)):
            if date == release.id and reason:
                yield Remark(release, reason.why, reason.source)
    for change in process.changes:
        if change.since == release.id:
            yield Remark(release, change.why, change.source)


def _remarks(process: Process, group: list[_Moment]) -> Iterator[Remark]:
    """Notes that begin in a release without pages, so that no other page tells since when they hold."""
    for moment in group:
        for note in process.notes:
            if note.since == moment.release.id and not moment.release.platforms:
                yield Remark(moment.release, note.text, note.source)
