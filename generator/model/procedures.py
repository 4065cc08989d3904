"""Procedures: ordered runbooks for what needs a person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from generator.model.patterns import Id, Part, Script, Text, Url
from generator.model.vocabulary import Reference
from generator.model.wordings import ProcedureWording


@dataclass(frozen=True, kw_only=True)
class Decision(Part):
    """What to do next, by what a step showed."""

    when: Text
    """What the operator sees."""
    then: Text
    """What to do in that case, as an instruction."""


@dataclass(frozen=True, kw_only=True)
class ProcedureStep(Part):
    """One step of a procedure."""

    title: Text
    """What it achieves, as an instruction."""
    on: Literal["every", "first", "others", "chosen", "any"]
    """On `every` node of the process, the `first`, the `others`, the one `chosen` before, or `any` one."""
    process: Id
    """Process whose nodes are meant."""
    run: Script | Literal[""] = ""
    """Shell commands to paste; empty for a step that only needs a look or a thought."""
    expect: Text | Literal[""] = ""
    """What the commands show when all is well."""
    decide: tuple[Decision, ...] = ()
    """What to do next, by what they show."""
    why: str = ""
    """Why it is done so."""
    source: Url | Literal[""] = ""
    """Documentation of the commands."""
    since: str = ""
    """First release with the step."""
    removed: str = ""
    """First release without it."""


@dataclass(frozen=True, kw_only=True)
class Procedure(Part):
    """An ordered runbook; one file of `data/procedures/`, named after its id."""

    title: Text
    """What it brings back, as a heading."""
    summary: Text
    """The same in one or two sentences, for lists."""
    when: tuple[Text, ...]
    """Signs that tell that this procedure is the right one."""
    processes: tuple[Id, ...]
    """Processes that it brings back."""
    limitations: tuple[Id, ...] = ()
    """Limitations that it is the answer to."""
    caution: str = ""
    """What would make things worse."""
    steps: tuple[ProcedureStep, ...]
    """What to do, in order."""
    references: tuple[Reference, ...] = ()
    """Where to read on."""
    unverified: str = ""
    """What of this could not be confirmed, and why; shown on the page."""
    not_proved: Text | Literal[""] = ""
    """Why no experiment on one machine can prove that it works, in one or two sentences; empty when one can."""
    wordings: tuple[ProcedureWording, ...] = ()
    """How it reads in some releases."""
    since: str = ""
    """First release that it holds for."""
    removed: str = ""
    """First release that it no longer holds for."""
