"""Rules about options, and what depends on their choices."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from generator.catalog import Catalog
from generator.problems import Place, known
from generator.rules.registry import Finding, rule
from generator.storage import Storage


def conditional(value: Any, place: Place) -> Iterator[tuple[Place, Mapping[str, str]]]:
    """Every `when` in a value and its parts, with its place."""
    if is_dataclass(value):
        when: Mapping[str, str] = getattr(value, "when", {})  # whatever has it means the same by it
        if isinstance(when, Mapping) and when:
            yield place / "when", when
        for item in fields(value):
            yield from conditional(getattr(value, item.name), place / item.name)
    elif isinstance(value, tuple):
        for number, element in enumerate(value):
            yield from conditional(element, place / number)
    elif isinstance(value, dict):
        for key, element in value.items():
            yield from conditional(element, place / key)


@rule("R215")
def choices_known(catalog: Catalog) -> Iterator[Finding]:
    """A `when` and a topology name options of data/options.yaml and one of their choices."""
    named: list[tuple[Place, Mapping[str, str]]] = []
    for name, service in catalog.services.items():
        named += conditional(service, Place(f"services/{name}.yaml"))
    for name, include in catalog.includes.items():
        named += conditional(include, Place(f"includes/{name}.yaml"))
    for name, topology in catalog.topologies.items():
        named.append((Place(f"topologies/{name}.yaml", ("options",)), topology.options))
    choices = {option.id: [choice.id for choice in option.choices] for option in catalog.options}
    for place, chosen in named:
        for option, choice in chosen.items():
            if option not in choices:
                yield Finding(place / option, f"{option!r} is not an option of options.yaml", known(option, choices))
            elif choice not in choices[option]:
                message = f"{choice!r} is not a choice of {option}"
                yield Finding(place / option, message, known(choice, choices[option]))
    for name, topology in catalog.topologies.items():
        for made in (item.id for item in catalog.options if item.follows and item.id in topology.options):
            place = Place(f"topologies/{name}.yaml", ("options", made))
            yield Finding(place, f"{made} follows from the network internal", "leave it out")


@rule("R523")
def ceph_chosen(catalog: Catalog) -> Iterator[Finding]:
    """A topology that says where Ceph is keeps its volumes there."""
    for name, topology in catalog.topologies.items():
        if topology.options.get("volume-backend") != "ceph":
            told, place = topology.storage, Place(f"topologies/{name}.yaml", ("storage",))
            for item in (item.name for item in fields(told) if item.name.startswith("ceph_")):
                if getattr(told, item) != getattr(Storage(), item):
                    hint = "choose it with `volume-backend: ceph` below options, or leave it out"
                    yield Finding(place / item, f"{item} is given, and volumes are not on Ceph", hint)
