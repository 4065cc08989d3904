"""One lab for all tests of this folder: it takes long to make, and each test leaves it well."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.lab import Lab, lab
from tests.lab.site import Bundles, bring, carry_out, make_bundles, topology

STARTED = ("base", "haproxy", "galera", "rabbitmq", "memcached", "redis", "keepalived", "keystone")
"""The services that the short lab starts: what all others stand on."""


@pytest.fixture(scope="session")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> Bundles:
    """Filled bundles for the lab's site, of Epoxy."""
    return make_bundles(tmp_path_factory.mktemp("site"), "epoxy")


@pytest.fixture(scope="session")
def site(base: Path, bundles: Bundles) -> Iterator[Lab]:
    """Three nodes with all files in place and the first services started, by nothing but the bundles."""
    with lab(base, topology()) as made:
        made.power_on(unit="basic.target")
        bring(bundles, made.nodes.values())
        for step in bundles.order():
            if step.service in STARTED:
                carry_out(step, [made.nodes[name] for name in step.nodes])
        yield made
