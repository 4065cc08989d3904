"""A topology installs what it names, with what that stands on, and nothing of the rest."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from generator import pipeline, rules
from generator.deploy import Deployment, deploy
from generator.problems import Place, Problems
from generator.render import Edition, render_bundles
from generator.resolve import resolve
from tests.bundled import catalog

OPENSTACK = [name for name, service in catalog().services.items() if service.kind == "openstack"]
NEEDED = {"keystone", "glance", "neutron", "nova"}
"""Services that another service of the guide names in its files, so that leaving out only one of them is refused."""
FOUND = {
    "cinder": "trove cannot do without cinder in kilo",
    "gnocchi": "ceilometer cannot do without gnocchi in epoxy",
    "heat": "sahara cannot do without heat in liberty",
    "placement": "nova cannot do without placement in epoxy",
    "swift": "gnocchi cannot do without swift in epoxy",
}
"""Services that no file names, since others find them through the catalog of Keystone, with what is said about it."""

RELEASES = ["juno", "liberty"]
WRONG = Path(__file__).parent / "wrong_topologies"


def without(*services: str, release: str = "liberty") -> Deployment:
    """The collapsed topology with all OpenStack services but these."""
    chosen = tuple(name for name in OPENSTACK if name not in services)
    topology = replace(catalog().topologies["collapsed"], services=chosen)
    return deploy(resolve(catalog(), release), "own", topology, "centos-7", reference=False)


def test_what_others_name_cannot_be_left_out_alone() -> None:
    """The rules say so for exactly these services."""
    refused = {name for name in OPENSTACK if rules.check_topology(catalog(), "own.yaml", without(name).topology)}
    assert refused == NEEDED | set(FOUND)


@pytest.mark.parametrize("service", FOUND)
def test_what_others_find_through_the_catalog_cannot_be_left_out_alone(service: str) -> None:
    """One message says who needs it, in the first release that does, and what to add."""
    problems = rules.check_topology(catalog(), "own.yaml", without(service).topology)
    assert [(item.code, str(item.place), item.message, item.hint) for item in problems] == [
        ("R509", str(Place("own.yaml", ("services",))), FOUND[service], f"add {service} to services")
    ]


@pytest.mark.parametrize(
    ("release", "codes"),
    [("", ["R509"]), ("juno", []), ("kilo", []), ("liberty", []), ("epoxy", ["R509"]), ("gazpacho", ["R509"])],
)
def test_a_release_without_placement_asks_for_none(release: str, codes: list[str]) -> None:
    """For bundles of one release, only what that release needs has to be there."""
    topology = replace(without().topology, services=("keystone", "glance", "neutron", "nova"))
    assert [item.code for item in rules.check_topology(catalog(), "own.yaml", topology, release)] == codes


def test_bundles_of_a_release_without_placement_are_made() -> None:
    """The file that is wrong for Epoxy makes a deployment of Juno, and its secrets."""
    file = WRONG / "r509-nova-without-placement.yaml"
    deployment = pipeline.plan(catalog(), "juno", str(file))
    assert {"keystone", "glance", "neutron", "nova"} == set(deployment.snapshot.service_by_id) & set(OPENSTACK)
    assert "nova_service" in {secret.id for secret in pipeline.needed_secrets(catalog(), str(file), "juno")}
    for refused in (lambda: pipeline.plan(catalog(), "epoxy", str(file)), lambda: pipeline.read_own(catalog(), file)):
        with pytest.raises(Problems) as error:
            refused()
        assert [item.message for item in error.value.problems] == [FOUND["placement"]]


@pytest.mark.parametrize(
    "services",
    [
        ("keystone", "glance", "placement", "neutron", "nova"),
        ("keystone", "swift"),
        ("keystone", "glance", "placement", "neutron", "nova", "cinder"),
        ("keystone", "swift", "gnocchi", "aodh"),
        ("keystone", "heat"),
    ],
)
def test_what_others_need_for_a_part_of_their_work_may_be_left_out(services: tuple[str, ...]) -> None:
    """Nova without volumes, Cinder without backups and Heat without instances do the rest of their work."""
    topology = replace(without().topology, services=services)
    assert rules.check_topology(catalog(), "own.yaml", topology) == []


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize("service", sorted(set(OPENSTACK) - NEEDED))
def test_a_service_left_out_leaves_nothing_behind(service: str, release: str) -> None:
    """No file or step of it is in any bundle, and every bundle can still be made."""
    deployment = without(service, release=release)
    bundles = render_bundles(deployment, Edition(revision="test"))
    assert list(bundles) == [node.name for node in deployment.topology.nodes]
    found = [
        (node, path)
        for node, tree in bundles.items()
        for path, blob in tree.items()
        if f"data/services/{service}.yaml" in blob.data.decode() or f"-{service}-" in path
    ]
    assert found == []


def test_support_services_go_with_the_last_that_needs_them() -> None:
    """Redis and MongoDB are there for Ceilometer alone; what nobody depends on by name stays."""
    whole = set(without().snapshot.service_by_id)
    assert whole - set(without("ceilometer").snapshot.service_by_id) == {"ceilometer", "mongodb", "redis"}
    assert whole - set(without("trove").snapshot.service_by_id) == {"trove"}


def test_procedures_are_cut_to_what_is_there() -> None:
    """A step on a process that is not installed is gone, and a procedure without steps too."""
    procedures = {state.id: state.procedure for state in without("ceilometer").snapshot.procedures}
    assert "mongodb-replica-set-recovery" not in procedures
    assert "redis-sentinel-recovery" not in procedures
    steps = [step.process for step in procedures["full-power-on-order"].steps]
    assert {"mongod", "redis", "ceilometer-collector"}.isdisjoint(steps)
    assert {"mariadb", "rabbitmq", "keystone"} <= set(steps)
