"""The page of the upgrade to a release: what breaks, the work in its order, and what differs by the data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from generator.deploy import Deployment, for_platform
from generator.model import Platform, Release, UpgradeNote
from generator.releases import Timeline
from generator.snapshot import Snapshot, UpgradeState
from generator.views import changes, procedures
from generator.views.changes import Difference


@dataclass(frozen=True, kw_only=True)
class Note:
    """A note as an operator reads it: `coming` names the releases from which one meets it.

    `since` is the name of the release that brought it, and each source has a short text for its link.
    """

    note: UpgradeNote
    since: str
    coming: tuple[str, ...]
    sources: tuple[tuple[str, str], ...]
    touches: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Renamed:
    """A process whose unit or packages on a platform differ."""

    platform: str
    process: str
    unit: tuple[str, str]
    gained: tuple[str, ...]
    lost: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Start:
    """A release from which one comes, and what differs from it."""

    release: Release
    skipped: str
    shared: tuple[str, ...]
    left: tuple[str, ...]
    renamed: tuple[Renamed, ...]
    differences: tuple[Difference, ...]


def values(
    timeline: Timeline, earlier: Sequence[Snapshot], after: Snapshot, deployment: Deployment
) -> dict[str, object]:
    """The names that the template of the page uses.

    `earlier` are the releases one may come from and `after` is the one one goes to, all with every choice of
    their options; the steps are those of the deployment. Raises ValueError when there is no upgrade to it.
    """
    state = deployment.snapshot.upgrade
    if state is None:
        raise ValueError(f"nothing is known about the upgrade to {after.release.id}")
    starts = [item.release for item in earlier]
    nearest = starts[0].name
    notes = [_note(timeline, state, after, note) for note in state.notes]
    stages = [
        {
            "stage": stage,
            "notes": [item for item in notes if item.note.stage == stage.id and item.coming],
            "steps": procedures.steps(deployment, stage.steps),
        }
        for stage in state.stages
    ]
    return {
        "title": f"Upgrade to {after.release.name}",
        "description": state.summary,
        "starts": [
            _start(timeline, before, after, "" if before.release.name == nearest else nearest) for before in earlier
        ],
        "stages": stages,
        "notes": [item for item in notes if item.coming],
        "oldest": starts[-1].name,
        "older": [item for item in notes if not item.coming],
    }


def _note(timeline: Timeline, state: UpgradeState, after: Snapshot, note: UpgradeNote) -> Note:
    names = {service.id: service.name for service in after.services}
    return Note(
        note=note,
        since=state.names[note.since],
        coming=tuple(item.name for item in state.starts if timeline.before(item.id, note.since)),
        sources=tuple((_label(url), url) for url in note.sources),
        touches=(*(names.get(name, name) for name in note.services), *note.processes),
    )


def _label(url: str) -> str:
    """A link's text: the host, and the last part of the path."""
    parts = urlsplit(url)
    last = parts.path.rstrip("/").rpartition("/")[2].removesuffix(".html")
    return f"{parts.netloc}: {last}" if last else parts.netloc


def _start(timeline: Timeline, before: Snapshot, after: Snapshot, skipped: str) -> Start:
    """What differs from one release; of one that is not published the data knows no platforms and files."""
    told = bool(before.release.platforms)
    old, new = before.platforms if told else (), after.platforms
    return Start(
        release=before.release,
        skipped=skipped,
        shared=tuple(item.name for item in new if item in old),
        left=tuple(item.name for item in old if item not in new),
        renamed=tuple(row for item in new if item in old for row in _renamed(before, after, item)),
        differences=tuple(changes.differences(timeline, before, after)),
    )


def _renamed(before: Snapshot, after: Snapshot, platform: Platform) -> list[Renamed]:
    """The processes of both releases whose unit or packages on a platform of both are not the same."""
    found = []
    for name, process in after.processes.items():
        if name not in before.processes:
            continue
        old = before.processes[name]
        units = (for_platform(old.unit, platform), for_platform(process.unit, platform))
        had, has = for_platform(old.packages, platform), for_platform(process.packages, platform)
        gained, lost = tuple(item for item in has if item not in had), tuple(item for item in had if item not in has)
        if units[0] != units[1] or gained or lost:
            found.append(Renamed(platform=platform.name, process=name, unit=units, gained=gained, lost=lost))
    return found
