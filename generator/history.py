"""The life of every process over all releases: when it came, how it survived, what changed and why, when it went."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import groupby

from generator.catalog import Catalog
from generator.model import Option, Process, Release, Service
from generator.resolve import process_at
from generator.views.strategies import MODES


@dataclass(frozen=True)
class Remark:
    """Something that is said of a process from a release on, and where it comes from."""

    release: str
    text: str
    source: str


@dataclass(frozen=True)
class Period:
    """Neighbouring releases in which a process stays the same; without a mode when it is gone."""

    first: str
    last: str
    count: int
    mode: str
    strategy: str
    condition: str
    """The choice of an option with which it is there, in words; nothing for always."""
    details: tuple[str, ...] = ()
    """What else became different with the first of the releases."""
    reasons: tuple[Remark, ...] = ()
    """Why the period begins; nothing for the oldest release."""
    remarks: tuple[Remark, ...] = ()
    """What became true within the period, in releases that have no pages of their own."""

    @property
    def releases(self) -> str:
        """The releases in words: `Kilo`, `Juno to Ocata`, `from Pike`."""
        if not self.mode:
            return f"from {self.first}"
        return self.first if self.first == self.last else f"{self.first} to {self.last}"


@dataclass(frozen=True)
class Cell:
    """Neighbouring releases of the matrix in which a process has one mode and strategy, or is not there."""

    count: int
    mode: str = ""
    strategy: str = ""
    condition: str = ""


@dataclass(frozen=True)
class Life:
    """A process with its periods, oldest first."""

    id: str
    name: str
    """Name to show beside the id, where the newest release gives it one."""
    summary: str
    periods: tuple[Period, ...]
    before: int
    """Releases before it came."""

    def cells(self) -> list[Cell]:
        """Its row of the matrix: all releases, without what does not touch mode, strategy or condition."""
        row = [Cell(self.before)] if self.before else []
        for (mode, strategy, condition), group in groupby(
            self.periods, key=lambda period: (period.mode, period.strategy, period.condition)
        ):
            row.append(Cell(sum(period.count for period in group), mode, strategy, condition))
        return row

    def as_json(self) -> dict[str, object]:
        """The life for programs."""
        return asdict(self)


@dataclass(frozen=True)
class ServiceLives:
    """The processes that a service ever had."""

    id: str
    name: str
    lives: tuple[Life, ...]


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
        return (self.condition, state.mode, state.strategies, state.name, state.summary, state.roles, state.unit)


def releases(catalog: Catalog) -> tuple[Release, ...]:
    """The releases that the history covers: all from the oldest to the newest published one."""
    newest = catalog.published[-1].id
    return tuple(item for item in catalog.releases if not catalog.timeline.before(newest, item.id))


def services(catalog: Catalog) -> list[ServiceLives]:
    """Every process that ever was, by service, in install order."""
    named = [(name, catalog.services[name]) for name in catalog.orders.install]
    return [
        ServiceLives(name, service.name, tuple(_life(service, process, catalog) for process in service.processes))
        for name, service in named
    ]


def _life(service: Service, process: Process, catalog: Catalog) -> Life:
    moments = [_moment(service, process, release, catalog) for release in releases(catalog)]
    groups = [list(group) for _, group in groupby(moments, key=_Moment.key)]
    before = len(groups.pop(0)) if groups[0][0].state is None else 0
    periods: list[Period] = []
    earlier: _Moment | None = None
    for group in groups:
        periods.append(_period(service, process, group, earlier, catalog))
        earlier = group[0]
    last = next(moment.state for moment in reversed(moments) if moment.state)
    return Life(process.id, last.name, last.summary, tuple(periods), before)


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
    labels = {strategy.id: strategy.label for strategy in catalog.strategies}
    return Period(
        first=first.release.name,
        last=group[-1].release.name,
        count=len(group),
        mode=MODES[state.mode] if state else "",
        strategy=" / ".join(labels[name] for name in state.strategies) if state else "",
        condition=first.condition,
        details=tuple(_details(earlier.state, state, catalog)) if earlier and earlier.state and state else (),
        reasons=tuple(_reasons(service, process, first.release, catalog, arrives=not earlier)),
        remarks=tuple(_remarks(process, group)) if state else (),
    )


def _details(old: Process, new: Process, catalog: Catalog) -> Iterator[str]:
    """What differs beside mode and strategy, in words."""
    if old.name != new.name:
        yield f"Called {new.name or new.id}."
    if old.roles != new.roles:
        names = {role.id: role.name for role in catalog.roles}
        yield f"Runs on: {', '.join(names[role] for role in new.roles)}."
    if old.unit != new.unit:
        names = {platform.id: platform.name for platform in catalog.platforms}
        units = [f"{unit} ({names.get(platform, platform.capitalize())})" for platform, unit in new.unit.items()]
        yield f"Unit: {', '.join(units)}."


def _reasons(
    service: Service, process: Process, release: Release, catalog: Catalog, arrives: bool
) -> Iterator[Remark]:
    """Why a process is different from this release on, as the data says; why it arrives is enough when it does."""
    touching = [option for option in catalog.options if option.id in process.when and not arrives]
    for item in (process, service, *touching):
        for date, reason in ((item.since, item.arrival), (item.removed, item.removal)):
            if date == release.id and reason:
                yield Remark(release.name, reason.why, reason.source)
    for change in process.changes:
        if change.since == release.id:
            yield Remark(release.name, change.why, change.source)


def _remarks(process: Process, group: list[_Moment]) -> Iterator[Remark]:
    """Notes that begin in a release without pages, so that no other page tells since when they hold."""
    for moment in group:
        for note in process.notes:
            if note.since == moment.release.id and not moment.release.platforms:
                yield Remark(moment.release.name, note.text, note.source)
