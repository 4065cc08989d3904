"""The archives of a release, and their checksums."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Literal

from generator.archive import sha256, tar_gz, zip_file
from generator.deploy import Deployment
from generator.tree import Blob, Tree, below

ALL = "all-nodes"
"""Name of the archive that holds every node's bundle."""

USER_DATA = ".user-data.yml"
"""End of the name of a node's cloud-init file."""


@dataclass(frozen=True)
class Download:
    """A published archive, or the user-data of a node; `node` is empty for the archive of all nodes."""

    kind: Literal["archive", "user-data"]
    platform: str
    topology: str
    node: str
    name: str
    path: str
    sha256: str
    bytes: int

    def as_json(self) -> dict[str, object]:
        """The archive for programs; the path is relative to the top of the site."""
        return asdict(self)


def archives(deployment: Deployment, bundles: dict[str, Tree], fleet: Tree) -> tuple[Tree, list[Download]]:
    """The files of one downloads folder, paths relative to the top of the site, and their list.

    `fleet` is what lies beside the bundles: the archive of all nodes holds it, and user-data is published by node too.
    """
    folder = f"downloads/{deployment.snapshot.release.id}/{deployment.platform.id}/{deployment.topology_id}"
    tree: Tree = {}
    found: list[Download] = []

    def publish(kind: Literal["archive", "user-data"], node: str, name: str, data: bytes) -> None:
        path = f"{folder}/{name}"
        tree[path] = Blob(data)
        platform, topology = deployment.platform.id, deployment.topology_id
        found.append(Download(kind, platform, topology, node, name, path, sha256(data), len(data)))

    together = dict(fleet)
    for node, files in bundles.items():
        together |= below(node, files)
        publish("archive", node, f"{node}.tar.gz", tar_gz(below(node, files)))
        publish("archive", node, f"{node}.zip", zip_file(below(node, files)))
        publish("user-data", node, f"{node}{USER_DATA}", fleet[f"{node}{USER_DATA}"].data)
    publish("archive", "", f"{ALL}.tar.gz", tar_gz(together))
    publish("archive", "", f"{ALL}.zip", zip_file(together))
    sums = "".join(f"{item.sha256}  {item.name}\n" for item in sorted(found, key=lambda item: item.name))
    tree[f"{folder}/SHA256SUMS"] = Blob(sums.encode())
    return tree, found
