"""The other daemons read their generated files, as far as they are to be had here."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from generator.archive import sha256
from tests.daemons.conftest import Bundle, run

CONSULT = """
case file:consult("{path}") of
    {{ok, [Terms]}} -> io:format("~p", [[Application || {{Application, _}} <- Terms]]), halt(0);
    Other -> io:format("~p", [Other]), halt(1)
end.
"""


def test_erlang_reads_the_configuration_of_rabbitmq(laid_out: Path) -> None:
    """rabbitmq.config is one list of Erlang terms, for the broker and for the kernel."""
    path = laid_out / "rootfs/etc/rabbitmq/rabbitmq.config"
    done = run("erl", "-noinput", "-boot", "start_clean", "-eval", CONSULT.format(path=path))
    assert (done.returncode, done.stdout) == (0, "[rabbit,kernel]"), done.stdout


def test_mariadb_reads_the_configuration_of_galera(bundle: Bundle, laid_out: Path) -> None:
    """mariadbd knows every option of galera.cnf and takes its values over."""
    path = laid_out / "rootfs/etc/my.cnf.d/galera.cnf"
    done = run("mariadbd", f"--defaults-file={path}", "--help", "--verbose")
    assert done.returncode == 0, done.stderr
    assert [line for line in done.stderr.splitlines() if "unknown" in line or "ERROR" in line] == []
    values = dict(line.split(None, 1) for line in done.stdout.splitlines() if len(line.split(None, 1)) == 2)
    wanted = {"binlog-format": "ROW", "innodb-autoinc-lock-mode": "2", "wsrep-node-name": bundle.node}
    assert {key: values[key].strip() for key in wanted} == wanted


def test_redis_starts_from_its_file(laid_out: Path) -> None:
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


def test_shell_reads_the_environment_files(bundle: Bundle, laid_out: Path) -> None:
    """Each sysconfig file can be read by a shell without an error, and sets what it names."""
    files = sorted((laid_out / "rootfs/etc/sysconfig").glob("*"))
    assert [file.name for file in files] == ["clustercheck", "memcached", "mongod"]
    for file in files:
        names = [line.split("=")[0] for line in file.read_text().splitlines() if line and not line.startswith("#")]
        done = run(
            "sh",
            "-euc",
            f'. "$1"; for name in {" ".join(names)}; do eval "test -n \\"\\${{$name}}\\""; done',
            "sh",
            file,
        )
        assert (done.returncode, done.stderr) == (0, ""), file


def test_sysctl_reads_its_files(laid_out: Path) -> None:
    """Every line of the sysctl files is a key that exists, with a value."""
    files = sorted((laid_out / "rootfs/etc/sysctl.d").glob("*.conf"))
    assert [file.name for file in files] == ["60-haproxy.conf", "60-tcp-keepalive.conf"]
    done = run("sysctl", "--dry-run", "-p", *files)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        "net.ipv4.ip_nonlocal_bind = 1",
        "net.ipv4.tcp_keepalive_time = 5",
        "net.ipv4.tcp_keepalive_intvl = 1",
        "net.ipv4.tcp_keepalive_probes = 5",
    ]


UNIT = "[Service]\nExecStart=/bin/true\nType=oneshot\n"


def test_systemd_reads_the_drop_ins(laid_out: Path) -> None:
    """systemd-analyze finds nothing to say about a unit with each drop-in."""
    folders = sorted((laid_out / "rootfs/etc/systemd/system").glob("*.service.d"))
    assert [folder.name for folder in folders] == ["mariadb.service.d", "rabbitmq-server.service.d"]
    for folder in folders:
        unit = folder.with_suffix("")
        unit.write_text(UNIT)
        done = run(
            "systemd-analyze",
            "verify",
            "--man=no",
            unit,
            env={"SYSTEMD_UNIT_PATH": f"{folder.parent}:", "PATH": "/usr/bin:/bin"},
        )
        assert (done.returncode, [line for line in done.stderr.splitlines() if folder.name[:-10] in line]) == (0, [])


def test_the_manifest_lists_every_file_with_its_checksum(bundle: Bundle) -> None:
    """manifest.json names each file of the bundle but itself, once, with the checksum of its bytes."""
    manifest = json.loads(bundle.tree["manifest.json"].data)
    listed = {item["path"]: item["sha256"] for item in manifest["files"]}
    assert listed == {path: sha256(blob.data) for path, blob in bundle.tree.items() if path != "manifest.json"}
    told = [manifest[key] for key in ("release", "platform", "topology", "node")]
    assert told == [bundle.release, bundle.platform, bundle.topology, bundle.node]


def test_shell_scripts_are_clean(laid_out: Path) -> None:
    """sh -n and shellcheck find nothing in any script of the bundle."""
    scripts = sorted(path for path in laid_out.rglob("*") if path.suffix == ".sh")
    scripts.append(laid_out / "rootfs/usr/libexec/keepalived/check-haproxy")
    assert len(scripts) > 20
    for script in scripts:
        done = run("sh", "-n", script)
        assert (done.returncode, done.stderr) == (0, ""), script
    done = run("shellcheck", "--shell=sh", *scripts)
    assert (done.returncode, done.stdout) == (0, "")
