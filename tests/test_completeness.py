"""Everything that the original guide configures is in the bundles, or a correction says why not."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from generator.config_files import ConfigFiles
from generator.deploy import deploy
from generator.resolve import resolve
from tests.bundled import catalog, files, parse_ini

REFERENCE = Path(__file__).parent / "reference"
ENTRIES: list[dict[str, Any]] = json.loads((REFERENCE / "options.json").read_text())["entries"]
DEFECTS: list[dict[str, Any]] = json.loads((REFERENCE / "defects.json").read_text())["defects"]
COUNTS = {"juno": 280, "kilo": 378, "liberty": 402}
TRUTH = {"true": True, "false": False, "1": True, "0": False, "yes": True, "no": False}


def corrected(release: str) -> set[str]:
    """The settings that corrections in force replace, as `/file [section] option`."""
    return {
        option
        for file in catalog().corrections.values()
        for item in catalog().timeline.at(file.corrections, release)
        for option in item.options
    }


def same(one: str, other: str) -> bool:
    """Whether two values mean the same to oslo.config: booleans in any spelling, lists in any spacing."""
    if one.lower() in TRUTH and other.lower() in TRUTH:
        return TRUTH[one.lower()] == TRUTH[other.lower()]
    return [part.strip() for part in one.split(",")] == [part.strip() for part in other.split(",")]


def node_of(entry: dict[str, Any]) -> str:
    """A node that the entry is for."""
    return "hacompute1" if entry["service"] == "compute-node" else "hacontroller1"


def test_the_reference_is_whole() -> None:
    """The trimmed copy has every option entry and every defect of the guide."""
    counted = {release: sum(release in entry["releases"] for entry in ENTRIES) for release in COUNTS}
    assert (len(ENTRIES), counted) == (578, COUNTS)
    assert [item["id"] for item in DEFECTS] == [f"D{number:03d}" for number in range(1, 163)]


@pytest.mark.parametrize("release", COUNTS)
def test_every_option_of_the_guide_is_in_the_bundles(
    release: str, record_property: Callable[[str, object], None]
) -> None:
    """Same file, section, option and literal value, unless a correction names the setting or a defect questions it."""
    exempt = corrected(release)
    present, told, questioned, missing = 0, 0, 0, []
    for entry in ENTRIES:
        if release not in entry["releases"]:
            continue
        name = f"{entry['file']} [{entry['section']}] {entry['option']}"
        settings = parse_ini(files(release, node_of(entry)).get(entry["file"], ""))
        values = settings.get((entry["section"], entry["option"]), [])
        literal = entry["kind"] == "literal"
        if values and (not literal or any(same(value, entry["value"]) for value in values)):
            present += 1
        elif "defects" in entry:
            questioned += 1
        elif name in exempt:
            told += 1
        else:
            missing.append(f"{node_of(entry)} {name} = {entry['value']} ({entry['kind']}), ours: {values}")
    record_property(
        f"options of the guide, {release}",
        f"{present} as there, {told} corrected by name, {questioned} replaced for a defect, {len(missing)} missing",
    )
    assert missing == []
    assert present + told + questioned == COUNTS[release]


def test_every_defect_of_the_guide_is_decided(record_property: Callable[[str, object], None]) -> None:
    """Each of the 162 defects has a correction: corrected, kept with a reason, or not applicable."""
    decided = {item.id: item.decision for file in catalog().corrections.values() for item in file.corrections}
    counts = {word: sum(decision == word for decision in decided.values()) for word in sorted(set(decided.values()))}
    record_property("defects of the guide", ", ".join(f"{number} {word}" for word, number in counts.items()))
    assert [item["id"] for item in DEFECTS if item["id"] not in decided] == []


@pytest.mark.parametrize("release", COUNTS)
def test_a_defect_is_decided_for_each_release_that_has_it(release: str) -> None:
    """A correction is in force in every release in which the guide has the fault."""
    in_force = {
        item.id for file in catalog().corrections.values() for item in catalog().timeline.at(file.corrections, release)
    }
    assert [item["id"] for item in DEFECTS if release in item["releases"] and item["id"] not in in_force] == []


@pytest.mark.parametrize("release", COUNTS)
def test_no_password_of_the_guide_survives(release: str) -> None:
    """None of the guide's published passwords stands in any file of any node."""
    published = (
        "redhat",
        "mysqltest",
        "guest",
        "metatest",
        "ceilometersecret",
        "keystonetest",
        "novatest",
        "glancetest",
    )
    found = [
        (node, path, word)
        for node in ("hacontroller1", "hacompute1")
        for path, text in files(release, node).items()
        for line in text.splitlines()
        if "loopback_users" not in line  # that guest may not come from outside
        for word in published
        if word in line.replace("=", " ").replace('"', " ").replace(":", " ").replace("@", " ").split()
    ]
    assert found == []


@pytest.mark.parametrize("release", COUNTS)
@pytest.mark.parametrize("node", ["hacontroller1", "hacompute1"])
def test_files_with_secrets_are_closed_to_others(release: str, node: str) -> None:
    """A file that holds a secret is readable by its owner and group at the most."""
    open_to_others = [path for path, mode in secret_files(release, node) if int(mode, 8) & 0o037]
    assert open_to_others == []


def secret_files(release: str, node: str) -> list[tuple[str, str]]:
    """Path and mode of every file of a node that holds a secret; there are some."""
    snapshot = resolve(catalog(), release)
    topology = catalog().topologies["collapsed"]
    deployment = deploy(snapshot, "collapsed", topology, snapshot.release.platforms[0], reference=True)
    host = next(item for item in topology.nodes if item.name == node)
    found = [(entry.path, entry.mode) for entry in ConfigFiles(deployment).on(host) if entry.secret]
    assert found
    return found


@pytest.mark.parametrize("release", COUNTS)
def test_no_account_of_the_database_may_come_from_anywhere(release: str) -> None:
    """No step grants anything to a user at any host, and none to root from outside."""
    grants = [
        line.strip()
        for service in resolve(catalog(), release).services
        for step in service.steps
        for line in step.run.splitlines()
        if line.strip().startswith("GRANT")
    ]
    assert len(grants) >= 6
    assert [line for line in grants if "'%'" in line or "'root'@'" in line] == []


@pytest.mark.parametrize("release", COUNTS)
def test_no_admin_token_is_left(release: str) -> None:
    """Keystone has no permanent token of the administrator, and no pipeline that would take one."""
    texts = {path: text for path, text in files(release, "hacontroller1").items() if path.startswith("/etc/keystone/")}
    assert len(texts) >= 2
    assert [path for path, text in texts.items() if ("DEFAULT", "admin_token") in parse_ini(text)] == []
    pipelines = [line for text in texts.values() for line in text.splitlines() if line.startswith("pipeline =")]
    assert pipelines
    assert [line for line in pipelines if "admin_token_auth" in line] == []
