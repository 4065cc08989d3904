"""What a node reads is there: files that its own files and steps name, and the accounts that own them."""

from __future__ import annotations

import json
import re
from functools import cache

from tests.fleets import Fleet, Member
from tests.invariants.packages import gathered, installed

PATH = re.compile(r"(?<![\w./$}@*\\-])/(?:etc|root|usr/libexec)(?:/[A-Za-z0-9_@*+-][A-Za-z0-9._@*+-]*)+")

FROM_PACKAGES = {
    "centos-7": {
        "/etc/mime.types": ("mailcap", "httpd"),  # httpd requires mailcap
        "/etc/nsswitch.conf": ("glibc",),
        "/etc/sysconfig/network": ("initscripts",),
        "/usr/libexec/mysqld": ("mariadb-galera-server",),
    },
    "debian": {
        "/etc/init.d/neutron-ovn-maintenance-worker": ("neutron-ovn-maintenance-worker",),
        "/etc/init.d/neutron-periodic-workers": ("neutron-periodic-workers",),
        # Each package of Neutron with a daemon requires neutron-common.
        "/etc/neutron/rootwrap.conf": (
            "neutron-openvswitch-agent",
            "neutron-ovn-metadata-agent",
            "neutron-periodic-workers",
        ),
        "/etc/nsswitch.conf": ("base-files",),
        "/etc/valkey/sentinel.conf": ("valkey-sentinel",),
        "/etc/valkey/valkey.conf": ("valkey-server",),
    },
    "debian-13": {
        # Here openstack-dashboard-apache requires apache2.
        "/etc/apache2/sites-enabled": ("openstack-dashboard-apache",),
        "/etc/keystone/keystone-uwsgi.ini": ("keystone",),
        "/etc/placement/placement-api-uwsgi.ini": ("placement-api",),
    },
    "ubuntu": {
        "/etc/apache2/conf-enabled": ("apache2",),
        "/etc/apache2/sites-enabled": ("apache2",),
        "/etc/apache2/sites-enabled/000-default.conf": ("apache2",),
    },
}
"""By platform or family: files that packages bring, and those packages."""

MADE: dict[str, str | tuple[str, ...]] = {
    "/etc/neutron/nova-project.conf": "-neutron-nova-project.sh",
    "/etc/neutron/plugin.ini": "-neutron-plugin.sh",
    "/etc/redis.conf": "-redis-first-configuration.sh",
    "/etc/redis-sentinel.conf": "-redis-first-configuration.sh",
    "/etc/swift/*.ring.gz": (
        "-swift-rings.sh",
        "-swift-rings-proxy.sh",
        "-swift-make-rings.sh",
        "-swift-make-rings-proxy.sh",
    ),
}
"""Files that a step makes, and the end of that step's name."""

ELSEWHERE: dict[str, str | tuple[str, ...]] = {
    # The operator sets up the interface before anything else; the step only looks at it.
    "/etc/sysconfig/network-scripts/ifcfg-eth1": "/steps/",
    # The operator brings the image of the database guests; the step says how to make it.
    "/root/trove-mysql.qcow2": "/steps/",
    # The operator brings the key of Ceph's user; the steps say how.
    "/etc/ceph": "/steps/",
    "/etc/ceph/ceph.client.openstack.keyring": "/steps/",
    # The procedures that name them make them.
    "/root/keep-survivors.js": "procedure",
    "/root/lbaas-": "procedure",
    "/etc/ha-guide/firewall.d": "procedure",
    "/etc/ha-guide/firewall.d/trove.nft": "procedure",
    "/etc/trove/guests.conf": "procedure",
    "/etc/trove/trove.conf.d": "procedure",
    "/etc/trove/trove.conf.d/guests.conf": "procedure",
    "/etc/trove/trove.conf.d/management.conf": "procedure",
    # The operator brings the image; the procedure says how to make it.
    "/root/trove-guest.qcow2": "procedure",
    # The operator's own rules; HAProxy's template says where a certificate would go.
    "/etc/ha-guide/firewall.d/*.nft": (
        "/etc/ha-guide/firewall.nft",
        "/steps/02-base-firewall.sh",
        "/steps/002-base-firewall.sh",
    ),
    "/etc/ha-guide/firewall.d/ssh.nft": ("/steps/02-base-firewall.sh", "/steps/002-base-firewall.sh"),
    "/etc/haproxy/NAME.pem": "/etc/haproxy/haproxy.cfg",
    # Who makes this file takes the node out of HAProxy.
    "/etc/keystone/healthcheck_disable": "/etc/keystone/keystone.conf",
    "/etc/swift/healthcheck_disable": "/etc/swift/proxy-server.conf",
    "/etc/trove/healthcheck_disable": "/etc/trove/api-paste.ini",
    # There on machines that cloud-init sets up.
    "/etc/cloud": ("/steps/03-base-interfaces.sh", "/steps/003-base-interfaces.sh"),
    # On the guest, not on the node that hands the file to it.
    "/etc/sudoers.d/trove": "/etc/trove/cloudinit/",
    "/etc/systemd/system/openstack-trove-guestagent.service.d/files.conf": "/etc/trove/cloudinit/",
    "/etc/systemd/system/openstack-trove-guestagent.service.d": "/etc/trove/cloudinit/",
    "/etc/trove/guest_info": "/etc/trove/cloudinit/",
}
"""Files that are not this project's to bring, and the places that may name each."""

OWNERS = {
    "centos-7": {
        "apache": "httpd",
        "ceilometer": "openstack-ceilometer-",
        "cinder": "openstack-cinder",
        "glance": "openstack-glance",
        "haproxy": "haproxy",
        "heat": "openstack-heat-",
        "keystone": "openstack-keystone",
        "mongodb": "mongodb-server",
        "mysql": "mariadb-galera-server",
        "neutron": "openstack-neutron",
        "nobody": "setup",
        "nova": "openstack-nova-",
        "rabbitmq": "rabbitmq-server",
        "redis": "redis",
        "sahara": "openstack-sahara-",
        "swift": "openstack-swift-",
        "trove": "openstack-trove-",
    },
    "debian": {
        "aodh": "aodh-",
        "ceilometer": "ceilometer-",
        "cinder": "cinder-",
        "glance": "glance-",
        "gnocchi": "gnocchi-",
        "haproxy": "haproxy",
        "heat": "heat-",
        "horizon": "openstack-dashboard",
        "keystone": "keystone",
        "mysql": "mariadb-server",
        "neutron": "neutron-",
        "nobody": "base-passwd",
        "nova": "nova-",
        "octavia": "octavia-",
        "placement": "placement-",
        "rabbitmq": "rabbitmq-server",
        "swift": "swift-",
        "trove": "trove-",
        "valkey": "valkey-",
        "www-data": "base-passwd",
    },
}
"""Users and groups by platform or family, and how the packages begin that make them, each through the common package
that it requires."""


def texts(member: Member) -> dict[str, str]:
    """Everything of a bundle that runs or configures something."""
    steps = {f"/steps/{name}": text for name, text in member.steps.items()}
    return {**member.files, **steps, "verify.sh": member.tree["verify.sh"].data.decode()}


@cache
def from_packages(member: Member) -> dict[str, tuple[str, ...]]:
    """Files that packages bring on the platform of a node, and those packages."""
    return dict(gathered({name: known.items() for name, known in FROM_PACKAGES.items()}, member))


def is_there(member: Member, path: str, named_by: str) -> bool:
    """Whether a path exists on the node by the time that something names it."""
    if path in member.files or any(file.startswith(f"{path}/") for file in member.files):
        return True
    if path in from_packages(member):
        return bool({*from_packages(member)[path]} & installed(member))
    if path in MADE:
        makers = [name for name in member.steps if name.endswith(MADE[path])]
        return bool(makers) and (not named_by.startswith("/steps/") or makers[0] <= named_by.removeprefix("/steps/"))
    return path in ELSEWHERE and named_by.startswith(ELSEWHERE[path])


def test_every_path_that_a_node_names_is_there(fleet: Fleet) -> None:
    """It is in the bundle, comes with a package of the node, or an earlier step of the node makes it."""
    named = [
        (member, where, path.rstrip("."))
        for member in fleet.members
        for where, text in texts(member).items()
        for path in PATH.findall(text.replace("\\.", "."))
    ]
    assert len(named) > 200
    wrong = {
        f"{member.node.name} {where}: {path}" for member, where, path in named if not is_there(member, path, where)
    }
    assert sorted(wrong) == []


def test_every_owner_of_a_file_has_an_account(fleet: Fleet) -> None:
    """The user and the group of each file belong to a package of the node."""
    owned = [
        (member, item["path"], account)
        for member in fleet.members
        for item in json.loads(member.tree["manifest.json"].data)["files"]
        for account in item["owner"].split(":")
        if account != "root"
    ]
    assert len(owned) > 20
    makers = dict(gathered({name: known.items() for name, known in OWNERS.items()}, fleet.members[0]))
    missing = {account for _, _, account in owned} - set(makers)
    assert missing == set(), "no package is known to make these accounts"
    wrong = [
        f"{member.node.name} {path}: {account}"
        for member, path, account in owned
        if not any(package.startswith(makers[account]) for package in installed(member))
    ]
    assert wrong == []
