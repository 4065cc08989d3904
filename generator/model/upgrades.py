"""Upgrades: what breaks on the way to a release, and the order of the work."""

from __future__ import annotations

from dataclasses import dataclass

from generator.model.patterns import Id, Part, Text, Url
from generator.model.procedures import ProcedureStep


@dataclass(frozen=True, kw_only=True)
class Stage(Part):
    """One part of the work of an upgrade; the order of the file is the order of the work."""

    id: Id
    """Key that the notes of `data/upgrades/` name."""
    title: Text
    """What it achieves, as an instruction."""
    summary: Text
    """What happens here and why at this point, for the reader."""
    steps: tuple[ProcedureStep, ...] = ()
    """What to do, in order."""


@dataclass(frozen=True, kw_only=True)
class UpgradeNote(Part):
    """Something that breaks, or that has to be done, and that the rest of the data does not tell."""

    id: Id
    """Short name, unique among the notes of all releases; the address of the note on the page."""
    since: Id
    """Release with which it came: whoever comes from an older one meets it."""
    stage: Id
    """Part of the work in which it has to be done, from data/stages.yaml."""
    services: tuple[Id, ...] = ()
    """Services that it touches; empty when it touches all of them."""
    processes: tuple[Id, ...] = ()
    """Processes that it touches, where it is not whole services."""
    title: Text
    """What breaks, as a heading."""
    what: Text
    """What is different, and what goes wrong when nothing is done."""
    do: tuple[Text, ...]
    """What to do about it, in order."""
    sources: tuple[Url, ...]
    """Release note, source or package in which it was read."""
    unverified: str = ""
    """What of this could not be confirmed, and why; shown on the page."""


@dataclass(frozen=True, kw_only=True)
class Upgrade(Part):
    """The upgrade to one release; one file of `data/upgrades/`, named after the release."""

    summary: Text
    """What this upgrade is about, in one or two sentences."""
    notes: tuple[UpgradeNote, ...]
    """What breaks; within a stage in the order in which it has to be done."""
