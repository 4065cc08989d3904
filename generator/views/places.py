"""Nodes in words, short however many there are."""

from __future__ import annotations

from collections.abc import Sequence

from generator.deploy import Deployment

NAMED = 5
"""Up to how many nodes are named; more are counted by their roles."""


def named(deployment: Deployment, nodes: Sequence[str]) -> str:
    """Nodes by name when they are few, else "every node", or the roles whose nodes are all among them."""
    if len(nodes) <= NAMED:
        return ", ".join(nodes)
    if set(nodes) >= {node.name for node in deployment.bundled}:
        return "every node"
    words, left = [], dict.fromkeys(nodes)
    for role in deployment.snapshot.roles:
        members = [node.name for node in deployment.nodes_with((role.id,))]
        if len(members) > NAMED and set(members) <= set(nodes) and set(members) & set(left):
            words.append(f"all {len(members)} nodes with the role {role.id}")
            left = {name: None for name in left if name not in members}
    return ", ".join([*left, *words])
