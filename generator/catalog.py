"""Everything the data files say, in one value, and how to load it from a folder."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path, PurePath
from typing import Any

from generator import data_folder, model, validation
from generator.problems import Problem, Problems
from generator.releases import Timeline
from generator.topology import Topology
from generator.yaml_source import Source

LISTS = ("releases", "platforms", "strategies", "roles", "options", "secrets", "orders", "stages")
"""Data files that are one ordered vocabulary each."""

FOLDERS = {
    "services": "service",
    "includes": "include",
    "limitations": "limitation",
    "procedures": "procedure",
    "corrections": "corrections",
    "upgrades": "upgrade",
    "evidence": "run",
    "topologies": "topology",
}
"""Folders of data files, and the kind of each file in them."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Catalog:
    """All releases of all facts. Mappings go by id, which is the file name where there is one.

    A catalog equals itself only, so that what several rules derive from it can be remembered.
    """

    releases: tuple[model.Release, ...]
    platforms: tuple[model.Platform, ...]
    strategies: tuple[model.Strategy, ...]
    roles: tuple[model.Role, ...]
    options: tuple[model.Option, ...]
    secrets: tuple[model.Secret, ...]
    orders: model.Orders
    stages: tuple[model.Stage, ...]
    services: dict[str, model.Service]
    includes: dict[str, model.Include]
    limitations: dict[str, model.Limitation]
    procedures: dict[str, model.Procedure]
    corrections: dict[str, model.Corrections]
    upgrades: dict[str, model.Upgrade]
    evidence: dict[str, model.Run]
    texts: dict[str, str] = field(default_factory=dict, repr=False)
    """The runs of `evidence` as their files lie there, by the same names, to be published so."""
    topologies: dict[str, Topology]

    @cached_property
    def timeline(self) -> Timeline:
        """The releases in order."""
        return Timeline([release.id for release in self.releases])

    @property
    def runs(self) -> tuple[model.Run, ...]:
        """The accepted runs of the lab, the newest first."""
        return tuple(sorted(self.evidence.values(), key=lambda run: run.begun, reverse=True))

    @property
    def last_proved(self) -> model.Release | None:
        """The release of the newest run, if there is any."""
        return next((item for run in self.runs[:1] for item in self.releases if item.id == run.release), None)

    @property
    def published(self) -> tuple[model.Release, ...]:
        """The releases with a site and bundles, oldest first."""
        return tuple(release for release in self.releases if release.platforms)

    def processes(self) -> dict[str, tuple[str, model.Process]]:
        """Every process by id, with the id of its service."""
        return {
            process.id: (service_id, process)
            for service_id, service in self.services.items()
            for process in service.processes
        }


def load(folder: Path) -> tuple[Catalog, Source]:
    """The catalog of a data folder, shapes checked but not rules.

    Returns the source too, which knows the line of everything. Raises Problems with
    every mistake in every file.
    """
    source = data_folder.read_folder(folder, tuple(f"{name}.yaml" for name in LISTS), tuple(FOLDERS))
    parts: dict[str, Any] = {name: {} for name in FOLDERS}
    problems = list(source.problems)
    for file, value in source.values.items():
        head, _, rest = file.partition("/")
        kind = FOLDERS[head] if rest else head.removesuffix(".yaml")
        shaped, found = validation.parse(kind, value, file)
        problems += map(source.locate, found)
        if rest:
            parts[head][PurePath(rest).stem] = shaped
        else:
            parts[kind] = shaped
    if problems:
        raise Problems(without_echoes(problems))
    texts = {PurePath(name).stem: text for name, text in source.texts.items()}
    return Catalog(**parts, texts=texts), source


def without_echoes(problems: list[Problem]) -> list[Problem]:
    """Leave out shape problems of a value that already has a problem of its own in the YAML."""
    faulty = {problem.place for problem in problems if problem.code.startswith("Y") and problem.place.path}
    return [problem for problem in problems if problem.code.startswith("Y") or problem.place not in faulty]
