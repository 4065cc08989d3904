"""Shells and shellcheck read every script."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from tests.daemons.conftest import BANNER, all_members, run
from tests.fleets import Fleet, Member, fleets

SHELLS = (b"#!/bin/sh\n", b"#!/bin/bash\n")


@cache
def names(fleet: Fleet) -> re.Pattern[str]:
    """The names and addresses of a site; each is one plain word to a shell, so one is as good as another."""
    topology = fleet.deployment.topology
    words = {node.name for node in topology.nodes}
    words |= {interface.address for node in topology.nodes for interface in node.interfaces.values()} - {""}
    words |= {word for vip in topology.virtual_ips for word in (vip.name, vip.address, vip.dns_name)} - {""}
    longest_first = sorted(words, key=len, reverse=True)
    return re.compile(rf"(?<![\w:.-])(?:{'|'.join(map(re.escape, longest_first))})(?![\w-])")


@cache
def scripts() -> dict[str, list[tuple[Member, str]]]:
    """Every script by its name without the number: the bundles that have it, each with its text."""
    found: dict[str, list[tuple[Member, str]]] = {}
    for member in all_members():
        for path, blob in member.tree.items():
            if blob.data.startswith(SHELLS):
                name = re.sub(r"^[0-9]+-", "", Path(path).name)
                found.setdefault(name, []).append((member, blob.data.decode()))
    return found


DATA = re.compile(r"(<<'([A-Z]+)'[^\n]*\n).*?^(?=\2$)", re.DOTALL | re.MULTILINE)
"""A here-document with a quoted end: a shell reads nothing in it but where it ends."""


def neutral(member: Member, text: str) -> str:
    """A script without what a shell does not read, and what differs only by name: its number, nodes and addresses."""
    words = names(member.fleet).sub("NAME", DATA.sub(r"\1", BANNER.sub("", text)))
    return re.sub(r"\b[0-9]{2,3}-(?=[a-z])|Step [0-9]+|(?<=%-)[0-9]+(?=s)", "", words)


@pytest.mark.parametrize("name", sorted(scripts()))
def test_shell_scripts_are_clean(name: str, tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    """sh -n and shellcheck find nothing in any script of that name; those that differ only by names are read once."""
    distinct = {neutral(member, text): text for member, text in scripts()[name]}
    files = []
    for number, text in enumerate(distinct.values()):
        file = tmp_path / f"{number}.sh"
        file.write_text(text)
        files.append(file)
        done = run(text.partition("\n")[0].removeprefix("#!/bin/"), "-n", file)
        assert (done.returncode, done.stderr) == (0, "")
    done = run("shellcheck", *files)
    assert (done.returncode, done.stdout) == (0, "")
    record_property("scripts, shell scripts are clean", len(scripts()[name]))


def test_every_bundle_has_scripts() -> None:
    """The tests above speak for the bundles of all nodes, each with its installer and its check."""
    for fleet in fleets():
        for name in ("install.sh", "verify.sh"):
            holders = [member for member, _ in scripts()[name] if member.fleet is fleet]
            assert holders == list(fleet.members)
