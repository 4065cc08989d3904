"""What is installed on a node before its first step, and after it."""

from __future__ import annotations

from tests.fleets import Member

BASE = {
    # What the group Core of CentOS 7 brings, or what its packages require.
    "centos-7": {
        "bash", "coreutils", "diffutils", "gawk", "glibc", "grep", "initscripts", "iputils", "kmod", "libselinux-utils",
        "policycoreutils", "procps-ng", "rpm", "sed", "setup", "shadow-utils", "systemd", "util-linux", "yum",
        "findutils", "python",
    },
}  # fmt: skip
"""The packages of the smallest installation of each platform, as far as bundles count on them."""


def installed(member: Member) -> frozenset[str]:
    """The packages of a node once its first step is done."""
    return member.packages | BASE[member.fleet.deployment.platform.id]
