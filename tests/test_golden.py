"""Whole results, file by file and byte by byte, beside what they were when somebody last read them.

`make golden` writes the expected files anew; the difference in version control is what a reviewer reads.
"""

from __future__ import annotations

import difflib
import json
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from generator import pipeline, site
from generator.catalog import Catalog
from generator.graph import Graph
from generator.render import Edition
from generator.tree import Tree
from tests.conftest import TINY, pytest_configure

GOLDEN = Path(__file__).parent / "golden"
ROOT = Path(__file__).parent.parent
EDITION = Edition(revision="test")
UPDATE = "make golden"

Files = dict[str, bytes]


def marker(graphs: list[Graph]) -> dict[str, str]:
    """In the place of each picture, its name: how dot lays it out differs by its version."""
    return {graph.id: f"<svg>{graph.id}</svg>" for graph in graphs}


@cache
def catalog(folder: Path) -> Catalog:
    """The checked data of a folder."""
    return pipeline.load(folder)


@cache
def plan(folder: Path) -> site.SitePlan:
    """The whole site of a data folder, without pictures, and with the bundles of the default topology only."""
    default = {name: topology for name, topology in catalog(folder).topologies.items() if name in FIRST}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(site, "draw", marker)
        return site.plan(replace(catalog(folder), topologies=default), ROOT, EDITION, pipeline.silent)


FIRST = ("collapsed", "garden")
"""The default topology of the real data, and the only one of the fictional cloud."""


def stable(tree: Tree) -> Files:
    """The bytes of a tree, less what differs by machine: the project's folder, and how well zlib packs an archive."""
    files = {}
    for path, blob in tree.items():
        text = blob.data.decode("utf-8").replace(str(ROOT), "ROOT")
        if "downloads" in text and not path.startswith("bundles/"):
            text = re.sub(r"\b[0-9a-f]{64}\b", "SHA256", text)
            text = re.sub(r'("bytes": |"ha-number">)\d+', r"\g<1>0", text)
        if path.endswith(".user-data.yml"):
            text = re.sub(r'(    content: )"[A-Za-z0-9+/=]+"', r"\1ARCHIVE", text)
        files[path] = text.encode()
    return files


def pages(folder: Path, release: str) -> Tree:
    """The Markdown of a release and the mkdocs.yml that says how to build it."""
    source = plan(folder).sources[release]
    return {path: blob for path, blob in source.items() if path.endswith((".md", ".yml"))}


def bundles(folder: Path, release: str, topology: str) -> Tree:
    """The unpacked bundles of a release."""
    tree = pipeline.bundle(catalog(folder), release, topology, "", EDITION)
    return {f"bundles/{path}": blob for path, blob in tree.items()}


def tiny_release(release: str) -> Files:
    """Everything that the site has of a release of the fictional cloud."""
    facts = {"api.json": plan(TINY).published[f"api/v1/{release}.json"]}
    return stable({**pages(TINY, release), **bundles(TINY, release, "garden"), **facts})


def tiny_root() -> Files:
    """What belongs to no release: front page, history of all processes, list of releases, schemas of the facts."""
    published = {path: blob for path, blob in plan(TINY).published.items() if path.count("/") < 3}
    facts = {path: blob for path, blob in published.items() if Path(path).name[:-5] not in RELEASES}
    source = plan(TINY).sources[site.ROOT]
    return stable({**facts, **{path: source[path] for path in ("docs/index.md", "docs/history.md", "mkdocs.yml")}})


def galera(release: str) -> Files:
    """The page of the database, and its files and scripts on the first controller."""
    node = "bundles/hacontroller1/"
    tree = bundles(ROOT / "data", release, "collapsed")
    listed = json.loads(tree[f"{node}manifest.json"].data)["files"]
    own = [item["path"] for item in listed if item["service"] == "galera" or "-galera-" in item["path"]]
    page = {"galera.md": pages(ROOT / "data", release)["docs/services/galera.md"]}
    return stable({**page, **{path: tree[f"{node}{path}"] for path in own}})


RELEASES = ("apple", "banana", "cherry")
TREES: dict[str, Callable[[], Files]] = {
    "tiny/root": tiny_root,
    **{f"tiny/{release}": (lambda release=release: tiny_release(release)) for release in RELEASES},
    **{f"galera/{release}": (lambda release=release: galera(release)) for release in ("juno", "liberty", "epoxy")},
}


def read(folder: Path) -> Files:
    """Every file below a folder."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }


def rewrite(folder: Path, files: Files) -> None:
    """Put the files in the place of whatever is in the folder."""
    shutil.rmtree(folder, ignore_errors=True)
    for path, data in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)


def difference(name: str, expected: Files, found: Files) -> str:
    """A unified diff over all files, or nothing."""
    lines: list[str] = []
    for path in sorted(expected.keys() | found.keys()):
        before, after = (files.get(path, b"").decode("utf-8").splitlines() for files in (expected, found))
        old = f"tests/golden/{name}/{path}" if path in expected else "/dev/null"
        new = f"generated {name}/{path}" if path in found else "/dev/null"
        if expected.get(path) != found.get(path):
            changed = [*difflib.unified_diff(before, after, old, new, lineterm="", n=1)]
            lines += changed or [f"--- {old}", f"+++ {new}", "(only the ends of lines differ)"]
    return "\n".join(lines)


@pytest.mark.parametrize("name", TREES)
def test_a_result_is_what_it_was(name: str, request: pytest.FixtureRequest) -> None:
    """Every file of the tree has exactly the bytes of its expected file; none is missing and none is new."""
    found = TREES[name]()
    assert found
    if request.config.getoption("--update-golden"):
        rewrite(GOLDEN / name, found)
        return
    text = difference(name, read(GOLDEN / name), found)
    if text:
        pytest.fail(f"{text}\n\nIf this is what you wanted, `{UPDATE}` writes it; commit it together.", pytrace=False)


def test_nothing_expected_is_left_over() -> None:
    """A folder of expected files without its test would never be compared."""
    found = {file.relative_to(GOLDEN).as_posix() for file in GOLDEN.rglob("*") if file.is_file()}
    assert {"/".join(path.split("/")[:2]) for path in found} == set(TREES)


def test_a_difference_is_shown_line_by_line() -> None:
    """Changed, new and missing files are each shown once, in the order of their names."""
    before = {"a": b"1\n2\n", "b": b"same\n", "c": b"gone\n", "e": b"end"}
    after = {"a": b"1\n3\n", "b": b"same\n", "d": b"new\n", "e": b"end\n"}
    assert difference("x", before, after).splitlines() == [
        "--- tests/golden/x/a",
        "+++ generated x/a",
        "@@ -1,2 +1,2 @@",
        " 1",
        "-2",
        "+3",
        "--- tests/golden/x/c",
        "+++ /dev/null",
        "@@ -1 +0,0 @@",
        "-gone",
        "--- /dev/null",
        "+++ generated x/d",
        "@@ -0,0 +1 @@",
        "+new",
        "--- tests/golden/x/e",
        "+++ generated x/e",
        "(only the ends of lines differ)",
    ]


class Config:
    """As much of pytest's configuration as conftest asks for."""

    def __init__(self, processes: int | None) -> None:
        self.options = {"--update-golden": True, "numprocesses": processes}

    def getoption(self, name: str, default: object = None) -> object:
        """The value of an option."""
        return self.options.get(name, default)


@pytest.mark.parametrize(
    ("environment", "processes", "expected"),
    [
        ("true", None, "--update-golden is for people who read the difference: it does not run under CI=true"),
        ("", 2, "--update-golden writes files and needs a single process: add -n 0"),
    ],
    ids=["in CI", "in several processes"],
)
def test_expected_files_are_rewritten_by_a_person_only(
    environment: str, processes: int | None, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A machine that rewrites what it should compare proves nothing."""
    monkeypatch.setenv("CI", environment)
    with pytest.raises(pytest.UsageError) as caught:
        pytest_configure(Config(processes))
    assert str(caught.value) == expected


def test_old_releases_stay_as_they_are_when_a_new_one_comes(tmp_path: Path) -> None:
    """Without Cherry, the bundles of Apple and Banana are the same bytes, so a release is added and nothing else."""
    older = Path(shutil.copytree(TINY, tmp_path / "data"))
    (older / "upgrades/cherry.yaml").unlink()
    file = older / "releases.yaml"
    text = file.read_text("utf-8")
    file.write_text(text[: text.index("- id: cherry")] + unpublished(text[text.index("- id: cherry") :]), "utf-8")
    for release in ("apple", "banana"):
        assert bundles(older, release, "garden") == bundles(TINY, release, "garden")


def unpublished(text: str) -> str:
    """A release that dates facts but has neither pages nor bundles."""
    return text.replace("  platforms: [plum-1]\n", "")
