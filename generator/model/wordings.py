"""Texts that read otherwise in some releases, beside what they stand for."""

from __future__ import annotations

from dataclasses import dataclass, fields

from generator.model.patterns import Part, Text


@dataclass(frozen=True, kw_only=True)
class Wording(Part):
    """Texts that replace those beside them in some releases; what is absent stays as it was."""

    since: str = ""
    """First release that is told so."""
    removed: str = ""
    """First release that is not."""

    def values(self) -> dict[str, object]:
        """The given texts by the name of the field that they replace."""
        names = (item.name for item in fields(self) if item.name not in ("since", "removed"))
        return {name: value for name in names if (value := getattr(self, name)) is not None}


@dataclass(frozen=True, kw_only=True)
class Naming(Wording):
    """How a service or a role is named and described in some releases."""

    name: Text | None = None
    """Name as it is shown."""
    summary: Text | None = None
    """What it is, in a sentence."""


@dataclass(frozen=True, kw_only=True)
class StrategyWording(Wording):
    """How a strategy is named and described in some releases."""

    label: Text | None = None
    """See the strategy."""
    name: Text | None = None
    """See the strategy."""
    summary: Text | None = None
    """See the strategy."""
    client: Text | None = None
    """See the strategy."""


@dataclass(frozen=True, kw_only=True)
class ProcedureWording(Wording):
    """How the head and the end of a procedure read in some releases; its steps have windows of their own."""

    summary: Text | None = None
    """See the procedure."""
    when: tuple[Text, ...] | None = None
    """See the procedure; the whole list."""
    caution: str | None = None
    """See the procedure."""
    unverified: str | None = None
    """See the procedure."""
