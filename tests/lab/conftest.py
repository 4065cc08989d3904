"""One lab for all tests of this folder: it takes long to make, and each test leaves it well."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.lab import Lab, lab
from tests.lab.site import Bundles, bring, carry_out, make_bundles

BASE = Path(os.environ.get("DEBIAN_ROOT", ".cache/debian-13")).resolve()

SUPPORT = ("base", "haproxy", "galera", "rabbitmq", "memcached", "redis", "keepalived")
"""The services that everything else stands on."""


@pytest.fixture(scope="session")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> Bundles:
    """Filled bundles for the lab's site, of Epoxy."""
    return make_bundles(tmp_path_factory.mktemp("site"), "epoxy")


@pytest.fixture(scope="session")
def site(bundles: Bundles) -> Iterator[Lab]:
    """Three nodes with all files in place and the support services started, by nothing but the bundles."""
    with lab(BASE) as made:
        made.power_on()
        bring(bundles, made.nodes.values())
        for step in bundles.order():
            if step.service in SUPPORT:
                carry_out(step, [made.nodes[name] for name in step.nodes if name in made.nodes])
        yield made
