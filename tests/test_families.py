"""Bundles of a topology whose nodes reach each other over IPv6, beside those of the same nodes over IPv4."""

from __future__ import annotations

from functools import cache

import pytest

from generator.deploy import deploy
from generator.render import Edition, render_bundles
from generator.resolve import resolve
from tests.bundled import catalog, parse_ini

RELEASES = ["juno", "kilo", "liberty"]


@cache
def files(release: str, topology: str, node: str = "hacontroller1") -> dict[str, str]:
    """Path and text of everything in the bundle of a node."""
    snapshot = resolve(catalog(), release)
    found = catalog().topologies[topology]
    tree = render_bundles(deploy(snapshot, topology, found, "centos-7", reference=True), Edition(revision="test"))[node]
    return {path.removeprefix("rootfs"): blob.data.decode() for path, blob in tree.items()}


def value(text: str, option: str) -> list[str]:
    """Every value of an option, whatever its section."""
    return [item for (_, name), values in parse_ini(text).items() if name == option for item in values]


@pytest.mark.parametrize("release", RELEASES)
def test_every_reader_of_memcached_servers_gets_the_form_that_it_reads(release: str) -> None:
    """python-memcached wants inet6:[address]:port, Swift before 2.6.0 has no IPv6 at all, memcached itself a name."""
    made = files(release, "ipv6")
    listed = ",".join(f"inet6:[2001:db8:0:1::1{number}]:11211" for number in (1, 2, 3))
    assert value(made["/etc/nova/nova.conf"], "memcached_servers") == [listed, listed]
    assert value(made["/etc/glance/glance-api.conf"], "memcached_servers") == [listed]
    assert [
        line.strip(' ,"') for line in made["/etc/openstack-dashboard/local_settings"].splitlines() if "11211" in line
    ] == (listed.split(","))
    assert value(made["/etc/swift/proxy-server.conf"], "memcache_servers") == ["127.0.0.1:11211"]
    assert value(made["/etc/sysconfig/memcached"], "OPTIONS") == ['"-l hacontroller1.example.com,127.0.0.1 -U 0"']


@pytest.mark.parametrize("release", RELEASES)
def test_galera_goes_by_name_and_listens_on_the_address(release: str) -> None:
    """MariaDB 5.5 cuts a node's address at its first colon, and Galera takes no name to listen on."""
    text = files(release, "ipv6")["/etc/my.cnf.d/galera.cnf"]
    names = [f"hacontroller{number}.example.com" for number in (1, 2, 3)]
    assert value(text, "wsrep_cluster_address") == [f"gcomm://{','.join(names)}"]
    assert value(text, "wsrep_node_address") == names[:1]
    assert value(text, "wsrep_provider_options") == ["gmcast.listen_addr=tcp://[2001:db8:0:1::11]:4567"]
    assert value(files(release, "collapsed")["/etc/my.cnf.d/galera.cnf"], "wsrep_provider_options") == []


@pytest.mark.parametrize("release", RELEASES)
def test_erlang_and_mongodb_are_told_to_speak_ipv6(release: str) -> None:
    """Both keep to IPv4 otherwise; over IPv4 nothing of this is there."""
    made, plain = files(release, "ipv6"), files(release, "collapsed")
    environment = made["/etc/rabbitmq/rabbitmq-env.conf"].splitlines()
    assert environment[-2:] == ['SERVER_START_ARGS="-proto_dist inet6_tcp"', 'CTL_ERL_ARGS="-proto_dist inet6_tcp"']
    assert made["/etc/rabbitmq/inetrc"].splitlines()[1:] == ["{inet6, true}."]
    assert value(made["/etc/mongod.conf"], "ipv6") == ["true"]
    only = {path for path in made.keys() - plain.keys() if path.startswith("/")}
    assert only == {"/etc/rabbitmq/inetrc", "/etc/systemd/system.conf.d/ha-guide.conf"}
    assert [text for text in plain.values() if "inet6" in text] == []
    assert value(plain["/etc/mongod.conf"], "ipv6") == []


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize("node", ["hacontroller1", "hacompute1"])
def test_tunnels_run_over_the_ipv4_network_of_their_own(release: str, node: str) -> None:
    """local_ip, the packet filter and verify.sh use the network tunnel where there is one, else the internal one."""
    last = {"hacontroller1": 11, "hacompute1": 21}[node]
    found = []
    for topology in ("ipv6", "collapsed"):
        made = files(release, topology, node)
        agents = [text for path, text in made.items() if path.startswith("/etc/neutron/") and "local_ip" in text]
        found.append([item for text in agents for item in value(text, "local_ip")])
        assert [line for line in made["verify.sh"].splitlines() if " 4789 " in line] == [
            f"listening udp 4789 {found[-1][0]}"
        ]
    assert found == [[f"203.0.113.{last}"], [f"192.0.2.{last}"]]
    firewall = next(text for path, text in files(release, "ipv6", node).items() if path.endswith("firewall.sh"))
    sources = [line.split('"')[3] for line in firewall.splitlines() if 'port="4789"' in line]
    assert sources == [f"203.0.113.{other}" for other in (11, 12, 13, 21, 22) if other != last]


@pytest.mark.parametrize("release", RELEASES)
def test_haproxy_writes_ipv6_as_all_its_versions_read_it(release: str) -> None:
    """No brackets, which came after 1.6.0; the virtual IP is bound before it is there; the table fits its address."""
    text = files(release, "ipv6")["/etc/haproxy/haproxy.cfg"]
    assert "[2001" not in text
    binds = [line.strip() for line in text.splitlines() if line.strip().startswith("bind ")]
    assert binds[:3] == [
        "bind 127.0.0.1:9300",
        "bind ipv6@2001:db8:0:1::11:9300",
        "bind ipv6@2001:db8:0:1::10:80 transparent",
    ]
    assert [line for line in binds[2:] if not line.endswith(" transparent")] == []
    assert text.count("stick-table type ipv6 size 1000\n") == 1
    plain = files(release, "collapsed")["/etc/haproxy/haproxy.cfg"]
    assert ("transparent" in plain, plain.count("stick-table type ip size 1000\n")) == (False, 1)


@pytest.mark.parametrize("release", RELEASES)
def test_vrrp_for_ipv6_has_no_password_and_announces_one_host(release: str) -> None:
    """A prefix of 128 makes keepalived deprecate the address, so that the node never connects from it."""
    text = files(release, "ipv6")["/etc/keepalived/keepalived.conf"]
    assert [line.strip() for line in text.splitlines() if "2001" in line] == [
        "unicast_src_ip 2001:db8:0:1::11",
        "2001:db8:0:1::12",
        "2001:db8:0:1::13",
        "2001:db8:0:1::10/128 dev eth1",
    ]
    assert (text.count("native_ipv6\n"), "auth_pass" in text) == (1, False)


def test_no_url_or_script_has_an_ipv6_address_before_a_port_without_brackets() -> None:
    """In scripts, pages and settings a port never follows a bare address, but where HAProxy wants it so."""
    found = [
        (path, line)
        for release in RELEASES
        for path, text in files(release, "ipv6").items()
        if path != "/etc/haproxy/haproxy.cfg"
        for line in text.splitlines()
        if "//2001" in line or "@2001" in line
    ]
    assert found == []
