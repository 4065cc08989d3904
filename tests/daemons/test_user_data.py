"""User-data is what cloud-init takes, holds the published bundle and no secret, and its commands do what they say."""

from __future__ import annotations

import base64
import importlib
import json
import subprocess
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import jsonschema
import pytest
import yaml

from generator import pipeline
from generator.archive import tar_gz
from generator.fleet import NOVA_LIMIT, render_fleet
from generator.render import Edition
from generator.tree import Tree, below
from generator.views.bundles import TOKEN
from tests.bundled import DATA
from tests.conftest import TINY
from tests.daemons.conftest import run
from tests.fleets import Fleet, fleets

PACKAGE = Path(__file__).parent.parent.parent / ".cache/cloud-init/usr/lib/python3/dist-packages/cloudinit"


@cache
def bundles(data: Path, release: str, topology: str) -> Tree:
    """Everything that `bundle` writes."""
    return pipeline.bundle(pipeline.load(data), release, topology, "", Edition(revision="test"))


def user_data(tree: Tree) -> dict[str, str]:
    """The user-data of every node."""
    found = {
        path.partition(".")[0]: blob.data.decode() for path, blob in tree.items() if path.endswith(".user-data.yml")
    }
    assert found
    return found


def cloud_init_util() -> ModuleType:
    """cloud-init's own module that turns `runcmd` into a script, from Debian's package."""
    assert PACKAGE.is_dir(), f"{PACKAGE} is missing: `make test` unpacks it"
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(PACKAGE.parent)
        return importlib.import_module("cloudinit.util")


@pytest.mark.parametrize("fleet", fleets(), ids=lambda fleet: fleet.name)
def test_cloud_init_takes_it_and_it_holds_the_published_archive(fleet: Fleet) -> None:
    """It begins with the line that cloud-init looks for, and fits the schema that cloud-init checks it with.

    It holds the same bytes as the node's archive, so no secret: every name is still a @@NAME@@.
    """
    schema = json.loads((PACKAGE / "config/schemas/schema-cloud-config-v1.json").read_text())
    keys = {"hostname", "fqdn", "manage_etc_hosts", "write_files", "runcmd"}
    found = user_data(render_fleet(fleet.deployment, fleet.trees))
    assert list(found) == [member.node.name for member in fleet.members]
    for node, text in found.items():
        assert text.splitlines()[0] == "#cloud-config"
        config = yaml.load(text, yaml.CSafeLoader)
        jsonschema.Draft4Validator(schema).validate(config)
        assert set(config) == keys
        assert (config["hostname"], config["manage_etc_hosts"]) == (node, False)
        # What cc_write_files of cloud-init 18.5 knows; `defer` and `source` came later.
        (file,) = config["write_files"]
        assert base64.b64decode(file.pop("content"), validate=True) == tar_gz(below(node, fleet.trees[node]))
        path = f"/root/{node}.tar.gz"
        assert file == {"path": path, "owner": "root:root", "permissions": "0600", "encoding": "b64"}
        assert "secrets.env" not in fleet.trees[node]
        assert any(TOKEN.search(blob.data.decode()) for blob in fleet.trees[node].values())


def test_bundle_writes_it_and_the_same_each_time() -> None:
    """What lies beside the folders of the nodes is what the test above looks at, byte for byte."""
    fleet = next(fleet for fleet in fleets() if fleet.name == "liberty-centos-7-collapsed")
    assert user_data(bundles(DATA, "liberty", "collapsed")) == user_data(render_fleet(fleet.deployment, fleet.trees))


def test_the_schema_would_refuse_a_mistake() -> None:
    """The schema holds rules for the keys that are used."""
    schema = json.loads((PACKAGE / "config/schemas/schema-cloud-config-v1.json").read_text())
    validator = jsonschema.Draft4Validator(schema)
    wrong: list[dict[str, Any]] = [
        {"hostname": 1},
        {"manage_etc_hosts": "maybe"},
        {"write_files": [{"content": ""}]},
        {"write_files": [{"path": "/a", "encoding": "rot13"}]},
        {"runcmd": [1]},
    ]
    assert [validator.is_valid(config) for config in wrong] == [False] * len(wrong)


def test_only_user_data_too_large_for_nova_says_so() -> None:
    """The comment stands exactly where base64 makes more of it than Nova takes."""
    found = user_data(bundles(DATA, "liberty", "collapsed"))
    large = {node: len(base64.b64encode(text.encode())) > NOVA_LIMIT for node, text in found.items()}
    assert set(large.values()) == {True, False}
    assert {node: "more than the 65535 characters that Nova takes" in text for node, text in found.items()} == large


NAMESPACE = """
set -e
hostname node1.garden.example
mkdir -p "$NODE/root" "$NODE/etc"
cp -a /etc/alternatives /etc/ld.so.cache "$NODE/etc/"
printf 'root:x:0:0::/root:/bin/sh\\n%s' "$USERS" > "$NODE/etc/passwd"
printf 'root:x:0:\\n%s' "$GROUPS_" > "$NODE/etc/group"
printf 'ID=plum\\nVERSION_ID="1"\\n' > "$NODE/etc/os-release"
mount --bind "$NODE/etc" /etc
mount --bind "$NODE/root" /root
mount -t tmpfs -o mode=755 tmpfs /usr/libexec
mount -t tmpfs tmpfs /var/backups
"""
"""A node of the fictional cloud: its name, its platform, its users, and nothing of the bundle."""


class Boot:
    """The first start of a node, below a folder."""

    def __init__(self, folder: Path) -> None:
        """Prepare what cloud-init does before it runs the commands: it writes the archive."""
        self.tree = bundles(TINY, "banana", "garden")
        self.config = yaml.safe_load(user_data(self.tree)["node1"])
        self.node = folder / "node"
        self.root = self.node / "root"
        self.root.mkdir(parents=True)
        archive = self.root / "node1.tar.gz"
        archive.write_bytes(base64.b64decode(self.config["write_files"][0]["content"]))
        archive.chmod(0o600)
        stub = folder / "bin/yum"
        stub.parent.mkdir()
        stub.write_text('#!/bin/sh\necho "yum $*" >> /root/yum.log\n')
        stub.chmod(0o755)
        manifest = json.loads(self.tree["node1/manifest.json"].data)
        self.names = [secret["name"] for secret in manifest["secrets"]]
        self.files = [file for file in manifest["files"] if file["path"].startswith("rootfs/")]
        owners = sorted({name for file in self.files for name in file["owner"].split(":")} - {"root"})
        rows = list(enumerate(owners, start=5000))
        self.environment = {
            "PATH": f"{stub.parent}:/usr/sbin:/usr/bin:/sbin:/bin",
            "NODE": str(self.node),
            "USERS": "".join(f"{name}:x:{number}:{number}::/:/bin/sh\n" for number, name in rows),
            "GROUPS_": "".join(f"{name}:x:{number}:\n" for number, name in rows),
        }
        self.script = folder / "runcmd"
        self.script.write_text(cloud_init_util().shellify(self.config["runcmd"]))

    def give_secrets(self, mode: int = 0o600) -> None:
        """Put secrets.env where an image or an operator would, before the commands run."""
        file = self.root / "secrets.env"
        file.write_text("".join(f"{name}=s3cr3t42\n" for name in self.names))
        file.chmod(mode)

    def start(self) -> subprocess.CompletedProcess[str]:
        """Run the commands as cloud-init does."""
        return run(
            "unshare", "--mount", "--uts", "sh", "-c", f'{NAMESPACE}exec /bin/sh "$1"', "sh", self.script,
            env=self.environment,
        )  # fmt: skip

    def log(self) -> str:
        """What the commands said; only root may read it."""
        file = self.root / "ha-guide/first-boot.log"
        assert (file.parent.stat().st_mode & 0o7777, file.stat().st_mode & 0o7777) == (0o700, 0o600)
        return file.read_text()

    def written(self) -> dict[str, str]:
        """Those files of the bundle that are on the node, below /etc."""
        paths = [file["path"].removeprefix("rootfs/") for file in self.files]
        found = {path: self.node / path for path in paths if path.startswith("etc/")}
        assert len(found) > 5
        return {path: file.read_text() for path, file in found.items() if file.exists()}


@pytest.fixture
def boot(tmp_path: Path) -> Boot:
    """A node that starts for the first time."""
    return Boot(tmp_path)


def test_without_secrets_it_installs_packages_and_shows_the_rest(boot: Boot) -> None:
    """The bundle lies in /root/ha-guide, the packages are asked for, and no file is written."""
    done = boot.start()
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert (boot.root / "yum.log").read_text().startswith("yum install -y cellar ")
    log = boot.log()
    assert "files would change. Nothing was written; --apply writes them." in log
    assert log.endswith("There is no /root/secrets.env, so nothing was written: go on with README.md.\n")
    assert boot.written() == {}
    own = {path.removeprefix("node1/"): blob for path, blob in boot.tree.items() if path.startswith("node1/")}
    folder = boot.root / "ha-guide"
    laid = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    assert sorted(set(laid) - {"first-boot.log"}) == sorted(own)
    for name, blob in own.items():
        assert (laid[name].read_bytes(), laid[name].stat().st_mode & 0o7777) == (blob.data, blob.mode), name


def test_with_secrets_in_place_it_writes_the_files(boot: Boot) -> None:
    """A secrets.env that was there before is taken, and no value of it is logged."""
    boot.give_secrets()
    done = boot.start()
    assert done.returncode == 0, boot.log()
    assert len(boot.written()) == sum(file["path"].startswith("rootfs/etc/") for file in boot.files)
    assert "@@" not in "".join(boot.written().values())
    assert "s3cr3t42" in boot.written()["etc/haproxy/haproxy.cfg"]
    assert "s3cr3t42" not in boot.log()
    assert (boot.root / "ha-guide/secrets.env").stat().st_mode & 0o7777 == 0o600


def test_secrets_that_others_can_read_are_not_taken(boot: Boot) -> None:
    """cloud-init is told of a failure, and no file is written."""
    boot.give_secrets(mode=0o640)
    assert boot.start().returncode == 1
    assert "/root/secrets.env must belong to root and have the mode 0600; nothing was written.\n" in boot.log()
    assert boot.written() == {}


def test_the_wrong_host_name_stops_it(boot: Boot) -> None:
    """User-data given to another machine installs nothing there."""
    boot.script.write_text("hostname stranger\n" + boot.script.read_text())
    assert boot.start().returncode == 1
    assert "this is stranger, but the script is for node1" in boot.log()
    assert not (boot.root / "yum.log").exists()
