"""How long bundles take: all that are published, sites of 3 to 300 nodes, and the same files through Ansible.

The budgets stand in CONTRIBUTING.md. Times depend on the machine, so nothing is asserted about them.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from generator import pipeline, templating
from generator.archive import tar_gz, zip_file
from generator.catalog import Catalog
from generator.deploy import Deployment, deploy
from generator.render import Edition, render_bundles
from generator.resolve import resolve
from generator.topology import Node, NodeInterface, Topology
from generator.tree import Tree
from generator.views import bundles

ROOT = Path(__file__).parent.parent.parent
EDITION = Edition(revision="bench")


@cache
def catalog() -> Catalog:
    """The project's own data."""
    return pipeline.load(ROOT / "data")


def on(topology: str, shape: Topology, release: str = "") -> Deployment:
    """A deployment of a release, or of the newest one, on its default platform."""
    newest = next(item for item in reversed(catalog().published) if release in ("", item.id))
    return deploy(resolve(catalog(), newest.id), topology, shape, newest.platforms[0], reference=True)


def site_of(count: int) -> Topology:
    """Three controllers, which compute too when there is nobody else, and compute nodes up to the count."""
    base = catalog().topologies["collapsed"]
    wide = tuple(
        replace(network, cidr="10.0.0.0/16", gateway="10.0.255.254") if network.id == "internal" else network
        for network in base.networks
    )
    roles = ("compute",) if count == 3 else ()
    controllers = tuple(
        replace(node, roles=node.roles + roles, interfaces={**node.interfaces, "internal": internal(number)})
        for number, node in enumerate(base.nodes[:3], start=1)
    )
    computes = tuple(
        Node(
            name=f"hacompute{number}",
            roles=("compute",),
            interfaces={"internal": internal(number + 100), "external": base.nodes[-1].interfaces["external"]},
        )
        for number in range(1, count - 2)
    )
    vips = tuple(replace(vip, address="10.0.255.1") for vip in base.virtual_ips)
    return replace(base, networks=wide, nodes=controllers + computes, virtual_ips=vips)


def internal(number: int) -> NodeInterface:
    """The attachment of the node of that number to the internal network."""
    return NodeInterface(name="eth1", address=f"10.0.{number // 250}.{number % 250 + 1}")


def made(deployment: Deployment) -> list[Tree]:
    """The bundles of all nodes, each packed into both kinds of archives."""
    trees = list(render_bundles(deployment, EDITION).values())
    for tree in trees:
        tar_gz(tree)
        zip_file(tree)
    return trees


def note(benchmark: BenchmarkFixture, trees: list[Tree]) -> None:
    """Put the size of the work beside its time."""
    files = sum(len(tree) for tree in trees)
    size = sum(len(blob.data) for tree in trees for blob in tree.values())
    benchmark.extra_info.update(nodes=len(trees), files=files, bytes=size)


def bench_all_reference_bundles(benchmark: BenchmarkFixture) -> None:
    """Every release, platform and reference topology, with archives."""

    def run() -> list[Tree]:
        return [
            tree
            for release in catalog().published
            for platform in release.platforms
            for name, topology in catalog().topologies.items()
            for tree in made(
                deploy(resolve(catalog(), release.id), name, topology, platform, reference=True),
            )
        ]

    note(benchmark, benchmark.pedantic(run, rounds=1))


@pytest.mark.parametrize("nodes", [3, 30, 100, 300])
def bench_nodes(benchmark: BenchmarkFixture, nodes: int) -> None:
    """A site of so many nodes, without archives."""
    topology = site_of(nodes)

    def run() -> list[Tree]:
        return list(render_bundles(on("bench", topology), EDITION).values())

    note(benchmark, benchmark.pedantic(run, rounds=3 if nodes < 100 else 1))


@cache
def plain_files() -> dict[str, list[tuple[str, str, dict[str, object]]]]:
    """Path, template and values of each file that a format writes, for the three controllers of `collapsed`.

    Ansible takes values as JSON; other templates are given objects of the generator, so they stay out on both sides.
    """
    deployment = on("collapsed", catalog().topologies["collapsed"])
    return {
        node.name: [
            (
                file.path,
                bundles.template_of(file),
                {key: values[key] for key in ("banner", "sections", "settings")},
            )
            for service, file in deployment.files_on(node)
            if file.format and (values := bundles.file_values(deployment, node, service, file))
        ]
        for node in deployment.topology.nodes[:3]
    }


@pytest.mark.benchmark(group="the same files")
def bench_same_files_here(benchmark: BenchmarkFixture, tmp_path: Path) -> None:
    """Three nodes' files of the formats, rendered here and written."""

    def run() -> int:
        count = 0
        for node, files in plain_files().items():
            for path, template, values in files:
                target = tmp_path / node / path.lstrip("/")
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text(templating.render(template, values))
                count += 1
        return count

    benchmark.extra_info["files"] = benchmark.pedantic(run, rounds=3)


@pytest.mark.benchmark(group="the same files")
def bench_same_files_ansible(benchmark: BenchmarkFixture, tmp_path: Path) -> None:
    """The same templates with the same values through ansible.builtin.template with local connections."""
    prepare(tmp_path)
    command = [str(Path(sys.executable).parent / "ansible-playbook"), "-i", "inventory.json", "play.json"]
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "ANSIBLE_LOCALHOST_WARNING": "false"}

    def run() -> None:
        subprocess.run(command, cwd=tmp_path, env=environment, check=True, capture_output=True)

    benchmark.pedantic(run, rounds=1)
    written = [path for path in (tmp_path / "out").rglob("*") if path.is_file()]
    benchmark.extra_info["files"] = len(written)
    assert len(written) == sum(len(files) for files in plain_files().values())
    for node, files in plain_files().items():
        for path, template, values in files:
            assert (tmp_path / "out" / node / path.lstrip("/")).read_text() == templating.render(template, values)


def prepare(folder: Path) -> None:
    """A play, its inventory, the templates and the filters that they use."""
    shutil.copytree(ROOT / "generator/templates/config/formats", folder / "templates/config/formats")
    (folder / "filter_plugins").mkdir()
    (folder / "filter_plugins/ha.py").write_text(
        f"import sys\nsys.path.insert(0, {str(ROOT)!r})\nfrom generator.templating import FILTERS\n"
        "class FilterModule:\n    def filters(self):\n        return FILTERS\n"
    )
    hosts = {
        node: {
            "ansible_connection": "local",
            "ansible_python_interpreter": sys.executable,
            "files": [
                {"dest": str(folder / "out" / node / path.lstrip("/")), "template": template, "values": values}
                for path, template, values in files
            ],
        }
        for node, files in plain_files().items()
    }
    (folder / "inventory.json").write_text(json.dumps({"all": {"hosts": hosts}}))
    folders = {"path": "{{ item.dest | dirname }}", "state": "directory"}
    template = {"src": "templates/{{ item.template }}.j2", "dest": "{{ item.dest }}", "trim_blocks": True}
    names = {name: "{{ item['values']." + name + " }}" for name in ("banner", "sections", "settings")}
    play = {
        "hosts": "all",
        "gather_facts": False,
        "tasks": [
            {"ansible.builtin.file": folders, "loop": "{{ files }}"},
            {
                "ansible.builtin.template": {**template, "lstrip_blocks": True},
                "loop": "{{ files }}",
                "vars": names,
            },
        ],
    }
    (folder / "play.json").write_text(json.dumps([play]))
