"""The program that makes a registry reads what packages register, and says everything that is missing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

TOOL = Path(__file__).parent.parent / "tools" / "registry.py"

OPTIONS = '''
"""A package with options as oslo.config makes them, as far as anybody looks at them."""

print("packages may print while they are imported")


class Option:
    def __init__(self, dest, type, **more):
        self.dest, self.type = dest, type
        self.deprecated_for_removal, self.deprecated_opts = False, []
        self.__dict__.update(more)


class Former:
    def __init__(self, name, group):
        self.name, self.group = name, group


class Group:
    name = "basket"


class Integer:
    def __init__(self, min=None, max=None):
        self.min, self.max = min, max


class Seeds(Integer):
    """A type that the service made of another one."""


class String:
    def __init__(self, choices=None):
        self.choices = choices


class List:
    def __init__(self, item_type):
        self.item_type = item_type


class Odd:
    pass


def list_opts():
    return [
        (None, [Option("seeds", Seeds(min=1, max=9)), Option("juice", Odd())]),
        (
            Group,
            [
                Option("colour", String({"red", "green", "blue"}), deprecated_opts=[Former("paint-name", None)]),
                Option("sorts", List(String(["apple", "pear"])), deprecated_opts=[Former(None, "DEFAULT")]),
                Option("worm", str, deprecated_for_removal=True),
                Option("hand", Odd(), multi=True),
            ],
        ),
    ]


def list_juice_opts():
    return [("DEFAULT", [Option("juice", String())])]


def list_broken_opts():
    raise RuntimeError("rotten")
'''

PLUGINS = """
class Option:
    def __init__(self, dest, *former):
        self.dest = dest
        self.name = dest.replace("_", "-")
        self.deprecated = [Option(name) for name in former]


def get_plugin_options(name):
    return {"password": [Option("username", "user_name"), Option("password")]}[name]
"""

ENTRY_POINTS = """
[oslo.config.opts]
fruit = fruit:list_opts
fruit.broken = fruit:list_broken_opts
fruit.juice = fruit:list_juice_opts
"""

SAMPLE = """
# Words with an = sign are no option, nor is the section [garden].
[DEFAULT]
# bind_ip = 0.0.0.0
#user=swift
[filter:cache]
use = egg:swift#memcache
# log.name = cache
"""

TABLE = """
plugins = ["password"]
[files]
"fruit/fruit.conf" = ["fruit", "fruit.juice"]
"fruit/juice.conf" = ["fruit.juice"]
[samples]
"swift/proxy.conf" = "{folder}/sam*/proxy.conf"
[aliases]
"fruit/other.conf" = "fruit/fruit.conf"
"""

EXPECTED = """\
{
"_source":"An orchard.",
"aliases":{"fruit/other.conf": "fruit/fruit.conf"},
"auth_plugin_options":{"password": {"password": [], "username": ["user_name"]}},
"files":{
"fruit/fruit.conf":{
"DEFAULT":{
"juice":{"type":"str"},
"seeds":{"max":9,"min":1,"type":"int"}
},
"basket":{
"colour":{"choices":["blue","green","red"],"type":"str","was":["basket/paint_name"]},
"hand":{"type":"multi"},
"sorts":{"choices":["apple","pear"],"type":"list","was":["DEFAULT/sorts"]},
"worm":{"removal":true,"type":"str"}
}
},
"fruit/juice.conf":{
"DEFAULT":{
"juice":{"type":"str"}
}
},
"swift/proxy.conf":{
"DEFAULT":{
"bind_ip":{"type":"any"},
"user":{"type":"any"}
},
"filter:cache":{
"log.name":{"type":"any"},
"use":{"type":"any"}
}
}
}
}
"""


@pytest.fixture
def orchard(tmp_path: Path) -> Path:
    """A folder with installed packages, a sample and a table."""
    texts = {
        "packages/fruit/__init__.py": OPTIONS,
        "packages/fruit-1.dist-info/METADATA": "Metadata-Version: 2.1\nName: fruit\nVersion: 1\n",
        "packages/fruit-1.dist-info/entry_points.txt": ENTRY_POINTS,
        "packages/keystoneauth1/__init__.py": "",
        "packages/keystoneauth1/loading.py": PLUGINS,
        "samples/proxy.conf": SAMPLE,
        "table.toml": TABLE.format(folder=tmp_path),
    }
    for name, text in texts.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


def make(orchard: Path, *more: str) -> subprocess.CompletedProcess[str]:
    """Make the registry `out.json` with Python's own packages and those of the orchard."""
    return subprocess.run(
        [
            sys.executable, str(TOOL), str(orchard / "out.json"), "--source", "An orchard.",
            "--table", str(orchard / "table.toml"), *more,
        ],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(orchard / "packages")},
    )  # fmt: skip


def test_a_registry_holds_the_options_of_all_namespaces_of_a_file(orchard: Path) -> None:
    """With type, bounds, choices and former names, however the packages arrange them; nothing else is written."""
    done = make(orchard)
    assert (done.returncode, done.stdout, (orchard / "out.json").read_text()) == (0, "", EXPECTED)
    assert "fruit.broken" in done.stderr.removeprefix(f"Namespaces that no file of {orchard}/table.toml uses: ").split()
    assert sorted(path.name for path in orchard.iterdir()) == ["out.json", "packages", "samples", "table.toml"]
    assert list(orchard.rglob("__pycache__")) == []


def test_everything_that_is_missing_is_told_at_once(orchard: Path) -> None:
    """Namespaces, samples, plugins and files of the command line; the registry that is there stays as it is."""
    (orchard / "out.json").write_text("as before")
    (orchard / "table.toml").write_text(
        'plugins = ["ticket"]\n'
        '[files]\n"fruit/fruit.conf" = ["fruit", "fruit.broken", "fruit.none"]\n'
        '[samples]\n"fruit/sample.conf" = "/no/such/*.conf"\n'
    )
    done = make(orchard, "--only", "fruit/fruit.conf", "--only", "fruit/sample.conf", "--only", "fruit/x.conf")
    assert (done.returncode, done.stdout, (orchard / "out.json").read_text()) == (1, "", "as before")
    assert done.stderr.splitlines() == [
        "fruit/x.conf: not in the table",
        "fruit.broken: RuntimeError: rotten",
        "fruit.none: no installed package has this namespace",
        "fruit/sample.conf: there is no sample /no/such/*.conf",
        "keystoneauth1, plugin ticket: KeyError: 'ticket'",
        f"Nothing is written. Install what is missing, or correct {orchard}/table.toml.",
    ]


def test_a_table_that_cannot_be_read_is_told(orchard: Path) -> None:
    """Where and why, without a traceback."""
    (orchard / "table.toml").write_text("[files\n")
    done = make(orchard)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.splitlines() == [
        f"{orchard}/table.toml: Expected ']' at the end of a table declaration (at line 1, column 7)",
        f"Nothing is written. Install what is missing, or correct {orchard}/table.toml.",
    ]


def test_a_root_folder_without_python_is_told(orchard: Path) -> None:
    """The program that was to be run says why it did not, once for all services."""
    (orchard / "root").mkdir()
    done = make(orchard, "--root", str(orchard / "root"))
    assert (done.returncode, done.stdout, (orchard / "out.json").exists()) == (1, "", False)
    assert done.stderr.splitlines()[0].startswith(f"chroot {orchard}/root /usr/bin/python3 ended with 12")
    assert len(done.stderr.splitlines()) == 2
