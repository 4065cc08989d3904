"""A folder of files in memory: what renderers return, archives hold and the writer writes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

_NAME = re.compile(r"[A-Za-z0-9_@+.][A-Za-z0-9_@+. -]*")


@dataclass(frozen=True)
class Blob:
    """The bytes of a file and its permissions."""

    data: bytes
    mode: int = 0o644


Tree = dict[str, Blob]
"""Relative path with forward slashes to content."""


def text(content: str, mode: int = 0o644) -> Blob:
    """A text file, in UTF-8."""
    return Blob(content.encode(), mode)


def below(folder: str, tree: Mapping[str, Blob]) -> Tree:
    """The same files, one folder further down."""
    return {f"{folder}/{path}": blob for path, blob in tree.items()}


def checked(path: str) -> str:
    """The path itself. Raises ValueError when it could lead out of the folder or is no plain file name."""
    parts = path.split("/")
    if any(part in ("", ".", "..") or not _NAME.fullmatch(part) for part in parts):
        raise ValueError(f"{path!r} is not a plain relative path")
    return path
