"""The bundles of the reference topology `collapsed`, as tests of their content want them."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from generator import pipeline
from generator.catalog import Catalog
from generator.deploy import deploy
from generator.render import Edition, render_bundles
from generator.resolve import resolve

DATA = Path(__file__).parent.parent / "data"

Settings = dict[tuple[str, str], list[str]]
"""Section and option to every value that stands there."""


@cache
def catalog() -> Catalog:
    """The project's own data."""
    return pipeline.load(DATA)


def files(release: str, node: str) -> dict[str, str]:
    """Path and text of every configuration file of a node of the topology `collapsed`, on the default platform."""
    tree = bundle(release, node)
    return {path.removeprefix("rootfs"): text for path, text in tree.items() if path.startswith("rootfs")}


@cache
def bundle(release: str, node: str) -> dict[str, str]:
    """Path and text of everything in the bundle of that node."""
    snapshot = resolve(catalog(), release)
    platform = snapshot.release.platforms[0]
    deployment = deploy(snapshot, "collapsed", catalog().topologies["collapsed"], platform, reference=True)
    tree = render_bundles(deployment, Edition(revision="test")).get(node, {})
    return {path: blob.data.decode() for path, blob in tree.items()}


def parse_ini(text: str) -> Settings:
    """The settings of an INI file; unlike configparser it keeps every value of an option that repeats."""
    found: Settings = {}
    section = ""
    for line in text.splitlines():
        if line.startswith("[") and line.endswith("]"):
            section = line[1:-1]
        elif "=" in line and not line.startswith("#"):
            option, _, value = line.partition("=")
            found.setdefault((section, option.strip()), []).append(value.strip())
    return found
