"""Every option that a bundle sets is one that the service of that release registers."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.bundled import files, parse_ini

FOLDER = Path(__file__).parent / "registry"
NODES = ("hacontroller1", "hacontroller2", "hacompute1")
NEIGHBOURS = {"kilo": ("juno", "liberty")}
"""Releases without a registry of their own, and those between which they lie."""

PROJECTS = {"ceilometer", "cinder", "glance", "heat", "keystone", "neutron", "nova", "sahara", "swift", "trove"}
FREE = ("api-paste.ini", "keystone-paste.ini", "dnsmasq-neutron.conf", "rsyncd.conf", "rootwrap.conf", "nfs_shares")
"""Files whose sections and keys the service does not register."""

NEEDED = {
    # Deprecated in Liberty, but with its default the L3 agent looks for br-ex and stops:
    # https://github.com/openstack/neutron/blob/liberty-eol/neutron/agent/l3/agent.py
    "external_network_bridge",
}
"""Options that are marked for removal and still have to be set."""

PASTE = ("paste.filter_factory", "use", "delay_auth_decision")
"""Keys of [filter:authtoken] that PasteDeploy reads, or Swift itself."""

FOREIGN_FILTERS = ("filter:ceilometer",)
"""Sections that belong to code of another service in Swift's pipeline."""

BOOLEANS = {"true", "false", "1", "0", "yes", "no", "on", "off", "t", "f", "y", "n"}


@cache
def registry(release: str) -> dict[str, Any]:
    """The option registry of a release."""
    found: dict[str, Any] = json.loads((FOLDER / f"{release}.json").read_text())
    return found


def verdicts(release: str, path: str, section: str, option: str, values: list[str]) -> list[str]:
    """What a release's registry has against an option; nothing when it is right."""
    known = registry(release)
    project, name = path.split("/")[2], path.split("/")[-1]
    if section == "filter:authtoken" and option not in PASTE:
        # The same middleware as everywhere, configured where Swift's pipeline wants it.
        project, name, section = "glance", "glance-api.conf", "keystone_authtoken"
    if section in FOREIGN_FILTERS:
        return []
    file = known["aliases"].get(f"{project}/{name}", f"{project}/{name}")
    if file not in known["files"]:
        return [f"no service of {release} reads {path}"]
    sections: dict[str, dict[str, dict[str, Any]]] = known["files"][file]
    by_name: dict[str, dict[str, dict[str, Any]]] = {}
    for key, found in sections.items():  # oslo.config compares all section names but DEFAULT without case
        by_name.setdefault(key if key == "DEFAULT" else key.lower(), {}).update(found)
    options = by_name.get(section if section == "DEFAULT" else section.lower())
    if section in known["auth_plugin_sections"].get(project, ()) and option in known["auth_plugin_options"]["any"]:
        return []
    if options is None:
        return [f"{release} has no section [{section}]"]
    if option in options:
        return _values_fit(option, options[option], values)
    for right_section, right_options in sections.items():
        for right, facts in right_options.items():
            if f"{section}/{option}".lower() in [alias.lower() for alias in facts.get("was", ())]:
                return [f"{release} calls it [{right_section}] {right}"]
    return [f"{release} has no such option"]


def _values_fit(option: str, facts: dict[str, Any], values: list[str]) -> list[str]:
    """What is wrong with the values of a known option."""
    wrong = []
    if facts.get("removal") and option not in NEEDED:
        wrong.append("is deprecated for removal")
    for value in values:
        kind = facts.get("type")
        if kind == "bool" and value.lower() not in BOOLEANS:
            wrong.append(f"{value} is no boolean")
        if kind == "int" and not value.lstrip("-").isdigit() and "@@" not in value:
            wrong.append(f"{value} is no whole number")
        if facts.get("choices") and value not in [str(choice) for choice in facts["choices"]]:
            wrong.append(f"{value} is none of {facts['choices']}")
    if len(values) > 1 and facts.get("type") not in ("multi", "any", None):
        wrong.append("stands more than once")
    return wrong


def configured(release: str) -> list[tuple[str, str, str, str, list[str]]]:
    """Node, path, section, option and values of everything that is set in an oslo file of a release."""
    found = []
    for node in NODES:
        for path, text in files(release, node).items():
            parts = path.split("/")
            if parts[1] != "etc" or parts[2] not in PROJECTS or parts[-1].rpartition(".")[2] not in ("conf", "ini"):
                continue
            if parts[-1] in FREE:
                continue
            for (section, option), values in parse_ini(text).items():
                found.append((node, path, section, option, values))
    return found


@pytest.mark.parametrize("release", ["juno", "liberty"])
def test_every_option_is_registered(release: str) -> None:
    """The registry of the release knows section and option by this name, and the value has the right type."""
    settings = configured(release)
    assert len(settings) > 300
    wrong = [
        f"{node} {path} [{section}] {option}: {verdict}"
        for node, path, section, option, values in settings
        for verdict in verdicts(release, path, section, option, values)
    ]
    assert wrong == []


@pytest.mark.parametrize("release", NEIGHBOURS)
def test_every_option_is_registered_on_one_side_at_least(release: str) -> None:
    """Where a release has no registry here, one of its neighbours knows the option by this name."""
    settings = configured(release)
    assert len(settings) > 300
    wrong = []
    for node, path, section, option, values in settings:
        both = [verdicts(neighbour, path, section, option, values) for neighbour in NEIGHBOURS[release]]
        if all(both):
            wrong.append(f"{node} {path} [{section}] {option}: {both}")
    assert wrong == []
