"""What the architecture does not do, and where we differ from the original guide."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from generator.model.patterns import Id, Part, Pattern, Text, Url
from generator.model.vocabulary import Reference
from generator.model.wordings import LimitationWording


@dataclass(frozen=True, kw_only=True)
class Remark(Part):
    """What became of a limitation in some releases."""

    text: Text
    """One or two sentences."""
    since: str = ""
    """First release that it holds for."""
    removed: str = ""
    """First release that it no longer holds for."""
    source: Url
    """Where it comes from."""


@dataclass(frozen=True, kw_only=True)
class Limitation(Part):
    """Something that the architecture does not do; one file of `data/limitations/`, named after its id."""

    title: Text
    """What does not work, as a heading."""
    summary: Text
    """The same in one or two sentences, for lists."""
    processes: tuple[Id, ...] = ()
    """Processes that it touches; empty when it touches the whole architecture."""
    impact: tuple[Text, ...]
    """What goes wrong for whom, a paragraph each."""
    notice: tuple[Text, ...]
    """How an operator sees that it happened."""
    workaround: tuple[Text, ...]
    """What to do about it, in order."""
    remarks: tuple[Remark, ...] = ()
    """What is particular to some releases."""
    references: tuple[Reference, ...]
    """Where to read on."""
    unverified: str = ""
    """What of this could not be confirmed, and why; shown on the page."""
    not_proved: Text | Literal[""] = ""
    """Why no experiment on one machine can prove it, in one or two sentences; empty when one can."""
    wordings: tuple[LimitationWording, ...] = ()
    """How it reads in some releases."""
    since: str = ""
    """First release that has it."""
    removed: str = ""
    """First release without it."""


@dataclass(frozen=True, kw_only=True)
class Correction(Part):
    """A place where we knowingly differ from the original guide."""

    id: Annotated[str, Pattern(r"D\d{3}", "D and three digits, such as D024")]
    """Number of the defect, as this project counts them."""
    title: Text
    """What is corrected."""
    guide: Text
    """What the guide says."""
    ours: Text
    """What we do."""
    why: Text
    """Reason."""
    decision: Literal["corrected", "kept", "not-applicable"]
    """Whether we changed it, kept it with a reason, or have no such place."""
    severity: Literal["low", "medium", "high", "critical"]
    """How much harm following the guide does."""
    services: tuple[Id, ...]
    """Services whose pages mention it."""
    processes: tuple[Id, ...] = ()
    """Rows of the strategy table that it explains."""
    options: tuple[Annotated[str, Pattern(r"/\S+ \[[^\]]+\] \S+", "written as /file [section] option")], ...] = ()
    """Settings of the guide that are not taken over as they stand there, as `/file [section] option`."""
    source: Url
    """Evidence."""
    since: str = ""
    """First release of the guide with the fault."""
    removed: str = ""
    """First release of the guide without it."""


@dataclass(frozen=True, kw_only=True)
class Corrections(Part):
    """One file of `data/corrections/`."""

    corrections: tuple[Correction, ...]
    """Corrections, by number."""
