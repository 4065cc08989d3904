"""Texts of a topology file that mean something to a shell, a template or a page are refused or stay what they are."""

from __future__ import annotations

import copy
import json
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import asdict, fields, is_dataclass
from functools import cache
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

import pytest

from generator import pipeline, validation
from generator.deploy import deploy
from generator.model import AbsolutePath, Part
from generator.problems import Problems
from generator.render import Edition, render_bundles
from generator.resolve import resolve
from generator.templating import Unwritable
from generator.topology import Topology
from tests.bundled import catalog

RELEASE = "liberty"

HOSTILE = {
    "newline": "a\nb",
    "newline at the end": "a\n",
    "carriage return": "a\rb",
    "NUL": "a\x00b",
    "tab": "a\tb",
    "escape": "a\x1b[31mb",
    "next line": "a\x85b",
    "line separator": "a\u2028b",
    "single quote": "a'b",
    "double quote": 'a"b',
    "backslash": "a\\b",
    "command": "a$(touch /tmp/owned)b",
    "backquotes": "a`id`b",
    "variable": "a$HOME",
    "semicolon": "a;reboot",
    "pipe": "a|b",
    "ampersand": "a&b",
    "redirection": "a>b",
    "comment": "a #b",
    "percent": "a%(b)s",
    "parent folder": "../../etc/passwd",
    "parent folder inside": "/dev/../etc/passwd",
    "option": "-rf",
    "expression": "{{ 7*7 }}",
    "statement": "{% for x in y %}",
    "template comment": "{# b #}",
    "markup": "<script>alert(1)</script>",
    "secret": "@@KEYSTONE_DATABASE@@",
    "placeholder": "${node.name}",
    "secret placeholder": "${secret.keystone_database}",
    "letters of another script": "nöde",
    "right to left": "a\u202eb",
    "zero width": "a\u200bb",
    "blank": "a b",
    "very long": "a" * 5000,
    "empty": "",
}
"""What somebody could try, by what it is."""

LINES = {"name", "summary", "networks.purpose"}
"""The fields that hold words for people."""

HARMLESS = {
    "single quote",
    "double quote",
    "variable",
    "semicolon",
    "ampersand",
    "comment",
    "percent",
    "parent folder",
    "parent folder inside",
    "option",
    "letters of another script",
    "blank",
}
"""What words for people may hold."""

EMPTY = {
    "networks.gateway",
    "virtual_ips.dns_name",
    "virtual_ips.preferred",
    "nodes.interfaces.address",
    "storage.cinder_nfs",
    "storage.glance_nfs",
    "storage.ceph_fsid",
    "tuning.advert_interval",
    "tuning.timeout_connect",
    "tuning.timeout_client",
    "tuning.timeout_server",
    "tuning.timeout_check",
    "tuning.maxconn",
    "tuning.workers",
}
"""Fields that may be empty, which is the same as leaving them out."""

Path_ = tuple[str | int, ...]


def leaves(shape: Any, value: Any, path: Path_ = (), name: str = "") -> Iterator[tuple[str, Path_]]:
    """Every text in the shape of a topology: the name of its field, and where one of them stands in `value`."""
    if is_dataclass(shape):
        hints = get_type_hints(shape)
        for item in fields(shape):
            inner = f"{name}.{item.name}".lstrip(".")
            yield from leaves(hints[item.name], value[item.name], (*path, item.name), inner)
    elif get_origin(shape) is tuple:
        yield from leaves(get_args(shape)[0], value[0], (*path, 0), name)
    elif get_origin(shape) is dict:
        key = next(iter(value))
        yield f"{name} (key)", (*path, key)
        yield from leaves(get_args(shape)[1], value[key], (*path, key), name)
    elif any(isinstance(value, kind) for kind in (list,)):
        yield from ((name, (*path, 0)),)
    elif isinstance(value, str):
        yield name, path


@cache
def full() -> dict[str, Any]:
    """A topology in which every field has a value, as it is read from a file."""
    value = json.loads(json.dumps(asdict(catalog().topologies["collapsed"])))
    value["networks"].insert(0, value["networks"].pop())  # the one with a pool first
    value["virtual_ips"][0] |= {"dns_name": "cloud.example.com", "preferred": "hacontroller2", "serves": ["keystone"]}
    value["options"] = {"volume-backend": "ceph"}
    value["storage"] |= {"ceph_monitors": ["192.0.2.51"], "ceph_fsid": "1f0c5d4e-6a7b-4c8d-9e0f-a1b2c3d4e5f6"}
    value["virtual_ips"].append(catalog_vip() | {"name": "other-vip", "address": "192.0.2.9", "router_id": 62})
    value["services"] = [name for name, service in catalog().services.items() if service.kind == "openstack"]
    value["external_endpoints"] = {"keystone-public": "https://cloud.example.com:5000"}
    value["tuning"] |= {f"timeout_{key}": "90s" for key in ("connect", "client", "server", "check")}
    for network in value["networks"]:
        if network["pool"] is None:
            del network["pool"]
    return dict(value)


def catalog_vip() -> dict[str, Any]:
    """The virtual IP of the reference topology as it is read from a file."""
    return json.loads(json.dumps(asdict(catalog().topologies["collapsed"].virtual_ips[0])))


FIELDS = dict(leaves(Topology, full()))


def with_value(path: Path_, text: str) -> dict[str, Any]:
    """The full topology with another text at a place, which may be a key."""
    value: Any = copy.deepcopy(full())
    at = value
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = text
    return dict(value)


def with_key(path: Path_, text: str) -> dict[str, Any]:
    """The full topology with another key at a place."""
    value: Any = copy.deepcopy(full())
    at = value
    for step in path[:-1]:
        at = at[step]
    at[text] = at.pop(path[-1])
    return dict(value)


def shapes(part: type) -> set[type]:
    """A part and all that are inside of it."""
    found = {part}
    waiting = list(get_type_hints(part).values())
    while waiting:
        hint = waiting.pop()
        waiting += get_args(hint)
        if isinstance(hint, type) and issubclass(hint, Part):
            found |= shapes(hint)
    return found


def test_every_text_of_the_model_is_tried() -> None:
    """A new field with a text is found by the walk: all fields but numbers and choices of words are in the list."""
    numbers = {"router_id", "priority_top", "priority_step", "check_interval"}
    holders = {"networks", "virtual_ips", "nodes", "interfaces", "storage", "tuning"}
    named = {item.name for part in shapes(Topology) for item in fields(part)}
    tried = {name.removesuffix(" (key)").rpartition(".")[2] for name in FIELDS}
    assert named - numbers - holders == tried - {"interfaces"}
    assert len(FIELDS) == 43


def test_the_topology_that_is_spoilt_is_well(tmp_path: Path) -> None:
    """Whatever is refused below is refused for the value that was put into it."""
    assert read(full(), tmp_path).name == "Collapsed controllers"


def read(value: dict[str, Any], folder: Path) -> Topology:
    """The topology of a file with that value; JSON is YAML, and can write every character."""
    file = folder / "my-site.yaml"
    file.write_text(json.dumps(value), "utf-8")
    return pipeline.read_own(catalog(), file)


def accepted(name: str, path: Path_) -> set[str]:
    """What the shape of a field does not refuse."""
    put = with_key if name.endswith(" (key)") else with_value
    return {what for what, text in HOSTILE.items() if not validation.parse("topology", put(path, text), "x")[1]}


@pytest.mark.parametrize("name", FIELDS)
def test_a_hostile_text_is_refused(name: str) -> None:
    """By its shape alone, before any rule or template sees it; words for people keep what means nothing to anybody."""
    allowed = HARMLESS if name in LINES else {"empty"} if name in EMPTY else set()
    assert accepted(name, FIELDS[name]) == allowed


@pytest.mark.parametrize("what", [what for what in HOSTILE if what not in HARMLESS])
def test_a_refusal_repeats_the_text_harmlessly(what: str, tmp_path: Path) -> None:
    """The message stays on its lines, however the text would have broken them or coloured the terminal."""
    with pytest.raises(Problems) as refused:
        read(with_value(("summary",), HOSTILE[what]), tmp_path)
    (problem,) = refused.value.problems
    lines = str(problem).split("\n")
    assert (len(lines), problem.place.path) == (2, ("summary",))
    assert all(line.isprintable() and len(line) < 400 for line in lines)


@cache
def rendered(name: str, text: str) -> dict[str, str]:
    """Every file of every bundle of the full topology, with a text in one of its fields."""
    value = with_value(FIELDS[name], text)
    shaped, problems = validation.parse("topology", value, "x")
    assert problems == []
    snapshot = resolve(catalog(), RELEASE)
    deployment = deploy(snapshot, "my-site", shaped, snapshot.release.platforms[0], reference=False)
    bundles = render_bundles(deployment, Edition(revision="test"))
    return {f"{node}/{path}": blob.data.decode() for node, tree in bundles.items() for path, blob in tree.items()}


def changed(name: str, text: str) -> dict[str, list[tuple[str, str]]]:
    """The lines that differ from those with a tame text, by file; the number of lines is the same."""
    tame, wild = rendered(name, "Tame"), rendered(name, text)
    assert tame.keys() == wild.keys()
    found: dict[str, list[tuple[str, str]]] = {}
    for path, before in tame.items():
        if path.endswith("manifest.json"):  # checksums
            continue
        lines = list(zip(before.split("\n"), wild[path].split("\n"), strict=True))
        found |= {path: [pair for pair in lines if pair[0] != pair[1]]} if before != wild[path] else {}
    return found


@pytest.mark.parametrize("what", sorted(HARMLESS))
@pytest.mark.parametrize("name", sorted(LINES))
def test_words_for_people_change_only_a_sentence_of_the_read_me(name: str, what: str) -> None:
    """No script, no configuration file and no further line: the name stands in one sentence, as it was written."""
    differences = changed(name, HOSTILE[what])
    if name != "name":
        assert differences == {}
        return
    assert {path.rpartition("/")[2] for path in differences} == {"README.md"}
    for pairs in differences.values():
        ((before, after),) = pairs
        assert after == before.replace("Tame", HOSTILE[what])


def salvaged(name: str, text: str) -> dict[str, str]:
    """Every file of every bundle with a text that its field refuses, as if it had got past that."""
    shaped = validation.salvage("topology", with_value(FIELDS[name], text))
    snapshot = resolve(catalog(), RELEASE)
    deployment = deploy(snapshot, "my-site", shaped, snapshot.release.platforms[0], reference=False)
    bundles = render_bundles(deployment, Edition(revision="test"))
    return {f"{node}/{path}": blob.data.decode() for node, tree in bundles.items() for path, blob in tree.items()}


def test_a_double_brace_is_never_worked_out() -> None:
    """Values go into templates as values: had one got past its shape, it would stand there as it is."""
    files = salvaged("name", "{{ 7*7 }}")
    sentences = [line for text in files.values() for line in text.split("\n") if "of the topology" in line]
    assert len(sentences) == 5
    assert all(line.endswith('of the topology "{{ 7*7 }}".') for line in sentences)


@pytest.mark.parametrize("text", ["{{ 7*7 }}", "a\nb", "a'b", "a #b", "a\\b"])
def test_the_filters_stand_behind_the_shapes(text: str) -> None:
    """Had a text got past its shape, a format that cannot quote would refuse it."""
    with pytest.raises(Unwritable):
        salvaged("storage.cinder_nfs", text)


def test_every_script_is_a_script() -> None:
    """The widest texts that are accepted leave every shell file one that both shells can read."""
    widest = 'St. John\'s; "$HOME" & #1 50%'
    scripts = {path: text for path, text in rendered("name", widest).items() if text.startswith("#!/bin/sh")}
    assert len(scripts) > 100
    dash, bash = shutil.which("dash") or "sh", shutil.which("bash") or "bash"
    for text in set(scripts.values()):
        for command in ([dash, "-n"], [bash, "--posix", "-n"]):
            done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
            assert (done.returncode, done.stderr) == (0, "")


def test_a_path_of_the_data_stays_in_its_bundle() -> None:
    """No path of a file can climb out of the node's tree, so no archive and no installer can be led elsewhere."""
    pattern = get_args(AbsolutePath)[1]
    for path in (
        "/etc/../root/.ssh/x",
        "/..",
        "/etc/..",
        "/etc/./x",
        "etc/x",
        "/etc/x\n",
        "/etc//x",
        "/etc/$(id)",
        "/",
    ):
        with pytest.raises(ValueError, match="is not an absolute path"):
            pattern.check(path)
    assert pattern.check("/etc/nova/nova.conf") == "/etc/nova/nova.conf"
