"""Every option that a bundle sets is one that the service of that release registers."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from functools import cache
from itertools import product
from pathlib import Path

import pytest

from generator.config_files import ConfigFiles
from generator.deploy import Deployment, deploy
from generator.resolve import resolve
from tests.bundled import Settings, catalog, parse_ini
from tests.fleets import choosing
from tests.registries import ELSEWHERE, FOREIGN_FILTERS, NEEDED, UNLISTED, file_of, registry, verdicts

PROJECTS = {
    "aodh", "ceilometer", "cinder", "glance", "gnocchi", "heat", "keystone", "neutron", "nova", "octavia", "placement",
    "sahara", "swift", "trove",
}  # fmt: skip

TABLE = Path(__file__).parent.parent / "tools" / "registry.toml"

JUDGES = {"kilo": "juno", "flamingo": "epoxy"}
"""Releases without a registry of their own, and one that knows their files."""

NOVA = "/etc/nova/nova.conf"

FREE = {
    "/etc/keystone/keystone-paste.ini": "a pipeline of PasteDeploy",
    "/etc/neutron/dnsmasq-neutron.conf": "read by dnsmasq",
    "/etc/aodh/aodh-api-uwsgi.ini": "read by uWSGI",
    "/etc/cinder/cinder-api-uwsgi.ini": "read by uWSGI",
    "/etc/gnocchi/gnocchi-api-uwsgi.ini": "read by uWSGI",
    "/etc/heat/heat-api-cfn-uwsgi.ini": "read by uWSGI",
    "/etc/heat/heat-api-uwsgi.ini": "read by uWSGI",
    "/etc/neutron/neutron-api-uwsgi.ini": "read by uWSGI",
    "/etc/nova/nova-api-metadata-uwsgi.ini": "read by uWSGI",
    "/etc/nova/nova-api-uwsgi.ini": "read by uWSGI",
    "/etc/octavia/octavia-api-uwsgi.ini": "read by uWSGI",
    "/etc/trove/api-paste.ini": "a pipeline of PasteDeploy",
    "/etc/trove/trove-api-uwsgi.ini": "read by uWSGI",
}
"""Files of a service that it does not read through its options, and who does."""

BETWEEN = {
    # Gazpacho calls it project_network_types:
    # https://opendev.org/openstack/neutron/src/branch/stable/2025.2/neutron/conf/plugins/ml2/config.py
    "/etc/neutron/plugins/ml2/ml2_conf.ini [ml2] tenant_network_types",
}
"""Settings of Flamingo that its neighbours do not both know, each with its place in the source of Flamingo."""


def sites(release: str) -> Iterator[Deployment]:
    """The release on each platform and reference topology, with every choice that it offers, one at a time."""
    snapshot = resolve(catalog(), release)
    offered = [option for option in snapshot.options if not option.follows]
    others = [{option.id: choice.id} for option in offered for choice in option.choices[1:]]
    for platform, (name, topology) in product(snapshot.release.platforms, catalog().topologies.items()):
        for made in ({}, *others):
            yield deploy(snapshot, name, choosing(topology, made), platform, reference=True)


@cache
def configured(release: str) -> dict[str, tuple[Settings, ...]]:
    """The settings of each file that some node of some site gets, by path, each content once."""
    texts: dict[str, set[str]] = {}
    for site in sites(release):
        files = ConfigFiles(site)
        for node in site.bundled:
            for entry in files.on(node):
                if is_of_a_service(entry.path):
                    texts.setdefault(entry.path, set()).add(entry.content.partition("\n")[2])  # without the banner
    return {path: tuple(parse_ini(text) for text in sorted(found)) for path, found in texts.items()}


def is_of_a_service(path: str) -> bool:
    """Whether a file is one of those that a service reads through its options, or one of FREE."""
    parts = path.split("/")
    return parts[1] == "etc" and parts[2] in PROJECTS and path.endswith((".conf", ".ini"))


def faults(release: str, judge: str) -> dict[str, list[str]]:
    """What the registry of `judge` has against the settings of a release, by setting."""
    found: dict[str, list[str]] = {}
    for path, contents in configured(release).items():
        for settings in contents if path not in FREE else ():
            for setting, wrong in verdicts(judge, path, settings).items():
                found[setting] = sorted({*found.get(setting, []), *wrong})
    return found


def count(release: str) -> int:
    """How many different settings a release has in the files of its services."""
    return len({(path, *key) for path, contents in configured(release).items() for found in contents for key in found})


@pytest.mark.parametrize(("release", "least"), [("juno", 300), ("liberty", 300), ("epoxy", 500), ("gazpacho", 500)])
def test_every_option_is_registered(release: str, least: int) -> None:
    """The registry of the release knows section and option by this name, not as one to go, and the values fit."""
    assert count(release) > least
    assert faults(release, release) == {}


def test_every_option_of_kilo_is_registered_on_one_side_at_least() -> None:
    """Kilo has no registry here: one of its neighbours knows the option by this name."""
    assert count("kilo") > 300
    assert sorted(set(faults("kilo", "juno")) & set(faults("kilo", "liberty"))) == []


def test_every_option_of_flamingo_is_registered_on_both_sides() -> None:
    """Flamingo has no registry here: both of its neighbours know the option, or its own source was read."""
    assert count("flamingo") > 500
    assert set(faults("flamingo", "epoxy")) | set(faults("flamingo", "gazpacho")) == BETWEEN


def test_no_exemption_is_left_over() -> None:
    """Each file, section and option that is exempt is in some bundle."""
    paths, sections, options, deprecated = set(), set(), set(), set()
    for release in (item.id for item in catalog().published):
        for path, contents in configured(release).items():
            file = file_of(JUDGES.get(release, release), path)
            keys = {key for found in contents for key in found}
            paths.add(path)
            sections |= {(file, section) for section, _ in keys}
            options |= {(file, *key) for key in keys}
            deprecated |= {(release, file, *key) for key in keys}
    assert sorted(set(FREE) - paths) == []
    assert sorted({*ELSEWHERE, *FOREIGN_FILTERS} - sections) == []
    assert sorted(UNLISTED - options) == []
    assert sorted(NEEDED - deprecated) == []


def test_the_registries_have_the_files_of_the_table_from_which_they_are_made() -> None:
    """Each file that tools/registry.toml names is in the registries of the releases that are made with it."""
    table = tomllib.loads(TABLE.read_text("utf-8"))
    for release in ("epoxy", "gazpacho"):
        assert sorted(registry(release)["files"]) == sorted({**table["files"], **table["samples"]})
        assert registry(release)["aliases"] == table["aliases"]
        assert sorted(registry(release)["auth_plugin_options"]) == table["plugins"]


WRONG = """
[DEFAULT]
no_such_option = 1
vcpu_pin_set = 4
novncproxy_port = 6080
cpu_allocation_ratio = -1
ram_allocation_ratio = much
instances_path = $state_path/instances
[conductor]
workers = 0
workers = 2
[libvirt]
virt_type = xen
rx_queue_size = 512
[profiler_jaeger]
process_tags = none
[no_such_section]
option = 1
[vnc]
novncproxy_port = 65536
novncproxy_base_url = proxy.example.com
enabled = maybe
[keystone_authtoken]
auth_type = none
username = nova
"""
"""Settings for nova.conf, most of them wrong."""


def test_a_registry_finds_each_kind_of_fault() -> None:
    """Unknown, renamed and outdated names are told, and values that are out of bounds, of a wrong type or too many."""
    settings = parse_ini(WRONG)
    assert verdicts("gazpacho", "/etc/nova/unknown.conf", settings) == {
        "/etc/nova/unknown.conf": ["no service of gazpacho reads it"]
    }
    found = verdicts("gazpacho", NOVA, settings)
    assert {setting.removeprefix(f"{NOVA} "): wrong for setting, wrong in found.items()} == {
        "[DEFAULT] no_such_option": ["gazpacho has no such option"],
        "[DEFAULT] vcpu_pin_set": ["is deprecated for removal"],
        "[DEFAULT] novncproxy_port": ["gazpacho calls it [vnc] novncproxy_port"],
        "[DEFAULT] cpu_allocation_ratio": ["-1 is below 0.0"],
        "[DEFAULT] ram_allocation_ratio": ["much is no float"],
        "[conductor] workers": ["stands more than once"],
        "[libvirt] virt_type": ["xen is none of ['kvm', 'lxc', 'parallels', 'qemu']"],
        "[profiler_jaeger] process_tags": ["none is no dict"],
        "[no_such_section] option": ["gazpacho has no such section"],
        "[vnc] novncproxy_port": ["65536 is above 65535"],
        "[vnc] novncproxy_base_url": ["proxy.example.com is no uri"],
        "[vnc] enabled": ["maybe is no bool"],
        "[keystone_authtoken] username": ["gazpacho has no such option"],
    }


def test_a_section_takes_the_options_of_the_login_that_it_names() -> None:
    """The name of the plugin decides, as in keystoneauth, and a secret that is left open fits everything."""
    settings = parse_ini("[keystone_authtoken]\nauth_type = password\nusername = nova\npassword = @@NOVA_SERVICE@@\n")
    assert verdicts("gazpacho", NOVA, settings) == {}
