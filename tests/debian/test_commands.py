"""What scripts of the bundles run is on a real Debian 13, and what other tests believe about its packages is so."""

from __future__ import annotations

from functools import cache

import pytest

from tests.daemons.conftest import BANNER
from tests.debian.conftest import members
from tests.debian.packages import PLATFORM
from tests.debian.root import Root
from tests.invariants.packages import BASE, COMMANDS
from tests.invariants.shell import commands
from tests.invariants.test_commands import BUILTINS, is_looked_for, scripts
from tests.invariants.test_files import FROM_PACKAGES, OWNERS

PATH = ("/usr/sbin", "/usr/bin")


@cache
def commands_of(text: str) -> frozenset[str]:
    """The commands of a script, found once: most scripts are the same on all nodes, but for names."""
    return frozenset(commands(text) - BUILTINS)


@cache
def bringers(debian: Root, command: str) -> frozenset[str]:
    """The packages that bring a command."""
    places = [command] if command.startswith("/") else [f"{folder}/{command}" for folder in PATH]
    return frozenset().union(*(debian.brings(place) for place in places))


def test_every_command_of_a_node_comes_with_its_packages(debian: Root) -> None:
    """dpkg knows a package with the command among those that the node's own packages require, or a script looks."""
    wrong = set()
    looked = 0
    for member in members():
        installed = debian.needed_by(member.packages)
        for where, text in scripts(member):
            for command in commands_of(BANNER.sub("", text).replace(member.node.name, "node")):
                looked += 1
                if not (
                    command in member.files
                    or bringers(debian, command) & installed
                    or is_looked_for(member, command, text)
                ):
                    wrong.add(f"{member.node.name} {where}: {command}")
    assert looked > 10000
    assert sorted(wrong) == []


@pytest.mark.parametrize("name", ["debian", PLATFORM])
def test_the_packages_bring_the_commands_that_tests_count_on(debian: Root, name: str) -> None:
    """Each command of tests/invariants/packages.py is in its package or in one that this requires."""
    ours = {package: list_.split() for package, list_ in COMMANDS[name].items() if package in debian.installed}
    wrong = {
        f"{package}: {command}"
        for package, named in ours.items()
        for command in named
        if not bringers(debian, command) & debian.needed_by([package])
    }
    assert len(ours) > 2
    assert sorted(wrong) == []


def test_the_base_that_tests_count_on_is_on_every_debian(debian: Root) -> None:
    """Each package of it is required by all Debian systems, or comes with the installer."""
    assert sorted(BASE["debian"] - debian.needed_by([])) == []


@pytest.mark.parametrize("name", ["debian", PLATFORM])
def test_the_packages_bring_the_files_that_tests_count_on(debian: Root, name: str) -> None:
    """Each path of tests/invariants/test_files.py is there: the packages brought it, or made it when they came."""
    known = {path: set(packages) & debian.installed.keys() for path, packages in FROM_PACKAGES[name].items()}
    wrong = {path for path, packages in known.items() if not packages or not (debian.folder / path[1:]).exists()}
    assert known
    assert sorted(wrong) == []


def test_the_packages_make_the_accounts_that_tests_count_on(debian: Root) -> None:
    """Each user and group of tests/invariants/test_files.py is there."""
    there = debian.accounts("passwd") & debian.accounts("group")
    assert sorted(OWNERS["debian"].keys() - there) == ["nobody"]  # the group of nobody is nogroup
    assert "nobody" in debian.accounts("passwd")
