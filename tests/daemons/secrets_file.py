"""A filled secrets.env, as an operator makes one of the example."""

from __future__ import annotations

import re
from pathlib import Path

from generator import pipeline
from tests.bundled import DATA

SECRET = "T0ps3cre"
"""A value for every secret, 8 characters long like the longest that keepalived takes."""

EXACT = {item.id.upper(): item.length for item in pipeline.load(DATA).secrets if item.length}
"""The secrets that have a certain length, and it."""


def value_of(name: str, value: str = SECRET) -> str:
    """The value that a secret is given: repeated up to its length when it has one."""
    return (value * EXACT[name])[: EXACT[name]] if name in EXACT else value


def fill_in(folder: Path, value: str = SECRET) -> Path:
    """Make secrets.env in a bundle's folder, every name of the example with a value, and return it."""
    example = (folder / "secrets.env.example").read_text()
    names = re.findall(r"^([A-Z][A-Z0-9_]*)=$", example, re.MULTILINE)
    assert names
    file = folder / "secrets.env"
    file.write_text("".join(f"{name}={value_of(name, value)}\n" for name in names))
    file.chmod(0o600)
    return file
