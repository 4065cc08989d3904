"""The order of work of a deployment: what comes before the steps of services, and those steps."""

from __future__ import annotations

from dataclasses import dataclass

from generator.deploy import BASE_STEPS, Deployment
from generator.topology import Node
from generator.views import places


@dataclass(frozen=True)
class WorkLine:
    """A line of the order of work; `file` is the script below a bundle's folder."""

    number: int
    title: str
    where: str
    """Its nodes in words."""
    file: str
    nodes: frozenset[str]

    def seen_from(self, node: Node) -> dict[str, object]:
        """The line as a bundle's texts know it."""
        return {
            "number": self.number,
            "title": self.title,
            "where": self.where,
            "file": self.file,
            "here": node.name in self.nodes,
        }


def work_lines(deployment: Deployment) -> tuple[WorkLine, ...]:
    """Every line in order; each is finished on all its nodes before the next one."""
    everybody = tuple(node.name for node in deployment.bundled)
    base = tuple(
        (number, title, base_script(deployment, name), everybody)
        for number, (name, title) in enumerate(BASE_STEPS.items(), start=1)
    )
    steps = tuple((step.number, step.step.title, f"steps/{step.file}", step.nodes) for step in deployment.steps)
    words = {names: places.named(deployment, names) for *_, names in base + steps}
    return tuple(
        WorkLine(number, title, words[names], file, frozenset(names)) for number, title, file, names in base + steps
    )


def base_script(deployment: Deployment, name: str) -> str:
    """The script of a line that comes before the steps of services, by its name in BASE_STEPS."""
    number = list(BASE_STEPS).index(name) + 1
    return f"steps/{deployment.script_name(number, 'base', name)}"
