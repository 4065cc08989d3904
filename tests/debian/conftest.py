"""The root, and what the bundles of Debian 13 hold."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from generator.views.bundles import TOKEN
from tests.daemons.conftest import SAMPLE, cases, content
from tests.debian.packages import MACHINE, PLATFORM, packages, sites
from tests.debian.root import FOLDER, Root
from tests.fleets import Member, fleets


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


@cache
def modern() -> tuple[Member, ...]:
    """Every node whose platform is of Debian's family, for programs that differ little from one to the other."""
    others = (fleet for fleet in fleets() if "debian" in fleet.deployment.platform.names)
    return members() + tuple(
        member for fleet in others if fleet.deployment.platform.id != PLATFORM for member in fleet.members
    )


EACH = """
sysctl -qw net.ipv4.ip_nonlocal_bind=1 net.ipv6.ip_nonlocal_bind=1
export case
for case in /run/input/*/; do
    printf '\\n<%s>\\n' "$(basename "$case")"
    cp -r "$case." /
    sh -eu /run/input/script 2>&1 || echo "exit code $?"
done
"""
"""The same for each case, one after the other on one root: its files come over those of the case before.

A daemon may bind the address of any node.
"""

Each = Callable[..., dict[str, str]]


@pytest.fixture
def each(debian: Root, tmp_path: Path, request: pytest.FixtureRequest) -> Each:
    """A function that runs a script for each content of files, which lie in their places, and gives what it said.

    It takes the script, the patterns of the files, the first of which each case has, and the nodes to look at. A script
    for all `at_once` finds a folder for each in /run/input, and says <NAME> in a line of its own before each.
    """

    def run_each(script: str, *patterns: str, among: tuple[Member, ...], at_once: bool = False) -> dict[str, str]:
        found = cases(*patterns, among=among)
        for case in found:
            for path, text in content(case.member, patterns):
                file = tmp_path / case.name / path.removeprefix("rootfs/")
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(TOKEN.sub(SAMPLE, text))
                file.chmod(case.member.tree[path].mode)
        (tmp_path / "script").write_text(script)
        done = debian.run(script if at_once else EACH, tmp_path)
        assert done.returncode == 0, done.stderr
        parts = re.split(r"^<(\S+)>\n", done.stdout, flags=re.MULTILINE)[1:]
        told = {name: text.strip() for name, text in zip(parts[::2], parts[1::2], strict=True)}
        assert sorted(told) == sorted(case.name for case in found)
        words = request.function.__name__.removeprefix("test_").replace("_", " ")
        request.node.user_properties.append((f"bundles, {words}", sum(len(case.members) for case in found)))
        return told

    return run_each
