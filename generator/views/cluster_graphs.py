"""The diagrams of each cluster and of each service."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

from generator.deploy import Deployment, Endpoint, internal
from generator.graph import Box, Cluster, Edge, Graph
from generator.model import Process
from generator.snapshot import ServiceState, Snapshot
from generator.topology import Node
from generator.views.graph_parts import endpoints_of, service_box, service_link, writer_cluster
from generator.views.strategies import MODES, shown_name, strategy_label


def clusters(deployment: Deployment) -> list[Graph]:
    """A diagram for each support service that needs a majority, and its clients."""
    services = [item for item in deployment.snapshot.services if item.kind == "support"]
    return [_cluster(deployment, item) for item in services if any(process.quorum for process in item.processes)]


def is_shared(snapshot: Snapshot, service: str) -> bool:
    """Whether several services use a cluster: it is shown with the architecture then, else on its own page."""
    return len(_users(snapshot, service)) > 1


def _users(snapshot: Snapshot, service: str) -> list[ServiceState]:
    return [other for other in snapshot.services if any(item.service == service for item in other.depends)]


def _cluster(deployment: Deployment, service: ServiceState) -> Graph:
    folder = "services/" if is_shared(deployment.snapshot, service.id) else ""
    clients = tuple(service_box(other, folder) for other in _users(deployment.snapshot, service.id))
    endpoint = next(iter(endpoints_of(deployment, service)), None)
    first: tuple[Box | Cluster, ...] = (Cluster("clients", "Clients", clients, across=6),) if clients else ()
    if endpoint:
        items, edges = _behind_proxy(deployment, service, endpoint, folder)
        how = (
            "Clients use the virtual IP; HAProxy sends all of them to one node and to another one when its check fails."
        )
    else:
        items, edges = _in_person(deployment, service, folder)
        how = "Clients are configured with the whole list of nodes and go on to the next one when a node fails."
    return Graph(
        id=f"cluster-{service.id}",
        title=f"The {service.name} cluster and its clients",
        description=how + " The nodes replicate among themselves, and work as long as more than half of them do.",
        items=(*first, *items),
        edges=tuple(edges),
        direction="TB",
    )


def _behind_proxy(
    deployment: Deployment, service: ServiceState, endpoint: Endpoint, folder: str
) -> tuple[tuple[Box | Cluster, ...], list[Edge]]:
    proxy = Box(
        "proxy",
        "HAProxy",
        icon="haproxy",
        detail=f"{deployment.vip.name}:{endpoint.port.number}",
        link=service_link("haproxy", folder),
    )
    names = [f"{service.id}-{server.name}" for server in endpoint.servers]
    has_clients = bool(_users(deployment.snapshot, service.id))
    edges = [Edge("clients", "proxy", "connect to", style="bold")] if has_clients else []
    edges.append(Edge("proxy", names[0], "sends everything to", style="bold"))
    edges += [Edge("proxy", name, "turns to, after a loss", style="dashed") for name in names[1:]]
    edges += [Edge(one, other, "replicates with", both=True) for one, other in pairwise(names)]
    return (proxy, writer_cluster(service, endpoint, folder)), edges


def _in_person(
    deployment: Deployment, service: ServiceState, folder: str
) -> tuple[tuple[Box | Cluster, ...], list[Edge]]:
    process = next(item for item in service.processes if item.quorum)
    nodes = deployment.nodes_of(process)
    names = [f"{service.id}-{node.name}" for node in nodes]
    boxes = tuple(_node_box(service, process, node, name, folder) for node, name in zip(nodes, names, strict=True))
    has_clients = bool(_users(deployment.snapshot, service.id))
    edges = [Edge("clients", service.id, "list every node of", style="bold")] if has_clients else []
    edges += [Edge(one, other, "replicates with", both=True) for one, other in pairwise(names)]
    return (Cluster(service.id, service.name, boxes, link=service_link(service.id, folder)),), edges


def _node_box(service: ServiceState, process: Process, node: Node, name: str, folder: str) -> Box:
    port = f":{process.ports[0].number}" if process.ports else ""
    return Box(
        name, node.name, icon=service.icon, detail=f"{internal(node)}{port}", link=service_link(service.id, folder)
    )


def service(deployment: Deployment, state: ServiceState) -> Graph:
    """One service: its processes with mode and strategy, what they depend on, and how clients reach them."""
    ports: dict[str, list[int]] = {}
    for endpoint in endpoints_of(deployment, state):
        ports.setdefault(endpoint.process.id, []).append(endpoint.port.number)
    # Those behind HAProxy come first, so that no arrow has to pass another process.
    ordered = sorted(state.processes, key=lambda process: process.id not in ports)
    boxes = tuple(_process_box(deployment, process) for process in ordered)
    items: list[Box | Cluster] = [Cluster(state.id, state.name, boxes, across=max(3, len(ports)))]
    edges = [
        Edge("vip", f"process-{name}", f"port {', '.join(map(str, numbers))}", style="bold")
        for name, numbers in ports.items()
    ]
    if ports:
        link = service_link("haproxy", "")
        vip = Box("vip", deployment.vip.name, icon="virtual-ip", detail="through HAProxy", tone="accent", link=link)
        items.insert(0, vip)
    known = deployment.snapshot.service_by_id
    needed = [dependency for dependency in state.depends if dependency.service in known]
    if needed:
        cards = tuple(replace(service_box(known[item.service], ""), detail=item.why) for item in needed)
        items.append(Cluster("needs", "Needs", cards, across=4))
        edges.append(Edge(state.id, "needs", "uses"))
    return Graph(
        id=f"service-{state.id}",
        title=f"{state.name}: processes, strategies and dependencies",
        description=f"The processes of {state.name} with their modes and strategies, how clients reach them, "
        "and the services that they need.",
        items=tuple(items),
        edges=tuple(edges),
        direction="TB",
    )


def _process_box(deployment: Deployment, process: Process) -> Box:
    return Box(
        f"process-{process.id}",
        shown_name(process, deployment.platform),
        detail=f"{MODES[process.mode]}, {strategy_label(process, deployment.snapshot)}",
        tone="caution" if "none" in process.strategies else "",
    )
