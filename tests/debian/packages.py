"""Every package that a published site on Debian 13 installs: `python -m tests.debian.packages` prints them.

With what it prints tools/debian-root makes the root that the tests of this folder look at.
"""

from __future__ import annotations

import sys

from tests.fleets import Fleet, fleets

PLATFORM = "debian-13"

MACHINE = ("dbus", "iproute2", "kmod", "netbase", "systemd", "systemd-sysv", "udev")
"""What Debian's installer puts on every machine and debootstrap leaves out of its smallest variant."""


def sites() -> tuple[Fleet, ...]:
    """Every site on Debian 13: releases, reference topologies, and choices."""
    found = tuple(fleet for fleet in fleets() if fleet.deployment.platform.id == PLATFORM)
    assert found, f"no release is published on {PLATFORM}"
    return found


def packages() -> list[str]:
    """The packages of all nodes of all sites, sorted."""
    return sorted({name for site in sites() for member in site.members for name in member.packages})


if __name__ == "__main__":
    sys.stdout.write("".join(f"{name}\n" for name in sorted({*packages(), *MACHINE})))
