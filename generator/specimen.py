"""A topology file with every key explained, and the same explanations as rows of a page.

The explanations are the docstrings of the model, the values those of a topology: nothing is written twice.
"""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, Field, dataclass, fields, is_dataclass
from typing import Any

from generator import topology as shapes
from generator import validation
from generator.topology import Topology

EXAMPLES: Mapping[tuple[str, str], object] = {
    ("Network", "gateway"): "192.0.2.1",
    ("Network", "pool"): ("192.0.2.100", "192.0.2.150"),
    ("VirtualIp", "serves"): ("keystone", "glance-api"),
    ("VirtualIp", "dns_name"): "cloud.example.com",
    ("VirtualIp", "preferred"): "hacontroller2",
    ("NodeInterface", "address"): "192.0.2.11",
    ("Node", "disks"): {"swift": "/dev/vdb"},
    ("Tuning", "advert_interval"): 1,
    ("Tuning", "timeout_connect"): "5s",
    ("Tuning", "timeout_client"): "60s",
    ("Tuning", "timeout_server"): "60s",
    ("Tuning", "timeout_check"): "5s",
    ("Tuning", "maxconn"): 20000,
    ("Tuning", "workers"): 2,
    ("Storage", "cinder_nfs"): "nfs.example.com:/openstack/cinder",
    ("Storage", "glance_nfs"): "nfs.example.com:/openstack/glance",
    ("Storage", "ceph_monitors"): ("192.0.2.51", "192.0.2.52", "192.0.2.53"),
    ("Storage", "ceph_fsid"): "1f0c5d4e-6a7b-4c8d-9e0f-a1b2c3d4e5f6",
    ("Topology", "ntp_servers"): ("ntp1.example.com", "ntp2.example.com"),
    ("Topology", "services"): ("keystone", "glance", "placement", "neutron", "nova", "horizon"),
    ("Topology", "options"): {"network-backend": "openvswitch"},
    ("Topology", "external_endpoints"): {"keystone-public": "https://cloud.example.com:5000"},
}
"""What is shown of keys that a topology may leave empty."""

TITLES = {
    "Topology": "The whole file",
    "Network": "networks",
    "VirtualIp": "virtual_ips",
    "Node": "nodes",
    "NodeInterface": "interfaces of a node",
    "Storage": "storage",
    "Tuning": "tuning",
}
"""Parts of a topology in the order of a page, and where they stand in the file."""

WIDTH = 110

HEAD = """\
The topology file of a site: its nodes, networks and virtual IPs. Change every value to that of your site, then run
  python -m generator topology check FILE
The name of the file becomes the id of the topology: lower-case words joined by hyphens, such as my-site.yaml.
A line that begins with # and no blank is a key that may be left out, with the value that holds without it or an
example. Remove the # to use it.
In a list, the keys are explained at its first item."""

PLAIN = re.compile(r"(?=.*[A-Za-z/]|.*\..*\.)[A-Za-z0-9/][A-Za-z0-9 ._/;-]*(:/[A-Za-z0-9._/-]*)?[A-Za-z0-9._/]")
WORDS = {"true", "false", "yes", "no", "on", "off", "null", "y", "n"}
"""Words that YAML 1.1 reads as something else: https://yaml.org/type/bool.html and null.html."""


@dataclass(frozen=True)
class Key:
    """A key of the topology file as a page explains it."""

    name: str
    required: bool
    meaning: str
    example: str
    """A value as it stands in the file: the default, or else an example."""


def topology_file(topology: Topology, schema: str) -> str:
    """A commented topology file that says the same as `topology`; `schema` is where an editor finds the schema."""
    head = [f"# yaml-language-server: $schema={schema}", *(f"# {line}" for line in HEAD.splitlines()), ""]
    return "\n".join([*head, *_part(topology, "", explain=True)]).rstrip() + "\n"


def keys() -> dict[str, tuple[str, list[Key]]]:
    """Every part of a topology by its name in the model: what it is, and its keys."""
    parts = [getattr(shapes, name) for name in TITLES]
    return {
        part.__name__: (
            str(_described(part)["description"]),
            [Key(item.name, _required(item), _meaning(part, item), _shown(part, item)) for item in fields(part)],
        )
        for part in parts
    }


def _described(part: type) -> dict[str, Any]:
    whole = validation.schema("topology")
    described: dict[str, Any] = whole["$defs"].get(part.__name__, whole)
    return described


def _meaning(part: type, item: Field[Any]) -> str:
    return " ".join(_described(part)["properties"][item.name]["description"].split())


def _required(item: Field[Any]) -> bool:
    return item.default is MISSING and item.default_factory is MISSING


def _default(item: Field[Any]) -> object:
    return item.default if item.default_factory is MISSING else item.default_factory()


def _shown(part: type, item: Field[Any]) -> str:
    """The default of a key as it stands in the file, or an example where the default is empty."""
    value = "" if _required(item) else EXAMPLES.get((part.__name__, item.name), _default(item))
    return "" if value == "" or is_dataclass(value) else _flow(value)


def _part(part: Any, indent: str, *, explain: bool) -> list[str]:
    """The lines of a part; with explanations also those of the keys that it leaves out."""
    lines: list[str] = []
    for item in fields(part):
        value = getattr(part, item.name)
        given = _required(item) or value != _default(item)
        if not explain:
            lines += _key(item.name, value, indent, explain=False) if given else []
            continue
        lines += _comment(_meaning(type(part), item), indent, required=_required(item))
        if given:
            lines += _key(item.name, value, indent, explain=True)
        elif is_dataclass(value):
            lines += [_out(line, indent) for line in _key(item.name, value, indent, explain=True)]
        else:
            lines.append(f"{indent}#{item.name}: {_shown(type(part), item)}")
        lines += [""] if not indent else []
    return lines


def _out(line: str, indent: str) -> str:
    """The line commented out; a key that was so already stays so once."""
    return f"{indent}#" + re.sub(r"^( *)#(?! )", r"\1", line.removeprefix(indent))


def _comment(text: str, indent: str, *, required: bool) -> list[str]:
    whole = text if required else f"Optional. {text}"
    return [f"{indent}# {line}" for line in textwrap.wrap(whole, WIDTH - len(indent))]


def _key(name: str, value: Any, indent: str, *, explain: bool) -> list[str]:
    if is_dataclass(value):
        return [f"{indent}{name}:", *_part(value, f"{indent}  ", explain=explain)]
    if isinstance(value, tuple) and value and is_dataclass(value[0]):
        return [f"{indent}{name}:", *_items(value, indent, explain=explain)]
    if isinstance(value, dict) and value and is_dataclass(next(iter(value.values()))):
        about = list(_about(next(iter(value.values())), indent)) if explain else []
        return [*about, f"{indent}{name}:", *(f"{indent}  {key}: {_flow(item)}" for key, item in value.items())]
    bare = isinstance(value, str) and _is_plain(value.replace(", ", " "))
    return [f"{indent}{name}: {value if bare else _flow(value)}"]


def _about(part: Any, indent: str) -> Iterator[str]:
    """The keys of parts that are written in one line each."""
    for item in fields(part):
        text = f"{item.name}: {_meaning(type(part), item)}"
        for number, line in enumerate(textwrap.wrap(text, WIDTH - len(indent) - 2)):
            yield f"{indent}# {'  ' if number else '- '}{line}"


def _items(parts: tuple[Any, ...], indent: str, *, explain: bool) -> Iterator[str]:
    for number, part in enumerate(parts):
        lines = _part(part, f"{indent}    ", explain=explain and number == 0)
        first = next(position for position, line in enumerate(lines) if not line.lstrip().startswith("#"))
        lines[first] = f"{indent}  - {lines[first].lstrip()}"
        yield from lines


def _flow(value: Any) -> str:
    """A value on one line, quoted where YAML or its readers could take it for something else."""
    if is_dataclass(value):
        given = {item.name: getattr(value, item.name) for item in fields(value)}
        return _flow({key: item for key, item in given.items() if item != ""})
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_flow(key)}: {_flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, tuple):
        return "[" + ", ".join(map(_flow, value)) + "]"
    text = str(value)
    return text if isinstance(value, int) or _is_plain(text) else json.dumps(text, ensure_ascii=False)


def _is_plain(text: str) -> bool:
    """Whether every reader takes the text for itself without quotes."""
    return bool(PLAIN.fullmatch(text)) and text.lower() not in WORDS
