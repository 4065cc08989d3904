"""Texts that replace those beside them in some releases; what is absent stays as it was."""

from __future__ import annotations

from dataclasses import dataclass

from generator.model.patterns import Part, Text


@dataclass(frozen=True, kw_only=True)
class Naming(Part):
    """How a service or a role is named and described in some releases."""

    name: Text | None = None
    """Name as it is shown."""
    summary: Text | None = None
    """What it is, in a sentence."""
    since: str = ""
    """First release that is told so."""
    removed: str = ""
    """First release that is not."""


@dataclass(frozen=True, kw_only=True)
class StrategyWording(Part):
    """How a strategy is named and described in some releases."""

    label: Text | None = None
    """See the strategy."""
    name: Text | None = None
    """See the strategy."""
    summary: Text | None = None
    """See the strategy."""
    client: Text | None = None
    """See the strategy."""
    since: str = ""
    """First release that is told so."""
    removed: str = ""
    """First release that is not."""


@dataclass(frozen=True, kw_only=True)
class ProcedureWording(Part):
    """How the head and the end of a procedure read in some releases; its steps have windows of their own."""

    summary: Text | None = None
    """See the procedure."""
    when: tuple[Text, ...] | None = None
    """See the procedure; the whole list."""
    caution: str | None = None
    """See the procedure."""
    unverified: str | None = None
    """See the procedure."""
    since: str = ""
    """First release that is told so."""
    removed: str = ""
    """First release that is not."""


@dataclass(frozen=True, kw_only=True)
class LimitationWording(Part):
    """How a limitation reads in some releases; each list replaces the whole one beside it."""

    title: Text | None = None
    """See the limitation."""
    summary: Text | None = None
    """See the limitation."""
    impact: tuple[Text, ...] | None = None
    """See the limitation."""
    notice: tuple[Text, ...] | None = None
    """See the limitation."""
    workaround: tuple[Text, ...] | None = None
    """See the limitation."""
    unverified: str | None = None
    """See the limitation."""
    since: str = ""
    """First release that is told so."""
    removed: str = ""
    """First release that is not."""
