"""The load balancers of the original guide under the faults that ours go through in the same run."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.lab.full.test_control_plane import TIMES
from tests.lab.original import CHANGES, files, put_on, take_off
from tests.lab.stage import Stage, told

FAULTS = (
    "haproxy-killed", "haproxy-stopped", "haproxy-frozen", "keepalived-stopped", "vrrp-filtered", "node-cut",
)  # fmt: skip
"""The experiments in which HAProxy and keepalived decide how long clients wait."""


@pytest.fixture(scope="module")
def guided(stage: Stage) -> Iterator[Stage]:
    """The site behind the guide's HAProxy and keepalived, and behind ours again afterwards."""
    balancers = [stage.lab.nodes[node.name] for node in stage.lab.topology.nodes_with(("load-balancer",))]
    put_on(balancers, files(stage.deployment))
    yield stage
    take_off(balancers)


@pytest.mark.parametrize("name", FAULTS)
def test_the_settings_of_the_guide_are_measured(guided: Stage, name: str) -> None:
    """Whatever a client sees is written down; of the guide it is only asked that the site comes back in the end."""
    remark = "Not as the guide has it: " + " ".join(change.here for change in CHANGES) if name == FAULTS[0] else ""
    done = guided.repeat(guided.plan[name], TIMES, "original-guide", remark)
    assert [told(item) for item in done if item.valid and item.healed is None] == []
