"""What the lab puts on its nodes as the original guide's load balancers: the guide's numbers, our site."""

from __future__ import annotations

from tests.lab.original import CFG, CHANGES, CONF, OURS, files
from tests.lab.site import deployment

Sections = dict[str, list[str]]

NODES = (("controller1", "192.0.2.11"), ("controller2", "192.0.2.12"), ("controller3", "192.0.2.13"))

SHUT = "on-marked-down shutdown-sessions"

PLAIN = {
    "heat-api-cfn": 8000,
    "heat-api": 8004,
    "gnocchi-api": 8041,
    "aodh-api": 8042,
    "swift-proxy": 8080,
    "nova-api": 8774,
    "nova-metadata-api": 8775,
    "cinder-api": 8776,
    "placement-api": 8778,
    "trove-api": 8779,
    "glance-api": 9292,
    "neutron-api": 9696,
    "octavia-api": 9876,
}
"""Ports of which the guide says the same as of most, or nothing."""

SPECIAL: Sections = {
    "global": ["daemon", "stats socket /var/lib/haproxy/stats"],
    "defaults": ["mode tcp", "maxconn 10000", "timeout connect 5s", "timeout client 30s", "timeout server 30s"],
    "listen monitor": ["bind 192.0.2.10:9300", "mode http", "monitor-uri /status"],
    "frontend vip-horizon": ["bind 192.0.2.10:80", "timeout client 180s", "default_backend horizon"],
    "backend horizon": [
        "balance roundrobin",
        "mode http",
        "cookie SERVERID insert indirect nocache",
        "timeout server 180s",
        *(f"server {name} {address}:80 check inter 1s cookie {name} {SHUT}" for name, address in NODES),
    ],
    "frontend vip-database": ["bind 192.0.2.10:3306", "timeout client 90m", "default_backend database"],
    "backend database": [
        "option httpchk",
        "stick-table type ip size 1000",
        "stick on dst",
        "timeout server 90m",
        *(f"server {name} {address}:3306 check inter 1s port 9200 backup {SHUT}" for name, address in NODES),
    ],
    "frontend vip-keystone-public": ["bind 192.0.2.10:5000", "timeout client 600s", "default_backend keystone-public"],
    "backend keystone-public": [
        "balance roundrobin",
        "timeout server 600s",
        *(f"server {name} {address}:5000 check inter 1s {SHUT}" for name, address in NODES),
    ],
    "frontend vip-nova-novncproxy": ["bind 192.0.2.10:6080", "default_backend nova-novncproxy"],
    "backend nova-novncproxy": [
        "balance roundrobin",
        "timeout tunnel 1h",
        *(f"server {name} {address}:6080 check inter 1s" for name, address in NODES),
    ],
}
"""What the guide's haproxy-config.md says, with the addresses and names of the lab."""

ELECTION: Sections = {
    "vrrp_script chk_haproxy {": ['script "/usr/bin/killall -0 haproxy"', "interval 2", "}"],
    "vrrp_instance VI_PUBLIC {": [
        "interface eth1",
        "state BACKUP",
        "virtual_router_id 61",
        "priority 101",
        "virtual_ipaddress {",
        "192.0.2.10 dev eth1",
        "}",
        "track_script {",
        "chk_haproxy",
        "}",
        "nopreempt",
        "}",
    ],
    "vrrp_sync_group VG1 {": ["group {", "VI_PUBLIC", "}", "}"],
}
"""What its keepalived-config.md says: no interval of advertisements, so that of keepalived, one second; no peers, so
multicast."""


def sections(text: str) -> Sections:
    """The lines of each paragraph after its first one, which names it; indentation is for people."""
    found: Sections = {}
    for paragraph in text.split("\n\n"):
        name, *lines = (line.strip() for line in paragraph.strip().splitlines())
        assert name not in found
        found[name] = lines
    return found


def plain() -> Sections:
    """Front end and back end of each port that is like most."""
    found: Sections = {}
    for name, number in PLAIN.items():
        found[f"frontend vip-{name}"] = [f"bind 192.0.2.10:{number}", f"default_backend {name}"]
        servers = [f"server {node} {address}:{number} check inter 1s" for node, address in NODES]
        found[f"backend {name}"] = ["balance roundrobin", *servers]
    return found


def test_haproxy_has_the_settings_of_the_guide_for_every_port_of_the_site() -> None:
    """Each section line by line; nothing else is in the file."""
    assert sections(files(deployment("epoxy"))[CFG]) == {**SPECIAL, **plain()}


def test_keepalived_has_the_settings_of_the_guide() -> None:
    """Equal priorities, a script without weight, no failback, a sync group of one."""
    assert sections(files(deployment("epoxy"))[CONF]) == ELECTION


def test_what_is_set_aside_is_all_that_our_bundle_brings_for_the_two_daemons() -> None:
    """Except for the setting of the kernel, which is the guide's too."""
    site = deployment("epoxy")
    ours = {
        node.name: {file.path for service, file in site.files_on(node) if service.id in ("haproxy", "keepalived")}
        for node in site.nodes_with(("load-balancer",))
    }
    assert ours == {name: {*OURS, "/etc/sysctl.d/60-haproxy.conf"} for name, _ in NODES}


def test_every_change_has_its_reason() -> None:
    """Each says what the guide has, what stands here and why, as sentences of one line, and each only once."""
    texts = [text for change in CHANGES for text in (change.guide, change.here, change.why)]
    assert [text for text in texts if not text.endswith(".") or "\n" in text] == []
    assert len(set(texts)) == len(texts) == 3 * len(CHANGES) > 0
