"""The other daemons read their generated files, as far as they are to be had here."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

from generator.archive import sha256
from tests.daemons.conftest import Case, all_members, run

CONSULT = """
case file:consult("{path}") of
    {{ok, [Terms]}} -> io:format("~p", [[Application || {{Application, _}} <- Terms]]), halt(0);
    Other -> io:format("~p", [Other]), halt(1)
end.
"""


@pytest.mark.reads("/etc/rabbitmq/rabbitmq.config")
def test_erlang_reads_the_configuration_of_rabbitmq_on_centos(laid_out: Path) -> None:
    """rabbitmq.config is one list of Erlang terms, for the broker and for the kernel."""
    path = laid_out / "rootfs/etc/rabbitmq/rabbitmq.config"
    done = run("erl", "-noinput", "-boot", "start_clean", "-eval", CONSULT.format(path=path))
    assert (done.returncode, done.stdout) == (0, "[rabbit,kernel]"), done.stdout


@pytest.mark.reads("/etc/my.cnf.d/galera.cnf")
def test_mariadb_reads_the_configuration_of_galera_on_centos(case: Case, laid_out: Path) -> None:
    """mariadbd knows every option of galera.cnf and takes its values over."""
    path = laid_out / "rootfs/etc/my.cnf.d/galera.cnf"
    done = run("mariadbd", f"--defaults-file={path}", "--help", "--verbose")
    assert done.returncode == 0, done.stderr
    assert [line for line in done.stderr.splitlines() if "unknown" in line or "ERROR" in line] == []
    values = dict(line.split(None, 1) for line in done.stdout.splitlines() if len(line.split(None, 1)) == 2)
    wanted = {"binlog-format": "ROW", "innodb-autoinc-lock-mode": "2", "wsrep-node-name": case.member.node.name}
    assert {key: values[key].strip() for key in wanted} == wanted


@pytest.mark.reads("/etc/redis.conf.initial")
def test_redis_starts_from_its_file_of_centos(laid_out: Path) -> None:
    """redis-server reads redis.conf to the end and gets ready."""
    source = (laid_out / "rootfs/etc/redis.conf.initial").read_text()
    elsewhere = ("bind ", "dir ", "logfile ", "pidfile ", "daemonize ", "slaveof ", "port ")
    kept = [line for line in source.splitlines() if not line.startswith(elsewhere)]
    assert len(kept) < len(source.splitlines()), "the file no longer says where Redis lives"
    conf = laid_out / "redis.conf"
    conf.write_text(
        "\n".join([*kept, "port 0", f"unixsocket {laid_out}/redis.sock", f"dir {laid_out}", "save ''"]) + "\n"
    )
    with subprocess.Popen(["redis-server", str(conf)], stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout
        said = []
        for line in server.stdout:
            said.append(line)
            if "ready to accept connections" in line:
                server.terminate()
    assert any("ready to accept connections" in line for line in said), "".join(said)
    assert server.returncode == 0, "".join(said)


def shell_reads(folder: Path) -> None:
    """Have a shell read each file of a folder, and set what it names."""
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        names = re.findall(r"^([A-Za-z_]+)=", file.read_text(), re.MULTILINE)
        assert names, file
        check = f'. "$1"; for name in {" ".join(names)}; do eval "test -n \\"\\${{$name}}\\""; done'
        done = run("sh", "-euc", check, "sh", file)
        assert (done.returncode, done.stderr) == (0, ""), file


@pytest.mark.reads("/etc/sysconfig/*")
def test_shell_reads_the_environment_files_of_centos(laid_out: Path) -> None:
    """Each sysconfig file can be read by a shell without an error, and sets what it names."""
    shell_reads(laid_out / "rootfs/etc/sysconfig")


@pytest.mark.reads("/etc/default/*")
def test_shell_reads_the_environment_files_of_debian_and_ubuntu(laid_out: Path) -> None:
    """So can those in /etc/default, which init scripts read with a shell and systemd nearly as a shell does."""
    shell_reads(laid_out / "rootfs/etc/default")


@pytest.mark.reads("/etc/sysctl.d/*")
def test_sysctl_reads_its_files(laid_out: Path) -> None:
    """Every line is a setting; sysctl repeats them, but for those of a kernel module that is not loaded here."""
    for file in sorted((laid_out / "rootfs/etc/sysctl.d").iterdir()):
        lines = [line for line in file.read_text().splitlines() if line and not line.startswith("#")]
        assert lines, file
        assert [line for line in lines if not re.fullmatch(r"-?[a-z][a-z0-9_.-]+ = \S+", line)] == [], file
        if not any("bridge-nf-call" in line for line in lines):
            done = run("sysctl", "--dry-run", "-p", file)
            # A hyphen in front says that a machine may lack the setting: sysctl.d(5).
            said = [line.removeprefix("-") for line in lines]
            assert (done.returncode, done.stderr, done.stdout.splitlines()) == (0, "", said), file


STUB = "[Service]\nExecStart=/bin/true\n"


@pytest.mark.reads("/etc/systemd/system/*")
def test_systemd_reads_the_units_and_drop_ins(laid_out: Path) -> None:
    """systemd-analyze finds nothing wrong in any unit, or in a stub unit with each drop-in."""
    folder = laid_out / "rootfs/etc/systemd/system"
    for drop_ins in sorted(folder.glob("*.d")):
        if not drop_ins.with_suffix("").exists():
            drop_ins.with_suffix("").write_text(STUB)
    units = sorted(path for path in folder.glob("*") if path.is_file())
    assert units
    for unit in units:
        environment = {"SYSTEMD_UNIT_PATH": f"{folder}:", "PATH": "/usr/bin:/bin"}
        done = run("systemd-analyze", "verify", "--man=no", unit, env=environment)
        # Programs and units of packages are not here; what a file says about itself is.
        told = [line for line in done.stderr.splitlines() if unit.name in line or ".d/" in line]
        wrong = [line for line in told if "is not executable" not in line and "not found" not in line.lower()]
        assert wrong == [], unit


def test_the_manifest_lists_every_file_with_its_checksum() -> None:
    """manifest.json names each file of the bundle but itself, once, with the checksum of its bytes."""
    for member in all_members():
        manifest = json.loads(member.tree["manifest.json"].data)
        listed = {item["path"]: item["sha256"] for item in manifest["files"]}
        expected = {path: sha256(blob.data) for path, blob in member.tree.items() if path != "manifest.json"}
        assert listed == expected, member.name
        told = [manifest[key] for key in ("release", "platform", "topology", "node")]
        shown = member.fleet.deployment
        assert told == [shown.snapshot.release.id, shown.platform.id, shown.topology_id, member.node.name]
