"""The command line: the only module that prints, reads the environment and sets exit statuses."""

from __future__ import annotations

import os
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from generator import pipeline, rules, scaffold
from generator.drawing import DotMissing
from generator.problems import Problems
from generator.render import Edition
from generator.site import BuildFailed
from generator.templating import Unwritable
from generator.tree import Tree
from generator.writer import NotOurs, write

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Check the data of the HA guide, and make its site and its per-node bundles.",
    context_settings={"help_option_names": ["-h", "--help"]},
)
# Without emoji=False, rich shows the line number in "galera.yaml:100:5" as a picture.
out_console = Console(highlight=False, soft_wrap=True, emoji=False)
error_console = Console(stderr=True, highlight=False, soft_wrap=True, emoji=False)

DataOption = Annotated[
    Path, typer.Option("--data", help="Folder of the data files.", metavar="DIR", exists=True, file_okay=False)
]
SiteUrlOption = Annotated[
    str,
    typer.Option(
        "--site-url",
        envvar="HA_GUIDE_SITE_URL",
        metavar="URL",
        help="Where the site will be, for links from bundles to pages; without it they name the page.",
    ),
]

PROJECT = Path(__file__).resolve().parent.parent


@contextmanager
def _reported() -> Iterator[None]:
    """Turn expected failures into messages, and bugs into a short report; either way the exit status is 1."""
    try:
        yield
    except Problems as error:
        _fail(*map(str, error.problems), f"{_count(len(error.problems), 'problem')} found; nothing was written.")
    except (NotOurs, DotMissing, BuildFailed, Unwritable) as error:
        _fail(f"error: {error}", "Nothing was written.")
    except OSError as error:
        _fail(f"error: {error.filename or ''}: {error.strerror}")
    except typer.Exit:
        raise
    except Exception as error:  # noqa: BLE001 - the last guard before the user, who must not see a traceback
        if os.environ.get("HA_GUIDE_DEBUG"):
            traceback.print_exc()
        hint = "This is a fault of the generator: please report it, with what it prints under HA_GUIDE_DEBUG=1."
        _fail(f"internal error: {type(error).__name__}: {error}", hint)


def _fail(*lines: str) -> None:
    for line in lines:
        error_console.print(line, markup=False)
    raise typer.Exit(1)


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _progress() -> Callable[[str], None]:
    """Print what is being done, on a terminal only."""
    if error_console.is_terminal:
        return lambda text: error_console.print(text, style="dim", markup=False)
    return pipeline.silent


def _edition(site_url: str) -> Edition:
    base = f"{site_url.rstrip('/')}/" if site_url else ""
    return Edition(revision=_git("rev-parse", "--short=12", "HEAD") or "unknown", site_url=base)


def _git(*arguments: str) -> str:
    """The output of a git command in the project, or nothing when there is no git or no commit."""
    try:
        done = subprocess.run(["git", "-C", str(PROJECT), *arguments], capture_output=True, text=True, check=False)
    except OSError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def _fix_time() -> None:
    """Give MkDocs the time of the last commit, unless the caller has chosen one.

    See https://reproducible-builds.org/docs/source-date-epoch/.
    """
    os.environ.setdefault("SOURCE_DATE_EPOCH", _git("log", "-1", "--format=%ct") or "0")


@app.command()
def check(data: DataOption = Path("data")) -> None:
    """Check all data files and report every mistake with its line and cure."""
    with _reported():
        catalog = pipeline.load(data)
        processes = len(catalog.processes())
        parts = [
            _count(len(catalog.published), "published release"),
            _count(len(catalog.services), "service"),
            _count(processes, "process").replace("processs", "processes"),
            _count(len(catalog.limitations), "limitation"),
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
    with _reported():
        _fix_time()
        catalog = pipeline.load(data)
        if dry_run:
            pages, files = pipeline.measure(catalog, PROJECT, _edition(site_url))
            out_console.print(
                f"{pages} pages and {files} other files would be written to {out / 'site'}.", markup=False
            )
            return
        pipeline.build(catalog, PROJECT, out, _edition(site_url), _progress())
        out_console.print(
            f"The site is in {out / 'site'}: copy it to any web server, or open index.html in it.", markup=False
        )


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
    with _reported():
        catalog = pipeline.load(data)
        tree = pipeline.bundle(catalog, release, topology, platform, _edition(site_url))
        if dry_run:
            _list(tree)
            return
        write(tree, out)
        nodes = {path.split("/")[0] for path in tree if "/" in path}
        out_console.print(
            f"{_count(len(nodes), 'bundle')} with {_count(len(tree), 'file')} in {out}: {', '.join(sorted(nodes))}.",
            markup=False,
        )


def _list(tree: Tree) -> None:
    for path, blob in sorted(tree.items()):
        out_console.print(f"{blob.mode:04o} {len(blob.data):>7} {path}", markup=False)


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
    with _reported():
        tree = scaffold.schemas()
        if dry_run:
            stale = scaffold.stale(tree, data / "schema")
            if stale:
                _fail(*(f"{data}/schema/{name} is out of date" for name in stale), "Run: python -m generator schema")
            out_console.print("The schemas are up to date.")
            return
        write(tree, data / "schema")
        out_console.print(f"{_count(len(tree), 'schema')} in {data}/schema.", markup=False)


def main() -> None:
    """Run the command line; used by `python -m generator`. Whatever is wrong, the exit status is 1."""
    try:
        app()
    except SystemExit as error:
        sys.exit(1 if error.code else 0)
