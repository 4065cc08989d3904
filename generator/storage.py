"""Storage of a site that exists outside of its nodes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from generator.model import Part, Pattern

LABEL = r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
"""One part of a DNS name: RFC 1123, 2.1."""

HOST = rf"{LABEL}(\.{LABEL})*|\[[0-9a-fA-F:.]+\]"
"""A host outside of the topology: DNS name, IPv4 address, or IPv6 address in brackets."""

NfsExport = Annotated[
    str,
    Pattern(
        rf"({HOST}):(/|(/(?!\.{{1,2}}(/|$))[A-Za-z0-9._][A-Za-z0-9._-]*)+)",
        "an NFS export such as nfs.example.com:/openstack/cinder, without .. and blanks",
    ),
]
Monitor = Annotated[
    str,
    Pattern(HOST, "a Ceph monitor: a DNS name, an IPv4 address, or an IPv6 address in brackets, without a port"),
]
Fsid = Annotated[
    str,
    Pattern(
        r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
        "the id of a Ceph cluster as `ceph fsid` prints it: 32 digits from 0 to f in five groups",
    ),
]
CephName = Annotated[
    str,
    Pattern(r"[A-Za-z0-9][A-Za-z0-9_-]{0,62}", "letters, digits, _ and -, at most 63, a letter or digit first"),
]


@dataclass(frozen=True, kw_only=True)
class Storage(Part):
    """Storage that exists outside of the nodes."""

    cinder_nfs: NfsExport | Literal[""] = ""
    """NFS export that holds volumes, as server:/path; needed with Cinder, unless `volume-backend` is `ceph`."""
    glance_nfs: NfsExport | Literal[""] = ""
    """NFS export that holds images, as server:/path; needed with Glance."""
    ceph_monitors: tuple[Monitor, ...] = ()
    """Monitors of the Ceph cluster that holds volumes: DNS names or addresses, IPv6 in brackets; needed with
    `volume-backend: ceph`, like `ceph_fsid`."""
    ceph_fsid: Fsid | Literal[""] = ""
    """Id of that cluster, as `ceph fsid` prints it; libvirt keeps the key of the cluster under it too."""
    ceph_pool: CephName = "volumes"
    """Pool of that cluster for volumes, which has to exist."""
    ceph_user: CephName = "cinder"
    """Ceph user of Cinder and the compute nodes, without `client.`. Its key does not stand here: a file on the nodes
    holds it, which you bring there."""
