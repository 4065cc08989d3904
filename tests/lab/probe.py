"""Ask an HTTP address again and again, as a client of the site does: probe.py ADDRESS PORT PATH PAUSE.

Each line on standard output is one request: when it began, in seconds of the monotonic clock, how long it took, and
the status of the answer, or the name of what went wrong. Runs until it is stopped.
"""

from __future__ import annotations

import http.client
import sys
import time

TIMEOUT = 1.0
"""Seconds after which a request counts as failed."""


def ask(address: str, port: int, path: str) -> str:
    """The status of the answer, or the name of the exception, over a connection of its own."""
    connection = http.client.HTTPConnection(address, port, timeout=TIMEOUT)
    try:
        connection.request("GET", path, headers={"Connection": "close"})
        return str(connection.getresponse().status)
    except (OSError, http.client.HTTPException) as problem:
        return type(problem).__name__
    finally:
        connection.close()


def main() -> None:
    """Ask until the reader is gone."""
    address, port, path, pause = sys.argv[1:]
    while True:
        begun = time.monotonic()
        status = ask(address, int(port), path)
        sys.stdout.write(f"{begun:.3f} {time.monotonic() - begun:.3f} {status}\n")
        sys.stdout.flush()
        time.sleep(max(0.0, begun + float(pause) - time.monotonic()))


if __name__ == "__main__":
    main()
