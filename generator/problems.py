"""Mistakes in the input: collected, sorted and reported all at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import PurePath

Step = str | int
Path = tuple[Step, ...]


@dataclass(frozen=True, order=True)
class Place:
    """Where in the input something stands: a file, and the keys that lead there."""

    file: str
    path: Path = ()

    def __truediv__(self, step: Step) -> Place:
        """The place one key or index further in."""
        return Place(self.file, (*self.path, step))

    def below(self, folder: PurePath) -> Place:
        """The same place, its file seen from outside of the data folder."""
        return Place(str(folder / self.file), self.path)

    def touches(self, other: Place) -> bool:
        """Whether one of the two places lies within the other; whole lists and files are too wide to count."""
        short, long = sorted((self.path, other.path), key=len)
        within = long[: len(short)] == short and bool(short)
        return self.file == other.file and within and (short == long or isinstance(long[len(short)], str))

    def dotted(self) -> str:
        """The path for people: `processes[2].ports[0].number`."""
        text = ""
        for step in self.path:
            text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
        return text


@dataclass(frozen=True)
class Problem:
    """One mistake: a stable code, where it is, what is wrong and how to mend it."""

    code: str
    place: Place
    message: str
    hint: str = ""
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        position = f":{self.line}:{self.column}" if self.line else ""
        path = f" {self.place.dotted()}" if self.place.path else ""
        hint = f"\n    hint: {self.hint}" if self.hint else ""
        return f"{self.place.file}{position}: {self.code}{path}: {self.message}{hint}"


class Problems(Exception):
    """Raised once with every mistake that was found, in the order of files and lines."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        unique = dict.fromkeys(problems)
        self.problems = tuple(
            sorted(unique, key=lambda item: (item.place.file, item.line, item.column, item.code, item.message))
        )
        super().__init__("\n".join(map(str, self.problems)))


def known(word: str, candidates: Iterable[str]) -> str:
    """A hint for an unknown `word`: the nearest candidate when one is near, else all of them."""
    choices = list(dict.fromkeys(candidates))
    near = nearest(word, choices)
    if near:
        return f"did you mean {near!r}?"
    if not choices:
        return "none is defined yet"
    return f"known: {', '.join(choices)}"


def nearest(word: str, candidates: Iterable[str]) -> str:
    """The candidate that an unknown `word` most probably means, or nothing when none is near."""
    return next(iter(get_close_matches(word, list(candidates), n=1, cutoff=0.6)), "")
