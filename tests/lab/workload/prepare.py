"""What the clients need before they begin: an account, a container, a volume, a queue; safe to do twice."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from tests.lab.workload.backing import KEY, QUEUE, Brokers, valkey_primary
from tests.lab.workload.kinds import KINDS
from tests.lab.workload.site import Site
from tests.lab.workload.web import Session

PATIENCE = 120.0
"""Seconds that one step may take: nothing is measured yet."""

ALONE = {"clock", "database", "queue", "queue-read", "valkey", "memcached"}
"""Kinds that need no account of Keystone."""


def prepare(site: Site, kinds: Collection[str]) -> dict[str, str]:
    """Make what these kinds of clients need. Returns what they have to know: ids of the project and the volume.

    Raises WentWrong, OSError and HTTPException when the site does not do it.
    """
    if {"queue", "queue-read"} & set(kinds):
        declare_queue(site)
    if set(kinds) <= ALONE:
        return {}
    assert set(kinds) <= set(KINDS), f"unknown: {set(kinds) - set(KINDS)}"
    admin = Session(site, PATIENCE, user="admin", password="keystone_admin")
    project = _make(admin, "projects", {"name": "lab", "domain_id": "default"})
    user = _make(admin, "users", {"name": "lab", "domain_id": "default", "password": site.passwords["lab"]})
    admin.call("keystone-public", "PATCH", f"/v3/users/{user}", {"user": {"password": site.passwords["lab"]}})
    for role in ("admin", "member"):
        (found,) = admin.call("keystone-public", "GET", f"/v3/roles?name={role}").json["roles"]
        path = f"/v3/projects/{project}/users/{user}/roles/{found['id']}"
        admin.call("keystone-public", "PUT", path, expect=(204,))
    _raise_quotas(admin, project, kinds)
    own = Session(site, PATIENCE)
    if "object" in kinds:
        own.call("swift-proxy", "PUT", f"/v1/AUTH_{project}/lab", b"", expect=(201, 202))
    return {"project": project, "volume": _volume(own, project) if "volume" in kinds else ""}


def declare_queue(site: Site) -> Any:
    """Declare the quorum queue, durable as all of that type; what RabbitMQ says about it."""
    brokers = Brokers(site)
    channel = brokers.open(lambda _: None)
    said = channel.queue_declare(QUEUE, durable=True, auto_delete=False, arguments={"x-queue-type": "quorum"})
    brokers.connection.release()
    return said


def missing_in_valkey(site: Site, numbers: Collection[int]) -> list[int]:
    """Those of these numbers that the primary does not hold."""
    primary, wanted = valkey_primary(site, PATIENCE), sorted(numbers)
    found = primary.mget([f"{KEY}{number}" for number in wanted]) if wanted else []
    return [number for number, value in zip(wanted, found, strict=True) if value is None]


def _make(admin: Session, what: str, record: Mapping[str, str]) -> str:
    """The id of a project or user of that name, which is made when it is not there."""
    found = admin.call("keystone-public", "GET", f"/v3/{what}?name={record['name']}&domain_id=default").json[what]
    if found:
        return str(found[0]["id"])
    answer = admin.call("keystone-public", "POST", f"/v3/{what}", {what[:-1]: record}, expect=(201,))
    return str(answer.json[what[:-1]]["id"])


def _raise_quotas(admin: Session, project: str, kinds: Collection[str]) -> None:
    """No limits, since requests that fail half-way leave things behind."""
    if "network" in kinds:
        admin.call("neutron-api", "PUT", f"/v2.0/quotas/{project}", {"quota": {"network": -1}})
    if "server-group" in kinds:
        path = f"/v2.1/os-quota-sets/{project}"
        admin.call("nova-api", "PUT", path, {"quota_set": {"server_groups": -1, "force": True}})
    if "new-volume" in kinds:
        path = f"/v3/os-quota-sets/{project}"
        admin.call("cinder-api", "PUT", path, {"quota_set": {"volumes": -1, "gigabytes": -1}})


def _volume(own: Session, project: str) -> str:
    """The id of the volume whose metadata is written; nobody waits for what lies behind the record."""
    volumes = f"/v3/{project}/volumes"
    found = own.call("cinder-api", "GET", f"{volumes}?name=kept").json["volumes"]
    if not found:
        record = {"volume": {"name": "kept", "size": 1}}
        found = [own.call("cinder-api", "POST", volumes, record, expect=(202,)).json["volume"]]
    return str(found[0]["id"])
