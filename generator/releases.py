"""The order of OpenStack releases, and what holds at one of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol, TypeVar


class Windowed(Protocol):
    """Anything that comes with a release (`since`) and goes with a later one (`removed`)."""

    @property
    def since(self) -> str:
        """First release with it, or nothing."""

    @property
    def removed(self) -> str:
        """First release without it, or nothing."""


W = TypeVar("W", bound=Windowed)


class Timeline:
    """Release ids from oldest to newest; answers which of two is older.

    An empty string stands for an open end: as `since` it means "always there",
    as `removed` it means "still there".
    """

    def __init__(self, release_ids: Sequence[str]) -> None:
        self._position = {release: number for number, release in enumerate(release_ids)}
        self.ids = tuple(release_ids)

    def __contains__(self, release: object) -> bool:
        return release in self._position

    def before(self, release: str, other: str) -> bool:
        """Whether `release` is older than `other`. Raises KeyError for an unknown id."""
        return self._position[release] < self._position[other]

    def covers(self, window: Windowed, release: str) -> bool:
        """Whether `release` lies in the half-open window [since, removed)."""
        if window.since and self.before(release, window.since):
            return False
        return not window.removed or self.before(release, window.removed)

    def at(self, items: Iterable[W], release: str) -> tuple[W, ...]:
        """The items whose window covers `release`, in their own order."""
        return tuple(item for item in items if self.covers(item, release))

    def overlap(self, one: Windowed, other: Windowed) -> bool:
        """Whether two windows share at least one release."""
        return any(self.covers(one, release) and self.covers(other, release) for release in self.ids)
