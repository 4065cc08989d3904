"""The load balancers of the original guide on the nodes of the lab, in place of ours: its settings, our site.

What its files say is in `files`, what had to be changed for that in `CHANGES`. The guide is of 2015, and its last state
is https://github.com/beekhof/osp-ha-deploy/tree/2373fbfd39fc896198de37cbf1d8271748d7994c/keepalived: the settings come
from haproxy-config.md and keepalived-config.md there.
"""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from string import Template

from generator.deploy import Deployment, Endpoint
from tests.lab.node import Node


@dataclass(frozen=True)
class Change:
    """A place where the files on the nodes are not what the guide says."""

    guide: str
    here: str
    why: str


CHANGES = (
    Change(
        guide="The block vrrp_sync_group lacks its opening and its closing brace.",
        here="It has both.",
        why="keepalived 2.3.3 says that it does not know what stands in the block, and would go on by chance only.",
    ),
    Change(
        guide="Addresses, interface and virtual router id 52 are those of its own site.",
        here="They are those of the lab's topology.",
        why="They belong to a site and say nothing about how it fails over.",
    ),
    Change(
        guide="There is a front end for each service of Liberty, under names of its own.",
        here=(
            "There is one for each proxied port of the release, under our names. Gone are those of keystone-admin, "
            "glance-registry, heat-api-cloudwatch, ceilometer-api and Sahara; APIs that the guide does not know have "
            "what it gives to most APIs."
        ),
        why="The same services have to answer behind both, and nothing of Epoxy listens on the ports that are gone.",
    ),
    Change(
        guide="There is a front end for RabbitMQ too.",
        here="There is none.",
        why="The guide itself says that only CloudForms needs it; the services connect to the brokers directly.",
    ),
    Change(
        guide="The status page on the virtual IP also shows statistics, with a password that the guide prints.",
        here="It shows the status only.",
        why="A password that anybody can read protects nothing, and no client of the lab looks at statistics.",
    ),
    Change(
        guide="firewalld accepts every protocol that is sent to 224.0.0.0/8.",
        here="The packet filter of the bundle stays as it is.",
        why="It takes VRRP from the other load balancers whatever it is sent to, so their multicast comes in.",
    ),
    Change(
        guide="sysctl gets net.ipv4.ip_nonlocal_bind = 1 from a file of its own.",
        here="The file of the bundle stays.",
        why="It sets the same.",
    ),
    Change(
        guide="Starting again what has died is left to the reader.",
        here="systemd starts HAProxy again at once, and keepalived never.",
        why="So say the units of Debian 13's packages, which are the same for both.",
    ),
)
"""Every deviation from the guide's text, with its reason. keepalived also misses a user for its script; that is as the
guide has it, since it only complains and runs the script as root."""

COMPLAINTS = (
    "SECURITY VIOLATION - scripts are being executed but script_security not enabled.",
    "Sync group VG1 has only 1 virtual router(s) - this probably isn't what you want",
)
"""All that keepalived 2.3.3 has against its file; `keepalived -t` ends with status 6 for it, and the daemon starts."""

KEEPALIVED = Template(Path(__file__).with_name("original-keepalived.conf").read_text())

HAPROXY = Template(Path(__file__).with_name("original-haproxy.cfg").read_text())
"""What stands before the ports."""

SHUT = "on-marked-down shutdown-sessions"


@dataclass(frozen=True)
class Way:
    """How the guide balances a port, beyond its defaults."""

    timeout: str = ""
    """Of clients and servers, which are always the same."""
    lines: tuple[str, ...] = ("balance roundrobin",)
    """Of the back end."""
    server: str = ""
    """What follows `check inter 1s`; {check} is the port that is asked, {name} the server."""


PLAIN = Way()
"""What most APIs have."""

WAYS = {
    "database": Way(
        "90m",
        ("option httpchk", "stick-table type ip size 1000", "stick on dst"),
        f"port {{check}} backup {SHUT}",
    ),
    "keystone-public": Way("600s", server=SHUT),
    "nova-novncproxy": Way(lines=("balance roundrobin", "timeout tunnel 1h")),
    "horizon": Way(
        "180s",
        ("balance roundrobin", "mode http", "cookie SERVERID insert indirect nocache"),
        f"cookie {{name}} {SHUT}",
    ),
}
"""The ports for which the guide says more, by our id."""

CFG = "/etc/haproxy/haproxy.cfg"
CONF = "/etc/keepalived/keepalived.conf"

OURS = (
    CFG,
    CONF,
    "/etc/systemd/system/haproxy.service.d/ha-guide.conf",
    "/etc/systemd/system/keepalived.service.d/ha-guide.conf",
    "/usr/libexec/keepalived/check-haproxy",
)
"""What bundles bring for the two daemons and the guide does not have, or has otherwise."""

ASIDE = "/var/lib/ha-guide-lab"
"""Where our files lie on a node meanwhile."""

PUT_ON = f"""
set -eu
[ ! -e {ASIDE} ] || {{ echo "the original guide's files are there already"; exit 1; }}
systemctl stop keepalived haproxy
for path in {" ".join(OURS)}; do
    mkdir -p "{ASIDE}${{path%/*}}"
    mv "$path" "{ASIDE}$path"
done
tar -C / -x --no-same-owner --no-overwrite-dir
haproxy -c -q -f {CFG}
systemctl daemon-reload
systemctl start haproxy
systemctl start keepalived
"""

TAKE_OFF = f"""
set -eu
[ -e {ASIDE} ] || {{ echo "the original guide's files are not there"; exit 1; }}
systemctl stop keepalived haproxy
rm -f /var/lib/haproxy/stats
cd "$(uname -n)"
ls /var/backups/ha-guide > {ASIDE}/backups
./install.sh --apply
for path in {" ".join(OURS)}; do
    cmp "{ASIDE}$path" "$path"
    [ "$(stat -c '%a %U %G' "{ASIDE}$path")" = "$(stat -c '%a %U %G' "$path")" ] ||
        {{ echo "$path has another owner or mode"; exit 1; }}
done
for backup in /var/backups/ha-guide/*; do
    grep -qxF "${{backup##*/}}" {ASIDE}/backups || rm -r "$backup"
done
rm -r {ASIDE}
for step in steps/*-haproxy-serve.sh steps/*-keepalived-elect.sh; do
    "$step"
done
"""
"""The backup that install.sh makes goes, so that its --restore never brings the guide's files back."""


def files(deployment: Deployment) -> dict[str, str]:
    """Path and text of the guide's two files for a site; they are the same on every load balancer.

    Raises ValueError for a site with more than one virtual IP, or whose load balancers do not all have it on the same
    interface: the guide knows neither.
    """
    (vip,) = deployment.topology.virtual_ips
    balancers = deployment.topology.nodes_with(("load-balancer",))
    (interface,) = {node.interfaces[vip.network].name for node in balancers}
    facts = {"interface": interface, "router_id": vip.router_id, "address": vip.address}
    sections = [HAPROXY.substitute(facts), *(_section(vip.address, endpoint) for endpoint in deployment.endpoints)]
    return {CFG: "\n".join(sections), CONF: KEEPALIVED.substitute(facts)}


def _section(address: str, endpoint: Endpoint) -> str:
    """Front end and back end of a port."""
    name, number, way = endpoint.port.id, endpoint.port.number, WAYS.get(endpoint.port.id, PLAIN)
    front = [f"bind {address}:{number}"]
    back = list(way.lines)
    if way.timeout:
        front.append(f"timeout client {way.timeout}")
        back.append(f"timeout server {way.timeout}")
    front.append(f"default_backend {name}")
    for server in endpoint.servers:
        more = way.server.format(check=endpoint.check_port, name=server.name)
        back.append(f"server {server.name} {server.address}:{number} check inter 1s {more}".rstrip())
    parts = (f"frontend vip-{name}", *_indented(front), "", f"backend {name}", *_indented(back))
    return "".join(f"{line}\n" for line in parts)


def _indented(lines: Iterable[str]) -> list[str]:
    return [f"    {line}" for line in lines]


def put_on(nodes: Iterable[Node], texts: Mapping[str, str]) -> None:
    """Run the guide's HAProxy and keepalived on nodes that are on, in place of ours, which are kept aside.

    `texts` is what `files` gives. The virtual IP is away for some seconds; that one node has it is for the caller to
    wait for. Raises AssertionError with what a node said when something failed there.
    """
    archive = _packed(texts)
    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda node: node.must(PUT_ON, stdin=archive), nodes))


def take_off(nodes: Iterable[Node]) -> None:
    """Bring ours back on those nodes with the installer of the bundle and the steps of the two daemons.

    Afterwards nothing of `put_on` is left. Raises AssertionError like `put_on`, also for a file that differs from what
    was there before.
    """
    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda node: node.must(TAKE_OFF), nodes))


def _packed(texts: Mapping[str, str]) -> bytes:
    """The files as an archive; anybody may read them, since they hold no secret."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for path, text in texts.items():
            item = tarfile.TarInfo(path.removeprefix("/"))
            item.size, item.mode = len(text.encode()), 0o644
            tar.addfile(item, io.BytesIO(text.encode()))
    return buffer.getvalue()
