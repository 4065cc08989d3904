"""Tell the options that installed packages register; tools/registry.py runs this where the packages are.

Reads a request from standard input and writes the answer to standard output, both JSON.
Needs nothing but Python and the packages themselves, and writes no file.
"""

from __future__ import annotations

import json
import re
import sys
import warnings
from collections.abc import Iterable
from contextlib import redirect_stdout
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any

TYPES = {
    "Boolean": "bool",
    "Dict": "dict",
    "Float": "float",
    "HostAddress": "hostaddr",
    "HostDomain": "hostdomain",
    "Hostname": "hostname",
    "IPAddress": "ip",
    "Integer": "int",
    "List": "list",
    "Port": "port",
    "String": "str",
    "URI": "uri",
    "bool": "bool",
    "float": "float",
    "int": "int",
    "str": "str",
}
"""What registries call the types of oslo.config; a type that a service makes itself goes by the one it is made from."""

Section = dict[str, dict[str, Any]]
"""Facts by option."""

Files = dict[str, dict[str, Section]]
"""Sections by file."""


def collect(table: dict[str, list[str]], installed: dict[str, EntryPoint]) -> tuple[Files, list[str]]:
    """Options by file and section, and what is wrong: namespaces that are missing or broken.

    `table` has the namespaces by file.
    """
    listed: dict[str, dict[str, Section]] = {}
    mistakes = []
    for name in sorted({name for names in table.values() for name in names}):
        if name not in installed:
            mistakes.append(f"{name}: no installed package has this namespace")
            continue
        try:
            listed[name] = options_of(installed[name])
        except Exception as error:  # noqa: BLE001 - it runs the code of any package, which may raise anything
            mistakes.append(f"{name}: {type(error).__name__}: {error}")
    return {file: merge(listed.get(name, {}) for name in names) for file, names in table.items()}, mistakes


def options_of(point: EntryPoint) -> dict[str, Section]:
    """The options of a namespace by section, as its package lists them: pairs of a group, or its name, and options."""
    found: dict[str, Section] = {}
    for group, options in point.load()():
        section = str(getattr(group, "name", group) or "DEFAULT")
        found.setdefault(section, {}).update({option.dest: facts(option, section) for option in options})
    return found


def merge(several: Iterable[dict[str, Section]]) -> dict[str, Section]:
    """The options of all namespaces of a file."""
    merged: dict[str, Section] = {}
    for sections in several:
        for section, options in sections.items():
            merged.setdefault(section, {}).update(options)
    return merged


def facts(option: Any, section: str) -> dict[str, Any]:
    """What tests want to know of an option: its type, bounds, choices, former names and whether it is to go.

    The attributes are those of oslo.config: https://docs.openstack.org/oslo.config/latest/reference/defining.html
    """
    kind = option.type
    found: dict[str, Any] = {"type": "multi" if getattr(option, "multi", False) else type_name(kind)}
    if option.deprecated_for_removal:
        found["removal"] = True
    former = {f"{old.group or section}/{(old.name or option.dest).replace('-', '_')}" for old in option.deprecated_opts}
    if former:
        found["was"] = sorted(former)
    for bound in ("min", "max"):
        if isinstance(getattr(kind, bound, None), (int, float)):
            found[bound] = getattr(kind, bound)
    choices = getattr(kind, "choices", None) or getattr(getattr(kind, "item_type", None), "choices", None)
    if choices:
        found["choices"] = sorted(choices, key=str)  # of a set, some of them
    return found


def type_name(kind: Any) -> str:
    """The name of a type in registries; that of the closest class above it which has one.

    The options that come from keystoneauth have a class of Python in place of a type.
    """
    classes = (kind if isinstance(kind, type) else type(kind)).__mro__
    return next((TYPES[above.__name__] for above in classes if above.__name__ in TYPES), "any")


def plugin_options(plugins: list[str]) -> tuple[dict[str, dict[str, list[str]]], list[str]]:
    """The options of authentication plugins with their former names, and what is wrong.

    Every section with `auth_type` may hold those of the plugin that it names.
    """
    found = {}
    mistakes = []
    for plugin in plugins:
        try:
            from keystoneauth1.loading import get_plugin_options

            options = get_plugin_options(plugin)
        except Exception as error:  # noqa: BLE001 - no keystoneauth, or an error of its own when it has no such plugin
            mistakes.append(f"keystoneauth1, plugin {plugin}: {type(error).__name__}: {error}")
            continue
        found[plugin] = {option.dest: [old.name.replace("-", "_") for old in option.deprecated] for option in options}
    return found, mistakes


def samples(files: dict[str, str]) -> tuple[Files, list[str]]:
    """Options of files that only a sample tells, by section: set there, or in a comment for others to set.

    `files` has patterns of paths by file, of which the first path in order is read. Says too which have no sample.
    """
    found: Files = {}
    mistakes = []
    for file, pattern in files.items():
        paths = sorted(Path("/").glob(pattern.lstrip("/")))
        if paths:
            found[file] = sample_options(paths[0].read_text("utf-8"))
        else:
            mistakes.append(f"{file}: there is no sample {pattern}")
    return found, mistakes


def sample_options(text: str) -> dict[str, Section]:
    """The options that a sample mentions, by section."""
    found: dict[str, Section] = {}
    section = "DEFAULT"
    for line in text.splitlines():
        if heading := re.fullmatch(r"(?:# ?)?\[([\w:-]+)\]", line.strip()):
            section = heading[1]
            found.setdefault(section, {})
        elif option := re.match(r"(?:# ?)?([a-z][\w.-]*) *=", line):
            found.setdefault(section, {})[option[1]] = {"type": "any"}
    return found


def answer_to(request: dict[str, Any]) -> dict[str, Any]:
    """What the packages have for a request, everything that is wrong, and the namespaces that it does not name."""
    installed = {point.name: point for point in entry_points(group="oslo.config.opts")}
    with redirect_stdout(sys.stderr), warnings.catch_warnings():  # packages may speak while they are imported
        warnings.simplefilter("ignore")
        files, broken = collect(request["files"], installed)
        sampled, missing = samples(request["samples"])
        plugins, unknown = plugin_options(request["plugins"])
    named = {name for names in request["files"].values() for name in names}
    return {
        "files": files | sampled,
        "plugins": plugins,
        "unused": sorted(set(installed) - named),
        "mistakes": broken + missing + unknown,
    }


if __name__ == "__main__":
    json.dump(answer_to(json.load(sys.stdin)), sys.stdout)
