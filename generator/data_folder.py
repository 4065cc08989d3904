"""Read a data folder: what people write as YAML, and the runs of the lab as JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from generator.problems import Place, Problem, known
from generator.yaml_source import Source, as_yaml, read, text_in

RUNS = "evidence"
"""The folder whose files the lab writes, as JSON."""


def read_folder(folder: Path, files: tuple[str, ...], folders: tuple[str, ...]) -> Source:
    """Read the named files of `folder`, every `*.yaml` in its sub-folders, and every `*.json` in that of the runs.

    Problems are collected in the result; a file or folder that nothing knows is one of them.
    """
    source = Source()
    for name in files:
        read(folder / name, name, source)
    suffixes = {sub: ".json" if sub == RUNS else ".yaml" for sub in folders}
    for sub, suffix in suffixes.items():
        for file in sorted((folder / sub).glob(f"*{suffix}")):
            (read_json if sub == RUNS else read)(file, f"{sub}/{file.name}", source)
    for file in sorted([*folder.rglob("*.y*ml"), *(folder / RUNS).rglob("*.json")]):
        name = file.relative_to(folder).as_posix()
        expected = name in files or (file.suffix == suffixes.get(file.parent.name) and name.count("/") == 1)
        if not expected:
            hint = known(name, [*files, *(f"{sub}/NAME{suffix}" for sub, suffix in suffixes.items())])
            source.problems.append(Problem("Y006", Place(name), "is a file that nothing reads", hint))
    return source


def read_json(file: Path, name: str, source: Source) -> None:
    """Read a JSON file, which has fractions and null, into `source` under `name`; mistakes go to `source.problems`."""
    text = text_in(file, name, source)
    if text is None:
        return
    twice: list[str] = []

    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        twice.extend({key for key, _ in items} if len(dict(items)) < len(items) else ())
        return dict(items)

    try:
        source.values[name] = json.loads(text, object_pairs_hook=pairs, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        hint = "copy the file again as the lab wrote it"
        message = f"is not valid JSON: {error.msg[:1].lower()}{error.msg[1:]}"
        source.problems.append(Problem("Y001", Place(name), message, hint, error.lineno, error.colno))
        return
    source.texts[name] = text
    if twice:
        source.problems += [item for item in as_yaml(text, name).problems if item.code == "Y002"]


def _refuse_constant(word: str) -> None:
    """NaN and Infinity are not JSON, though Python writes and reads them: https://www.rfc-editor.org/rfc/rfc8259, 6."""
    raise json.JSONDecodeError(f"it has no number {word}", word, 0)
