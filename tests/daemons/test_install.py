"""install.sh shows, refuses, writes and repeats as its help text says."""

from __future__ import annotations

import platform
import subprocess
from pathlib import Path

import pytest

from generator.views.bundles import TOKEN
from tests.daemons.conftest import all_members, run

SECRET = "T0ps3cre"


@pytest.fixture
def unpacked(tmp_path: Path) -> Path:
    """The bundle of hacontroller1 for Liberty as it is published, secrets not filled in."""
    found = next(item for item in all_members() if item.name == "liberty-centos-7-collapsed-hacontroller1")
    folder = tmp_path / "hacontroller1"
    for path, blob in found.tree.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(blob.data)
        file.chmod(blob.mode)
    return folder


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """An empty folder that stands for the node's file system."""
    folder = tmp_path / "root"
    folder.mkdir()
    return folder


def fill_in(unpacked: Path, mode: int = 0o600, value: str = SECRET) -> None:
    """Make secrets.env out of the example, every name with a value."""
    example = (unpacked / "secrets.env.example").read_text()
    lines = [f"{line}{value}" if line.endswith("=") else line for line in example.splitlines()]
    (unpacked / "secrets.env").write_text("\n".join(lines) + "\n")
    (unpacked / "secrets.env").chmod(mode)


def install(unpacked: Path, root: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Run install.sh on the folder."""
    return run(unpacked / "install.sh", "--root", root, *options)


def placed(unpacked: Path) -> dict[str, Path]:
    """Every file that the bundle brings, by its path on the node."""
    base = unpacked / "rootfs"
    files = {f"/{path.relative_to(base)}": path for path in base.rglob("*") if path.is_file()}
    assert len(files) > 15
    return dict(sorted(files.items()))


def test_without_options_it_only_tells_what_it_would_do(unpacked: Path, root: Path) -> None:
    """The dry run names every file, what is still missing, and writes nothing."""
    done = install(unpacked, root)
    assert done.returncode == 0, done.stderr
    assert [line.split()[1] for line in done.stdout.splitlines() if line.startswith("new ")] == list(placed(unpacked))
    count = len(placed(unpacked))
    assert f"{count} of {count} files would change. Nothing was written; --apply writes them." in done.stdout
    left = next(line for line in done.stdout.splitlines() if line.startswith("Before --apply, secrets.env"))
    named = sorted(set(TOKEN.findall("".join(path.read_text() for path in placed(unpacked).values()))))
    assert left.split(": ")[1].split() == named
    assert {"GALERA_MONITOR", "HAPROXY_STATS", "KEEPALIVED_VRRP"} <= set(named)
    assert list(root.iterdir()) == []


def test_it_refuses_to_write_while_a_secret_is_missing(unpacked: Path, root: Path) -> None:
    """--apply with a token left exits with 1, names the token and writes nothing."""
    fill_in(unpacked)
    file = unpacked / "secrets.env"
    file.write_text(file.read_text().replace(f"KEEPALIVED_VRRP={SECRET}", "KEEPALIVED_VRRP="))
    done = install(unpacked, root, "--apply")
    assert done.returncode == 1
    assert done.stderr == f"install.sh: no value for: KEEPALIVED_VRRP (fill them in, in {file})\n"
    assert list(root.iterdir()) == []


def test_it_writes_every_file_with_its_mode_and_the_second_time_nothing(unpacked: Path, root: Path) -> None:
    """--apply lays all files down, secrets filled in; a second run has nothing to do."""
    fill_in(unpacked)
    done = install(unpacked, root, "--apply")
    assert done.returncode == 0, done.stderr
    for path, source in placed(unpacked).items():
        written = root / path[1:]
        assert "@@" not in written.read_text(), path
        assert written.stat().st_mode == source.stat().st_mode, path
    assert f"stats auth admin:{SECRET}\n" in (root / "etc/haproxy/haproxy.cfg").read_text()
    before = {file: file.stat().st_mtime_ns for file in root.rglob("*")}
    again = install(unpacked, root, "--apply")
    assert (again.returncode, again.stdout) == (0, "Nothing to do: all files are as they should be.\n")
    assert {file: file.stat().st_mtime_ns for file in root.rglob("*")} == before


def test_it_keeps_a_copy_of_what_it_replaces_and_shows_the_difference(unpacked: Path, root: Path) -> None:
    """A file that is there already is shown as a difference and saved before it is replaced."""
    fill_in(unpacked)
    old = root / "etc/sysctl.d/60-haproxy.conf"
    old.parent.mkdir(parents=True)
    old.write_text("net.ipv4.ip_nonlocal_bind = 0\n")
    shown = install(unpacked, root)
    assert "changed  /etc/sysctl.d/60-haproxy.conf (0644 root:root)\n" in shown.stdout
    assert "         -net.ipv4.ip_nonlocal_bind = 0\n" in shown.stdout
    assert install(unpacked, root, "--apply").returncode == 0
    copies = list((root / "var/backups/ha-guide").glob("*/etc/sysctl.d/60-haproxy.conf"))
    assert [copy.read_text() for copy in copies] == ["net.ipv4.ip_nonlocal_bind = 0\n"]


def test_it_never_shows_a_secret(unpacked: Path, root: Path) -> None:
    """A changed file that holds a secret is named, but its content is not printed."""
    fill_in(unpacked, value="0ldSecre")
    assert install(unpacked, root, "--apply").returncode == 0
    fill_in(unpacked)
    shown = install(unpacked, root)
    assert "changed  /etc/haproxy/haproxy.cfg (0640 root:haproxy)\n" in shown.stdout
    assert "holds secrets" in shown.stdout
    assert SECRET not in shown.stdout + shown.stderr
    assert "0ldSecre" not in shown.stdout + shown.stderr


def test_it_refuses_secrets_that_others_can_read(unpacked: Path, root: Path) -> None:
    """A secrets.env with wide permissions is refused with the command that mends it."""
    fill_in(unpacked, mode=0o644)
    done = install(unpacked, root, "--apply")
    file = unpacked / "secrets.env"
    assert (done.returncode, done.stderr) == (1, f"install.sh: {file}: can be read by others: chmod 0600 it\n")


@pytest.mark.parametrize("value", ["a b", "a'b", 'a"b', "a$b", "a;b", "a`b", "a\\b", "a&b", "a@b", "a|b"])
def test_it_refuses_values_that_some_format_would_have_to_quote(unpacked: Path, root: Path, value: str) -> None:
    """A character outside the safe alphabet is refused by line number, without repeating the value."""
    fill_in(unpacked)
    file = unpacked / "secrets.env"
    number = len(file.read_text().splitlines()) + 1
    with file.open("a") as stream:
        stream.write(f"EXTRA={value}\n")
    done = install(unpacked, root, "--apply")
    assert done.returncode == 1
    assert done.stderr == (
        f"install.sh: {file}: line {number}: must be NAME=value with letters, digits and . _ ~ + / = - only\n"
    )
    assert list(root.iterdir()) == []


def test_it_refuses_the_wrong_host(unpacked: Path) -> None:
    """On a machine of another name it does nothing."""
    done = run(unpacked / "install.sh")
    expected = f"install.sh: this is {platform.node()}, but the bundle is for hacontroller1\n"
    assert (done.returncode, done.stdout, done.stderr) == (1, "", expected)


def test_an_unknown_option_is_refused_with_the_usage(unpacked: Path) -> None:
    """A misspelt option prints the usage and exits with 1."""
    done = run(unpacked / "install.sh", "--aply")
    assert done.returncode == 1
    assert done.stderr.splitlines()[0].startswith("Usage: ./install.sh")
    assert done.stderr.splitlines()[-1] == "install.sh: unknown option: --aply"


def test_every_script_refuses_the_wrong_host(unpacked: Path) -> None:
    """No step and no check runs on a machine that it was not made for."""
    scripts = [*sorted((unpacked / "steps").glob("*.sh")), unpacked / "verify.sh"]
    assert len(scripts) > 20
    for script in scripts:
        done = run(script)
        assert done.returncode == 1, script
        assert done.stderr.startswith(f"{script.name}: this is {platform.node()}, but the "), script


def test_it_refuses_a_password_that_keepalived_would_cut(unpacked: Path, root: Path) -> None:
    """More than eight characters for VRRP are refused by name, without repeating them."""
    fill_in(unpacked)
    file = unpacked / "secrets.env"
    file.write_text(file.read_text().replace(f"KEEPALIVED_VRRP={SECRET}", f"KEEPALIVED_VRRP={SECRET}9"))
    done = install(unpacked, root, "--apply")
    told = "KEEPALIVED_VRRP has more than 8 characters, and the rest would be cut off"
    assert (done.returncode, done.stderr) == (1, f"install.sh: {file}: {told}\n")
    assert list(root.iterdir()) == []
