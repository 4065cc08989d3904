"""Rules about options that need something: a version of another program, or another option beside them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from generator.catalog import Catalog
from generator.model import Platform
from generator.problems import Place
from generator.rules.names import service_places
from generator.rules.registry import Finding, rule
from generator.rules.written import Situation, Written, holds, seconds, situations

RABBITMQ = "rabbitmq"
ON = "true"


class Need(NamedTuple):
    """What a key says, with the versions of a program that it is for."""

    key: str
    value: str
    """The value that needs them; empty for any."""
    program: str
    what: str
    """What it says, up to `rabbitmq has`."""
    since: str = ""
    """First version that knows it."""
    removed: str = ""
    """First version without it."""
    cure: str = ""


QUORUM, STREAMS = "asks for quorum queues, which", "asks for streams, which"
MIRRORS, KEY = "asks for mirrored queues, which", "is a key that"
MNESIA = "is about partitions of Mnesia, which"
RECONCILIATION = "quorum_queue.continuous_membership_reconciliation"

NEEDS = (
    Need("rabbit_quorum_queue", ON, RABBITMQ, QUORUM, since="3.8"),
    Need("rabbit_transient_quorum_queue", ON, RABBITMQ, QUORUM, since="3.8"),
    Need("rabbit_stream_fanout", ON, RABBITMQ, STREAMS, since="3.9"),
    Need(f"{RECONCILIATION}.enabled", "", RABBITMQ, KEY, since="3.13"),
    Need(f"{RECONCILIATION}.target_group_size", "", RABBITMQ, KEY, since="3.13"),
    Need("rabbit_ha_queues", ON, RABBITMQ, MIRRORS, removed="4.0", cure="set rabbit_quorum_queue in its place"),
    Need("cluster_partition_handling", "", RABBITMQ, MNESIA, removed="4.3", cure="leave it out: Khepri decides"),
)
"""https://www.rabbitmq.com/docs/quorum-queues, https://www.rabbitmq.com/docs/streams, and the release notes of RabbitMQ
3.8.0, 3.9.0, 3.13.0, 4.0.1 and 4.3.0: https://github.com/rabbitmq/rabbitmq-server/tree/main/release-notes
"""

MIRRORING = "ha-mode"
"""Key of the policies that mirror queues: https://www.rabbitmq.com/docs/3.13/ha."""

MIRRORED = Need("", "", RABBITMQ, MIRRORS, removed="4.0", cure="let the services ask for quorum queues")

HANDLING = "cluster_partition_handling"
SAFE = "pause_minority"


@rule("R703")
def versions_fit(catalog: Catalog) -> Iterator[Finding]:
    """What RabbitMQ is told fits its version on the platform: types of queues, and keys that came or went.

    A queue of a type that the broker lacks is refused, an unknown key keeps it from starting.
    """
    told: set[tuple[Place, str]] = set()
    for situation in situations(catalog, {need.key for need in NEEDS}):
        asked = [(item.place, need) for need in NEEDS for item in situation.of(need.key) if _asks(item, need)]
        asked += [(place, MIRRORED) for place in _policies(catalog, situation)]
        for place, need in asked:
            for finding in _misfit(catalog, place, need, situation.platform):
                if (finding.place, situation.platform.id) not in told:
                    told.add((finding.place, situation.platform.id))
                    yield finding


def _asks(item: Written, need: Need) -> bool:
    return need.value in ("", item.text)


def _policies(catalog: Catalog, situation: Situation) -> Iterator[Place]:
    """Where steps make a policy that mirrors queues."""
    for place, _, service in service_places(catalog):
        for number, step in enumerate(service.steps):
            here = not step.platforms or set(step.platforms) & set(situation.platform.names)
            if MIRRORING in step.run and here and holds(catalog, (service, step), situation.release):
                yield place / "steps" / number / "run"


def _misfit(catalog: Catalog, place: Place, need: Need, platform: Platform) -> Iterator[Finding]:
    version = platform.versions.get(need.program, "")
    if not version:
        where = Place("platforms.yaml", (catalog.platforms.index(platform),))
        hint = f"add `versions:` with {need.program}, as the package of the platform counts it"
        yield Finding(where, f"says no version of {need.program}, on which {place.file} depends", hint)
    elif need.since and _number(version) < _number(need.since):
        hint = f"say for which `platforms:` it is, or correct the version of {platform.id} in platforms.yaml"
        message = f"{need.what} {need.program} has from {need.since} on; {platform.id} brings {version}"
        yield Finding(place, message, hint)
    elif need.removed and _number(version) >= _number(need.removed):
        message = f"{need.what} {need.program} has no more from {need.removed} on"
        yield Finding(place, f"{message}; {platform.id} brings {version}", need.cure)


def _number(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))


@rule("R704")
def partitions_handled(catalog: Catalog) -> Iterator[Finding]:
    """RabbitMQ pauses the members that are cut off from the majority.

    With `ignore`, the default, and with `autoheal` both halves go on, and one of them loses what it took meanwhile:
    https://www.rabbitmq.com/docs/partitions.
    """
    told: set[Place] = set()
    for situation in situations(catalog, (HANDLING,)):
        for item in situation.of(HANDLING):
            if item.text != SAFE and item.place not in told:
                told.add(item.place)
                hint = f"write {SAFE}, which keeps one half only"
                yield Finding(
                    item.place, f"{item.text} lets both halves of a cluster work on in {situation.release}", hint
                )


class Companion(NamedTuple):
    """A key that needs a value of another one in the same file."""

    key: str
    value: str
    """The value that needs it; empty for any."""
    other: str
    wanted: str
    """The value of the other one: a word, or `a number above 0`, or `a value`."""
    unset: bool
    """Whether it is fine too when the other one is not there."""
    hint: str


NUMBER, ANY = "a number above 0", "a value"
REFUSE = "services refuse to start otherwise; change one of the two"

COMPANIONS = (
    Companion("rabbit_stream_fanout", ON, "rabbit_transient_quorum_queue", ON, False, REFUSE),
    Companion("rabbit_stream_fanout", ON, "rabbit_qos_prefetch_count", NUMBER, False, REFUSE),
    Companion("rabbit_quorum_queue", ON, "rabbit_ha_queues", "false", True, REFUSE),
    Companion("cluster", "", "backend_url", ANY, False, "there the members lock volumes for each other; add it"),
)
"""oslo.messaging: https://github.com/openstack/oslo.messaging/blob/16.1.0/oslo_messaging/_drivers/impl_rabbit.py.
Cinder: https://docs.openstack.org/cinder/latest/contributor/high_availability.html.
"""


@rule("R705")
def companions_there(catalog: Catalog) -> Iterator[Finding]:
    """An option stands with the others without which its service does not start, or does damage."""
    told: set[Place] = set()
    keys = {key for item in COMPANIONS for key in (item.key, item.other)}
    for situation in situations(catalog, keys):
        for need in COMPANIONS:
            for item in situation.of(need.key):
                wrong = _asked(item, need) and not _fits(situation.beside(item, need.other), need)
                if wrong and item.place not in told:
                    told.add(item.place)
                    message = f"needs {need.wanted} in {need.other} of {item.file.path} in {situation.release}"
                    yield Finding(item.place, message, need.hint)


def _asked(item: Written, need: Companion) -> bool:
    return need.value in ("", item.text)


def _fits(others: list[Written], need: Companion) -> bool:
    if not others:
        return need.unset
    text = others[0].text
    return text == need.wanted if need.wanted not in (NUMBER, ANY) else need.wanted == ANY or (seconds(text) or 0) > 0


KEYS, REPOSITORY = "max_active_keys", "key_repository"
FEWEST = 3
"""A key for new tokens, the one before for those that still hold, and the next one, which all nodes know already:
https://docs.openstack.org/keystone/latest/admin/fernet-token-faq.html
"""


@rule("R708")
def keys_kept(catalog: Catalog) -> Iterator[Finding]:
    """Keystone keeps as many keys of tokens as the bundles bring, three at least.

    With fewer, a rotation drops the key of tokens that still hold, and everybody has to log in again.
    """
    told: set[Place] = set()
    for situation in situations(catalog, (KEYS, REPOSITORY)):
        for item in situation.of(KEYS):
            folders = [other.text for other in situation.beside(item, REPOSITORY) if other.section == item.section]
            files = {
                file.path
                for file in catalog.services[item.service].config
                if folders and file.path.rpartition("/")[0] == folders[0]
                if holds(catalog, (file,), situation.release)
            }
            if item.place not in told and (item.text != str(len(files)) or len(files) < FEWEST):
                told.add(item.place)
                message = f"Keystone keeps {item.text} keys, and bundles bring {len(files)} in {situation.release}"
                yield Finding(item.place, message, f"let both be the same number, {FEWEST} or more")
