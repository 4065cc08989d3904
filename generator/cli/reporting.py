"""What every command shares: its consoles, its way to fail, its options, and the world around it."""

from __future__ import annotations

import os
import subprocess
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from generator import pipeline
from generator.drawing import DotMissing
from generator.problems import Problems
from generator.render import Counter, Edition, uncounted
from generator.site import BuildFailed
from generator.templating import Unwritable
from generator.writer import NotOurs

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
TopologyOption = Annotated[
    str, typer.Option("--topology", "-t", metavar="NAME|FILE", help="A reference topology, or your own file.")
]

PROJECT = Path(__file__).resolve().parent.parent.parent


@contextmanager
def reported() -> Iterator[None]:
    """Turn expected failures into messages, and bugs into a short report; either way the exit status is 1."""
    try:
        yield
    except Problems as error:
        fail(*map(str, error.problems), f"{count(len(error.problems), 'problem')} found; nothing was written.")
    except (NotOurs, DotMissing, BuildFailed, Unwritable) as error:
        fail(f"error: {error}", "Nothing was written.")
    except OSError as error:
        fail(f"error: {error.filename or ''}: {error.strerror}")
    except typer.Exit:
        raise
    except Exception as error:  # noqa: BLE001 - the last guard before the user, who must not see a traceback
        if os.environ.get("HA_GUIDE_DEBUG"):
            traceback.print_exc()
        hint = "This is a fault of the generator: please report it, with what it prints under HA_GUIDE_DEBUG=1."
        fail(f"internal error: {type(error).__name__}: {error}", hint)


def fail(*lines: str) -> None:
    """Print the lines as errors and end with status 1, by raising typer.Exit."""
    for line in lines:
        error_console.print(line, markup=False)
    raise typer.Exit(1)


def count(number: int, what: str) -> str:
    """A number with its noun: "1 file", "2 files"."""
    return f"{number} {what}{'' if number == 1 else 's'}"


def progress() -> Callable[[str], None]:
    """Print what is being done, on a terminal only."""
    if error_console.is_terminal:
        return lambda text: error_console.print(text, style="dim", markup=False)
    return pipeline.silent


@contextmanager
def counting(what: str) -> Iterator[Counter]:
    """Show a bar that fills while something is done many times, on a terminal only, and take it away at the end."""
    if not error_console.is_terminal:
        yield uncounted
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=error_console, transient=True) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def edition(site_url: str) -> Edition:
    """What tells this build from another: the revision of the project, and where the site will be."""
    base = f"{site_url.rstrip('/')}/" if site_url else ""
    return Edition(revision=_git("rev-parse", "--short=12", "HEAD") or "unknown", site_url=base)


def _git(*arguments: str) -> str:
    """The output of a git command in the project, or nothing when there is no git or no commit."""
    try:
        done = subprocess.run(["git", "-C", str(PROJECT), *arguments], capture_output=True, text=True, check=False)
    except OSError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def fix_time() -> None:
    """Give MkDocs the time of the last commit, unless the caller has chosen one.

    See https://reproducible-builds.org/docs/source-date-epoch/.
    """
    os.environ.setdefault("SOURCE_DATE_EPOCH", _git("log", "-1", "--format=%ct") or "0")
