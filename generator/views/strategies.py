"""The strategy table: a row for each process."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from generator.deploy import for_platform
from generator.model import Platform, Process
from generator.snapshot import ServiceState, Snapshot

MODES = {"active-active": "A/A", "active-passive": "A/P"}
SUPPORT = "Support services"
"""Name under which the table gathers what OpenStack stands on, as the original guide does."""


@dataclass(frozen=True)
class Row:
    """A row of the strategy table."""

    service: str
    service_id: str
    id: str
    process: str
    unit: str
    summary: str
    mode: str
    strategy: str
    strategies: tuple[str, ...]
    guide_name: str
    addition: bool
    addition_reason: str
    condition: str
    """The choice of an option with which the process is there, in words; nothing for always."""
    notes: tuple[dict[str, str], ...]
    limitations: tuple[str, ...]
    corrections: tuple[str, ...]

    def as_json(self) -> dict[str, object]:
        """The row for programs: keys without a value are left out, except those that promise a list or a boolean."""
        optional = ("guide_name", "addition_reason", "condition")
        return {key: value for key, value in asdict(self).items() if value or key not in optional}


def rows(snapshot: Snapshot) -> list[Row]:
    """All rows, in the order of the strategy table, on the release's default platform."""
    return [_row(snapshot, service, process) for service in snapshot.services for process in service.processes]


def _row(snapshot: Snapshot, service: ServiceState, process: Process) -> Row:
    platform = snapshot.platforms[0]
    name = shown_name(process, platform)
    in_guide = bool(snapshot.release.guide)
    return Row(
        service=SUPPORT if service.kind == "support" else service.name,
        service_id=service.id,
        id=process.id,
        process=name,
        unit=for_platform(process.unit, platform),
        summary=process.summary,
        mode=MODES[process.mode],
        strategy=strategy_label(process, snapshot),
        strategies=process.strategies,
        guide_name=process.guide_name if in_guide and process.guide_name != name else "",
        addition=in_guide and bool(process.addition),
        addition_reason=process.addition if in_guide else "",
        condition=", ".join(choice_label(snapshot, option, choice) for option, choice in process.when.items()),
        notes=tuple({"text": note.text, "source": note.source} for note in process.notes),
        limitations=tuple(state.id for state in snapshot.limitations_of(process.id)),
        corrections=tuple(item.id for item in snapshot.corrections if process.id in item.processes),
    )


def choice_label(snapshot: Snapshot, option: str, choice: str) -> str:
    """A choice of an option as it is shown: `OVN`."""
    choices = {(item.id, way.id): way.name for item in snapshot.options for way in item.choices}
    return choices[option, choice]


def shown_name(process: Process, platform: Platform) -> str:
    """How the table calls a process: by its own name, or else by its unit."""
    return process.name or for_platform(process.unit, platform)


def strategy_label(process: Process, snapshot: Snapshot) -> str:
    """The strategies of a process in short, as the table shows them."""
    labels = {strategy.id: strategy.label for strategy in snapshot.strategies}
    return " / ".join(labels[name] for name in process.strategies)
