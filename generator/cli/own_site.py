"""Commands for operators: bundles for a site of their own."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from generator import pipeline
from generator.cli.reporting import DataOption, SiteUrlOption, count, edition, out_console, reported
from generator.tree import Tree
from generator.writer import write

app = typer.Typer()


@app.command()
def bundle(
    release: Annotated[str, typer.Option("--release", "-r", metavar="ID", help="Release, such as liberty.")],
    topology: Annotated[
        str, typer.Option("--topology", "-t", metavar="NAME|FILE", help="A reference topology, or your own file.")
    ],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="DIR", help="Folder to write one folder per node into.")],
    platform: Annotated[
        str, typer.Option("--platform", "-p", metavar="ID", help="Platform; the release's default if left out.")
    ] = "",
    data: DataOption = Path("data"),
    site_url: SiteUrlOption = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only list the files.")] = False,
) -> None:
    """Write the bundles of all nodes of a topology as files below DIR, in a folder for each node."""
    with reported():
        catalog = pipeline.load(data)
        tree = pipeline.bundle(catalog, release, topology, platform, edition(site_url))
        if dry_run:
            _list(tree)
            return
        write(tree, out)
        nodes = {path.split("/")[0] for path in tree}
        out_console.print(
            f"{count(len(nodes), 'bundle')} with {count(len(tree), 'file')} in {out}: {', '.join(sorted(nodes))}.",
            markup=False,
        )


def _list(tree: Tree) -> None:
    for path, blob in sorted(tree.items()):
        out_console.print(f"{blob.mode:04o} {len(blob.data):>7} {path}", markup=False)
