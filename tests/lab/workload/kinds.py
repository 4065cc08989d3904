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
    "token": Kind(apis.token, 1.0, 2.0),
    "login": Kind(apis.login, 15.0, 10.0),
    "token-check": Kind(apis.reading("cinder-api", "/v3/{project}/types"), 2.0, 2.0),
    "image": Kind(apis.image, 10.0, 8.0),
    "network": Kind(apis.network, 15.0, 15.0),
    "volume": Kind(apis.volume, 5.0, 4.0),
    "new-volume": Kind(apis.new_volume, 30.0, 30.0),
    "server-group": Kind(apis.server_group, 10.0, 8.0),
    "stack": Kind(apis.stack, 30.0, 30.0),
    "object": Kind(apis.new_object, 2.0, 4.0),
    "load-balancers": Kind(apis.reading("octavia-api", "/v2/lbaas/loadbalancers"), 5.0, 4.0),
    "metrics": Kind(apis.reading("gnocchi-api", "/v1/metric"), 5.0, 4.0),
    "alarms": Kind(apis.reading("aodh-api", "/v2/alarms"), 5.0, 4.0),
    "providers": Kind(apis.reading("placement-api", "/resource_providers"), 5.0, 4.0),
    "databases": Kind(apis.reading("trove-api", "/v1.0/{project}/instances"), 10.0, 8.0),
    "database": Kind(backing.database, 0.05),
    "queue": Kind(backing.queue, 0.05),
    "queue-read": Kind(backing.queue_read, 0.0),
    "valkey": Kind(backing.valkey, 0.05),
    "memcached": Kind(backing.memcached, 0.05),
}
"""Every kind that needs nothing but the site; `http` asks one address and is told which.

The pace is what two processors for a whole control plane bear: at five times as many requests the health checks of
HAProxy wait behind those of the clients, and servers that nobody has touched are taken for dead."""
