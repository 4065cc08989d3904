"""The bundles of the lab's site, made and brought to its nodes as the page "Use it for your site" says."""

from __future__ import annotations

import io
import json
import logging
import re
import subprocess
import sys
import tarfile
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from generator import pipeline
from generator.deploy import Deployment
from generator.topology import Topology
from tests.bundled import catalog
from tests.lab.node import Node
from tests.lab.packages import foreign_units

LOG = logging.getLogger("lab")

TOPOLOGY = Path(__file__).with_name("site.yaml")

ORDER = re.compile(r"^\| (\d+) \| .*? \| ([a-z0-9, -]+) \| `?(?:steps/[^`]+|not on this node)`? \|$", re.MULTILINE)
"""A line of the order of work in a bundle's README: the number of a step and the nodes that it is for."""


@dataclass(frozen=True)
class Step:
    """A line of the order of work: the same number on all its nodes."""

    script: str
    """Its path in a bundle."""
    service: str
    nodes: tuple[str, ...]


@dataclass(frozen=True)
class Bundles:
    """A folder with a bundle for each node."""

    folder: Path
    secrets: Path
    """The file with the values that were filled in."""

    def archive(self, node: str) -> bytes:
        """What tar makes of the bundle of a node."""
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w") as tar:
            tar.add(self.folder / node, arcname=node)
        return buffer.getvalue()

    def order(self) -> list[Step]:
        """The steps over all nodes, in the order that the README of every bundle gives."""
        found: dict[int, Step] = {}
        for script in sorted(self.folder.glob("*/steps/*.sh")):
            number, service, _ = script.stem.split("-", 2)
            known = found.get(int(number))
            nodes = (*known.nodes, script.parts[-3]) if known else (script.parts[-3],)
            found[int(number)] = Step(f"steps/{script.name}", service, nodes)
        listed = {int(number): sorted(nodes.split(", ")) for number, nodes in ORDER.findall(self.readme())}
        assert {number: sorted(step.nodes) for number, step in found.items()} == listed, (
            "the README gives another order"
        )
        return [found[number] for number in sorted(found)]

    def readme(self) -> str:
        """The README of one bundle; the order of work is the same in all."""
        return next(iter(sorted(self.folder.glob("*/README.md")))).read_text()


def make_bundles(folder: Path, release: str) -> Bundles:
    """Secrets and filled bundles for the lab's site, with the commands that an operator types."""
    secrets, bundles = folder / "secrets.yaml", folder / "bundles"
    _guide("secrets", "new", "--topology", TOPOLOGY, "--out", secrets)
    _guide("bundle", "--release", release, "--topology", TOPOLOGY, "--secrets", secrets, "--out", bundles)
    return Bundles(bundles, secrets)


def _guide(*arguments: str | Path) -> None:
    command = [sys.executable, "-m", "generator", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}{done.stderr}"


def bring(bundles: Bundles, nodes: Iterable[Node]) -> None:
    """Unpack the bundle of each node in its /root, install the packages and then the files."""

    def install(node: Node) -> None:
        _hide_foreign_units(bundles, node)
        node.must("tar -x --no-same-owner", stdin=bundles.archive(node.name))
        node.must(f"cd {node.name} && steps/*-base-packages.sh && ./install.sh --apply")

    with ThreadPoolExecutor() as pool:
        list(pool.map(install, nodes))


def _hide_foreign_units(bundles: Bundles, node: Node) -> None:
    """Mask what a node would not have, since all packages of all nodes lie in the Debian below it already."""
    packages = json.loads((bundles.folder / node.name / "manifest.json").read_text())["packages"]
    units = " ".join(foreign_units(node.base, packages))
    node.must(
        f"cd /etc/systemd/system && for unit in {units}; do ln -sf /dev/null $unit; done; systemctl daemon-reload"
    )


def carry_out(step: Step, nodes: Iterable[Node]) -> None:
    """Run a step on all of its nodes at once, as the Ansible play does."""
    begun = time.monotonic()
    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda node: node.must(f"cd {node.name} && {step.script}", timeout=1200), nodes))
    LOG.info("%s: %.1f s", step.script, time.monotonic() - begun)


def topology() -> Topology:
    """The lab's topology file as the generator reads it."""
    return pipeline.find_topology(catalog(), str(TOPOLOGY))[1]


def deployment(release: str) -> Deployment:
    """What the bundles of a release for the lab's site are made from."""
    return pipeline.plan(catalog(), release, str(TOPOLOGY))
