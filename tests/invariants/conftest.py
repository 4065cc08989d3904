"""Each invariant is looked at in every published site: releases, platforms and reference topologies."""

from __future__ import annotations

import pytest

from tests.fleets import fleets


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give every test that asks for a `fleet` each one in turn."""
    if "fleet" in metafunc.fixturenames:
        metafunc.parametrize("fleet", fleets(), ids=[fleet.name for fleet in fleets()])
