"""The diagrams: what stands where and who talks to whom, from a deployment."""

from __future__ import annotations

from generator.deploy import Deployment, Endpoint, internal
from generator.graph import Box, Cluster, Edge, Graph
from generator.model import Process
from generator.snapshot import ServiceState
from generator.topology import Node
from generator.views.strategies import MODES, shown_name, strategy_label

BALANCER = "load-balancer"


def service_link(service: str, folder: str = "services/") -> str:
    """Where a service's page lies, seen from a page at the top of the release, or from `folder` itself if empty."""
    return f"{folder}{service}.html"


def architecture(deployment: Deployment) -> Graph:
    """The whole: outside world, virtual IP, load balancers, APIs, and what they stand on."""
    snapshot = deployment.snapshot
    supports = [item for item in snapshot.services if item.kind == "support" and not _on_balancers(deployment, item)]
    apis = [item for item in snapshot.services if item.kind == "openstack" and _endpoints(deployment, item)]
    items: list[Box | Cluster] = [
        Box("outside", "Outside world", icon="outside", detail="users, tools, instances"),
        Box("vip", deployment.vip.name, icon="virtual-ip", detail=deployment.vip.address, tone="accent"),
        _balancers(deployment),
        Cluster(
            "apis", "OpenStack services, on every controller", tuple(_service_box(item) for item in apis), across=4
        ),
    ]
    edges = [
        Edge("outside", "vip", "sends requests to", style="bold"),
        Edge("vip", "balancers", "is held by one of", style="bold"),
        Edge("balancers", "apis", "spreads requests over", style="bold"),
    ]
    for service in supports:
        cluster, lines = _support(deployment, service)
        items.append(cluster)
        edges += lines
    return Graph(
        id="architecture",
        title="High-level architecture",
        description="Clients reach every API through one virtual IP. Load balancers spread the requests over the controllers, "
        "whose services use a database, a message bus and other clusters that look after themselves.",
        items=tuple(items),
        edges=tuple(edges),
        direction="TB",
    )


def _on_balancers(deployment: Deployment, service: ServiceState) -> bool:
    return all(process.roles == (BALANCER,) for process in service.processes)


def _endpoints(deployment: Deployment, service: ServiceState) -> list[Endpoint]:
    own = {process.id for process in service.processes}
    return [endpoint for endpoint in deployment.endpoints if endpoint.process.id in own]


def _service_box(service: ServiceState, folder: str = "services/") -> Box:
    return Box(service.id, service.name, icon=service.icon, link=service_link(service.id, folder))


def _balancers(deployment: Deployment, folder: str = "services/") -> Cluster:
    nodes = deployment.topology.nodes_with((BALANCER,))
    boxes = tuple(
        Box(
            f"balancer-{node.name}",
            node.name,
            icon="haproxy",
            detail="holds the address" if position == 0 else "standby",
            link=service_link("haproxy", folder),
        )
        for position, node in enumerate(nodes)
    )
    return Cluster(
        "balancers", "Load balancers: HAProxy, with keepalived", boxes, link=service_link("keepalived", folder)
    )


def _support(deployment: Deployment, service: ServiceState) -> tuple[Cluster | Box, list[Edge]]:
    """A support service in the high-level diagram: its nodes when one of them leads, else a single card."""
    writer = next(
        (item for item in _endpoints(deployment, service) if item.port.proxy and item.port.proxy.single_writer), None
    )
    if writer is None:
        nodes = deployment.nodes_of(service.processes[0])
        box = Box(
            service.id, service.name, icon=service.icon, detail=f"{len(nodes)} nodes", link=service_link(service.id)
        )
        return box, [Edge("apis", service.id, "lists all nodes of")]
    return _writer_cluster(service, writer), [
        Edge("balancers", f"{service.id}-{writer.servers[0].name}", "sends all SQL to", style="bold"),
        *(
            Edge("balancers", f"{service.id}-{server.name}", "turns to, after a loss", style="dashed")
            for server in writer.servers[1:]
        ),
    ]


def _writer_cluster(service: ServiceState, endpoint: Endpoint, folder: str = "services/") -> Cluster:
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


def network(deployment: Deployment) -> Graph:
    """The networks of the topology, and every node's attachment to them."""
    topology = deployment.topology
    nodes = tuple(
        Box(
            f"node-{node.name}",
            node.name,
            icon="compute" if node.roles == ("compute",) else "server",
            detail=", ".join(interface.name for interface in node.interfaces.values()),
        )
        for node in topology.nodes
    )
    vips = tuple(
        Box(f"vip-{vip.name}", vip.name, icon="virtual-ip", detail=vip.address, tone="accent")
        for vip in topology.virtual_ips
    )
    networks = tuple(Box(f"net-{item.id}", item.id, icon="network", detail=item.cidr) for item in topology.networks)
    edges = [Edge(f"net-{vip.network}", f"vip-{vip.name}", "carries") for vip in topology.virtual_ips]
    edges += [
        Edge(f"net-{item.id}", "nodes", "is attached to every node that has an interface on it")
        for item in topology.networks
    ]
    return Graph(
        id="network",
        title=f"Networks of the topology {topology.name}",
        description="Which networks there are, and which nodes and virtual IPs are on them. The table below lists each address.",
        items=(*networks, *vips, Cluster("nodes", "Nodes", nodes, across=max(3, len(nodes) // 2))),
        edges=tuple(edges),
        direction="TB",
    )


def keepalived(deployment: Deployment) -> Graph:
    """How keepalived keeps the virtual IP on a node whose HAProxy works."""
    nodes = deployment.topology.nodes_with((BALANCER,))
    tuning = deployment.topology.tuning
    clusters = tuple(
        Cluster(
            f"lb-{node.name}",
            node.name,
            (
                Box(
                    f"keepalived-{node.name}",
                    "keepalived",
                    icon="keepalived",
                    detail=f"priority {tuning.priority_top - position * tuning.priority_step}",
                    link=service_link("keepalived"),
                ),
                Box(f"haproxy-{node.name}", "HAProxy", icon="haproxy", link=service_link("haproxy")),
            ),
        )
        for position, node in enumerate(nodes)
    )
    edges = [Edge("clients", "vip", "connect to", style="bold")]
    edges += [
        Edge(
            "vip",
            f"lb-{node.name}",
            "is on" if position == 0 else "moves to, after a loss",
            style="bold" if position == 0 else "dashed",
        )
        for position, node in enumerate(nodes)
    ]
    edges += [Edge(f"keepalived-{node.name}", f"haproxy-{node.name}", "checks") for node in nodes]
    return Graph(
        id="keepalived",
        title="keepalived and the virtual IP",
        description="keepalived on each load balancer checks the HAProxy beside it and tells the others by VRRP. "
        "The node with the highest priority among those that work takes the virtual IP, and keeps it when another one comes back.",
        items=(
            Box("clients", "Clients", icon="client"),
            Box("vip", deployment.vip.name, icon="virtual-ip", detail=deployment.vip.address, tone="accent"),
            *clusters,
        ),
        edges=tuple(edges),
        direction="TB",
    )


def clusters(deployment: Deployment) -> list[Graph]:
    """A diagram for each support service that needs a majority, and its clients."""
    services = [item for item in deployment.snapshot.services if item.kind == "support"]
    return [_cluster(deployment, item) for item in services if any(process.quorum for process in item.processes)]


def _cluster(deployment: Deployment, service: ServiceState) -> Graph:
    clients = tuple(
        _service_box(other)
        for other in deployment.snapshot.services
        if any(item.service == service.id for item in other.depends)
    )
    endpoint = next(iter(_endpoints(deployment, service)), None)
    first: tuple[Box | Cluster, ...] = (Cluster("clients", "Clients", clients, across=6),) if clients else ()
    if endpoint:
        items, edges = _behind_proxy(deployment, service, endpoint, bool(clients))
        how = (
            "Clients use the virtual IP; HAProxy sends all of them to one node and to another one when its check fails."
        )
    else:
        items, edges = _in_person(deployment, service, bool(clients))
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
    deployment: Deployment, service: ServiceState, endpoint: Endpoint, has_clients: bool
) -> tuple[tuple[Box | Cluster, ...], list[Edge]]:
    proxy = Box(
        "proxy",
        "HAProxy",
        icon="haproxy",
        detail=f"{deployment.vip.name}:{endpoint.port.number}",
        link=service_link("haproxy"),
    )
    names = [f"{service.id}-{server.name}" for server in endpoint.servers]
    edges = [Edge("clients", "proxy", "connect to", style="bold")] if has_clients else []
    edges.append(Edge("proxy", names[0], "sends everything to", style="bold"))
    edges += [Edge("proxy", name, "turns to, after a loss", style="dashed") for name in names[1:]]
    edges += [Edge(one, other, "replicates with", both=True) for one, other in _ring(names)]
    return (proxy, _writer_cluster(service, endpoint)), edges


def _in_person(
    deployment: Deployment, service: ServiceState, has_clients: bool
) -> tuple[tuple[Box | Cluster, ...], list[Edge]]:
    process = next(item for item in service.processes if item.quorum)
    nodes = deployment.nodes_of(process)
    names = [f"{service.id}-{node.name}" for node in nodes]
    boxes = tuple(_node_box(service, process, node, name) for node, name in zip(nodes, names, strict=True))
    edges = [Edge("clients", service.id, "list every node of", style="bold")] if has_clients else []
    edges += [Edge(one, other, "replicates with", both=True) for one, other in _ring(names)]
    return (Cluster(service.id, service.name, boxes, link=service_link(service.id)),), edges


def _node_box(service: ServiceState, process: Process, node: Node, name: str) -> Box:
    port = f":{process.ports[0].number}" if process.ports else ""
    return Box(name, node.name, icon=service.icon, detail=f"{internal(node)}{port}", link=service_link(service.id))


def _ring(names: list[str]) -> list[tuple[str, str]]:
    """Neighbours, and the last with the first when there are more than two."""
    pairs = list(zip(names, names[1:], strict=False))
    return [*pairs, (names[-1], names[0])] if len(names) > 2 else pairs


def service(deployment: Deployment, state: ServiceState) -> Graph:
    """One service: its processes with mode and strategy, what they depend on, and how clients reach them."""
    platform = deployment.platform
    boxes = tuple(
        Box(
            f"process-{process.id}",
            shown_name(process, platform),
            detail=f"{MODES[process.mode]}, {strategy_label(process, deployment.snapshot)}",
            tone="caution" if "none" in process.strategies else "",
        )
        for process in state.processes
    )
    items: list[Box | Cluster] = [Cluster(state.id, state.name, boxes, across=2 if len(boxes) > 4 else 0)]
    edges = []
    endpoints = _endpoints(deployment, state)
    if endpoints:
        ports = ", ".join(str(endpoint.port.number) for endpoint in endpoints)
        items.insert(
            0,
            Box(
                "vip",
                deployment.vip.name,
                icon="virtual-ip",
                detail=f"port {ports}",
                tone="accent",
                link=service_link("haproxy", ""),
            ),
        )
        edges += [
            Edge("vip", f"process-{name}", "HAProxy spreads to", style="bold")
            for name in dict.fromkeys(endpoint.process.id for endpoint in endpoints)
        ]
    known = deployment.snapshot.service_by_id
    for dependency in state.depends:
        if dependency.service in known:
            items.append(_service_box(known[dependency.service], ""))
            edges.append(Edge(state.id, dependency.service, dependency.why))
    return Graph(
        id=f"service-{state.id}",
        title=f"{state.name}: processes, strategies and dependencies",
        description=f"The processes of {state.name} with their modes and strategies, how clients reach them, and the services that they need.",
        items=tuple(items),
        edges=tuple(edges),
        direction="LR",
    )
