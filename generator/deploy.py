"""Put the processes of a snapshot on the nodes of a topology: who runs what, who reaches whom."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

from generator.model import Platform, Port, Process, Step
from generator.snapshot import File, ServiceState, Snapshot, Value
from generator.topology import Node, Side, Topology, VirtualIp
from generator.workers import limit_workers

T = TypeVar("T")


@dataclass(frozen=True)
class Server:
    """A server of an HAProxy back end."""

    name: str
    address: str


@dataclass(frozen=True)
class Endpoint:
    """A port as HAProxy offers it: front end on virtual IPs, back end on the nodes that run the process."""

    port: Port
    process: Process
    vips: tuple[VirtualIp, ...]
    """Where clients reach it: for the nodes first, then for users from outside where that is another one."""
    servers: tuple[Server, ...]
    check_port: int


@dataclass(frozen=True)
class NumberedStep:
    """A step with its number in the order of the whole deployment, and the nodes that carry it out."""

    number: int
    service: str
    step: Step
    nodes: tuple[str, ...]
    file: str
    """Name of its script below steps/."""


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """A snapshot on a topology and a platform."""

    snapshot: Snapshot
    platform: Platform
    topology_id: str
    topology: Topology
    reference: bool
    """Whether the topology is one of ours, with addresses of documentation."""

    @cached_property
    def _with_roles(self) -> dict[tuple[str, ...], tuple[Node, ...]]:
        """The answers of `nodes_with` so far."""
        return {}

    def nodes_with(self, roles: tuple[str, ...]) -> tuple[Node, ...]:
        """The nodes that have at least one of `roles`, found once: every port of every node asks."""
        if roles not in self._with_roles:
            self._with_roles[roles] = self.topology.nodes_with(roles)
        return self._with_roles[roles]

    @cached_property
    def _nodes(self) -> dict[str, tuple[Node, ...]]:
        """The nodes of every process, found once: each value of each file asks for them."""
        return {name: self.topology.nodes_with(process.roles) for name, process in self.snapshot.processes.items()}

    def nodes_of(self, process: Process) -> tuple[Node, ...]:
        """The nodes that run a process; the first one counts as first in steps and values."""
        return self._nodes[process.id]

    def processes_on(self, node: Node) -> tuple[Process, ...]:
        """What runs on a node, in install order."""
        every = (process for service in self.snapshot.in_install_order() for process in service.processes)
        return tuple(process for process in every if set(process.roles) & set(node.roles))

    def holds(self, platforms: tuple[str, ...]) -> bool:
        """Whether a list of platforms and families includes this one; an empty list includes all."""
        return holds_on(platforms, self.platform)

    def address_on(self, node: Node, port: Port) -> str:
        """The address of a node on the network that a port is used on."""
        return node.interfaces[self.topology.network_of(port.network)].address

    def unit(self, process: Process) -> str:
        """The systemd unit of a process on this platform."""
        return for_platform(process.unit, self.platform)

    def packages_on(self, node: Node) -> tuple[str, ...]:
        """The packages of the installed services that a node needs, sorted."""
        names: set[str] = set()
        for service in self.installed():
            own = [process for process in service.processes if set(process.roles) & set(node.roles)]
            if own:
                names |= set(self.shared_packages(service))
            for process in own:
                names |= set(self.packages(process))
        return tuple(sorted(names))

    def packages(self, process: Process) -> tuple[str, ...]:
        """The packages of a process on this platform, those that come with a choice behind the others."""
        extras = (given_for(extra.packages, self.platform) or () for extra in process.extras)
        return (*for_platform(process.packages, self.platform), *(name for names in extras for name in names))

    def shared_packages(self, service: ServiceState) -> tuple[str, ...]:
        """The packages of a service that no single process owns; none where it says nothing for the platform."""
        return given_for(service.packages, self.platform) or ()

    def installed(self) -> tuple[ServiceState, ...]:
        """The services that bundles bring, in install order."""
        return tuple(service for service in self.snapshot.in_install_order() if service.installed)

    @cached_property
    def bundled(self) -> tuple[Node, ...]:
        """The nodes that get a bundle: those that run a process of an installed service."""
        processes = [process for service in self.installed() for process in service.processes]
        return tuple(
            node for node in self.topology.nodes if any(node in self.nodes_of(process) for process in processes)
        )

    def fqdn(self, name: str) -> str:
        """A host name with the domain."""
        return f"{name}.{self.topology.domain}"

    @property
    def vip(self) -> VirtualIp:
        """The virtual IP that pictures show for all of them."""
        return self.topology.virtual_ips[0]

    def virtual_ip(self, port: Port, side: Side) -> VirtualIp:
        """The virtual IP of a proxied port for clients of a side: that of the port, of its service, or of the rest.

        R508 makes sure that there is exactly one of the closest kind.
        """
        service = self.snapshot.service_of[self.snapshot.ports[port.id][0].id]
        offered = [vip for vip in self.topology.virtual_ips if vip.is_for(side)]
        for wanted in (port.id, service):
            for vip in offered:
                if wanted in vip.serves:
                    return vip
        return next(vip for vip in offered if not vip.serves)

    @cached_property
    def endpoints(self) -> tuple[Endpoint, ...]:
        """Every proxied port of the release, by number."""
        proxied = [(process, port) for process, port in self.snapshot.ports.values() if port.proxy]
        return tuple(
            self._endpoint(process, port) for process, port in sorted(proxied, key=lambda item: item[1].number)
        )

    def _endpoint(self, process: Process, port: Port) -> Endpoint:
        assert port.proxy is not None
        servers = tuple(Server(node.name, internal(node)) for node in self.nodes_of(process))
        check = port.proxy.check.port
        number = self.snapshot.ports[check][1].number if check else port.number
        sides: tuple[Side, ...] = ("internal", "public") if is_public(port) else ("internal",)
        vips = tuple({vip.name: vip for vip in (self.virtual_ip(port, side) for side in sides)}.values())
        return Endpoint(port, process, vips, servers, number)

    @cached_property
    def steps(self) -> tuple[NumberedStep, ...]:
        """Every step in order, numbered from 1; each is finished on all its nodes before the next one."""
        return tuple(
            NumberedStep(number, service, step, names, self.script_name(number, service, step.id))
            for number, (service, step, names) in enumerate(self._ordered, start=len(BASE_STEPS) + 1)
        )

    @cached_property
    def _ordered(self) -> tuple[tuple[str, Step, tuple[str, ...]], ...]:
        return tuple(
            (service.id, step, tuple(node.name for node in self._step_nodes(step)))
            for service in self.installed()
            for step in service.steps
            if self.holds(step.platforms)
        )

    def script_name(self, number: int, service: str, name: str) -> str:
        """Name of a script below steps/, with as many digits as keep all of them in order in a listing."""
        digits = max(2, len(str(len(self._ordered) + len(BASE_STEPS))))
        return f"{number:0{digits}d}-{service}-{name}.sh"

    def _step_nodes(self, step: Step) -> tuple[Node, ...]:
        nodes = self.nodes_of(self.snapshot.processes[step.process])
        return {"first": nodes[:1], "others": nodes[1:], "every": nodes}[step.on]

    def files_on(self, node: Node) -> tuple[tuple[ServiceState, File], ...]:
        """The files of a node with their services, by path."""
        found = [
            (service, file)
            for service in self.installed()
            for file in service.files
            if self.holds(file.platforms) and node.name in self._readers[file.processes]
        ]
        return tuple(sorted(found, key=lambda item: item[1].path))

    @cached_property
    def _readers(self) -> dict[tuple[str, ...], dict[str, Node]]:
        """The nodes by name of every list of processes that a file has, found once."""
        lists = {file.processes for service in self.installed() for file in service.files}
        return {names: {node.name: node for name in names for node in self._nodes[name]} for names in lists}

    def readers_of(self, file: File) -> tuple[Node, ...]:
        """The nodes that run a process which reads a file, those of its first process first."""
        return tuple(self._readers[file.processes].values())

    def is_first(self, node: Node, file: File) -> bool:
        """Whether a node is the first of those that read a file."""
        return next(iter(self._readers[file.processes])) == node.name

    def value_on(self, node: Node, file: File, values: Iterable[Value]) -> Value | None:
        """The value that a node gets in a file, or None when it is meant for other nodes."""
        mine = ("every", "first" if self.is_first(node, file) else "others")
        return next(
            (
                value
                for value in values
                if value.on in mine
                and (not value.roles or set(value.roles) & set(node.roles))
                and self.holds(value.platforms)
            ),
            None,
        )


BASE_STEPS = {"packages": "Install the packages", "firewall": "Open the packet filter to the other nodes"}
"""What comes before the steps of services: the name of the script and its title."""


def holds_on(platforms: Collection[str], platform: Platform) -> bool:
    """Whether a list of platforms and families includes a platform; an empty list includes all."""
    return not platforms or bool(set(platform.names) & set(platforms))


def given_for(entries: Mapping[str, T], platform: Platform) -> T | None:
    """The entry for a platform, or else for the closest of its families; None where nothing is said for it."""
    return next((entries[name] for name in platform.names if name in entries), None)


def for_platform(names: Mapping[str, T], platform: Platform) -> T:
    """The entry for a platform, or else for the closest of its families. Raises KeyError when there is none."""
    key = next((name for name in platform.names if name in names), platform.id)
    return names[key]


def is_public(port: Port) -> bool:
    """Whether users from outside may use a port."""
    return "anywhere" in port.clients


def internal(node: Node) -> str:
    """The address of a node on the internal network."""
    return node.interfaces["internal"].address


def deploy(
    snapshot: Snapshot, topology_id: str, topology: Topology, platform_id: str, *, reference: bool
) -> Deployment:
    """The deployment of a release on a topology, with its services, its choices and no more workers than it wants.

    Raises KeyError when the release has no such platform.
    """
    kinds = {service.id: service.kind for service in snapshot.services}
    needs = {service.id: tuple(item.service for item in service.depends) for service in snapshot.services}
    platforms = {platform.id: platform for platform in snapshot.platforms}
    limited = snapshot.limited_to(topology.enables(kinds, needs), topology.choices(snapshot.options))
    most = topology.tuning.workers
    return Deployment(
        snapshot=limit_workers(limited, most) if most else limited,
        platform=platforms[platform_id],
        topology_id=topology_id,
        topology=topology,
        reference=reference,
    )
