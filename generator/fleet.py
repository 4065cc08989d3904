"""What installs the bundles of a whole topology: an Ansible play with its inventory, and user-data for cloud-init."""

from __future__ import annotations

from base64 import b64encode

from generator import templating
from generator.archive import tar_gz
from generator.deploy import Deployment, internal
from generator.topology import Node
from generator.tree import Tree, below, text
from generator.views import bundles as views
from generator.views.downloads import USER_DATA
from generator.views.work import base_script

PLAYS = ("play", "play-node", "play-secrets", "play-bundle", "play-files", "play-step")
"""The play and the lists of tasks that it includes."""

NOVA_LIMIT = 65535
"""Characters of user_data, in base64, that Nova takes.

Source: https://docs.openstack.org/api-ref/compute/#create-server, user_data, and `maxLength` in Nova's own
nova/api/openstack/compute/schemas/user_data.py.
"""


def render_fleet(deployment: Deployment, bundles: dict[str, Tree]) -> Tree:
    """What lies beside the folders of the nodes; no node's name holds a dot, so that none of it takes the place of one.

    `bundles` are those of render_bundles, never filled ones: user-data can be read by every program of a node.
    Raises templating.Unwritable for a value that YAML has no way to write here.
    """
    values = {"banner": views.banner(deployment)}
    roles = {role: deployment.topology.nodes_with((role,)) for node in deployment.bundled for role in node.roles}
    inventory = {
        **values,
        "hosts": [{"name": node.name, "address": internal(node)} for node in deployment.bundled],
        "groups": {
            f"role_{role.replace('-', '_')}": [node.name for node in nodes if node in deployment.bundled]
            for role, nodes in sorted(roles.items())
        },
    }
    tree = {f"{name}.yml": text(templating.render(f"fleet/{name}.yml", values)) for name in PLAYS}
    tree["inventory.yml"] = text(templating.render("fleet/inventory.yml", inventory))
    for node in deployment.bundled:
        tree[f"{node.name}{USER_DATA}"] = text(_user_data(deployment, node, bundles[node.name]))
    return tree


def _user_data(deployment: Deployment, node: Node, bundle: Tree) -> str:
    values = {
        "banner": views.banner(deployment),
        "node": node.name,
        "fqdn": deployment.fqdn(node.name),
        "archive": b64encode(tar_gz(below(node.name, bundle))).decode(),
        "packages": base_script(deployment, "packages"),
        "limit": NOVA_LIMIT,
    }
    for large in (False, True):
        content = templating.render("fleet/user-data.yml", {**values, "large": large})
        if len(b64encode(content.encode())) <= NOVA_LIMIT:
            break
    return content
