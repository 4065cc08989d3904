"""HAProxy offers each proxied port on the right virtual IPs, and nothing else of the node takes an address from it."""

from __future__ import annotations

import re
from collections import Counter

from generator.deploy import for_platform
from generator.model import Port
from generator.templating import haproxy_address
from generator.topology import Side
from tests.bundled import parse_ini
from tests.fleets import Fleet, Member

CONFIG = "/etc/haproxy/haproxy.cfg"
COUNTS = {"juno": 16, "kilo": 18, "liberty": 18}
"""Front ends of the releases of the original guide: its 17, 19 and 19, less that of RabbitMQ, reached directly."""

SOCKETS = (
    (re.compile(r"/etc/(?:httpd|apache2)/.*\.conf"), re.compile(r"^Listen (\S+)$", re.MULTILINE)),
    (re.compile(r"/etc/.*-uwsgi\.ini"), re.compile(r"^http-socket = (\S+)$", re.MULTILINE)),
    (re.compile(r"/etc/default/.*"), re.compile(r'^DAEMON_ARGS=".*--http-socket ([^\s"]+)', re.MULTILINE)),
)
"""Which files say on which addresses with ports a web server listens, and how."""

LISTENS = {
    "centos-7": {
        "database": ("/etc/my.cnf.d/galera.cnf", "mysqld", "bind-address"),
        "glance-api": ("/etc/glance/glance-api.conf", "DEFAULT", "bind_host"),
        "glance-registry": ("/etc/glance/glance-registry.conf", "DEFAULT", "bind_host"),
        "cinder-api": ("/etc/cinder/cinder.conf", "DEFAULT", "osapi_volume_listen"),
        "neutron-api": ("/etc/neutron/neutron.conf", "DEFAULT", "bind_host"),
        "nova-api": ("/etc/nova/nova.conf", "DEFAULT", "osapi_compute_listen"),
        "nova-metadata": ("/etc/nova/nova.conf", "DEFAULT", "metadata_listen"),
        "nova-novncproxy": ("/etc/nova/nova.conf", "DEFAULT", "novncproxy_host"),
        "ceilometer-api": ("/etc/ceilometer/ceilometer.conf", "api", "host"),
        "heat-api": ("/etc/heat/heat.conf", "heat_api", "bind_host"),
        "heat-api-cfn": ("/etc/heat/heat.conf", "heat_api_cfn", "bind_host"),
        "heat-api-cloudwatch": ("/etc/heat/heat.conf", "heat_api_cloudwatch", "bind_host"),
        "sahara-api": ("/etc/sahara/sahara.conf", "DEFAULT", "host"),
        "swift-proxy": ("/etc/swift/proxy-server.conf", "DEFAULT", "bind_ip"),
        "trove-api": ("/etc/trove/trove.conf", "DEFAULT", "bind_host"),
        "keystone-public": ("/etc/keystone/keystone.conf", "DEFAULT", "public_bind_host"),
        "keystone-admin": ("/etc/keystone/keystone.conf", "DEFAULT", "admin_bind_host"),
    },
    "debian": {
        "database": ("/etc/mysql/mariadb.conf.d/99-ha-guide.cnf", "mariadbd", "bind-address"),
        "glance-api": ("/etc/glance/glance-api.conf", "DEFAULT", "bind_host"),
        "nova-novncproxy": ("/etc/nova/nova.conf", "vnc", "novncproxy_host"),
        "swift-proxy": ("/etc/swift/proxy-server.conf", "DEFAULT", "bind_ip"),
    },
}
"""By platform or family: where each proxied port gets the address that it listens on, unless a web server has it."""


def proxied(fleet: Fleet) -> dict[str, Port]:
    """Every port with a proxy."""
    return {name: port for name, (_, port) in fleet.deployment.snapshot.ports.items() if port.proxy}


def serving(fleet: Fleet, port: Port, side: Side) -> list[str]:
    """The virtual IPs that the topology gives to a port: those that name it, or its service, or nothing."""
    shown = fleet.deployment
    service = shown.snapshot.service_of[shown.snapshot.ports[port.id][0].id]
    offered = [vip for vip in shown.topology.virtual_ips if vip.endpoints in ("both", side)]
    named = [vip for vip in offered if port.id in vip.serves] or [vip for vip in offered if service in vip.serves]
    return [haproxy_address(vip.address) for vip in named or [vip for vip in offered if not vip.serves]]


def sections(member: Member) -> dict[tuple[str, str], str]:
    """The front and back ends of a haproxy.cfg, by kind and name."""
    found = re.findall(r"^(frontend|backend) (\S+)\n((?:    .*\n)+)", member.files[CONFIG], re.MULTILINE)
    return {(kind, name.removeprefix("vip-")): text for kind, name, text in found}


def test_each_proxied_port_is_bound_on_the_virtual_ips_that_serve_it(fleet: Fleet) -> None:
    """On that for the nodes and on that for users, where users may use it, and nowhere else."""
    expected = {}
    for name, port in proxied(fleet).items():
        vips = serving(fleet, port, "internal") + (serving(fleet, port, "public") if "anywhere" in port.clients else [])
        expected[name] = sorted({f"{vip}:{port.number}" for vip in vips})
    release = fleet.deployment.snapshot.release
    if release.guide and not fleet.deployment.topology.services:
        assert len(expected) == COUNTS[release.id]
    for member in fleet.having(CONFIG):
        parts = sections(member)
        found = {
            name: sorted(re.findall(r"bind (\S+)", text)) for (kind, name), text in parts.items() if kind == "frontend"
        }
        if "frontend monitor\n" in member.files[CONFIG]:  # of the node itself; HAProxy 1.5 has it as `listen`
            own = haproxy_address(member.node.interfaces["internal"].address)
            assert found.pop("monitor") == sorted(["127.0.0.1:9300", f"{own}:9300"]), member.name
        assert found == expected, member.name


def test_every_back_end_has_every_node_of_its_process(fleet: Fleet) -> None:
    """Each back end lists all nodes that run the process, on the port of the process."""
    nodes = fleet.deployment.topology.nodes
    for name, port in proxied(fleet).items():
        process = fleet.deployment.snapshot.ports[name][0]
        runs = [node for node in nodes if set(node.roles) & set(process.roles)]
        expected = [
            (node.name, f"{haproxy_address(node.interfaces['internal'].address)}:{port.number}") for node in runs
        ]
        assert len(expected) >= 3
        for member in fleet.having(CONFIG):
            servers = re.findall(r"^    server (\S+) (\S+) check", sections(member)["backend", name], re.MULTILINE)
            assert servers == expected, (member.name, name)


def test_load_balancers_agree_on_everything_but_themselves(fleet: Fleet) -> None:
    """Their haproxy.cfg differ only in the node's own address, of the statistics."""
    texts = {
        member.files[CONFIG].replace(
            f"bind {haproxy_address(member.node.interfaces['internal'].address)}:9300", "bind NODE:9300"
        )
        for member in fleet.having(CONFIG)
    }
    assert len(texts) == 1
    assert [member.node.name for member in fleet.having(CONFIG)] == [
        node.name for node in fleet.deployment.topology.balancers
    ]


def test_no_address_and_port_is_bound_twice(fleet: Fleet) -> None:
    """HAProxy and the other processes of a load balancer share no address with the same port."""
    for member in fleet.having(CONFIG):
        own = haproxy_address(member.node.interfaces["internal"].address)
        bound = re.findall(r"^    bind (\S+)", member.files[CONFIG], re.MULTILINE)
        processes = [item for item in fleet.deployment.processes_on(member.node) if item.id != "haproxy"]
        bound += [f"{own}:{port.number}" for item in processes for port in item.ports if port.protocol == "tcp"]
        assert [item for item, count in Counter(bound).items() if count > 1] == [], member.name


def listening(member: Member, port: Port) -> list[str]:
    """The addresses on which a process of the node listens for a proxied port, as its file says."""
    of_sockets = [
        address
        for where, how in SOCKETS
        for path, text in member.files.items()
        if where.fullmatch(path)
        for address in how.findall(text)
    ]
    mine = [address.rpartition(":")[0] for address in of_sockets if address.rpartition(":")[2] == str(port.number)]
    options = for_platform(LISTENS, member.fleet.deployment.platform)
    if mine or port.id not in options:
        return [haproxy_address(address.strip("[]")) for address in mine]
    path, section, option = options[port.id]
    found = parse_ini(member.files.get(path, "")).get((section, option), [])
    return [haproxy_address(value.strip("[]")) for value in found]


def test_what_haproxy_serves_listens_on_the_nodes_own_address(fleet: Fleet) -> None:
    """A server on all addresses would take the virtual IP's port away from the HAProxy of the same node."""
    looked, wrong = 0, []
    for member in fleet.members:
        own = haproxy_address(member.node.interfaces["internal"].address)
        here = {port.id for process in fleet.deployment.processes_on(member.node) for port in process.ports}
        for port in (item for item in proxied(fleet).values() if item.id in here):
            looked += 1
            if listening(member, port) != [own]:
                wrong.append(f"{member.node.name} {port.id}: {listening(member, port)}")
    assert looked >= 3 * len(proxied(fleet))
    assert wrong == []
