"""Bundles of all releases, platforms, topologies and nodes, laid out on disk with sample secrets.

Many nodes get the same files, so each program reads each distinct content once, for all bundles that hold it.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from ipaddress import ip_network
from pathlib import Path

import pytest

from generator.views.bundles import TOKEN
from tests.fleets import Member, fleets

SAMPLE = "s3cr3t42"
"""A value for every secret, 8 characters long like the longest that keepalived takes."""

BANNER = re.compile(r"Made by the HA guide for .*? Change ")
"""What the first line of a file says about where it belongs, which no program reads."""


@dataclass(frozen=True, eq=False)
class Case:
    """Bundles of which some files are the same, and the first one of them to stand for all."""

    members: tuple[Member, ...]

    @property
    def member(self) -> Member:
        """The node whose bundle is tried."""
        return self.members[0]

    @property
    def name(self) -> str:
        """Its name in test reports."""
        return self.member.name if len(self.members) == 1 else f"{self.member.name}+{len(self.members) - 1}"


def all_members() -> list[Member]:
    """Every node with a bundle, of every site that is published."""
    return [member for fleet in fleets() for member in fleet.members]


def content(member: Member, patterns: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """The files of a bundle that fit one of the patterns, as far as programs read them."""
    return tuple(
        (path, BANNER.sub("", blob.data.decode()))
        for path, blob in member.tree.items()
        if any(fnmatchcase(f"/{path.removeprefix('rootfs/')}", pattern) for pattern in patterns)
    )


def cases(first: str, *more: str, among: Iterable[Member] | None = None) -> list[Case]:
    """The bundles that hold the file `first`, taken together where the files of all patterns are the same.

    Of all published bundles, unless `among` names others.
    """
    found: dict[tuple[tuple[str, str], ...], list[Member]] = {}
    for member in all_members() if among is None else among:
        if content(member, [first]):
            found.setdefault(content(member, [first, *more]), []).append(member)
    assert found, f"there is no bundle to test with {first}"
    return [Case(tuple(members)) for members in found.values()]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give every test that asks for a `case` each one in turn, by the patterns of its mark `reads`."""
    if {"case", "laid_out"} & set(metafunc.fixturenames):
        mark = metafunc.definition.get_closest_marker("reads")
        assert mark, f"{metafunc.function.__name__} does not say which files it reads"
        found = cases(*mark.args)
        metafunc.parametrize("case", found, ids=[case.name for case in found])


@pytest.fixture(autouse=True)
def counted(request: pytest.FixtureRequest) -> None:
    """Note for how many bundles the test speaks."""
    if "case" in request.fixturenames:
        words = request.function.__name__.removeprefix("test_").replace("_", " ")
        request.node.user_properties.append((f"bundles, {words}", len(request.getfixturevalue("case").members)))


def lay_out(member: Member, folder: Path) -> Path:
    """Write a bundle into a folder, sample values for all secrets, and return that folder."""
    for path, blob in member.tree.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(TOKEN.sub(SAMPLE, blob.data.decode()).encode())
        file.chmod(blob.mode)
    return folder


@pytest.fixture
def laid_out(case: Case, tmp_path: Path) -> Path:
    """The first bundle of the case on disk."""
    return lay_out(case.member, tmp_path)


def run(*command: str | Path, **options: object) -> subprocess.CompletedProcess[str]:
    """Run a program and return what it said; its absence is a failure, not a reason to skip."""
    program = str(command[0])
    assert shutil.which(program), f"{program} is not installed: `make test` installs it"
    return subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False, **options)  # type: ignore[call-overload]


NAMESPACE = """
set -eu
mount -t tmpfs tmpfs /run
ip link set lo up
number=0
for attachment in $ATTACHED; do
    interface=${attachment%%=*}
    address=${attachment#*=}
    number=$((number + 1))
    ip link add "$interface" type veth peer name "peer$number"
    ip link set "peer$number" up
    ip link set "$interface" up
    case $address in
        '') ;;
        *:*) ip address add "$address" dev "$interface" nodad ;;
        *) ip address add "$address" dev "$interface" ;;
    esac
done
mount -t tmpfs -o mode=755 tmpfs /usr/libexec
if [ -d "$ROOTFS/usr/libexec" ]; then
    cp -a "$ROOTFS/usr/libexec/." /usr/libexec/
fi
"""
"""Preparation of a network and mount namespace that looks like the node: its interfaces, addresses and scripts."""


def attached(member: Member) -> str:
    """Every interface of a node with its address, if any, as NAMESPACE reads them."""
    networks = {network.id: network for network in member.fleet.deployment.topology.networks}
    found = []
    for name, interface in member.node.interfaces.items():
        length = ip_network(networks[name].cidr).prefixlen
        found.append(f"{interface.name}={interface.address}/{length}" if interface.address else f"{interface.name}=")
    return " ".join(found)


def on_node(script: str, rootfs: Path, member: Member) -> subprocess.CompletedProcess[str]:
    """Run a shell script in namespaces of its own, with the interfaces and addresses of the node."""
    environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "ATTACHED": attached(member), "ROOTFS": str(rootfs)}
    return run(
        "unshare", "--mount-proc", "--net", "--mount", "--pid", "--fork", "--kill-child",
        "sh", "-c", NAMESPACE + script,
        env=environment,
        timeout=60,
    )  # fmt: skip
