"""Pieces that several diagrams share."""

from __future__ import annotations

from generator.deploy import Deployment, Endpoint
from generator.graph import Box, Cluster
from generator.snapshot import ServiceState


def service_link(service: str, folder: str = "services/") -> str:
    """Where a service's page lies, seen from a page at the top of the release, or from `folder` itself if empty."""
    return f"{folder}{service}.html"


def endpoints_of(deployment: Deployment, service: ServiceState) -> list[Endpoint]:
    """The endpoints of a service's processes, by number."""
    own = {process.id for process in service.processes}
    return [endpoint for endpoint in deployment.endpoints if endpoint.process.id in own]


def service_box(service: ServiceState, folder: str = "services/") -> Box:
    """A card for a service that leads to its page."""
    return Box(service.id, service.name, icon=service.icon, link=service_link(service.id, folder))


def writer_cluster(service: ServiceState, endpoint: Endpoint, folder: str = "services/") -> Cluster:
    """The servers of a back end with a single writer: the active one, and the hot standbys."""
    boxes = tuple(
        Box(
            f"{service.id}-{server.name}",
            server.name,
            icon=service.icon,
            detail="active" if position == 0 else "hot standby",
            tone="accent" if position == 0 else "muted",
            link=service_link(service.id, folder),
        )
        for position, server in enumerate(endpoint.servers)
    )
    return Cluster(service.id, service.name, boxes, link=service_link(service.id, folder))
