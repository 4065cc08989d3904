"""Which secrets a node needs, and how an operator makes them by hand."""

from __future__ import annotations

from functools import cache

from generator.deploy import Deployment
from generator.model import SECRET_ALPHABET, Secret
from generator.naming import secret_within
from generator.placeholders import names_in
from generator.snapshot import Value
from generator.topology import Node
from generator.views.bundles import configured_on

HOW = {
    "password": "Make one: openssl rand -hex 16",
    "vrrp-password": "Exactly 8 letters and digits, as keepalived cuts longer ones. Make one: openssl rand -hex 4",
    "cookie": "20 capital letters. Make one: tr -dc A-Z < /dev/urandom | head -c 20",
    "key-file": "Make one: openssl rand -base64 48 | tr -d '\\n'",
    "fernet-key": "44 characters that end in =. Make one: openssl rand -base64 32 | tr -- +/ -_",
}
"""How an operator makes a secret of each kind."""

LONGEST = {"vrrp-password": 8}
"""How many characters of a secret are used; keepalived.conf(5): auth_pass, only the first eight."""

SECRETS_TO_FILL = {
    "what": "Give every secret a value; a name that several nodes list has the same value on all of them",
    "how": "`cp secrets.env.example secrets.env`, `chmod 0600 secrets.env`, edit",
}
SECRETS_FILLED = {
    "what": "The secrets of this node are filled in: keep this folder closed to everybody but root",
    "how": "`chown -R root:root .`, `chmod -R go= .`",
}
"""What the README says about secrets, as they are left open or filled in."""


def secrets_on(deployment: Deployment, node: Node) -> tuple[Secret, ...]:
    """The secrets that the files, steps and checks of a node need: no node is given those of others."""
    ids: set[str] = set()
    for service, file in deployment.files_on(node):
        for values in (values for settings in file.sections.values() for values in settings.values()):
            if any(_of_value(service.id, value) for value in values):
                chosen = deployment.value_on(node, file, values)
                ids |= _of_value(service.id, chosen) if chosen else frozenset()
    for step in deployment.steps:
        ids |= _of_text(step.service, step.step.run) if node.name in step.nodes else frozenset()
    for process in configured_on(deployment, node):
        for health in process.health:
            ids |= _of_text(deployment.snapshot.service_of[process.id], health.run)
    return tuple(secret for secret in deployment.snapshot.secrets if secret.id in ids)


def _of_value(service: str, value: Value) -> frozenset[str]:
    parts = value.value if isinstance(value.value, tuple) else (value.value,)
    return frozenset().union(*(_of_text(service, part) for part in parts if isinstance(part, str)))


@cache  # the same few texts for every node
def _of_text(service: str, text: str) -> frozenset[str]:
    """The ids of the secrets that a text names."""
    return frozenset(secret_within(service, kind, key) for kind, key in names_in(text)) - {""}


def secret_rows(secrets: tuple[Secret, ...]) -> list[dict[str, object]]:
    """Secrets as the scripts and the example of a bundle know them."""
    return [
        {
            "name": secret.id.upper(),
            "summary": secret.summary,
            "how": _how(secret),
            "longest": LONGEST.get(secret.kind, 0),
            "length": secret.length,
            "alphabet": SECRET_ALPHABET[secret.kind][1:-1],
        }
        for secret in secrets
    ]


def _how(secret: Secret) -> str:
    size = secret.length
    return (
        f"Exactly {size} characters. Make one: openssl rand -hex {size} | head -c {size}" if size else HOW[secret.kind]
    )


def secrets_of(deployment: Deployment) -> tuple[Secret, ...]:
    """The secrets that at least one node of a deployment needs.

    Two nodes of each kind stand for all: whoever is the first to do something is the first of its kind.
    """
    kinds: dict[tuple[str, ...], list[Node]] = {}
    for node in deployment.bundled:
        kinds.setdefault(node.roles, []).append(node)
    some = [node for nodes in kinds.values() for node in nodes[:2]]
    ids = {secret.id for node in some for secret in secrets_on(deployment, node)}
    return tuple(secret for secret in deployment.snapshot.secrets if secret.id in ids)
