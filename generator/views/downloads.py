"""The archives of a release, and their checksums."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from generator.archive import sha256, tar_gz, zip_file
from generator.deploy import Deployment
from generator.tree import Blob, Tree, below

ALL = "all-nodes"
"""Name of the archive that holds every node's bundle."""


@dataclass(frozen=True)
class Download:
    """A published archive; `node` is empty for that of all nodes."""

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


def archives(deployment: Deployment, bundles: dict[str, Tree]) -> tuple[Tree, list[Download]]:
    """The files of one downloads folder, paths relative to the top of the site, and their list."""
    folder = f"downloads/{deployment.snapshot.release.id}/{deployment.platform.id}/{deployment.topology_id}"
    tree: Tree = {}
    found: list[Download] = []
    together: Tree = {}
    for node, files in bundles.items():
        together |= below(node, files)
    for name, content in {**{node: below(node, files) for node, files in bundles.items()}, ALL: together}.items():
        for suffix, data in ((".tar.gz", tar_gz(content)), (".zip", zip_file(content))):
            path = f"{folder}/{name}{suffix}"
            tree[path] = Blob(data)
            node = "" if name == ALL else name
            found.append(
                Download(
                    deployment.platform.id,
                    deployment.topology_id,
                    node,
                    f"{name}{suffix}",
                    path,
                    sha256(data),
                    len(data),
                )
            )
    sums = "".join(f"{item.sha256}  {item.name}\n" for item in sorted(found, key=lambda item: item.name))
    tree[f"{folder}/SHA256SUMS"] = Blob(sums.encode())
    return tree, found
