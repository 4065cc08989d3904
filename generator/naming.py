"""What the `${...}` names of data values stand for on a node of a deployment."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from generator.deploy import Deployment, internal
from generator.model import Port, Process
from generator.placeholders import Lookup, names_in
from generator.topology import Node, Topology, in_url

BROKER_ACCOUNT = "rabbitmq_"
"""How the id of a secret begins that is the password of a RabbitMQ user; the name of the user follows."""

BROKER_PORT = "messaging"
"""The port on which clients reach RabbitMQ."""


def look_up(deployment: Deployment, node: Node, service: str) -> Lookup:
    """What `${kind.key}` stands for on a node, in a file or step of a service."""
    return lambda kind, key: _named(deployment, node, service, kind, key)


def _named(deployment: Deployment, node: Node, service: str, kind: str, key: str) -> str:
    snapshot = deployment.snapshot
    if kind == "node":
        return {"name": node.name, "fqdn": deployment.fqdn(node.name)}.get(key) or node.interfaces[key].address
    if kind == "urlnode":
        return in_url(node.interfaces[key].address)
    if kind == "interface":
        return node.interfaces[key].name
    if kind == "disk":
        return node.disks[key]
    if secret := secret_of(service, kind, key):
        return token(secret)
    if kind == "service":
        return {"id": service, "user": service}[key]
    if kind == "site":
        return site(deployment.topology)[key]
    if kind == "unit":
        return deployment.unit(snapshot.processes[key])
    if kind == "brokers":
        return _brokers(deployment, key)
    if kind in ("hosts", "fqdns", "addresses", "urladdresses", "first", "urlfirst"):
        return _cluster(deployment, kind, snapshot.processes[key])
    if kind == "listen":
        return deployment.address_on(node, snapshot.ports[key][1])
    return _port(deployment, kind, *snapshot.ports[key])


def token(secret: str) -> str:
    """What stands for a secret until the operator's own value takes its place."""
    return f"@@{secret.upper()}@@"


def secret_of(service: str, kind: str, key: str) -> str:
    """The id of the secret that a name stands for, or nothing when it stands for something else."""
    if (kind, key) == ("service", "password"):
        return service_secret(service)
    return key if kind == "secret" else ""


def secret_within(service: str, kind: str, key: str) -> str:
    """The id of the secret that a name stands for or has inside of it, as `brokers` has; or nothing."""
    return key if kind == "brokers" else secret_of(service, kind, key)


def service_secret(service: str) -> str:
    """The id of the secret with which a service logs in to Keystone."""
    return f"{service.replace('-', '_')}_service"


def site(topology: Topology) -> dict[str, str]:
    """What `${site.…}` names: facts of the whole topology."""
    networks = {network.id: network for network in topology.networks}
    external = networks.get("external")
    pool = (external.pool if external else None) or ("", "")
    return {
        "domain": topology.domain,
        "region": topology.region,
        "internal_network": networks["internal"].cidr,
        "external_network": external.cidr if external else "",
        "external_gateway": external.gateway if external else "",
        "floating_first": pool[0],
        "floating_last": pool[1],
        "physical_network": topology.physical_network,
        "cinder_nfs": topology.storage.cinder_nfs,
        "glance_nfs": topology.storage.glance_nfs,
        "ceph_monitors": ",".join(topology.storage.ceph_monitors),
        "ceph_fsid": topology.storage.ceph_fsid,
        "ceph_pool": topology.storage.ceph_pool,
        "ceph_user": topology.storage.ceph_user,
        "ntp_servers": ",".join(topology.ntp_servers),
        "virtual_ips": ",".join(vip.address for vip in topology.virtual_ips),
        "virtual_ip_names": ",".join(map(topology.full_name, topology.virtual_ips)),
    }


def empty_facts(deployment: Deployment) -> list[str]:
    """The keys of `${site.…}` that files and steps of a deployment name and that have no value, sorted."""
    services = deployment.installed()
    texts = [step.run for service in services for step in service.steps]
    for file in (file for service in services for file in service.files):
        settings = (values for section in file.sections.values() for values in section.values())
        texts += [str(item.value) for values in settings for item in values]
    facts = site(deployment.topology)
    return sorted({key for text in texts for kind, key in names_in(text) if kind == "site" and not facts[key]})


def _cluster(deployment: Deployment, kind: str, process: Process) -> str:
    nodes = deployment.nodes_of(process)
    if kind in ("first", "urlfirst"):
        address = internal(nodes[0])
        return address if kind == "first" else in_url(address)
    write: dict[str, Callable[[Node], str]] = {
        "hosts": lambda node: node.name,
        "fqdns": lambda node: deployment.fqdn(node.name),
        "addresses": internal,
        "urladdresses": lambda node: in_url(internal(node)),
    }
    return ",".join(write[kind](node) for node in nodes)


def _port(deployment: Deployment, kind: str, process: Process, port: Port) -> str:
    if kind == "port":
        return str(port.number)
    if kind in ("members", "inetmembers", "fallbacks"):
        return _members(deployment, kind, process, port)
    if kind in ("publicurl", "publichost"):
        url = _public_url(deployment, port)
        return url if kind == "publicurl" else urlsplit(url).hostname or ""
    vip = deployment.virtual_ip(port, "internal")
    host = deployment.topology.full_name(vip)
    return {"vip": host, "vipaddress": vip.address, "urlvip": vip.host, "url": f"http://{host}:{port.number}"}[kind]


def _public_url(deployment: Deployment, port: Port) -> str:
    topology = deployment.topology
    if port.id in topology.external_endpoints:
        return topology.external_endpoints[port.id].rstrip("/")
    return f"http://{topology.full_name(deployment.virtual_ip(port, 'public'))}:{port.number}"


def _brokers(deployment: Deployment, secret: str) -> str:
    """Every RabbitMQ node as an AMQP URL lists it: oslo.messaging wants the account before each address."""
    account = f"{secret.removeprefix(BROKER_ACCOUNT)}:{token(secret)}"
    listed = _members(deployment, "members", *deployment.snapshot.ports[BROKER_PORT])
    return ",".join(f"{account}@{address}" for address in listed.split(","))


def _members(deployment: Deployment, kind: str, process: Process, port: Port) -> str:
    nodes = deployment.nodes_of(process)
    listed = [f"{in_url(internal(node))}:{port.number}" for node in nodes]
    if kind == "fallbacks":
        return "".join(f"&sentinel_fallback={_for_tooz(deployment, node)}:{port.number}" for node in nodes[1:])
    if kind == "inetmembers":
        listed = [f"inet6:{item}" if item.startswith("[") else item for item in listed]
    return ",".join(listed)


def _for_tooz(deployment: Deployment, node: Node) -> str:
    """A node as tooz reads it in a fallback, which it cut at the first colon until 2024: a name in place of IPv6.

    https://github.com/openstack/tooz/commit/2c0d37c
    """
    return internal(node) if deployment.topology.family == "ipv4" else deployment.fqdn(node.name)
