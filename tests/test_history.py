"""The life of every process over all releases: what the page and api/v1/history.json say."""

from __future__ import annotations

import json
from dataclasses import replace

import jsonschema
import pytest

from generator import pipeline
from generator.catalog import Catalog
from generator.history import history
from generator.views.history import Cell, Life, schema
from tests.bundled import catalog
from tests.conftest import TINY

BANANA, CHERRY = (f"https://example.org/orchard/{release}" for release in ("banana", "cherry"))


def lives(data: Catalog) -> dict[str, Life]:
    """Every life by the id of its process."""
    return {life.id: life for service in history(data).services for life in service.lives}


def told(life: Life) -> list[tuple[str, str, str, str, str]]:
    """The periods of a life: releases, mode, strategy, condition, and where its reasons come from."""
    return [
        (
            period.releases,
            period.mode,
            period.strategy,
            period.condition,
            " ".join(reason.source for reason in period.reasons),
        )
        for period in life.periods
    ]


def test_the_lives_of_the_tiny_cloud_are_these() -> None:
    """A process that stays, one that changes, two that come, one that goes, and one whose service came later."""
    found = {name: told(life) for name, life in lives(pipeline.load(TINY)).items()}
    assert {name: found[name] for name in found if name.startswith("orchard") or name == "basket"} == {
        "orchard-api": [("Apple to Cherry", "A/A", "HAProxy", "", "")],
        "orchard-picker": [
            ("Apple to Banana", "A/P", "No HA", "", ""),
            ("Cherry", "A/A", "App cluster", "", CHERRY),
        ],
        "orchard-sorter": [("Banana to Cherry", "A/A", "Multiple instances", "", BANANA)],
        "orchard-juicer": [
            ("Apple to Banana", "A/A", "Multiple instances", "", ""),
            ("from Cherry", "", "", "", CHERRY),
        ],
        "orchard-smith": [("Cherry", "A/A", "Multiple instances", "Iron", CHERRY)],
        "orchard-tree": [("Apple to Cherry", "A/A", "Multiple instances", "", "")],
        "basket": [("Banana to Cherry", "A/A", "Multiple instances", "", BANANA)],
    }


def test_a_row_of_the_matrix_has_a_place_for_every_release() -> None:
    """Releases before a process came and after it went are cells without a mode."""
    found = lives(pipeline.load(TINY))
    assert found["orchard-sorter"].cells() == [Cell(1), Cell(2, "A/A", "Multiple instances")]
    assert found["orchard-juicer"].cells() == [Cell(2, "A/A", "Multiple instances"), Cell(1)]
    real = history(catalog())
    rows = [sum(cell.count for cell in life.cells()) for service in real.services for life in service.lives]
    assert set(rows) == {len(real.releases)}


def test_the_matrix_does_not_show_what_leaves_mode_and_strategy_alone() -> None:
    """Keystone got other units twice, which are periods of the table and one bar of the matrix."""
    keystone = lives(catalog())["keystone"]
    assert [(period.releases, period.details) for period in keystone.periods] == [
        ("Juno", ()),
        ("Kilo to Mitaka", ("Unit: httpd (CentOS 7 with RDO).",)),
        ("Newton to Gazpacho", ("Unit: keystone (Debian), apache2 (Ubuntu).",)),
    ]
    assert keystone.cells() == [Cell(24, "A/A", "HAProxy")]


def test_a_process_of_a_coming_release_is_not_told_of_yet() -> None:
    """The history ends with the newest published release; a service without any process in it is left out."""
    data = pipeline.load(TINY)
    releases = tuple(replace(item, platforms=()) if item.id != "apple" else item for item in data.releases)
    told = history(replace(data, releases=releases))
    assert [release.id for release in told.releases] == ["apple"]
    assert [service.id for service in told.services] == ["haproxy", "cellar", "keepalived", "orchard"]
    assert [life.id for life in told.services[-1].lives] == [
        "orchard-api",
        "orchard-picker",
        "orchard-juicer",
        "orchard-tree",
    ]


def test_an_option_that_comes_begins_a_period_of_the_processes_that_depend_on_it() -> None:
    """Neutron's agents are there in any case until an operator may choose OVN in their place."""
    agent = lives(catalog())["neutron-l3-agent"]
    assert [(period.releases, period.condition) for period in agent.periods] == [
        ("Juno to Train", ""),
        ("Ussuri to Gazpacho", "Open vSwitch with agents"),
    ]
    assert [reason.text.partition(",")[0] for reason in agent.periods[1].reasons] == [
        "Neutron itself has the driver for OVN beside its agents"
    ]


def test_a_note_of_a_release_without_pages_stands_in_the_history() -> None:
    """That cinder-volume may run active-active since Rocky would be told nowhere else between Liberty and Epoxy."""
    before, since = lives(catalog())["cinder-volume"].periods
    assert (before.releases, before.mode, before.condition) == ("Juno to Queens", "A/P", "")
    assert (since.releases, since.mode, since.condition) == ("Rocky to Gazpacho", "A/P", "NFS")
    assert [(remark.release.id, remark.source) for remark in since.remarks] == [
        ("rocky", "https://docs.openstack.org/cinder/latest/contributor/high_availability.html")
    ]
    (other,) = lives(catalog())["cinder-volume-ceph"].periods
    assert (other.releases, other.mode, other.condition) == ("Rocky to Gazpacho", "A/A", "Ceph RBD")


GONE = {
    "nova-cert": "Pike",
    "nova-consoleauth": "Train",
    "glance-registry": "Victoria",
    "heat-api-cloudwatch": "Queens",
    "ceilometer-api": "Queens",
    "ceilometer-collector": "Queens",
    "ceilometer-alarm-evaluator": "Mitaka",
    "ceilometer-alarm-notifier": "Mitaka",
    "neutron-lbaas-agent": "Train",
    "neutron-ovs-cleanup": "Epoxy",
    "mongod": "Queens",
    "sahara-api": "Caracal",
    "sahara-engine": "Caracal",
}
COME = {
    "placement-api": "Newton",
    "nova-metadata": "Pike",
    "aodh-api": "Mitaka",
    "aodh-evaluator": "Mitaka",
    "aodh-notifier": "Mitaka",
    "aodh-listener": "Mitaka",
    "gnocchi-api": "Queens",
    "gnocchi-metricd": "Queens",
    "octavia-api": "Pike",
    "octavia-driver-agent": "Stein",
    "octavia-housekeeping": "Pike",
    "ovn-nb-database": "Ussuri",
    "ovn-sb-database": "Ussuri",
    "ovn-northd": "Ussuri",
    "ovn-controller": "Ussuri",
    "neutron-ovn-metadata-agent": "Ussuri",
    "neutron-ovn-maintenance-worker": "Dalmatian",
    "neutron-periodic-workers": "Dalmatian",
    "neutron-rpc-server": "Epoxy",
    "swift-container-sharder": "Rocky",
    "sahara-api": "Kilo",
    "sahara-engine": "Kilo",
    "trove-api": "Kilo",
    "trove-taskmanager": "Kilo",
    "trove-conductor": "Kilo",
    "cinder-volume-ceph": "Rocky",
}
"""First release without, and first release with a process; checked against the release notes of the projects."""


def test_these_processes_went_and_came_with_these_releases() -> None:
    """No other process came after Juno or went up to Gazpacho."""
    found = lives(catalog())
    assert {name: life.periods[-1].first.name for name, life in found.items() if not life.periods[-1].mode} == GONE
    assert {name: life.periods[0].first.name for name, life in found.items() if life.before} == COME


@pytest.mark.parametrize("data", ["tiny", "real"])
def test_every_period_but_the_first_of_all_says_why_it_begins(data: str) -> None:
    """Whatever came, changed or went has a reason with a source; what is there from the start needs none."""
    catalogs = {"tiny": lambda: pipeline.load(TINY), "real": catalog}
    told = history(catalogs[data]())
    periods = [(life.id, period) for service in told.services for life in service.lives for period in life.periods]
    assert len(periods) > len(told.services)
    assert [
        (name, period.releases)
        for name, period in periods
        if bool(period.reasons) == (period.first == told.releases[0])
    ] == []


def test_the_facts_for_programs_fit_their_schema() -> None:
    """api/v1/history.json of the real data has every process, by id and in install order."""
    facts = json.loads(json.dumps(history(catalog()).as_json("test")))
    jsonschema.validate(facts, schema())
    assert len(facts["processes"]) == sum(len(service.processes) for service in catalog().services.values())
    (cert,) = [process for process in facts["processes"] if process["id"] == "nova-cert"]
    assert [(period["first"], period["last"], period["mode"]) for period in cert["periods"]] == [
        ("juno", "ocata", "A/A"),
        ("pike", "gazpacho", ""),
    ]
