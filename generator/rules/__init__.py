"""Rules of the data that shapes cannot say.

A rule is a function over the catalog that yields findings; the first line of its
docstring is the rule itself, as users read it beside the code.
"""

from generator.rules import families, limits, names, options, sites, strategies, topologies, values, windows
from generator.rules.registry import RULES, check, check_topology

__all__ = [
    "RULES",
    "check",
    "check_topology",
    "families",
    "limits",
    "names",
    "options",
    "sites",
    "strategies",
    "topologies",
    "values",
    "windows",
]
