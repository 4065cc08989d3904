"""HAProxy and keepalived read, and start from, the generated files."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.daemons.conftest import Case, on_node, run


@pytest.mark.reads("/etc/haproxy/haproxy.cfg")
def test_haproxy_accepts_its_file_without_a_warning(laid_out: Path) -> None:
    """`haproxy -c` with warnings as errors says that the file is valid."""
    done = run("haproxy", "-c", "-dW", "-f", laid_out / "rootfs/etc/haproxy/haproxy.cfg")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "Configuration file is valid\n"


@pytest.mark.reads("/etc/keepalived/keepalived.conf", "/usr/libexec/keepalived/*")
def test_keepalived_accepts_its_file_without_a_warning(case: Case, laid_out: Path) -> None:
    """`keepalived -t` on a machine with the node's interfaces and script says nothing at all."""
    # As the first process of its namespace: keepalived 2.2.7 looks at a script with the rights of script_user and,
    # under -t, then takes its parent for a dead one and ends itself with SIGTERM, which a first process ignores.
    script = 'exec keepalived -t -l -f "$ROOTFS/etc/keepalived/keepalived.conf"'
    done = on_node(script, laid_out / "rootfs", case.member)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


START = """
mkdir /run/haproxy
sysctl -qp "$ROOTFS/etc/sysctl.d/60-haproxy.conf"
sed -e '/^ *chroot/d' -e '/^ *user /d' -e '/^ *group /d' -e '/^ *daemon/d' -e 's/maxconn .*/maxconn 100/' \
    -e "s|/var/lib/haproxy/stats|/run/stats|" -e "s|/var/run/haproxy.pid|/run/pid|" \
    "$ROOTFS/etc/haproxy/haproxy.cfg" > /run/haproxy.cfg
haproxy -db -q -f /run/haproxy.cfg &
until "$ROOTFS/usr/libexec/keepalived/check-haproxy"; do
    kill -0 $! || exit 3
    sleep 0.1
done
kill -STOP $!
while cat /proc/$!/task/*/stat | grep -qv ') T '; do
    sleep 0.1
done
"$ROOTFS/usr/libexec/keepalived/check-haproxy" && exit 4
kill -KILL $!
wait $! || true
"$ROOTFS/usr/libexec/keepalived/check-haproxy" && exit 5
echo proved
"""
"""HAProxy on the node's address: alive, then frozen, then dead, as keepalived's check sees it."""


@pytest.mark.reads("/usr/libexec/keepalived/check-haproxy")
def test_the_check_of_keepalived_tells_a_living_haproxy_from_a_frozen_and_a_dead_one(
    case: Case, laid_out: Path
) -> None:
    """The script succeeds while HAProxy answers, and fails when it hangs and when it is gone."""
    done = on_node(START, laid_out / "rootfs", case.member)
    assert (done.returncode, done.stdout) == (0, "proved\n"), done.stderr
