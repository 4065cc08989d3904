"""The only module that changes the disk: into a new place first, then swapped in."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from generator.tree import Blob, Tree, checked

MARKER = ".ha-guide"
"""File that says a folder was written by this module and may be replaced by it."""


class NotOurs(Exception):
    """The folder to replace was made by somebody else."""


def write(tree: Tree, target: Path, finish: Callable[[Path], None] | None = None, *, closed: bool = False) -> None:
    """Replace `target` by the tree, then by what `finish` adds to it, all at once.

    `finish` gets the new folder before it takes the old one's place; when it raises, the old
    one stays as it was. A `closed` folder and those in it are for their owner only.
    Raises NotOurs when `target` holds something that was not written here.
    """
    target = target.absolute()
    refuse_foreign(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    try:
        (fresh / MARKER).write_bytes(b"")
        _write_files(tree, fresh)
        if finish:
            finish(fresh)
        for folder in (path for path in fresh.iterdir() if closed and path.is_dir()):
            folder.chmod(0o700)
        fresh.chmod(0o700 if closed else 0o755)
        _swap(fresh, target)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def refuse_foreign(target: Path) -> None:
    """Raise NotOurs unless `target` is absent, empty or made by `write`."""
    if target.is_dir() and not (target / MARKER).exists() and any(target.iterdir()):
        raise NotOurs(f"{target} holds files that were not generated; choose another folder, or empty it")
    for folder in (target, *target.parents):
        if folder.exists() and not folder.is_dir():
            raise NotOurs(f"{folder} is a file; choose a folder")


def refuse_existing(target: Path) -> None:
    """Raise NotOurs when there is something at `target` already: what people edit is never replaced."""
    if target.is_dir():
        raise NotOurs(f"{target} is a folder; name a file in it")
    if target.exists() or target.is_symlink():
        raise NotOurs(f"{target} exists already; choose another name, or remove it first")


def write_new(blob: Blob, target: Path) -> None:
    """Write one file that does not exist yet. Raises NotOurs when it does, and OSError when it cannot be written."""
    refuse_existing(target)
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, blob.mode)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(blob.data)
        target.chmod(blob.mode)
    except OSError:
        target.unlink()
        raise


def _write_files(tree: Mapping[str, Blob], folder: Path) -> None:
    made: set[Path] = set()
    for path, blob in tree.items():
        file = folder / checked(path)
        if file.parent not in made:
            file.parent.mkdir(parents=True, exist_ok=True)
            made.add(file.parent)
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, blob.mode)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(blob.data)
        file.chmod(blob.mode)


def _swap(fresh: Path, target: Path) -> None:
    """Put the new folder in place of the old one; between the two renames there is none."""
    if not target.exists():
        fresh.rename(target)
        return
    old = Path(tempfile.mkdtemp(prefix=f".{target.name}.old.", dir=target.parent))
    target.rename(old / "old")
    try:
        fresh.rename(target)
    except OSError:
        (old / "old").rename(target)
        raise
    finally:
        shutil.rmtree(old, ignore_errors=True)


def write_closed(data: bytes, file: Path) -> None:
    """A new file that only its owner can read, there as a whole or not at all, whatever the umask.

    Raises FileExistsError when there is something of that name, and NotOurs when the file would lie in a
    folder that `write` replaces.
    """
    _refuse_replaced(file)
    with _closed_copy(data, file) as fresh:
        file.hardlink_to(fresh)


def replace_closed(data: bytes, file: Path) -> None:
    """Put new content in the place of a file, or of the file that a link leads to, closed to all but its owner."""
    _refuse_replaced(file)
    file = file.resolve()
    with _closed_copy(data, file) as fresh:
        fresh.replace(file)


@contextmanager
def _closed_copy(data: bytes, file: Path) -> Iterator[Path]:
    """A complete file beside `file`, of mode 0600 from the first moment (mkstemp(3)), gone afterwards."""
    descriptor, name = tempfile.mkstemp(prefix=f".{file.name}.", dir=file.parent)
    fresh = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        yield fresh
    finally:
        fresh.unlink(missing_ok=True)


def _refuse_replaced(file: Path) -> None:
    for folder in file.absolute().parents:
        if (folder / MARKER).exists():
            raise NotOurs(f"{folder} is replaced as a whole when it is made again; keep {file.name} elsewhere")


def merge(source: Path, target: Path) -> None:
    """Move every file below `source` to the same place below `target`, over what is there; `source` goes away."""
    shutil.copytree(source, target, dirs_exist_ok=True)
    remove(source)


def remove(folder: Path) -> None:
    """Delete a folder with all that is in it."""
    shutil.rmtree(folder)
