"""The list of all rules, and running them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
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
    by_release: bool = False
    """Whether it looks at each published release by itself, so that it can be asked about one of them alone."""

    @property
    def text(self) -> str:
        """The rule in one line."""
        return (self.check.__doc__ or "").strip().splitlines()[0]


RULES: dict[str, Rule] = {}


def rule(code: str, *, by_release: bool = False) -> Callable[[Check], Check]:
    """Register a function as the rule `code`. Raises ValueError when the code is taken."""

    def register(function: Check) -> Check:
        if code in RULES:
            raise ValueError(f"two rules are called {code}")
        RULES[code] = Rule(code, function, by_release)
        return function

    return register


def check(catalog: Catalog) -> list[Problem]:
    """Every breach of every rule, without lines."""
    return _breaches(catalog, RULES.values())


def _breaches(catalog: Catalog, applied: Iterable[Rule]) -> list[Problem]:
    return [
        Problem(rule.code, finding.place, finding.message, finding.hint)
        for rule in applied
        for finding in rule.check(catalog)
    ]


OF_TOPOLOGIES = range(501, 600)
"""Numbers of the rules about topologies."""


def about_topologies() -> list[Rule]:
    """The rules about topologies, by code."""
    return [RULES[code] for code in sorted(RULES) if int(code[1:]) in OF_TOPOLOGIES]


def check_topology(catalog: Catalog, file: str, topology: Topology, release: str = "") -> list[Problem]:
    """Every breach of the topology rules by an operator's own topology, without lines.

    With a release, what only other ones need is no breach, as far as a rule tells them apart.
    """
    alone = replace(catalog, topologies={"own": topology})
    others = (item if item.id == release else replace(item, platforms=()) for item in alone.releases)
    single = replace(alone, releases=tuple(others)) if release else alone
    found = [item for rule in about_topologies() for item in _breaches(single if rule.by_release else alone, [rule])]
    return [replace(item, place=Place(file, item.place.path)) for item in found]
