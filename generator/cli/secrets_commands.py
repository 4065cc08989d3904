"""Commands for operators: the secrets of a site of their own."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Annotated

import typer

from generator import credentials, pipeline, secrets_file
from generator.catalog import Catalog
from generator.cli.reporting import DataOption, TopologyOption, count, out_console, reported
from generator.model import Secret
from generator.problems import Place, Problem, Problems
from generator.writer import replace_closed, write_closed

app = typer.Typer(
    no_args_is_help=True,
    help="Make, check and complete the secrets of a site; no command ever prints a value.",
)

ReleaseOption = Annotated[
    str, typer.Option("--release", "-r", metavar="ID", help="One release only; all of them if left out.")
]
PlatformOption = Annotated[
    str, typer.Option("--platform", "-p", metavar="ID", help="One platform only; all of them if left out.")
]
SecretsArgument = Annotated[Path, typer.Argument(metavar="SECRETS", help="The secrets file of your site.")]


@app.command()
def new(
    topology: TopologyOption,
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FILE", help="Secrets file to make, with mode 0600.")],
    release: ReleaseOption = "",
    platform: PlatformOption = "",
    data: DataOption = Path("data"),
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only list the names; make nothing.")] = False,
) -> None:
    """Make a value for every secret that a topology needs and write them to FILE, which must not exist yet.

    Without --release the file serves every release, so that an upgrade needs no new one.
    """
    with reported():
        needed = pipeline.needed_secrets(pipeline.load(data), topology, release, platform)
        if dry_run:
            _list(needed)
            return
        _refuse(out)
        text = credentials.new_file(Path(topology).stem, needed, credentials.make(needed, secrets.token_bytes))
        try:
            write_closed(text.encode(), out)
        except FileExistsError:
            raise Problems([_exists(out)]) from None
        out_console.print(f"{count(len(needed), 'secret')} in {out}, which only you can read.", markup=False)
        out_console.print("Keep a copy in a safe place, and the file out of version control.")


@app.command()
def check(
    file: SecretsArgument,
    topology: TopologyOption,
    release: ReleaseOption = "",
    platform: PlatformOption = "",
    data: DataOption = Path("data"),
) -> None:
    """Check that a secrets file has a good value for everything that a topology needs."""
    with reported():
        catalog, needed = _needed(data, topology, release, platform)
        secrets_file.load(file, needed, catalog.secrets)
        out_console.print(f"{file}: all well: {count(len(needed), 'secret')}.", markup=False)


@app.command()
def complete(
    file: SecretsArgument,
    topology: TopologyOption,
    release: ReleaseOption = "",
    platform: PlatformOption = "",
    data: DataOption = Path("data"),
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only list the missing names; change nothing.")] = False,
) -> None:
    """Add what a topology needs and a secrets file lacks; what stands in the file stays as it is."""
    with reported():
        catalog, needed = _needed(data, topology, release, platform)
        content, missing = secrets_file.extend(file, needed, catalog.secrets, secrets.token_bytes)
        if dry_run:
            _list(missing)
            return
        if missing:
            replace_closed(content, file)
        names = f": {', '.join(secret.id for secret in missing)}" if missing else ""
        out_console.print(f"{file}: {count(len(missing), 'secret')} added{names}.", markup=False)


def _needed(data: Path, topology: str, release: str, platform: str) -> tuple[Catalog, tuple[Secret, ...]]:
    catalog = pipeline.load(data)
    return catalog, pipeline.needed_secrets(catalog, topology, release, platform)


def _refuse(out: Path) -> None:
    """Raise Problems before any value is made, when it could not be written."""
    if out.is_symlink() or out.exists():
        raise Problems([_exists(out)])
    if not out.parent.is_dir():
        cause = f"{out.parent} is not a folder that exists"
        raise Problems([Problem("C005", Place("--out"), cause, "make the folder first, or choose another one")])


def _exists(out: Path) -> Problem:
    hint = f"to add what is missing: python -m generator secrets complete --topology NAME|FILE {out}"
    return Problem("C004", Place("--out"), f"{out} exists, and secrets are never overwritten", hint)


def _list(names: tuple[Secret, ...]) -> None:
    for secret in names:
        out_console.print(f"{secret.id}  {' '.join(secret.summary.split())}", markup=False)
