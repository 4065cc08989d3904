"""The shapes agree with each other, with the schemas that editors use, and with the data."""

from __future__ import annotations

import json
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, get_type_hints

import pytest
from jsonschema import Draft202012Validator
from pydantic import TypeAdapter

from generator import data_folder, model, scaffold, topology, validation, yaml_source
from generator.catalog import FOLDERS, LISTS
from generator.model import Part, Process, ProcessPatch
from generator.writer import write
from tests.conftest import TINY

DATA = Path(__file__).parent.parent / "data"


def data_files() -> list[tuple[Path, str]]:
    """Every data file, ours and the tiny ones, with its kind."""
    found = []
    for folder in (DATA, TINY):
        found += [(folder / f"{name}.yaml", name) for name in LISTS]
        found += [(file, kind) for name, kind in FOLDERS.items() for file in sorted((folder / name).glob("*.*"))]
    return found


FILES = data_files()


def test_there_are_data_files() -> None:
    """The cases below come from folders that must not be empty, and every kind of file has its schema."""
    assert len(FILES) > 60
    assert {kind for _, kind in FILES} == set(validation.SHAPES) == {*LISTS, *FOLDERS.values()}


@pytest.mark.parametrize(
    ("file", "kind"),
    FILES,
    ids=[f"{'tiny' if TINY in file.parents else 'data'}-{kind}-{file.stem}" for file, kind in FILES],
)
def test_a_data_file_fits_the_schema_that_editors_use(file: Path, kind: str) -> None:
    """An editor that knows the schema marks nothing in a file that `check` accepts."""
    source = yaml_source.Source()
    (data_folder.read_json if kind == "run" else yaml_source.read)(file, file.name, source)
    assert source.problems == []
    schema = json.loads((DATA / "schema" / f"{kind}.schema.json").read_text("utf-8"))
    found = Draft202012Validator(schema).iter_errors(source.values[file.name])
    assert [f"{error.json_path}: {error.message}" for error in found] == []


@pytest.mark.parametrize("kind", sorted(validation.SHAPES))
def test_a_schema_is_valid_itself_and_refuses_unknown_keys(kind: str) -> None:
    """The schema follows its own standard, and a misspelt key is an error in every part of it."""
    schema = validation.schema(kind)
    Draft202012Validator.check_schema(schema)
    parts = [*schema.get("$defs", {}).values(), schema]
    assert [part for part in parts if part.get("type") == "object" and part["additionalProperties"] is not False] == []


def test_the_schemas_in_the_data_folder_are_up_to_date() -> None:
    """`make schema` was run after the last change of the model."""
    tree = scaffold.schemas()
    assert scaffold.stale(tree, DATA / "schema") == []
    assert {file.name for file in (DATA / "schema").glob("*.json")} == set(tree)


def test_a_missing_or_changed_schema_is_stale(tmp_path: Path) -> None:
    """Both are named, sorted."""
    tree = scaffold.schemas()
    write(tree, tmp_path / "schema")
    assert scaffold.stale(tree, tmp_path / "schema") == []
    (tmp_path / "schema/topology.schema.json").unlink()
    (tmp_path / "schema/roles.schema.json").write_text("{}")
    assert scaffold.stale(tree, tmp_path / "schema") == ["roles.schema.json", "topology.schema.json"]


def test_a_change_replaces_fields_of_a_process_only() -> None:
    """Each field of a patch is one of the process, of the same type, or absent."""
    whole, patch = (get_type_hints(shape, include_extras=True) for shape in (Process, ProcessPatch))
    patched = [item.name for item in fields(ProcessPatch)]
    assert set(patched) <= {item.name for item in fields(Process)}
    assert [name for name in patched if patch[name] != whole[name] | None] == []
    assert ProcessPatch().values() == {}


def shapes() -> list[type]:
    """Every dataclass that the data files are read into."""
    found = [item for module in (model, topology) for item in vars(module).values()]
    return list(dict.fromkeys(item for item in found if is_dataclass(item) and isinstance(item, type)))


SHAPES = [shape for shape in shapes() if issubclass(shape, Part)]


def test_there_are_shapes() -> None:
    """Only the two kinds of patterns are no part of a data file."""
    assert {shape.__name__ for shape in shapes()} - {shape.__name__ for shape in SHAPES} == {"Between", "Pattern"}
    assert len(SHAPES) > 25


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.__name__)
def test_a_shape_is_frozen_and_takes_names_only(shape: Any) -> None:
    """Nobody changes a fact after it was checked, and no fact depends on the order of fields."""
    assert shape.__dataclass_params__.frozen
    assert all(item.kw_only for item in fields(shape))


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.__name__)
def test_every_field_explains_itself(shape: Any) -> None:
    """The schema, and so the editor, has a sentence for each key."""
    schema = TypeAdapter(shape).json_schema()
    properties = schema.get("properties") or schema["$defs"][shape.__name__]["properties"]
    assert set(properties) == {item.name for item in fields(shape)}
    assert [
        name for name, item in properties.items() if not item.get("description", "").endswith((".", ")", "`"))
    ] == []
