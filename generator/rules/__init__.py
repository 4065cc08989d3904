"""Rules of the data that shapes cannot say.

A rule is a function over the catalog that yields findings; the first line of its
docstring is the rule itself, as users read it beside the code.
"""

from generator.rules import (
    addresses,
    evidence,
    families,
    idle,
    limits,
    names,
    needs,
    neighbours,
    options,
    pools,
    releases,
    services,
    sites,
    strategies,
    topologies,
    values,
    windows,
)
from generator.rules.registry import RULES, about_topologies, check, check_topology

__all__ = [
    "RULES",
    "about_topologies",
    "addresses",
    "check",
    "check_topology",
    "evidence",
    "families",
    "idle",
    "limits",
    "names",
    "needs",
    "neighbours",
    "options",
    "pools",
    "releases",
    "services",
    "sites",
    "strategies",
    "topologies",
    "values",
    "windows",
]
