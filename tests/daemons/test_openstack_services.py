"""What the OpenStack services bring besides option files: httpd, the dashboard, time, cron and SQL."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.daemons.conftest import SAMPLE, Case, run
from tests.fleets import fleets

MODULES = Path("/usr/lib/apache2/modules")
WANTED = ("mpm_event", "authz_core", "alias", "mime", "dir", "log_config", "wsgi", "env", "setenvif")


@pytest.mark.reads("/etc/httpd/conf/httpd.conf", "/etc/httpd/*")
def test_httpd_accepts_its_files(laid_out: Path) -> None:
    """`apache2 -t` reads httpd.conf and every file that it includes, and finds no fault."""
    httpd = laid_out / "rootfs/etc/httpd"
    assert (MODULES / "mod_wsgi.so").exists(), "libapache2-mod-wsgi-py3 is not installed: `make test` installs it"
    loaded = [name for name in WANTED if (MODULES / f"mod_{name}.so").exists()]
    (httpd / "conf.modules.d").mkdir()
    (httpd / "conf.modules.d/all.conf").write_text(
        "".join(f"LoadModule {name}_module {MODULES}/mod_{name}.so\n" for name in loaded)
    )
    for file in httpd.rglob("*.conf"):
        text = file.read_text()
        # What CentOS calls otherwise, or what its packages would have made.
        for old, new in (
            ('ServerRoot "/etc/httpd"', f'ServerRoot "{httpd}"'),
            ("/var/log/httpd", str(laid_out)),
            ("/var/www/html", str(laid_out)),
            ('"logs/', f'"{laid_out}/'),
            ("User apache", "User nobody"),
            ("Group apache", "Group nogroup"),
            ("user=keystone group=keystone", "user=nobody group=nogroup"),
        ):
            text = text.replace(old, new)
        file.write_text(text)
    done = run("apache2", "-t", "-f", httpd / "conf/httpd.conf")
    assert (done.returncode, done.stderr.splitlines()[-1:]) == (0, ["Syntax OK"]), done.stderr


@pytest.mark.reads("/etc/openstack-dashboard/local_settings")
def test_the_settings_of_the_dashboard_are_python(laid_out: Path) -> None:
    """local_settings compiles, allows named hosts only, and keeps its secret key out of the source."""
    path = laid_out / "rootfs/etc/openstack-dashboard/local_settings"
    text = path.read_text()
    compile(text, str(path), "exec")
    hosts = re.search(r"^ALLOWED_HOSTS = (\[.*?\])", text, re.MULTILINE | re.DOTALL)
    assert hosts
    assert "*" not in hosts.group(1)
    assert re.search(rf"^SECRET_KEY = ['\"]{SAMPLE}['\"]$", text, re.MULTILINE)


@pytest.mark.reads("/etc/chrony.conf")
def test_chrony_accepts_its_file(laid_out: Path) -> None:
    """`chronyd -p` reads chrony.conf to the end and repeats its time sources."""
    done = run("chronyd", "-p", "-f", laid_out / "rootfs/etc/chrony.conf")
    assert done.returncode == 0, done.stderr
    sources = [line.split()[1] for line in done.stdout.splitlines() if line.startswith(("server ", "pool "))]
    assert sources == ["ntp1.example.com", "ntp2.example.com"]


@pytest.mark.reads("/etc/cron.d/keystone-token-flush")
def test_cron_files_have_times_a_user_and_a_command(laid_out: Path) -> None:
    """Every line of a cron file is a comment, a variable, or five times with user and command (crontab(5))."""
    entry = re.compile(r"([0-9*/,-]+ ){5}[a-z][a-z0-9_-]* \S.*")
    lines = (laid_out / "rootfs/etc/cron.d/keystone-token-flush").read_text().splitlines()
    jobs = [line for line in lines if line and not line.startswith("#") and not re.match(r"[A-Z]+=", line)]
    assert len(jobs) == 1
    assert [line for line in jobs if not entry.fullmatch(line)] == []


DATABASE = """
set -eu
hostname "$NODE"
mount -t tmpfs tmpfs /root
mount -t tmpfs tmpfs /run
mkdir /run/data /run/tmp
export TMPDIR=/run/tmp
printf '[client]\\nsocket=/run/sql.sock\\n' > /root/.my.cnf
mariadb-install-db --no-defaults --user=root --datadir=/run/data --force \\
    --auth-root-authentication-method=normal > /run/log 2>&1 || { cat /run/log >&2; exit 2; }
mariadbd --no-defaults --user=root --datadir=/run/data --socket=/run/sql.sock --skip-networking >> /run/log 2>&1 &
until mariadb-admin --socket=/run/sql.sock ping > /dev/null 2>&1; do
    kill -0 $! || { cat /run/log >&2; exit 3; }
    sleep 0.2
done
for round in 1 2; do
    for script in "$BUNDLE"/steps/*-database.sh; do
        sh "$script" > /run/out 2>&1 || { echo "$script" >&2; cat /run/out >&2; exit 4; }
    done
done
mysql --socket=/run/sql.sock -N -B -e "SHOW DATABASES" | grep -v -e _schema -e '^mysql$' -e '^sys$' -e '^test$'
mysql --socket=/run/sql.sock -N -B -e "SELECT user, GROUP_CONCAT(DISTINCT host ORDER BY host) FROM mysql.user
    WHERE user NOT IN ('', 'root', 'mariadb.sys', 'mysql', 'PUBLIC') GROUP BY user ORDER BY user"
kill $!
"""
"""A MariaDB of its own for the node: every database step, twice, and what there is then.

A temporary folder of its own too: MariaDB names temporary tables after its process number, which in a PID namespace
is the same for every server, so two of them in one /tmp take each other's tables away.
"""


@pytest.mark.reads("/steps/*-keystone-database.sh", "/steps/*-database.sh")
def test_the_database_steps_work_on_a_real_server_and_twice(case: Case, laid_out: Path) -> None:
    """Each service gets its database and an account that may come from the load balancers, nothing from elsewhere."""
    names = sorted(set(re.findall(r"^([A-Z_]+)=$", (laid_out / "secrets.env.example").read_text(), re.MULTILINE)))
    (laid_out / "secrets.env").write_text("".join(f"{name}={SAMPLE}\n" for name in names))
    environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "NODE": case.member.node.name, "BUNDLE": str(laid_out)}
    done = run(
        "unshare", "--mount", "--uts", "--net", "--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-c", DATABASE,
        env=environment, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    services = sorted(name.split("-")[1] for name in case.member.steps if name.endswith("-database.sh"))
    assert {"cinder", "glance", "heat", "keystone", "neutron", "nova"} <= set(services)
    balancers = case.member.fleet.deployment.topology.balancers
    addresses = ",".join(sorted(node.interfaces["internal"].address for node in balancers))
    assert done.stdout.splitlines() == [*services, *(f"{name}\t{addresses}" for name in services)]


def test_the_database_steps_are_on_one_node_of_each_site() -> None:
    """The first node with MariaDB has a step for each database, and no other node has one."""
    for fleet in fleets():
        first = fleet.deployment.nodes_of(fleet.deployment.snapshot.processes["mariadb"])[0].name
        holders = {
            member.node.name for member in fleet.members for name in member.steps if name.endswith("-database.sh")
        }
        assert holders == {first}, fleet.name
