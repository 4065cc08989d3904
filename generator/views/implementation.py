"""How to build a node: what its kind needs, and every step in order."""

from __future__ import annotations

from dataclasses import dataclass

from generator.deploy import Deployment, NumberedStep
from generator.topology import Node


@dataclass(frozen=True)
class NodeKind:
    """Nodes with the same roles, which are built alike."""

    id: str
    name: str
    nodes: tuple[Node, ...]

    @property
    def page(self) -> str:
        """File of its page, below services/."""
        return f"{self.id}-node.md"


def kinds(deployment: Deployment) -> list[NodeKind]:
    """The kinds of nodes that get a bundle, named after their first role, in the order of the topology."""
    names = {role.id: role.name for role in deployment.snapshot.roles}
    groups: dict[tuple[str, ...], list[Node]] = {}
    for node in deployment.bundled:
        groups.setdefault(tuple(sorted(node.roles)), []).append(node)
    found = []
    for nodes in groups.values():
        role = nodes[0].roles[0]
        found.append(NodeKind(role, names[role], tuple(nodes)))
    return found


def steps_of(deployment: Deployment, kind: NodeKind) -> list[dict[str, object]]:
    """The steps that nodes of a kind carry out, and those of others that they wait for, in order."""
    mine = {node.name for node in kind.nodes}
    return [_step(deployment, item, mine) for item in deployment.steps]


def _step(deployment: Deployment, item: NumberedStep, mine: set[str]) -> dict[str, object]:
    service = deployment.snapshot.service_by_id[item.service]
    return {
        "number": item.number,
        "title": item.step.title,
        "service": item.service,
        "service_name": service.name,
        "nodes": item.nodes,
        "here": bool(mine & set(item.nodes)),
    }


def services_of(deployment: Deployment, kind: NodeKind) -> list[dict[str, object]]:
    """The services of a kind of node in install order: packages, units and files of each on it."""
    node = kind.nodes[0]
    found: list[dict[str, object]] = []
    for service in deployment.installed():
        processes = [process for process in service.processes if set(process.roles) & set(node.roles)]
        files = [file for owner, file in deployment.files_on(node) if owner.id == service.id]
        if processes or files:
            units = dict.fromkeys(deployment.unit(process) for process in processes)
            found.append(
                {"id": service.id, "name": service.name, "units": list(units), "files": [file.path for file in files]}
            )
    return found
