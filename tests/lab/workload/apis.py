"""Clients of the APIs: each gives a function that makes one request."""

from __future__ import annotations

import hashlib
import itertools
import os
import time
from collections.abc import Callable

from tests.lab.workload.loop import WentWrong
from tests.lab.workload.site import Site
from tests.lab.workload.web import Session, ask, exchange, log_in, new_token

Request = Callable[[], int | None]

IMAGE = os.urandom(256 * 1024)
"""What the image client uploads."""

OBJECT = IMAGE[: 16 * 1024]

STACK = {"heat_template_version": "2021-04-16", "resources": {"text": {"type": "OS::Heat::RandomString"}}}
"""A stack that Heat's engine makes by itself, without another service."""

POLL = 0.25
"""Seconds between two looks at a stack."""


def web(address: str, port: int, path: str, host: str, timeout: float) -> Request:
    """Asks one address for one page; any answer below 500 is one."""

    def request() -> None:
        status = ask(address, port, path, headers={"Host": host}, timeout=timeout).status
        if status >= 500:
            raise WentWrong(f"GET {path}: {status}")

    return request


def token(site: Site, timeout: float) -> Request:
    """Gets a new token for one that it has: Keystone checks one and makes one, and no password costs a quarter second.

    With bcrypt of 12 rounds, as Keystone has it, a password at this pace would take a whole processor.
    """
    session = Session(site, timeout)

    def request() -> None:
        new_token(site, exchange(session.token()), timeout)

    return request


def login(site: Site, timeout: float) -> Request:
    """Logs in with a password, for a new token each time."""
    body = log_in("lab", site.passwords["lab"])

    def request() -> None:
        new_token(site, body, timeout)

    return request


def reading(port: str, path: str) -> Callable[[Site, float], Request]:
    """Reads one list of an API with a token that stays the same; `{project}` in the path is the clients' project."""

    def make(site: Site, timeout: float) -> Request:
        session = Session(site, timeout)

        def request() -> None:
            session.call(port, "GET", path.format(project=site.project))

        return request

    return make


def image(site: Site, timeout: float) -> Request:
    """Uploads an image, downloads it, compares and deletes it."""
    session = Session(site, timeout)
    expected = hashlib.sha256(IMAGE).hexdigest()

    def request() -> None:
        record = {"name": "lab", "disk_format": "raw", "container_format": "bare"}
        made = session.call("glance-api", "POST", "/v2/images", record, expect=(201,)).json["id"]
        path = f"/v2/images/{made}"
        session.call("glance-api", "PUT", f"{path}/file", IMAGE, expect=(204,))
        found = hashlib.sha256(session.call("glance-api", "GET", f"{path}/file").body).hexdigest()
        session.call("glance-api", "DELETE", path, expect=(204,))
        if found != expected:
            raise WentWrong("the image that came back is another one")

    return request


def network(site: Site, timeout: float) -> Request:
    """Makes a network, shows it and deletes it: rows in the database, and a switch in OVN's northbound database."""
    session = Session(site, timeout)

    def request() -> None:
        record = {"network": {"name": "lab"}}
        made = session.call("neutron-api", "POST", "/v2.0/networks", record, expect=(201,)).json["network"]["id"]
        session.call("neutron-api", "GET", f"/v2.0/networks/{made}")
        session.call("neutron-api", "DELETE", f"/v2.0/networks/{made}", expect=(204,))

    return request


def server_group(site: Site, timeout: float) -> Request:
    """Makes a server group, shows it and deletes it: rows in the database of Nova's API, and no instance."""
    session = Session(site, timeout)

    def request() -> None:
        record = {"server_group": {"name": "lab", "policies": ["anti-affinity"]}}
        made = session.call("nova-api", "POST", "/v2.1/os-server-groups", record).json["server_group"]["id"]
        session.call("nova-api", "GET", f"/v2.1/os-server-groups/{made}")
        session.call("nova-api", "DELETE", f"/v2.1/os-server-groups/{made}", expect=(204,))

    return request


def volume(site: Site, timeout: float) -> Request:
    """Writes an increasing number into the metadata of one volume and reads it: API and database, no driver."""
    session, numbers = Session(site, timeout), itertools.count(site.first)
    path = f"/v3/{site.project}/volumes/{site.volume}/metadata"

    def request() -> int:
        number = next(numbers)
        session.call("cinder-api", "POST", path, {"metadata": {"lab": str(number)}})
        found = session.call("cinder-api", "GET", path).json["metadata"]["lab"]
        if found != str(number):
            raise WentWrong(f"wrote {number}, read {found}")
        return number

    return request


def new_volume(site: Site, timeout: float) -> Request:
    """Makes a volume of 1 GiB, waits until it is there and deletes it: scheduler, cinder-volume and its storage too."""
    session = Session(site, timeout)

    def request() -> None:
        begun = time.monotonic()
        record = {"volume": {"name": "lab", "size": 1}}
        made = session.call("cinder-api", "POST", f"/v3/{site.project}/volumes", record, expect=(202,)).json["volume"]
        path = f"/v3/{site.project}/volumes/{made['id']}"
        wait_for(lambda: session.call("cinder-api", "GET", path).json["volume"]["status"], "available", begun + timeout)
        session.call("cinder-api", "DELETE", path, expect=(202,))

    return request


def stack(site: Site, timeout: float) -> Request:
    """Makes a stack, waits until it is complete and deletes it: API, queue, engine and database."""
    session, numbers = Session(site, timeout), itertools.count(site.first)

    def request() -> None:
        begun = time.monotonic()
        record = {"stack_name": f"lab-{next(numbers)}", "template": STACK}
        made = session.call("heat-api", "POST", f"/v1/{site.project}/stacks", record, expect=(201,)).json["stack"]
        path = f"/v1/{site.project}/stacks/{record['stack_name']}/{made['id']}"
        wait_for(
            lambda: session.call("heat-api", "GET", path).json["stack"]["stack_status"], "CREATE_COMPLETE",
            begun + timeout,
        )  # fmt: skip
        session.call("heat-api", "DELETE", path, expect=(204,))

    return request


def new_object(site: Site, timeout: float) -> Request:
    """Stores an object, reads and compares it and deletes it."""
    session, numbers = Session(site, timeout), itertools.count(site.first)

    def request() -> None:
        path = f"/v1/AUTH_{site.project}/lab/{next(numbers)}"
        session.call("swift-proxy", "PUT", path, OBJECT, expect=(201,))
        found = session.call("swift-proxy", "GET", path).body
        session.call("swift-proxy", "DELETE", path, expect=(204,))
        if found != OBJECT:
            raise WentWrong("the object that came back is another one")

    return request


def wait_for(look: Callable[[], str], wanted: str, until: float) -> None:
    """Look until something is as wanted. Raises WentWrong when it is so late, or has failed."""
    while (state := look()) != wanted:
        if time.monotonic() > until or state.lower().endswith(("error", "failed")):
            raise WentWrong(f"{state} instead of {wanted}")
        time.sleep(POLL)
