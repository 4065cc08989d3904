"""The option registries of releases, and what they have against a setting."""

from __future__ import annotations

import json
from functools import cache
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from tests.bundled import Settings

FOLDER = Path(__file__).parent / "registry"

Facts = dict[str, Any]
"""What a registry knows of an option."""

NEEDED = {
    # Deprecated in Liberty, but with its default the L3 agent looks for br-ex and stops:
    # https://github.com/openstack/neutron/blob/liberty-eol/neutron/agent/l3/agent.py
    ("liberty", "neutron/neutron.conf", "DEFAULT", "external_network_bridge"),
}
"""Options that are marked for removal and still have to be set."""

ELSEWHERE = {
    # The names are those of our back ends in `enabled_backends`; such a section takes what [backend_defaults] takes:
    # https://docs.openstack.org/cinder/2025.1/admin/multi-backend.html
    ("cinder/cinder.conf", "ceph"): ("cinder/cinder.conf", "backend_defaults"),
    ("cinder/cinder.conf", "nfs"): ("cinder/cinder.conf", "backend_defaults"),
    # The name is that of our store, `enabled_backends = images:file`; the two others are set aside by Glance itself:
    # https://docs.openstack.org/glance/2025.1/admin/multistores.html
    ("glance/glance-api.conf", "images"): ("glance/glance-api.conf", "file"),
    ("glance/glance-api.conf", "os_glance_staging_store"): ("glance/glance-api.conf", "file"),
    ("glance/glance-api.conf", "os_glance_tasks_store"): ("glance/glance-api.conf", "file"),
    # The same filter wherever it stands; the sample of the expirer does not repeat its options:
    # https://opendev.org/openstack/swift/src/branch/stable/2025.1/etc/object-expirer.conf-sample
    ("swift/object-expirer.conf", "filter:cache"): ("swift/proxy-server.conf", "filter:cache"),
    # The middleware of all other services, which Swift sets up in its pipeline:
    # https://docs.openstack.org/swift/2025.1/overview_auth.html
    ("swift/proxy-server.conf", "filter:authtoken"): ("glance/glance-api.conf", "keystone_authtoken"),
}
"""Sections whose options the registry has in another place."""

UNLISTED = {
    # The program registers it for each of its back ends:
    # https://opendev.org/openstack/cinder/src/branch/stable/2025.1/cinder/cmd/volume.py
    ("cinder/cinder.conf", "nfs", "backend_host"),
    # The list for samples leaves this one of the section's options for a login out:
    # https://opendev.org/openstack/cinder/src/branch/stable/2025.1/cinder/service_auth.py
    ("cinder/cinder.conf", "service_user", "auth_type"),
}
"""Options that a service registers, but does not list for oslo-config-generator."""

PASTE = {"paste.filter_factory", "use", "delay_auth_decision"}
"""Keys of a filter that PasteDeploy reads, or Swift itself, so that they are where they stand."""

FOREIGN_FILTERS = {("swift/proxy-server.conf", "filter:ceilometer")}
"""Sections that belong to code of another service in Swift's pipeline."""

BOOLEANS = {"true", "false", "1", "0", "yes", "no", "on", "off", "t", "f", "y", "n"}
"""What oslo.config takes for a boolean."""


@cache
def registry(release: str) -> dict[str, Any]:
    """The option registry of a release."""
    found: dict[str, Any] = json.loads((FOLDER / f"{release}.json").read_text("utf-8"))
    return found


def file_of(release: str, path: str) -> str:
    """What a registry calls a file: service and name, or another file of which it is a part."""
    parts = path.split("/")
    return str(registry(release)["aliases"].get(f"{parts[2]}/{parts[-1]}", f"{parts[2]}/{parts[-1]}"))


def verdicts(release: str, path: str, settings: Settings) -> dict[str, list[str]]:
    """What a release's registry has against the settings of a file, by setting; nothing when all are right."""
    file = file_of(release, path)
    if file not in registry(release)["files"]:
        return {path: [f"no service of {release} reads it"]}
    found = {
        f"{path} [{section}] {option}": _verdicts(release, file, section, option, values, settings)
        for (section, option), values in settings.items()
    }
    return {setting: faults for setting, faults in found.items() if faults}


def _verdicts(release: str, file: str, section: str, option: str, values: list[str], settings: Settings) -> list[str]:
    """What is wrong with an option and its values."""
    if (file, section) in FOREIGN_FILTERS or (file, section, option) in UNLISTED:
        return []
    where = (file, section) if option in PASTE else ELSEWHERE.get((file, section), (file, section))
    options = section_of(release, *where)
    if options is None:
        return [f"{release} has no such section"]
    if option in options:
        wrong = _values_fit(options[option], values)
        if options[option].get("removal") and (release, file, section, option) not in NEEDED:
            wrong.append("is deprecated for removal")
        return wrong
    if option in login_options(release, where, options, settings.get((section, "auth_type"), [""])[0]):
        return []
    return [renamed(release, *where, option) or f"{release} has no such option"]


def section_of(release: str, file: str, section: str) -> dict[str, Facts] | None:
    """The options of a section; oslo.config compares all names of sections but DEFAULT without case."""
    found: dict[str, Facts] | None = None
    for name, options in registry(release)["files"][file].items():
        if name == section or (section != "DEFAULT" != name and name.lower() == section.lower()):
            found = {**(found or {}), **options}
    return found


def login_options(release: str, where: tuple[str, str], options: dict[str, Facts], plugin: str) -> set[str]:
    """What a section takes besides its own options, because it says how the service logs in at Keystone.

    The older registries have lists of such sections; today each of them has `auth_type`, which names the plugin.
    """
    known = registry(release)
    if "auth_plugin_sections" in known:
        holds = where[1] in known["auth_plugin_sections"].get(where[0].split("/")[0], ())
        return set(known["auth_plugin_options"]["any"]) if holds else set()
    return set(known["auth_plugin_options"].get(plugin, ())) if "auth_type" in options else set()


def renamed(release: str, file: str, section: str, option: str) -> str:
    """What an option of a former name is called in a release, if it is."""
    for right_section, options in registry(release)["files"][file].items():
        for right, facts in options.items():
            if f"{section}/{option}".lower() in [name.lower() for name in facts.get("was", ())]:
                return f"{release} calls it [{right_section}] {right}"
    return ""


def _values_fit(facts: Facts, values: list[str]) -> list[str]:
    """What is wrong with the values of a known option."""
    wrong: list[str] = []
    if len(values) > 1 and facts.get("type") not in ("multi", "any", None):
        wrong.append("stands more than once")
    for value in values:
        if "@@" in value or "$" in value:  # a secret, or another option: https://docs.openstack.org/oslo.config/
            continue
        parts = [part.strip() for part in value.split(",")] if facts.get("type") == "list" else [value]
        if facts.get("choices"):
            known = [str(choice) for choice in facts["choices"]]
            wrong += [f"{part} is none of {known}" for part in parts if part not in known]
        if not _has_type(facts.get("type"), value):
            wrong.append(f"{value} is no {facts['type']}")
        elif "min" in facts and float(value) < facts["min"]:
            wrong.append(f"{value} is below {facts['min']}")
        elif "max" in facts and float(value) > facts["max"]:
            wrong.append(f"{value} is above {facts['max']}")
    return wrong


def _has_type(kind: str | None, value: str) -> bool:
    """Whether a value can be read as a type; of most types, any text can."""
    try:
        if kind in ("int", "port"):
            int(value)
        elif kind == "float":
            float(value)
        elif kind == "ip":
            ip_address(value)
    except ValueError:
        return False
    if kind == "uri":
        return "://" in value
    if kind == "dict":
        return all(":" in part for part in value.split(","))
    return kind != "bool" or value.lower() in BOOLEANS
