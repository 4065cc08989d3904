"""The Markdown pages of one release."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from generator import service_page, templating
from generator.catalog import Catalog
from generator.config_files import ConfigFiles
from generator.deploy import Deployment
from generator.graph import Graph
from generator.resolve import resolve, resolve_starts
from generator.snapshot import LimitationState, ProcedureState, ServiceState, Snapshot
from generator.tree import Blob, Tree, text
from generator.views import (
    changes,
    cluster_graphs,
    graphs,
    implementation,
    limitations,
    ports,
    procedures,
    runs,
    status,
    strategies,
    upgrades,
)
from generator.views.downloads import Download
from generator.views.openings import openings_on, shown
from generator.views.proof import Proofs


@dataclass(frozen=True)
class Drawing:
    """A diagram with its SVG."""

    graph: Graph
    svg: str


@dataclass(frozen=True)
class ReleasePages:
    """Everything that the pages of a release are made from; `deployment` is that of the default platform."""

    catalog: Catalog
    deployment: Deployment
    drawings: dict[str, Drawing]
    downloads: list[tuple[Deployment, list[Download]]]

    def tree(self) -> Tree:
        """The pages, paths relative to the release's folder."""
        topology = f"topologies/{self.deployment.topology_id}.yaml"
        tree: Tree = {
            "index.md": self._page("release-index", self._overview(), "releases.yaml"),
            "strategies.md": self._page("strategies", self._strategies(), "strategies.yaml", "services/", wide=True),
            "architecture.md": self._page("architecture", self._architecture(), topology, wide=True),
            "ports.md": self._page("ports", self._ports(), "services/", wide=True),
            "downloads.md": self._page("downloads", self._downloads(), topology),
            "changes.md": self._page("changes", self._changes(), "services/", wide=True),
            "limitations/index.md": self._page("limitations-index", limitations.listed(self.whole)),
            "services/index.md": self._page("services-index", self._services(), "orders.yaml"),
        }
        files = ("releases.yaml", *(f"evidence/{run.name}.json" for run in self.whole.runs))
        tree["proof.md"] = self._page("proof", runs.values(self.whole, self.proofs), *files, wide=True)
        if self.snapshot.corrections:
            files = tuple(f"corrections/{name}.yaml" for name in self.catalog.corrections)
            tree["corrections.md"] = self._page("corrections", self._corrections(), *files, wide=True)
        if self.snapshot.upgrade:
            files = ("stages.yaml", *(f"upgrades/{name}.yaml" for name in self.catalog.upgrades))
            earlier = resolve_starts(self.catalog, self.whole)
            values = upgrades.values(self.catalog.timeline, earlier, self.whole, self.deployment)
            tree["upgrade.md"] = self._page("upgrade", values, *files)
        for state in self.whole.limitations:
            tree[f"limitations/{state.id}.md"] = self._page(
                "limitation", self._limitation(state), f"limitations/{state.id}.yaml"
            )
        if self.snapshot.procedures:
            tree["procedures/index.md"] = self._page("procedures-index", procedures.listed(self.snapshot))
        for procedure in self.snapshot.procedures:
            tree[f"procedures/{procedure.id}.md"] = self._page(
                "procedure", self._procedure(procedure), f"procedures/{procedure.id}.yaml"
            )
        return tree | self._implementation()

    def _implementation(self) -> Tree:
        """The pages of services, of kinds of nodes, and of what the services need around them."""
        tree = {
            f"services/{service.id}.md": self._page("service", self._service(service), f"services/{service.id}.yaml")
            for service in self.snapshot.services
        }
        topology = f"topologies/{self.deployment.topology_id}.yaml"
        environment = {"title": "Environment", "platform": self.deployment.platform}
        tree["services/environment.md"] = self._page("environment", environment, topology)
        for kind in implementation.kinds(self.deployment):
            tree[f"services/{kind.page}"] = self._page("node-kind", self._node_kind(kind), topology)
        return tree

    @property
    def snapshot(self) -> Snapshot:
        """The release itself, in the shown topology."""
        return self.deployment.snapshot

    @cached_property
    def whole(self) -> Snapshot:
        """The release with every choice of its options, also those that the shown topology has not taken."""
        return resolve(self.catalog, self.snapshot.release.id)

    @cached_property
    def proofs(self) -> Proofs:
        """What runs of the lab prove of the release."""
        return Proofs(self.whole)

    @cached_property
    def files(self) -> ConfigFiles:
        """The configuration files of the shown topology."""
        return ConfigFiles(self.deployment)

    def _page(self, template: str, values: dict[str, Any], *data: str, wide: bool = False) -> Blob:
        base = {
            "release": self.snapshot.release,
            "previous": self.snapshot.previous,
            "upgrade": self.snapshot.upgrade,
            "topology": self.deployment.topology,
            "limitation_names": {state.id: state.limitation.title for state in self.whole.limitations},
            "service_names": {service.id: service.name for service in self.snapshot.services},
        }
        body = templating.render(f"pages/{template}.md", {**base, **values})
        head = templating.render(
            "pages/front",
            {
                "title": values["title"],
                "description": values.get("description", ""),
                "sources": [f"data/{name}" for name in data],
                "wide": wide,
            },
        )
        return text(head + body)

    def _overview(self) -> dict[str, Any]:
        topology = self.deployment.topology
        roles = [
            {
                "name": role.name,
                "summary": role.summary,
                "nodes": [node.name for node in topology.nodes_with((role.id,))],
            }
            for role in self.snapshot.roles
        ]
        return {
            "title": self.snapshot.release.name,
            "description": f"High availability of OpenStack {self.snapshot.release.name} without Pacemaker.",
            "platforms": self.snapshot.platforms,
            **status.overview(self.snapshot),
            "row_count": len(self.whole.processes),
            "limitations": self.whole.limitations,
            "procedures": self.snapshot.procedures,
            "corrections": self.snapshot.corrections,
            "services": self.snapshot.in_install_order(),
            "roles": roles,
        }

    def _rows(self, service: str = "") -> list[dict[str, Any]]:
        """The rows of the strategy table as the template wants them; those of one service if named."""
        labels = {strategy.id: strategy.label for strategy in self.snapshot.strategies}
        order = {service.id: number for number, service in enumerate(self.snapshot.services)}
        names = {service.id: service.name for service in self.snapshot.services}
        return [
            {
                **row.as_json(),
                "guide_name": row.guide_name,
                "addition_reason": row.addition_reason,
                "condition": row.condition,
                "labels": [labels[name] for name in row.strategies],
                "order": order[row.service_id],
                "service_name": names[row.service_id],
                "proof": self.proofs.processes[row.id],
            }
            for row in strategies.rows(self.whole)
            if service in ("", row.service_id)
        ]

    def _strategies(self) -> dict[str, Any]:
        used = {name for process in self.whole.processes.values() for name in process.strategies}
        return {
            "title": "Strategy table",
            "description": f"How each process of OpenStack {self.snapshot.release.name} survives the loss of a node.",
            "rows": self._rows(),
            "strategies": [strategy for strategy in self.snapshot.strategies if strategy.id in used],
        }

    def _architecture(self) -> dict[str, Any]:
        """The diagrams of the whole, and of the clusters that several services use; others are on their own pages."""
        shared = [f"cluster-{item.id}" for item in self.snapshot.services if self._is_shared(item.id)]
        names = [name for name in ("architecture", "network", "keepalived", *shared) if name in self.drawings]
        return {"title": "Architecture", "drawings": [self.drawings[name] for name in names]}

    def _is_shared(self, service: str) -> bool:
        return cluster_graphs.is_shared(self.snapshot, service)

    def _ports(self) -> dict[str, Any]:
        nodes = [
            {"name": node.name, "openings": [shown(item) for item in openings_on(self.deployment, node)]}
            for node in self.deployment.topology.nodes
        ]
        return {"title": "Ports", "ports": ports.rows(self.snapshot), "nodes": nodes}

    def _downloads(self) -> dict[str, Any]:
        groups = [
            {
                "id": deployment.topology_id,
                "topology": deployment.topology.name,
                "platform": deployment.platform.name,
                "summary": deployment.topology.summary,
                "folder": found[0].path.rpartition("/")[0],
                "files": [{**item.as_json(), "node": item.node or "all nodes"} for item in found],
            }
            for deployment, found in self.downloads
        ]
        return {"title": "Downloads", "groups": groups}

    def _changes(self) -> dict[str, Any]:
        previous = self.snapshot.previous
        before = resolve(self.catalog, previous.id) if previous else None
        return changes.values(self.catalog.timeline, before, self.whole)

    def _limitation(self, state: LimitationState) -> dict[str, Any]:
        timeline = self.catalog.timeline
        releases = [
            item.name for item in self.catalog.published if timeline.covers(self.catalog.limitations[state.id], item.id)
        ]
        answers = procedures.answering(self.deployment, state)
        return {**limitations.values(self.whole, state, releases, answers), "claim": self.proofs.limitation(state)}

    def _procedure(self, state: ProcedureState) -> dict[str, Any]:
        whole = next(item for item in self.whole.procedures if item.id == state.id)
        return {**procedures.values(self.deployment, state), "claim": self.proofs.procedure(whole)}

    def _services(self) -> dict[str, Any]:
        proxied = {self.snapshot.service_of[endpoint.process.id] for endpoint in self.deployment.endpoints}
        services = [
            {
                "id": item.id,
                "name": item.name,
                "summary": item.summary,
                "processes": item.processes,
                "installed": item.installed,
                "proxied": item.id in proxied,
            }
            for item in self.snapshot.in_install_order()
        ]
        return {"title": "Services", "services": services, "kinds": implementation.kinds(self.deployment)}

    def _node_kind(self, kind: implementation.NodeKind) -> dict[str, Any]:
        return {
            "title": f"{kind.name} node",
            "kind": kind,
            "nodes": [node.name for node in kind.nodes],
            "platform": self.deployment.platform,
            "services": implementation.services_of(self.deployment, kind),
            "steps": implementation.steps_of(self.deployment, kind),
            "packages": self.deployment.packages_on(kind.nodes[0]),
        }

    def _service(self, service: ServiceState) -> dict[str, Any]:
        own = {process.id for process in service.processes}
        return {
            **service_page.values(self.deployment, service, self.files),
            "title": service.name,
            "description": service.summary,
            "drawing": self.drawings[f"service-{service.id}"],
            "cluster": None if self._is_shared(service.id) else self.drawings.get(f"cluster-{service.id}"),
            "rows": self._rows(service.id),
            **self.proofs.of_service(service.id),
            "ports": [row for row in ports.rows(self.snapshot) if row.service_id == service.id],
            "limitations": [state for state in self.whole.limitations if own & set(state.processes)],
            "procedures": self.snapshot.procedures_of(own),
            "corrections": self.snapshot.corrections_of(service.id),
        }

    def _corrections(self) -> dict[str, Any]:
        names = {service.id: service.name for service in self.snapshot.services}
        corrections = [
            {**vars(item), "names": [names[name] for name in item.services]} for item in self.snapshot.corrections
        ]
        return {"title": "Corrections", "corrections": corrections}


def drawings_of(deployment: Deployment) -> list[Graph]:
    """Every diagram of a release."""
    return [
        graphs.architecture(deployment),
        graphs.network(deployment),
        graphs.keepalived(deployment),
        *cluster_graphs.clusters(deployment),
        *(cluster_graphs.service(deployment, service) for service in deployment.snapshot.services),
    ]
