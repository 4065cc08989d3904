"""The whole control plane of Epoxy from its bundles, broken in every way that one machine can break it."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.lab.lab import Lab
from tests.lab.stage import Stage, is_well, told

TIMES = 3
"""How often each fault is made."""


TUNNELS = re.compile(r"FAILED  ovn-controller: nothing listens on \S+:6081/udp")
"""What verify.sh says of a node whose kernel has no Geneve."""


def test_every_node_verifies_itself(made: Lab) -> None:
    """`verify.sh` of each bundle finds every process of its node well, tunnels aside where the kernel knows none."""
    with ThreadPoolExecutor() as pool:
        done = pool.map(lambda node: node.run(f"cd {node.name} && ./verify.sh", timeout=900), made.nodes.values())
    said = {name: result.stdout.splitlines() for name, result in zip(made.nodes, done, strict=True)}
    assert all(lines for lines in said.values())
    bad = {name: [line for line in lines if not line.startswith("ok ")] for name, lines in said.items()}
    if not Path("/sys/module/geneve").exists():
        bad = {name: [line for line in lines if not TUNNELS.fullmatch(line)] for name, lines in bad.items()}
    assert bad == {name: [] for name in made.nodes}


EXPERIMENTS = (
    "haproxy-killed", "haproxy-stopped", "haproxy-frozen", "keepalived-killed", "keepalived-stopped", "vrrp-filtered",
    "database-killed", "database-frozen", "database-slow", "database-cut", "monitor-killed",
    "broker-killed", "broker-cut",
    "valkey-killed", "valkey-frozen", "memcached-stopped", "memcached-frozen", "chrony-stopped", "ovn-killed",
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
