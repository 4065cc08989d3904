"""The composition root: from a data folder to bundles and a site."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from generator import catalog as catalogs
from generator import rules, secrets_file, site, validation, yaml_source
from generator.catalog import Catalog, without_echoes
from generator.deploy import Deployment, deploy
from generator.fleet import render_fleet
from generator.model import Secret
from generator.model.patterns import ID
from generator.naming import empty_facts
from generator.problems import Place, Problem, Problems, known
from generator.render import Counter, Edition, render_bundles, uncounted
from generator.resolve import resolve
from generator.rules.neighbours import check_neighbours
from generator.rules.sites import WHERE
from generator.topology import Topology
from generator.tree import Tree, below
from generator.views.credentials import secrets_of
from generator.writer import refuse_foreign, write

Progress = Callable[[str], None]


def silent(text: str) -> None:
    """Progress for nobody."""


def load(folder: Path) -> Catalog:
    """The checked catalog of a data folder. Raises Problems with every mistake in it, files named from here."""
    try:
        catalog, source = catalogs.load(folder)
        problems = rules.check(catalog)
        if problems:
            raise Problems(map(source.locate, problems))
    except Problems as error:
        raise Problems(replace(item, place=item.place.below(folder)) for item in error.problems) from None
    return catalog


def find_topology(catalog: Catalog, name: str, release: str = "") -> tuple[str, Topology, bool]:
    """A reference topology by name, or an operator's own by file: id, topology, whether it is a reference.

    With a release, what only other releases need of it is no mistake.

    Raises Problems when there is none of that name or the file has mistakes.
    """
    if name in catalog.topologies:
        return name, catalog.topologies[name], True
    file = Path(name)
    if not file.is_file():
        hint = known(name, catalog.topologies)
        raise Problems([Problem("C002", Place(name), "is neither a reference topology nor a file", hint)])
    return file.stem, read_own(catalog, file, release), False


def read_own(catalog: Catalog, file: Path, release: str = "") -> Topology:
    """The topology in an operator's file, for any release or for one.

    Raises Problems with every mistake in it and in its name.
    """
    topology, problems = _read_topology(catalog, file, release)
    problems += misnamed(file)
    if problems or topology is None:
        raise Problems(problems)
    return topology


def at_odds(sites: Sequence[tuple[Path, Topology]]) -> list[Problem]:
    """What sites on one network must not have in common, with lines; `sites` gives file and checked topology."""
    source = yaml_source.Source()
    problems = check_neighbours([(str(file), topology) for file, topology in sites])
    for name in {problem.place.file for problem in problems}:
        yaml_source.read(Path(name), name, source)
    return [source.locate(problem) for problem in problems]


def misnamed(file: Path) -> list[Problem]:
    """Whether the name of a topology file can stand in the first line of every file that is made from it."""
    if re.fullmatch(ID, file.stem):
        return []
    better = "-".join(re.findall(r"[a-z0-9]+", file.stem.lower())) or "my-site"
    hint = f"it stands in the first line of every generated file; call it {better}.yaml"
    return [Problem("C010", Place(str(file)), "the file name is not made of lower-case words joined by hyphens", hint)]


def _read_topology(catalog: Catalog, file: Path, release: str) -> tuple[Topology | None, list[Problem]]:
    """The topology in a file, and every mistake in it, also against the rules for the reference ones."""
    name = str(file)
    source = yaml_source.Source()
    yaml_source.read(file, name, source)
    if name not in source.values:
        return None, source.problems
    topology: Topology | None
    topology, found = validation.parse("topology", source.values[name], name)
    problems = without_echoes([*source.problems, *map(source.locate, found)])
    if topology is None:
        topology = validation.salvage("topology", source.values[name])
    if topology is not None:
        faulty = {problem.place for problem in problems if problem.place.path}
        found = rules.check_topology(catalog, name, topology, release)
        problems += [source.locate(item) for item in found if not any(item.place.touches(place) for place in faulty)]
    return topology, problems


def plan(catalog: Catalog, release: str, topology: str, platform: str = "") -> Deployment:
    """The deployment of a release on a topology; the platform is the release's default unless named.

    Raises Problems for a release, topology or platform that does not exist, and for a topology that lacks what
    the release needs, because its choice is one that the release does not offer.
    """
    chosen = _platform(catalog, release, platform)
    name, shape, reference = find_topology(catalog, topology, release)
    deployment = deploy(resolve(catalog, release), name, shape, chosen, reference=reference)
    lacking = [WHERE[key] for key in empty_facts(deployment) if key in WHERE]
    hint = f"the choices of the topology are not those of {release}: add it, or take a later release"
    message = f"{release} needs {' and '.join(lacking)}, and there is none"
    if lacking:
        raise Problems([Problem("C012", Place("--topology"), message, hint)])
    return deployment


def _platform(catalog: Catalog, release: str, platform: str) -> str:
    """The platform of a release by name, or its default one."""
    published = {item.id: item for item in catalog.published}
    if release not in published:
        hint = known(release, published)
        raise Problems([Problem("C001", Place("--release"), f"{release!r} is not a published release", hint)])
    platforms = published[release].platforms
    if platform and platform not in platforms:
        hint = known(platform, platforms)
        raise Problems([Problem("C003", Place("--platform"), f"{release} has no bundles for {platform!r}", hint)])
    return platform or platforms[0]


def needed_secrets(catalog: Catalog, topology: str, release: str = "", platform: str = "") -> tuple[Secret, ...]:
    """The secrets that a topology needs: in any release and on any platform, unless they are named.

    Raises Problems like `plan`.
    """
    published = {item.id: item.platforms for item in catalog.published}
    offered = dict.fromkeys(name for names in published.values() for name in names)
    if release:
        _platform(catalog, release, platform)
    elif platform and platform not in offered:
        hint = known(platform, offered)
        raise Problems([Problem("C003", Place("--platform"), f"no release has bundles for {platform!r}", hint)])
    name, shape, reference = find_topology(catalog, topology, release)
    deployments = (
        deploy(resolve(catalog, item), name, shape, choice, reference=reference)
        for item, choices in published.items()
        for choice in choices
        if release in ("", item) and platform in ("", choice)
    )
    ids = {secret.id for deployment in deployments for secret in secrets_of(deployment)}
    return tuple(secret for secret in catalog.secrets if secret.id in ids)


def bundle(
    catalog: Catalog,
    release: str,
    topology: str,
    platform: str,
    edition: Edition,
    secrets: Path | None = None,
    count: Counter = uncounted,
) -> Tree:
    """The bundles of all nodes, one folder for each, and what installs them; with a secrets file, filled in from it.

    Raises Problems like `plan`, and for all that is wrong with the secrets file.
    """
    deployment = plan(catalog, release, topology, platform)
    credentials = secrets_file.load(secrets, secrets_of(deployment), catalog.secrets) if secrets else None
    bundles = render_bundles(deployment, edition, count=count)
    tree = render_fleet(deployment, bundles)
    if credentials:
        bundles = render_bundles(deployment, edition, credentials, count)
    for name, files in bundles.items():
        tree |= below(name, files)
    return tree


def build(catalog: Catalog, root: Path, out: Path, edition: Edition, progress: Progress) -> None:
    """Write the whole site to `out`/site, which stays as it was when anything fails.

    `root` is the project folder, with docs/ and mkdocs.yml. Raises drawing.DotMissing,
    site.BuildFailed or writer.NotOurs.
    """
    refuse_foreign(out / "site")
    plan = site.plan(catalog, root, edition, progress)
    write(plan.tree(), out / "site", finish=lambda folder: site.run(plan, folder, progress))


def measure(catalog: Catalog, root: Path, edition: Edition) -> tuple[int, int]:
    """How many pages and how many other files a build would write."""
    tree = site.plan(catalog, root, edition, silent).tree()
    pages = sum(path.endswith(".md") for path in tree)
    return pages, len(tree) - pages
