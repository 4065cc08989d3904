"""What differs between two neighbouring releases, with the reasons that the data gives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from generator.model import Process, Reason, Release
from generator.releases import Timeline
from generator.snapshot import ServiceState, Snapshot, Value
from generator.views.strategies import shown_name


@dataclass(frozen=True)
class Difference:
    """One difference: `kind` is added, changed or removed."""

    kind: str
    what: str
    where: str
    link: str
    before: str = ""
    after: str = ""
    why: str = ""
    source: str = ""


def differences(timeline: Timeline, before: Snapshot, after: Snapshot) -> list[Difference]:
    """Everything that differs between two releases; only the processes for one before that is not published.

    Of such a release the data has no files, and its services and limitations are those that others around it have.
    """
    processes = _processes(timeline, before, after)
    if not before.release.platforms:
        return processes
    return [
        *_services(before, after),
        *processes,
        *_parts(before, after),
        *_settings(before, after),
        *_limitations(before, after),
    ]


def _services(before: Snapshot, after: Snapshot) -> list[Difference]:
    old, new = before.service_by_id, after.service_by_id
    come = [
        _come(f"service {new[name].name}", new[name].name, _link(name), new[name]) for name in new if name not in old
    ]
    gone = [_gone(f"service {old[name].name}", old[name].name, "", old[name]) for name in old if name not in new]
    return come + gone


def _come(what: str, where: str, link: str, item: Process | ServiceState) -> Difference:
    why, source = _reason(item.arrival)
    return Difference("added", what, where, link, "", item.summary, why, source)


def _gone(what: str, where: str, link: str, item: Process | ServiceState) -> Difference:
    why, source = _reason(item.removal)
    return Difference("removed", what, where, link, item.summary, "", why, source)


def _reason(reason: Reason | None) -> tuple[str, str]:
    return (reason.why, reason.source) if reason else ("", "")


def _parts(before: Snapshot, after: Snapshot) -> list[Difference]:
    """Files, ports and steps that come or go in services that both releases have."""
    found = []
    for name, service in after.service_by_id.items():
        earlier = before.service_by_id.get(name)
        if earlier is None:
            continue
        for label, texts in _PARTS.items():
            old, new = texts(earlier), texts(service)
            for key in [*(key for key in new if key not in old), *(key for key in old if key not in new)]:
                kind = "added" if key in new else "removed"
                what = f"{label} {key}"
                found.append(Difference(kind, what, service.name, _link(name), old.get(key, ""), new.get(key, "")))
    return found


def _link(service: str) -> str:
    return f"services/{service}.md"


_PARTS: dict[str, Callable[[ServiceState], dict[str, str]]] = {
    "file": lambda service: {file.path: file.summary for file in service.files},
    "port": lambda service: {
        f"{port.number}/{port.protocol}": port.purpose for process in service.processes for port in process.ports
    },
    "step": lambda service: {step.id: step.title for step in service.steps},
}
"""What a service consists of beside its processes: the name of each part, and its meaning."""


def _processes(timeline: Timeline, before: Snapshot, after: Snapshot) -> list[Difference]:
    found = []
    for name, process in after.processes.items():
        service = after.service_by_id[after.service_of[name]]
        if service.id not in before.service_by_id:
            continue
        if name not in before.processes:
            found.append(_come(_shown(process, after), service.name, _link(service.id), process))
        else:
            found += _changed(timeline, service.id, before, after, name)
    for name, process in before.processes.items():
        if name not in after.processes and before.service_of[name] in after.service_by_id:
            service = before.service_by_id[before.service_of[name]]
            found.append(_gone(_shown(process, before), service.name, _link(service.id), process))
    return found


def _shown(process: Process, snapshot: Snapshot) -> str:
    """How a process is called; by its id where it was gone before its release had this platform."""
    platform = snapshot.platforms[0]
    return shown_name(process, platform) if set(platform.names) & set(process.unit) else process.name or process.id


def _changed(timeline: Timeline, service: str, before: Snapshot, after: Snapshot, name: str) -> list[Difference]:
    """The changes of one process that came with the releases between the two."""
    old, new = before.processes[name], after.processes[name]
    found = []
    for change in new.changes:
        came = timeline.before(before.release.id, change.since) and not timeline.before(after.release.id, change.since)
        if came:
            keys = sorted(change.set.values())
            was, now = ("; ".join(f"{key}: {_words(getattr(state, key))}" for key in keys) for state in (old, new))
            where = after.service_by_id[service].name
            found.append(
                Difference("changed", _shown(old, before), where, _link(service), was, now, change.why, change.source)
            )
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
            if file.path in old:
                was, now = _flat(old[file.path].sections), _flat(file.sections)
                found += [_setting(file.path, service.id, key, was, now) for key in _differing(was, now)]
    return found


Flat = dict[str, tuple[str, str, str]]
"""Setting to value, why and source."""


def _differing(was: Flat, now: Flat) -> list[str]:
    return [key for key in sorted(was.keys() | now.keys()) if was.get(key, ())[:1] != now.get(key, ())[:1]]


def _setting(path: str, service: str, key: str, was: Flat, now: Flat) -> Difference:
    kind = "added" if key not in was else "removed" if key not in now else "changed"
    old, _, _ = was.get(key, ("", "", ""))
    new, _, _ = now.get(key, ("", "", ""))
    _, why, source = now.get(key) or was[key]
    return Difference(kind, key, path, _link(service), old, new, why, source)


def _flat(sections: dict[str, dict[str, tuple[Value, ...]]]) -> Flat:
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
    come = [name for name in new if name not in old]
    gone = [name for name in old if name not in new]
    return [
        *(
            Difference("added", new[name].title, "limitations", f"limitations/{name}.md", "", new[name].summary)
            for name in come
        ),
        *(Difference("removed", old[name].title, "limitations", "", old[name].summary) for name in gone),
    ]


def values(timeline: Timeline, before: Snapshot | None, after: Snapshot) -> dict[str, object]:
    """The names that the template of the page uses; `before` is the published release before, if there is one."""
    heading = title(after.release, after.previous)
    found = differences(timeline, before, after) if before else []
    return {"title": heading, "heading": heading, "differences": found}


def title(release: Release, previous: Release | None) -> str:
    """The heading of the page."""
    return f"What changed since {previous.name}" if previous else f"{release.name} is the first release"
