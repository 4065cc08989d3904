"""Digests of what the data says of a service and of a procedure, by which a claim knows whether its evidence is older.

What a program reads or runs counts: files with their templates, commands, ports, checks, units, packages. What a
reader reads does not: names, summaries, reasons, sources. So a digest changes when a run of the lab might end
otherwise, and stays when a sentence is mended. Whoever records a digest and whoever compares it have to give the
same snapshot, that of `resolve`: one that is limited to a topology lacks the values of other choices.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict

from generator import templating
from generator.deploy import given_for, holds_on
from generator.model import Health, Platform, Port, Process
from generator.snapshot import File, ServiceState, Snapshot, Value


def of_service(snapshot: Snapshot, platform_id: str, service_id: str) -> str:
    """The digest of a service of a release on one of its platforms, in 64 hexadecimal digits.

    Raises KeyError for a service or platform that the release does not have.
    """
    platform = {item.id: item for item in snapshot.platforms}[platform_id]
    service = snapshot.service_by_id[service_id]
    return _digest(
        {
            "packages": given_for(service.packages, platform),
            "processes": [_process(process, platform) for process in service.processes],
            "files": sorted(_files(service, platform), key=lambda file: str(file["path"])),
            "steps": [
                [step.id, step.process, step.on, step.when, step.run]
                for step in service.steps
                if holds_on(step.platforms, platform)
            ],
        }
    )


def of_procedure(snapshot: Snapshot, procedure_id: str) -> str:
    """The digest of the commands of a procedure. Raises KeyError for one that the release does not have."""
    procedure = {state.id: state.procedure for state in snapshot.procedures}[procedure_id]
    return _digest([[step.on, step.process, step.run] for step in procedure.steps])


def _digest(facts: object) -> str:
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def _process(process: Process, platform: Platform) -> dict[str, object]:
    return {
        "id": process.id,
        "roles": process.roles,
        "unit": given_for(process.unit, platform),
        "packages": given_for(process.packages, platform),
        "extras": [[given_for(extra.packages, platform), extra.when] for extra in process.extras],
        "starts": process.starts,
        "when": process.when,
        "ports": [_port(port) for port in process.ports],
        "health": [_health(health) for health in process.health],
    }


def _port(port: Port) -> dict[str, object]:
    facts = _without(asdict(port), "purpose", "since", "removed")
    if port.proxy:
        facts["proxy"] = {**asdict(port.proxy), "check": _without(asdict(port.proxy.check), "source")}
    return facts


def _health(health: Health) -> dict[str, object]:
    return {"run": health.run, "when": health.when}


def _without(facts: Mapping[str, object], *keys: str) -> dict[str, object]:
    return {key: value for key, value in facts.items() if key not in keys}


def _files(service: ServiceState, platform: Platform) -> list[dict[str, object]]:
    return [_file(file, platform) for file in service.files if holds_on(file.platforms, platform)]


def _file(file: File, platform: Platform) -> dict[str, object]:
    """A file with its values on a platform, and the texts that write it."""
    sections = {
        section: {key: _values(values, platform) for key, values in settings.items()}
        for section, settings in file.sections.items()
    }
    return {
        "path": file.path,
        "processes": file.processes,
        "when": file.when,
        "owner": file.owner,
        "mode": file.mode,
        "sections": sections,
        "templates": templating.texts_of(file.template_name),
    }


def _values(values: Iterable[Value], platform: Platform) -> list[list[object]]:
    return [[value.value, value.on, value.roles, value.when] for value in values if holds_on(value.platforms, platform)]
