"""Rules about the values of settings, and the `${...}` names in them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from generator import placeholders
from generator.catalog import Catalog
from generator.model import Procedure, ProcedureStep, Setting, Variant
from generator.naming import BROKER_ACCOUNT, service_secret
from generator.problems import Place, known
from generator.releases import Windowed
from generator.rules.names import file_settings, service_places
from generator.rules.registry import Finding, rule

SITE = (
    "domain",
    "region",
    "internal_network",
    "external_network",
    "external_gateway",
    "floating_first",
    "floating_last",
    "physical_network",
    "cinder_nfs",
    "glance_nfs",
    "ceph_monitors",
    "ceph_fsid",
    "ceph_pool",
    "ceph_user",
    "ntp_servers",
    "virtual_ips",
    "virtual_ip_names",
)
"""Keys of `${site.…}`, as `naming.site` knows them."""


PROCESS_KINDS = ("hosts", "fqdns", "addresses", "urladdresses", "first", "urlfirst", "unit")
VIP_KINDS = ("vip", "vipaddress", "urlvip", "url", "publicurl", "publichost")
MEMBER_KINDS = ("members", "inetmembers", "port", "fallbacks", "listen")
SECRET_KINDS = ("secret", "brokers")
"""Kinds of names by what their key is: a process, a proxied port, any port."""


class Filled(NamedTuple):
    """A text in which placeholders are filled: its place, its service if any, and the windows around it."""

    place: Place
    text: str
    service: str
    windows: tuple[Windowed, ...]
    processes: tuple[str, ...] = ()
    """Processes whose nodes get the text."""
    roles: tuple[str, ...] = ()
    """Roles to which it is restricted among those nodes."""
    script: bool = False
    """Whether it is a script, which may have several lines."""


def texts(catalog: Catalog) -> Iterator[Filled]:
    """Every text in which placeholders are filled."""
    for place, name, service in service_places(catalog):
        for number, step in enumerate(service.steps):
            yield Filled(
                place / "steps" / number / "run", step.run, name, (service, step), (step.process,), script=True
            )
        for number, process in enumerate(service.processes):
            for position, health in enumerate(process.health):
                inner = place / "processes" / number / "health" / position / "run"
                yield Filled(inner, health.run, name, (service, process, health), (process.id,), script=True)
        for number, file in enumerate(service.config):
            for inner, setting in file_settings(place / "config" / number, file):
                yield from _values(inner, setting, name, (service, file), file.processes)
            for include in file.include:
                if include in catalog.includes:
                    yield from _included(catalog, include, name, (service, file), file.processes)
    for name, procedure in catalog.procedures.items():
        yield from _of_procedure(Place(f"procedures/{name}.yaml"), procedure)
    for number, stage in enumerate(catalog.stages):
        yield from _of_steps(Place("stages.yaml", (number,)), stage.steps)


def _of_procedure(place: Place, procedure: Procedure) -> Iterator[Filled]:
    signs = [(place / "when" / number, sign) for number, sign in enumerate(procedure.when)]
    for inner, text in ((place / "caution", procedure.caution), *signs):
        yield Filled(inner, text, "", (procedure,), procedure.processes, script=True)
    yield from _of_steps(place, procedure.steps, procedure)


def _of_steps(place: Place, steps: tuple[ProcedureStep, ...], *around: Windowed) -> Iterator[Filled]:
    for number, step in enumerate(steps):
        inner = place / "steps" / number
        told = [(inner / key, getattr(step, key)) for key in ("run", "expect", "why")]
        for position, decision in enumerate(step.decide):
            told += [(inner / "decide" / position / key, getattr(decision, key)) for key in ("when", "then")]
        for where, text in told:
            yield Filled(where, text, "", (*around, step), (step.process,), script=True)


def _included(
    catalog: Catalog, include: str, service: str, windows: tuple[Windowed, ...], processes: tuple[str, ...]
) -> Iterator[Filled]:
    for section, settings in catalog.includes[include].sections.items():
        for key, setting in settings.items():
            place = Place(f"includes/{include}.yaml", ("sections", section, key))
            yield from _values(place, setting, service, windows, processes)


def _values(
    place: Place, setting: Setting, service: str, windows: tuple[Windowed, ...], processes: tuple[str, ...]
) -> Iterator[Filled]:
    variants = setting if isinstance(setting, tuple) else ()
    if not variants:
        yield Filled(place, str(setting), service, windows, processes)
    for number, variant in enumerate(variants):
        inner = place / number / "value"
        values = variant.value if isinstance(variant.value, tuple) else (variant.value,)
        for value in values:
            yield Filled(inner, str(value), service, (*windows, variant), processes, variant.roles)


@rule("R209")
def placeholders_known(catalog: Catalog) -> Iterator[Finding]:
    """Every `${...}` in a value or a step is of the closed list and names something that exists."""
    keys = known_keys(catalog)
    for place, text, service, *_ in texts(catalog):
        for name in placeholders.malformed_in(text):
            kinds = ", ".join(f"{kind}.NAME" for kind in placeholders.KINDS)
            yield Finding(place, f"{name} is not a name that values may hold", f"known: {kinds}")
        for kind, key in placeholders.names_in(text):
            if kind in placeholders.KINDS and key not in keys[kind]:
                yield Finding(place, f"${{{kind}.{key}}} names nothing", known(key, keys[kind]))
            if (kind, key) == ("service", "password") and service_secret(service) not in keys["secret"]:
                hint = f"add {service_secret(service)} to secrets.yaml"
                yield Finding(place, f"{service} has no password of its own", hint)


def known_keys(catalog: Catalog) -> dict[str, list[str]]:
    """The keys that each kind of placeholder may have."""
    processes = list(catalog.processes())
    ports = [port for _, process in catalog.processes().values() for port in process.ports]
    proxied = [port.id for port in ports if port.proxy]
    listed = [port.id for port in ports]
    topologies = catalog.topologies.values()
    networks = sorted({network.id for topology in topologies for network in topology.networks} | {"internal"})
    disks = sorted({disk for topology in topologies for node in topology.nodes for disk in node.disks})
    by_process = dict.fromkeys(PROCESS_KINDS, processes)
    return {
        "node": ["name", "fqdn", *networks],  # R501 wants the network internal in every topology
        **dict.fromkeys(("urlnode", "interface"), networks),
        "disk": disks,
        "secret": [secret.id for secret in catalog.secrets],
        "brokers": [secret.id for secret in catalog.secrets if secret.id.startswith(BROKER_ACCOUNT)],
        "service": ["id", "user", "password"],
        "site": list(SITE),
        **dict.fromkeys(VIP_KINDS, proxied),
        **dict.fromkeys(MEMBER_KINDS, listed),
        **by_process,
    }


@rule("R210")
def secrets_used(catalog: Catalog) -> Iterator[Finding]:
    """Every secret of data/secrets.yaml is used by some file or step."""
    used = set()
    for _, text, service, *_ in texts(catalog):
        for kind, key in placeholders.names_in(text):
            used |= {key} if kind in SECRET_KINDS else set()
            used |= {service_secret(service)} if (kind, key) == ("service", "password") else set()
    for number, secret in enumerate(catalog.secrets):
        if secret.id not in used:
            hint = "remove it, or use it as ${secret." + secret.id + "}"
            yield Finding(Place("secrets.yaml", (number, "id")), f"no file or step uses {secret.id!r}", hint)


@rule("R211")
def procedures_name_no_single_node(catalog: Catalog) -> Iterator[Finding]:
    """The commands of a procedure fit every node and hold no secret: no node, interface, disk or secret in them."""
    for place, text, service, *_ in texts(catalog):
        for kind, key in placeholders.names_in(text):
            if not service and kind in ("node", "urlnode", "listen", "interface", "disk", "service", *SECRET_KINDS):
                hint = "use a shell command such as $(uname -n), or read the value from a file on the node"
                yield Finding(place, f"${{{kind}.{key}}} differs by node or is secret", hint)


@rule("R212")
def named_things_alive(catalog: Catalog) -> Iterator[Finding]:
    """A value names only processes and ports that its release has, with the choices of its file."""
    timeline = catalog.timeline
    named = _windows(catalog)
    for item in texts(catalog):
        for kind, key in placeholders.names_in(item.text):
            needed = named[PROCESS if kind in PROCESS_KINDS else PORT].get(key, ())
            if kind not in PROCESS_KINDS + VIP_KINDS + MEMBER_KINDS or not needed:
                continue
            if not _known(catalog, (*item.windows, *(window for windows in needed for window in windows))):
                continue
            for release in catalog.published:
                holds = all(timeline.covers(window, release.id) for window in item.windows)
                holds = holds and _has_reader(catalog, item, release.id, named[PROCESS])
                there = any(all(timeline.covers(window, release.id) for window in windows) for windows in needed)
                if holds and not there:
                    hint = "give the value the window of what it names: `since` and `removed` as there"
                    yield Finding(item.place, f"${{{kind}.{key}}} does not exist in {release.id}", hint)
                    break
            for option, choice in _when(needed[0]).items():
                if item.service and holding(catalog, item).get(option) != choice:
                    hint = f"give the value, step or file `when: {{{option}: {choice}}}`"
                    yield Finding(item.place, f"${{{kind}.{key}}} exists only with {option} {choice}", hint)


PROCESS, PORT = "process", "port"


def _has_reader(
    catalog: Catalog, item: Filled, release: str, processes: dict[str, tuple[tuple[Windowed, ...], ...]]
) -> bool:
    """Whether a release has one of the processes that a text is for: it is gone with the last of them."""
    around = [windows for name in item.processes for windows in processes.get(name, ())]
    dated = [windows for windows in around if _known(catalog, windows)]
    return not around or any(all(catalog.timeline.covers(window, release) for window in windows) for windows in dated)


def _windows(catalog: Catalog) -> dict[str, dict[str, tuple[tuple[Windowed, ...], ...]]]:
    """The windows around every process and port by id; a port may be described several times."""
    processes = {name: (catalog.services[service], process) for name, (service, process) in catalog.processes().items()}
    ports: dict[str, tuple[tuple[Windowed, ...], ...]] = {}
    for around in processes.values():
        for port in around[1].ports:
            ports[port.id] = (*ports.get(port.id, ()), (*around, port))
    return {PROCESS: {name: (around,) for name, around in processes.items()}, PORT: ports}


def holding(catalog: Catalog, item: Filled) -> dict[str, str]:
    """The choices with which a text is there: its own, and those of what is around it."""
    return _when(_readers(catalog, item))


def _when(windows: tuple[object, ...]) -> dict[str, str]:
    """The choices with which all of these are there."""
    return {option: choice for item in windows for option, choice in getattr(item, "when", {}).items()}


def _readers(catalog: Catalog, item: Filled) -> tuple[object, ...]:
    """A text's file, step or value, and the process that gets it when there is only one."""
    processes = catalog.processes()
    only = [processes[name][1] for name in item.processes if name in processes] if len(item.processes) == 1 else []
    return (*item.windows, *only)


def _known(catalog: Catalog, windows: tuple[Windowed, ...]) -> bool:
    """Whether the releases of all windows exist; R101 reports those that do not."""
    return {value for item in windows for value in (item.since, item.removed)} - {""} <= set(catalog.timeline.ids)


@rule("R213")
def lists_need_ini(catalog: Catalog) -> Iterator[Finding]:
    """A list of values stands only in a file of the format ini, where an option may repeat."""
    for place, _, service in service_places(catalog):
        for number, file in enumerate(service.config):
            for inner, setting in file_settings(place / "config" / number, file):
                for variant in setting if isinstance(setting, tuple) else ():
                    if isinstance(variant, Variant) and isinstance(variant.value, tuple) and file.format != "ini":
                        hint = "write one value, or give the file the format ini"
                        yield Finding(inner, "is a list in a file that cannot repeat a key", hint)


@rule("R214")
def values_in_one_line(catalog: Catalog) -> Iterator[Finding]:
    """A setting stands on one line: no file format can hold a line break in a value."""
    for item in texts(catalog):
        if not item.script and ("\n" in item.text or "\r" in item.text):
            hint = "write it without | and without empty lines; for several values of one option write a list"
            yield Finding(item.place, "holds a line break", hint)
