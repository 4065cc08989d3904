"""The list of all rules, and running them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

from generator.catalog import Catalog
from generator.problems import Place, Problem
from generator.topology import Topology


class Finding(NamedTuple):
    """A breach of a rule: where, what is wrong, how to mend it."""

    place: Place
    message: str
    hint: str


Check = Callable[[Catalog], Iterator[Finding]]


@dataclass(frozen=True)
class Rule:
    """A rule with its code."""

    code: str
    check: Check

    @property
    def text(self) -> str:
        """The rule in one line."""
        return (self.check.__doc__ or "").strip().splitlines()[0]


RULES: dict[str, Rule] = {}


def rule(code: str) -> Callable[[Check], Check]:
    """Register a function as the rule `code`. Raises ValueError when the code is taken."""

    def register(function: Check) -> Check:
        if code in RULES:
            raise ValueError(f"two rules are called {code}")
        RULES[code] = Rule(code, function)
        return function

    return register


def check(catalog: Catalog) -> list[Problem]:
    """Every breach of every rule, without lines."""
    return [
        Problem(rule.code, finding.place, finding.message, finding.hint)
        for rule in RULES.values()
        for finding in rule.check(catalog)
    ]


def check_topology(catalog: Catalog, file: str, topology: Topology) -> list[Problem]:
    """Every breach of the topology rules by an operator's own topology, without lines."""
    alone = replace(catalog, topologies={"own": topology})
    found = [item for item in check(alone) if item.place.file == "topologies/own.yaml"]
    return [replace(item, place=Place(file, item.place.path)) for item in found]
