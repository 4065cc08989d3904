"""The support services and Keystone of the Epoxy bundles run on three Debian 13 nodes, and survive HAProxy's death."""

from __future__ import annotations

import json
import logging
import time

from tests.lab.clients import asking, at_work, orders, prepare
from tests.lab.lab import Lab
from tests.lab.node import wait_until
from tests.lab.site import Bundles, deployment

LOG = logging.getLogger("lab")

KINDS = ("token", "database", "queue", "queue-read", "valkey", "memcached")
"""The clients that need no more than the services of the short lab."""

NAMES = ["controller1", "controller2", "controller3"]

GALERA = """mariadb -N -B -e "SELECT variable_value FROM information_schema.global_status WHERE variable_name IN
('wsrep_cluster_size', 'wsrep_cluster_status', 'wsrep_local_state_comment') ORDER BY variable_name" """


def each(site: Lab, script: str) -> dict[str, str]:
    """What a script prints on each node; ADDRESS is that of the node."""
    addresses = {node.name: node.interfaces["internal"].address for node in site.topology.nodes}
    return {
        name: node.must(f"ADDRESS={addresses[name]}\n{script}").strip()
        for name, node in site.nodes.items()
        if name in NAMES
    }


def test_the_files_on_the_nodes_are_those_of_the_bundles(site: Lab, bundles: Bundles) -> None:
    """The dry run of the installer finds each file of the bundle as it wrote it, secrets included."""
    files = {name: [path for path in (bundles.folder / name / "rootfs").rglob("*") if path.is_file()] for name in NAMES}
    said = each(site, "cd $(uname -n) && ./install.sh | tail -n 1")
    end = "files would change. Nothing was written; --apply writes them."
    assert said == {name: f"0 of {len(files[name])} {end}" for name in NAMES}


def test_galera_is_one_cluster_of_three(site: Lab) -> None:
    """Every node is in the primary component with three members, synced, and reads what another one wrote."""
    assert each(site, GALERA) == dict.fromkeys(NAMES, "3\nPrimary\nSynced")
    site.nodes["controller2"].must(
        'mariadb -e "CREATE DATABASE lab; CREATE TABLE lab.rows (id INT PRIMARY KEY); INSERT INTO lab.rows VALUES (42)"'
    )
    read = each(site, 'mariadb -N -B -e "SET SESSION wsrep_sync_wait = 1; SELECT id FROM lab.rows"')
    site.nodes["controller2"].must('mariadb -e "DROP DATABASE lab"')
    assert read == dict.fromkeys(NAMES, "42")


def test_rabbitmq_is_one_cluster_of_three_without_guest(site: Lab) -> None:
    """All nodes run in one cluster, and the only account is the one of the services."""
    said = each(site, "rabbitmqctl -q --formatter json cluster_status")
    running = {name: " ".join(sorted(json.loads(text)["running_nodes"])) for name, text in said.items()}
    assert running == dict.fromkeys(NAMES, "rabbit@controller1 rabbit@controller2 rabbit@controller3")
    assert each(site, "rabbitmqctl -q --no-table-headers list_users | cut -f 1") == dict.fromkeys(NAMES, "openstack")


def test_valkey_has_one_primary_that_all_sentinels_name(site: Lab) -> None:
    """Each Sentinel knows the same primary, two others of its kind and two replicas."""
    script = """valkey-cli -h "$ADDRESS" -p 26379 sentinel master mymaster |
        awk '/^(ip|flags|num-other-sentinels|num-slaves)$/ { getline value; print $0 "=" value }' | sort"""
    said = each(site, script)
    (primary,) = {line for text in said.values() for line in text.splitlines() if line.startswith("ip=")}
    assert said == dict.fromkeys(NAMES, f"flags=master\n{primary}\nnum-other-sentinels=2\nnum-slaves=2")


def test_the_virtual_ip_is_on_one_node_and_answers_through_haproxy(site: Lab) -> None:
    """A client outside of the nodes gets Keystone's versions from the address that one node holds."""
    assert len(site.holders()) == 1
    done = site.client("curl", "-sS", "--max-time", "5", "--fail", f"http://{site.virtual_ip}:5000/v3")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["version"]["id"].startswith("v3.")


def test_a_killed_haproxy_moves_the_virtual_ip(site: Lab, bundles: Bundles) -> None:
    """Another node has the address and answers; the first one runs HAProxy again and does not take it back.

    Each client has one outage at most, and what was confirmed is stored.
    """
    plan = deployment("epoxy")
    known = prepare(site, plan, bundles.secrets, KINDS)
    (before,) = site.holders()
    with at_work(site, known, [asking(site, plan, "keystone-public", "/v3"), *orders(KINDS)]) as clients:
        begun = time.monotonic()
        site.nodes[before].must("pkill -KILL -x haproxy")
        wait_until(lambda: site.holders() not in ([], [before]), 30, f"the virtual IP has left {before}")
        wait_until(lambda: site.nodes[before].run("systemctl is-active haproxy").returncode == 0, 30, "HAProxy is back")
        clients.wait_until_well(60)
        ended = time.monotonic()
        seen = clients.seen(begun, ended)
        lost = clients.lost_rows(begun, ended), clients.lost_messages(begun, ended), clients.lost_keys(begun, ended)
    for client in seen:
        LOG.info("%s", client)
    (after,) = site.holders()
    assert after != before
    assert [client.client for client in seen if len(client.outages) > 1] == []
    assert [len(client.outages) for client in seen if client.client == "database"] == [1]
    assert lost == ({name: [] for name in NAMES}, [], [])
    assert each(site, "systemctl is-active haproxy keepalived") == dict.fromkeys(NAMES, "active\nactive")
