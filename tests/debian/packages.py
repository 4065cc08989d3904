"""Every package that a published site on Debian 13 installs: `python -m tests.debian.packages` prints them.

With what it prints tools/debian-root makes the root that the tests of this folder look at.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from itertools import product

from generator.deploy import Deployment, deploy
from generator.resolve import resolve
from generator.topology import Topology
from tests.bundled import catalog

PLATFORM = "debian-13"

MACHINE = ("dbus", "iproute2", "kmod", "netbase", "systemd", "systemd-sysv", "udev")
"""What Debian's installer puts on every machine and debootstrap leaves out of its smallest variant."""


def chosen(name: str, topology: Topology, release: str) -> Iterator[tuple[str, Topology]]:
    """A topology with each combination of the choices that a release offers for it, and a name for each."""
    free = [option for option in resolve(catalog(), release).options if not option.follows]
    for choices in product(*(option.choices for option in free)):
        made = {option.id: choice.id for option, choice in zip(free, choices, strict=True)}
        others = (choice.id for option, choice in zip(free, choices, strict=True) if choice != option.choices[0])
        yield "-".join((name, *others)), replace(topology, options={**topology.options, **made})


@cache
def deployments() -> tuple[Deployment, ...]:
    """Every site on Debian 13: releases, reference topologies, and every combination of choices."""
    data = catalog()
    found = tuple(
        deploy(resolve(data, release.id), name, topology, PLATFORM, reference=True)
        for release in data.published
        if PLATFORM in release.platforms
        for reference_name, reference in data.topologies.items()
        for name, topology in chosen(reference_name, reference, release.id)
    )
    assert found, f"no release is published on {PLATFORM}"
    return found


def packages() -> list[str]:
    """The packages of all nodes of all sites, sorted."""
    named = {name for site in deployments() for node in site.bundled for name in site.packages_on(node)}
    return sorted(named)


if __name__ == "__main__":
    sys.stdout.write("".join(f"{name}\n" for name in sorted({*packages(), *MACHINE})))
