"""The configuration files of a service in one release."""

from __future__ import annotations

from collections.abc import Iterator

from generator.catalog import Catalog
from generator.model import ConfigFile, Service, Setting, Variant
from generator.snapshot import File, Value


def files_of(service: Service, alive: set[str], catalog: Catalog, release: str) -> Iterator[File]:
    """The service's files, each cut down to the processes that this release has; gone with the last of them."""
    for file in catalog.timeline.at(service.config, release):
        readers = tuple(process for process in file.processes if process in alive)
        if readers:
            yield _file(file, readers, catalog, release)


def _file(file: ConfigFile, readers: tuple[str, ...], catalog: Catalog, release: str) -> File:
    return File(
        path=file.path,
        processes=readers,
        summary=file.summary,
        platforms=file.platforms,
        when=when_in(file.when, catalog, release),
        owner=file.owner,
        mode=file.mode,
        format=file.format or "",
        template=file.template,
        sections=_sections(file, catalog, release),
    )


def _sections(file: ConfigFile, catalog: Catalog, release: str) -> dict[str, dict[str, tuple[Value, ...]]]:
    """The settings of a file, its own over those that it includes; what has no value in this release is left out."""
    groups = [catalog.includes[name].sections for name in file.include]
    own = ({"": file.settings} if file.settings else {}) | file.sections
    merged: dict[str, dict[str, tuple[Value, ...]]] = {}
    for group in (*groups, own):
        for section, settings in group.items():
            for key, setting in settings.items():
                values = _values(setting, catalog, release)
                if values:
                    merged.setdefault(section, {})[key] = values
    return merged


def _values(setting: Setting, catalog: Catalog, release: str) -> tuple[Value, ...]:
    variants = setting if isinstance(setting, tuple) else (Variant(value=setting),)
    return tuple(
        Value(
            value=item.value,
            on=item.on,
            roles=item.roles,
            platforms=item.platforms,
            when=when_in(item.when, catalog, release),
            why=item.why,
            source=item.source,
        )
        for item in catalog.timeline.at(variants, release)
    )


def when_in(when: dict[str, str], catalog: Catalog, release: str) -> dict[str, str]:
    """The conditions that are left in a release: one about an option that it does not offer holds."""
    offered = {option.id for option in catalog.timeline.at(catalog.options, release)} if when else set()
    return {option: choice for option, choice in when.items() if option in offered}
