"""Bundles with secrets in them: all nodes agree, nothing else changes, and nobody else can read them."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

import pytest
from typer.testing import Result

from tests import bundled
from tests.test_secrets import GOOD, SENTINEL, good, mode, names, outcome, run, umask

NODES = ["node1", "node2", "node3", "tree1"]


def bundle(data: Path, out: Path, *more: object) -> Result:
    return run("bundle", "-r", "cherry", "-t", "garden", "--data", data, "-o", out, *more)


def files(folder: Path) -> dict[str, str]:
    """Path and text of every file of the bundles in a folder."""
    return {
        path.relative_to(folder).as_posix(): path.read_text("utf-8")
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != ".ha-guide"
    }


@pytest.fixture
def both(tiny: Path, tmp_path: Path) -> tuple[Path, Path]:
    """The same bundles with names in place of secrets, and filled in."""
    bundle(tiny, tmp_path / "open")
    result = bundle(tiny, tmp_path / "filled", "--secrets", good(tmp_path / "secrets.yaml"))
    assert result.exit_code == 0, result.stderr
    return tmp_path / "open", tmp_path / "filled"


def test_a_filled_bundle_differs_by_its_secrets_only(both: tuple[Path, Path]) -> None:
    """Every name below rootfs/ has become its value; the example has become secrets.env; the rest is the same."""
    before, after = map(files, both)

    def fill(content: str) -> str:
        return re.sub("@@([A-Z_]+)@@", lambda found: GOOD[found[1].lower()], content)

    same = {path: fill(text) if "/rootfs/" in path else text for path, text in before.items()}
    varying = ("secrets.env", "secrets.env.example", "manifest.json", "README.md")
    assert {path: text for path, text in after.items() if not path.endswith(varying)} == {
        path: text for path, text in same.items() if not path.endswith(varying)
    }
    assert {path for path in after if path not in before} == {f"{node}/secrets.env" for node in NODES}
    assert {path for path in before if path not in after} == {f"{node}/secrets.env.example" for node in NODES}
    assert any("/rootfs/" in path and SENTINEL in text for path, text in after.items())


def test_a_node_is_given_its_own_secrets_and_all_nodes_agree(both: tuple[Path, Path]) -> None:
    """secrets.env has the names that the example lists, with the values of the one file."""
    before, after = map(files, both)
    for node in NODES:
        asked = re.findall(r"^([A-Z_]+)=$", before[f"{node}/secrets.env.example"], re.MULTILINE)
        given = re.findall(r"^([A-Z_]+)=(.*)$", after[f"{node}/secrets.env"], re.MULTILINE)
        assert given == [(name, GOOD[name.lower()]) for name in asked]
    assert re.findall(r"^([A-Z_]+)=", after["tree1/secrets.env"], re.MULTILINE) == ["ORCHARD_API", "ORCHARD_SERVICE"]


def test_values_stand_in_closed_files_only(both: tuple[Path, Path]) -> None:
    """Below rootfs/ and in secrets.env, never in a script, a page, a checksum list or a file name."""
    folder = both[1]
    holding = [path for path, text in files(folder).items() if any(value in text for value in GOOD.values())]
    assert {path.split("/")[1] for path in holding} == {"rootfs", "secrets.env"}
    assert [path for path in holding if mode(folder / path) & 0o077] == []
    assert [path for path in files(folder) if SENTINEL in path] == []


def test_the_manifest_is_that_of_the_filled_files(both: tuple[Path, Path]) -> None:
    """Checksums are those of what lies there, modes those that install.sh will set; it is closed like the secrets."""
    for node in NODES:
        plain, filled = (json.loads((folder / node / "manifest.json").read_text()) for folder in both)
        target = {item["path"]: item["mode"] for item in plain["files"]}
        assert [item["path"] for item in filled["files"]] == sorted(
            path.relative_to(both[1] / node).as_posix()
            for path in (both[1] / node).rglob("*")
            if path.is_file() and path.name != "manifest.json"
        )
        for item in filled["files"]:
            file = both[1] / node / item["path"]
            assert item["sha256"] == hashlib.sha256(file.read_bytes()).hexdigest()
            assert item["mode"] == target.get(item["path"], "0600")
        assert (mode(both[0] / node / "manifest.json"), mode(both[1] / node / "manifest.json")) == (0o644, 0o600)


@pytest.mark.parametrize("mask", [0o000, 0o077], ids=oct)
def test_filled_bundles_are_closed_whatever_the_umask(mask: int, tiny: Path, tmp_path: Path) -> None:
    """The folder and that of each node are the owner's only; bundles without secrets are open as before."""
    secrets = good(tmp_path / "secrets.yaml")
    with umask(mask):
        result = bundle(tiny, tmp_path / "out", "--secrets", secrets)
    assert outcome(result) == (
        "",
        f"4 bundles with 90 files in {tmp_path}/out: node1, node2, node3, tree1.\n"
        f"{tmp_path}/out holds secrets and is closed to others: send each node its own folder only, and commit none.\n",
        0,
    )
    assert [mode(folder) for folder in (tmp_path / "out", *((tmp_path / "out" / node) for node in NODES))] == [
        0o700
    ] * 5
    bundle(tiny, tmp_path / "out")
    assert mode(tmp_path / "out") == 0o755
    assert SENTINEL not in "".join(files(tmp_path / "out").values())


def test_a_bundle_from_one_file_serves_each_release(tiny: Path, tmp_path: Path) -> None:
    """A file for all releases has more names than one of them needs."""
    secrets = good(tmp_path / "secrets.yaml")
    for release in ("apple", "banana", "cherry"):
        result = run(
            "bundle", "-r", release, "-t", "garden", "--data", tiny, "-o", tmp_path / "o", "--secrets", secrets
        )
        assert (result.stderr, result.exit_code) == ("", 0)


def test_a_dry_run_with_secrets_lists_files_and_no_values(tiny: Path, tmp_path: Path) -> None:
    """Closed files are shown as such, and nothing is written."""
    result = bundle(tiny, tmp_path / "out", "--dry-run", "--secrets", good(tmp_path / "secrets.yaml"))
    assert [line[:4] for line in result.stdout.splitlines() if line.endswith(("secrets.env", "manifest.json"))] == [
        "0600"
    ] * 8
    assert (SENTINEL in result.output, result.exit_code, names(tmp_path)) == (False, 0, ["data", "secrets.yaml"])


def test_the_readme_tells_how_to_keep_a_filled_bundle(both: tuple[Path, Path]) -> None:
    """It no longer asks to copy the example over the secrets."""
    before, after = (files(folder)["node1/README.md"].splitlines() for folder in both)
    changed = [(old, new) for old, new in zip(before, after, strict=True) if old != new]
    everywhere = ", ".join(NODES)
    assert changed == [
        (
            "| | Give every secret a value; a name that several nodes list has the same value on all of them "
            f"| {everywhere} | `cp secrets.env.example secrets.env`, `chmod 0600 secrets.env`, edit |",
            "| | The secrets of this node are filled in: keep this folder closed to everybody but root "
            f"| {everywhere} | `chown -R root:root .`, `chmod -R go= .` |",
        )
    ]


@pytest.mark.parametrize("release", [item.id for item in bundled.catalog().published])
def test_a_bundle_asks_for_exactly_the_secrets_in_it(release: str) -> None:
    """The names in the example are those in the files and those that the steps read, on every node."""
    for node in ("hacontroller1", "hacontroller2", "hacompute1"):
        tree = bundled.bundle(release, node)
        asked = re.findall(r"^([A-Z_]+)=$", tree["secrets.env.example"], re.MULTILINE)
        found = {name for path, text in tree.items() if "rootfs/" in path for name in re.findall("@@([A-Z_]+)@@", text)}
        read = {
            name
            for path, text in tree.items()
            if "steps/" in path
            for name in re.findall(r'^: "\$\{([A-Z_]+):\?', text, re.MULTILINE)
        }
        assert (sorted(asked), len(asked) > 3) == (sorted(found | read), True)
