"""Boot one node of the lab and wait to be killed: what is left of it then is what a killed test run leaves."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from tests.lab.lab import lab
from tests.lab.site import topology


def main() -> None:
    """Say `up` when the node runs."""
    with lab(Path(sys.argv[1]), topology()) as made:
        next(iter(made.nodes.values())).power_on("basic.target")
        sys.stdout.write("up\n")
        sys.stdout.flush()
        time.sleep(600)


if __name__ == "__main__":
    main()
