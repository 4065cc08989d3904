"""Files that help whoever edits the data: the JSON Schemas."""

from __future__ import annotations

import json
from pathlib import Path

from generator import validation
from generator.tree import Tree, text


def schemas() -> Tree:
    """A JSON Schema for each kind of data file."""
    return {
        f"{kind}.schema.json": text(json.dumps(validation.schema(kind), indent=2, ensure_ascii=False) + "\n")
        for kind in validation.SHAPES
    }


def stale(tree: Tree, folder: Path) -> list[str]:
    """The names of the schemas that are missing from `folder` or differ there."""
    return [
        name
        for name, blob in sorted(tree.items())
        if not (folder / name).is_file() or (folder / name).read_bytes() != blob.data
    ]
