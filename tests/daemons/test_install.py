"""install.sh shows, refuses, writes and repeats as its help text says."""

from __future__ import annotations

import platform
import re
import subprocess
from pathlib import Path

import pytest

from generator.views.bundles import TOKEN
from tests.daemons.conftest import all_members, run
from tests.daemons.secrets_file import SECRET, value_of
from tests.daemons.secrets_file import fill_in as fill_in_node

CONTROLLERS = {
    member.fleet.deployment.platform.id: member
    for member in all_members()
    if (member.fleet.deployment.topology_id, member.node.name) == ("collapsed", "hacontroller1")
}
"""A controller on each platform, with the newest release that the platform has."""

on_each_platform = pytest.mark.parametrize("unpacked", CONTROLLERS, indirect=True)
"""For what differs by platform; the rest of install.sh is the same program everywhere, as a test below proves."""


@pytest.fixture
def unpacked(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """The bundle of hacontroller1 as it is published, of Liberty on CentOS 7 by default, secrets not filled in."""
    found = CONTROLLERS[getattr(request, "param", "centos-7")]
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
    fill_in_node(unpacked, value).chmod(mode)


def install(unpacked: Path, root: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Run install.sh on the folder."""
    return run(unpacked / "install.sh", "--root", root, *options)


def placed(unpacked: Path) -> dict[str, Path]:
    """Every file that the bundle brings, by its path on the node."""
    base = unpacked / "rootfs"
    files = {f"/{path.relative_to(base)}": path for path in base.rglob("*") if path.is_file()}
    assert len(files) > 15
    return dict(sorted(files.items()))


@on_each_platform
def test_without_options_it_only_tells_what_it_would_do(unpacked: Path, root: Path) -> None:
    """The dry run names every file, what is still missing, and writes nothing."""
    done = install(unpacked, root)
    assert done.returncode == 0, done.stderr
    assert [line.split()[1] for line in done.stdout.splitlines() if line.startswith("  new ")] == list(placed(unpacked))
    count = len(placed(unpacked))
    assert f"{count} of {count} files would change. Nothing was written; --apply writes them." in done.stdout
    left = next(line for line in done.stdout.splitlines() if line.startswith("Before --apply, secrets.env"))
    named = sorted(set(TOKEN.findall("".join(path.read_text() for path in placed(unpacked).values()))))
    assert left.split(": ")[1].split() == named
    assert {"HAPROXY_STATS", "KEYSTONE_DATABASE", "RABBITMQ_OPENSTACK"} <= set(named)
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


@on_each_platform
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
    assert "  changed  /etc/sysctl.d/60-haproxy.conf (0644 root:root)\n" in shown.stdout
    assert "           --- /etc/sysctl.d/60-haproxy.conf as it is\n" in shown.stdout
    assert "           -net.ipv4.ip_nonlocal_bind = 0\n" in shown.stdout
    assert install(unpacked, root, "--apply").returncode == 0
    copies = list((root / "var/backups/ha-guide").glob("*/old/etc/sysctl.d/60-haproxy.conf"))
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
        f"install.sh: {file}: line {number}: EXTRA may hold letters, digits and . _ ~ + / = - only\n"
    )
    assert list(root.iterdir()) == []


def test_it_refuses_the_wrong_host(unpacked: Path) -> None:
    """On a machine of another name it does nothing."""
    done = run(unpacked / "install.sh")
    assert (done.returncode, done.stdout) == (1, "")
    expected = f"install.sh: this is {platform.node()}, but the bundle is for hacontroller1"
    assert done.stderr.splitlines()[0] == expected


def test_an_unknown_option_is_refused_with_the_usage(unpacked: Path) -> None:
    """A misspelt option prints the usage and exits with 1."""
    done = run(unpacked / "install.sh", "--aply")
    assert done.returncode == 1
    assert done.stderr.splitlines()[0].startswith("Usage: ./install.sh")
    assert done.stderr.splitlines()[-1] == "install.sh: unknown option: --aply"


@on_each_platform
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
    number = file.read_text().splitlines().index(f"KEEPALIVED_VRRP={SECRET}9") + 1
    told = f"line {number}: KEEPALIVED_VRRP has more than 8 characters, and the rest would be cut off"
    assert (done.returncode, done.stderr) == (1, f"install.sh: {file}: {told}\n")
    assert list(root.iterdir()) == []


def replace_value(unpacked: Path, name: str, value: str) -> int:
    """Give a secret another value, and return the number of its line."""
    file = unpacked / "secrets.env"
    old = f"{name}={value_of(name)}"
    lines = file.read_text().splitlines()
    number = lines.index(old)
    lines[number] = f"{name}={value}"
    file.write_text("\n".join(lines) + "\n")
    return number + 1


def test_it_reports_all_bad_secrets_at_once_and_shows_none(unpacked: Path, root: Path) -> None:
    """Each mistake has its line and name: what a URL cannot hold, a wrong length, a name twice, another line end."""
    fill_in(unpacked)
    file = unpacked / "secrets.env"
    told = {
        replace_value(unpacked, "REDIS", "sl/ash"): "REDIS may hold letters, digits and . _ ~ - only",
        replace_value(unpacked, "RABBITMQ_ERLANG_COOKIE", "pl+us"): (
            "RABBITMQ_ERLANG_COOKIE may hold letters, digits and . _ ~ - only"
        ),
        replace_value(unpacked, "MONGODB_KEY_FILE", "co:lon"): (
            "MONGODB_KEY_FILE may hold letters, digits and + / = _ - only"
        ),
        replace_value(unpacked, "HEAT_AUTH_ENCRYPTION_KEY", "x" * 31): (
            "HEAT_AUTH_ENCRYPTION_KEY must have exactly 32 characters"
        ),
        replace_value(unpacked, "HAPROXY_STATS", "~root"): (
            "HAPROXY_STATS must begin with another character than ~ and -"
        ),
    }
    stands = replace_value(unpacked, "MYSQL_ROOT", "first")
    count = len(file.read_text().splitlines())
    with file.open("a", newline="") as stream:
        stream.write("MYSQL_ROOT=second\nREMARK=windows\r\nexport X=1\n\n# a remark\n")
    told |= {
        count + 1: f"MYSQL_ROOT has stood in line {stands} already",
        count + 2: "ends in a carriage return: save the file with the line ends of Unix",
        count + 3: "must be NAME=value, or begin with #",
    }
    file.chmod(0o640)
    done = install(unpacked, root, "--apply")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.splitlines() == [
        f"install.sh: {file}: can be read by others: chmod 0600 it",
        *(f"install.sh: {file}: line {number}: {what}" for number, what in sorted(told.items())),
    ]
    assert list(root.iterdir()) == []


def test_a_key_file_may_hold_base64(unpacked: Path, root: Path) -> None:
    """What `openssl rand -base64` makes is fit for a key file."""
    fill_in(unpacked)
    replace_value(unpacked, "MONGODB_KEY_FILE", "/ab+c==")
    assert install(unpacked, root, "--apply").returncode == 0
    assert (root / "etc/mongodb.key").read_text().rstrip("\n") == "/ab+c=="


@pytest.mark.parametrize("unpacked", ["debian-13"], indirect=True)
def test_a_fernet_key_may_begin_with_a_dash(unpacked: Path, root: Path) -> None:
    """One in 64 of the keys does that Keystone and `secrets new` make; no command ever gets one as an argument."""
    fill_in(unpacked)
    key = "-" + "k" * 42 + "="
    replace_value(unpacked, "KEYSTONE_CREDENTIAL_OTHER", key)
    done = install(unpacked, root, "--apply")
    assert done.returncode == 0, done.stderr
    keys = [file.read_text().strip() for file in (root / "etc/keystone/credential-keys").iterdir()]
    assert key in keys


def test_a_file_for_secrets_that_is_not_there_is_refused(unpacked: Path, root: Path) -> None:
    """A misspelt --secrets is not taken for a bundle without secrets."""
    done = install(unpacked, root, "--secrets", "/nowhere/secrets.env")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "install.sh: --secrets needs a file: there is no /nowhere/secrets.env\n"


def step_of(unpacked: Path, name: str) -> str:
    """A step of the base system, whose number has as many digits as that of the last step."""
    (path,) = unpacked.glob(f"steps/*-base-{name}.sh")
    return str(path.relative_to(unpacked))


@on_each_platform
def test_the_dry_run_lists_packages_units_and_firewall_openings(unpacked: Path, root: Path) -> None:
    """With --root they are listed as the steps and the files have them, without asking the machine."""
    shown = install(unpacked, root).stdout
    sections = dict(re.findall(r"^([A-Z]\w+(?: openings)?) \((.*)\)\n", shown, re.MULTILINE))
    assert sections == {
        "Packages": f"{step_of(unpacked, 'packages')} installs them",
        "Units": "the steps of their services start them",
        "Firewall openings": f"{step_of(unpacked, 'firewall')} makes them",
    }
    parts = dict(re.findall(r"^([A-Z]\w+(?: openings)?) \(.*\)\n((?:  .*\n)+)", shown, re.MULTILINE))
    step = (unpacked / step_of(unpacked, "packages")).read_text()
    asked = re.search(
        r"^(?:yum install -y|wanted=\$\(missing) \\\n((?:    [\w.+-]+(?: \\\n|\)?$))+)", step, re.MULTILINE
    )
    assert asked
    assert parts["Packages"].split() == asked[1].replace("\\", " ").rstrip(")").split()
    units = [line.split() for line in parts["Units"].splitlines()]
    verified = re.findall(r"^unit (\S+)", (unpacked / "verify.sh").read_text(), re.MULTILINE)
    assert len(verified) > 20
    assert set(verified) <= {unit for unit, *_ in units}
    openings = [" ".join(line.split()) for line in parts["Firewall openings"].splitlines()]
    nft = unpacked / "rootfs/etc/ha-guide/firewall.nft"
    rules = (nft if nft.exists() else unpacked / step_of(unpacked, "firewall")).read_text()
    assert len(openings) == len(re.findall(r"^# .* \(\S+\)$|accept comment (?!\"ssh\")", rules, re.MULTILINE))
    assert openings[:2] == [
        "tcp 80 from 192.0.2.12, 192.0.2.13: Dashboard.",
        "tcp 80 from anywhere to 192.0.2.10: Dashboard.",
    ]
    assert "vrrp from 192.0.2.12, 192.0.2.13: VRRP advertisements between the load balancers." in openings


def test_a_unit_that_runs_several_processes_is_listed_once_with_all_of_them(unpacked: Path, root: Path) -> None:
    """The httpd of CentOS serves Keystone and the dashboard."""
    assert re.findall(r"^  httpd +(.*)$", install(unpacked, root).stdout, re.MULTILINE) == ["keystone, horizon"]


def same_program(script: str) -> str:
    """An installer without its lists and without the words that name a platform, a release or a node."""
    without_lists = re.sub(r"(<<'([A-Z]+)'\n).*?^\2$", r"\1", script, flags=re.DOTALL | re.MULTILINE)
    numbers = r"(?<=%-)\d+(?=s  %s)|(?<=steps/)0+(?=1-base-)"
    words = r"^query=.*|^has_package\(\) .*|Made by the HA guide .*|(?<=echo \"# ).*(?=\")"
    return re.sub(f"{numbers}|{words}", "", without_lists, flags=re.MULTILINE)


def test_the_installers_of_all_bundles_are_one_program() -> None:
    """They differ in their lists, and in node and platform; so what one of them does, all do with their own lists."""
    found = set()
    for member in all_members():
        platform = member.fleet.deployment.platform
        script = member.tree["install.sh"].data.decode().replace(f"{platform.os_id} {platform.os_version}", "PLATFORM")
        found.add(same_program(script.replace(member.node.name, "NODE")))
    assert len(found) == 1


def test_a_folder_in_the_place_of_a_file_is_refused(unpacked: Path, root: Path) -> None:
    """It would be wrong to put the file into it or to remove it."""
    fill_in(unpacked)
    (root / "etc/hosts").mkdir(parents=True)
    done = install(unpacked, root, "--apply")
    told = "install.sh: /etc/hosts is there, but is no file: move it away first\n"
    assert (done.returncode, done.stdout, done.stderr) == (1, "", told)


def test_a_link_is_replaced_by_the_file_and_comes_back(unpacked: Path, root: Path) -> None:
    """What a link leads to is left alone."""
    fill_in(unpacked)
    (root / "etc").mkdir()
    (root / "etc/elsewhere").write_text("old\n")
    (root / "etc/hosts").symlink_to("elsewhere")
    shown = install(unpacked, root, "--apply").stdout
    assert "  changed  /etc/hosts (link to elsewhere becomes a file, 0644 root:root)\n" in shown
    assert not (root / "etc/hosts").is_symlink()
    assert (root / "etc/elsewhere").read_text() == "old\n"
    assert "  back     /etc/hosts (link to elsewhere)\n" in install(unpacked, root, "--restore").stdout
    assert install(unpacked, root, "--restore", "--apply").returncode == 0
    assert (root / "etc/hosts").readlink() == Path("elsewhere")


def test_bash_runs_it_as_dash_does(unpacked: Path, root: Path) -> None:
    """Another POSIX shell gives the same result."""
    fill_in(unpacked)
    for options in (["--apply"], ["--apply"], ["--restore", "--apply"]):
        done = run("bash", "--posix", unpacked / "install.sh", "--root", root, *options)
        assert (done.returncode, done.stderr) == (0, "")
    assert sorted(str(path.relative_to(root)) for path in root.iterdir()) == ["var"]
