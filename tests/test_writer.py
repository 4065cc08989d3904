"""A folder is replaced as a whole or stays as it was."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from generator import writer
from generator.tree import Blob, Tree, text
from generator.writer import MARKER, NotOurs, refuse_foreign, write

OLD: Tree = {"a.txt": text("old"), "gone/b.txt": text("old")}
NEW: Tree = {"a.txt": text("new"), "run.sh": text("#!/bin/sh\n", 0o755), "deep/er/secret": Blob(b"\x00", 0o600)}


def contents(folder: Path) -> dict[str, tuple[bytes, int]]:
    """Bytes and mode of every file below a folder, hidden ones too."""
    return {
        path.relative_to(folder).as_posix(): (path.read_bytes(), stat.S_IMODE(path.stat().st_mode))
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def names(folder: Path) -> list[str]:
    """What lies directly in a folder, hidden things too."""
    return sorted(path.name for path in folder.iterdir())


def expected(tree: Tree) -> dict[str, tuple[bytes, int]]:
    """What lies on the disk after the tree was written."""
    return {path: (blob.data, blob.mode) for path, blob in tree.items()}


def without_marker(found: dict[str, tuple[bytes, int]]) -> dict[str, tuple[bytes, int]]:
    """The files that the tree has."""
    assert found[MARKER][0] == b""
    return {path: fact for path, fact in found.items() if path != MARKER}


def test_a_first_write_makes_the_folder_and_those_above(tmp_path: Path) -> None:
    """Every file is there with its bytes and its mode, beside the marker."""
    write(NEW, tmp_path / "above" / "out")
    assert without_marker(contents(tmp_path / "above" / "out")) == expected(NEW)
    assert names(tmp_path / "above") == ["out"]
    assert stat.S_IMODE((tmp_path / "above" / "out").stat().st_mode) == 0o755


def test_the_modes_do_not_depend_on_the_umask(tmp_path: Path) -> None:
    """A strict umask takes nothing from a mode, a lax one adds nothing."""
    for mask in (0o077, 0o000):
        before = os.umask(mask)
        try:
            write(NEW, tmp_path / "out")
        finally:
            os.umask(before)
        assert without_marker(contents(tmp_path / "out")) == expected(NEW)


def test_a_second_write_replaces_the_first(tmp_path: Path) -> None:
    """Nothing of the old tree stays, and no other folder is left beside it."""
    write(OLD, tmp_path / "out")
    write(NEW, tmp_path / "out")
    assert without_marker(contents(tmp_path / "out")) == expected(NEW)
    assert names(tmp_path) == ["out"]


def test_a_relative_folder_is_one_of_the_present_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The target need not be absolute."""
    monkeypatch.chdir(tmp_path)
    write(NEW, Path("out"))
    assert without_marker(contents(tmp_path / "out")) == expected(NEW)


def test_an_empty_folder_is_used(tmp_path: Path) -> None:
    """A folder that somebody made for the output is not foreign."""
    (tmp_path / "out").mkdir()
    write(NEW, tmp_path / "out")
    assert without_marker(contents(tmp_path / "out")) == expected(NEW)


def test_what_finish_adds_is_part_of_the_swap(tmp_path: Path) -> None:
    """`finish` gets the new folder, complete, while the old one is still in its place."""
    write(OLD, tmp_path / "out")

    def finish(folder: Path) -> None:
        assert without_marker(contents(folder)) == expected(NEW)
        assert without_marker(contents(tmp_path / "out")) == expected(OLD)
        (folder / "index.html").write_text("x")
        (folder / "index.html").chmod(0o644)

    write(NEW, tmp_path / "out", finish)
    assert without_marker(contents(tmp_path / "out")) == expected(NEW) | {"index.html": (b"x", 0o644)}


class Stop(Exception):
    """What goes wrong in these tests."""


def stop(*arguments: object) -> None:
    raise Stop


@pytest.mark.parametrize("before", [OLD, None], ids=["over an old folder", "in a new place"])
def test_a_failed_finish_leaves_everything_as_it_was(before: Tree | None, tmp_path: Path) -> None:
    """The old folder keeps its bytes, and the half-made one is gone."""
    if before is not None:
        write(before, tmp_path / "out")
    found = contents(tmp_path)
    with pytest.raises(Stop):
        write(NEW, tmp_path / "out", stop)
    assert contents(tmp_path) == found
    assert names(tmp_path) == (["out"] if before else [])


def test_a_failed_write_leaves_everything_as_it_was(tmp_path: Path) -> None:
    """So does a path in the tree that leads out of it."""
    write(OLD, tmp_path / "out")
    found = contents(tmp_path)
    with pytest.raises(ValueError, match=r"'\.\./x' is not a plain relative path"):
        write({**NEW, "../x": text("y")}, tmp_path / "out")
    assert contents(tmp_path) == found
    assert names(tmp_path) == ["out"]


def test_a_failed_swap_puts_the_old_folder_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the second of the two renames fails, the first one is undone."""
    write(OLD, tmp_path / "out")
    found = contents(tmp_path)
    rename = Path.rename

    def fail_once(self: Path, target: Path) -> Path:
        if self.name.startswith(".out.") and target.name == "out":
            raise OSError(5, "Input/output error")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", fail_once)
    with pytest.raises(OSError, match="Input/output error"):
        write(NEW, tmp_path / "out")
    assert contents(tmp_path) == found
    assert names(tmp_path) == ["out"]


def test_a_folder_of_somebody_else_is_refused(tmp_path: Path) -> None:
    """Without the marker, a folder with files is not ours, however it is called."""
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.txt").write_text("Chapter 1")
    found = contents(tmp_path)
    message = f"{tmp_path / 'out'} holds files that were not generated; choose another folder, or empty it"
    for attempt in (lambda: write(NEW, tmp_path / "out", stop), lambda: refuse_foreign(tmp_path / "out")):
        with pytest.raises(NotOurs) as caught:
            attempt()
        assert str(caught.value) == message
    assert contents(tmp_path) == found


@pytest.mark.parametrize("below", ["", "deeper", "deeper/still"])
def test_a_file_in_the_way_is_refused(below: str, tmp_path: Path) -> None:
    """A file cannot be replaced by a folder, nor hold one."""
    (tmp_path / "out").write_text("Chapter 1")
    with pytest.raises(NotOurs) as caught:
        write(NEW, tmp_path / "out" / below)
    assert str(caught.value) == f"{tmp_path / 'out'} is a file; choose a folder"
    assert (tmp_path / "out").read_text() == "Chapter 1"


def test_merge_moves_everything_over_what_is_there(tmp_path: Path) -> None:
    """Files of the same name are replaced, others stay, and the source goes away."""
    write({"a": text("1"), "b/c": text("2")}, tmp_path / "one")
    write({"b/c": text("3"), "b/d": text("4")}, tmp_path / "two")
    writer.merge(tmp_path / "two", tmp_path / "one")
    found = without_marker(contents(tmp_path / "one"))
    assert found == expected({"a": text("1"), "b/c": text("3"), "b/d": text("4")})
    assert names(tmp_path) == ["one"]
