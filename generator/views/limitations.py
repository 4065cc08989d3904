"""Limitations for the pages."""

from __future__ import annotations

from generator.snapshot import LimitationState, ProcedureState, Snapshot
from generator.views import strategies


def listed(snapshot: Snapshot) -> dict[str, object]:
    """The names that the template of the list of limitations uses."""
    states = [
        {
            "id": state.id,
            "limitation": state.limitation,
            "touched": ", ".join(state.processes) or "the whole architecture",
        }
        for state in snapshot.limitations
    ]
    return {"title": "Limitations", "limitations": states}


def values(
    snapshot: Snapshot, state: LimitationState, releases: list[str], procedures: list[ProcedureState]
) -> dict[str, object]:
    """The names that the template of a limitation uses: in which `releases` it is, which `procedures` answer it."""
    rows = {row.id: row for row in strategies.rows(snapshot)}
    return {
        "title": state.limitation.title,
        "description": state.limitation.summary,
        "limitation": state.limitation,
        "touched": [rows[name] for name in state.processes],
        "releases": releases,
        "procedures": procedures,
    }
