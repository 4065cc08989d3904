"""One request after another at a fixed pace, and a line about each."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

Clock = Callable[[], float]


class WentWrong(Exception):
    """An answer that no client could use; the message says what came."""


def describe(problem: Exception) -> str:
    """What went wrong, in a few words."""
    return f"{type(problem).__name__}: {problem}"[:160]


def repeat(
    request: Callable[[], int | None], every: float, timeout: float, clock: Clock, sleep: Callable[[float], None]
) -> Iterator[str]:
    """Make a request every so many seconds for ever, and give a line of JSON for each.

    A line holds when it began (`begun`, seconds of the clock), how long it took, by how much it began too late although
    no reply was waited for (`late`), what went wrong or nothing, and the number that the site has confirmed to have
    stored. A request which takes longer than `timeout` seconds went wrong, whatever it brought. After one that took
    longer than the pace, the next begins at once.
    """
    planned = clock()
    while True:
        begun = clock()
        line: dict[str, Any] = {"begun": round(begun, 4), "late": round(max(0.0, begun - planned), 4)}
        try:
            stored = request()
            line["id"] = stored
            line["wrong"] = ""
        except Exception as problem:  # noqa: BLE001 - whatever a library raises, the request has failed
            line["wrong"] = describe(problem)
        ended = clock()
        line["took"] = round(ended - begun, 4)
        if not line["wrong"] and ended - begun > timeout:
            line["wrong"] = f"took longer than {timeout:g} s"
        yield json.dumps({key: value for key, value in line.items() if value is not None})
        planned = max(planned + every, ended)
        sleep(max(0.0, planned - clock()))
