"""What the status of a release means for whoever runs it, and on which days it changes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from generator.model import Release
from generator.snapshot import Snapshot

MEANING = {
    "development": "It is not released yet, and what these pages say may still change.",
    "maintained": "The project teams of OpenStack mend faults and security holes in it.",
    "unmaintained": (
        "The project teams of OpenStack no longer look after it: there are no further releases of it, and a fix for a "
        "security hole comes from volunteers or from the distribution, or not at all."
    ),
    "end-of-life": "Its branches are closed: OpenStack mends nothing in it, not even security holes.",
}
"""What each status means for the reader.

https://governance.openstack.org/tc/resolutions/20230724-unmaintained-branches.html
"""

LEAD = ("maintained", "development", "unmaintained", "end-of-life")
"""Order of releases on the front page."""


@dataclass(frozen=True)
class Standing:
    """Where a release stands: since when, what that means, and what comes next by the schedule."""

    since: str
    meaning: str
    outlook: str


def standing(release: Release) -> Standing:
    """The status of a release in words. A day of a status that is yet to come is one of the schedule."""
    since = {"maintained": release.released, "unmaintained": release.unmaintained, "end-of-life": release.ended}
    outlook = ""
    if release.status in ("development", "maintained") and release.unmaintained:
        outlook = f"unmaintained from {release.unmaintained} on"
    elif release.status != "end-of-life" and release.ended:
        outlook = f"end of life on {release.ended}"
    return Standing(since.get(release.status, ""), MEANING[release.status], outlook)


def overview(snapshot: Snapshot) -> dict[str, object]:
    """The names that the overview of a release uses for its status, and for the releases one may go to from it."""
    return {"standing": standing(snapshot.release), "successors": snapshot.successors}


def leading_first(releases: Iterable[Release]) -> tuple[Release, ...]:
    """Releases by what a reader should take: maintained ones first, and among equals in the order given."""
    return tuple(sorted(releases, key=lambda release: LEAD.index(release.status)))
