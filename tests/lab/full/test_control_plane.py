"""The whole control plane of Epoxy from its bundles, broken in every way that one machine can break it."""

from __future__ import annotations

import pytest

from tests.lab.lab import Lab
from tests.lab.stage import Stage, is_well, told

TIMES = 3
"""How often each fault is made."""


def test_every_node_verifies_itself(made: Lab) -> None:
    """`verify.sh` of each bundle finds every process of its node well."""
    said = {name: node.run(f"cd {name} && ./verify.sh") for name, node in made.nodes.items()}
    failed = {
        name: [line for line in done.stdout.splitlines() if not line.startswith("ok ")] for name, done in said.items()
    }
    assert failed == {name: [] for name in made.nodes}
    assert {name: done.returncode for name, done in said.items()} == dict.fromkeys(made.nodes, 0)


EXPERIMENTS = (
    "haproxy-killed", "haproxy-stopped", "haproxy-frozen", "keepalived-killed", "keepalived-stopped", "vrrp-filtered",
    "database-killed", "database-frozen", "database-slow", "database-cut", "broker-killed", "broker-cut",
    "valkey-killed", "valkey-frozen", "memcached-stopped", "memcached-frozen", "ovn-killed",
    "keystone-killed", "keystone-frozen", "apis-killed", "apis-frozen", "workers-killed", "workers-frozen",
    "node-without-carrier", "node-cut", "node-frozen", "node-off",
)  # fmt: skip


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_the_site_survives(stage: Stage, name: str) -> None:
    """After the fault every cluster is whole again, one node has the address, and nothing confirmed was lost."""
    done = stage.repeat(stage.plan[name], TIMES)
    assert [told(item) for item in done if not is_well(item)] == []


def test_the_list_of_experiments_is_complete(stage: Stage) -> None:
    """Each experiment of the plan is carried out."""
    assert tuple(stage.plan) == EXPERIMENTS
