"""The program that registers services with Keystone, against a Keystone that remembers in a file."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

STUB = '''
import json, os, uuid
from types import SimpleNamespace as Thing
from keystoneclient import exceptions

FILE = os.environ["STATE"]


class Things:
    """A collection of Keystone, kept in a file."""

    def __init__(self, kind):
        self.kind = kind

    def _all(self):
        return json.load(open(FILE))

    def list(self):
        return [Thing(**item) for item in self._all()[self.kind]]

    def add(self, **item):
        state = self._all()
        item["id"] = item.get("id") or "%s-%d" % (self.kind, len(state[self.kind]) + 1)
        state[self.kind].append(item)
        state["log"].append([self.kind, item.get("name") or item.get("publicurl")])
        json.dump(state, open(FILE, "w"))
        return Thing(**item)


class Users(Things):
    def create(self, name, password, tenant_id):
        return self.add(name=name, password=password, tenant_id=tenant_id)

    def update_password(self, user, password):
        state = self._all()
        for item in state["users"]:
            if item["id"] == user.id:
                item["password"] = password
        state["log"].append(["password", user.name])
        json.dump(state, open(FILE, "w"))


class Roles(Things):
    def create(self, name):
        return self.add(name=name)

    def roles_for_user(self, user, project):
        mine = [role for who, role, where in self._all()["grants"] if (who, where) == (user.id, project.id)]
        return [role for role in self.list() if role.id in mine]

    def add_user_role(self, user, role, project):
        state = self._all()
        state["grants"].append([user.id, role.id, project.id])
        state["log"].append(["grant", user.name + " " + role.name])
        json.dump(state, open(FILE, "w"))


class Services(Things):
    def create(self, name, kind, description):
        return self.add(name=name, type=kind, description=description)


class Endpoints(Things):
    def create(self, region, service_id, publicurl, adminurl, internalurl):
        return self.add(
            region=region, service_id=service_id, publicurl=publicurl, adminurl=adminurl, internalurl=internalurl
        )


class Client:
    def __init__(self, username, password, tenant_name, auth_url):
        known = {user["name"]: user["password"] for user in json.load(open(FILE))["users"]}
        if known.get(username) != password:
            raise exceptions.Unauthorized()
        self.tenants, self.users, self.roles = Things("tenants"), Users("users"), Roles("roles")
        self.services, self.endpoints = Services("services"), Endpoints("endpoints")
'''

FRESH = {
    "tenants": [{"id": "t1", "name": "admin"}, {"id": "t2", "name": "services"}],
    "users": [{"id": "u1", "name": "admin", "password": "boss"}],
    "roles": [{"id": "r1", "name": "admin"}],
    "services": [],
    "endpoints": [],
    "grants": [],
    "log": [],
}


class Keystone:
    """The program of a bundle, with the stub in place of the client library."""

    def __init__(self, program: Path, folder: Path) -> None:
        self.program, self.state, self.library = program, folder / "state.json", folder / "library"
        package = self.library / "keystoneclient" / "v2_0"
        package.mkdir(parents=True)
        (package / "client.py").write_text(STUB)
        (package / "__init__.py").touch()
        (package.parent / "__init__.py").touch()
        (package.parent / "exceptions.py").write_text("class Unauthorized(Exception):\n    pass\n")
        self.state.write_text(json.dumps(FRESH))

    def register(self, *arguments: str, password: str = "one") -> tuple[int, str, list[list[str]]]:
        """Exit status, what was said on standard error, and what was changed."""
        state = json.loads(self.state.read_text())
        self.state.write_text(json.dumps({**state, "log": []}))
        environment = {
            "PATH": "/usr/bin:/bin",
            "PYTHONPATH": str(self.library),
            "STATE": str(self.state),
            "OS_USERNAME": "admin",
            "OS_PASSWORD": "boss",
            "OS_TENANT_NAME": "admin",
            "SERVICE_PASSWORD": password,
        }
        command = [sys.executable, str(self.program), *arguments]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        return done.returncode, done.stderr, json.loads(self.state.read_text())["log"]


@pytest.fixture
def keystone(laid_out: Path, tmp_path: Path) -> Keystone:
    """A Keystone as its own steps leave it: project services, role admin, user admin."""
    return Keystone(laid_out / "rootfs/usr/libexec/ha-guide/keystone-register", tmp_path / "keystone")


GLANCE = ("glance", "glance", "image", "OpenStack Image", "http://vip:9292", "http://inside:9292")


@pytest.mark.reads("/usr/libexec/ha-guide/keystone-register")
def test_it_makes_user_role_service_and_endpoint_once(keystone: Keystone) -> None:
    """The first run makes all four; the second one has nothing to do."""
    made = [["users", "glance"], ["grant", "glance admin"], ["services", "glance"], ["endpoints", "http://vip:9292"]]
    assert keystone.register(*GLANCE) == (0, "", made)
    assert keystone.register(*GLANCE) == (0, "", [])


@pytest.mark.reads("/usr/libexec/ha-guide/keystone-register")
def test_it_corrects_a_password_and_makes_further_roles(keystone: Keystone) -> None:
    """A password that differs is set; roles are made when they are missing, and granted when asked for."""
    keystone.register(*GLANCE)
    assert keystone.register(*GLANCE, password="two") == (0, "", [["password", "glance"]])
    roles = ("--role", "admin", "--role", "ResellerAdmin", "--create-role", "heat_stack_user")
    made = [["roles", "ResellerAdmin"], ["grant", "glance ResellerAdmin"], ["roles", "heat_stack_user"]]
    assert keystone.register(*roles, *GLANCE, password="two") == (0, "", made)


@pytest.mark.reads("/usr/libexec/ha-guide/keystone-register")
def test_it_leaves_another_endpoint_alone_and_says_so(keystone: Keystone) -> None:
    """An endpoint that is there with another address is not overwritten: the program stops with the reason."""
    keystone.register(*GLANCE)
    status, said, changed = keystone.register(*GLANCE[:-2], "http://elsewhere:9292", "http://inside:9292")
    assert (status, changed) == (1, [])
    assert said == (
        "keystone-register: glance has another endpoint than http://elsewhere:9292 in regionOne; correct it by hand\n"
    )
