"""What the page of a service shows beyond tables: its files, steps and checks as the reference nodes get them."""

from __future__ import annotations

from typing import Any

from generator.config_files import ConfigFiles
from generator.deploy import Deployment
from generator.model import Process
from generator.snapshot import ServiceState
from generator.views import bundles, strategies

LANGUAGES = {
    "ini": "ini",
    "mysql": "ini",
    "systemd": "ini",
    "sysctl": "ini",
    "environment": "sh",
    "redis": "text",
    "xinetd": "text",
}
"""How Pygments colours a file of each format."""


def values(deployment: Deployment, service: ServiceState, files: ConfigFiles) -> dict[str, Any]:
    """The names that the template of the page uses for them."""
    return {
        "service": service,
        "processes": [_process(deployment, process) for process in service.processes],
        "packages": deployment.shared_packages(service),
        "files": _files(deployment, service, files),
        "node": deployment.topology.nodes_with(service.processes[0].roles)[0].name,
        "steps": _steps(deployment, service),
        "health": _health(deployment, service),
    }


def _process(deployment: Deployment, process: Process) -> dict[str, Any]:
    platform = deployment.platform
    return {
        "name": strategies.shown_name(process, platform),
        "packages": deployment.packages(process),
        "nodes": [node.name for node in deployment.nodes_of(process)],
    }


def _files(deployment: Deployment, service: ServiceState, files: ConfigFiles) -> list[dict[str, Any]]:
    """The service's files as the first node that has them gets them."""
    found: dict[str, dict[str, Any]] = {}
    for node in deployment.bundled:
        for entry in files.on(node):
            if entry.service == service.id and entry.path not in found:
                found[entry.path] = {**vars(entry), "language": LANGUAGES.get(entry.format, "text")}
    return list(found.values())


def _steps(deployment: Deployment, service: ServiceState) -> list[dict[str, Any]]:
    nodes = {node.name: node for node in deployment.topology.nodes}
    return [
        {
            "number": item.number,
            "title": item.step.title,
            "nodes": item.nodes,
            "why": item.step.why,
            "source": item.step.source,
            "body": bundles.step_values(deployment, nodes[item.nodes[0]], item.service, item.step.run)[0],
        }
        for item in deployment.steps
        if item.service == service.id and item.nodes
    ]


def _health(deployment: Deployment, service: ServiceState) -> list[dict[str, Any]]:
    return [
        {
            "process": strategies.shown_name(process, deployment.platform),
            "summary": health.summary,
            "source": health.source,
            "run": bundles.step_values(deployment, deployment.nodes_of(process)[0], service.id, health.run)[0],
        }
        for process in service.processes
        for health in process.health
    ]
