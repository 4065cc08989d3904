"""The packages that the data names for Debian 13 are there, and of the release."""

from __future__ import annotations

import re
from pathlib import Path

from tests.debian.packages import packages
from tests.debian.root import Root, fields

SERIES = {
    "aodh": "20",
    "ceilometer": "24",
    "cinder": "26",
    "glance": "30",
    "gnocchi": "4.6",
    "heat": "24",
    "horizon": "25.3",
    "keystone": "27",
    "neutron": "26",
    "nova": "31",
    "octavia": "16",
    "openstack-trove": "23",
    "ovn-octavia-provider": "8",
    "placement": "13",
    "python-keystonemiddleware": "10.9",
    "python-openstackclient": "7.4",
    "python-openstacksdk": "4.4",
    "python-swiftclient": "4.7",
    "python-troveclient": "8.8",
    "swift": "2.35",
}
"""How the versions of Epoxy begin, by Debian's source package; https://releases.openstack.org/epoxy/.

Gnocchi has left OpenStack's releases and counts for itself: https://gnocchi.osci.io/.
"""

OTHERS = {"openvswitch", "ovn", "python-memcache", "python-pymemcache", "python-pymysql", "rabbitmq-server"}
"""Sources that Debian's OpenStack team maintains and that are not released by OpenStack."""

UPSTREAM = re.compile(r"(?:\d+:)?(\d[\w.]*)")


def shown(debian: Root, folder: Path) -> dict[str, dict[str, str]]:
    """What the package index says about the newest version of each package that the data names."""
    done = debian.run(f"apt-cache show --no-all-versions {' '.join(packages())}", folder)
    assert done.returncode == 0, done.stderr
    found = (fields(paragraph) for paragraph in done.stdout.split("\n\n") if paragraph.strip())
    return {item["Package"]: item for item in found}


def test_the_package_index_has_every_package(debian: Root, tmp_path: Path) -> None:
    """apt knows each package that a process, service or choice needs, and what is installed is its newest version."""
    known = shown(debian, tmp_path)
    assert sorted(known) == packages()
    assert {name: debian.installed[name]["Version"] for name in known} == {
        name: item["Version"] for name, item in known.items()
    }


def test_the_packages_of_openstack_are_of_the_release(debian: Root, tmp_path: Path) -> None:
    """What Debian's OpenStack team maintains has the versions of Epoxy."""
    versions = {
        item.get("Source", name).partition(" ")[0]: UPSTREAM.match(item["Version"])
        for name, item in shown(debian, tmp_path).items()
        if "openstack" in item["Maintainer"].lower()
    }
    others = {source: versions.pop(source) for source in OTHERS}
    wrong = {
        source: version and version[1]
        for source, version in versions.items()
        if not version or not f"{version[1]}.".startswith(f"{SERIES.get(source)}.")
    }
    assert wrong == {}
    assert sorted(versions) == sorted(SERIES)
    assert all(others.values())
