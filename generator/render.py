"""Turn views into trees of bytes, through templates."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from generator import templating
from generator.archive import sha256
from generator.config_files import ConfigFiles
from generator.credentials import Credentials
from generator.deploy import BASE_STEPS, Deployment
from generator.topology import Node
from generator.tree import Blob, Tree, text
from generator.views import bundles, procedures
from generator.views import credentials as wanted
from generator.views.bundles import FileEntry
from generator.views.installing import install_values
from generator.views.openings import openings_on
from generator.views.work import WorkLine, work_lines


@dataclass(frozen=True)
class Edition:
    """What tells one build from another: the revision of the data, and where the site will be."""

    revision: str
    site_url: str = ""

    def page(self, path: str) -> str:
        """How a bundle refers to a page, in Markdown: its address, or its path when the site's address is not known."""
        return f"<{self.site_url}{path}>" if self.site_url else f"`{path}`"


Counter = Callable[[int, int], None]
"""Told after each node how many are done, and how many there are."""


def uncounted(_done: int, _total: int) -> None:
    """Count for nobody."""


def render_bundles(
    deployment: Deployment,
    edition: Edition,
    credentials: Credentials | None = None,
    count: Counter = uncounted,
) -> dict[str, Tree]:
    """The bundle of every node that gets one, by node name; with `credentials`, secrets filled in.

    Values are put into finished texts only, never into a template. Raises KeyError when one is missing.
    """
    common = _Common(ConfigFiles(deployment), _procedures(deployment, edition), work_lines(deployment))
    made: dict[str, Tree] = {}
    for node in deployment.bundled:
        made[node.name] = _bundle(deployment, node, edition, credentials, common)
        count(len(made), len(deployment.bundled))
    return made


@dataclass(frozen=True)
class _Common:
    """What the bundles of a deployment have in common, rendered once."""

    files: ConfigFiles
    procedures: dict[str, Blob]
    work: tuple[WorkLine, ...]


def _bundle(
    deployment: Deployment, node: Node, edition: Edition, credentials: Credentials | None, common: _Common
) -> Tree:
    files = common.files.on(node)
    secrets = wanted.secrets_on(deployment, node)
    tree: Tree = {f"rootfs{entry.path}": Blob(entry.content.encode(), int(entry.mode, 8)) for entry in files}
    for file, script in _scripts(deployment, node, common.work):
        tree[file] = text(script, 0o755)
    for state in procedures.on_node(deployment, node):
        tree[f"procedures/{state.id}.md"] = common.procedures[state.id]
    values = {
        "banner": bundles.banner(deployment),
        "node": node.name,
        "all_nodes": common.work[0].where,
        "platform": deployment.platform,
        "release": deployment.snapshot.release,
        "topology": deployment.topology,
        "files": files,
        "secrets": wanted.secret_rows(secrets),
        "secrets_work": wanted.SECRETS_FILLED if credentials else wanted.SECRETS_TO_FILL,
        "processes": bundles.process_rows(deployment, node),
        "work": [line.seen_from(node) for line in common.work],
        "edition": edition,
        "limitations": bundles.limitations_on(deployment, node),
        "procedures": procedures.on_node(deployment, node),
        "reference": deployment.reference,
    }
    tree["README.md"] = text(templating.render("bundle/README.md", values))
    if not credentials:
        tree["secrets.env.example"] = text(templating.render("bundle/secrets.env.example", values))
    tree["install.sh"] = text(
        templating.render("bundle/install.sh", {**values, **install_values(deployment, node)}), 0o755
    )
    verified = {**values, "processes": bundles.verify_values(deployment, node)}
    tree["verify.sh"] = text(templating.render("bundle/verify.sh", verified), 0o755)
    if credentials:
        tree = credentials.fill(tree, secrets, bundles.banner(deployment))
    closed = 0o600 if credentials else 0o644  # the checksum of a file says something about the secrets in it
    tree["manifest.json"] = text(manifest(deployment, node, files, tree, values), closed)
    return dict(sorted(tree.items()))


def _procedures(deployment: Deployment, edition: Edition) -> dict[str, Blob]:
    """What to do when something fails, to read on the nodes themselves, by procedure."""
    base = {"edition": edition, "release": deployment.snapshot.release}
    return {
        state.id: text(
            templating.render(
                "bundle/procedure.md",
                {
                    **base,
                    **procedures.values(deployment, state),
                    "banner": bundles.banner_of(deployment, f"data/procedures/{state.id}.yaml"),
                },
            )
        )
        for state in deployment.snapshot.procedures
    }


def _scripts(deployment: Deployment, node: Node, work: tuple[WorkLine, ...]) -> list[tuple[str, str]]:
    """File, below the bundle's folder, and text of every script of a node."""
    values = {
        "platform": deployment.platform,
        "packages": deployment.packages_on(node),
        "openings": openings_on(deployment, node),
    }
    kinds = {"packages": deployment.platform.packages, "firewall": deployment.platform.firewall}
    base = [templating.render(f"bundle/{name}-{kinds[name]}.sh", values).rstrip() for name in BASE_STEPS]
    bodies = [(bundles.banner(deployment), body, list[str]()) for body in base]
    scripts = [(line, *body) for line, body in zip(work, bodies, strict=False)]
    for line, step in zip(work[len(base) :], deployment.steps, strict=True):
        if node.name in line.nodes:
            body, secrets = bundles.step_values(deployment, node, step.service, step.step.run)
            banner = bundles.banner(deployment, deployment.snapshot.service_by_id[step.service])
            scripts.append((line, banner, body, secrets))
    return [(line.file, _script(node, line, banner, body, secrets)) for line, banner, body, secrets in scripts]


def _script(node: Node, line: WorkLine, banner: str, body: str, secrets: list[str]) -> str:
    values = {"node": node.name, "banner": banner, "body": body, "secrets": secrets, **line.seen_from(node)}
    return templating.render("bundle/step.sh", {**values, "file": line.file.removeprefix("steps/")})


def manifest(deployment: Deployment, node: Node, files: list[FileEntry], tree: Tree, values: dict[str, Any]) -> str:
    """manifest.json: what the bundle is for, what its node needs, and each file with its checksum, owner and mode.

    `values` are those of the bundle's other texts; `steps` are the steps of all nodes, in their order.
    """
    placed = {f"rootfs{entry.path}": entry for entry in files}
    listed = []
    for path, blob in sorted(tree.items()):
        entry = placed.get(path)
        listed.append(
            {
                "path": path,
                "sha256": sha256(blob.data),
                "mode": entry.mode if entry else f"{blob.mode:04o}",
                "owner": f"{entry.user}:{entry.group}" if entry else "root:root",
                "service": entry.service if entry else "",
                "secret": bool(entry and entry.secret),
            }
        )
    facts = {
        "release": deployment.snapshot.release.id,
        "platform": deployment.platform.id,
        "os_id": deployment.platform.os_id,
        "os_version": deployment.platform.os_version,
        "topology": deployment.topology_id,
        "node": node.name,
        "revision": values["edition"].revision,
        "packages": deployment.packages_on(node),
        "units": list(dict.fromkeys(row["unit"] for row in values["processes"])),
        "secrets": [{"name": secret["name"], "longest": secret["longest"]} for secret in values["secrets"]],
        "steps": [{key: line[key] for key in ("number", "file", "here", "title")} for line in values["work"]],
        "files": listed,
    }
    return json.dumps(facts, indent=2, ensure_ascii=False) + "\n"
