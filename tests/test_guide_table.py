"""The strategy tables are those of the original guide, apart from what corrections and additions say."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from generator import pipeline
from generator.resolve import resolve
from generator.views.strategies import Row, rows

DATA = Path(__file__).parent.parent / "data"
GUIDE: dict[str, list[list[str]]] = {
    release: table
    for release, table in json.loads((Path(__file__).parent / "reference" / "strategy-tables.json").read_text()).items()
    if not release.startswith("_")
}

LABELS = {
    "HAProxy / app cluster": "HAProxy / App cluster",
    "App cluster / service config": "App cluster / Service configuration",
    "App cluster (Sentinel)": "App cluster",
}
"""The guide's wording where ours is the same thing in other words; Sentinel is told in a note."""

COUNTS = {"juno": 41, "kilo": 46, "liberty": 46}


@pytest.fixture(scope="module")
def tables() -> dict[str, list[Row]]:
    """The rows of each release that the guide has."""
    catalog = pipeline.load(DATA)
    return {release: rows(resolve(catalog, release)) for release in GUIDE}


def test_the_reference_is_whole() -> None:
    """The trimmed copy of the guide's tables has every row of each release."""
    assert {release: len(table) for release, table in GUIDE.items()} == COUNTS


@pytest.mark.parametrize("release", GUIDE)
def test_every_row_of_the_guide_is_there_in_its_order(release: str, tables: dict[str, list[Row]]) -> None:
    """Without the additions, services and processes stand as in the guide, row by row."""
    ours = [[row.service, row.guide_name or row.process] for row in tables[release] if not row.addition]
    assert ours == [[service, process] for service, process, _, _ in GUIDE[release]]


@pytest.mark.parametrize("release", GUIDE)
def test_modes_are_those_of_the_guide(release: str, tables: dict[str, list[Row]]) -> None:
    """A/A and A/P are as in the guide, in every row."""
    ours = [[row.process, row.mode] for row in tables[release] if not row.addition]
    assert ours == [[row[0], mode] for row, (_, _, mode, _) in zip(ours, GUIDE[release], strict=True)]


@pytest.mark.parametrize("release", GUIDE)
def test_a_row_that_differs_names_its_correction(release: str, tables: dict[str, list[Row]]) -> None:
    """Name and strategy equal the guide's, unless a correction that is in force lists the process."""
    unexplained = []
    for row, (_, process, _, strategy) in zip(
        [row for row in tables[release] if not row.addition], GUIDE[release], strict=True
    ):
        same = row.process == process and row.strategy == LABELS.get(strategy, strategy)
        if not same and not row.corrections:
            unexplained.append((row.process, row.strategy, process, strategy))
    assert unexplained == []


ADDED = {
    # What the guide runs without a row of its own.
    "Galera monitor",
    "keepalived",
    "Redis Sentinel",
    "openstack-nova-consoleauth",
    "libvirtd",
    "openvswitch",
    "neutron-ovs-cleanup",
    "openstack-ceilometer-collector",
    "openstack-swift-object-expirer",
    # What the guide asks for without saying how: clocks that agree.
    "chrony",
    # What keeps Swift's replicas complete after a loss, and is never started in the guide.
    "openstack-swift-account-auditor",
    "openstack-swift-account-reaper",
    "openstack-swift-account-replicator",
    "openstack-swift-container-auditor",
    "openstack-swift-container-replicator",
    "openstack-swift-container-updater",
    "openstack-swift-object-auditor",
    "openstack-swift-object-replicator",
    "openstack-swift-object-updater",
    "rsyncd",
}


@pytest.mark.parametrize("release", GUIDE)
def test_additions_are_what_the_guide_leaves_out(release: str, tables: dict[str, list[Row]]) -> None:
    """Exactly the processes that the guide does not list are marked as additions, each with its reason."""
    additions = [row for row in tables[release] if row.addition]
    assert {row.process for row in additions} == ADDED
    assert len(additions) == len(ADDED)
    assert all(row.addition_reason for row in additions)


RENAMED = {
    "juno": {
        "openstack-heat-api-cfn": "openstack-heat-cfn",
        "openstack-heat-api-cloudwatch": "openstack-heat-cloudwatch",
        "openstack-ceilometer-alarm-evaluator": "openstack-ceilometer-evaluator",
    },
}
RENAMED["kilo"] = RENAMED["juno"] | {
    "httpd": "openstack-keystone",
    "openstack-trove-taskmanager": "openstack-trove-engine",
}
RENAMED["liberty"] = RENAMED["kilo"]


@pytest.mark.parametrize("release", GUIDE)
def test_wrong_names_of_the_guide_are_kept_as_aliases(release: str, tables: dict[str, list[Row]]) -> None:
    """A row whose name we corrected still shows the guide's, so that a search for it succeeds."""
    assert {row.process: row.guide_name for row in tables[release] if row.guide_name} == RENAMED[release]
