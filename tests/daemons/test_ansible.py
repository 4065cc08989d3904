"""The play installs bundles as install.sh does: it shows, refuses, writes and repeats; steps go in step over all nodes.

Each node is a set of namespaces with its own host name, /etc, /root and /usr/libexec, which the interpreter of its
modules enters; the play itself runs outside of them, as it does on a machine from which nodes are managed.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from generator import pipeline
from generator.deploy import internal
from generator.fleet import PLAYS, render_fleet
from generator.render import Edition
from generator.tree import Tree
from generator.views.bundles import TOKEN
from tests.conftest import TINY
from tests.daemons.conftest import BANNER
from tests.fleets import Fleet, fleets

NODES = ("node1", "node2", "node3", "tree1")
PLAYBOOKS = {"newest": Path(sys.prefix) / "bin/ansible-playbook", "debian": Path("/usr/bin/ansible-playbook")}
"""ansible-core of the lock file, and Debian's: 2.14 of Debian 12 still manages the Python 2.7 of CentOS 7."""

ENTER = """#!/bin/sh
# As the node {node}, run the interpreter with its arguments.
exec unshare --mount --uts sh -c '
set -e
hostname {node}.garden.example
mount --bind {root}/etc /etc
mount --bind {root}/root /root
mount --bind {root}/usr/libexec /usr/libexec
exec /usr/bin/python3 "$@"' sh "$@"
"""

STUBS = {
    "rpm": "cat /etc/installed",
    "yum": 'shift 2; for name; do grep -qx "$name" /etc/installed || echo "$name" >> /etc/installed; done',
}
"""A package manager that only keeps a list; `yum install -y NAME...` is how the bundle calls it."""


@cache
def fleet() -> Tree:
    """Everything that `bundle` writes for the fictional cloud."""
    return pipeline.bundle(pipeline.load(TINY), "banana", "garden", "", Edition(revision="test"))


class Site:
    """The bundles on a managing machine, and the nodes, all below one folder."""

    def __init__(self, folder: Path) -> None:
        """Lay everything out in an empty folder."""
        self.bundles, self.nodes = folder / "bundles", folder / "nodes"
        for path, blob in fleet().items():
            write(self.bundles / path, blob.data.decode(), blob.mode)
        for name, line in STUBS.items():
            write(folder / "bin" / name, f"#!/bin/sh\n{line}\n", 0o755)
        self.environment = {
            "PATH": f"{folder}/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "HOME": str(folder),
            "LC_ALL": "C.UTF-8",
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_PIPELINING": "1",
            "ANSIBLE_REMOTE_TEMP": str(folder / "remote"),
            "ANSIBLE_CALLBACK_RESULT_FORMAT": "yaml",
        }
        for node in NODES:
            self.make_node(node)

    def make_node(self, node: str) -> None:
        """A node of the platform with the users of its files, and no file of the bundle."""
        root = self.nodes / node
        for folder in ("root", "usr/libexec", "etc"):
            (root / folder).mkdir(parents=True)
        shutil.copytree("/etc/alternatives", root / "etc/alternatives", symlinks=True)
        shutil.copy("/etc/ld.so.cache", root / "etc/ld.so.cache")
        names = sorted({name for file in self.files(node) for name in file["owner"].split(":")} - {"root"})
        rows = [("root", 0), *((name, number) for number, name in enumerate(names, start=5000))]
        write(root / "etc/passwd", "".join(f"{name}:x:{number}:{number}::/:/bin/sh\n" for name, number in rows))
        write(root / "etc/group", "".join(f"{name}:x:{number}:\n" for name, number in rows))
        write(root / "etc/os-release", 'NAME="Plum"\nID=plum\nVERSION_ID="1"\n')
        write(root / "etc/installed", "base\n")
        write(self.nodes / f"{node}-python", ENTER.format(node=node, root=root), 0o755)

    def manifest(self, node: str) -> dict[str, Any]:
        """What the bundle says about itself."""
        found: dict[str, Any] = json.loads((self.bundles / node / "manifest.json").read_text())
        return found

    def files(self, node: str) -> list[dict[str, Any]]:
        """The files that a node must have."""
        found = [file for file in self.manifest(node)["files"] if file["path"].startswith("rootfs/")]
        assert found
        return found

    def secret(self, name: str) -> str:
        """A value of eight characters, different for each name."""
        names = sorted({secret["name"] for node in NODES for secret in self.manifest(node)["secrets"]})
        return f"Zq{names.index(name):02}x7Kw"

    def give_secrets(self, *nodes: str, mode: int = 0o600) -> None:
        """Write secrets.env beside manifests."""
        for node in nodes:
            lines = [f"{item['name']}={self.secret(item['name'])}\n" for item in self.manifest(node)["secrets"]]
            write(self.bundles / node / "secrets.env", "# made here\n\n" + "".join(lines), mode)

    def play(self, *options: str, version: str = "newest") -> subprocess.CompletedProcess[str]:
        """Run the play on the inventory that came with it, whose nodes are the ones below this folder."""
        program = PLAYBOOKS[version]
        assert program.exists(), f"{program} is missing: `make test` installs it"
        reach = "".join(
            f"    {node}: {{ansible_connection: local, ansible_python_interpreter: {self.nodes}/{node}-python}}\n"
            for node in NODES
        )
        write(self.nodes / "reach.yml", f"all:\n  hosts:\n{reach}")
        command = [program, "-i", "inventory.yml", "-i", self.nodes / "reach.yml", "play.yml", *options]
        return subprocess.run(
            command, cwd=self.bundles, env=self.environment, capture_output=True, text=True, check=False, timeout=300
        )

    def state(self) -> dict[str, tuple[int, int, int, str]]:
        """Mode, owner, group and content of every file of every node."""
        return {
            path.relative_to(self.nodes).as_posix(): (
                path.stat().st_mode & 0o7777,
                path.stat().st_uid,
                path.stat().st_gid,
                path.read_bytes().decode("latin-1"),
            )
            for path in sorted(self.nodes.rglob("*"))
            if path.is_file() and "alternatives" not in path.parts and path.name != "reach.yml"
        }

    def expected(self, node: str) -> dict[str, tuple[int, int, int, str]]:
        """The files of a node as its manifest wants them, with the secrets filled in."""
        rows = [line.split(":") for line in (self.nodes / node / "etc/passwd").read_text().splitlines()]
        ids = {row[0]: int(row[2]) for row in rows}
        found = {}
        for file in self.files(node):
            user, group = file["owner"].split(":")
            text = (self.bundles / node / file["path"]).read_text()
            filled = TOKEN.sub(lambda match: self.secret(match[1]), text)
            target = f"{node}/{file['path'].removeprefix('rootfs/')}"
            found[target] = (int(file["mode"], 8), ids[user], ids[group], filled.encode().decode("latin-1"))
        return found


def write(path: Path, text: str, mode: int = 0o644) -> None:
    """Write a file with a mode, and the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(mode)


def recap(done: subprocess.CompletedProcess[str], count: str) -> dict[str, int]:
    """A number of the summary, for each node."""
    found = re.findall(rf"^(\w+) +: .*\b{count}=(\d+)", done.stdout.partition("PLAY RECAP")[2], re.MULTILINE)
    return {node: int(number) for node, number in found}


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """Four nodes, and their bundles as they are published."""
    return Site(tmp_path)


@pytest.mark.parametrize("version", PLAYBOOKS)
def test_it_shows_then_writes_every_file_and_the_second_time_nothing(site: Site, version: str) -> None:
    """Check mode changes nothing; a run leaves owner, mode and content of the manifest; another one changes nothing."""
    nodes = ("node1", "tree1")  # one of each kind
    site.give_secrets(*nodes)
    before = site.state()
    shown = site.play("--limit", "node1,tree1", "--check", "--diff", version=version)
    assert shown.returncode == 0, shown.stdout + shown.stderr
    assert site.state() == before
    for node in nodes:
        for file in site.files(node):
            assert file["path"].removeprefix("rootfs") in shown.stdout, file["path"]

    done = site.play("--limit", "node1,tree1", version=version)
    assert done.returncode == 0, done.stdout + done.stderr
    after = site.state()
    for node in nodes:
        wanted = site.expected(node)
        assert {path: after[path] for path in wanted} == wanted
        assert "@@" not in "".join(after[path][3] for path in wanted)
        packages = site.manifest(node)["packages"]
        assert (site.nodes / node / "etc/installed").read_text().splitlines() == ["base", *packages]
        folder = site.nodes / node / "root/ha-guide"
        assert (folder.stat().st_mode & 0o7777, (folder / "secrets.env").stat().st_mode & 0o7777) == (0o700, 0o600)

    again = site.play("--limit", "node1,tree1", version=version)
    assert again.returncode == 0, again.stdout + again.stderr
    assert recap(again, "changed") == dict.fromkeys(nodes, 0)
    assert site.state() == after


def test_a_changed_file_is_shown_and_a_copy_of_it_is_kept(site: Site) -> None:
    """The difference of a plain file is printed, and what it replaces stays beside it."""
    site.give_secrets(*NODES)
    file = next(file for file in site.files("node1") if not file["secret"] and file["path"].endswith(".conf"))
    target = site.nodes / "node1" / file["path"].removeprefix("rootfs/")
    write(target, "# by hand\n")
    shown = site.play("--check", "--diff", "--limit", "node1")
    assert "-# by hand\n" in shown.stdout
    assert target.read_text() == "# by hand\n"
    assert site.play("--limit", "node1").returncode == 0
    copies = [path.read_text() for path in target.parent.iterdir() if path.name.startswith(f"{target.name}.")]
    assert copies == ["# by hand\n"]


def test_no_secret_is_ever_printed(site: Site) -> None:
    """Neither values nor differences of files with secrets are shown, however much is asked for."""
    site.give_secrets(*NODES)
    values = [site.secret(secret["name"]) for node in NODES for secret in site.manifest(node)["secrets"]]
    text = ""
    for file in site.files("node1"):
        if file["secret"]:
            write(site.nodes / "node1" / file["path"].removeprefix("rootfs/"), "0ldS3cret\n")
    leak = '. ./secrets.env; echo "the key is $CELLAR_KEY" >&2'
    stub_steps(site, leak)
    for options in (("--check", "--diff"), ("--tags", "all,steps", "--diff")):
        done = site.play("-vvv", "--limit", "node1", *options)
        assert done.returncode == 0, done.stdout + done.stderr
        text += done.stdout + done.stderr
    assert "the key is *CELLAR_KEY*" in text
    assert [value for value in [*values, "0ldS3cret"] if value in text] == []
    assert site.state()["node1/root/ha-guide/secrets.env"][3].count(values[0]) == 1


def stub_steps(site: Site, line: str) -> None:
    """Replace every step script of all bundles but that of the packages."""
    for node in NODES:
        for script in sorted((site.bundles / node / "steps").iterdir())[1:]:
            write(script, f'#!/bin/sh\ncd "$(dirname "$0")/.."\n{line}\n', 0o755)


def refused(site: Site, *options: str) -> str:
    """What the play says when it stops, after a look that it has changed nothing on any node."""
    before = site.state()
    done = site.play(*options)
    assert done.returncode == 2, done.stdout + done.stderr
    assert site.state() == before
    return " ".join(done.stdout.split())


def test_the_wrong_host_is_refused_for_all(site: Site) -> None:
    """One node of another name stops the play before anything is written on any of them."""
    site.give_secrets(*NODES)
    enter = site.nodes / "node2-python"
    write(enter, enter.read_text().replace("hostname node2", "hostname node9"), 0o755)
    told = "answers 0, node9, plum 1 as user id, host name and platform, but the bundle is for 0, node2, plum 1"
    assert told in refused(site)


def test_the_wrong_platform_is_refused(site: Site) -> None:
    """Another version of the operating system is another platform."""
    site.give_secrets(*NODES)
    write(site.nodes / "tree1/etc/os-release", "ID=plum\nVERSION_ID=2\n")
    assert "answers 0, tree1, plum 2 as user id, host name and platform" in refused(site, "--limit", "tree1")


def test_a_secret_without_a_value_is_refused(site: Site) -> None:
    """Bundles as they are published name each secret that is missing and leave the nodes as they are."""
    needed = {name for file in site.files("node1") for name in tokens(site, "node1", file["path"])}
    assert f"no value for {', '.join(sorted(needed))}: give them one in" in refused(site, "--limit", "node1")


def tokens(site: Site, node: str, path: str) -> list[str]:
    """The secrets that a file of a bundle needs."""
    return TOKEN.findall((site.bundles / node / path).read_text())


def test_a_secrets_file_that_others_can_read_is_refused(site: Site) -> None:
    """The message names the command that mends it."""
    site.give_secrets("node1", mode=0o640)
    told = f"{site.bundles}/node1/secrets.env can be read by others: chmod 0600 it"
    assert told in refused(site, "--limit", "node1")


def test_a_bad_line_of_secrets_is_refused_by_its_number(site: Site) -> None:
    """What could start a command or a setting is no value; it is not repeated."""
    site.give_secrets("node1")
    file = site.bundles / "node1/secrets.env"
    number = len(file.read_text().splitlines()) + 1
    write(file, file.read_text() + "EXTRA={{ lookup('pipe', 'id') }}\n", 0o600)
    told = refused(site, "--limit", "node1")
    assert f"secrets.env, line {number} must be NAME=value with letters, digits and . _ ~ + / = - only" in told
    assert "lookup('pipe'" not in told


def test_a_password_that_keepalived_would_cut_is_refused(site: Site) -> None:
    """More than eight characters are refused by name."""
    site.give_secrets("node1")
    file = site.bundles / "node1/secrets.env"
    write(file, re.sub("^(KEEPALIVED_VRRP=.*)$", r"\g<1>9", file.read_text(), flags=re.MULTILINE), 0o600)
    told = "KEEPALIVED_VRRP has more than 8 characters, and the rest would be cut off"
    assert told in refused(site, "--limit", "node1")


def test_filled_files_need_no_secrets_file(site: Site) -> None:
    """Files that hold their values already are installed as they are."""
    for file in site.files("tree1") + site.files("node1"):
        for node in ("tree1", "node1"):
            path = site.bundles / node / file["path"]
            if path.exists():
                path.write_text(TOKEN.sub(lambda match: site.secret(match[1]), path.read_text()))
    done = site.play("--limit", "node1,tree1")
    assert done.returncode == 0, done.stdout + done.stderr
    after = site.state()
    for node in ("node1", "tree1"):
        wanted = site.expected(node)
        assert {path: after[path] for path in wanted} == wanted


LOG = 'echo "$(uname -n | cut -d. -f1) $(basename "$0")" >> {log}'


def log_of(site: Site) -> Path:
    """Where stub steps write who ran what, on a path that all nodes share."""
    return site.nodes.parent / "log"


def test_steps_run_only_when_asked_for(site: Site) -> None:
    """Without the tag no step script runs."""
    site.give_secrets("tree1")
    stub_steps(site, LOG.format(log=log_of(site)))
    assert site.play("--limit", "tree1").returncode == 0
    assert not log_of(site).exists()


def nodes_of(site: Site, number: int) -> list[str]:
    """The nodes whose manifests say that a step is for them."""
    lines = {node: site.manifest(node)["steps"][number - 1] for node in NODES}
    assert {line["number"] for line in lines.values()} == {number}
    return [node for node, line in lines.items() if line["here"]]


@pytest.mark.parametrize("version", PLAYBOOKS)
def test_a_step_is_finished_on_all_its_nodes_before_the_next_one(site: Site, version: str) -> None:
    """The order of the manifests holds over all nodes, though the first one is slow."""
    site.give_secrets(*NODES)
    stub_steps(site, "[ $(uname -n | cut -d. -f1) != node1 ] || sleep 0.3\n" + LOG.format(log=log_of(site)))
    done = site.play("--tags", "steps", version=version)
    assert done.returncode == 0, done.stdout + done.stderr
    ran = [tuple(line.split()) for line in log_of(site).read_text().splitlines()]
    steps = site.manifest("node1")["steps"][1:]
    wanted = [(node, step["file"].removeprefix("steps/")) for step in steps for node in nodes_of(site, step["number"])]
    assert len(wanted) > 6
    assert [file for _, file in ran] == [file for _, file in wanted]
    assert sorted(ran) == sorted(wanted)


def test_a_step_that_fails_on_one_node_stops_all(site: Site) -> None:
    """No node begins with the step after it."""
    site.give_secrets(*NODES)
    steps = site.manifest("node1")["steps"][1:]
    failing = next(step for step in steps if len(nodes_of(site, step["number"])) == len(NODES))
    assert failing is not steps[-1]
    stub_steps(site, LOG.format(log=log_of(site)))
    write(site.bundles / "node2" / failing["file"], "#!/bin/sh\necho no luck\nexit 3\n", 0o755)
    done = site.play("--tags", "steps")
    assert done.returncode == 2
    assert "no luck" in done.stdout
    ran = [line.split()[1] for line in log_of(site).read_text().splitlines()]
    assert sorted(set(ran)) == [step["file"].removeprefix("steps/") for step in steps[: steps.index(failing) + 1]]


def test_steps_without_their_secrets_are_refused(site: Site) -> None:
    """A filled bundle without secrets.env is enough for files, but not for steps."""
    names = [secret["name"] for secret in site.manifest("node1")["secrets"]]
    for file in site.files("node1"):
        path = site.bundles / "node1" / file["path"]
        path.write_text(TOKEN.sub("filled", path.read_text()))
    told = f"no value for {', '.join(sorted(names))}: give them one in"
    assert told in refused(site, "--tags", "steps", "--limit", "node1")


def test_verify_runs_the_check_of_each_node(site: Site) -> None:
    """The tag `verify` fails when a node is not well, and says what its verify.sh said."""
    for node in NODES:
        write(site.bundles / node / "verify.sh", "#!/bin/sh\necho ok cellar\n", 0o755)
    assert site.play("--tags", "verify").returncode == 0
    write(site.bundles / "node3/verify.sh", "#!/bin/sh\necho FAILED cellar\nexit 1\n", 0o755)
    done = site.play("--tags", "verify")
    assert (done.returncode, recap(done, "failed")) == (2, {"node1": 0, "node2": 0, "node3": 1, "tree1": 0})
    assert "FAILED cellar" in done.stdout


def test_bundles_of_two_revisions_are_refused(site: Site) -> None:
    """Nodes that disagree on the steps would not keep step."""
    site.give_secrets(*NODES)
    manifest = site.manifest("node2")
    manifest["steps"] = manifest["steps"][:-1]
    write(site.bundles / "node2/manifest.json", json.dumps(manifest))
    told = f"{site.bundles}/node2/manifest.json is for another node, or has other steps than {site.bundles}/node1/"
    assert told in refused(site)


REAL = {real.deployment.platform.id: real for real in fleets() if real.deployment.topology_id == "segregated"}
"""A site on each platform, of the newest release that the platform has, every role on nodes of its own."""


@pytest.mark.parametrize("real", REAL.values(), ids=lambda real: real.name)
def test_the_play_of_a_real_site_is_this_one_and_ansible_reads_its_inventory(real: Fleet, tmp_path: Path) -> None:
    """The play and its lists are the same for every site; hosts, addresses and roles are the site's own."""
    tree = render_fleet(real.deployment, real.trees)
    for name in PLAYS:
        texts = {BANNER.sub("", found[f"{name}.yml"].data.decode()) for found in (tree, fleet())}
        assert len(texts) == 1, name
    write(tmp_path / "inventory.yml", tree["inventory.yml"].data.decode())
    done = subprocess.run(
        [PLAYBOOKS["newest"].with_name("ansible-inventory"), "-i", tmp_path / "inventory.yml", "--list"],
        env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "LC_ALL": "C.UTF-8"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    told = json.loads(done.stdout)
    nodes = {member.node.name: member.node for member in real.members}
    addresses = {name: values["ansible_host"] for name, values in told["_meta"]["hostvars"].items()}
    assert addresses == {name: internal(node) for name, node in nodes.items()}
    roles = sorted({role for node in nodes.values() for role in node.roles})
    assert {name: group["hosts"] for name, group in told.items() if name.startswith("role_")} == {
        f"role_{role.replace('-', '_')}": [name for name, node in nodes.items() if role in node.roles] for role in roles
    }
