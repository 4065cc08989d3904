"""The file in which an operator keeps the secrets of a site: read, checked, extended."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from shlex import quote

from generator import credentials, yaml_source
from generator.credentials import Credentials, RandomBytes
from generator.model import Secret
from generator.problems import Place, Problem, Problems


def load(file: Path, needed: Iterable[Secret], every: Iterable[Secret]) -> Credentials:
    """The values in a secrets file. Raises Problems with everything that is wrong with it.

    `needed` are the secrets that must be there, `every` those that may be there too.
    """
    return _parse(_read(file), needed, every, str(file))


def _read(file: Path) -> bytes:
    """The bytes of a regular file that only its owner can read, judged by the file that was opened."""
    place = Place(str(file))
    if not file.is_file():
        hint = "`python -m generator secrets new --topology FILE --out FILE` makes one"
        cause = "is not a regular file" if file.exists() else "does not exist"
        raise Problems([Problem("K001", place, cause, hint)])
    with file.open("rb") as stream:
        if os.fstat(stream.fileno()).st_mode & 0o077:
            hint = f"chmod 0600 {quote(str(file))}"
            raise Problems([Problem("K002", place, "is open to others than its owner", hint)])
        return stream.read()


def _parse(data: bytes, needed: Iterable[Secret], every: Iterable[Secret], name: str) -> Credentials:
    pairs, problems = yaml_source.read_pairs(data, name)
    if problems and not pairs:
        raise Problems(problems)
    values, faults = credentials.check(pairs, needed, every, name)
    if problems or faults:
        raise Problems([*problems, *faults])
    return values


def extend(
    file: Path, needed: Iterable[Secret], every: Iterable[Secret], random_bytes: RandomBytes
) -> tuple[bytes, tuple[Secret, ...]]:
    """The bytes of a secrets file with the missing secrets at its end, and which these are.

    What stood in it stays byte by byte. Raises Problems like `load`, and when nothing can be added at the end.
    """
    old = _read(file)
    needed, every = tuple(needed), tuple(every)
    present = _parse(old, (), every, str(file))
    missing = tuple(secret for secret in needed if secret.id not in present.values)
    added = credentials.to_yaml(missing, credentials.make(missing, random_bytes)).encode()
    new = old + (b"" if old.endswith(b"\n") or not added else b"\n") + added
    try:
        _parse(new, needed, every, str(file))
    except Problems:
        hint = 'write one name: "value" on each line, from the first column, and nothing after the last one'
        raise Problems([Problem("K012", Place(str(file)), "cannot be extended at its end", hint)]) from None
    return new, missing
