"""What the short and the full lab have in common."""

from __future__ import annotations

from pathlib import Path

import pytest

BASE = Path(__file__).parents[2] / ".cache/debian-13"


@pytest.fixture(scope="session")
def base() -> Path:
    """The Debian 13 below all nodes."""
    assert (BASE / "etc/made-by-debian-root").exists(), "there is no Debian 13 in .cache: `make test` makes it"
    return BASE
