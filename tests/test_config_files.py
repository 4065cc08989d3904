"""Files that are the same on several nodes are rendered once, and nobody can tell."""

from __future__ import annotations

import pytest

from generator.config_files import ConfigFiles
from tests.fleets import Fleet, fleets

SHOWN = [
    fleet
    for fleet in fleets()
    if fleet.deployment.topology_id in {"five-controllers", "public-and-internal", "segregated"}
]


@pytest.mark.parametrize("fleet", SHOWN, ids=[fleet.name for fleet in SHOWN])
def test_a_node_gets_the_files_that_it_would_get_alone(fleet: Fleet) -> None:
    """Every file of every node is byte for byte what rendering for that node only makes."""
    together = ConfigFiles(fleet.deployment)
    different = [
        (node.name, shared.path)
        for node in fleet.deployment.bundled
        for shared, alone in zip(together.on(node), ConfigFiles(fleet.deployment).on(node), strict=True)
        if shared != alone
    ]
    assert different == []
