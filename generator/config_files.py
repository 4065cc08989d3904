"""The configuration files of nodes; one that does not depend on the node is rendered once for all that get it."""

from __future__ import annotations

from generator import templating
from generator.deploy import Deployment
from generator.naming import look_up
from generator.placeholders import fill, names_in
from generator.snapshot import File, ServiceState
from generator.topology import Node
from generator.views import bundles
from generator.views.bundles import FileEntry

OF_A_NODE = {"node", "urlnode", "interface", "disk"}
"""Kinds of `${...}` names that differ by node."""


class ConfigFiles:
    """The configuration files of a deployment, by node."""

    def __init__(self, deployment: Deployment) -> None:
        self._deployment = deployment
        self._made: dict[tuple[object, ...], FileEntry] = {}
        self._personal: dict[int, bool] = {}

    def on(self, node: Node) -> list[FileEntry]:
        """The files of a node, by path. Raises templating.Unwritable for a value that its format cannot hold."""
        entries = [self._entry(node, service, file) for service, file in self._deployment.files_on(node)]
        return sorted(entries, key=lambda entry: entry.path)

    def _entry(self, node: Node, service: ServiceState, file: File) -> FileEntry:
        key = self._key(node, file)
        if key not in self._made:
            self._made[key] = _render(self._deployment, node, service, file)
        return self._made[key]

    def _key(self, node: Node, file: File) -> tuple[object, ...]:
        """What the content of a file depends on: the node itself, or only what chooses between values."""
        # The deployment holds its files as long as this object lives, so their ids stay their own.
        number = id(file)
        if number not in self._personal:
            self._personal[number] = _is_personal(file)
        if self._personal[number]:
            return (number, node.name)
        return (number, node.roles, self._deployment.is_first(node, file))


def _is_personal(file: File) -> bool:
    """Whether a file differs between two nodes that have the same roles and place in the order."""
    if templating.names_in(bundles.template_of(file)) & set(bundles.OF_A_NODE):
        return True
    values = (value.value for settings in file.sections.values() for group in settings.values() for value in group)
    texts = [str(part) for value in values for part in (value if isinstance(value, tuple) else (value,))]
    return any(kind in OF_A_NODE for text in (file.path, *texts) for kind, _ in names_in(text))


def _render(deployment: Deployment, node: Node, service: ServiceState, file: File) -> FileEntry:
    content = templating.render(bundles.template_of(file), bundles.file_values(deployment, node, service, file))
    user, _, group = file.owner.partition(":")
    reasons = tuple(
        (f"[{section}] {key}" if section else key, value.why, value.source)
        for section, settings in file.sections.items()
        for key, values in settings.items()
        for value in values
        if value.why
    )
    return FileEntry(
        path=fill(file.path, look_up(deployment, node, service.id)),
        user=user,
        group=group,
        mode=file.mode,
        service=service.id,
        summary=file.summary,
        format=file.format,
        secret=bool(bundles.secrets_in(content)),
        content=content,
        reasons=reasons,
    )
