"""The load balancers of a site agree on the virtual IPs, and each one has one best place to be."""

from __future__ import annotations

import json
import re
from ipaddress import ip_address, ip_network
from typing import NamedTuple

from tests.fleets import Fleet, Member

CONFIG = "/etc/keepalived/keepalived.conf"
ONE = {
    "interface": r"^    interface (\S+)$",
    "router_id": r"^    virtual_router_id ([0-9]+)$",
    "priority": r"^    priority ([0-9]+)$",
    "interval": r"^    advert_int (\S+)$",
    "source": r"^    unicast_src_ip (\S+)$",
    "address": r"^    virtual_ipaddress \{\n +(\S+) ",
    "state": r"^    state (\S+)\n    nopreempt$",
}


class Instance(NamedTuple):
    """A virtual IP as one load balancer has it."""

    facts: dict[str, str]
    peers: list[str]
    authentication: list[str]


def instances(member: Member) -> dict[str, Instance]:
    """The virtual IPs of a keepalived.conf by name; every fact stands there once."""
    found = {}
    for name, text in re.findall(r"^vrrp_instance (\S+) \{\n(.*?)^\}$", member.files[CONFIG], re.MULTILINE | re.DOTALL):
        facts = {}
        for key, pattern in ONE.items():
            (facts[key],) = re.findall(pattern, text, re.MULTILINE)
        peers = re.findall(r"unicast_peer \{(.*?)\}", text, re.DOTALL)[0].split()
        found[name] = Instance(facts, peers, re.findall(r"auth_\w+ \S+", text))
    return found


def by_name(fleet: Fleet) -> dict[str, dict[str, Instance]]:
    """Every virtual IP of the topology, with what each load balancer says about it."""
    members = {member.node.name: instances(member) for member in fleet.having(CONFIG)}
    topology = fleet.deployment.topology
    assert list(members) == [node.name for node in topology.balancers]
    assert {tuple(found) for found in members.values()} == {tuple(vip.name for vip in topology.virtual_ips)}
    return {vip.name: {node: found[vip.name] for node, found in members.items()} for vip in topology.virtual_ips}


def test_all_load_balancers_have_the_same_virtual_ips(fleet: Fleet) -> None:
    """Address, router id, interval and password agree; the router id is one of 1 to 255, and no other virtual IP's."""
    topology = fleet.deployment.topology
    vips = {vip.name: vip for vip in topology.virtual_ips}
    numbers = []
    for name, found in by_name(fleet).items():
        agreed = {
            (*(item.facts[key] for key in ("address", "router_id", "interval", "state")), *item.authentication)
            for item in found.values()
        }
        assert len(agreed) == 1, name
        address, number, _, state, *_ = agreed.pop()
        assert (address.partition("/")[0], state) == (vips[name].address, "BACKUP")
        numbers.append(int(number))
    assert len(set(numbers)) == len(numbers)
    assert [number for number in numbers if not 1 <= number <= 255] == []


def test_priorities_are_distinct_and_the_preferred_node_has_the_highest(fleet: Fleet) -> None:
    """No two load balancers would take a virtual IP at once, and the one that the topology prefers goes first."""
    preferred = {vip.name: vip.preferred for vip in fleet.deployment.topology.virtual_ips}
    for name, found in by_name(fleet).items():
        order = sorted(found, key=lambda node: -int(found[node].facts["priority"]))
        values = [int(item.facts["priority"]) for item in found.values()]
        assert len(set(values)) == len(values), name
        assert [value for value in values if not 1 <= value <= 254] == [], name
        assert order[0] == (preferred[name] or fleet.deployment.topology.balancers[0].name)


def test_advertisements_go_between_the_addresses_of_the_virtual_ips_network(fleet: Fleet) -> None:
    """Each load balancer sends from its own address on that network, to those of all the others."""
    topology = fleet.deployment.topology
    for vip in topology.virtual_ips:
        network = next(ip_network(item.cidr) for item in topology.networks if item.id == vip.network)
        attached = {node.name: node.interfaces[vip.network] for node in topology.balancers}
        for node, item in by_name(fleet)[vip.name].items():
            others = sorted(attached[other].address for other in attached if other != node)
            assert (item.facts["interface"], item.facts["source"]) == (attached[node].name, attached[node].address)
            assert sorted(item.peers) == others
            assert all(ip_address(address) in network for address in (vip.address, item.facts["source"], *others))


def test_a_node_whose_haproxy_is_dead_leaves_the_election(fleet: Fleet) -> None:
    """Every virtual IP tracks the check of HAProxy: its script is there, and without a weight it stops the instance."""
    for member in fleet.having(CONFIG):
        text = member.files[CONFIG]
        tracked = re.findall(r"^    track_script \{\n        (\S+)\n    \}$", text, re.MULTILINE)
        assert tracked == ["check_haproxy"] * len(fleet.deployment.topology.virtual_ips)
        (block,) = re.findall(r"^vrrp_script check_haproxy \{\n(.*?)^\}$", text, re.MULTILINE | re.DOTALL)
        facts = dict(line.split(maxsplit=1) for line in block.splitlines())
        assert set(facts) == {"script", "interval", "timeout", "fall", "rise"}, member.name
        assert int(facts["timeout"]) <= int(facts["interval"])
        check = facts["script"].strip('"')
        assert file_modes(member)[check] == "0755"
        (asked,) = re.findall(r'"http://(127\.0\.0\.1:[0-9]+)/status"', member.files[check])
        haproxy = member.files["/etc/haproxy/haproxy.cfg"]
        assert f"\n    bind {asked}\n" in haproxy
        assert "\n    monitor-uri /status\n" in haproxy


def file_modes(member: Member) -> dict[str, str]:
    """The permissions of every file, as install.sh sets them."""
    files = json.loads(member.tree["manifest.json"].data)["files"]
    return {file["path"].removeprefix("rootfs"): file["mode"] for file in files}


def test_a_file_that_keepalived_watches_is_written_when_haproxy_ends(fleet: Fleet) -> None:
    """Where a virtual IP tracks a file, the unit of HAProxy writes it at its start and at every end."""
    for member in fleet.having(CONFIG):
        watched = re.findall(r'^    file "(\S+)"$', member.files[CONFIG], re.MULTILINE)
        unit = member.files.get("/etc/systemd/system/haproxy.service.d/ha-guide.conf", "")
        written = re.findall(r'^Exec(StartPost|StopPost)=/bin/sh -c "echo ([01]) > (\S+)"$', unit, re.MULTILINE)
        assert written == [(when, value, path) for path in watched for when, value in ENDS]
        tracked = re.findall(r"^    track_file \{\n        (\S+)\n    \}$", member.files[CONFIG], re.MULTILINE)
        assert tracked == ["haproxy_ended"] * len(fleet.deployment.topology.virtual_ips) * len(watched)


ENDS = (("StartPost", "0"), ("StopPost", "1"))
"""What the unit of HAProxy writes, and when."""
