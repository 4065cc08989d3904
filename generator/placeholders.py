"""The `${...}` names that data values may hold, and what they stand for on a node.

A name has a dot, so that ordinary shell variables in step scripts are left alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

NAME = re.compile(r"\$\{([a-z]+)\.([A-Za-z0-9_-]+)\}")
SUSPECT = re.compile(r"\$\{[A-Za-z0-9_ -]*\.[^}\n]*\}")

KINDS = {
    "node": "name, fqdn or a network: of the node that gets the file",
    "urlnode": "the address of node.NETWORK as it stands before a port: IPv6 in brackets",
    "listen": "address of the node on the network that a port is used on",
    "vip": "host name of the virtual IP that serves a port",
    "vipaddress": "address of the virtual IP that serves a port",
    "urlvip": "the same as it stands before a port: IPv6 in brackets",
    "members": "address:port of every node that listens on a port",
    "inetmembers": "the same as python-memcached reads it: inet6:[address]:port for IPv6",
    "fallbacks": "&sentinel_fallback=host:port of every node but the first that listens on a port, for tooz URLs",
    "brokers": "user:password@address:port of every RabbitMQ node, for the account of a secret rabbitmq_USER",
    "hosts": "host name of every node that runs a process",
    "fqdns": "full host name of every node that runs a process",
    "addresses": "internal address of every node that runs a process",
    "urladdresses": "the same, IPv6 in brackets",
    "first": "internal address of the first node that runs a process",
    "urlfirst": "the same, IPv6 in brackets",
    "port": "number of a port",
    "unit": "systemd unit of a process",
    "interface": "name of the node's interface on a network",
    "disk": "disk of the node for a use, such as swift",
    "service": "id, user or password of the service that the file belongs to",
    "url": "address of a proxied port, as the nodes use it",
    "publicurl": "address of a proxied port, as users from outside use it",
    "publichost": "host name in that address",
    "secret": "a secret of data/secrets.yaml",
    "site": "a fact of the whole topology, such as domain or region; virtual_ips and virtual_ip_names list all of them",
}
"""What each kind of name stands for."""

Lookup = Callable[[str, str], str]


def names_in(text: str) -> Iterator[tuple[str, str]]:
    """The (kind, key) of every placeholder in `text`, in order."""
    for match in NAME.finditer(text):
        yield match.group(1), match.group(2)


def malformed_in(text: str) -> Iterator[str]:
    """What looks like a placeholder and is none: `${node.Internal IP}`, `${nodes.x}`."""
    for match in SUSPECT.finditer(text):
        well_formed = NAME.fullmatch(match.group(0))
        if not well_formed or well_formed.group(1) not in KINDS:
            yield match.group(0)


def fill(text: str, look_up: Lookup) -> str:
    """`text` with every placeholder replaced by `look_up(kind, key)`, which may raise KeyError."""
    return NAME.sub(lambda match: look_up(match.group(1), match.group(2)), text)
