"""A topology installs what it names, with what that stands on, and nothing of the rest."""

from __future__ import annotations

from dataclasses import replace

import pytest

from generator import rules
from generator.deploy import Deployment, deploy
from generator.render import Edition, render_bundles
from generator.resolve import resolve
from tests.bundled import catalog

OPENSTACK = [name for name, service in catalog().services.items() if service.kind == "openstack"]
NEEDED = {"keystone", "glance", "neutron", "nova"}
"""Services that another service of the guide names in its files, so that leaving out only one of them is refused."""
RELEASES = ["juno", "liberty"]


def without(*services: str, release: str = "liberty") -> Deployment:
    """The collapsed topology with all OpenStack services but these."""
    chosen = tuple(name for name in OPENSTACK if name not in services)
    topology = replace(catalog().topologies["collapsed"], services=chosen)
    return deploy(resolve(catalog(), release), "own", topology, "centos-7", reference=False)


def test_what_others_name_cannot_be_left_out_alone() -> None:
    """The rules say so for exactly these services."""
    refused = {name for name in OPENSTACK if rules.check_topology(catalog(), "own.yaml", without(name).topology)}
    assert refused == NEEDED


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
