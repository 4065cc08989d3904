"""Rules about files, and about what processes on one node can share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import combinations
from pathlib import Path
from typing import get_args

from generator.catalog import Catalog
from generator.model import SECRET_LENGTH, Format, Port
from generator.problems import Place, known
from generator.resolve import resolve
from generator.rules.names import service_places
from generator.rules.registry import Finding, rule
from generator.snapshot import File, Snapshot

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


@lru_cache(maxsize=32)
def _resolved(catalog: Catalog, release: str) -> Snapshot:
    return resolve(catalog, release)


@rule("R402")
def one_file_per_path(catalog: Catalog) -> Iterator[Finding]:
    """No two files of a release lie at the same path of the same nodes."""
    seen: set[tuple[str, str]] = set()
    for release in catalog.published:
        try:
            snapshot = _resolved(catalog, release.id)
        except KeyError:
            return  # a name is unknown, which other rules report
        placed = [(item.id, file) for item in snapshot.services for file in item.files]
        for (_, one), (service, file) in combinations(placed, 2):
            if one.path != file.path or not _meet(snapshot, one, file) or (service, file.path) in seen:
                continue
            seen.add((service, file.path))
            numbers = [number for number, item in enumerate(catalog.services[service].config) if item.path == file.path]
            yield Finding(
                Place(f"services/{service}.yaml", ("config", numbers[-1], "path")),
                f"{file.path} is a file of {one.processes[0]} too in {release.id}",
                "let one of the two write it",
            )


def compatible(one: Mapping[str, str], other: Mapping[str, str]) -> bool:
    """Whether two sets of choices can hold at once."""
    return all(other.get(option, choice) == choice for option, choice in one.items())


def _meet(snapshot: Snapshot, one: File, other: File) -> bool:
    """Whether two files can lie on the same node: on one platform, for processes with a role in common."""
    roles = [{role for name in file.processes for role in snapshot.processes[name].roles} for file in (one, other)]
    platforms = [
        {item.id for item in snapshot.platforms if not file.platforms or set(item.names) & set(file.platforms)}
        for file in (one, other)
    ]
    together = not roles[0].isdisjoint(roles[1]) and not platforms[0].isdisjoint(platforms[1])
    return together and compatible(one.when, other.when)


@rule("R403")
def ports_apart(catalog: Catalog) -> Iterator[Finding]:
    """No two ports of processes on the same kind of node are the same in one release."""
    seen: set[tuple[str, str]] = set()
    for release in catalog.published:
        try:
            snapshot = _resolved(catalog, release.id)
        except KeyError:
            return  # a name is unknown, which other rules report
        for (one_process, one), (other_process, other) in combinations(snapshot.ports.values(), 2):
            shared = set(one_process.roles) & set(other_process.roles)
            together = shared and compatible(one_process.when, other_process.when)
            if not together or not _collide(one, other) or (one.id, other.id) in seen:
                continue
            seen.add((one.id, other.id))
            service = snapshot.service_of[other_process.id]
            yield Finding(
                port_place(catalog, service, other.id) / "number",
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


def port_place(catalog: Catalog, service: str, port_id: str) -> Place:
    """Where a service describes a port first. Raises KeyError when it does not."""
    for number, process in enumerate(catalog.services[service].processes):
        for position, port in enumerate(process.ports):
            if port.id == port_id:
                return Place(f"services/{service}.yaml", ("processes", number, "ports", position))
    raise KeyError(port_id)


@rule("R404")
def lengths_of_passwords(catalog: Catalog) -> Iterator[Finding]:
    """Only a password has a length of its own, one that passwords may have."""
    least, most = SECRET_LENGTH["password"]
    for number, secret in enumerate(catalog.secrets):
        place = Place("secrets.yaml", (number, "length"))
        if secret.length and secret.kind != "password":
            yield Finding(place, f"a {secret.kind} has the length of its kind", "remove the key")
        elif secret.length and not least <= secret.length <= most:
            hint = f"choose a number from {least} to {most}"
            yield Finding(place, f"{secret.length} is not a length that a password may have", hint)
