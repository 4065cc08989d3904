"""Commands for the topology file: write a commented one, and find every mistake in it."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from generator import pipeline, specimen
from generator.cli.reporting import PROJECT, DataOption, count, out_console, reported
from generator.problems import Problem, Problems
from generator.topology import Topology
from generator.tree import text
from generator.writer import refuse_existing, write_new

app = typer.Typer(no_args_is_help=True, help="Write and check the topology file, which describes a site of your own.")

SCHEMA = PROJECT / "data" / "schema" / "topology.schema.json"


@app.command()
def new(
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="FILE", help="File to write; the terminal if left out or -.")
    ] = None,
    like: Annotated[
        str, typer.Option("--like", metavar="NAME|FILE", help="Topology to begin with, a reference or your own.")
    ] = "collapsed",
    data: DataOption = Path("data"),
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be written.")] = False,
) -> None:
    """Write a topology file in which every key is explained, complete and valid as it is."""
    with reported():
        target = None if out is None or str(out) == "-" else out
        catalog = pipeline.load(data)
        _, topology, _ = pipeline.find_topology(catalog, like)
        content = specimen.topology_file(topology, _schema_from(target))
        if target is None:
            out_console.out(content, end="", highlight=False)
            return
        refuse_existing(target)
        problems = pipeline.misnamed(target)
        if problems:
            raise Problems(problems)
        if dry_run:
            out_console.print(f"{target} would be written, with {content.count(chr(10))} lines.", markup=False)
            return
        write_new(text(content), target)
        out_console.print(
            f"{target} is written. Change it to your site, then run: python -m generator topology check {target}",
            markup=False,
        )


def _schema_from(target: Path | None) -> str:
    """The way from a topology file to its schema, as editors follow it: from the file's own folder."""
    folder = target.absolute().parent if target else Path.cwd()
    return Path(os.path.relpath(SCHEMA, folder)).as_posix()


@app.command()
def check(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Topology files.", show_default=False)],
    data: DataOption = Path("data"),
) -> None:
    """Check topology files and report every mistake in them with its line and cure."""
    with reported():
        catalog = pipeline.load(data)
        problems: list[Problem] = []
        sites = []
        for file in files:
            try:
                topology = pipeline.read_own(catalog, file)
            except Problems as error:
                problems += error.problems
            else:
                sites.append((file, topology))
                releases = [release.id for release in catalog.published]
                out_console.print(f"{file}: all well: {_summary(topology, releases)}", markup=False)
        problems += pipeline.at_odds(sites)
        if problems:
            raise Problems(problems)


def _summary(topology: Topology, releases: list[str]) -> str:
    roles = Counter(role for node in topology.nodes for role in node.roles)
    return (
        f"{count(len(topology.nodes), 'node')} ({', '.join(f'{number} {role}' for role, number in roles.items())}), "
        f"{count(len(topology.networks), 'network')}, {count(len(topology.virtual_ips), 'virtual IP')}, "
        f"services: {', '.join(topology.services) or 'all'}; for {', '.join(releases)}."
    )
