"""Rules about files, and about what processes on one node can share."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import get_args

from generator.catalog import Catalog
from generator.model import Format, Port
from generator.problems import Place, known
from generator.resolve import resolve
from generator.rules.names import service_places
from generator.rules.registry import Finding, rule

TEMPLATES = Path(__file__).parent.parent / "templates" / "config"
SECTIONED = ("ini", "mysql", "systemd")
"""Formats whose settings stand in sections."""


@rule("R401")
def one_way_to_write(catalog: Catalog) -> Iterator[Finding]:
    """A file is written either in a format or by a template that exists."""
    templates = sorted(path.relative_to(TEMPLATES).as_posix().removesuffix(".j2") for path in TEMPLATES.rglob("*.j2"))
    choices = [name for name in templates if not name.startswith("formats/")]
    for place, _, service in service_places(catalog):
        for number, file in enumerate(service.config):
            inner = place / "config" / number
            if bool(file.format) == bool(file.template):
                hint = f"give it `format:` ({', '.join(get_args(Format))}) or `template:`, not both"
                yield Finding(inner, f"{file.path} must have either a format or a template", hint)
            if file.template and file.template not in choices:
                hint = known(file.template, choices)
                yield Finding(inner / "template", f"there is no template {file.template!r}", hint)
            if file.format in SECTIONED and file.settings:
                yield Finding(
                    inner / "settings", f"the format {file.format} has sections", "move the settings below `sections:`"
                )
            if file.format and file.format not in SECTIONED and file.sections:
                yield Finding(
                    inner / "sections", f"the format {file.format} has no sections", "move the keys to `settings:`"
                )


@rule("R402")
def one_file_per_path(catalog: Catalog) -> Iterator[Finding]:
    """No two files of a release lie at the same path of a platform."""
    for release in catalog.published:
        try:
            snapshot = resolve(catalog, release.id)
        except KeyError:
            return  # a name is unknown, which other rules report
        owners: dict[tuple[str, str], str] = {}
        for service in snapshot.services:
            for file in service.files:
                for platform in file.platforms or ("",):
                    other = owners.setdefault((file.path, platform), service.id)
                    if other != service.id:
                        place = Place(f"services/{service.id}.yaml", ("config",))
                        yield Finding(
                            place,
                            f"{file.path} is a file of {other} too in {release.id}",
                            "let one of the two write it",
                        )


@rule("R403")
def ports_apart(catalog: Catalog) -> Iterator[Finding]:
    """No two ports of processes on the same kind of node are the same in one release."""
    seen: set[tuple[str, str]] = set()
    for release in catalog.published:
        try:
            snapshot = resolve(catalog, release.id)
        except KeyError:
            return  # a name is unknown, which other rules report
        for (one_process, one), (other_process, other) in combinations(snapshot.ports.values(), 2):
            shared = set(one_process.roles) & set(other_process.roles)
            if not shared or not _collide(one, other) or (one.id, other.id) in seen:
                continue
            seen.add((one.id, other.id))
            service = snapshot.service_of[other_process.id]
            yield Finding(
                _port_place(catalog, service, other.id),
                f"{other.number}/{other.protocol} is the port {one.id} of {one_process.id} too, "
                f"on every {min(shared)} node",
                "correct the number, or give the two different windows or roles",
            )


def _collide(one: Port, other: Port) -> bool:
    return (
        one.protocol == other.protocol
        and one.number <= (other.last or other.number)
        and other.number <= (one.last or one.number)
    )


def _port_place(catalog: Catalog, service: str, port_id: str) -> Place:
    for number, process in enumerate(catalog.services[service].processes):
        for position, port in enumerate(process.ports):
            if port.id == port_id:
                return Place(f"services/{service}.yaml", ("processes", number, "ports", position, "number"))
    raise KeyError(port_id)
