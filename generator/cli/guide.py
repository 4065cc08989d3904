"""Commands for those who keep the guide: check its data, build its site."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from generator import pipeline, rules, scaffold
from generator.cli.reporting import (
    PROJECT,
    DataOption,
    SiteUrlOption,
    count,
    edition,
    fail,
    fix_time,
    out_console,
    progress,
    reported,
)
from generator.writer import write

app = typer.Typer()


@app.command()
def check(data: DataOption = Path("data")) -> None:
    """Check all data files and report every mistake with its line and cure."""
    with reported():
        catalog = pipeline.load(data)
        processes = len(catalog.processes())
        parts = [
            count(len(catalog.published), "published release"),
            count(len(catalog.services), "service"),
            count(processes, "process").replace("processs", "processes"),
            count(len(catalog.limitations), "limitation"),
            f"{len(catalog.topologies)} {'topology' if len(catalog.topologies) == 1 else 'topologies'}",
        ]
        out_console.print(f"{data}: all well: {', '.join(parts)}.", markup=False)


@app.command()
def build(
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder to write `site/` into.")] = Path("out"),
    data: DataOption = Path("data"),
    site_url: SiteUrlOption = "",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Render everything, but run no MkDocs and write nothing.")
    ] = False,
) -> None:
    """Make the whole site, with all bundles, in OUT/site; a failed build leaves the last one as it was."""
    with reported():
        fix_time()
        catalog = pipeline.load(data)
        if dry_run:
            pages, files = pipeline.measure(catalog, PROJECT, edition(site_url))
            out_console.print(
                f"{pages} pages and {files} other files would be written to {out / 'site'}.", markup=False
            )
            return
        pipeline.build(catalog, PROJECT, out, edition(site_url), progress())
        out_console.print(
            f"The site is in {out / 'site'}: copy it to any web server, or open index.html in it.", markup=False
        )


@app.command("rules")
def list_rules() -> None:
    """List the rules that `check` applies beyond the shapes of the data."""
    for code, rule in sorted(rules.RULES.items()):
        out_console.print(f"{code}  {rule.text}", markup=False)


@app.command()
def schema(
    data: DataOption = Path("data"),
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say whether the files are up to date; exit status 1 if not.")
    ] = False,
) -> None:
    """Write the JSON Schemas that editors use to DATA/schema."""
    with reported():
        tree = scaffold.schemas()
        if dry_run:
            stale = scaffold.stale(tree, data / "schema")
            if stale:
                fail(*(f"{data}/schema/{name} is out of date" for name in stale), "Run: python -m generator schema")
            out_console.print("The schemas are up to date.")
            return
        write(tree, data / "schema")
        out_console.print(f"{count(len(tree), 'schema')} in {data}/schema.", markup=False)
