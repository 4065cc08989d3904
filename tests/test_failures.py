"""Whoever changes one number of the data, after which a cloud would fail, is told what it would break."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import pytest

from generator import catalog as catalogs
from generator import rules, validation, yaml_source
from generator.problems import Problem
from tests.bundled import DATA, catalog

CODES = ("R306", "R521", "R522", "R701", "R702", "R703", "R704", "R705", "R706", "R707", "R708")
"""The rules from failures that compare what stands in several places."""


class Edit(NamedTuple):
    """A change of one data file: what stands in it, what is written in its place, and the problems that this makes."""

    file: str
    old: str
    new: str
    problems: list[str]


EDITS = {
    "fewer connections": Edit(
        "services/galera.yaml",
        "value: 9000",
        "value: 4096",
        [
            "topologies/five-controllers.yaml: R521 nodes: the nodes may open 6300 connections to database "
            "in epoxy, and it takes 4096\n"
            "    hint: 50 are kept back; most are of nova-api 600, nova-metadata 600, nova-conductor 600: "
            "use fewer nodes for these, fewer workers (tuning.workers) or smaller pools, or raise max_connections in "
            "services/galera.yaml",
        ],
    ),
    "more workers": Edit(
        "services/nova.yaml",
        "      conductor:\n        workers:\n          - value: 4\n",
        "      conductor:\n        workers:\n          - value: 40\n",
        [
            "topologies/five-controllers.yaml: R521 nodes: the nodes may open 11700 connections to database "
            "in epoxy, and it takes 9000\n"
            "    hint: 50 are kept back; most are of nova-conductor 6000, nova-api 600, nova-metadata 600: "
            "use fewer nodes for these, fewer workers (tuning.workers) or smaller pools, or raise max_connections in "
            "services/galera.yaml",
        ],
    ),
    "workers unset": Edit(
        "services/heat.yaml",
        "key: num_engine_workers",
        "key: engine_workers",
        [
            "services/heat.yaml: R706 processes[N].workers: no setting of epoxy on debian-13 says how many "
            "workers heat-engine has\n"
            "    hint: correct `path`, `section` and `key`",
        ],
    ),
    "a pool for ever": Edit(
        "services/glance.yaml",
        "connection_recycle_time:\n          - value: 300\n            why",
        "connection_recycle_time:\n          - value: 5400\n            why",
        [
            "services/glance.yaml: R701 config[N].sections.database.connection_recycle_time[N].value: "
            "services keep a connection to database for 5400 s, and HAProxy ends an idle one after 5400 s in "
            "epoxy\n"
            "    hint: choose less, or raise timeouts.client of database in services/galera.yaml",
        ],
    ),
    "late keepalive": Edit(
        "services/base.yaml",
        "net.ipv4.tcp_keepalive_time:\n        - value: 30",
        "net.ipv4.tcp_keepalive_time:\n        - value: 6000",
        [
            "services/base.yaml: R701 config[N].settings.net.ipv4.tcp_keepalive_time[N].value: the kernel "
            "asks after 6000 s of silence, and HAProxy ends it after 5400 s in epoxy\n"
            "    hint: set net.ipv4.tcp_keepalive_time to less in a sysctl file of the load balancers, or "
            "raise timeouts.client of database in services/galera.yaml",
        ],
    ),
    "slow answers": Edit(
        "includes/messaging.yaml",
        "rpc_response_timeout:\n      - value: 60",
        "rpc_response_timeout:\n      - value: 120",
        [
            "includes/messaging.yaml: R702 sections.DEFAULT.rpc_response_timeout[N].value: aodh waits 120 s "
            "for an answer, and HAProxy for aodh 90 s in epoxy\n"
            "    hint: choose less, or raise timeout_client in services/haproxy.yaml",
        ],
    ),
    "an impatient HAProxy": Edit(
        "services/haproxy.yaml",
        "timeout_server: 90s\n",
        "timeout_server: 60s\n",
        [
            "includes/messaging.yaml: R702 sections.DEFAULT.rpc_response_timeout[N].value: aodh waits 60 s "
            "for an answer, and HAProxy for aodh 60 s in epoxy\n"
            "    hint: choose less, or raise timeout_server in services/haproxy.yaml",
        ],
    ),
    "an older broker": Edit(
        "platforms.yaml",
        'rabbitmq: "3.12"',
        'rabbitmq: "3.7"',
        [
            "includes/messaging.yaml: R703 sections.oslo_messaging_rabbit.rabbit_quorum_queue[N].value: asks "
            "for quorum queues, which rabbitmq has from 3.8 on; ubuntu-24.04 brings 3.7\n"
            "    hint: say for which `platforms:` it is, or correct the version of ubuntu-24.04 in "
            "platforms.yaml",
            "includes/messaging.yaml: R703 "
            "sections.oslo_messaging_rabbit.rabbit_transient_quorum_queue[N].value: asks for quorum queues, "
            "which rabbitmq has from 3.8 on; ubuntu-24.04 brings 3.7\n"
            "    hint: say for which `platforms:` it is, or correct the version of ubuntu-24.04 in "
            "platforms.yaml",
            "includes/messaging.yaml: R703 sections.oslo_messaging_rabbit.rabbit_stream_fanout[N].value: "
            "asks for streams, which rabbitmq has from 3.9 on; ubuntu-24.04 brings 3.7\n"
            "    hint: say for which `platforms:` it is, or correct the version of ubuntu-24.04 in "
            "platforms.yaml",
        ],
    ),
    "a broker without mirrors": Edit(
        "platforms.yaml",
        'rabbitmq: "3.3"',
        'rabbitmq: "4.0"',
        [
            "includes/oslo-messaging.yaml: R703 sections.DEFAULT.rabbit_ha_queues[N].value: asks for "
            "mirrored queues, which rabbitmq has no more from 4.0 on; centos-7 brings 4.0\n"
            "    hint: set rabbit_quorum_queue in its place",
            "services/rabbitmq.yaml: R703 steps[N].run: asks for mirrored queues, which rabbitmq has no "
            "more from 4.0 on; centos-7 brings 4.0\n"
            "    hint: let the services ask for quorum queues",
            "includes/oslo-messaging.yaml: R703 sections.oslo_messaging_rabbit.rabbit_ha_queues[N].value: "
            "asks for mirrored queues, which rabbitmq has no more from 4.0 on; centos-7 brings 4.0\n"
            "    hint: set rabbit_quorum_queue in its place",
            "services/trove.yaml: R703 config[N].sections.oslo_messaging_rabbit.rabbit_ha_queues: asks for "
            "mirrored queues, which rabbitmq has no more from 4.0 on; centos-7 brings 4.0\n"
            "    hint: set rabbit_quorum_queue in its place",
            "services/trove.yaml: R703 steps[N].run: asks for mirrored queues, which rabbitmq has no more "
            "from 4.0 on; centos-7 brings 4.0\n"
            "    hint: let the services ask for quorum queues",
        ],
    ),
    "a newer broker": Edit(
        "platforms.yaml",
        'rabbitmq: "4.0"',
        'rabbitmq: "4.3"',
        [
            "services/rabbitmq.yaml: R703 config[N].settings.cluster_partition_handling[N].value: is about "
            "partitions of Mnesia, which rabbitmq has no more from 4.3 on; debian-13 brings 4.3\n"
            "    hint: leave it out: Khepri decides",
        ],
    ),
    "no version": Edit(
        "platforms.yaml",
        '  versions: {mariadb: "11.8", rabbitmq: "4.0"}\n',
        "",
        [
            "platforms.yaml: R703 [N]: says no version of rabbitmq, on which includes/messaging.yaml depends\n"
            "    hint: add `versions:` with rabbitmq, as the package of the platform counts it",
        ],
    ),
    "a key too new": Edit(
        "services/rabbitmq.yaml",
        "platforms: [debian-13, ubuntu-26.04]\n          why: >-",
        "platforms: [debian]\n          why: >-",
        [
            "services/rabbitmq.yaml: R703 "
            "config[N].settings.quorum_queue.continuous_membership_reconciliation.enabled[N].value: is a key "
            "that rabbitmq has from 3.13 on; ubuntu-24.04 brings 3.12\n"
            "    hint: say for which `platforms:` it is, or correct the version of ubuntu-24.04 in "
            "platforms.yaml",
        ],
    ),
    "no prefetch": Edit(
        "includes/messaging.yaml",
        "rabbit_qos_prefetch_count:\n      - value: 50",
        "rabbit_qos_prefetch_count:\n      - value: 0",
        [
            "includes/messaging.yaml: R705 sections.oslo_messaging_rabbit.rabbit_stream_fanout[N].value: "
            "needs a number above 0 in rabbit_qos_prefetch_count of /etc/aodh/aodh.conf in epoxy\n"
            "    hint: services refuse to start otherwise; change one of the two",
        ],
    ),
    "classic replies": Edit(
        "includes/messaging.yaml",
        "rabbit_transient_quorum_queue:\n      - value: true",
        "rabbit_transient_quorum_queue:\n      - value: false",
        [
            "includes/messaging.yaml: R705 sections.oslo_messaging_rabbit.rabbit_stream_fanout[N].value: "
            "needs true in rabbit_transient_quorum_queue of /etc/aodh/aodh.conf in epoxy\n"
            "    hint: services refuse to start otherwise; change one of the two",
        ],
    ),
    "both kinds": Edit(
        "includes/messaging.yaml",
        "    rabbit_quorum_queue:\n",
        "    rabbit_ha_queues: true\n    rabbit_quorum_queue:\n",
        [
            "includes/messaging.yaml: R703 sections.oslo_messaging_rabbit.rabbit_ha_queues: asks for "
            "mirrored queues, which rabbitmq has no more from 4.0 on; debian-13 brings 4.0\n"
            "    hint: set rabbit_quorum_queue in its place",
            "includes/messaging.yaml: R703 sections.oslo_messaging_rabbit.rabbit_ha_queues: asks for "
            "mirrored queues, which rabbitmq has no more from 4.0 on; ubuntu-26.04 brings 4.0\n"
            "    hint: set rabbit_quorum_queue in its place",
            "includes/messaging.yaml: R705 sections.oslo_messaging_rabbit.rabbit_quorum_queue[N].value: "
            "needs false in rabbit_ha_queues of /etc/aodh/aodh.conf in epoxy\n"
            "    hint: services refuse to start otherwise; change one of the two",
        ],
    ),
    "a mirroring policy": Edit(
        "services/rabbitmq.yaml",
        "      systemctl daemon-reload\n",
        '      rabbitmqctl set_policy all . \'{"ha-mode":"all"}\'\n',
        [
            "services/rabbitmq.yaml: R703 steps[N].run: asks for mirrored queues, which rabbitmq has no more "
            "from 4.0 on; debian-13 brings 4.0\n"
            "    hint: let the services ask for quorum queues",
            "services/rabbitmq.yaml: R703 steps[N].run: asks for mirrored queues, which rabbitmq has no more "
            "from 4.0 on; ubuntu-26.04 brings 4.0\n"
            "    hint: let the services ask for quorum queues",
        ],
    ),
    "autoheal": Edit(
        "services/rabbitmq.yaml",
        "value: pause_minority",
        "value: autoheal",
        [
            "services/rabbitmq.yaml: R704 config[N].settings.cluster_partition_handling[N].value: autoheal "
            "lets both halves of a cluster work on in epoxy\n"
            "    hint: write pause_minority, which keeps one half only",
        ],
    ),
    "a narrow front end": Edit(
        "services/haproxy.yaml",
        "maxconn_frontend: 10000\n",
        "maxconn_frontend: 5000\n",
        [
            "services/galera.yaml: R707 config[N].sections.mariadbd.max_connections[N].value: 9000 is more "
            "than maxconn_frontend, which is 5000, in epoxy\n"
            "    hint: choose less, or raise maxconn_frontend in services/haproxy.yaml",
        ],
    ),
    "few open files": Edit(
        "services/galera.yaml",
        "          - value: 65536\n",
        "          - value: 8192\n",
        [
            "services/galera.yaml: R707 config[N].sections.mariadbd.max_connections[N].value: 9000 is more "
            "than LimitNOFILE, which is 8192, in epoxy\n"
            "    hint: choose less, or raise LimitNOFILE in services/galera.yaml",
        ],
    ),
    "fewer keys": Edit(
        "services/keystone.yaml",
        "max_active_keys:\n          - value: 3",
        "max_active_keys:\n          - value: 2",
        [
            "services/keystone.yaml: R708 config[N].sections.fernet_tokens.max_active_keys[N].value: "
            "Keystone keeps 2 keys, and bundles bring 3 in epoxy\n"
            "    hint: let both be the same number, 3 or more",
        ],
    ),
    "a key less": Edit(
        "services/keystone.yaml",
        "  - path: /etc/keystone/fernet-keys/0\n",
        "  - path: /etc/keystone/keys/0\n",
        [
            "services/keystone.yaml: R708 config[N].sections.fernet_tokens.max_active_keys[N].value: "
            "Keystone keeps 3 keys, and bundles bring 2 in epoxy\n"
            "    hint: let both be the same number, 3 or more",
        ],
    ),
    "sessions kept": Edit(
        "services/galera.yaml",
        "          shutdown_sessions: true\n",
        "",
        [
            "services/galera.yaml: R306 processes[N].ports[N].proxy.single_writer: leaves connections to the "
            "old writer open\n"
            "    hint: add `shutdown_sessions: true`",
        ],
    ),
}


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
def test_an_edit_that_breaks_clouds_is_refused(edit: Edit, tmp_path: Path) -> None:
    """Exactly its problems are reported, each with what meets what, in which release, and the cure."""
    assert problems_of(tmp_path, edit.file, edit.old, edit.new) == edit.problems


def problems_of(folder: Path, file: str, old: str, new: str) -> list[str]:
    """What the rules from failures say when one text stands for another; places in lists, which data move, as [N]."""
    text = (DATA / file).read_text("utf-8")
    assert old in text
    changed = folder / "changed.yaml"
    changed.write_text(text.replace(old, new, 1), "utf-8")
    source = yaml_source.Source()
    yaml_source.read(changed, file, source)
    head, _, name = file.removesuffix(".yaml").partition("/")
    shaped, mistakes = validation.parse(catalogs.FOLDERS[head] if name else head, source.values[file], file)
    assert (source.problems, mistakes) == ([], [])
    part = {**getattr(catalog(), head), name: shaped} if name else shaped
    edited = replace(catalog(), **{head: part})
    found = [str(Problem(code, *finding)) for code in CODES for finding in rules.RULES[code].check(edited)]
    return [re.sub(r"\[[0-9]+\]", "[N]", problem) for problem in found]


def test_a_database_that_ends_idle_connections_early_concerns_every_pool(tmp_path: Path) -> None:
    """MariaDB's own limit counts as well as that of HAProxy, for each service that has a pool."""
    setting = '        wsrep_on: "ON"\n'
    found = problems_of(tmp_path, "services/galera.yaml", setting, f"{setting}        wait_timeout: 300\n")
    message = "services keep a connection to database for 300 s, and the database ends an idle one after 300 s in epoxy"
    assert [problem for problem in found if f": {message}\n" not in problem] == []
    assert [problem.partition(":")[0].removeprefix("services/").removesuffix(".yaml") for problem in found] == [
        *("aodh", "cinder", "glance", "gnocchi", "heat", "keystone", "neutron", "nova", "nova", "octavia", "placement"),
        "trove",
    ]
