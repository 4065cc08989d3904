"""The load balancers of the original guide take the place of ours on the nodes of the lab, and give it back."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

from tests.lab.lab import Lab
from tests.lab.node import Node, wait_until
from tests.lab.original import CFG, CONF, files, put_on, take_off
from tests.lab.site import deployment

STATE = """
find /etc /root /usr/libexec /var/backups /var/lib/haproxy /var/lib/ha-guide* -printf '%M %u %g %p\n' 2>/dev/null
find /etc /root /usr/libexec /var/backups -type f -exec sha256sum {} +
for unit in haproxy keepalived; do systemctl show -p ActiveState -p UnitFileState -p DropInPaths "$unit"; done
nft list table inet ha-guide
"""
"""Everything that could have been left behind."""

RUNNING = """
systemctl is-active haproxy keepalived
echo "$(systemctl cat haproxy keepalived | grep -c 'ha-guide[.]conf' || true) drop-ins"
"""


def balancers(site: Lab) -> list[Node]:
    """The nodes with HAProxy and keepalived."""
    return [site.nodes[node.name] for node in site.topology.nodes_with(("load-balancer",))]


def each(site: Lab, script: str) -> dict[str, list[str]]:
    """The lines that a script prints on each load balancer."""
    nodes = balancers(site)
    with ThreadPoolExecutor() as pool:
        said = pool.map(lambda node: node.must(script), nodes)
    return {node.name: text.splitlines() for node, text in zip(nodes, said, strict=True)}


def answers(site: Lab) -> bool:
    """Whether a client outside of the nodes gets an answer of Keystone from the virtual IP, which one node holds."""
    ask = ("curl", "-sS", "--max-time", "2", "--fail", f"http://{site.virtual_ip}:5000/v3")
    return len(site.holders()) == 1 and site.client(*ask).returncode == 0


def test_the_original_guide_serves_the_site_and_leaves_nothing_behind(site: Lab) -> None:
    """One node elected by multicast holds the address, Keystone answers there, and ours is back as it was."""
    wait_until(lambda: answers(site), 60, "Keystone answers through our HAProxy")
    before = each(site, STATE)
    texts = files(deployment("epoxy"))
    put_on(balancers(site), texts)
    try:
        wait_until(lambda: answers(site), 60, "Keystone answers through the guide's HAProxy")
        time.sleep(5)  # who hears no advertisement takes the address after 3.6 s
        assert len(site.holders()) == 1
        assert each(site, f"cat {CFG} {CONF}") == {name: "".join(texts.values()).splitlines() for name in before}
        assert each(site, RUNNING) == {name: ["active", "active", "0 drop-ins"] for name in before}
    finally:
        take_off(balancers(site))
    wait_until(lambda: answers(site), 60, "Keystone answers through our HAProxy again")
    after = each(site, STATE)
    assert [line for name in after for line in sorted(set(after[name]) ^ set(before[name]))] == []
    said = each(site, "cd $(uname -n) && ./install.sh | tail -n 1")
    assert [lines[0].split(" of ")[0] for lines in said.values()] == ["0"] * len(before)
