"""The pictures on the cards: which exist, and how they become small enough to put into a page.

Products have the picture that the diagrams package brings; for everything else there are our own
in `icons/`, in one colour (`currentColor`) on a field of 64 by 64.
"""

from __future__ import annotations

import base64
import functools
import io
from pathlib import Path

from PIL import Image

FIELD = 64  # width and height that a symbol is drawn on, and those of a bitmap: a little over twice the size on screen
_COLOURS = 16

PACKAGED = {
    "aodh": "openstack.monitoring.Telemetry",
    "barbican": "openstack.sharedservices.Barbican",
    "blazar": "openstack.orchestration.Blazar",
    "ceilometer": "openstack.monitoring.Telemetry",
    "cinder": "openstack.storage.Cinder",
    "cloudkitty": "openstack.billing.CloudKitty",
    "cyborg": "openstack.baremetal.Cyborg",
    "designate": "openstack.networking.Designate",
    "etcd": "onprem.network.Etcd",
    "galera": "onprem.database.Mariadb",
    "glance": "openstack.sharedservices.Glance",
    "gnocchi": "openstack.monitoring.Telemetry",
    "haproxy": "onprem.network.Haproxy",
    "heat": "openstack.orchestration.Heat",
    "horizon": "openstack.frontend.Horizon",
    "ironic": "openstack.baremetal.Ironic",
    "keystone": "openstack.sharedservices.Keystone",
    "magnum": "openstack.workloadprovisioning.Magnum",
    "manila": "openstack.storage.Manila",
    "mariadb": "onprem.database.Mariadb",
    "masakari": "openstack.applicationlifecycle.Masakari",
    "memcached": "onprem.inmemory.Memcached",
    "mistral": "openstack.orchestration.Mistral",
    "mongodb": "onprem.database.Mongodb",
    "neutron": "openstack.networking.Neutron",
    "nova": "openstack.compute.Nova",
    "octavia": "openstack.networking.Octavia",
    "rabbitmq": "onprem.queue.Rabbitmq",
    "redis": "onprem.inmemory.Redis",
    "sahara": "openstack.workloadprovisioning.Sahara",
    "swift": "openstack.storage.Swift",
    "tacker": "openstack.nfv.Tacker",
    "trove": "openstack.workloadprovisioning.Trove",
    "vitrage": "openstack.optimization.Vitrage",
    "watcher": "openstack.optimization.Watcher",
    "zaqar": "openstack.orchestration.Zaqar",
    "zun": "openstack.compute.Zun",
}
"""Icon key -> class in the diagrams package, without its first word."""

OWN = {path.stem: path for path in sorted(Path(__file__).with_name("icons").glob("*.svg"))}
"""Icon key -> file of our own."""

KNOWN = tuple(sorted({*PACKAGED, *OWN}))
"""Every key that `Box.icon` may have."""


@functools.cache
def symbol(path: Path) -> str:
    """What fills the field of a `<symbol>` for this picture file: shapes of our own, or a shrunken bitmap."""
    if path.suffix == ".svg":
        text = path.read_text(encoding="utf-8")
        return text[text.index(">") + 1 : text.rindex("</svg>")].replace("\n", "")
    data = base64.b64encode(_shrink(path)).decode("ascii")
    return f'<image width="{FIELD}" height="{FIELD}" xlink:href="data:image/png;base64,{data}"/>'


def _shrink(path: Path) -> bytes:
    """The picture without its empty margins, as a small square PNG with few colours."""
    with Image.open(path) as opened:
        picture = opened.convert("RGBA")
    picture = picture.crop(picture.getchannel("A").point(lambda alpha: 255 if alpha > 8 else 0).getbbox())
    picture.thumbnail((FIELD, FIELD), Image.Resampling.LANCZOS)
    square = Image.new("RGBA", (FIELD, FIELD))
    square.paste(picture, ((FIELD - picture.width) // 2, (FIELD - picture.height) // 2))
    out = io.BytesIO()
    square.quantize(_COLOURS, method=Image.Quantize.FASTOCTREE).save(out, "PNG", optimize=True)
    return out.getvalue()
