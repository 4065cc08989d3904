"""The command line: the only package that prints, reads the environment and sets exit statuses."""

from __future__ import annotations

import sys

import typer

from generator.cli import guide, own_site, secrets_commands, topology_commands

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Check the data of the HA guide, and make its site and its per-node bundles.",
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(guide.app)
app.add_typer(own_site.app)
app.add_typer(secrets_commands.app, name="secrets")
app.add_typer(topology_commands.app, name="topology")


def main() -> None:
    """Run the command line; used by `python -m generator`. Whatever is wrong, the exit status is 1."""
    try:
        app()
    except SystemExit as error:
        sys.exit(1 if error.code else 0)
