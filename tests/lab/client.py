"""A client outside of the nodes that goes on asking while something breaks, and what it saw."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.lab.lab import Lab

PROBE = Path(__file__).with_name("probe.py")


@dataclass(frozen=True)
class Request:
    """One request of a client."""

    begun: float
    """Seconds of the monotonic clock, which is the same in every namespace."""
    took: float
    status: str

    @property
    def failed(self) -> bool:
        """Whether the client got no answer that it can use."""
        return not self.status.isdigit() or int(self.status) >= 500


@dataclass
class Client:
    """What a client saw, in order."""

    requests: list[Request] = field(default_factory=list)

    def outages(self) -> list[float]:
        """The seconds of each run of failed requests, from the first that failed to the first that did not."""
        found: list[float] = []
        since: float | None = None
        for request in self.requests:
            if request.failed and since is None:
                since = request.begun
            elif not request.failed and since is not None:
                found.append(round(request.begun + request.took - since, 3))
                since = None
        if since is not None:
            found.append(float("inf"))
        return found


@contextmanager
def asking(lab: Lab, port: int, path: str, pause: float = 0.05) -> Iterator[Client]:
    """A client that asks the virtual IP while the block runs; what it saw is there afterwards."""
    command = lab.enclosure.entering(sys.executable, PROBE, lab.virtual_ip, str(port), path, str(pause))
    seen = Client()
    # In a group of its own, since nsenter does not hand a signal on to what it runs.
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True) as process:
        try:
            yield seen
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            said, _ = process.communicate()
            for line in said.splitlines():
                begun, took, status = line.split()
                seen.requests.append(Request(float(begun), float(took), status))
