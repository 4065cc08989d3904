"""Every step of a procedure works on the nodes that it names, also where each role has machines of its own."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterator

from generator.views import procedures
from tests.fleets import Fleet, Member
from tests.invariants.packages import brought
from tests.invariants.shell import commands
from tests.invariants.test_commands import BUILTINS
from tests.invariants.test_files import PATH, is_there

TOLD = {"arping", "tcpdump"}
"""Commands of which the procedure itself says that bundles do not bring them."""


def steps(fleet: Fleet) -> Iterator[tuple[str, str, Member]]:
    """Title and commands of every step of every procedure and of the upgrade, with each node that it is for."""
    shown = fleet.deployment
    members = {member.node.name: member for member in fleet.members}
    groups = [(state.id, state.procedure.steps) for state in shown.snapshot.procedures]
    groups += [(stage.id, stage.steps) for stage in (shown.snapshot.upgrade.stages if shown.snapshot.upgrade else ())]
    for name, told in groups:
        for step, text in zip(told, procedures.steps(shown, told), strict=True):
            for node in shown.nodes_of(shown.snapshot.processes[step.process]) if text.run else ():
                yield f"{name}: {step.title}", text.run, members[node.name]


def test_the_files_of_a_step_are_on_its_nodes(fleet: Fleet) -> None:
    """What it reads, the login of the administrator above all, is in the bundle of each node that it names."""
    wrong = {
        f"{title}: {path} on {member.node.name}"
        for title, run, member in steps(fleet)
        for path in PATH.findall(run)
        if not is_there(member, path.rstrip("."), "procedure")
    }
    assert sorted(wrong) == []


def test_the_commands_of_a_step_are_on_its_nodes(fleet: Fleet) -> None:
    """The packages of each node that it names bring what it runs."""
    wrong = {
        f"{title}: {command} on {member.node.name}"
        for title, run, member in steps(fleet)
        for command in commands(run) - BUILTINS - TOLD - brought(member)
        if not command.startswith("/") and command.removeprefix("./") not in member.tree
    }
    assert sorted(wrong) == []


SCRIPT = re.compile(r"\bsteps/[\w*-]+\.sh\b")


def test_the_scripts_that_a_text_names_are_in_the_bundles(fleet: Fleet) -> None:
    """A step of the bundle is called by the name that it has there: a large release numbers them with three digits."""
    pages = ((path, blob) for member in fleet.members for path, blob in member.tree.items() if path.endswith(".md"))
    told = {(path, blob.data.decode()) for path, blob in pages}
    told |= {(title, run) for title, run, _ in steps(fleet)}
    scripts = {f"steps/{name}" for member in fleet.members for name in member.steps}
    named = {(title, script) for title, text in told for script in SCRIPT.findall(text)}
    assert named
    assert sorted((title, script) for title, script in named if not fnmatch.filter(scripts, script)) == []
