"""What the OpenStack services bring besides option files: httpd, the dashboard, time, cron and SQL."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.daemons.conftest import SAMPLE, cases, lay_out, run
from tests.fleets import Member, fleets

MODULES = Path("/usr/lib/apache2/modules")
WANTED = ("mpm_event", "authz_core", "alias", "mime", "dir", "log_config", "wsgi", "env", "setenvif")


@pytest.mark.reads("/etc/httpd/conf/httpd.conf", "/etc/httpd/*")
def test_httpd_accepts_its_files_of_centos(laid_out: Path) -> None:
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


@pytest.mark.reads("/etc/openstack-dashboard/local_settings*")
def test_the_settings_of_the_dashboard_are_python(laid_out: Path) -> None:
    """They compile, allow named hosts only, and keep the secret key out of the source."""
    (path,) = [file for file in (laid_out / "rootfs/etc/openstack-dashboard").rglob("*") if file.is_file()]
    text = path.read_text()
    compile(text, str(path), "exec")
    hosts = re.search(r"^ALLOWED_HOSTS = (\[.*?\])", text, re.MULTILINE | re.DOTALL)
    assert hosts
    assert "*" not in hosts.group(1)
    assert re.search(rf"^SECRET_KEY = ['\"]{SAMPLE}['\"]$", text, re.MULTILINE)


@pytest.mark.reads("/etc/chrony.conf")
def test_chrony_accepts_its_file_on_centos(laid_out: Path) -> None:
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


SERVER = """
set -eu
mount -t tmpfs tmpfs /root
mount -t tmpfs tmpfs /run
mkdir /run/data /run/tmp
export TMPDIR=/run/tmp
printf '[client]\\nsocket=/run/sql.sock\\n' > /root/.my.cnf
mariadb-install-db --no-defaults --user=root --datadir=/run/data --force \\
    --auth-root-authentication-method=normal > /run/log 2>&1 || { cat /run/log >&2; exit 2; }
mariadbd --no-defaults --user=root --datadir=/run/data --socket=/run/sql.sock --skip-networking >> /run/log 2>&1 &
server=$!
until mariadb-admin --socket=/run/sql.sock ping > /dev/null 2>&1; do
    kill -0 "$server" || { cat /run/log >&2; exit 3; }
    sleep 0.2
done
accounts="FROM mysql.user WHERE user NOT IN ('', 'root', 'mariadb.sys', 'mysql', 'PUBLIC')"
sql() { mariadb --socket=/run/sql.sock -N -B -e "$1"; }
databases() { sql "SHOW DATABASES" | grep -v -e _schema -e '^mysql$' -e '^sys$' -e '^test$'; }
"""
"""A MariaDB of its own.

A temporary folder of its own too: MariaDB names temporary tables after its process number, which in a PID namespace
is the same for every server, so two of them in one /tmp take each other's tables away.
"""

SITE = """
hostname {node}
for round in 1 2; do
    for script in {steps}; do
        sh "$script" > /run/out 2>&1 || {{ echo "$script" >&2; cat /run/out >&2; exit 4; }}
    done
done
echo {name}
databases
sql "SELECT user, GROUP_CONCAT(DISTINCT host ORDER BY host) $accounts GROUP BY user ORDER BY user"
sql "SELECT CONCAT('DROP USER ', QUOTE(user), '@', QUOTE(host), ';') $accounts" | mariadb --socket=/run/sql.sock
databases | sed 's/.*/DROP DATABASE &;/' | mariadb --socket=/run/sql.sock
"""
"""Every database step of a site, twice, and what there is then; the next site finds none of it."""

DATABASE_STEP = re.compile(r"\d+-(\w+)-(?:create-)?database\.sh")


def database_steps(member: Member) -> dict[str, str]:
    """Name and text of the steps of a node that make databases."""
    return {name: text for name, text in member.steps.items() if DATABASE_STEP.fullmatch(name)}


def made_by(member: Member) -> list[str]:
    """What there should be after the steps of a node: databases, then accounts with the addresses they come from."""
    texts = database_steps(member).values()
    databases = re.findall(r"^CREATE DATABASE IF NOT EXISTS (\w+)", "".join(texts), re.MULTILINE)
    accounts = re.findall(r"ON \w+\.\* TO '(\w+)'@", "".join(texts))
    addresses = ",".join(
        sorted(node.interfaces["internal"].address for node in member.fleet.deployment.topology.balancers)
    )
    return [*sorted(databases), *(f"{name}\t{addresses}" for name in sorted(set(accounts)))]


@pytest.mark.parametrize("first", ["/steps/*-keystone-database.sh", "/steps/*-keystone-create-database.sh"])
def test_the_database_steps_work_on_a_real_server_and_twice(
    first: str, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """Each service gets its databases and an account that may come from the load balancers, nothing from elsewhere."""
    script, expected = SERVER, []
    found = cases(first, "/steps/*-database.sh")
    for case in found:
        folder = lay_out(case.member, tmp_path / case.member.name)
        names = re.findall(r"^([A-Z_]+)=$", (folder / "secrets.env.example").read_text(), re.MULTILINE)
        (folder / "secrets.env").write_text("".join(f"{name}={SAMPLE}\n" for name in names))
        steps = " ".join(str(folder / "steps" / name) for name in database_steps(case.member))
        script += SITE.format(node=case.member.node.name, name=case.member.name, steps=steps)
        assert {"glance", "heat", "keystone", "neutron", "nova"} <= set(made_by(case.member))
        expected += [case.member.name, *made_by(case.member)]
    done = run(
        "unshare", "--mount", "--uts", "--net", "--pid", "--fork", "--kill-child", "--mount-proc",
        "sh", "-c", f"{script}\nkill $server\n",
        env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root"}, timeout=300,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == expected
    record_property("bundles, database steps", sum(len(case.members) for case in found))


def test_the_database_steps_are_on_one_node_of_each_site() -> None:
    """The first node with MariaDB has a step for each database, and no other node has one."""
    for fleet in fleets():
        first = fleet.deployment.nodes_of(fleet.deployment.snapshot.processes["mariadb"])[0].name
        holders = {member.node.name for member in fleet.members if database_steps(member)}
        assert holders == {first}, fleet.name
