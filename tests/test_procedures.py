"""Procedures say where each step is done, and their commands can be pasted into a shell."""

from __future__ import annotations

import re
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from generator import placeholders
from generator.deploy import Deployment, deploy
from generator.resolve import resolve
from generator.snapshot import ProcedureState
from generator.views import procedures
from tests.bundled import catalog

RELEASES = tuple(release.id for release in catalog().published)


def deployment(release: str) -> Deployment:
    """A release on the reference topology `collapsed`."""
    snapshot = resolve(catalog(), release)
    platform = snapshot.release.platforms[0]
    return deploy(snapshot, "collapsed", catalog().topologies["collapsed"], platform, reference=True)


def steps(shown: Deployment, state: ProcedureState) -> list[procedures.Step]:
    """The steps of a procedure as they are shown."""
    found = procedures.values(shown, state)["steps"]
    assert isinstance(found, list)
    return found


def texts(step: procedures.Step) -> list[str]:
    """Everything of a step in which names are filled in."""
    return [step.run, step.expect, step.why, *(text for item in step.decide for text in (item.when, item.then))]


@pytest.mark.parametrize("release", RELEASES)
def test_the_commands_are_shell(release: str, tmp_path: Path) -> None:
    """shellcheck finds nothing in any step of any procedure; the login of the administrator is on the nodes only."""
    shown = deployment(release)
    scripts = [step.run for state in shown.snapshot.procedures for step in steps(shown, state) if step.run]
    assert len(scripts) > 50
    for number, script in enumerate(scripts):
        (tmp_path / f"{number}.sh").write_text(script)
    command = ["shellcheck", "--shell=sh", "--exclude=SC1091,SC2009", *sorted(map(str, tmp_path.iterdir()))]
    assert subprocess.run(command, text=True, capture_output=True).stdout == ""


@pytest.mark.parametrize("release", RELEASES)
def test_every_name_is_filled_in(release: str) -> None:
    """No `${...}` name is left for the operator, in commands or in sentences."""
    shown = deployment(release)
    left = [
        (state.id, text)
        for state in shown.snapshot.procedures
        for step in steps(shown, state)
        for text in texts(step)
        if placeholders.NAME.search(text)
    ]
    assert left == []


@pytest.mark.parametrize("release", RELEASES)
def test_other_procedures_are_named_by_their_titles(release: str) -> None:
    """What a text calls a procedure or a limitation, in quotes, is the title of one."""
    snapshot = deployment(release).snapshot
    titles = {state.procedure.title for state in snapshot.procedures}
    titles |= {state.limitation.title for state in snapshot.limitations}
    shown = deployment(release)
    said = [text for state in snapshot.procedures for step in steps(shown, state) for text in texts(step)]
    said += [text for state in snapshot.limitations for text in state.limitation.workaround]
    named = {name for text in said for name in re.findall(r'(?:procedure|limitation) "([^"]+)"', text)}
    assert len(named) > 5
    assert named - titles == set()


@pytest.mark.parametrize(
    ("on", "expected"),
    [
        ("every", "On every one of hacontroller1, hacontroller2, hacontroller3."),
        ("first", "On hacontroller1."),
        ("others", "On hacontroller2, hacontroller3."),
        ("any", "On any one of hacontroller1, hacontroller2, hacontroller3."),
        ("chosen", "On the chosen one of hacontroller1, hacontroller2, hacontroller3."),
    ],
)
def test_a_step_names_its_nodes(on: str, expected: str) -> None:
    """The nodes are those that run the process of the step."""
    shown = deployment("liberty")
    state = shown.snapshot.procedures[0]
    step = replace(state.procedure.steps[0], process="mariadb", on=on)
    one = ProcedureState(id="one", procedure=replace(state.procedure, steps=(step,)))
    assert [item.where for item in steps(shown, one)] == [expected]


def test_the_others_are_those_besides_the_chosen_one() -> None:
    """Where a node is chosen, the first of the list is none of its own."""
    shown = deployment("liberty")
    state = shown.snapshot.procedures[0]
    pair = [replace(state.procedure.steps[0], process="mariadb", on=on) for on in ("chosen", "others")]
    one = ProcedureState(id="one", procedure=replace(state.procedure, steps=tuple(pair)))
    assert [item.where for item in steps(shown, one)] == [
        "On the chosen one of hacontroller1, hacontroller2, hacontroller3.",
        "On all the others of hacontroller1, hacontroller2, hacontroller3.",
    ]


def test_many_nodes_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """A line with hundreds of names helps nobody."""
    monkeypatch.setattr(procedures, "NAMED", 2)
    shown = deployment("liberty")
    state = shown.snapshot.procedures[0]
    step = replace(state.procedure.steps[0], process="mariadb", on="every")
    one = ProcedureState(id="one", procedure=replace(state.procedure, steps=(step,)))
    assert [item.where for item in steps(shown, one)] == ["On every one of the 3 nodes with mariadb."]
