"""The life of a process over all releases: the table of its periods, its row of the matrix, and both for programs."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby

from generator.model import Release
from generator.views.api import VERSION


@dataclass(frozen=True)
class Remark:
    """Something that is said of a process from a release on, and where it comes from."""

    release: Release
    text: str
    source: str

    def as_json(self) -> dict[str, str]:
        """The remark for programs."""
        return {"since": self.release.id, "text": self.text, "source": self.source}


@dataclass(frozen=True)
class Period:
    """Neighbouring releases in which a process stays the same; without a mode when it is gone."""

    first: Release
    last: Release
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
            return f"from {self.first.name}"
        return self.first.name if self.first == self.last else f"{self.first.name} to {self.last.name}"

    def as_json(self) -> dict[str, object]:
        """The period for programs; `last` is the newest release that the history covers when it goes on."""
        return {
            "first": self.first.id,
            "last": self.last.id,
            "mode": self.mode,
            "strategy": self.strategy,
            "condition": self.condition,
            "details": list(self.details),
            "reasons": [item.as_json() for item in self.reasons],
            "remarks": [item.as_json() for item in self.remarks],
        }


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
    """Name to show beside the id, where the newest release with the process gives it one."""
    summary: str
    periods: tuple[Period, ...]
    before: int
    """Number of releases before it came."""

    def cells(self) -> list[Cell]:
        """Its row of the matrix: all releases, without what does not touch mode, strategy or condition."""
        row = [Cell(self.before)] if self.before else []
        for (mode, strategy, condition), group in groupby(
            self.periods, key=lambda period: (period.mode, period.strategy, period.condition)
        ):
            row.append(Cell(sum(period.count for period in group), mode, strategy, condition))
        return row


@dataclass(frozen=True)
class ServiceLives:
    """The processes that a service ever had."""

    id: str
    name: str
    lives: tuple[Life, ...]


@dataclass(frozen=True)
class History:
    """All releases up to the newest published one, and the lives of all processes in them, in install order."""

    releases: tuple[Release, ...]
    services: tuple[ServiceLives, ...]

    def as_json(self, revision: str) -> dict[str, object]:
        """The content of api/v1/history.json."""
        return {
            "$schema": "history.schema.json",
            "version": VERSION,
            "revision": revision,
            "releases": [release.id for release in self.releases],
            "processes": [
                {
                    "service": service.id,
                    "id": life.id,
                    "name": life.name,
                    "summary": life.summary,
                    "periods": [period.as_json() for period in life.periods],
                }
                for service in self.services
                for life in service.lives
            ],
        }


def schema() -> dict[str, object]:
    """JSON Schema (2020-12) of api/v1/history.json; it may gain keys, but lose none within a version."""
    text: dict[str, object] = {"type": "string"}
    texts = _list(text)
    remarks = _list(_object(since=text, text=text, source=text))
    period = _object(
        first=text,
        last=text,
        mode={"enum": ["A/A", "A/P", ""], "description": "Empty when the process is gone."},
        strategy=text,
        condition=text,
        details=texts,
        reasons=remarks,
        remarks=remarks,
    )
    process = _object(service=text, id=text, name=text, summary=text, periods=_list(period))
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "History of every process of the HA guide",
        **_object(version=text, revision=text, releases=texts, processes=_list(process)),
    }


def _object(**properties: dict[str, object]) -> dict[str, object]:
    return {"type": "object", "required": list(properties), "properties": properties}


def _list(item: dict[str, object]) -> dict[str, object]:
    return {"type": "array", "items": item}
