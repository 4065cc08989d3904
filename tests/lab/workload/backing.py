"""Clients of the database, the queues, Valkey and Memcached, with the libraries that the services use.

The libraries are imported by those who need them: a client shall not hold all, and the tests' own Python has none.
"""

from __future__ import annotations

import itertools
import random
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from tests.lab.workload.loop import WentWrong
from tests.lab.workload.site import Site

Request = Callable[[], int | None]

QUEUE = "lab"

KEY = "lab:"
"""Head of the names of what is stored in Valkey and Memcached."""

PRIMARY = "mymaster"
"""The name that the Sentinels know the Valkey servers by."""

HEARTBEAT = 60
"""Seconds of silence after which oslo.messaging takes a broker for dead: heartbeat_timeout_threshold. Its sockets wait
as long, and so do ours: a broker that hangs costs these clients what it costs the services."""

PREFETCH = 50
"""Messages that a consumer gets ahead, rabbit_qos_prefetch_count of the bundles."""

DEAD_RETRY = 60
"""Seconds for which a dead memcached is left alone, memcache_dead_retry of the bundles."""


def database(site: Site, timeout: float) -> Request:
    """Inserts the next number through the virtual IP; after an error over a new connection."""
    import pymysql

    numbers = itertools.count(site.first)
    kept: list[Any] = []

    def request() -> int:
        number = next(numbers)
        try:
            if not kept:
                kept.append(
                    pymysql.connect(
                        host=site.address, port=site.ports["database"], user="workload", password=site.passwords["lab"],
                        database="workload", autocommit=True, connect_timeout=timeout, read_timeout=timeout,
                        write_timeout=timeout,
                    )
                )  # fmt: skip
            with kept[0].cursor() as cursor:
                cursor.execute("INSERT INTO written (id) VALUES (%s)", (number,))
        except Exception:
            while kept:
                kept.pop()._force_close()  # a polite end waits for a server that may be gone
            raise
        return number

    return request


class Brokers:
    """A channel to one of the brokers, to the next one after a failure, as oslo.messaging does it with kombu."""

    def __init__(self, site: Site) -> None:
        import kombu

        brokers = site.each("messaging")
        random.shuffle(brokers)
        self._brokers, self._password = itertools.cycle(brokers), site.passwords["rabbitmq_openstack"]
        self._connect: Any = kombu.Connection
        self._link: Any = None
        self.connection: Any = None
        self.channel: Any = None

    def open(self, prepare: Callable[[Any], None]) -> Any:
        """The channel; a new one is prepared first. Raises what kombu does when the broker cannot be reached."""
        if self.channel is None:
            host, port = next(self._brokers)
            self.connection = self._connect(
                hostname=host, port=port, userid="openstack", password=self._password, virtual_host="/",
                heartbeat=HEARTBEAT,
            )  # fmt: skip
            self._link = self.connection.connect()
            self._link.sock.settimeout(HEARTBEAT)
            channel = self.connection.channel()
            prepare(channel)
            self.channel = channel
        self.connection.heartbeat_check(rate=3)
        return self.channel

    def drop(self) -> None:
        """Forget the connection without a word to the broker, which may be gone."""
        # Asked for `transport` after it has closed its own, amqp would connect again.
        if self._link is not None and self._link._transport is not None:
            with suppress(OSError):
                self._link._transport.close()
        self.connection = self.channel = self._link = None


def queue(site: Site, timeout: float) -> Request:
    """Publishes the next number into a quorum queue and waits until the brokers confirm it; waits up to HEARTBEAT."""
    import amqp

    brokers, numbers = Brokers(site), itertools.count(site.first)

    def request() -> int:
        number = next(numbers)
        try:
            channel = brokers.open(lambda _: None)
            message = amqp.Message(str(number), delivery_mode=2)
            channel.basic_publish_confirm(message, exchange="", routing_key=QUEUE, mandatory=True)
        except Exception:
            brokers.drop()
            raise
        return number

    return request


def queue_read(site: Site, timeout: float) -> Request:
    """Takes the next number from the queue and confirms it; nothing within the timeout is a failure."""
    brokers = Brokers(site)
    came: deque[Any] = deque()

    def listen(channel: Any) -> None:
        came.clear()  # what the old channel had brought comes again
        channel.basic_qos(0, PREFETCH, False)
        channel.basic_consume(QUEUE, callback=came.append)

    def request() -> int:
        try:
            channel = brokers.open(listen)
            while not came:
                try:
                    brokers.connection.drain_events(timeout=timeout)
                except TimeoutError:
                    raise WentWrong("no message came") from None
            message = came.popleft()
            channel.basic_ack(message.delivery_tag)
        except WentWrong:
            raise
        except Exception:
            brokers.drop()
            raise
        return int(message.body)

    return request


def valkey(site: Site, timeout: float) -> Request:
    """Stores the next number at the primary that the Sentinels name, asked anew for each connection, as by tooz."""
    primary, numbers = valkey_primary(site, timeout), itertools.count(site.first)

    def request() -> int:
        number = next(numbers)
        primary.set(f"{KEY}{number}", number)
        return number

    return request


def valkey_primary(site: Site, timeout: float) -> Any:
    """A client of the primary, without retries."""
    import redis.sentinel
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    once: dict[str, Any] = {
        "socket_timeout": timeout,
        "socket_connect_timeout": timeout,
        "retry": Retry(NoBackoff(), 0),
    }
    sentinels = redis.sentinel.Sentinel(
        site.each("redis-sentinel"), sentinel_kwargs=once, password=site.passwords["redis"], **once
    )
    return sentinels.master_for(PRIMARY)


def memcached(site: Site, timeout: float) -> Request:
    """Stores a number under a name of its own and reads it back, with the pool of oslo.cache and keystonemiddleware."""
    from oslo_cache._memcache_pool import MemcacheClientPool

    servers = [f"{address}:{port}" for address, port in site.each("memcached")]
    pool = MemcacheClientPool(
        servers, {"dead_retry": DEAD_RETRY, "socket_timeout": timeout}, maxsize=1, unused_timeout=60,
        conn_get_timeout=10,
    )  # fmt: skip
    numbers = itertools.count(site.first)

    def request() -> None:
        number = next(numbers)
        with pool.acquire() as client:
            client.set(f"{KEY}{number}", number, time=60)
            if client.get(f"{KEY}{number}") != number:
                raise WentWrong("what was stored is not there")

    return request
