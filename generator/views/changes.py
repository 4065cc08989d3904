"""What differs between two neighbouring releases, with the reasons that the data gives."""

from __future__ import annotations

from dataclasses import dataclass

from generator.catalog import Catalog
from generator.model import Process, Release
from generator.resolve import resolve
from generator.snapshot import Snapshot, Value
from generator.views.strategies import shown_name


@dataclass(frozen=True)
class Difference:
    """One difference: `kind` is added, changed or removed."""

    kind: str
    what: str
    where: str
    link: str
    before: str
    after: str
    why: str
    source: str


def differences(catalog: Catalog, snapshot: Snapshot) -> list[Difference]:
    """Everything that differs from the release published before; none for the first one."""
    if snapshot.previous is None:
        return []
    before = resolve(catalog, snapshot.previous.id)
    return [
        *_services(before, snapshot),
        *_processes(catalog, before, snapshot),
        *_settings(before, snapshot),
        *_limitations(before, snapshot),
    ]


def _services(before: Snapshot, after: Snapshot) -> list[Difference]:
    old, new = before.service_by_id, after.service_by_id
    found = [
        Difference("added", f"service {item.name}", item.name, f"services/{item.id}.md", "", item.summary, "", "")
        for item in after.services
        if item.id not in old
    ]
    return found + [
        Difference("removed", f"service {item.name}", item.name, "", item.summary, "", "", "")
        for item in before.services
        if item.id not in new
    ]


def _processes(catalog: Catalog, before: Snapshot, after: Snapshot) -> list[Difference]:
    found = []
    for name, process in after.processes.items():
        service = after.service_by_id[after.service_of[name]]
        if service.id not in before.service_by_id:
            continue
        link = f"services/{service.id}.md"
        if name not in before.processes:
            found.append(Difference("added", _shown(process, after), service.name, link, "", process.summary, "", ""))
        else:
            found += _changed(catalog, service.id, before, after, name)
    for name, process in before.processes.items():
        if name not in after.processes and before.service_of[name] in after.service_by_id:
            service = before.service_by_id[before.service_of[name]]
            found.append(
                Difference(
                    "removed",
                    _shown(process, before),
                    service.name,
                    f"services/{service.id}.md",
                    process.summary,
                    "",
                    "",
                    "",
                )
            )
    return found


def _shown(process: Process, snapshot: Snapshot) -> str:
    return shown_name(process, snapshot.platforms[0])


def _changed(catalog: Catalog, service: str, before: Snapshot, after: Snapshot, name: str) -> list[Difference]:
    """The changes of one process that came with the releases between the two."""
    original = next(item for item in catalog.services[service].processes if item.id == name)
    old, new = before.processes[name], after.processes[name]
    timeline = catalog.timeline
    found = []
    for change in original.changes:
        came = timeline.before(before.release.id, change.since) and not timeline.before(after.release.id, change.since)
        if came:
            keys = sorted(change.set.values())
            was, now = ("; ".join(f"{key}: {_words(getattr(state, key))}" for key in keys) for state in (old, new))
            where = after.service_by_id[service].name
            link = f"services/{service}.md"
            found.append(Difference("changed", _shown(old, before), where, link, was, now, change.why, change.source))
    return found


def _words(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {_words(inner)}" for key, inner in value.items())
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    return str(value)


def _settings(before: Snapshot, after: Snapshot) -> list[Difference]:
    """Settings that differ, file by file, in services that both releases have."""
    found = []
    for service in after.services:
        earlier = before.service_by_id.get(service.id)
        old = {file.path: file for file in earlier.files} if earlier else {}
        for file in service.files:
            if file.path not in old:
                continue
            was, now = _flat(old[file.path].sections), _flat(file.sections)
            for key in sorted(was.keys() | now.keys()):
                if was.get(key, ())[:1] == now.get(key, ())[:1]:
                    continue
                kind = "added" if key not in was else "removed" if key not in now else "changed"
                last = now.get(key) or was.get(key) or ("", "", "")
                found.append(
                    Difference(
                        kind,
                        key,
                        file.path,
                        f"services/{service.id}.md",
                        was.get(key, ("",))[0],
                        now.get(key, ("",))[0],
                        last[1],
                        last[2],
                    )
                )
    return found


def _flat(sections: dict[str, dict[str, tuple[Value, ...]]]) -> dict[str, tuple[str, str, str]]:
    """Setting to value, why and source; a setting of several nodes' values shows all of them."""
    flat = {}
    for section, settings in sections.items():
        for key, values in settings.items():
            name = f"[{section}] {key}" if section else key
            text = " / ".join(str(value.value) for value in values)
            flat[name] = (text, values[0].why, values[0].source)
    return flat


def _limitations(before: Snapshot, after: Snapshot) -> list[Difference]:
    old = {item.id: item.limitation for item in before.limitations}
    new = {item.id: item.limitation for item in after.limitations}
    found = [
        Difference("added", new[name].title, "limitations", f"limitations/{name}.md", "", new[name].summary, "", "")
        for name in new
        if name not in old
    ]
    return found + [
        Difference("removed", old[name].title, "limitations", "", old[name].summary, "", "", "")
        for name in old
        if name not in new
    ]


def title(release: Release, previous: Release | None) -> str:
    """The heading of the page."""
    return f"What changed since {previous.name}" if previous else f"{release.name} is the first release"
