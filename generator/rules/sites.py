"""Rules about what the services that a topology installs need of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import PurePath
from typing import NamedTuple

from generator import placeholders
from generator.catalog import Catalog
from generator.deploy import is_public
from generator.model import Port, Process
from generator.naming import site
from generator.problems import Place, known, nearest
from generator.rules.addresses import INTERNAL
from generator.rules.limits import compatible
from generator.rules.registry import Finding, rule
from generator.rules.topologies import EXTERNAL
from generator.rules.values import holding, texts
from generator.topology import Node, Side, Topology


class Site(NamedTuple):
    """A topology with what it installs.

    What other rules report is mended, so that it has no echo: of two networks with one id the first counts,
    and misspelt roles and services are taken for those that they resemble.
    """

    place: Place
    topology: Topology
    services: frozenset[str]
    processes: dict[str, Process]


def published_processes(catalog: Catalog) -> dict[str, tuple[str, Process]]:
    """The processes by id, with their services, that a published release has; R101 reports windows of no release."""
    timeline, ids = catalog.timeline, [release.id for release in catalog.published]
    found = {}
    for key, (name, process) in catalog.processes().items():
        around = (catalog.services[name], process)
        dated = {value for item in around for value in (item.since, item.removed)} - {""} <= set(timeline.ids)
        if not dated or any(all(timeline.covers(item, release) for item in around) for release in ids):
            found[key] = (name, process)
    return found


def sites(catalog: Catalog) -> Iterator[Site]:
    """Every topology, with the services and processes that it installs in any published release."""
    there = published_processes(catalog)
    kinds = {name: service.kind for name, service in catalog.services.items()}
    needs = {name: tuple(item.service for item in service.depends) for name, service in catalog.services.items()}
    roles = [role.id for role in catalog.roles]
    for name, written in catalog.topologies.items():
        topology = replace(
            written,
            services=_meant(written.services, list(catalog.services)),
            networks=tuple({network.id: network for network in reversed(written.networks)}.values()),
            nodes=tuple(replace(node, roles=_meant(node.roles, roles)) for node in written.nodes),
        )
        services = topology.enables(kinds, needs)
        processes = {key: process for key, (service, process) in there.items() if service in services}
        yield Site(Place(f"topologies/{name}.yaml"), topology, services, processes)


def _meant(words: tuple[str, ...], choices: list[str]) -> tuple[str, ...]:
    """The words, those that are no choice replaced by the nearest one, where one is near."""
    return tuple(word if word in choices else nearest(word, choices) or word for word in words)


@rule("R504")
def roles_filled(catalog: Catalog) -> Iterator[Finding]:
    """Nodes have roles that exist, and every role that a service needs has a node."""
    roles = [role.id for role in catalog.roles]
    for place, topology, _, processes in sites(catalog):
        written = catalog.topologies[PurePath(place.file).stem]
        for number, node in enumerate(written.nodes):
            if not node.roles:
                hint = f"give it one or more of {', '.join(roles)}, or remove the node"
                yield Finding(place / "nodes" / number / "roles", f"{node.name} has no role", hint)
            for position, role in enumerate(node.roles):
                if role not in roles:
                    inner = place / "nodes" / number / "roles" / position
                    yield Finding(inner, f"{role!r} is not a role of roles.yaml", known(role, roles))
        if not topology.nodes:
            yield Finding(place / "nodes", "there is no node", "describe each machine of the site")
        told: list[set[str]] = []
        for process in sorted(processes.values(), key=lambda item: len(item.roles)) if topology.nodes else ():
            known_roles = process.roles and set(process.roles) <= set(roles)  # R202 reports others
            if not known_roles or any(wider <= set(process.roles) for wider in told):
                continue
            if not topology.nodes_with(process.roles):
                told.append(set(process.roles))
                hint = f"give it to one, {process.id} runs there; one node may have several roles"
                yield Finding(place / "nodes", f"no node has the role {' or '.join(process.roles)}", hint)


@rule("R505")
def clusters_odd(catalog: Catalog) -> Iterator[Finding]:
    """A cluster that needs a majority has an odd number of nodes, at least three."""
    for place, topology, _, processes in sites(catalog):
        told: set[tuple[str, ...]] = set()
        for process in processes.values():
            count = len(topology.nodes_with(process.roles))
            if process.quorum and process.roles not in told and count and (count < 3 or count % 2 == 0):
                told.add(process.roles)
                have = "1 node has" if count == 1 else f"{count} nodes have"
                message = f"{have} the role {' or '.join(process.roles)}, where {process.id} needs a majority"
                hint = "an even number may split in halves, and two have no majority after a loss; use 3, 5 or 7"
                yield Finding(place / "nodes", message, hint)


@rule("R507")
def nodes_have_what_is_named(catalog: Catalog) -> Iterator[Finding]:
    """Every node has the addresses, interfaces and disks that its files and steps name."""
    every = list(texts(catalog))
    for place, topology, services, processes in sites(catalog):
        networks = {network.id for network in topology.networks} | {INTERNAL, EXTERNAL}  # R501 and R510 want these
        told: set[tuple[str, str]] = set()
        for item in (text for text in every if text.service in services):
            roles = {role for name in item.processes if name in processes for role in processes[name].roles}
            wanted = [(kind, key) for kind, key in placeholders.names_in(item.text) if kind in WANTED]
            for kind, key in wanted:
                why = f"{item.place.file} needs it as ${{{kind}.{key}}}"
                if kind != "disk" and key not in (*networks, "name", "fqdn"):
                    if ("", key) not in told:
                        told.add(("", key))
                        yield Finding(place / "networks", f"no network has the id {key}", f"{why}: add it")
                    continue
                for number, node in enumerate(topology.nodes):
                    mine = roles & set(node.roles) and (not item.roles or set(item.roles) & set(node.roles))
                    if mine and (node.name, key) not in told and not _has(node, kind, key, topology):
                        told.add((node.name, key))
                        hint = f"{why}: add it to the node, or drop the role{_misspelt(node, kind, key)}"
                        yield Finding(place / "nodes" / number, f"{node.name} has no {WANTED[kind]} {key}", hint)


def _misspelt(node: Node, kind: str, key: str) -> str:
    """What the node has in place of a disk, when that resembles it."""
    near = nearest(key, node.disks) if kind == "disk" else ""
    return f"; did you mean {key!r} by {near!r}?" if near else ""


WANTED = {
    **dict.fromkeys(("node", "urlnode"), "address on the network"),
    "interface": "interface on the network",
    "disk": "disk for the use",
}


def _has(node: Node, kind: str, key: str, topology: Topology) -> bool:
    if key in ("name", "fqdn", "internal"):  # R502 wants the network internal on every node
        return True
    if key == EXTERNAL and all(network.id != EXTERNAL for network in topology.networks):
        return True
    if kind == "disk":
        return key in node.disks
    return key in node.interfaces and (kind == "interface" or bool(node.interfaces[key].address))


@rule("R508")
def endpoints_served(catalog: Catalog) -> Iterator[Finding]:
    """Every proxied port has exactly one virtual IP for the nodes, and one for users where they may use it."""
    for place, topology, _, processes in sites(catalog):
        offered = {port.id: (name, port) for name, item in processes.items() for port in item.ports if port.proxy}
        services = {name: catalog.processes()[process][0] for name, (process, _) in offered.items()}
        choices = sorted({*offered, *services.values()})
        unknown = False
        for number, vip in enumerate(topology.virtual_ips):
            for position, word in enumerate(vip.serves):
                if word not in choices:
                    unknown = True
                    inner = place / "virtual_ips" / number / "serves" / position
                    yield Finding(inner, f"{word!r} is no service or port behind HAProxy", known(word, choices))
        ports = [(port, services[name]) for name, (_, port) in offered.items()] if topology.virtual_ips else []
        for names, served in _served(topology, ports).items():
            if len(names) > 1 or (not names and not unknown):
                yield _wrongly_served(place, topology, names, served)


Served = list[tuple[Side, str]]
"""Ports by the side of their clients."""


def _served(topology: Topology, ports: list[tuple[Port, str]]) -> dict[tuple[str, ...], Served]:
    """Ports and the sides of their clients by the virtual IPs that would serve them."""
    found: dict[tuple[str, ...], Served] = {}
    for port, service in ports:
        sides: tuple[Side, ...] = ("internal", "public") if is_public(port) else ("internal",)
        for side in sides:
            offered = [vip for vip in topology.virtual_ips if vip.is_for(side)]
            levels = [tuple(vip.name for vip in offered if word in vip.serves) for word in (port.id, service)]
            levels.append(tuple(vip.name for vip in offered if not vip.serves))
            found.setdefault(next((names for names in levels if names), ()), []).append((side, port.id))
    return found


def _wrongly_served(place: Place, topology: Topology, names: tuple[str, ...], served: Served) -> Finding:
    """One finding for all ports that have no virtual IP, or the same several ones."""
    sides = " and ".join(dict.fromkeys(side for side, _ in served))
    ports = list(dict.fromkeys(port for _, port in served))
    listed = ", ".join(ports[:SHOWN]) + (f" and {len(ports) - SHOWN} more" if len(ports) > SHOWN else "")
    if not names:
        hint = f"add {ports[0]} to the `serves` of one, or let one without `serves` have endpoints {sides} or both"
        return Finding(place / "virtual_ips", f"no virtual IP is for the {sides} clients of {listed}", hint)
    last = [vip.name for vip in topology.virtual_ips].index(names[-1])
    hint = "say with `endpoints` or `serves` which of them is for what"
    message = f"{' and '.join(names)} are both for the {sides} clients of {listed}"
    return Finding(place / "virtual_ips" / last, message, hint)


SHOWN = 3
"""How many ports a message names."""


@rule("R510")
def facts_given(catalog: Catalog) -> Iterator[Finding]:
    """Every fact of the site that a file or step of its choices names has a value."""
    every = list(texts(catalog))
    for place, topology, services, _ in sites(catalog):
        if any(network.id == "internal" for network in topology.networks):
            facts = site(topology)
            told = set()
            chosen = topology.choices(catalog.options)
            mine = (text for text in every if text.service in services)
            for item in (text for text in mine if compatible(holding(catalog, text), chosen)):
                for kind, key in placeholders.names_in(item.text):
                    fact = key if kind == "site" else "external_network" if kind in WANTED and key == EXTERNAL else ""
                    if key in ("external_gateway", "floating_first") and not facts["external_network"]:
                        fact = "external_network"
                    if fact in WHERE and not facts[fact] and fact not in told:
                        told.add(fact)
                        hint = f"add {WHERE[fact]}, or leave {item.service} out of services"
                        yield Finding(place, f"{item.place.file} needs {WHERE[fact]}, and there is none", hint)


WHERE = {
    "external_network": "a network with the id external",
    "external_gateway": "the gateway of the network external",
    "floating_first": "the pool of the network external",
    "cinder_nfs": "storage.cinder_nfs",
    "glance_nfs": "storage.glance_nfs",
    "ceph_monitors": "storage.ceph_monitors",
    "ceph_fsid": "storage.ceph_fsid",
}
"""Facts of `${site.…}` that a topology may lack, and where they stand in it."""


@rule("R511")
def external_endpoints_known(catalog: Catalog) -> Iterator[Finding]:
    """An external endpoint is that of a port which users may use."""
    for place, topology, _, processes in sites(catalog):
        ports = [port for process in processes.values() for port in process.ports if port.proxy and is_public(port)]
        names = [port.id for port in ports]
        for name in topology.external_endpoints:
            if name not in names:
                inner = place / "external_endpoints" / name
                yield Finding(inner, f"{name!r} is no port that users may use", known(name, names))
