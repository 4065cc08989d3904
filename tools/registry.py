#!/usr/bin/env python3
"""Read from installed packages which options the services of a release know, for tests/registry/RELEASE.json.

The packages name their options under the entry points `oslo.config.opts`; which of these belong to which file of the
bundles is in tools/registry.toml. Only the packages are asked: there is no network, and nothing is written but OUT.
Run it with the Python of a virtual environment that has the packages, or with --root as root.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

PROGRAM = Path(__file__).with_name("registered.py")
"""What runs where the packages are."""

PARTS = ("files", "samples")
"""The parts of the table that tell the options of files."""


class Unreadable(Exception):
    """Why no registry can be made, a line for each mistake."""


def ask(root: Path | None, request: dict[str, Any]) -> dict[str, Any]:
    """The answer of the Python of a root folder, or of this one. Raises Unreadable when there is none.

    The program is handed over as a text, since a root folder does not have it. Python writes nothing (-B), imports
    nothing from the folder where it is called (-P), and stevedore finds no place for a cache.
    """
    program = [sys.executable] if root is None else ["chroot", str(root), "/usr/bin/python3"]
    done = subprocess.run(
        [*program, "-B", "-P", "-c", PROGRAM.read_text("utf-8")],
        input=json.dumps(request),
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", "XDG_CACHE_HOME": os.devnull},
    )
    if done.returncode:
        raise Unreadable(f"{' '.join(program)} ended with {done.returncode}: {done.stderr.strip()}")
    answer: dict[str, Any] = json.loads(done.stdout)
    if answer["mistakes"]:
        raise Unreadable("\n".join(answer["mistakes"]))
    return answer


def ask_all(root: Path | None, table: dict[str, Any], only: list[str] | None) -> dict[str, Any]:
    """The answers for all files together, a process for each service: they register options of the same names.

    Raises Unreadable with the mistakes of all services.
    """
    files = [file for part in PARTS for file in table[part] if not only or file in only]
    unknown = sorted(set(only or []) - set(files))
    mistakes = [f"{file}: not in the table" for file in unknown]
    whole: dict[str, Any] = {"files": {}, "plugins": {}, "unused": []}
    used = {name for names in table["files"].values() for name in names}
    for service in sorted({file.split("/")[0] for file in files}):
        own = [file for file in files if file.split("/")[0] == service]
        request = {part: {file: table[part][file] for file in own if file in table[part]} for part in PARTS}
        try:
            answer = ask(root, {**request, "plugins": table["plugins"]})
        except Unreadable as error:
            mistakes += str(error).splitlines()
            continue
        whole["files"] |= answer["files"]
        whole["plugins"] = answer["plugins"]
        whole["unused"] = sorted(set(answer["unused"]) - used)
    if mistakes:
        raise Unreadable("\n".join(dict.fromkeys(mistakes)))
    return whole


def render(registry: dict[str, Any]) -> str:
    """A registry as JSON, sorted, each option on a line of its own, so that two releases can be compared."""

    def block(values: dict[str, Any], depth: int) -> str:
        if depth == 0 or not values:
            return json.dumps(values, sort_keys=True, separators=(",", ":"))
        lines = [f"{json.dumps(name)}:{block(values[name], depth - 1)}" for name in sorted(values)]
        return "{\n" + ",\n".join(lines) + "\n}"

    rest = {name: value for name, value in registry.items() if name != "files"}
    head = [f"{json.dumps(name)}:{json.dumps(rest[name], sort_keys=True)}" for name in sorted(rest)]
    return "{\n" + ",\n".join([*head, f'"files":{block(registry["files"], 3)}']) + "\n}\n"


def read_table(path: Path) -> dict[str, Any]:
    """The table of files. Raises Unreadable when it is none."""
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise Unreadable(f"{path}: {error}") from error
    return {"files": {}, "samples": {}, "aliases": {}, "plugins": [], **table}


def arguments() -> argparse.Namespace:
    """What the caller wants."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", metavar="OUT", type=Path, help="the file to write, such as tests/registry/NAME.json")
    parser.add_argument("--root", metavar="DIR", type=Path, help="a root folder with the packages, entered with chroot")
    parser.add_argument("--source", metavar="TEXT", required=True, help="where the packages come from, in a sentence")
    parser.add_argument("--table", metavar="FILE", type=Path, default=Path(__file__).with_suffix(".toml"))
    parser.add_argument("--only", metavar="FILE", action="append", help="this file of the table alone (repeatable)")
    return parser.parse_args()


def main() -> int:
    """Write the registry, or say everything that is in the way; returns the exit code."""
    given = arguments()
    new = given.out.with_name(f"{given.out.name}.new")
    try:
        table = read_table(given.table)
        answer = ask_all(given.root, table, given.only)
        registry = {
            "_source": given.source,
            "aliases": table["aliases"],
            "auth_plugin_options": answer["plugins"],
            "files": answer["files"],
        }
        new.write_text(render(registry), "utf-8")
        new.replace(given.out)
    except (Unreadable, OSError) as error:
        sys.stderr.write(f"{error}\nNothing is written. Install what is missing, or correct {given.table}.\n")
        return 1
    sys.stderr.write(f"Namespaces that no file of {given.table} uses: {', '.join(answer['unused']) or 'none'}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
