"""Rules about what the services that a topology installs need of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from generator import placeholders
from generator.catalog import Catalog
from generator.deploy import is_public
from generator.model import Port, Process
from generator.naming import site
from generator.problems import Place, known
from generator.rules.registry import Finding, rule
from generator.rules.values import MEMBER_KINDS, PROCESS_KINDS, VIP_KINDS, texts
from generator.topology import Node, Side, Topology


class Site(NamedTuple):
    """A topology with what it installs."""

    place: Place
    topology: Topology
    services: frozenset[str]
    processes: dict[str, Process]


def sites(catalog: Catalog) -> Iterator[Site]:
    """Every topology, with the services and processes that it installs in any release."""
    kinds = {name: service.kind for name, service in catalog.services.items()}
    needs = {name: tuple(item.service for item in service.depends) for name, service in catalog.services.items()}
    for name, topology in catalog.topologies.items():
        services = topology.enables(kinds, needs)
        processes = {key: process for key, (service, process) in catalog.processes().items() if service in services}
        yield Site(Place(f"topologies/{name}.yaml"), topology, services, processes)


@rule("R504")
def roles_filled(catalog: Catalog) -> Iterator[Finding]:
    """Nodes have roles that exist, and every role that a service needs has a node."""
    roles = [role.id for role in catalog.roles]
    for place, topology, _, processes in sites(catalog):
        for number, node in enumerate(topology.nodes):
            for position, role in enumerate(node.roles):
                if role not in roles:
                    inner = place / "nodes" / number / "roles" / position
                    yield Finding(inner, f"{role!r} is not a role of roles.yaml", known(role, roles))
        for role in roles:
            user = next((process.id for process in processes.values() if role in process.roles), "")
            if user and not topology.nodes_with((role,)):
                hint = f"give it to one, {user} runs there; one node may have several roles"
                yield Finding(place / "nodes", f"no node has the role {role}", hint)


@rule("R505")
def clusters_odd(catalog: Catalog) -> Iterator[Finding]:
    """A cluster that needs a majority has an odd number of nodes, at least three."""
    for place, topology, _, processes in sites(catalog):
        told: set[tuple[str, ...]] = set()
        for process in processes.values():
            count = len(topology.nodes_with(process.roles))
            if process.quorum and process.roles not in told and count and (count < 3 or count % 2 == 0):
                told.add(process.roles)
                hint = "with two halves of equal size, or a single node left, no majority exists; use 3, 5 or 7"
                message = f"{process.id} would run on {count} node{'' if count == 1 else 's'}"
                yield Finding(place / "nodes", f"{message} ({', '.join(process.roles)})", hint)


@rule("R507")
def nodes_have_what_is_named(catalog: Catalog) -> Iterator[Finding]:
    """Every node has the addresses, interfaces and disks that its files and steps name."""
    every = list(texts(catalog))
    for place, topology, services, processes in sites(catalog):
        told: set[tuple[str, str, str]] = set()
        for item in (text for text in every if text.service in services):
            roles = {role for name in item.processes if name in processes for role in processes[name].roles}
            wanted = [(kind, key) for kind, key in placeholders.names_in(item.text) if kind in WANTED]
            for kind, key in wanted:
                for number, node in enumerate(topology.nodes):
                    mine = roles & set(node.roles) and (not item.roles or set(item.roles) & set(node.roles))
                    if not mine or (node.name, WANTED[kind], key) in told or _has(node, kind, key):
                        continue
                    told.add((node.name, WANTED[kind], key))
                    hint = f"{item.place.file} needs it as ${{{kind}.{key}}}: add it to the node, or drop the role"
                    yield Finding(place / "nodes" / number, f"{node.name} has no {WANTED[kind]} {key}", hint)


WANTED = {
    **dict.fromkeys(("node", "urlnode"), "address on the network"),
    "interface": "interface on the network",
    "disk": "disk for the use",
}


def _has(node: Node, kind: str, key: str) -> bool:
    if key in ("name", "fqdn", "internal"):  # R502 wants the network internal on every node
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
        for number, vip in enumerate(topology.virtual_ips):
            for position, word in enumerate(vip.serves):
                if word not in choices:
                    inner = place / "virtual_ips" / number / "serves" / position
                    yield Finding(inner, f"{word!r} is no service or port behind HAProxy", known(word, choices))
        for name, (_, port) in offered.items() if topology.virtual_ips else ():
            yield from _unserved(place, topology, port, services[name])


def _unserved(place: Place, topology: Topology, port: Port, service: str) -> Iterator[Finding]:
    sides: tuple[Side, ...] = ("internal", "public") if is_public(port) else ("internal",)
    for side in sides:
        offered = [vip for vip in topology.virtual_ips if vip.is_for(side)]
        levels = [[vip.name for vip in offered if word in vip.serves] for word in (port.id, service)]
        levels.append([vip.name for vip in offered if not vip.serves])
        found = next((names for names in levels if names), [])
        message = f"{port.id} has {len(found)} virtual IPs for {side} clients"
        if not found:
            hint = f"add {service} to the `serves` of one, or leave `serves` out of one with endpoints {side} or both"
            yield Finding(place / "virtual_ips", message, hint)
        elif len(found) > 1:
            hint = "name the port or its service in the `serves` of one of them only"
            yield Finding(place / "virtual_ips", f"{message}: {', '.join(found)}", hint)


@rule("R509")
def services_complete(catalog: Catalog) -> Iterator[Finding]:
    """Enabled services are OpenStack services of this guide, with those that their files name."""
    every = list(texts(catalog))
    owners = {name: service for name, (service, _) in catalog.processes().items()}
    owners_of_ports = {port.id: owners[name] for name, (_, item) in catalog.processes().items() for port in item.ports}
    choices = [name for name, service in catalog.services.items() if service.kind == "openstack"]
    for place, topology, services, _ in sites(catalog):
        for number, name in enumerate(topology.services):
            if name not in choices:
                hint = known(name, choices) if name not in catalog.services else "leave it out: it comes by itself"
                yield Finding(place / "services" / number, f"{name!r} is not an OpenStack service of the guide", hint)
        told = set()
        for item in (text for text in every if text.service in services):
            for kind, key in placeholders.names_in(item.text):
                by = owners if kind in PROCESS_KINDS else owners_of_ports if kind in VIP_KINDS + MEMBER_KINDS else {}
                needed = by.get(key, "")
                if needed and needed not in services and (item.service, needed) not in told:
                    told.add((item.service, needed))
                    hint = f"{item.place.file} names ${{{kind}.{key}}}: add {needed} to services"
                    yield Finding(place / "services", f"{item.service} cannot do without {needed}", hint)


@rule("R510")
def facts_given(catalog: Catalog) -> Iterator[Finding]:
    """Every fact of the site that a file or step names has a value."""
    every = list(texts(catalog))
    for place, topology, services, _ in sites(catalog):
        if any(network.id == "internal" for network in topology.networks):
            facts = site(topology)
            told = set()
            for item in (text for text in every if text.service in services):
                for kind, key in placeholders.names_in(item.text):
                    if kind == "site" and key in WHERE and not facts[key] and key not in told:
                        told.add(key)
                        hint = f"add {WHERE[key]}, or leave {item.service} out of services"
                        yield Finding(place, f"{item.place.file} needs {WHERE[key]}, and there is none", hint)


WHERE = {
    "external_network": "a network with the id external",
    "external_gateway": "the gateway of the network external",
    "floating_first": "the pool of the network external",
    "cinder_nfs": "storage.cinder_nfs",
    "glance_nfs": "storage.glance_nfs",
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
