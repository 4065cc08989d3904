"""What a node connects to lets it in: every address and port that its files, steps and checks name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from generator.deploy import for_platform
from generator.topology import Node
from generator.views.openings import Opening, openings_on
from tests.bundled import parse_ini
from tests.fleets import Fleet, Member

HOST = r"(?:\[[0-9a-f:]+\]|[A-Za-z0-9][A-Za-z0-9.-]*[A-Za-z0-9])"
PAIR = re.compile(rf"(?:(?<![\w.:-])|(?<=\btcp:)|(?<=\binet6:))({HOST}):([0-9]{{2,5}})(?![\w.:])")
SPACED = re.compile(r"^(?:slaveof|sentinel monitor \S+) (\S+) ([0-9]+)", re.MULTILINE)
CHECKED = re.compile(rf"^ +server \S+ ({HOST}):[0-9]+ check port ([0-9]+)", re.MULTILINE)
GCOMM = re.compile(r"gcomm://([^\s\"']*)")
DATABASE = re.compile(rf"mysql(?:\+pymysql)?://\S*@({HOST})/")
BROKER = re.compile(r"rabbit@([a-z0-9-]+)")
PEERS = re.compile(r"unicast_peer \{(.*?)\}", re.DOTALL)
RAFT = re.compile(rf"--db-([ns]b)-cluster-remote-addr=({HOST})")
QUIET = re.compile(r"^\s*(?:#|bind |Listen |<VirtualHost |open ').*$", re.MULTILINE)
"""Lines on which a port is not connected to: comments, what a daemon binds, what the packet filter opens."""

LEAST = {"centos-7": 400, "debian": 150}
"""Connections that the smallest site of a platform or family has; with fewer, the forms above are out of date."""


class Target(NamedTuple):
    """Somewhere to connect to; `port` is the number, or `vrrp`."""

    host: str
    port: str


def named_ports(text: str, numbers: dict[str, str]) -> Iterator[Target]:
    """Every host with a port in a text, by the forms in which the daemons write them."""
    text = QUIET.sub("", text)
    for pattern in (PAIR, SPACED, CHECKED):
        yield from (Target(host, port) for host, port in pattern.findall(text))
    for listed in GCOMM.findall(text):
        yield from (Target(host, numbers["galera-replication"]) for host in re.findall(HOST, listed))
    yield from (Target(host, numbers["database"]) for host in DATABASE.findall(text))
    for host in BROKER.findall(text):
        yield from (Target(host, numbers[name]) for name in ("rabbitmq-epmd", "rabbitmq-distribution"))
    yield from (Target(host, numbers[f"ovn-{database}-raft"]) for database, host in RAFT.findall(text))
    for block in PEERS.findall(text):
        yield from (Target(host, "vrrp") for host in block.split())
    settings = parse_ini(text)
    for (section, option), values in settings.items():
        partner = re.sub(r"(host|ip)$", "port", option)
        if partner != option and (section, partner) in settings and not option.startswith("bind"):
            yield Target(values[0], settings[section, partner][0])


def targets(member: Member) -> set[tuple[str, Target]]:
    """Where the node connects to, with the file, step or check that says so."""
    numbers = {name: str(port.number) for name, (_, port) in member.fleet.deployment.snapshot.ports.items()}
    texts = {**member.files, **member.steps, "verify.sh": member.tree["verify.sh"].data.decode()}
    return {(where, target) for where, text in texts.items() for target in named_ports(text, numbers)}


def addresses(member: Member) -> dict[str, str]:
    """Names and addresses to addresses, as /etc/hosts of the node has them."""
    found = {}
    for line in member.files["/etc/hosts"].splitlines():
        if line and not line.startswith("#"):
            address, *names = line.split()
            found |= dict.fromkeys((*names, address, f"[{address}]"), address)
    return found


@cache
def openings(fleet: Fleet) -> dict[str, list[tuple[Node, tuple[Opening, ...]]]]:
    """The nodes behind each address, with what they let in."""
    shown = fleet.deployment
    every = {node.name: openings_on(shown, node) for node in shown.topology.nodes}
    found: dict[str, list[tuple[Node, tuple[Opening, ...]]]] = {}
    for node in shown.topology.nodes:
        for interface in (item for item in node.interfaces.values() if item.address):
            found.setdefault(interface.address, []).append((node, every[node.name]))
    for vip in shown.topology.virtual_ips:
        found[vip.address] = [(node, every[node.name]) for node in shown.topology.balancers]
    return found


def lets_in(opening: Opening, address: str, port: str, sources: set[str]) -> bool:
    """Whether a rule of a packet filter fits a connection to that address and port from one of the sources."""
    if opening.destination not in ("", address) or (opening.sources and not sources & set(opening.sources)):
        return False
    if opening.port.protocol == "vrrp" or port == "vrrp":
        return opening.port.protocol == port
    return opening.port.number <= int(port) <= (opening.port.last or opening.port.number)


def test_every_connection_has_an_opening_on_the_other_side(fleet: Fleet) -> None:
    """Whoever is named with a port lets the node in that names it, on every node that may hold the address."""
    behind = openings(fleet)
    checked, wrong = 0, set()
    for member in fleet.members:
        known = addresses(member)
        mine = {interface.address for interface in member.node.interfaces.values()}
        for where, target in targets(member):
            address = known.get(target.host, target.host)
            others = [(node, rules) for node, rules in behind.get(address, ()) if node is not member.node]
            for node, rules in others:
                checked += 1
                if not any(lets_in(rule, address, target.port, mine) for rule in rules):
                    wrong.add(f"{member.node.name} {where}: {target.host}:{target.port} on {node.name}")
    assert checked > for_platform(LEAST, fleet.deployment.platform)
    assert sorted(wrong) == []


def test_every_host_that_is_named_with_a_port_is_of_the_site(fleet: Fleet) -> None:
    """A name that nothing resolves would hide its connection from the test above."""
    domain = fleet.deployment.topology.domain
    unknown = {
        f"{member.node.name} {where}: {target.host}"
        for member in fleet.members
        for where, target in targets(member)
        if target.host.endswith(f".{domain}") and target.host not in addresses(member)
    }
    assert unknown == set()


def test_the_forms_of_an_address_are_found() -> None:
    """A URL, a list, a pair of options, and the forms of Redis, Galera, RabbitMQ, HAProxy, keepalived and OVN."""
    numbers = {
        "galera-replication": "4567",
        "database": "3306",
        "rabbitmq-epmd": "4369",
        "rabbitmq-distribution": "44001",
        "ovn-nb-raft": "6643",
    }
    text = """
    url = http://a.example.com:80/x
    members = 192.0.2.1:1,[2001:db8::1]:22
    c = gcomm://192.0.2.2,192.0.2.3
    d = mysql+pymysql://u:p@vip.example.com/db
    e = rabbit@one
    unicast_peer {
        192.0.2.4
    }
    bind 192.0.2.5:99
    f = inet6:[2001:db8::2]:33 tcp:192.0.2.9:44,ptcp:55:192.0.2.9
    --db-nb-cluster-remote-addr=192.0.2.8
    """
    more = (
        "[s]\nx_host = h1\nx_port = 77\nsentinel monitor m 192.0.2.6 6379 2\n  server n 192.0.2.7:1000 check port 92\n"
    )
    found = sorted({*named_ports(text, numbers), *named_ports(more, numbers)})
    assert [f"{host} {port}" for host, port in found] == [
        "192.0.2.2 4567",
        "192.0.2.3 4567",
        "192.0.2.4 vrrp",
        "192.0.2.6 6379",
        "192.0.2.7 1000",
        "192.0.2.7 92",
        "192.0.2.8 6643",
        "192.0.2.9 44",
        "[2001:db8::1] 22",
        "[2001:db8::2] 33",
        "a.example.com 80",
        "h1 77",
        "one 4369",
        "one 44001",
        "vip.example.com 3306",
    ]
