"""Rules about how processes survive and how HAProxy reaches them."""

from __future__ import annotations

from collections.abc import Iterator

from generator.catalog import Catalog
from generator.model import Port, Process, Service
from generator.problems import Place, known
from generator.releases import Windowed
from generator.resolve import process_at
from generator.rules.names import service_places
from generator.rules.registry import Finding, rule

PROXIED = "haproxy"
"""Strategy of the processes that HAProxy serves."""

ALONE = "none"
"""Strategy of a process that nothing takes over."""


@rule("R301")
def proxied_have_ports(catalog: Catalog) -> Iterator[Finding]:
    """A process has the strategy haproxy if, and only if, one of its ports has a proxy."""
    for place, number, process, release in _at_releases(catalog):
        inner = place / "processes" / number
        has_proxy = any(port.proxy for port in process.ports)
        if PROXIED in process.strategies and not has_proxy:
            hint = "give the port that clients use a `proxy:`, or take the strategy away"
            yield Finding(inner / "strategies", f"says {PROXIED}, but no port of it is proxied in {release}", hint)
        if has_proxy and PROXIED not in process.strategies:
            hint = f"add {PROXIED} to the strategies, or remove the `proxy:` of its ports"
            yield Finding(inner / "strategies", f"lacks {PROXIED}, but HAProxy serves a port of it in {release}", hint)


def _at_releases(catalog: Catalog) -> Iterator[tuple[Place, int, Process, str]]:
    """Each process as it is in the published releases, once for each distinct state."""
    timeline = catalog.timeline
    for place, _, service in service_places(catalog):
        for number, process in enumerate(service.processes):
            if not _windows_known(service, process, catalog):
                continue
            seen: list[Process] = []
            for release in catalog.published:
                if not timeline.covers(service, release.id) or not timeline.covers(process, release.id):
                    continue
                state = process_at(process, release.id, timeline)
                if state not in seen:
                    seen.append(state)
                    yield place, number, state, release.id


def _windows_known(service: Service, process: Process, catalog: Catalog) -> bool:
    """Whether all releases that the two name exist; R101 reports those that do not."""
    parts: list[Windowed] = [service, process, *process.ports, *process.workers, *process.health, *process.notes]
    named = {value for part in parts for value in (part.since, part.removed)} | {
        change.since for change in process.changes
    }
    return named - {""} <= set(catalog.timeline.ids)


@rule("R302")
def checks_ask_own_ports(catalog: Catalog) -> Iterator[Finding]:
    """A health check on another port asks a port of the same service."""
    for place, _, service in service_places(catalog):
        own = [port.id for process in service.processes for port in process.ports]
        for inner, port in _ports(place, service):
            if port.proxy and port.proxy.check.port and port.proxy.check.port not in own:
                name = port.proxy.check.port
                yield Finding(
                    inner / "proxy" / "check" / "port", f"{name!r} is not a port of this service", known(name, own)
                )


def _ports(place: Place, service: Service) -> Iterator[tuple[Place, Port]]:
    for number, process in enumerate(service.processes):
        for position, port in enumerate(process.ports):
            yield place / "processes" / number / "ports" / position, port


@rule("R303")
def cookies_need_http(catalog: Catalog) -> Iterator[Finding]:
    """A cookie needs a proxy in mode http, since HAProxy cannot see it in mode tcp."""
    for place, _, service in service_places(catalog):
        for inner, port in _ports(place, service):
            if port.proxy and port.proxy.cookie and port.proxy.mode != "http":
                yield Finding(
                    inner / "proxy" / "cookie",
                    "is set although the mode is tcp",
                    "set `mode: http`, or remove the cookie",
                )


@rule("R304")
def none_stands_alone(catalog: Catalog) -> Iterator[Finding]:
    """The strategy none stands alone, and every process has a strategy."""
    for place, number, process, release in _at_releases(catalog):
        inner = place / "processes" / number / "strategies"
        if not process.strategies:
            yield Finding(inner, f"is empty in {release}", "name a strategy; `none` says that nothing takes over")
        if ALONE in process.strategies and len(process.strategies) > 1:
            yield Finding(inner, f"names none beside others in {release}", "keep either none or the others")


@rule("R305")
def ranges_rise(catalog: Catalog) -> Iterator[Finding]:
    """The last number of a port range is above its first, and a range has no proxy."""
    for place, _, service in service_places(catalog):
        for inner, port in _ports(place, service):
            if port.last and port.last <= port.number:
                yield Finding(
                    inner / "last", f"{port.last} is not above {port.number}", "leave it out for a single port"
                )
            if port.last and port.proxy:
                yield Finding(inner / "proxy", "is set on a range of ports", "HAProxy serves one port per front end")


@rule("R306")
def writers_stay_single(catalog: Catalog) -> Iterator[Finding]:
    """A port with a single writer cuts the connections to a server that is marked down.

    Otherwise those to the old writer stay open when it comes back, and two servers take writes:
    https://bugs.launchpad.net/fuel/+bug/1490595.
    """
    for place, _, service in service_places(catalog):
        for inner, port in _ports(place, service):
            if port.proxy and port.proxy.single_writer and not port.proxy.shutdown_sessions:
                hint = "add `shutdown_sessions: true`"
                yield Finding(inner / "proxy" / "single_writer", "leaves connections to the old writer open", hint)
