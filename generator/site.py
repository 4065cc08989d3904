"""Plan the whole site, and run MkDocs on it: one site for the root pages, one for each release."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from generator import rules, specimen, templating, validation
from generator.catalog import Catalog
from generator.deploy import Deployment, deploy
from generator.drawing import draw
from generator.fleet import render_fleet
from generator.history import history
from generator.model import Release
from generator.pages import Drawing, ReleasePages, drawings_of
from generator.render import Edition, render_bundles
from generator.resolve import resolve
from generator.tree import Blob, Tree, below, text
from generator.views import api, status
from generator.views.downloads import Download, archives
from generator.views.history import History
from generator.views.history import schema as history_schema
from generator.writer import merge, remove

ROOT = "root"
"""Name of the site with the pages that belong to no release."""

SOURCES = ".sources"
ROOT_SITE = ".root"
"""Folders below the new site that exist only while it is built."""

DEFAULT_TOPOLOGY = "collapsed"
"""The topology that pages show when they show one."""


class BuildFailed(Exception):
    """MkDocs refused the pages; the message says which and why."""


@dataclass(frozen=True)
class SitePlan:
    """`published` lies in the site as it is; each of `sources` is a MkDocs project, by site name."""

    published: Tree
    sources: dict[str, Tree]
    releases: tuple[Release, ...]

    def tree(self) -> Tree:
        """All of it as one tree, the projects below .sources."""
        tree = dict(self.published)
        for name, source in self.sources.items():
            tree |= below(f"{SOURCES}/{name}", source)
        return tree


def plan(catalog: Catalog, root: Path, edition: Edition, progress: Callable[[str], None]) -> SitePlan:
    """Everything that the site holds, in memory. Raises drawing.DotMissing without graphviz."""
    published: Tree = {}
    sources: dict[str, Tree] = {}
    assets = _files_below(root / "docs" / "assets", "assets")
    for release in catalog.published:
        progress(f"{release.name}: bundles, diagrams and pages")
        tree, pages = _release(catalog, release, edition)
        published |= tree
        sources[release.id] = {
            **{f"docs/{path}": blob for path, blob in (pages | assets).items()},
            "mkdocs.yml": _release_config(
                release, root, pages, [f"services/{name}.md" for name in catalog.orders.install], edition
            ),
        }
    newest_first = tuple(reversed(catalog.published))
    published["api/v1/index.json"] = _json(api.index(list(newest_first), edition.revision))
    published["api/v1/history.json"] = _json(history(catalog).as_json(edition.revision))
    for name, content in catalog.texts.items():
        published[f"api/v1/evidence/{name}.json"] = text(content)
    for name, schema in {**api.schemas(), "history": history_schema(), "run": validation.schema("run")}.items():
        published[f"api/v1/{name}.schema.json"] = _json(schema)
    published["versions.json"] = _json(
        [
            {"version": release.id, "title": f"{release.name} ({release.number})", "aliases": []}
            for release in newest_first
        ]
    )
    sources[ROOT] = _root_source(catalog, newest_first, root, published, edition)
    return SitePlan(published=published, sources=sources, releases=newest_first)


def _release(catalog: Catalog, release: Release, edition: Edition) -> tuple[Tree, Tree]:
    """The published files of a release, and its pages."""
    snapshot = resolve(catalog, release.id)
    published: Tree = {}
    downloads: list[tuple[Deployment, list[Download]]] = []
    for platform in release.platforms:
        for name, topology in catalog.topologies.items():
            deployment = deploy(snapshot, name, topology, platform, reference=True)
            bundles = render_bundles(deployment, edition)
            tree, found = archives(deployment, bundles, render_fleet(deployment, bundles))
            published |= tree
            downloads.append((deployment, found))
    shown = next((item for item, _ in downloads if item.topology_id == DEFAULT_TOPOLOGY), downloads[0][0])
    drawn = drawings_of(shown)
    pictures = draw(drawn)
    drawings = {graph.id: Drawing(graph, pictures[graph.id]) for graph in drawn}
    pages = ReleasePages(catalog=catalog, deployment=shown, drawings=drawings, downloads=downloads).tree()
    facts = api.release_facts(snapshot, [item for _, found in downloads for item in found], edition.revision)
    published[f"api/v1/{release.id}.json"] = _json(facts)
    return published, pages


def _json(value: object) -> Blob:
    return text(json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def _files_below(folder: Path, prefix: str) -> Tree:
    return {
        f"{prefix}/{file.relative_to(folder).as_posix()}": Blob(file.read_bytes())
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }


def _release_config(release: Release, root: Path, pages: Tree, services: list[str], edition: Edition) -> Blob:
    """mkdocs.yml of a release. JSON is YAML too, and quotes every text."""
    nav: list[object] = [{"Overview": "index.md"}]
    for title, path in (("Strategies", "strategies.md"), ("Proof", "proof.md"), ("Architecture", "architecture.md")):
        nav.append({title: path})
    for title, folder in (("Limitations", "limitations"), ("Procedures", "procedures")):
        index = f"{folder}/index.md"
        inside = sorted(path for path in pages if path.startswith(f"{folder}/") and path != index)
        nav += [{title: [index, *inside]}] if index in pages else []
    nodes = ["services/environment.md", *(path for path in pages if path.endswith("-node.md"))]
    shown = [path for path in services if path in pages]
    nav.append({"Implementation": ["services/index.md", *nodes, *shown]})
    nav += [{"Ports": "ports.md"}, {"Changes": "changes.md"}]
    nav += [{"Upgrade": "upgrade.md"}] if "upgrade.md" in pages else []
    if "corrections.md" in pages:
        nav.append({"Corrections": "corrections.md"})
    nav.append({"Downloads": "downloads.md"})
    return _config(
        root,
        {
            **_address(edition, f"{release.id}/"),
            "site_name": f"OpenStack HA guide: {release.name}",
            "nav": nav,
            "extra": {
                "version": {"provider": "mike"},
                "ha": {"release": {"id": release.id, "title": f"{release.name} ({release.number})"}},
            },
        },
    )


def _address(edition: Edition, folder: str) -> dict[str, object]:
    """`site_url` of a site, when it is known: the sitemap and the canonical links name it."""
    return {"site_url": f"{edition.site_url}{folder}"} if edition.site_url else {}


def _config(root: Path, keys: dict[str, object]) -> Blob:
    base = {
        "INHERIT": str(root / "mkdocs.yml"),
        "docs_dir": "docs",
        "theme": {"custom_dir": str(root / "docs" / "overrides")},
    }
    return text(json.dumps({**base, **keys}, indent=2) + "\n")


def _root_source(
    catalog: Catalog, releases: tuple[Release, ...], root: Path, published: Tree, edition: Edition
) -> Tree:
    """The MkDocs project of the root pages: docs/ as it is, and a front page."""
    prose = _files_below(root / "docs", "docs")
    pages = {path: blob for path, blob in prose.items() if not path.startswith("docs/overrides/")}
    names = {platform.id: platform.name for platform in catalog.platforms}
    cards = [
        {
            **vars(release),
            "platform_names": [names[name] for name in release.platforms],
            "standing": status.standing(release),
            "upgrade": release.id in catalog.upgrades,
        }
        for release in status.leading_first(releases)
    ]
    front = templating.render(
        "pages/front",
        {"title": "OpenStack HA guide", "description": "", "sources": ["data/releases.yaml"], "wide": False},
    )
    pages["docs/index.md"] = text(front + templating.render("pages/root-index.md", {"releases": cards}))
    pages["docs/topology.md"] = _topology_page(catalog)
    pages["docs/history.md"] = _history_page(history(catalog))
    decisions = sorted(path.removeprefix("docs/") for path in pages if path.startswith("docs/decisions/0"))
    nav: list[object] = [
        {"Releases": "index.md"},
        {"History": "history.md"},
        {"Concepts": "concepts.md"},
        {"Use it for your site": "your-site.md"},
        {"Using a bundle": "using-a-bundle.md"},
        {"The topology file": "topology.md"},
        {"Glossary": "glossary.md"},
        {"Contributing": "contributing.md"},
        {"Decisions": ["decisions/index.md", *decisions]},
        {"Acknowledgements": "acknowledgements.md"},
    ]
    # The front page links to the facts for programs, which MkDocs has to see to check the link.
    pages["docs/api/v1/index.json"] = published["api/v1/index.json"]
    return {**pages, "mkdocs.yml": _config(root, {"nav": nav, **_address(edition, "")})}


def _topology_page(catalog: Catalog) -> Blob:
    """The page about the topology file: its keys and rules, as the model and the rules say them."""
    front = {
        "title": "The topology file",
        "description": "Every key of the file that describes a site.",
        "sources": ["generator/topology.py"],
        "wide": False,
    }
    values = {
        "topologies": list(catalog.topologies),
        "parts": specimen.keys(),
        "titles": specimen.TITLES,
        "rules": [rule.text for rule in rules.about_topologies()],
    }
    return text(templating.render("pages/front", front) + templating.render("pages/topology-file.md", values))


def _history_page(lives: History) -> Blob:
    """The page about the life of every process over all releases."""
    front = {
        "title": "History of every process",
        "description": "Mode and strategy of every process in every release, and why they changed.",
        "sources": ["data/services/"],
        "wide": True,
    }
    values = {**front, **vars(lives)}
    return text(templating.render("pages/front", front) + templating.render("pages/history.md", values))


def run(plan: SitePlan, folder: Path, progress: Callable[[str], None]) -> None:
    """Build every MkDocs project of the plan, written below `folder`/.sources, into `folder`.

    Raises BuildFailed with what MkDocs said.
    """
    targets = {ROOT: folder / ROOT_SITE, **{release.id: folder / release.id for release in plan.releases}}
    with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
        outcomes = pool.map(lambda name: _mkdocs(folder / SOURCES / name, targets[name], name, progress), targets)
        failures = [text for text in outcomes if text]
    if failures:
        raise BuildFailed("\n".join(failures))
    merge(folder / ROOT_SITE, folder)
    remove(folder / SOURCES)


def _mkdocs(project: Path, target: Path, name: str, progress: Callable[[str], None]) -> str:
    """Run MkDocs on a project; returns what it complained about, or nothing."""
    progress(f"{name}: MkDocs")
    command = [
        sys.executable,
        "-m",
        "mkdocs",
        "build",
        "--quiet",
        "--strict",
        "-f",
        str(project / "mkdocs.yml"),
        "-d",
        str(target),
    ]
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    return "" if done.returncode == 0 else f"MkDocs on {name}:\n{done.stderr.strip() or done.stdout.strip()}"
