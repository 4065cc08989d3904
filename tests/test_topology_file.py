"""`topology new` writes a file that explains itself and says the same as the topology that it begins with."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from generator import pipeline, specimen, topology, validation, yaml_source
from generator.cli import app
from tests.bundled import DATA, catalog
from tests.fleets import choosing

REFERENCES = sorted(file.stem for file in (DATA / "topologies").glob("*.yaml"))
SCHEMA = "# yaml-language-server: $schema="


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["topology", *map(str, arguments), "--data", str(DATA)])


def read(text: str, folder: Path) -> tuple[object, list[object]]:
    """The topology in a text, and what is wrong with its shape."""
    file = folder / "read.yaml"
    file.write_text(text, "utf-8")
    source = yaml_source.Source()
    yaml_source.read(file, "read.yaml", source)
    assert source.problems == []
    shaped, problems = validation.parse("topology", source.values["read.yaml"], "read.yaml")
    return shaped, list(problems)


def test_there_are_reference_topologies() -> None:
    """The tests below go through a folder that must not be empty."""
    assert {"collapsed", "ipv6", "one-vip-per-api", "public-and-internal", "segregated"} <= set(REFERENCES)


@pytest.mark.parametrize("name", REFERENCES)
def test_a_new_file_is_well_and_says_the_same(name: str, tmp_path: Path) -> None:
    """`topology check` has nothing to say about it, and it is equal to its reference value for value."""
    file = tmp_path / "my-site.yaml"
    written = run("new", "--like", name, "--out", file)
    assert (written.stdout, written.stderr, written.exit_code) == (
        f"{file} is written. Change it to your site, then run: python -m generator topology check {file}\n",
        "",
        0,
    )
    checked = run("check", file)
    assert (checked.stderr, checked.exit_code) == ("", 0)
    assert checked.stdout.startswith(f"{file}: all well: ")
    assert pipeline.find_topology(catalog(), str(file)) == ("my-site", catalog().topologies[name], False)
    assert file.stat().st_mode & 0o777 == 0o644
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize("name", REFERENCES)
def test_every_key_of_the_model_is_explained(name: str) -> None:
    """Each key stands in the file, given or commented out, below the docstring of its attribute."""
    text = specimen.topology_file(catalog().topologies[name], "x.json")
    prose = re.sub(r"\n *#( |  - |- )", " ", text)
    for part, (_, keys) in specimen.keys().items():
        assert [key.name for key in keys] == [item.name for item in fields(getattr(topology, part))]
        for key in keys:
            assert re.search(rf"(^|[ #{{-]){key.name}: ?", text, re.MULTILINE), (part, key.name)
            assert " ".join(key.meaning.split()) in " ".join(prose.replace("#", " ").split()), (part, key.name)


@pytest.mark.parametrize("name", REFERENCES)
def test_a_key_that_is_commented_out_is_valid_without_its_sign(name: str, tmp_path: Path) -> None:
    """Every example has the right shape at its place."""
    text = specimen.topology_file(catalog().topologies[name], "x.json")
    used = re.sub(r"^( *)#(?! )", r"\1", text, flags=re.MULTILINE).replace("#  #", "  #")
    used = re.sub(r"^#(  [a-z_]+: )", r"\1", used, flags=re.MULTILINE)
    shaped, problems = read(used, tmp_path)
    assert problems == []
    assert isinstance(shaped, topology.Topology)
    example = ("keystone", "glance", "placement", "neutron", "nova", "horizon")
    assert shaped.services == (catalog().topologies[name].services or example)
    assert shaped.tuning.timeout_check == "5s"


def test_a_key_without_a_default_has_an_example() -> None:
    """Whatever may be left empty is shown with a value, and no example outlives its key."""
    optional = {(part, key.name) for part, (_, keys) in specimen.keys().items() for key in keys if not key.required}
    assert set(specimen.EXAMPLES) <= optional
    empty = {(part, key.name) for part, (_, keys) in specimen.keys().items() for key in keys if not key.example}
    assert empty & optional == {("Topology", "storage"), ("Topology", "tuning")}


def test_without_a_file_it_goes_to_the_terminal(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """`-` and no --out are the same, and the schema is found from the current folder."""
    monkeypatch.chdir(tmp_path)
    first, second = run("new"), run("new", "--out", "-")
    assert (first.stdout, first.stderr, first.exit_code) == (second.stdout, "", 0)
    head = first.stdout.splitlines()[0]
    assert head.startswith(SCHEMA)
    assert (tmp_path / head.removeprefix(SCHEMA)).resolve() == DATA.resolve() / "schema/topology.schema.json"
    assert list(tmp_path.iterdir()) == []


def test_the_first_line_leads_an_editor_to_the_schema(tmp_path: Path) -> None:
    """The path is relative to the file, wherever that is."""
    folder = tmp_path / "a" / "b"
    folder.mkdir(parents=True)
    assert run("new", "--out", folder / "my-site.yaml").exit_code == 0
    head = (folder / "my-site.yaml").read_text().splitlines()[0]
    assert (folder / head.removeprefix(SCHEMA)).resolve() == DATA.resolve() / "schema/topology.schema.json"


def test_a_file_that_exists_is_not_replaced(tmp_path: Path) -> None:
    """What an operator has edited is never lost."""
    file = tmp_path / "my-site.yaml"
    file.write_text("mine\n")
    result = run("new", "--out", file)
    assert (result.stdout, result.stderr, result.exit_code) == (
        "",
        f"error: {file} exists already; choose another name, or remove it first\nNothing was written.\n",
        1,
    )
    assert file.read_text() == "mine\n"


def test_a_folder_is_not_a_file(tmp_path: Path) -> None:
    """The message says what to name instead, and a folder that is missing is named too."""
    result = run("new", "--out", tmp_path)
    assert (result.stderr, result.exit_code) == (
        f"error: {tmp_path} is a folder; name a file in it\nNothing was written.\n",
        1,
    )
    missing = tmp_path / "none" / "my-site.yaml"
    result = run("new", "--out", missing)
    assert (result.stderr, result.exit_code) == (f"error: {missing}: No such file or directory\n", 1)


def test_a_name_that_could_not_be_checked_is_not_written(tmp_path: Path) -> None:
    """The stem of the file becomes an id, so `new` refuses what `check` would refuse."""
    file = tmp_path / "My Site.yaml"
    result = run("new", "--out", file)
    assert (result.stderr, result.exit_code) == (
        f"{file}: C010: the file name is not made of lower-case words joined by hyphens\n"
        "    hint: it stands in the first line of every generated file; call it my-site.yaml\n"
        "1 problem found; nothing was written.\n",
        1,
    )
    assert list(tmp_path.iterdir()) == []


def test_a_dry_run_says_what_would_be_written(tmp_path: Path) -> None:
    """Nothing is written, and a file in the way is found all the same."""
    file = tmp_path / "my-site.yaml"
    result = run("new", "--out", file, "--dry-run")
    lines = specimen.topology_file(catalog().topologies["collapsed"], "x").count("\n")
    assert (result.stdout, result.stderr, result.exit_code) == (
        f"{file} would be written, with {lines} lines.\n",
        "",
        0,
    )
    assert list(tmp_path.iterdir()) == []


def test_an_own_file_can_be_the_beginning(tmp_path: Path) -> None:
    """Texts that YAML reads as something else come back as they were."""
    first, second = tmp_path / "first.yaml", tmp_path / "second.yaml"
    assert run("new", "--out", first).exit_code == 0
    text = first.read_text().replace("name: Collapsed controllers", 'name: "no"')
    text = re.sub(
        r"^summary: .*$", 'summary: "St. John\'s: 3 \\"big\\" ones, # and 1; 50% & more é"', text, flags=re.MULTILINE
    )
    first.write_text(text.replace("region: regionOne", 'region: "Off"'))
    assert run("new", "--like", first, "--out", second).stderr == ""
    own = pipeline.read_own(catalog(), first)
    assert (own.name, own.region) == ("no", "Off")
    assert pipeline.read_own(catalog(), second) == own


def test_an_unknown_reference_is_refused() -> None:
    """The message names the nearest one."""
    result = run("new", "--like", "colapsed")
    assert (result.stdout, result.stderr, result.exit_code) == (
        "",
        "colapsed: C002: is neither a reference topology nor a file\n"
        "    hint: did you mean 'collapsed'?\n"
        "1 problem found; nothing was written.\n",
        1,
    )


BY_A_RELEASE = {"C012"}
"""Codes that a topology causes with some releases only."""


def test_a_choice_that_a_release_does_not_offer_is_refused_where_it_lacks_something(tmp_path: Path) -> None:
    """A topology with volumes on Ceph is good for Epoxy; Liberty knows NFS only, and its export is missing."""
    file, out = tmp_path / "my-site.yaml", tmp_path / "out"
    shape = choosing(catalog().topologies["collapsed"], {"volume-backend": "ceph"})
    file.write_text(specimen.topology_file(shape, "x"))
    assert run("check", file).stderr == ""
    assert pipeline.read_own(catalog(), file) == shape
    assert pipeline.plan(catalog(), "epoxy", str(file)).topology == shape
    result = CliRunner().invoke(app, ["bundle", "--release", "liberty", "--topology", str(file), "--out", str(out)])
    assert (result.stdout, result.stderr, result.exit_code) == (
        "",
        "--topology: C012: liberty needs storage.cinder_nfs, and there is none\n"
        "    hint: the choices of the topology are not those of liberty: add it, or take a later release\n"
        "1 problem found; nothing was written.\n",
        1,
    )
    assert not out.exists()
