"""What is installed on a node before its first step and after it, and what each package brings to the node."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import TypeVar

from tests.fleets import Member

T = TypeVar("T")

BASE = {
    # What the group Core of CentOS 7 brings, or what its packages require.
    "centos-7": {
        "bash", "coreutils", "diffutils", "gawk", "glibc", "grep", "initscripts", "iputils", "kmod", "libselinux-utils",
        "policycoreutils", "procps-ng", "rpm", "sed", "setup", "shadow-utils", "systemd", "util-linux", "yum",
        "findutils", "python",
    },
    # Packages of the priority `required`, and what a machine needs to start: debootstrap(8), --variant=minbase.
    "debian": {
        "apt", "base-files", "base-passwd", "bash", "coreutils", "dash", "debianutils", "diffutils", "dpkg",
        "findutils", "grep", "gzip", "hostname", "libc-bin", "mawk", "mount", "passwd", "sed", "systemd", "tar",
        "udev", "util-linux",
    },
}  # fmt: skip
"""The packages of the smallest installation of each platform or family, as far as bundles count on them."""

EVERYWHERE = {
    "coreutils": "basename cat chmod chown cp cut date df dirname du env head id install ln ls md5sum mkdir mktemp mv "
    "readlink rm rmdir sha256sum sleep sort stat sync tail tee test timeout touch tr uname uniq wc",
    "bash": "bash sh",
    "chrony": "chronyc",
    "curl": "curl",
    "diffutils": "cmp diff",
    "findutils": "find xargs",
    "grep": "grep",
    "haproxy": "haproxy",
    "keepalived": "keepalived",
    "openssl": "openssl",
    "rabbitmq-server": "rabbitmqctl",
    "sed": "sed",
    "xfsprogs": "mkfs.xfs",
}
COMMANDS: dict[str, dict[str, str]] = {
    "centos-7": EVERYWHERE
    | {
        "util-linux": "blkid flock lsblk mount mountpoint runuser su umount wipefs",
        "systemd": "journalctl systemctl udevadm",
        "firewalld": "firewall-cmd",
        "gawk": "awk",
        "glibc": "getent",
        "httpd": "httpd",
        "initscripts": "ifdown ifup",
        "iproute": "ip ss",
        "iputils": "ping",
        "kmod": "modprobe",
        "libselinux-utils": "getenforce getsebool selinuxenabled setenforce",
        "libvirt-client": "virsh",
        "mariadb-galera-server": "clustercheck mysql",  # mysql is in mariadb, which it requires
        "mongodb": "mongo",
        "openvswitch": "ovs-vsctl",
        "policycoreutils": "restorecon setsebool",
        "policycoreutils-python": "semanage",
        "procps-ng": "pgrep sysctl",
        "python": "python",
        "python-cinderclient": "cinder",
        "python-keystoneclient": "keystone",
        "python-neutronclient": "neutron",
        "python-novaclient": "nova",
        "python-openstackclient": "openstack",
        "redis": "redis-cli",
        "rpm": "rpm",
        "shadow-utils": "usermod",
        "yum": "yum",
        "openstack-ceilometer-collector": "ceilometer-dbsync",
        "openstack-cinder": "cinder-manage",
        "openstack-glance": "glance-manage",
        "openstack-heat-engine": "heat-manage",
        "openstack-keystone": "keystone-all keystone-manage",
        "openstack-neutron": "neutron-db-manage",
        "openstack-nova-conductor": "nova-manage",
        "openstack-sahara-engine": "sahara-db-manage",
        "openstack-swift-proxy": "swift-recon swift-ring-builder",
        "openstack-swift-object": "swift-recon swift-ring-builder",
        "openstack-trove-api": "trove-manage",
    },
    "debian": EVERYWHERE
    | {
        "apt": "apt-get",
        "dpkg": "dpkg-query",
        "util-linux": "blkid flock lsblk mountpoint runuser su wipefs",
        "mount": "mount umount",
        "systemd": "journalctl systemctl systemd-sysusers",
        "udev": "udevadm",
        "mawk": "awk",
        "libc-bin": "getent",
        "passwd": "usermod",
        "iproute2": "ip ss",
        "iputils-ping": "ping",
        "kmod": "modprobe",
        "nftables": "nft",
        "procps": "pgrep sysctl",
        "mariadb-backup": "mariadb-backup",
        "python3": "python3",
        "mariadb-client": "mariadb",
        "mariadb-server": "galera_new_cluster galera_recovery mariadb-upgrade",
        "openvswitch-switch": "modprobe ovs-vsctl ovsdb-client ovsdb-tool",  # requires kmod
        "ovn-central": "ovn-appctl ovn-nbctl ovn-sbctl ovsdb-client ovsdb-tool",
        "ovn-host": "ovn-appctl ovn-nbctl ovn-sbctl",
        "valkey-tools": "valkey-cli",
        "libvirt-clients": "virsh",
        "ceph-common": "ceph rbd",
        # Each package with a daemon requires the one that is named after its project and ends in -common.
        "aodh-evaluator": "aodh-dbsync",
        "ceilometer-agent-notification": "ceilometer-upgrade",
        "cinder-backup": "cinder-manage",
        "cinder-scheduler": "cinder-manage",
        "cinder-volume": "cinder-manage",
        "glance-api": "glance-manage",
        "gnocchi-metricd": "gnocchi-upgrade",
        "heat-engine": "heat-manage",
        "nova-conductor": "nova-manage nova-status",
        "keystone": "keystone-manage",
        "openstack-dashboard": "python3",
        "placement-api": "placement-manage",
        "rabbitmq-server": "rabbitmq-diagnostics rabbitmq-queues rabbitmqctl",
        "python3-openstackclient": "openssl openstack",  # requires python3-requests, that ca-certificates, that openssl
        "swift": "swift-recon swift-ring-builder",
        "trove-common": "trove-manage",  # of python3-trove, which it requires
    },
    "debian-13": {
        "neutron-api": "neutron-db-manage neutron-ovn-db-sync-util",
        "octavia-api": "octavia-db-manage",
        "openstack-dashboard-apache": "a2disconf a2dismod a2dissite a2enconf a2enmod a2ensite apache2ctl",
    },
    "ubuntu": {
        "apache2": "a2disconf a2dismod a2dissite a2enconf a2enmod a2ensite apache2ctl",
        "python3-neutron": "neutron-db-manage neutron-ovn-db-sync-util",
        "python3-octavia": "octavia-db-manage",
    },
}
"""By platform or family: packages with the commands that they bring, themselves or through one that they require."""


def gathered(table: Mapping[str, Iterable[T]], member: Member) -> frozenset[T]:
    """What a table by platforms and families has for the platform of a node, under all names of that platform."""
    names = member.fleet.deployment.platform.names
    found = [table[name] for name in names if name in table]
    assert found, f"nothing is known about {names[0]}"
    return frozenset().union(*found)


@cache
def installed(member: Member) -> frozenset[str]:
    """The packages of a node once its first step is done."""
    return member.packages | gathered(BASE, member)


@cache  # every script, path and step of a node asks
def brought(member: Member) -> frozenset[str]:
    """The commands that the packages of a node bring."""
    here = installed(member)
    lists = gathered({name: table.items() for name, table in COMMANDS.items()}, member)
    return frozenset(command for package, names in lists if package in here for command in names.split())
