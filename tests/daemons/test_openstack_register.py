"""The program that registers services with Keystone's API v3, against a Keystone that remembers in a file."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from generator import templating

STUB = """
import json, os
from types import SimpleNamespace as Thing
from keystoneauth1 import exceptions

FILE = os.environ["STATE"]


def load():
    return json.load(open(FILE))


def add(kind, shown, **item):
    state = load()
    item["id"] = "%s-%d" % (kind, len(state[kind]) + 1)
    state[kind].append(item)
    state["log"].append([kind, shown])
    json.dump(state, open(FILE, "w"))
    return Thing(**item)


def find(kind, name):
    return next((Thing(**item) for item in load()[kind] if item["name"] == name), None)


def change(log, edit):
    state = load()
    edit(state)
    state["log"].append(log)
    json.dump(state, open(FILE, "w"))


class Identity:
    def __getattr__(self, called):
        verb, kind = called.split("_", 1)
        if verb == "find":
            return lambda name: find(kind, name)
        assert verb == "create"
        return lambda **values: add(kind, values.get("name") or values["interface"] + " " + values["url"], **values)

    def endpoints(self, service_id):
        return [Thing(**item) for item in load()["endpoint"] if item["service_id"] == service_id]

    def validate_user_has_project_role(self, project, user, role):
        return [project.id, user.id, role.id] in load()["grants"]

    def assign_project_role_to_user(self, project, user, role):
        grant = [project.id, user.id, role.id]
        change(["grant", user.name + " " + role.name], lambda state: state["grants"].append(grant))

    def update_user(self, user, password):
        def edit(state):
            next(item for item in state["user"] if item["id"] == user.id)["password"] = password

        change(["password", user.name], edit)


class Session:
    def __init__(self, auth):
        self.auth = auth

    def get_token(self):
        if find("user", self.auth["username"]).password != self.auth["password"]:
            raise exceptions.Unauthorized()


def connect(load_yaml_config, load_envvars, auth, region_name=None, interface=None):
    assert not load_yaml_config and not load_envvars
    assert auth["auth_url"] == "http://inside:5000/v3"
    return Thing(identity=Identity(), session=Session(auth))
"""

OPENRC = """# A comment
export OS_AUTH_URL='http://inside:5000/v3'
export OS_REGION_NAME='regionOne'
export OS_USERNAME='admin'
export OS_PASSWORD='boss'
export OS_PROJECT_NAME='admin'
export OS_USER_DOMAIN_NAME='Default'
export OS_PROJECT_DOMAIN_NAME='Default'
"""

FRESH = {
    "project": [{"id": "p1", "name": "service"}],
    "user": [{"id": "u1", "name": "admin", "password": "boss"}],
    "role": [{"id": "r1", "name": "admin"}, {"id": "r2", "name": "service"}],
    "service": [],
    "endpoint": [],
    "grants": [],
    "log": [],
}


class Keystone:
    """The program of a bundle, with the stub in place of the client library."""

    def __init__(self, program: Path, folder: Path) -> None:
        self.program, self.state, self.library = program, folder / "state.json", folder / "library"
        (self.library / "openstack").mkdir(parents=True)
        (self.library / "openstack" / "__init__.py").write_text(STUB)
        (self.library / "keystoneauth1").mkdir()
        (self.library / "keystoneauth1" / "__init__.py").touch()
        (self.library / "keystoneauth1" / "exceptions.py").write_text("class Unauthorized(Exception):\n    pass\n")
        self.openrc = folder / "admin-openrc"
        self.openrc.write_text(OPENRC)
        self.state.write_text(json.dumps(FRESH))

    def register(self, *arguments: str, password: str = "one") -> tuple[int, str, list[list[str]]]:
        """Exit status, what was said on standard error, and what was changed."""
        state = json.loads(self.state.read_text())
        self.state.write_text(json.dumps({**state, "log": []}))
        environment = {
            "PATH": "/usr/bin:/bin",
            "PYTHONPATH": str(self.library),
            "STATE": str(self.state),
            "OPENRC": str(self.openrc),
            "SERVICE_PASSWORD": password,
        }
        command = [sys.executable, str(self.program), *arguments]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        return done.returncode, done.stderr, json.loads(self.state.read_text())["log"]


@pytest.fixture
def keystone(tmp_path: Path) -> Keystone:
    """A Keystone as its own steps leave it: project service, roles admin and service, user admin."""
    program = tmp_path / "openstack-register"
    program.write_text(templating.render("config/keystone/openstack-register", {"banner": "Made for a test."}))
    return Keystone(program, tmp_path / "keystone")


GLANCE = ("glance", "glance", "image", "OpenStack Image", "http://vip:9292", "http://inside:9292")


def test_it_makes_user_roles_service_and_endpoints_once(keystone: Keystone) -> None:
    """The first run makes them all, with three interfaces; the second one has nothing to do."""
    made = [
        ["user", "glance"],
        ["grant", "glance admin"],
        ["grant", "glance service"],
        ["service", "glance"],
        ["endpoint", "public http://vip:9292"],
        ["endpoint", "internal http://inside:9292"],
        ["endpoint", "admin http://inside:9292"],
    ]
    assert keystone.register(*GLANCE) == (0, "", made)
    assert keystone.register(*GLANCE) == (0, "", [])


def test_it_corrects_a_password_and_makes_missing_roles(keystone: Keystone) -> None:
    """A password that differs is set; roles are made when they are missing; a user alone needs no service."""
    keystone.register(*GLANCE)
    assert keystone.register("glance", password="two") == (0, "", [["password", "glance"]])
    made = [["role", "ResellerAdmin"], ["grant", "glance ResellerAdmin"]]
    assert keystone.register("--role", "ResellerAdmin", "glance", password="two") == (0, "", made)


def test_it_leaves_another_endpoint_alone_and_says_so(keystone: Keystone) -> None:
    """An endpoint that is there with another address is not overwritten: the program stops with the reason."""
    keystone.register(*GLANCE)
    status, said, changed = keystone.register(*GLANCE[:-2], "http://elsewhere:9292", "http://inside:9292")
    assert (status, changed) == (1, [])
    assert said == (
        "openstack-register: glance has the public endpoint http://vip:9292 in regionOne, not http://elsewhere:9292; "
        "correct it by hand\n"
    )
