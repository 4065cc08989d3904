"""The diagrams of the whole: architecture, networks, keepalived."""

from __future__ import annotations

from generator.deploy import Deployment
from generator.graph import Box, Cluster, Edge, Graph
from generator.snapshot import ServiceState
from generator.views.graph_parts import endpoints_of, service_box, service_link, writer_cluster

BALANCER = "load-balancer"


def architecture(deployment: Deployment) -> Graph:
    """The whole: outside world, virtual IP, load balancers, APIs, and what they stand on."""
    snapshot = deployment.snapshot
    supports = [item for item in snapshot.services if item.kind == "support" and not _on_balancers(item)]
    apis = [item for item in snapshot.services if item.kind == "openstack" and endpoints_of(deployment, item)]
    items: list[Box | Cluster] = [
        Box("outside", "Outside world", icon="outside", detail="users, tools, instances"),
        Box("vip", deployment.vip.name, icon="virtual-ip", detail=deployment.vip.address, tone="accent"),
        _balancers(deployment),
        Cluster("apis", "OpenStack services, on every controller", tuple(service_box(item) for item in apis), across=4),
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
        description="Clients reach every API through one virtual IP. Load balancers spread the requests over the "
        "controllers, whose services use a database, a message bus and other clusters that look after themselves.",
        items=tuple(items),
        edges=tuple(edges),
        direction="TB",
    )


def _on_balancers(service: ServiceState) -> bool:
    return all(process.roles == (BALANCER,) for process in service.processes)


def _balancers(deployment: Deployment, folder: str = "services/") -> Cluster:
    nodes = deployment.topology.in_order_for(deployment.vip)
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
        (item for item in endpoints_of(deployment, service) if item.port.proxy and item.port.proxy.single_writer), None
    )
    if writer is None:
        nodes = deployment.nodes_of(service.processes[0])
        box = Box(
            service.id, service.name, icon=service.icon, detail=f"{len(nodes)} nodes", link=service_link(service.id)
        )
        return box, [Edge("apis", service.id, "lists all nodes of")]
    return writer_cluster(service, writer), [
        Edge("balancers", f"{service.id}-{writer.servers[0].name}", "sends all SQL to", style="bold"),
        *(
            Edge("balancers", f"{service.id}-{server.name}", "turns to, after a loss", style="dashed")
            for server in writer.servers[1:]
        ),
    ]


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
    edges += [Edge(f"net-{item.id}", "nodes", "attaches") for item in topology.networks]
    return Graph(
        id="network",
        title=f"Networks of the topology {topology.name}",
        description="Which networks there are, and which nodes and virtual IPs are on them. "
        "The table below lists each address.",
        items=(*networks, *vips, Cluster("nodes", "Nodes", nodes, across=max(3, len(nodes) // 2))),
        edges=tuple(edges),
        direction="TB",
    )


def keepalived(deployment: Deployment) -> Graph:
    """How keepalived keeps the virtual IP on a node whose HAProxy works."""
    nodes = deployment.topology.in_order_for(deployment.vip)
    clusters = tuple(
        Cluster(
            f"lb-{node.name}",
            node.name,
            (
                Box(
                    f"keepalived-{node.name}",
                    "keepalived",
                    icon="keepalived",
                    detail=f"priority {deployment.topology.priority(deployment.vip, node)}",
                    link=service_link("keepalived"),
                ),
                Box(f"haproxy-{node.name}", "HAProxy", icon="haproxy", link=service_link("haproxy")),
            ),
        )
        for node in nodes
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
        "The node with the highest priority among those that work takes the virtual IP, "
        "and keeps it when another one comes back.",
        items=(
            Box("clients", "Clients", icon="client"),
            Box("vip", deployment.vip.name, icon="virtual-ip", detail=deployment.vip.address, tone="accent"),
            *clusters,
        ),
        edges=tuple(edges),
        direction="TB",
    )
