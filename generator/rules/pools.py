"""Rules about connections: what the services may open, what the database takes and what HAProxy lets through."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal, NamedTuple

from generator.catalog import Catalog
from generator.model import Option, Process
from generator.placeholders import names_in
from generator.problems import Place
from generator.rules.addresses import INTERNAL
from generator.rules.names import service_places
from generator.rules.registry import Finding, rule
from generator.rules.sites import Site, sites
from generator.rules.values import VIP_KINDS
from generator.rules.written import Situation, Written, holds, situations
from generator.workers import asked_for

POOL, OVERFLOW, MOST = "max_pool_size", "max_overflow", "max_connections"

OVERFLOWS = 50
"""Connections that oslo.db opens above its pool, unless told: oslo.db, configuration reference, max_overflow."""

TAKEN = 151
"""Connections that MariaDB takes, unless told:
https://mariadb.com/kb/en/server-system-variables/#max_connections
"""

KEPT_BACK = 50
"""Connections that are left for steps, backups and people."""

ADDRESSES = ("connection", "url")


class Demand(NamedTuple):
    """The connections that a process may open on each of its nodes to the database behind a port."""

    process: Process
    service: str
    port: str
    connections: int


@rule("R706")
def workers_counted(catalog: Catalog) -> Iterator[Finding]:
    """A process with a pool of connections to the database says how many workers it has, by settings that are there."""
    told: set[str] = set()
    held = list(situations(catalog, _keys(catalog)))
    for situation in held:
        for item in situation.of(POOL):
            for name in item.file.processes:
                process = _reader(situation, item, name)
                if not process or name in told:
                    continue
                if not process.workers:
                    told.add(name)
                    hint = "add `workers:` with the setting that says so, or with a `count:`"
                    message = f"{name} reads {item.file.path}, and does not say how many workers have its pool"
                    yield Finding(_place(catalog, name), f"{message} in {situation.release}", hint)
                elif _workers(situation, item.service, process) is None:
                    told.add(name)
                    message = (
                        f"no setting of {situation.release} on {situation.platform.id} says how many workers {name} has"
                    )
                    yield Finding(_place(catalog, name) / "workers", message, "correct `path`, `section` and `key`")
    yield from (finding for name, finding in _unset(catalog, held) if name not in told)


def _unset(catalog: Catalog, held: list[Situation]) -> Iterator[tuple[str, Finding]]:
    """Processes that name a setting which is a number nowhere, each with the finding."""
    numbers = (item for situation in held for item in situation.values if asked_for(item.text) is not None)
    there = {(item.service, item.file.path, item.section, item.key) for item in numbers}
    for name, (service, process) in catalog.processes().items():
        for number, item in enumerate(process.workers):
            if item.path and (service, item.path, item.section, item.key) not in there:
                message = f"{item.key} of {item.path} is a number of workers in no release"
                hint = "correct `path`, `section` and `key`, or leave it out"
                yield name, Finding(_place(catalog, name) / "workers" / number, message, hint)


def _keys(catalog: Catalog) -> set[str]:
    """The keys of pools, and those of the workers that have them."""
    named = {workers.key for _, process in catalog.processes().values() for workers in process.workers}
    return {POOL, OVERFLOW, MOST, *ADDRESSES, *named} - {""}


def _reader(situation: Situation, item: Written, name: str) -> Process | None:
    """The process of that name, where it is there and its nodes get the value."""
    process = situation.processes[name][1] if name in situation.processes else None
    return process if process and (not item.roles or set(item.roles) & set(process.roles)) else None


def _place(catalog: Catalog, name: str) -> Place:
    return next(
        place / "processes" / number
        for place, _, service in service_places(catalog)
        for number, process in enumerate(service.processes)
        if process.id == name
    )


def _workers(situation: Situation, service: str, process: Process, most: int | Literal[""] = "") -> int | None:
    """How many workers a process has on each node, `most` for each setting; None when no setting says it."""
    found = []
    for workers in process.workers:
        if not workers.path:
            found.append(workers.count)
        for item in situation.of(workers.key) if workers.path else ():
            if (item.service, item.file.path, item.section) == (service, workers.path, workers.section):
                number = asked_for(item.text)
                found += [min(number, most or number)] if number is not None else []
                break
    return sum(found) if found else None


@rule("R521")
def connections_suffice(catalog: Catalog) -> Iterator[Finding]:
    """The database takes as many connections as the pools of all workers of all nodes may open, and some more."""
    held = list(situations(catalog, _keys(catalog)))
    wanted = {topology.tuning.workers for topology in catalog.topologies.values()}
    every = {most: [(item, list(_demands(item, most))) for item in held] for most in wanted}
    for site in sites(catalog):
        if all(network.id != INTERNAL for network in site.topology.networks):
            continue  # R501 wants one
        for situation, demands in every[site.topology.tuning.workers]:
            chosen = site.topology.choices(_offered(catalog, situation.release))
            mine = [item for item in demands if item.service in site.services and _chosen(item.process, chosen)]
            found = next(_too_many(site, situation, mine), None)
            if found:
                yield found
                break


def _offered(catalog: Catalog, release: str) -> tuple[Option, ...]:
    return tuple(item for item in catalog.options if holds(catalog, (item,), release))


def _chosen(process: Process, chosen: Mapping[str, str]) -> bool:
    return all(chosen.get(option, choice) == choice for option, choice in process.when.items())


def _demands(situation: Situation, most: int | Literal[""]) -> Iterator[Demand]:
    """What each process may open, by pool: its workers, which a topology limits, times the connections of a pool."""
    for item in situation.of(POOL):
        addresses = situation.beside(item, *ADDRESSES)
        ports = [key for address in addresses for kind, key in names_in(address.text) if kind in VIP_KINDS]
        beyond = [other for other in situation.beside(item, OVERFLOW) if other.section == item.section]
        full = _count(item) + (_count(beyond[0]) if beyond else OVERFLOWS)
        for name in item.file.processes if ports else ():
            process = _reader(situation, item, name)
            workers = _workers(situation, item.service, process, most) if process else None
            if process and workers:  # R706 wants a number
                yield Demand(process, item.service, ports[0], workers * full)


def _count(item: Written) -> int:
    return int(item.text) if item.text.isdecimal() else 0


def _too_many(site: Site, situation: Situation, demands: list[Demand]) -> Iterator[Finding]:
    """One finding for each port whose database takes less than the pools may open."""
    for port in (name for name in dict.fromkeys(item.port for item in demands) if name in situation.ports):
        sums: dict[str, int] = {}
        for item in (item for item in demands if item.port == port):
            nodes = len(site.topology.nodes_with(item.process.roles))
            sums[item.process.id] = sums.get(item.process.id, 0) + item.connections * nodes
        total, service = sum(sums.values()), situation.ports[port][0]
        most = next((_count(item) for item in situation.of(MOST) if item.service == service), TAKEN)
        if total > most - KEPT_BACK:
            first = sorted(sums, key=lambda name: -sums[name])[:SHOWN]
            named = ", ".join(f"{name} {sums[name]}" for name in first)
            message = f"the nodes may open {total} connections to {port} in {situation.release}, and it takes {most}"
            cure = "use fewer nodes for these, fewer workers (tuning.workers) or smaller pools, or raise"
            cure = f"{cure} {MOST} in services/{service}.yaml"
            yield Finding(site.place / "nodes", message, f"{KEPT_BACK} are kept back; most are of {named}: {cure}")


SHOWN = 3
"""How many processes a hint names."""


@rule("R707")
def proxy_lets_through(catalog: Catalog) -> Iterator[Finding]:
    """HAProxy and the system let as many connections through as the database takes, HAProxy more in all than at a port.

    Above its limit it takes none, and clients wait without a word: https://docs.haproxy.org/3.0/configuration.html#maxconn.
    """
    told: set[Place] = set()
    for situation in situations(catalog, (ALL, EACH, MOST, FILES)):
        fronts = situation.of(EACH)
        single = {name for name, _, port in situation.ports.values() if port.proxy and port.proxy.single_writer}
        pairs = [(one, other) for one in fronts for other in situation.of(ALL) if one[1:3] == other[1:3]]
        pairs += [(item, one) for one in fronts for item in situation.of(MOST) if item.service in single]
        pairs += [(item, one) for item in situation.of(MOST) for one in situation.of(FILES) if _alike(item, one)]
        for small, large in pairs:
            if _count(small) > _count(large) and small.place not in told:
                told.add(small.place)
                message = f"{small.text} is more than {large.key}, which is {large.text}, in {situation.release}"
                yield Finding(small.place, message, f"choose less, or raise {large.key} in {large.place.file}")


def _alike(one: Written, other: Written) -> bool:
    return one.service == other.service and bool(set(one.file.processes) & set(other.file.processes))


ALL, EACH = "maxconn", "maxconn_frontend"
"""Limits of HAProxy as a whole and of each front end, as its templates call them."""

FILES = "LimitNOFILE"
"""Open files of a unit, of which each connection takes one: systemd.exec(5)."""
