"""The procedures that the pages print, carried out on the nodes from the same data."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from generator.deploy import Deployment
from generator.views import procedures
from tests.lab.node import Node

LOG = logging.getLogger("lab")


@dataclass(frozen=True)
class Instruction:
    """A step of a procedure with the names of the lab filled in."""

    number: int
    title: str
    on: str
    """Which nodes of the process it is for: every, first, others, chosen or any."""
    nodes: tuple[str, ...]
    """All nodes of its process."""
    run: str
    decisions: dict[str, str]
    """What to do, by what the step showed."""


@dataclass
class Runbook:
    """A procedure, to be followed from its first step on."""

    id: str
    instructions: list[Instruction]
    followed: list[str] = field(default_factory=list)
    """The titles of the steps that were carried out, in order."""

    def step(self, title: str) -> Instruction:
        """The step of that title. Raises StopIteration when the procedure has no such step any more."""
        return next(item for item in self.instructions if item.title == title)

    def carry_out(self, title: str, nodes: Iterable[Node]) -> dict[str, str]:
        """Type the commands of a step on nodes, in the folder of the bundle: what they printed, errors included.

        Commands may fail, as in a terminal: what they print decides what comes next.
        """
        step = self.step(title)
        chosen = list(nodes)
        assert {node.name for node in chosen} <= set(step.nodes), f"{self.id}: {title} is not for these nodes"
        with ThreadPoolExecutor() as pool:
            done = pool.map(lambda node: node.run(f"cd {node.name}\nexec 2>&1\n{step.run}", timeout=900), chosen)
            said = {node.name: result.stdout for node, result in zip(chosen, done, strict=True)}
        self.followed.append(title)
        for name, text in said.items():
            LOG.info("%s, step %d, %s on %s:\n%s", self.id, step.number, title, name, text.rstrip())
        return said

    def command_of(self, title: str, when: str) -> str:
        """The command that the decision of a step says to run. Raises KeyError when there is no such decision."""
        return re.findall(r"`([^`]+)`", self.step(title).decisions[when])[0]

    def pass_over(self, title: str) -> None:
        """Leave a step out, because a decision of the procedure says so."""
        self.followed.append(self.step(title).title)


def open_runbook(deployment: Deployment, procedure: str) -> Runbook:
    """A procedure of the deployment's release. Raises StopIteration when it has none of that id."""
    told = next(state.procedure for state in deployment.snapshot.procedures if state.id == procedure)
    shown = procedures.steps(deployment, told.steps)
    return Runbook(
        procedure,
        [
            Instruction(
                number=page.number,
                title=page.title,
                on=step.on,
                nodes=tuple(node.name for node in deployment.nodes_of(deployment.snapshot.processes[step.process])),
                run=page.run,
                decisions={item.when: item.then for item in page.decide},
            )
            for page, step in zip(shown, told.steps, strict=True)
        ],
    )
