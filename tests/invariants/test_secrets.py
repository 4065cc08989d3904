"""No node is given a secret that it does not need."""

from __future__ import annotations

import re

from generator.views.bundles import TOKEN
from generator.views.credentials import secrets_of, secrets_on
from tests.fleets import Fleet


def test_a_compute_node_is_given_no_secret_of_the_control_plane(fleet: Fleet) -> None:
    """What a compute node asks for is what its own files need: no account of a database, no administrator."""
    computes = [member for member in fleet.members if member.node.roles == ("compute",)]
    assert len(computes) == 2
    for member in computes:
        asked = re.findall(r"^([A-Z_]+)=$", member.tree["secrets.env.example"].data.decode(), re.MULTILINE)
        needed = {name for text in member.files.values() for name in TOKEN.findall(text)}
        assert sorted(asked) == sorted(needed), member.name
        assert [name for name in asked if "DATABASE" in name or "MYSQL" in name or "ADMIN" in name] == [], member.name


def test_the_secrets_of_a_site_are_those_of_all_its_nodes(fleet: Fleet) -> None:
    """Two nodes of each kind are enough to find them."""
    shown = fleet.deployment
    everywhere = {secret.id for node in shown.bundled for secret in secrets_on(shown, node)}
    assert {secret.id for secret in secrets_of(shown)} == everywhere
