"""Procedures with the names of a deployment filled in: for the pages, and for bundles to read in a terminal."""

from __future__ import annotations

from dataclasses import dataclass

from generator.deploy import Deployment
from generator.model import Decision, ProcedureStep
from generator.naming import look_up
from generator.placeholders import fill
from generator.snapshot import LimitationState, ProcedureState, Snapshot
from generator.topology import Node
from generator.views import strategies

NAMED = 5
"""Up to how many nodes are named; more are counted."""


@dataclass(frozen=True, kw_only=True)
class Step:
    """A step as an operator reads it."""

    number: int
    title: str
    where: str
    run: str
    expect: str
    decide: tuple[Decision, ...]
    why: str
    source: str


def listed(snapshot: Snapshot) -> dict[str, object]:
    """The names that the template of the list of procedures uses."""
    rows = {row.id: row.process for row in strategies.rows(snapshot)}
    items = [
        {
            "id": state.id,
            "procedure": state.procedure,
            "touched": ", ".join(rows[name] for name in state.procedure.processes),
        }
        for state in snapshot.procedures
    ]
    return {"title": "Procedures", "procedures": items}


def values(deployment: Deployment, state: ProcedureState) -> dict[str, object]:
    """The names that the templates of a procedure use."""
    procedure = state.procedure
    snapshot = deployment.snapshot
    rows = {row.id: row for row in strategies.rows(snapshot)}
    named = look_up(deployment, _nodes(deployment, procedure.processes[0])[0], "")
    return {
        "id": state.id,
        "title": procedure.title,
        "description": procedure.summary,
        "when": [fill(sign, named) for sign in procedure.when],
        "caution": fill(procedure.caution, named),
        "touched": [rows[name] for name in procedure.processes],
        "limitations": [item for item in snapshot.limitations if item.id in procedure.limitations],
        "steps": steps(deployment, procedure.steps),
        "references": procedure.references,
        "unverified": procedure.unverified,
    }


def steps(deployment: Deployment, told: tuple[ProcedureStep, ...]) -> list[Step]:
    """Steps that belong together, numbered and with the names of a deployment."""
    chosen = any(step.on == "chosen" for step in told)
    return [_step(deployment, number, step, chosen) for number, step in enumerate(told, start=1)]


def _step(deployment: Deployment, number: int, step: ProcedureStep, chosen: bool) -> Step:
    nodes = _nodes(deployment, step.process)
    named = look_up(deployment, nodes[0], "")
    return Step(
        number=number,
        title=step.title,
        where=_where(step, nodes, chosen),
        run=fill(step.run, named).rstrip(),
        expect=fill(step.expect, named),
        decide=tuple(Decision(when=fill(item.when, named), then=fill(item.then, named)) for item in step.decide),
        why=fill(step.why, named),
        source=step.source,
    )


def _where(step: ProcedureStep, nodes: tuple[Node, ...], chosen: bool) -> str:
    """The nodes that a step is for, in words; `others` are those besides the chosen one where one is chosen."""
    if step.on == "first":
        return f"On {nodes[0].name}."
    if step.on == "others" and not chosen:
        return f"On {_listed(nodes[1:], 'nodes')}."
    names = _listed(nodes, f"nodes with {step.process}")
    return {
        "every": f"On {names}." if len(nodes) == 1 else f"On every one of {names}.",
        "others": f"On all the others of {names}.",
        "chosen": f"On the chosen one of {names}.",
        "any": f"On any one of {names}.",
    }[step.on]


def _listed(nodes: tuple[Node, ...], what: str) -> str:
    return ", ".join(node.name for node in nodes) if len(nodes) <= NAMED else f"the {len(nodes)} {what}"


def _nodes(deployment: Deployment, process: str) -> tuple[Node, ...]:
    return deployment.nodes_of(deployment.snapshot.processes[process])


def on_node(deployment: Deployment, node: Node) -> tuple[ProcedureState, ...]:
    """The procedures that bring back something that runs on a node."""
    return deployment.snapshot.procedures_of([process.id for process in deployment.processes_on(node)])


def answering(deployment: Deployment, limitation: LimitationState) -> list[ProcedureState]:
    """The procedures that are the answer to a limitation."""
    return [state for state in deployment.snapshot.procedures if limitation.id in state.procedure.limitations]
