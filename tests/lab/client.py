"""One client of a site: how it was started, and what it has written down so far."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from tests.lab.seen import Request, read_line, with_pending, within


@dataclass(frozen=True)
class Order:
    """A client to start."""

    name: str
    kind: str
    every: float
    timeout: float
    target: Mapping[str, Any] = field(default_factory=dict)
    """What a client of kind `http` asks: address, port, path."""


@dataclass(frozen=True)
class Client:
    """A client that runs."""

    order: Order
    process: subprocess.Popen[bytes]
    lines: Path
    errors: Path

    def requests(self, begin: float = 0.0, end: float = float("inf")) -> list[Request]:
        """Its requests of a period, in order, and one that still waits. Raises AssertionError when it has ended."""
        assert self.process.poll() is None, f"{self.order.name} has ended: {self.errors.read_text()[-2000:]}"
        return self.recorded(begin, end)

    def recorded(self, begin: float, end: float) -> list[Request]:
        """The same without a look at whether it lives."""
        with self.lines.open("rb") as stream:
            size = stream.seek(0, os.SEEK_END)
            stream.seek(_before(stream, begin, size))
            found = [read_line(line.decode()) for line in stream if line.endswith(b"\n")]
        if found and self.process.poll() is None:
            found = with_pending(found, self.order.every, self.order.timeout, time.monotonic())
        return within(found, begin, end)


def _before(stream: IO[bytes], begin: float, size: int) -> int:
    """Where a line starts that was written before a moment, close to it; the lines are in order of time."""
    low, high = 0, size
    while high - low > 65536:
        middle = (low + high) // 2
        stream.seek(middle)
        stream.readline()
        line = stream.readline()
        if line.endswith(b"\n") and read_line(line.decode()).ended < begin:
            low = middle
        else:
            high = middle
    stream.seek(low)
    return low if low == 0 else low + len(stream.readline())
