"""A topology lowers the numbers of worker processes, in every file that has one and nowhere else."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache

import pytest

from generator import rules
from generator.deploy import Deployment, deploy
from generator.render import Edition, render_bundles
from generator.resolve import resolve
from generator.topology import Node, Topology
from generator.workers import asked_for
from tests.bundled import catalog

PLATFORMS = [(release.id, platform) for release in catalog().published for platform in release.platforms]
BACKENDS = ("ovn", "openvswitch")
NUMBER = re.compile(r"^ *(?:[a-z_]*workers|processes) = ([0-9]+)$|[ -]processes[ =]([0-9]+) ", re.MULTILINE)
"""Numbers of workers as files have them, found without the data: INI files, arguments of uWSGI and of Apache."""


def deployment(release: str, platform: str, workers: int | str, backend: str = "ovn") -> Deployment:
    """The topology `collapsed` with that many workers at most."""
    base = catalog().topologies["collapsed"]
    topology = replace(
        base, tuning=replace(base.tuning, workers=workers), options=base.options | {"network-backend": backend}
    )
    return deploy(resolve(catalog(), release), "own", topology, platform, reference=False)


@cache
def files(release: str, platform: str, workers: int | str, backend: str = "ovn") -> dict[tuple[str, str], str]:
    """Node and path of every configuration file, with its text."""
    bundles = render_bundles(deployment(release, platform, workers, backend), Edition(revision="test"))
    return {
        (node, path.removeprefix("rootfs")): blob.data.decode()
        for node, tree in bundles.items()
        for path, blob in tree.items()
        if path.startswith("rootfs")
    }


def numbers(release: str, platform: str, workers: int | str, backend: str = "ovn") -> dict[str, list[int]]:
    """The numbers of workers in the files of the first controller, by path."""
    found = {
        path: [int(one or other) for one, other in NUMBER.findall(text)]
        for (node, path), text in files(release, platform, workers, backend).items()
        if node == "hacontroller1"
    }
    return {path: listed for path, listed in found.items() if listed}


GUIDE = {
    "/etc/aodh/aodh-api-uwsgi.ini": [2],
    "/etc/apache2/sites-available/openstack-dashboard.conf": [3],
    "/etc/cinder/cinder-api-uwsgi.ini": [4],
    "/etc/default/keystone": [4],
    "/etc/default/placement-api": [2],
    "/etc/glance/glance-api.conf": [4],
    "/etc/gnocchi/gnocchi-api-uwsgi.ini": [2],
    "/etc/gnocchi/gnocchi.conf": [2],
    "/etc/heat/heat-api-cfn-uwsgi.ini": [2],
    "/etc/heat/heat-api-uwsgi.ini": [2],
    "/etc/heat/heat.conf": [4],
    "/etc/neutron/neutron-api-uwsgi.ini": [4],
    "/etc/nova/nova-api-metadata-uwsgi.ini": [4],
    "/etc/nova/nova-api-uwsgi.ini": [4],
    "/etc/nova/nova.conf": [4, 2],
    "/etc/octavia/octavia-api-uwsgi.ini": [2],
    "/etc/swift/account-server.conf": [2],
    "/etc/swift/container-server.conf": [2],
    "/etc/swift/object-server.conf": [2],
    "/etc/swift/proxy-server.conf": [2],
    "/etc/trove/trove-api-uwsgi.ini": [2],
    "/etc/trove/trove.conf": [2],
}
"""Numbers of Epoxy on Debian 13, as the guide has them."""


def test_every_number_of_the_guide_is_seen() -> None:
    """The tests below compare with these."""
    assert numbers("epoxy", "debian-13", "") == GUIDE


@pytest.mark.parametrize("workers", [1, 3])
def test_higher_numbers_are_lowered_and_none_is_raised(workers: int) -> None:
    """What asks for fewer keeps its number."""
    lowered = {path: [min(number, workers) for number in listed] for path, listed in GUIDE.items()}
    assert numbers("epoxy", "debian-13", workers) == lowered


def test_nothing_else_changes() -> None:
    """Files differ in the lines of the numbers only, and the other words of such a line stay."""
    before, after = files("epoxy", "debian-13", ""), files("epoxy", "debian-13", 1)
    assert before.keys() == after.keys()
    assert {path for node, path in before if before[node, path] != after[node, path]} == set(GUIDE)
    blank = re.compile(r"[0-9]+")
    for key, text in before.items():
        pairs = [(one, other) for one, other in zip(text.splitlines(), after[key].splitlines(), strict=True)]
        changed = [(one, other) for one, other in pairs if one != other]
        assert [one for one, _ in changed if not NUMBER.search(one)] == []
        assert [blank.sub("", one) for one, _ in changed] == [blank.sub("", other) for _, other in changed]


def test_arguments_keep_what_stands_beside_the_number() -> None:
    """Threads are no workers."""
    text = files("epoxy", "debian-13", 1)["hacontroller1", "/etc/default/placement-api"]
    assert text.splitlines()[-1] == (
        'DAEMON_ARGS="--ini /etc/placement/placement-api-uwsgi.ini --http-socket 192.0.2.11:8778 '
        '--processes 1 --threads 8"'
    )


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(("release", "platform"), PLATFORMS)
def test_no_release_has_a_number_that_the_data_does_not_list(release: str, platform: str, backend: str) -> None:
    """One worker means one in each file, with either network back end; a file that is not listed would show here."""
    found = numbers(release, platform, 1, backend)
    assert {path: listed for path, listed in found.items() if set(listed) != {1}} == {}
    assert found.keys() == numbers(release, platform, "", backend).keys()
    assert found


def nine(workers: int | str) -> Topology:
    """The topology `collapsed` with nine controllers."""
    base = catalog().topologies["collapsed"]
    network = {"internal": base.nodes[0].interfaces["internal"]}
    more = tuple(
        Node(
            name=f"more{number}",
            roles=("controller",),
            interfaces={"internal": replace(network["internal"], address=f"192.0.2.{30 + number}")},
        )
        for number in range(6)
    )
    return replace(base, nodes=base.nodes + more, tuning=replace(base.tuning, workers=workers))


@pytest.mark.parametrize(("workers", "connections"), [("", 11160), (4, 11160), (3, 9675), (2, None), (1, None)])
def test_the_connections_to_the_database_are_those_of_the_workers_that_are_left(
    workers: int | str, connections: int | None
) -> None:
    """Nine controllers are too many for MariaDB with the workers of the guide, and few enough with two each."""
    found = [
        (item.code, item.message.partition(" in ")[0])
        for item in rules.check_topology(catalog(), "own.yaml", nine(workers))
    ]
    assert found == (
        [("R521", f"the nodes may open {connections} connections to database")] if connections is not None else []
    )


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("4", 4),
        ("0", 0),
        ("--ini x.ini --processes 12 --threads 8", 12),
        ("--threads 8", None),
        ("4 or so", None),
        ("True", None),
        ("", None),
    ],
)
def test_a_setting_asks_for_workers_with_a_number(text: str, number: int | None) -> None:
    """A number alone, or the one behind `--processes`."""
    assert asked_for(text) == number
