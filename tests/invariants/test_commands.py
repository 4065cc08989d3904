"""Every command that a step, a health check or a script of a node runs is installed there."""

from __future__ import annotations

from collections.abc import Iterator

from tests.fleets import Fleet, Member
from tests.invariants.packages import installed
from tests.invariants.shell import commands

BUILTINS = {
    ":", ".", "[", "break", "cd", "continue", "echo", "exit", "export", "kill", "printf", "pwd", "read", "return",
    "set", "shift", "trap", "true", "umask", "unset", "wait",
}  # fmt: skip
"""Commands that every POSIX shell has built in."""

PACKAGES = {
    "coreutils": "cat chmod chown cp cut date df dirname du head id install ln ls md5sum mkdir mktemp mv readlink "
    "rm rmdir sha256sum sleep sort stat sync tail tee test timeout touch tr uname wc",
    "util-linux": "blkid flock lsblk mount mountpoint runuser su umount wipefs",
    "systemd": "journalctl systemctl udevadm",
    "bash": "bash sh",
    "chrony": "chronyc",
    "curl": "curl",
    "diffutils": "cmp diff",
    "findutils": "xargs",
    "firewalld": "firewall-cmd",
    "gawk": "awk",
    "glibc": "getent",
    "grep": "grep",
    "haproxy": "haproxy",
    "httpd": "httpd",
    "initscripts": "ifdown ifup",
    "iproute": "ip ss",
    "iputils": "ping",
    "kmod": "modprobe",
    "libselinux-utils": "getenforce getsebool selinuxenabled setenforce",
    "libvirt-client": "virsh",
    "mariadb-galera-server": "clustercheck mysql",  # mysql is in mariadb, which it requires
    "mongodb": "mongo",
    "openssl": "openssl",
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
    "rabbitmq-server": "rabbitmqctl",
    "redis": "redis-cli",
    "rpm": "rpm",
    "sed": "sed",
    "shadow-utils": "usermod",
    "xfsprogs": "mkfs.xfs",
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
}
"""Packages with the commands that they bring, themselves or through a package that they require in every release."""

SOURCES: dict[str, set[str]] = {}
for package, brought in PACKAGES.items():
    for command in brought.split():
        SOURCES.setdefault(command, set()).add(package)


def scripts(member: Member) -> Iterator[tuple[str, str]]:
    """Everything of a bundle that a shell of the node runs; what is for a guest is not."""
    yield from member.steps.items()
    yield from ((name, member.tree[name].data.decode()) for name in ("install.sh", "verify.sh"))
    for path, text in member.files.items():
        if text.startswith("#!/bin/sh") and not path.startswith("/etc/trove/cloudinit/"):
            yield path, text


def test_every_command_is_installed(fleet: Fleet) -> None:
    """It is built into the shell, in the base system, in a package of the node, or in its bundle."""
    wrong = {
        f"{member.node.name} {where}: {command}"
        for member in fleet.members
        for where, text in scripts(member)
        for command in commands(text) - BUILTINS
        if command not in member.files and not SOURCES.get(command, set()) & installed(member)
    }
    assert sorted(wrong) == []


def test_the_commands_of_a_script_are_found() -> None:
    """Those in substitutions, behind conditions and behind other commands; not those in quotes, comments and data."""
    script = """
    # not one
    here() { if ! grep -q 'a | b' x; then echo "c; $(uname -n | cut -d. -f1)"; fi; }
    case $1 in tcp) flags=-l ;; *) stat "${2%/}" ;; esac
    TOKEN=1 timeout 5 runuser -u nova -- nova-manage db sync <<'EOF'
    data
    EOF
    here && /usr/libexec/one > /dev/null 2>&1 || exit 1
    """
    expected = {"grep", "echo", "uname", "cut", "stat", "timeout", "runuser", "nova-manage", "/usr/libexec/one", "exit"}
    assert commands(script) == expected
