"""Commands for operators: bundles for a site of their own."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from generator import pipeline
from generator.cli.reporting import (
    DataOption,
    SiteUrlOption,
    TopologyOption,
    count,
    counting,
    edition,
    out_console,
    reported,
)
from generator.problems import Place, Problem, Problems
from generator.tree import Tree
from generator.writer import write

app = typer.Typer()


SecretsOption = Annotated[
    Path | None,
    typer.Option(
        "--secrets",
        metavar="FILE",
        help="Secrets file of your site, to fill in; without it the files carry @@NAMES@@ in place of secrets.",
    ),
]


@app.command()
def bundle(
    release: Annotated[str, typer.Option("--release", "-r", metavar="ID", help="Release, such as liberty.")],
    topology: TopologyOption,
    out: Annotated[Path, typer.Option("--out", "-o", metavar="DIR", help="Folder to write one folder per node into.")],
    platform: Annotated[
        str, typer.Option("--platform", "-p", metavar="ID", help="Platform; the release's default if left out.")
    ] = "",
    secrets: SecretsOption = None,
    data: DataOption = Path("data"),
    site_url: SiteUrlOption = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only list the files.")] = False,
) -> None:
    """Write the bundles of all nodes of a topology as files below DIR, in a folder for each node."""
    with reported():
        if secrets:
            _refuse_inside(secrets, out)
        catalog = pipeline.load(data)
        with counting("nodes") as count_nodes:
            tree = pipeline.bundle(catalog, release, topology, platform, edition(site_url), secrets, count_nodes)
        if dry_run:
            _list(tree)
            return
        write(tree, out, closed=secrets is not None)
        nodes = {path.split("/")[0] for path in tree if "/" in path}
        out_console.print(
            f"{count(len(nodes), 'bundle')} with {count(len(tree), 'file')} in {out}: {', '.join(sorted(nodes))}.",
            markup=False,
        )
        if secrets:
            out_console.print(_WITH_SECRETS.format(out=out), markup=False)


_WITH_SECRETS = "{out} holds secrets and is closed to others: send each node its own folder only, and commit none."


def _refuse_inside(secrets: Path, out: Path) -> None:
    """Raise Problems when writing the bundles would delete the secrets."""
    if secrets.resolve().is_relative_to(out.resolve()):
        cause, hint = f"{secrets} lies in {out}, which is replaced as a whole", "keep it outside of that folder"
        raise Problems([Problem("C006", Place("--secrets"), cause, hint)])


def _list(tree: Tree) -> None:
    for path, blob in sorted(tree.items()):
        out_console.print(f"{blob.mode:04o} {len(blob.data):>7} {path}", markup=False)
