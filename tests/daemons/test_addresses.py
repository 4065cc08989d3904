"""Daemons listen on the address of their node, be it IPv4 or IPv6, and answer there as clients ask them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from generator.deploy import internal
from generator.topology import family_of, in_url
from tests.daemons.conftest import all_members, lay_out, on_node
from tests.fleets import Member


def controllers(platform: str) -> list[Member]:
    """A node for each address family, of the newest release on a platform; releases differ in other things."""
    found = {
        member.fleet.deployment.topology_id: member
        for member in all_members()
        if (member.fleet.deployment.platform.id, member.node.name) == (platform, "hacontroller1")
    }
    return [found["collapsed"], found["ipv6"]]


CENTOS, DEBIAN = controllers("centos-7"), controllers("debian-13")
on_centos = pytest.mark.parametrize("node", CENTOS, ids=[member.name for member in CENTOS])
on_debian = pytest.mark.parametrize("node", DEBIAN, ids=[member.name for member in DEBIAN])
on_both = pytest.mark.parametrize("node", CENTOS + DEBIAN, ids=[member.name for member in CENTOS + DEBIAN])


def family(member: Member) -> str:
    """`ipv4` or `ipv6`."""
    return family_of(internal(member.node))


WAIT = """
mount --bind "$ROOTFS/etc/hosts" /etc/hosts
tries=0
wait_for() {
    until "$@" > /dev/null 2>&1; do
        kill -0 "$daemon" || exit 3
        tries=$((tries + 1))
        [ "$tries" -lt 300 ] || exit 4
        sleep 0.1
    done
}
"""
"""The names of the site, and patience with a daemon while it lives."""


def answers(member: Member, folder: Path, script: str) -> list[str]:
    """What a script says on the node, line by line; it must succeed."""
    address = internal(member.node)
    text = f"ADDRESS={address}\n" + WAIT + script.replace("HOST", in_url(address))
    done = on_node(text, lay_out(member, folder) / "rootfs", member)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.splitlines()


def test_there_is_a_node_of_each_family() -> None:
    """IPv4 and IPv6 are both tried."""
    assert [family(member) for member in CENTOS + DEBIAN] == ["ipv4", "ipv6"] * 2


ASK_MEMCACHED = """
daemon=$!
ask() { printf 'version\\r\\nquit\\r\\n' | curl -s --max-time 2 "telnet://$1:11211" | grep -o '^VERSION'; }
wait_for ask HOST
ask HOST
ask 127.0.0.1 || echo nothing there
"""

MEMCACHED = """
. "$ROOTFS/etc/sysconfig/memcached"
memcached -u nobody -p "$PORT" -m "$CACHESIZE" -c 64 $OPTIONS &
"""


@on_centos
def test_memcached_of_centos_answers_on_its_node_and_for_the_swift_of_an_ipv6_node_on_loopback(
    node: Member, tmp_path: Path
) -> None:
    """The options of the sysconfig file make it listen there and nowhere else."""
    told = {"ipv4": ["VERSION", "nothing there"], "ipv6": ["VERSION", "VERSION"]}
    assert answers(node, tmp_path, MEMCACHED + ASK_MEMCACHED) == told[family(node)]


MEMCACHED_OF_DEBIAN = """
install -d -o memcache /run/memcached
/usr/share/memcached/scripts/systemd-memcached-wrapper "$ROOTFS/etc/memcached.conf" &
"""


@on_debian
def test_memcached_of_debian_answers_on_its_node_alone(node: Member, tmp_path: Path) -> None:
    """Debian's own script, with which its unit starts memcached, reads memcached.conf to the end."""
    assert answers(node, tmp_path, MEMCACHED_OF_DEBIAN + ASK_MEMCACHED) == ["VERSION", "nothing there"]


REDIS = """
mkdir -p /run/redis
for name in redis redis-sentinel; do
    grep -Ev '^(dir|logfile|pidfile) ' "$ROOTFS/etc/$name.conf.initial" > "/run/redis/$name.conf"
    echo 'dir /run/redis' >> "/run/redis/$name.conf"
done
redis-server /run/redis/redis.conf > /run/redis/log &
daemon=$!
wait_for redis-cli -h "$ADDRESS" -p 6379 PING
redis-server /run/redis/redis-sentinel.conf --sentinel > /run/redis/sentinel.log &
daemon=$!
wait_for redis-cli -h "$ADDRESS" -p 26379 PING
redis-cli -h "$ADDRESS" -p 26379 sentinel get-master-addr-by-name mymaster
redis-cli -h "$ADDRESS" -p 26379 sentinel ckquorum mymaster
"""


@on_centos
def test_sentinel_reaches_redis_on_the_node_and_names_its_address_to_clients(node: Member, tmp_path: Path) -> None:
    """The first node is the master; one Sentinel of three is not enough for an election, but it is asked."""
    said = answers(node, tmp_path, REDIS)
    assert said[:2] == [internal(node.node), "6379"]
    assert said[2].startswith("NOQUORUM 1 usable Sentinels.")


MARIADB = """
mkdir /run/data /run/tmp
export TMPDIR=/run/tmp
cat "$ROOTFS"/etc/my.cnf.d/galera.cnf "$ROOTFS"/etc/mysql/mariadb.conf.d/99-ha-guide.cnf 2> /dev/null |
    grep -v '^wsrep' > /run/my.cnf
grep -q '^bind-address' /run/my.cnf
mariadb-install-db --no-defaults --user=root --datadir=/run/data --force \\
    --auth-root-authentication-method=normal > /run/log 2>&1 || { cat /run/log >&2; exit 2; }
mariadbd --defaults-file=/run/my.cnf --user=root --datadir=/run/data --socket=/run/sql.sock >> /run/log 2>&1 &
daemon=$!
wait_for mariadb-admin --no-defaults --socket=/run/sql.sock ping
mysql --no-defaults --socket=/run/sql.sock -e "CREATE USER 'nova'@'$ADDRESS' IDENTIFIED BY 's3cr3t42'"
mysql --no-defaults --host="$ADDRESS" --user=nova --password=s3cr3t42 -N -B -e 'SELECT CURRENT_USER()'
kill "$daemon"
"""


@on_both
def test_mariadb_knows_an_account_by_the_address_as_the_grants_write_it(node: Member, tmp_path: Path) -> None:
    """A client from the node's own address is the user at that address."""
    assert answers(node, tmp_path, MARIADB) == [f"nova@{internal(node.node)}"]


RSYNC = """
sed -e 's|/srv/node|/run|' -e 's|/var/log/|/run/|' -e 's|/var/run/|/run/|' -e 's/ = swift$/ = root/' \\
    "$ROOTFS/etc/rsyncd.conf" > /run/rsyncd.conf
rsync --daemon --no-detach --config=/run/rsyncd.conf &
daemon=$!
wait_for rsync rsync://HOST/
rsync rsync://HOST/ | awk '{ print $1 }'
rsync rsync://HOST/object/ | awk '$NF == "rsyncd.conf" { print $NF }'
rsync rsync://127.0.0.1/ 2> /dev/null || echo nothing there
"""


@on_both
def test_rsync_serves_the_nodes_of_the_cluster_on_its_address(node: Member, tmp_path: Path) -> None:
    """The modules are there for an address of `hosts allow`, and only on the internal network."""
    said = answers(node, tmp_path, RSYNC)
    assert said == ["account", "container", "object", "rsyncd.conf", "nothing there"]


XINETD = """
mkdir /run/xinetd.d
sed -e 's|/usr/bin/clustercheck|/bin/cat|' -e 's/= nobody$/= root/' \\
    "$ROOTFS/etc/xinetd.d/galera-monitor" > /run/xinetd.d/galera-monitor
echo 'includedir /run/xinetd.d' > /run/xinetd.conf
xinetd -dontfork -f /run/xinetd.conf -filelog /run/log > /run/out 2>&1 &
daemon=$!
ask() { printf 'alive\\n' | curl -s --max-time 2 "telnet://$1:9200" | grep alive; }
wait_for ask HOST
ask HOST
"""


@on_centos
def test_xinetd_offers_the_monitor_of_galera_on_the_address_to_its_network(node: Member, tmp_path: Path) -> None:
    """A question from the internal network is passed on to the program."""
    assert answers(node, tmp_path, XINETD) == ["alive"]


SOCKET = """
mkdir /run/bin
cat > /run/bin/mariadb <<'EOF'
#!/bin/sh
while read -r question; do
    case $question in
        *Uptime*) printf 'Uptime\\t7\\n' ;;
        *) cat /run/state || exit 1 ;;
    esac
done
EOF
chmod 0755 /run/bin/mariadb
PATH=/run/bin:$PATH
listen=$(sed -n 's/^ListenStream=//p' "$ROOTFS/etc/systemd/system/galera-monitor.socket")
program=$(sed -n 's/^ExecStart=//p' "$ROOTFS/etc/systemd/system/galera-monitor.service")
systemd-socket-activate -E PATH -l "$listen" "$program" > /run/log 2>&1 &
daemon=$!
# An answer holds for 0.2 seconds.
ask() { sleep 0.3 && curl -s --max-time 5 -w ' %{http_code}\\n' "http://$1:9200/"; }
wait_for ask HOST
tell() { printf 'wsrep_local_state\\t%s\\nwsrep_ready\\t%s\\n' "$1" "$2" > /run/state && ask HOST | tr -d '\\n'; echo; }
tell 4 ON
tell 2 ON
tell 4 OFF
tell 1 ON
rm /run/state
ask HOST | tr -d '\\n'
"""


@on_debian
def test_the_socket_of_galeras_monitor_tells_at_the_address_who_takes_writes(node: Member, tmp_path: Path) -> None:
    """Who is synced or a donor does; who is not ready, who joins, and who does not answer at all do not."""
    yes, no = "This node takes writes. 200", "This node takes no writes. 503"
    assert answers(node, tmp_path, SOCKET) == [yes, yes, no, no, no]


BALANCER = """
mkdir -p /run/haproxy
sysctl -qp "$ROOTFS/etc/sysctl.d/60-haproxy.conf"
sed -e '/^ *chroot/d' -e '/^ *user /d' -e '/^ *group /d' -e '/^ *daemon/d' -e 's/maxconn .*/maxconn 100/' \\
    -e 's|/var/lib/haproxy/stats|/run/stats|' -e 's|/var/run/haproxy.pid|/run/pid|' \\
    "$ROOTFS/etc/haproxy/haproxy.cfg" > /run/haproxy.cfg
haproxy -db -q -f /run/haproxy.cfg &
daemon=$!
wait_for curl -fsS http://HOST:9300/status
case $VIP in
    *:*) ip address add "$VIP/128" dev eth1 nodad ;;
    *) ip address add "$VIP/32" dev eth1 ;;
esac
no_server() { [ "$(curl -s -o /dev/null -w '%{http_code}' http://VIPHOST:80/)" = 503 ]; }
wait_for no_server
echo proved
"""


@on_both
def test_haproxy_listens_on_a_virtual_ip_before_the_node_has_it(node: Member, tmp_path: Path) -> None:
    """HAProxy starts without the address; once the node has it, it answers there: 503, since no dashboard runs."""
    hosts = node.files["/etc/hosts"]
    found = re.search(r"^(\S+) controller-vip\.", hosts, re.MULTILINE)
    assert found
    vip = found.group(1)
    script = BALANCER.replace("VIPHOST", f"[{vip}]" if ":" in vip else vip).replace("$VIP", vip)
    assert answers(node, tmp_path, script) == ["proved"]
