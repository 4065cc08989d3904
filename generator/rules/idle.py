"""Rules about silence: who ends an idle connection, and who would have used it again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from generator.catalog import Catalog
from generator.model import Port
from generator.placeholders import names_in
from generator.rules.addresses import each
from generator.rules.limits import port_place
from generator.rules.registry import Finding, rule
from generator.rules.values import VIP_KINDS
from generator.rules.written import Situation, Written, seconds, situations

ADDRESSES = ("connection", "url", "transport_url")
"""Keys of the addresses to which the intervals below belong."""

RECYCLE = "connection_recycle_time"
INTERVALS = {
    RECYCLE: "services keep a connection",
    "heartbeat_timeout_threshold": "services wait for a heartbeat",
}
"""What happens once in an interval: oslo.db and oslo.messaging, configuration reference."""

HEARTBEATS = ("heartbeat_timeout_threshold", "heartbeat")
"""Keys whose 0 turns the heartbeats of AMQP off: oslo.messaging and https://www.rabbitmq.com/docs/heartbeats."""

KEEPALIVE = "net.ipv4.tcp_keepalive_time"
KEPT = 7200
"""Seconds of silence before the kernel asks for a sign of life, unless told: tcp(7)."""

WAIT = 28800
"""Seconds of silence after which MariaDB ends a connection, unless told:
https://mariadb.com/kb/en/server-system-variables/#wait_timeout
"""

REPLY = "rpc_response_timeout"
SIDES = ("client", "server")
KEYS = {*ADDRESSES, *INTERVALS, *HEARTBEATS, KEEPALIVE, REPLY, "wait_timeout", "timeout_client", "timeout_server"}


class Limit(NamedTuple):
    """After how many seconds somebody ends an idle connection, and where that is said."""

    after: float
    who: str
    said: str


@rule("R701")
def silence_is_short(catalog: Catalog) -> Iterator[Finding]:
    """Heartbeats, keepalives and recycled connections come before every idle timeout on their path.

    Otherwise the first use after a quiet time meets a connection that is gone, or waits for an answer on it:
    https://bugs.launchpad.net/nova/+bug/856764, https://bugs.launchpad.net/fuel/+bug/1289200.
    """
    told = set()
    for situation in situations(catalog, KEYS):
        found = [*_intervals(situation), *_heartbeats(situation), *_keepalives(catalog, situation)]
        for finding in found:
            if finding.place not in told:
                told.add(finding.place)
                yield finding


def _intervals(situation: Situation) -> Iterator[Finding]:
    for key, what in INTERVALS.items():
        for item in situation.of(key):
            after = seconds(item.text)
            for name in _vips(situation.beside(item, *ADDRESSES)) if after else ():
                limit = min(_limits(situation, name, key), default=None)
                if limit and after and after >= limit.after:
                    message = (
                        f"{what} to {name} for {after:g} s, and {limit.who} ends an idle one after {limit.after:g} s"
                    )
                    yield Finding(item.place, f"{message} in {situation.release}", _hint(limit))


def _vips(addresses: list[Written]) -> list[str]:
    """The proxied ports in the first address that names one."""
    for item in addresses:
        names = [key for kind, key in names_in(item.text) if kind in VIP_KINDS]
        if names:
            return names[:1]
    return []


def _limits(situation: Situation, name: str, key: str) -> list[Limit]:
    """Everything that ends an idle connection to a proxied port."""
    if name not in situation.ports:
        return []  # R212 reports it
    service, _, port = situation.ports[name]
    found = _of_haproxy(situation, service, port)
    if key != RECYCLE:
        return found
    waits = [item for item in situation.of("wait_timeout") if item.service == service]
    found += [Limit(seconds(item.text) or WAIT, "the database", f"wait_timeout in {item.place.file}") for item in waits]
    return found if waits else [*found, Limit(WAIT, "the database", f"wait_timeout in services/{service}.yaml")]


def _of_haproxy(situation: Situation, service: str, port: Port) -> list[Limit]:
    """The two timeouts with which HAProxy serves a port: its own, or the general ones."""
    found = []
    for side in SIDES if port.proxy else ():
        assert port.proxy is not None
        own = getattr(port.proxy.timeouts, side)
        if own:
            found.append(
                Limit(seconds(own) or 0, "HAProxy", f"timeouts.{side} of {port.id} in services/{service}.yaml")
            )
        for item in situation.of(f"timeout_{side}") if not own else ():
            said = f"timeout_{side} in services/{item.service}.yaml"
            found.append(Limit(seconds(item.text) or 0, "HAProxy", said))
    return found


def _hint(limit: Limit) -> str:
    return f"choose less, or raise {limit.said}"


def _heartbeats(situation: Situation) -> Iterator[Finding]:
    for key in HEARTBEATS:
        for item in situation.of(key):
            if seconds(item.text) == 0:
                message = f"turns the heartbeats off in {situation.release}"
                hint = "leave it out: without them, a connection that a packet filter forgot looks alive"
                yield Finding(item.place, message, hint)


def _keepalives(catalog: Catalog, situation: Situation) -> Iterator[Finding]:
    """Ports whose idle connections the kernel should keep alive, and would only after HAProxy has ended them."""
    asked = min(((seconds(item.text) or KEPT, item.place) for item in situation.of(KEEPALIVE)), default=None)
    after = asked[0] if asked else KEPT
    for service, _, port in situation.ports.values():
        limit = min(_of_haproxy(situation, service, port), default=None)
        if port.proxy and port.proxy.tcp_keepalive and limit and after >= limit.after:
            place = asked[1] if asked else port_place(catalog, service, port.id) / "proxy" / "tcp_keepalive"
            who = f"the kernel asks after {after:g} s of silence, and {limit.who} ends it after {limit.after:g} s"
            hint = f"set {KEEPALIVE} to less in a sysctl file of the load balancers, or raise {limit.said}"
            yield Finding(place, f"{who} in {situation.release}", hint)


@rule("R702")
def answers_in_time(catalog: Catalog) -> Iterator[Finding]:
    """An API gives up waiting for the message bus before HAProxy gives up waiting for the API.

    Otherwise the client gets an error of HAProxy and tries again, while the first request still runs.
    """
    told = set()
    for situation in situations(catalog, KEYS):
        for item in situation.of(REPLY):
            limits = [
                limit
                for service, _, port in situation.ports.values()
                for limit in _of_haproxy(situation, service, port)
                if service == item.service and item.place not in told
            ]
            limit = min(limits, default=None)
            after = seconds(item.text)
            if limit and after and after >= limit.after:
                told.add(item.place)
                message = (
                    f"{item.service} waits {after:g} s for an answer, and HAProxy for {item.service} {limit.after:g} s"
                )
                yield Finding(item.place, f"{message} in {situation.release}", _hint(limit))


@rule("R522")
def patience_of_a_site(catalog: Catalog) -> Iterator[Finding]:
    """HAProxy of a site waits longer for an API than the API for the message bus, where the release sets that time."""
    longest = max(
        (
            (seconds(item.text) or 0.0, situation.release)
            for situation in situations(catalog, (REPLY,))
            for item in situation.of(REPLY)
        ),
        key=lambda pair: pair[0],
        default=(0.0, ""),
    )
    for place, topology in each(catalog):
        for side in SIDES:
            chosen = getattr(topology.tuning, f"timeout_{side}")
            if chosen and (seconds(chosen) or 0) <= longest[0]:
                waits = f"the {longest[0]:g} s for which an API of {longest[1]} waits for the message bus"
                hint = "choose more, so that its error reaches the client and not one of HAProxy"
                yield Finding(place / "tuning" / f"timeout_{side}", f"{chosen} is not above {waits}", hint)
