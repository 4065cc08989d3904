"""What the lab's clients write down and how it is summed up, without a lab."""

from __future__ import annotations

import itertools
import json
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import cast

from generator.model.evidence import Seen
from tests.lab.client import Client, Order
from tests.lab.clients import Clients
from tests.lab.lab import Lab
from tests.lab.seen import Request, are_well, confirmed, outages, read_line, sum_up, with_pending, within
from tests.lab.workload.loop import WentWrong, repeat
from tests.lab.workload.site import Site


class Time:
    """A clock that only moves when somebody waits."""

    def __init__(self) -> None:
        self.now = 100.0

    def read(self) -> float:
        """The moment."""
        return self.now

    def pass_by(self, seconds: float) -> None:
        """Wait."""
        self.now += seconds


def lines(time: Time, requests: Sequence[Callable[[], int | None]], sleep: Callable[[float], None]) -> list[dict]:
    """What is written about these requests, one each second with a timeout of half a second."""
    rest = iter(requests)
    written = repeat(lambda: next(rest)(), 1.0, 0.5, time.read, sleep)
    return [json.loads(line) for line in itertools.islice(written, len(requests))]


def lasting(time: Time, seconds: float, stored: int | None = None, problem: str = "") -> Callable[[], int | None]:
    """A request that takes a while and then gives a number or fails."""

    def request() -> int | None:
        time.pass_by(seconds)
        if problem:
            raise WentWrong(problem)
        return stored

    return request


def test_requests_begin_at_a_fixed_pace_and_after_a_long_one_at_once() -> None:
    """The time that a request took does not shift the next one, unless it took longer than the pace."""
    time = Time()
    requests = [lasting(time, 0.1), lasting(time, 1.5), lasting(time, 0.2), lasting(time, 0.1)]
    found = lines(time, requests, time.pass_by)
    assert [line["begun"] for line in found] == [100.0, 101.0, 102.5, 103.5]
    assert [line["took"] for line in found] == [0.1, 1.5, 0.2, 0.1]
    assert [line["late"] for line in found] == [0.0, 0.0, 0.0, 0.0]


def test_a_client_that_wakes_too_late_says_so() -> None:
    """Time that passed without waiting for a reply is the machine's, and the pace goes on from the plan."""
    time = Time()
    found = lines(time, [lasting(time, 0.1)] * 3, lambda seconds: time.pass_by(seconds + 0.3))
    assert [line["begun"] for line in found] == [100.0, 101.3, 102.3]
    assert [line["late"] for line in found] == [0.0, 0.3, 0.3]


def test_a_line_says_what_went_wrong_and_what_is_stored() -> None:
    """An exception and an answer after the timeout are failures; a late confirmation is still one."""
    time = Time()
    requests = [lasting(time, 0.1, 7), lasting(time, 0.2, problem="status 503"), lasting(time, 0.6, 9)]
    assert lines(time, requests, time.pass_by) == [
        {"begun": 100.0, "late": 0.0, "id": 7, "wrong": "", "took": 0.1},
        {"begun": 101.0, "late": 0.0, "wrong": "WentWrong: status 503", "took": 0.2},
        {"begun": 102.0, "late": 0.0, "id": 9, "wrong": "took longer than 0.5 s", "took": 0.6},
    ]


def test_an_outage_lasts_from_the_first_failure_to_the_end_of_what_worked() -> None:
    """Each run of failures is one outage; one that is still going on lasts until the end of the period."""
    ok, bad = "", "refused"
    requests = [Request(begun, 0.25, wrong=wrong) for begun, wrong in enumerate([ok, bad, bad, ok, bad, ok, ok, bad])]
    assert outages(requests, 9.0) == (2.25, 1.25, 2.0)
    assert outages(requests[:1], 9.0) == ()


def test_a_request_that_is_never_answered_is_seen_too() -> None:
    """No line for longer than a request may take is a request that waits; within that time nothing is known."""
    requests = [Request(10.0, 0.25)]
    assert with_pending(requests, 0.5, 1.0, 11.5) == requests
    assert with_pending(requests, 0.5, 1.0, 14.5) == [*requests, Request(10.5, 4.0, wrong="no answer yet")]
    assert with_pending([], 0.5, 1.0, 14.5) == []


def test_a_period_is_summed_up() -> None:
    """Requests count by when they began; the slowest one is the slowest of those that worked."""
    requests = [
        Request(9.9, 9.0),
        Request(10.0, 0.125, late=0.25, id=1),
        Request(11.0, 1.0, wrong="TimeoutError: timed out"),
        Request(12.0, 0.5, id=3),
        Request(13.5, 0.25, wrong="late", id=4),
        Request(15.1, 0.0, id=5),
    ]
    chosen = within(requests, 10.0, 15.0)
    assert sum_up("queue", chosen, 15.0) == Seen(
        client="queue", requests=4, failed=2, outages=(1.5, 1.5), longest=0.5, stall=0.25
    )
    assert confirmed(chosen) == {1, 3, 4}
    assert sum_up("queue", [], 15.0) == Seen(
        client="queue", requests=0, failed=0, outages=(), longest=0.0, stall=0.0
    )  # fmt: skip


def test_a_client_is_well_when_its_last_requests_worked() -> None:
    """A client that has not asked often enough is not well yet."""
    requests = [Request(1.0, 0.1, wrong="refused"), Request(2.0, 0.1), Request(3.0, 0.1)]
    assert [are_well(requests, many) for many in (1, 2, 3, 4)] == [True, True, False, False]


def test_a_line_of_a_client_is_read_as_the_request_that_it_was() -> None:
    """The number is there only where something was stored."""
    assert read_line('{"begun": 1.5, "late": 0.0, "id": 4, "wrong": "", "took": 0.25}') == Request(1.5, 0.25, id=4)
    assert read_line('{"begun": 1.5, "late": 0.5, "wrong": "gone", "took": 1.0}') == Request(1.5, 1.0, 0.5, "gone")


def test_a_period_is_found_in_a_long_file_without_reading_all(tmp_path: Path) -> None:
    """The first and the last request of the period are there, wherever it lies; half a line at the end is left out."""
    file = tmp_path / "clock.jsonl"
    time = Time()
    time.now = 0.0
    text = itertools.islice(repeat(lambda: None, 0.5, 1.0, time.read, time.pass_by), 20000)
    file.write_text("\n".join(text) + '\n{"begun": 10000.0, "late"')
    with subprocess.Popen(["true"]) as ended:
        pass
    client = Client(Order("clock", "clock", 0.5, 1.0), ended, file, file)
    for begin, end in ((0.0, 3.0), (1.5, 1.5), (4321.0, 4400.25), (9990.0, 20000.0)):
        expected = [number / 2 for number in range(20000) if begin <= number / 2 <= end]
        assert [request.begun for request in client.recorded(begin, end)] == expected


def test_a_message_is_not_lost_when_its_reader_waited_since_before_the_period(tmp_path: Path) -> None:
    """Only what was confirmed within the period and never read is lost."""
    written = {
        "queue": [(499.0, 1), (500.0, 2), (501.0, 3), (503.0, 4)],
        "queue-read": [(498.0, 1), (499.5, 2)],
    }
    clients = Clients(cast("Lab", None), cast("Site", None))
    with subprocess.Popen(["sleep", "60"]) as running:
        for name, pairs in written.items():
            file = tmp_path / name
            said = [{"begun": begun, "took": 0.5, "late": 0, "wrong": "", "id": number} for begun, number in pairs]
            file.write_text("".join(json.dumps(line) + "\n" for line in said))
            clients.each[name] = Client(Order(name, name, 1.0, 1.0), running, file, file)
        assert clients.lost_messages(499.75, 502.0, timeout=0) == [3]
        running.kill()
