"""Wrong topology files, each with exactly the messages that `topology check` gives about it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from generator import pipeline, rules
from generator.cli import app
from tests.bundled import catalog

HERE = Path(__file__).parent
FILES = sorted((HERE / "wrong_topologies").glob("*.yaml"))
HEADER = re.compile(r"# (expect: FILE|hint: )(.*)")


def expected(file: Path) -> str:
    """What the leading comments of a file say that the command prints."""
    lines = []
    for line in file.read_text("utf-8").splitlines():
        found = HEADER.fullmatch(line)
        if not found:
            break
        kind, text = found.groups()
        lines.append(f"    hint: {text}" if kind == "hint: " else f"{file}{text}")
    count = sum(not line.startswith(" ") for line in lines)
    return "\n".join([*lines, f"{count} problem{'' if count == 1 else 's'} found; nothing was written."]) + "\n"


def codes(file: Path) -> list[str]:
    """The codes of the messages that a file causes, in their order."""
    return re.findall(r"^\S*: ([A-Z]\d{3})[: ]", expected(file), re.MULTILINE)


@pytest.fixture(autouse=True)
def _data_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The data are the same for every file: reading them once saves a minute."""
    known = catalog()
    monkeypatch.setattr(pipeline, "load", lambda _: known)


def check(*files: Path) -> Result:
    return CliRunner().invoke(app, ["topology", "check", *map(str, files)])


def test_there_are_wrong_files_for_every_rule() -> None:
    """The cases below are read from a folder: more than fifty, with each rule about topologies among them."""
    assert len(FILES) > 120
    caused = {code for file in FILES for code in codes(file)}
    assert {rule.code for rule in rules.about_topologies()} - caused == set()
    assert {"Y001", "Y002", "Y003", "Y004", "Y005", "S001", "S002", "S003", "S004", "C010"} - caused == set()


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_wrong_topology_causes_exactly_its_messages(file: Path) -> None:
    """Standard error has the messages, standard output nothing, and the exit status is 1."""
    result = check(file)
    assert (result.stderr, result.stdout, result.exit_code) == (expected(file), "", 1)


@pytest.mark.parametrize(
    "file", [file for file in FILES if not file.stem.startswith("several")], ids=lambda file: file.stem
)
def test_one_mistake_has_no_echo(file: Path) -> None:
    """A file is named after the only code that it causes, and all but those listed cause it once."""
    assert set(codes(file)) - ECHOES.get(file.stem, set()) == {file.stem[:4].upper()}
    assert len(codes(file)) == (2 if file.stem in TWICE else 1)


TWICE = {"y003-anchor", "s001-adress", "r505-two-of-everything"}
"""Files with two mistakes: an anchor and its alias, a key that stands for another one, two clusters of two."""

ECHOES = {"s001-adress": {"S002"}}
"""A misspelt key is not known, and the key that was meant is missing."""


@pytest.mark.parametrize(
    "file", [file for file in FILES if file.stem.startswith("several")], ids=lambda file: file.stem
)
def test_several_mistakes_are_reported_together_in_the_order_of_their_lines(file: Path) -> None:
    """Shapes, texts and rules alike: nobody mends one mistake to be told of the next."""
    lines = [int(number) for number in re.findall(rf"^{re.escape(str(file))}:(\d+):", expected(file), re.MULTILINE)]
    assert (
        len(lines)
        == {
            "several-rules": 5,
            "several-shapes": 4,
            "several-texts-and-rules": 4,
            "several-yaml-and-rules": 3,
        }[file.stem]
    )
    assert lines == sorted(lines)


def test_several_files_are_checked_at_once() -> None:
    """Good ones are confirmed, and the mistakes of all others are counted together."""
    good = HERE.parent / "data/topologies/segregated.yaml"
    first, second = HERE / "wrong_topologies/r502-vip-outside.yaml", HERE / "wrong_topologies/y005-no-gateway.yaml"
    result = check(second, good, first)
    both = [line for file in (first, second) for line in expected(file).splitlines()[:-1]]
    assert result.stdout == (
        f"{good}: all well: 18 nodes (2 load-balancer, 3 database, 3 messaging, 3 controller, 2 network, 3 storage, "
        "2 compute), 2 networks, 1 virtual IP, services: all; for juno, kilo, liberty, epoxy, flamingo, gazpacho.\n"
    )
    assert (result.stderr, result.exit_code) == ("\n".join([*both, "2 problems found; nothing was written."]) + "\n", 1)


TOGETHER = {"C011"}
"""Codes that no file causes alone, only several of one call."""


def test_two_sites_on_one_network_have_different_router_ids(tmp_path: Path) -> None:
    """keepalived of one would take the advertisements of the other for its own; another network is no neighbour."""
    first = HERE.parent / "data/topologies/collapsed.yaml"
    text = (
        first.read_text("utf-8").replace("address: 192.0.2.1", "address: 192.0.2.12").replace("192.0.2.2", "192.0.2.22")
    )
    second, third = tmp_path / "second.yaml", tmp_path / "third.yaml"
    second.write_text(text.replace("198.51.100.21", "198.51.100.31").replace("198.51.100.22", "198.51.100.32"), "utf-8")
    third.write_text(second.read_text("utf-8").replace("192.0.2.", "203.0.113."), "utf-8")
    result = check(first, second, third)
    assert result.stderr == (
        f"{second}:22:5: C011 virtual_ips[0].router_id: the router id 61 on 192.0.2.0/24 is already that of "
        f"controller-vip in {first}\n"
        "    hint: give each site on a network router ids of its own\n"
        "1 problem found; nothing was written.\n"
    )
    assert result.exit_code == 1


def test_two_versions_of_a_site_are_no_neighbours() -> None:
    """A file before and after a change has nodes in common, and keeps its router ids."""
    files = [HERE.parent / "data/topologies" / f"{name}.yaml" for name in ("collapsed", "five-controllers")]
    assert check(*files).exit_code == 0
