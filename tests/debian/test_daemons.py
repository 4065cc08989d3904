"""The daemons of a real Debian 13 read the files that bundles bring for them.

Where a daemon's files hardly depend on its version, those of Ubuntu's bundles too: there is no Ubuntu here.
"""

from __future__ import annotations

import re

import pytest

from tests.debian.conftest import Each, members, modern

GOOD = "all well"


def judged(told: dict[str, str]) -> dict[str, str]:
    """What is wrong by case: everything but the words that a script ends with when all is well."""
    return {name: text for name, text in told.items() if text != GOOD}


def test_haproxy_accepts_its_file(each: Each) -> None:
    """`haproxy -c` with warnings as errors; Debian 13 has 3.0, Ubuntu 2.8 to 3.2."""
    told = each(
        'haproxy -c -dW -q -f /etc/haproxy/haproxy.cfg; echo "all well"', "/etc/haproxy/haproxy.cfg", among=modern()
    )
    assert judged(told) == {}


KEEPALIVED = """
for name in $(sed -nE 's/.* dev ([a-z0-9]+).*/\\1/p; s/^ *interface //p' /etc/keepalived/keepalived.conf | sort -u); do
    ip link show "$name" > /dev/null 2>&1 || ip link add "$name" type veth peer name "peer-$name"
done
install -d /run/ha-guide
keepalived -t -l
echo "all well"
"""


def test_keepalived_accepts_its_file(each: Each) -> None:
    """`keepalived -t` with the node's interfaces and the script of the bundle says nothing; Debian 13 has 2.3.3."""
    told = each(KEEPALIVED, "/etc/keepalived/keepalived.conf", "/usr/libexec/keepalived/*", among=modern())
    assert judged(told) == {}


MARIADB = """
conf=/etc/mysql/mariadb.conf.d/99-ha-guide.cnf
ulimit -n 1024
mariadbd --help --verbose > /tmp/told 2> /tmp/wrong
wanted=$(sed -n 's/.*number of max_open_files.*request: \\([0-9]*\\).*/\\1/p' /tmp/wrong)
allowed=$(sed -n 's/^LimitNOFILE=//p' /etc/systemd/system/mariadb.service.d/ha-guide.conf)
[ "$wanted" -le "$allowed" ] || echo "wants to open $wanted files, and systemd allows $allowed"
if grep -Ei 'unknown|warning|error' /tmp/wrong | grep -v -e 'MAC address' -e max_open_files; then exit 3; fi
test -e "$(sed -n 's/^wsrep_provider = //p' $conf)"
sed -nE 's/^([a-z_-]+) = .*/\\1/p' $conf | tr _ - | while read -r name; do
    grep -Eq "^$name +" /tmp/told || echo "does not show $name"
done
echo "all well"
"""
"""With a low limit MariaDB tells how many files it would like to open."""


def test_mariadb_reads_its_file_last(each: Each) -> None:
    """mariadbd finds it by itself, knows every option, and the library of Galera is where it says."""
    assert (
        judged(each(MARIADB, "/etc/mysql/mariadb.conf.d/*", "/etc/systemd/system/mariadb.service.d/*", among=modern()))
        == {}
    )


RABBITMQ = """
cat > /tmp/read.escript <<'END'
#!/usr/bin/env escript
main(Files) ->
    [Server] = filelib:wildcard("/usr/lib/rabbitmq/lib/rabbitmq_server-*"),
    code:add_paths(filelib:wildcard(Server ++ "/plugins/*/ebin")),
    Schema = cuttlefish_schema:files(filelib:wildcard(Server ++ "/plugins/*/priv/schema/*.schema")),
    [begin
        io:format("~n<~s>~n", [lists:nth(4, filename:split(File))]),
        case cuttlefish_generator:map(Schema, cuttlefish_conf:files([File])) of
            {error, Phase, {errorlist, Errors}} ->
                [io:format("~p ~p~n", [Phase, Error]) || Error <- Errors];
            Config ->
                {rabbit, Rabbit} = lists:keyfind(rabbit, 1, Config),
                {kernel, Kernel} = lists:keyfind(kernel, 1, Config),
                io:format("~p ~p~n", [proplists:get_value(cluster_partition_handling, Rabbit),
                    proplists:get_value(net_ticktime, Kernel)])
        end
    end || File <- Files].
END
escript /tmp/read.escript /run/input/*/etc/rabbitmq/rabbitmq.conf
"""
"""What rabbit_prelaunch_conf does with rabbitmq.conf before anything of the broker starts."""


def test_rabbitmq_maps_its_file(each: Each) -> None:
    """Its own schema takes every line of rabbitmq.conf, and the terms that come out are those that the broker gets."""
    told = each(RABBITMQ, "/etc/rabbitmq/rabbitmq.conf", among=modern(), at_once=True)
    assert set(told.values()) == {"pause_minority 15"}


VALKEY = """
sed -i 's/^logfile .*/logfile ""/' /etc/valkey/*.initial
for kind in server sentinel; do
    conf=/var/lib/valkey/$kind.conf
    case $kind in server) source=valkey ;; *) source=sentinel ;; esac
    install -o valkey -g valkey -m 0600 /etc/valkey/$source.conf.initial $conf
    install -d -o valkey -g valkey /run/valkey /run/sentinel
    : > /tmp/said
    setpriv --reuid=valkey --regid=valkey --clear-groups valkey-$kind $conf > /tmp/said 2>&1 &
    until grep -Eq 'Ready to accept|Sentinel ID is' /tmp/said; do
        kill -0 $! 2> /dev/null || { cat /tmp/said; exit 3; }
        sleep 0.05
    done
    kill -KILL $!
    wait $! 2> /dev/null || true
    if grep -iE 'warning|error' /tmp/said | grep -iv -e 'memory overcommit' -e 'tcp backlog' -e 'transparent huge'; then
        exit 4
    fi
done
echo "all well"
"""


def test_valkey_and_its_sentinel_start_from_their_files(each: Each) -> None:
    """Both get ready as the user valkey, on the addresses of the node."""
    assert judged(each(VALKEY, "/etc/valkey/valkey.conf.initial", "/etc/valkey/*", among=modern())) == {}


def listening(command: str, port: int) -> str:
    """A script that starts a command, waits until something listens on a port, and ends it."""
    return f"""
{command} &
until ss -Hltn | grep -q ':{port} '; do
    kill -0 $! 2> /dev/null || exit 3
    sleep 0.05
done
kill $!
wait $! 2> /dev/null || true
echo "all well"
"""


def test_memcached_starts_from_its_file(each: Each) -> None:
    """The wrapper that Debian's unit runs hands over every line as an option, and memcached listens."""
    wrapper = "/usr/share/memcached/scripts/systemd-memcached-wrapper /etc/memcached.conf"
    script = f"install -d -o memcache -g memcache /run/memcached{listening(wrapper, 11211)}"
    assert judged(each(script, "/etc/memcached.conf", among=modern())) == {}


def test_rsync_starts_from_its_file(each: Each) -> None:
    """It listens on the address of the node."""
    assert judged(each(listening("rsync --daemon --no-detach", 873), "/etc/rsyncd.conf", among=modern())) == {}


def test_chrony_reads_its_file(each: Each) -> None:
    """`chronyd -p` reads it to the end and repeats the time sources."""
    told = each("chronyd -p -f /etc/chrony/chrony.conf | grep ^server", "/etc/chrony/chrony.conf", among=modern())
    assert set(told.values()) == {"server ntp1.example.com iburst\nserver ntp2.example.com iburst"}


def test_nftables_loads_the_rules(each: Each) -> None:
    """The kernel takes the rules, twice, and the operator's own folder may be missing or empty."""
    load = "nft -f /etc/ha-guide/firewall.nft"
    told = each(f"{load}; {load}; echo 'all well'", "/etc/ha-guide/firewall.nft", among=modern())
    assert judged(told) == {}


@pytest.mark.parametrize("path", ["/etc/sysctl.d/60-haproxy.conf", "/etc/sysctl.d/60-ha-guide-tcp.conf"])
def test_sysctl_sets_every_line(each: Each, path: str) -> None:
    """Each setting exists and takes its value."""
    told = each(f"sysctl -p {path} > /tmp/told; grep -c . /tmp/told; grep -c '^[^#]' {path}", path, among=modern())
    assert {name: len(set(text.split())) for name, text in told.items()} == dict.fromkeys(told, 1)


DEFAULTS = """
for file in "$case"etc/default/*; do
    sh -eu -c '. "$1"' sh "$file"
done
if [ -e "$case"etc/default/ovn-central ]; then
    . /etc/default/ovn-central
    # Without a command it knows what is missing, once it has taken the options.
    /usr/share/ovn/scripts/ovn-ctl $OVN_CTL_OPTS 2>&1 | grep -v 'missing command name' || true
fi
echo "all well"
"""


def test_a_shell_reads_the_default_files(each: Each) -> None:
    """Each file of /etc/default is a script that sets variables."""
    assert judged(each(DEFAULTS, "/etc/default/*", among=modern())) == {}


SYSTEMD = """
systemd-sysusers
# What packages have there are links; files are those of the case before.
find /etc/systemd/system -type f -delete
cp -r "$case"etc/systemd/system/. /etc/systemd/system/
for path in "$case"etc/systemd/system/*; do
    unit=${path##*/}
    case $unit in
        *@.service) echo "${unit%.service}example.service" ;;
        *.d) echo "${unit%.d}" ;;
        *) echo "$unit" ;;
    esac
done | xargs systemd-analyze verify --man=no > /tmp/said 2>&1 || true
# So it stands in Debian's own unit.
grep -v '^keystone.service: Dependency After=keystone.service is dropped' /tmp/said || true
echo "all well"
"""


def test_systemd_finds_nothing_wrong_in_units_and_drop_ins(each: Each) -> None:
    """`systemd-analyze verify` of each unit that a bundle brings or adds to, among the real units of Debian."""
    told = each(SYSTEMD, "/etc/systemd/system/*", "/usr/libexec/ha-guide/*", among=members())
    assert judged(told) == {}


def test_systemd_makes_the_accounts(each: Each) -> None:
    """systemd-sysusers reads the file and makes the account."""
    script = "systemd-sysusers; getent passwd galera-monitor | cut -d: -f6"
    told = each(script, "/etc/sysusers.d/*", among=modern())
    assert {re.sub(r"Creating .*\n", "", text) for text in told.values()} == {"/nonexistent"}
