"""What a client knows about the site that it uses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Site:
    """Addresses, ports and passwords; comes as JSON on standard input, since a process list is no place for them."""

    address: str
    """The virtual IP."""
    host: str
    """Its name, which users type."""
    ports: Mapping[str, int]
    """Number of each port by its id in the data."""
    servers: Mapping[str, Sequence[str]]
    """Addresses of the nodes that serve a port, by its id."""
    passwords: Mapping[str, str]
    """By the name of the secret; `lab` is that of the clients' own accounts."""
    project: str = ""
    """Id of the clients' project."""
    volume: str = ""
    """Id of the volume whose metadata is written."""
    first: int = 1
    """The number that the first request stores; each one takes the next, whether the last one worked or not."""

    def each(self, port: str) -> list[tuple[str, int]]:
        """Address and number of a port on each node that serves it."""
        return [(address, self.ports[port]) for address in self.servers[port]]
