"""Every site that is published: each release on each platform and reference topology, with all its bundles."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property

from generator.deploy import Deployment, deploy
from generator.render import Edition, render_bundles
from generator.resolve import resolve
from generator.topology import Node
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
    """Every site that is published."""
    data = catalog()
    return tuple(
        Fleet(deploy(resolve(data, release.id), name, topology, platform, reference=True))
        for release in data.published
        for platform in release.platforms
        for name, topology in data.topologies.items()
    )
