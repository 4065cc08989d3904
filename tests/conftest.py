"""Options and places that several tests use."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# The same examples on every machine and in every run: a test that fails here fails for everybody.
settings.register_profile(
    "same", derandomize=True, database=None, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("same")

TINY = Path(__file__).parent / "tiny" / "data"


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--update-golden` rewrites tests/golden/ in place of comparing with it."""
    parser.addoption("--update-golden", action="store_true", help="write the expected results in tests/golden anew")


def pytest_configure(config: pytest.Config) -> None:
    """Refuse to rewrite the expected results where nobody would read the difference."""
    if not config.getoption("--update-golden"):
        return
    if os.environ.get("CI", "").lower() == "true":
        raise pytest.UsageError("--update-golden is for people who read the difference: it does not run under CI=true")
    if hasattr(config, "workerinput") or config.getoption("numprocesses", None):
        raise pytest.UsageError("--update-golden writes files and needs a single process: add -n 0")


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    """A copy of the tiny data set that a test may spoil."""
    return Path(shutil.copytree(TINY, tmp_path / "data"))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what the tests counted: how much of the original guide the bundles hold, how many bundles programs read.

    Numbers are added up over the runs of a test; a text stands as it is.
    """
    counted: dict[str, dict[str, object]] = {}
    for reports in terminalreporter.stats.values():
        for report in (item for item in reports if getattr(item, "when", "") == "call"):
            for name, value in report.user_properties:
                counted.setdefault(name, {})[report.nodeid] = value
    if counted:
        terminalreporter.section("counted")
    for name, values in sorted(counted.items()):
        numbers = [value for value in values.values() if isinstance(value, int)]
        shown = f"{sum(numbers)} in {len(numbers)} runs" if numbers else ", ".join(sorted(map(str, values.values())))
        terminalreporter.write_line(f"{name}: {shown}")
