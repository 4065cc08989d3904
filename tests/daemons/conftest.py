"""Bundles of all releases, platforms, topologies and nodes, laid out on disk with sample secrets."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from generator import pipeline
from generator.deploy import deploy
from generator.render import Edition, render_bundles
from generator.resolve import resolve
from generator.tree import Tree
from generator.views.bundles import TOKEN

DATA = Path(__file__).parent.parent.parent / "data"


@dataclass(frozen=True)
class Bundle:
    """One node's bundle and what it is for."""

    release: str
    platform: str
    topology: str
    node: str
    tree: Tree

    @property
    def name(self) -> str:
        """Its name in test reports."""
        return f"{self.release}-{self.platform}-{self.topology}-{self.node}"

    def lay_out(self, folder: Path) -> Path:
        """Write the bundle into a folder, sample values for all secrets, and return that folder."""
        for path, blob in self.tree.items():
            file = folder / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(TOKEN.sub(SAMPLE, blob.data.decode()).encode())
            file.chmod(blob.mode)
        return folder


SAMPLE = "s3cr3t42"
"""A value for every secret, 8 characters long like the longest that keepalived takes."""


@cache
def all_bundles() -> tuple[Bundle, ...]:
    """Every bundle that is published."""
    catalog = pipeline.load(DATA)
    found = []
    for release in catalog.published:
        snapshot = resolve(catalog, release.id)
        for platform in release.platforms:
            for name, topology in catalog.topologies.items():
                deployment = deploy(snapshot, name, topology, platform, reference=True)
                for node, tree in render_bundles(deployment, Edition(revision="test")).items():
                    found.append(Bundle(release.id, platform, name, node, tree))
    return tuple(found)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give every test that asks for a `bundle` each one in turn: those that hold the file of its mark `holds`."""
    if "bundle" in metafunc.fixturenames or "laid_out" in metafunc.fixturenames:
        mark = metafunc.definition.get_closest_marker("holds")
        bundles = [item for item in all_bundles() if not mark or f"rootfs{mark.args[0]}" in item.tree]
        assert bundles, f"there is no bundle to test with {mark}"
        metafunc.parametrize("bundle", bundles, ids=[bundle.name for bundle in bundles])


@pytest.fixture
def laid_out(bundle: Bundle, tmp_path: Path) -> Path:
    """The bundle on disk."""
    return bundle.lay_out(tmp_path)


def run(*command: str | Path, **options: object) -> subprocess.CompletedProcess[str]:
    """Run a program and return what it said; its absence is a failure, not a reason to skip."""
    program = str(command[0])
    assert shutil.which(program), f"{program} is not installed: `make test` installs it"
    return subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False, **options)  # type: ignore[call-overload]


NAMESPACE = """
set -eu
mount -t tmpfs tmpfs /run
ip link set lo up
ip link add eth1 type veth peer name peer1
ip link set peer1 up
ip link set eth1 up
case $ADDRESS in
    *:*) ip address add "$ADDRESS/64" dev eth1 nodad ;;
    *) ip address add "$ADDRESS/24" dev eth1 ;;
esac
mount -t tmpfs -o mode=755 tmpfs /usr/libexec
if [ -d "$ROOTFS/usr/libexec" ]; then
    cp -a "$ROOTFS/usr/libexec/." /usr/libexec/
fi
"""
"""Preparation of a network and mount namespace that looks like the node: its interface, its address, its scripts."""


def on_node(script: str, rootfs: Path, address: str) -> subprocess.CompletedProcess[str]:
    """Run a shell script in namespaces of its own, where the node's address is on eth1."""
    environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "ADDRESS": address, "ROOTFS": str(rootfs)}
    return run(
        "unshare", "--mount-proc", "--net", "--mount", "--pid", "--fork", "--kill-child",
        "sh", "-c", NAMESPACE + script,
        env=environment,
        timeout=60,
    )  # fmt: skip
