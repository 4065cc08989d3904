"""Run a client, or do one of the jobs around: what it is, and all that it needs, is the first line on standard input.

A client runs until its standard input ends, which is at the latest when the process that started it is gone.

Each line on standard output is a request (`tests.lab.workload.loop`) or the one answer of a job.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from typing import Any

from tests.lab.workload import apis
from tests.lab.workload.kinds import KINDS
from tests.lab.workload.loop import repeat
from tests.lab.workload.prepare import declare_queue, missing_in_valkey, prepare
from tests.lab.workload.site import Site


def main() -> None:
    """What the order on standard input says."""
    order = json.loads(sys.stdin.readline())
    site = Site(**order["site"])
    if order["do"] != "repeat":
        sys.stdout.write(json.dumps(carry_out(order, site)))
        return
    threading.Thread(target=end_with_input, daemon=True).start()
    timeout = order["timeout"]
    if order["kind"] == "http":
        request = apis.web(order["address"], order["port"], order["path"], site.host, timeout)
    else:
        request = KINDS[order["kind"]].make(site, timeout)
    for line in repeat(request, order["every"], timeout, time.monotonic, time.sleep):
        sys.stdout.write(line + "\n")
        sys.stdout.flush()


def end_with_input() -> None:
    """End the process when there will be no more input, whatever it is waiting for."""
    while os.read(0, 1):
        pass
    os._exit(0)


def carry_out(order: dict[str, Any], site: Site) -> Any:
    """The answer of a job: `prepare`, `waiting` messages in the queue, numbers `missing` in Valkey."""
    if order["do"] == "prepare":
        return prepare(site, order["kinds"])
    if order["do"] == "waiting":
        return declare_queue(site).message_count
    assert order["do"] == "missing"
    return missing_in_valkey(site, order["numbers"])


if __name__ == "__main__":
    main()
