"""HTTP requests without retries, each over a connection of its own."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.lab.workload.loop import WentWrong
from tests.lab.workload.site import Site

RENEWED = 1500.0
"""Seconds after which a token is renewed; Keystone's hold for 3600."""

AGAIN = 60.0
"""Seconds after which it is tried again when that failed."""

PATIENCE = 120.0
"""Seconds that the first token may take: it is no request that counts."""


@dataclass(frozen=True)
class Answer:
    """Status, headers and content of what came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The content, when it is JSON."""
        return json.loads(self.body)


def ask(
    address: str, port: int, path: str, *, method: str = "GET", body: bytes | None = None,
    headers: Mapping[str, str] | None = None, timeout: float,
) -> Answer:  # fmt: skip
    """What an address answers. Raises OSError or HTTPException where it does not, within `timeout` for each step."""
    connection = http.client.HTTPConnection(address, port, timeout=timeout)
    try:
        connection.request(method, path, body, {"Connection": "close", **(headers or {})})
        answer = connection.getresponse()
        return Answer(answer.status, {key.lower(): value for key, value in answer.getheaders()}, answer.read())
    finally:
        connection.close()


class Session:
    """An account of Keystone, with a token from the beginning that is renewed in time."""

    def __init__(self, site: Site, timeout: float, *, user: str = "lab", password: str = "lab") -> None:
        self.site, self.timeout = site, timeout
        self._login = log_in(user, site.passwords[password])
        self._token, self._since = new_token(site, self._login, PATIENCE), time.monotonic()

    def token(self) -> str:
        """A token that holds; the old one goes on being used where there is no new one."""
        if time.monotonic() - self._since > RENEWED:
            self._since = time.monotonic()
            try:
                self._token = new_token(self.site, self._login, self.timeout)
            except (OSError, http.client.HTTPException, WentWrong):
                self._since -= RENEWED - AGAIN
        return self._token

    def call(
        self,
        port: str,
        method: str,
        path: str,
        content: Any = None,
        *,
        expect: tuple[int, ...] = (200,),
    ) -> Answer:
        """The answer of an API through the virtual IP; `content` are bytes or become JSON.

        Raises WentWrong for another status than expected.
        """
        body = content if isinstance(content, bytes) or content is None else json.dumps(content).encode()
        kind = "application/octet-stream" if isinstance(content, bytes) else "application/json"
        answer = ask(
            self.site.address, self.site.ports[port], path, method=method, body=body, timeout=self.timeout,
            headers={"X-Auth-Token": self.token(), "Content-Type": kind},
        )  # fmt: skip
        if answer.status not in expect:
            raise WentWrong(f"{method} {path}: {answer.status} {answer.body[:80]!r}")
        return answer


def log_in(user: str, password: str) -> bytes:
    """What Keystone wants to hear for a token of the project that is called like the user."""
    domain = {"id": "default"}
    identity = {"methods": ["password"], "password": {"user": {"name": user, "domain": domain, "password": password}}}
    scope = {"project": {"name": user, "domain": domain}}
    return json.dumps({"auth": {"identity": identity, "scope": scope}}).encode()


def exchange(token: str) -> bytes:
    """What Keystone wants to hear for a new token of the same project as an old one's."""
    return json.dumps({"auth": {"identity": {"methods": ["token"], "token": {"id": token}}}}).encode()


def new_token(site: Site, body: bytes, timeout: float) -> str:
    """A new token from Keystone. Raises WentWrong when it gives none."""
    answer = ask(
        site.address, site.ports["keystone-public"], "/v3/auth/tokens", method="POST", body=body,
        headers={"Content-Type": "application/json"}, timeout=timeout,
    )  # fmt: skip
    if answer.status != 201:
        raise WentWrong(f"POST /v3/auth/tokens: {answer.status}")
    return answer.headers["x-subject-token"]
