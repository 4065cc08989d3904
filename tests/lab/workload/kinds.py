"""The kinds of clients: what each does, how often, and how long it waits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.lab.workload import apis, backing
from tests.lab.workload.site import Site

Request = Callable[[], int | None]


@dataclass(frozen=True)
class Kind:
    """A kind of client."""

    make: Callable[[Site, float], Request]
    every: float
    """Seconds from the beginning of a request to that of the next."""
    timeout: float = 1.0
    """Seconds after which a request has failed."""


def nothing(site: Site, timeout: float) -> Request:
    """Asks nobody: shows when the machine itself had no time."""
    return lambda: None


KINDS = {
    "clock": Kind(nothing, 0.02),
    "token": Kind(apis.token, 0.2),
    "login": Kind(apis.login, 3.0, 2.0),
    "token-check": Kind(apis.reading("cinder-api", "/v3/{project}/types"), 0.5),
    "image": Kind(apis.image, 1.0, 3.0),
    "network": Kind(apis.network, 2.0, 5.0),
    "volume": Kind(apis.volume, 1.0, 2.0),
    "new-volume": Kind(apis.new_volume, 5.0, 20.0),
    "server-group": Kind(apis.server_group, 1.0, 3.0),
    "stack": Kind(apis.stack, 4.0, 15.0),
    "object": Kind(apis.new_object, 0.5, 2.0),
    "load-balancers": Kind(apis.reading("octavia-api", "/v2/lbaas/loadbalancers"), 1.0),
    "metrics": Kind(apis.reading("gnocchi-api", "/v1/metric"), 1.0),
    "alarms": Kind(apis.reading("aodh-api", "/v2/alarms"), 1.0),
    "providers": Kind(apis.reading("placement-api", "/resource_providers"), 1.0),
    "databases": Kind(apis.reading("trove-api", "/v1.0/{project}/instances"), 1.0),
    "database": Kind(backing.database, 0.02),
    "queue": Kind(backing.queue, 0.02),
    "queue-read": Kind(backing.queue_read, 0.0),
    "valkey": Kind(backing.valkey, 0.02),
    "memcached": Kind(backing.memcached, 0.02),
}
"""Every kind that needs nothing but the site; `http` asks one address and is told which."""
