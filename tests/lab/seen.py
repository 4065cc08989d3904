"""What clients saw in a period of time: pure sums over the lines that they wrote."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from generator.model.evidence import Seen


@dataclass(frozen=True, slots=True)
class Request:
    """One request of a client."""

    begun: float
    """Seconds of the monotonic clock, which is the same in every namespace."""
    took: float
    late: float = 0.0
    """Seconds by which it began too late, without waiting for a reply."""
    wrong: str = ""
    """What went wrong; nothing where it worked."""
    id: int | None = None
    """The number that the site has confirmed to have stored, even where the confirmation came too late."""

    @property
    def ended(self) -> float:
        """When the answer was there, or the client gave up."""
        return self.begun + self.took


def read_line(line: str) -> Request:
    """A request from the line that a client wrote about it."""
    said = json.loads(line)
    return Request(said["begun"], said["took"], said["late"], said["wrong"], said.get("id"))


def within(requests: Iterable[Request], begin: float, end: float) -> list[Request]:
    """The requests that began in a period."""
    return [request for request in requests if begin <= request.begun <= end]


def with_pending(requests: Sequence[Request], every: float, timeout: float, now: float) -> list[Request]:
    """The requests, and the one that must still be waiting when the last line is older than a request may take."""
    if not requests:
        return []
    last = requests[-1]
    begun = max(last.begun + every, last.ended)
    if now - begun <= timeout:
        return list(requests)
    return [*requests, Request(begun, round(now - begun, 4), wrong="no answer yet")]


def outages(requests: Iterable[Request], end: float) -> tuple[float, ...]:
    """Seconds of each run of failed requests; one that did not end counts until the end of the period."""
    found: list[float] = []
    since: float | None = None
    for request in requests:
        if request.wrong and since is None:
            since = request.begun
        elif not request.wrong and since is not None:
            found.append(round(request.ended - since, 3))
            since = None
    if since is not None:
        found.append(round(max(0.0, end - since), 3))
    return tuple(found)


def sum_up(client: str, requests: Sequence[Request], end: float) -> Seen:
    """What a client saw with these requests of a period with that end."""
    return Seen(
        client=client,
        requests=len(requests),
        failed=sum(bool(request.wrong) for request in requests),
        outages=outages(requests, end),
        longest=round(max((request.took for request in requests if not request.wrong), default=0.0), 3),
        stall=round(max((request.late for request in requests), default=0.0), 3),
    )


def confirmed(requests: Iterable[Request]) -> set[int]:
    """The numbers that the site said it had stored."""
    return {request.id for request in requests if request.id is not None}


def are_well(requests: Sequence[Request], many: int) -> bool:
    """Whether the last so many requests worked, and there were that many."""
    return len(requests) >= many and not any(request.wrong for request in requests[-many:])
