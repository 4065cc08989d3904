"""Every site that is published: each release on each platform and reference topology, with all its bundles."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache, cached_property

from generator.deploy import Deployment, deploy
from generator.render import Edition, render_bundles
from generator.resolve import resolve
from generator.snapshot import Snapshot
from generator.storage import Storage
from generator.topology import Node, Topology
from generator.tree import Tree
from tests.bundled import catalog


@dataclass(frozen=True, eq=False, repr=False)
class Fleet:
    """A release on a platform and a topology."""

    deployment: Deployment

    @property
    def name(self) -> str:
        """Its name in test reports."""
        shown = self.deployment
        return f"{shown.snapshot.release.id}-{shown.platform.id}-{shown.topology_id}"

    @cached_property
    def trees(self) -> dict[str, Tree]:
        """The bundle of every node, by node name."""
        return render_bundles(self.deployment, Edition(revision="test"))

    @cached_property
    def members(self) -> tuple[Member, ...]:
        """Its nodes with their bundles."""
        return tuple(Member(self, node, self.trees[node.name]) for node in self.deployment.bundled)

    def having(self, path: str) -> list[Member]:
        """The nodes that get a file; there are some, or the test would prove nothing."""
        found = [member for member in self.members if path in member.files]
        assert found, f"no node of {self.name} has {path}"
        return found


@dataclass(frozen=True, eq=False, repr=False)
class Member:
    """A node of a fleet with its bundle."""

    fleet: Fleet
    node: Node
    tree: Tree

    @property
    def name(self) -> str:
        """Its name in messages of tests."""
        return f"{self.fleet.name}-{self.node.name}"

    @cached_property
    def files(self) -> dict[str, str]:
        """Path and text of every file as it lies on the node."""
        return self._below("rootfs")

    @cached_property
    def steps(self) -> dict[str, str]:
        """Name and text of every step, in order."""
        return self._below("steps/")

    @cached_property
    def packages(self) -> frozenset[str]:
        """The packages that its first step installs."""
        return frozenset(self.fleet.deployment.packages_on(self.node))

    def _below(self, head: str) -> dict[str, str]:
        return {
            path.removeprefix(head): blob.data.decode() for path, blob in self.tree.items() if path.startswith(head)
        }


@cache
def fleets() -> tuple[Fleet, ...]:
    """Every site that is published, and those of people who choose otherwise."""
    data = catalog()
    return tuple(
        Fleet(deploy(snapshot, name, topology, platform, reference=True))
        for snapshot in (resolve(data, release.id) for release in data.published)
        for platform in snapshot.release.platforms
        for name, topology in {**data.topologies, **dict(chosen(snapshot, data.topologies))}.items()
    )


CHOOSING = ("collapsed", "segregated")
"""The reference topologies that are looked at with every choice: all roles on the same nodes, and each on its own."""


def chosen(snapshot: Snapshot, topologies: dict[str, Topology]) -> Iterator[tuple[str, Topology]]:
    """Those topologies with each choice of the release's options that is not the default, by name."""
    for option in snapshot.options:
        for choice in () if option.follows else option.choices[1:]:
            for name in CHOOSING:
                yield f"{name}-{choice.id}", choosing(topologies[name], {option.id: choice.id})


def choosing(topology: Topology, made: dict[str, str]) -> Topology:
    """A topology with other choices, and with the storage that they need."""
    options = {**topology.options, **made}
    ceph = options.get("volume-backend") == "ceph"
    return replace(topology, options=options, storage=CEPH if ceph else topology.storage)


CEPH = Storage(
    glance_nfs="nfs.example.com:/openstack/glance",
    ceph_monitors=("192.0.2.51", "192.0.2.52", "192.0.2.53"),
    ceph_fsid="1f0c5d4e-6a7b-4c8d-9e0f-a1b2c3d4e5f6",
    ceph_pool="rbd-volumes",
    ceph_user="openstack",
)
"""Volumes on Ceph and images on NFS."""
