"""The facts of a release for programs: /api/v1/."""

from __future__ import annotations

from dataclasses import asdict

from generator.model import Release, Run
from generator.snapshot import LimitationState, ProcedureState, Snapshot, UpgradeState
from generator.views import ports, strategies
from generator.views.downloads import Download
from generator.views.proof import LABELS, Proofs

VERSION = "v1"


def release_facts(snapshot: Snapshot, downloads: list[Download], revision: str) -> dict[str, object]:
    """The content of api/v1/<release>.json."""
    upgrade = {"upgrade": _upgrade(snapshot.upgrade)} if snapshot.upgrade else {}
    return {
        "$schema": "release.schema.json",
        "release": summary(snapshot.release),
        "revision": revision,
        "strategies": [_undated(asdict(strategy)) for strategy in snapshot.strategies],
        "strategy_table": [row.as_json() for row in strategies.rows(snapshot)],
        "limitations": [_limitation(state) for state in snapshot.limitations],
        "procedures": [_procedure(state) for state in snapshot.procedures],
        "corrections": [asdict(item) for item in snapshot.corrections],
        "ports": [row.as_json() for row in ports.rows(snapshot)],
        "runs": [_run(run) for run in snapshot.runs],
        "proof": [{"process": name, **claim.as_json()} for name, claim in Proofs(snapshot).processes.items()],
        **upgrade,
        "bundles": [item.as_json() for item in downloads if item.node and item.kind == "archive"],
        "user_data": [item.as_json() for item in downloads if item.kind == "user-data"],
    }


def _run(run: Run) -> dict[str, object]:
    """An accepted run of the lab: where all of it is, and how its file is described."""
    return {
        "name": run.name,
        "begun": run.begun,
        "platform": run.platform,
        "commit": run.commit,
        "file": f"evidence/{run.name}.json",
        "schema": "run.schema.json",
    }


def _upgrade(state: UpgradeState) -> dict[str, object]:
    """The upgrade to a release; whoever comes from an older release than `since` of a note meets it."""
    stages = [{**asdict(stage), "steps": [_undated(asdict(step)) for step in stage.steps]} for stage in state.stages]
    return {
        "from": [release.id for release in state.starts],
        "summary": state.summary,
        "notes": [asdict(note) for note in state.notes],
        "stages": stages,
    }


def _limitation(state: LimitationState) -> dict[str, object]:
    return {"id": state.id, **_undated(asdict(state.limitation)), "processes": list(state.processes)}


def _procedure(state: ProcedureState) -> dict[str, object]:
    """A procedure; the `${...}` names in its texts stand for what differs by site."""
    steps = [_undated(asdict(step)) for step in state.procedure.steps]
    return {"id": state.id, **_undated(asdict(state.procedure)), "steps": steps}


def _undated(facts: dict[str, object]) -> dict[str, object]:
    """Facts of one release: without the windows, and without what other releases are told."""
    return {key: value for key, value in facts.items() if key not in ("since", "removed", "wordings")}


def summary(release: Release) -> dict[str, object]:
    """A release as the index lists it."""
    facts = asdict(release)
    return {key: value for key, value in facts.items() if value not in ("", ())}


def index(releases: list[Release], revision: str) -> dict[str, object]:
    """The content of api/v1/index.json: every published release, and where its facts are."""
    return {
        "$schema": "index.schema.json",
        "version": VERSION,
        "revision": revision,
        "history": "history.json",
        "releases": [
            {**summary(release), "facts": f"{release.id}.json", "site": f"../../{release.id}/index.html"}
            for release in releases
        ],
    }


_TEXT = {"type": "string"}
_TEXTS = {"type": "array", "items": _TEXT}


def _object(required: dict[str, object], optional: dict[str, object] | None = None) -> dict[str, object]:
    return {"type": "object", "required": list(required), "properties": {**required, **(optional or {})}}


def _list(item: dict[str, object]) -> dict[str, object]:
    return {"type": "array", "items": item}


def schemas() -> dict[str, dict[str, object]]:
    """JSON Schemas (2020-12) of the two kinds of documents; they may gain keys, but lose none within a version."""
    release = _object(
        {"id": _TEXT, "name": _TEXT, "number": _TEXT, "released": _TEXT, "status": _TEXT},
        {
            "slurp": {"type": "boolean"},
            "unmaintained": _TEXT,
            "ended": _TEXT,
            "unverified": _TEXT,
            "not_proved": _TEXT,
            "source": _TEXT,
        },
    )
    row = _object(
        {
            "service": _TEXT,
            "service_id": _TEXT,
            "id": _TEXT,
            "process": _TEXT,
            "unit": _TEXT,
            "mode": {"enum": ["A/A", "A/P"]},
            "strategy": _TEXT,
            "strategies": _TEXTS,
            "addition": {"type": "boolean"},
            "notes": _list(_object({"text": _TEXT, "source": _TEXT})),
            "limitations": _TEXTS,
            "corrections": _TEXTS,
        },
        {"guide_name": _TEXT, "addition_reason": _TEXT, "condition": _TEXT},
    )
    limitation = _object(
        {
            "id": _TEXT,
            "title": _TEXT,
            "summary": _TEXT,
            "processes": _TEXTS,
            "impact": _TEXTS,
            "notice": _TEXTS,
            "workaround": _TEXTS,
        },
        {"not_proved": _TEXT},
    )
    step = _object(
        {
            "title": _TEXT,
            "on": {"enum": ["every", "first", "others", "chosen", "any"]},
            "process": _TEXT,
            "run": _TEXT,
            "expect": _TEXT,
            "decide": _list(_object({"when": _TEXT, "then": _TEXT})),
        }
    )
    procedure = _object(
        {
            "id": _TEXT,
            "title": _TEXT,
            "summary": _TEXT,
            "when": _TEXTS,
            "processes": _TEXTS,
            "limitations": _TEXTS,
            "caution": _TEXT,
            "steps": _list(step),
        },
        {"not_proved": _TEXT},
    )
    note = _object(
        {
            "id": _TEXT,
            "since": _TEXT,
            "stage": _TEXT,
            "services": _TEXTS,
            "processes": _TEXTS,
            "title": _TEXT,
            "what": _TEXT,
            "do": _TEXTS,
            "sources": _TEXTS,
            "unverified": _TEXT,
        }
    )
    stage = _object({"id": _TEXT, "title": _TEXT, "summary": _TEXT, "steps": _list(step)})
    upgrade = _object({"from": _TEXTS, "summary": _TEXT, "notes": _list(note), "stages": _list(stage)})
    port = _object(
        {
            "id": _TEXT,
            "number": _TEXT,
            "protocol": {"enum": ["tcp", "udp", "vrrp"]},
            "service": _TEXT,
            "process": _TEXT,
            "purpose": _TEXT,
            "proxied": {"type": "boolean"},
        }
    )
    run = _object({"name": _TEXT, "begun": _TEXT, "platform": _TEXT, "commit": _TEXT, "file": _TEXT, "schema": _TEXT})
    claim = _object(
        {"process": _TEXT, "status": {"enum": list(LABELS)}},
        {"run": _TEXT, "experiments": _TEXTS, "worst_outage": {"type": "number"}, "reason": _TEXT},
    )
    download = _object(
        {
            "platform": _TEXT,
            "topology": _TEXT,
            "node": _TEXT,
            "path": _TEXT,
            "sha256": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
            "bytes": {"type": "integer"},
        }
    )
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    facts = _object(
        {
            "release": release,
            "revision": _TEXT,
            "strategy_table": _list(row),
            "limitations": _list(limitation),
            "procedures": _list(procedure),
            "corrections": _list(_object({"id": _TEXT, "title": _TEXT, "decision": _TEXT})),
            "ports": _list(port),
            "runs": _list(run),
            "proof": _list(claim),
            "bundles": _list(download),
            "user_data": _list(download),
        },
        {"upgrade": upgrade},
    )
    listing = _object(
        {
            "version": _TEXT,
            "revision": _TEXT,
            "history": _TEXT,
            "releases": _list(_object({"id": _TEXT, "name": _TEXT, "facts": _TEXT, "site": _TEXT})),
        }
    )
    return {
        "release": {**head, "title": "A release of the HA guide", **facts},
        "index": {**head, "title": "Releases of the HA guide", **listing},
    }
