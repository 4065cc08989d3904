"""The root, and what the bundles of Debian 13 hold."""

from __future__ import annotations

from functools import cache

import pytest

from tests.debian.packages import MACHINE, deployments, packages
from tests.debian.root import FOLDER, Root
from tests.fleets import Fleet, Member


@cache
def sites() -> tuple[Fleet, ...]:
    """Every site on Debian 13: all releases, reference topologies and choices."""
    return tuple(Fleet(deployment) for deployment in deployments())


@cache
def members() -> tuple[Member, ...]:
    """Every node of those sites that gets a bundle."""
    return tuple(member for site in sites() for member in site.members)


@pytest.fixture(scope="session")
def debian() -> Root:
    """The Debian 13 with everything that the data names."""
    root = Root(FOLDER)
    assert (root.folder / "etc/made-by-debian-root").exists(), f"{FOLDER} is missing: `make test` makes it, as root"
    missing = sorted({*packages(), *MACHINE} - root.providers.keys())
    assert missing == [], f"{FOLDER} was made for other data and lacks these packages: `make test` makes it anew"
    return root
