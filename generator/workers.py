"""How many worker processes a setting asks for, and fewer of them where a topology wants that."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import replace

from generator.snapshot import File, ServiceState, Snapshot, Value

NUMBER = re.compile(r"^[0-9]+$|(?<=--processes )[0-9]+")
"""The number in a setting: the whole of it, or what the arguments of uWSGI say.

https://uwsgi-docs.readthedocs.io/en/latest/Options.html#processes
"""


def asked_for(text: str) -> int | None:
    """How many workers the text of a setting asks for; None where it has no such number."""
    found = NUMBER.search(text)
    return int(found[0]) if found else None


def limit_workers(snapshot: Snapshot, most: int) -> Snapshot:
    """The same release, in which no setting that the processes name in `workers` asks for more than `most`.

    What asks for fewer stays as it is, as does all that no setting says.
    """
    return replace(snapshot, services=tuple(_limit_service(service, most) for service in snapshot.services))


def _limit_service(service: ServiceState, most: int) -> ServiceState:
    listed = {(item.path, item.section, item.key) for process in service.processes for item in process.workers}
    paths = {path for path, _, _ in listed}
    return replace(
        service, files=tuple(_limit_file(file, listed, most) if file.path in paths else file for file in service.files)
    )


def _limit_file(file: File, listed: Collection[tuple[str, str, str]], most: int) -> File:
    sections = {
        section: {
            key: tuple(_lower(value, most) for value in values) if (file.path, section, key) in listed else values
            for key, values in settings.items()
        }
        for section, settings in file.sections.items()
    }
    return replace(file, sections=sections)


def _lower(value: Value, most: int) -> Value:
    text = str(value.value)
    if isinstance(value.value, tuple) or (asked_for(text) or 0) <= most:
        return value
    lowered = NUMBER.sub(str(most), text, count=1)
    return replace(value, value=int(lowered) if isinstance(value.value, int) else lowered)
