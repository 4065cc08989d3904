"""What must be true across the files of all bundles."""

from __future__ import annotations

import re

import pytest

from generator.resolve import resolve
from generator.views.bundles import TOKEN
from tests.bundled import bundle, catalog, files

RELEASES = ["juno", "kilo", "liberty"]
BALANCERS = ["hacontroller1", "hacontroller2", "hacontroller3"]
COUNTS = {"juno": 16, "kilo": 18, "liberty": 18}
"""Front ends: the 17, 19 and 19 of the guide, less that of RabbitMQ, which clients reach directly."""


def proxied(release: str) -> dict[str, int]:
    """Id and number of every port with a proxy."""
    return {name: port.number for name, (_, port) in resolve(catalog(), release).ports.items() if port.proxy}


@pytest.mark.parametrize("release", RELEASES)
def test_haproxy_has_a_front_end_and_a_back_end_for_each_proxied_port(release: str) -> None:
    """No proxied process without a back end, no back end without a process; the numbers are those of the processes."""
    text = files(release, "hacontroller1")["/etc/haproxy/haproxy.cfg"]
    front_ends = dict(re.findall(r"^frontend vip-(\S+)\n    bind 192\.0\.2\.10:(\d+)$", text, re.MULTILINE))
    back_ends = re.findall(r"^backend (\S+)$", text, re.MULTILINE)
    assert {name: int(number) for name, number in front_ends.items()} == proxied(release)
    assert sorted(back_ends) == sorted(proxied(release))


@pytest.mark.parametrize("release", RELEASES)
def test_every_back_end_has_every_node_of_its_process(release: str) -> None:
    """Each back end lists the three controllers, on the port of its process."""
    text = files(release, "hacontroller1")["/etc/haproxy/haproxy.cfg"]
    for name, number in proxied(release).items():
        section = text.partition(f"backend {name}\n")[2].partition("\nfrontend ")[0]
        servers = re.findall(r"^    server (\S+) (\S+):(\d+) check", section, re.MULTILINE)
        expected = [(node, f"192.0.2.1{place}", str(number)) for place, node in enumerate(BALANCERS, start=1)]
        assert servers == expected, name


@pytest.mark.parametrize("release", RELEASES)
def test_load_balancers_agree_on_everything_but_themselves(release: str) -> None:
    """The three haproxy.cfg differ only in the node's own address, of the statistics."""
    texts = [files(release, node)["/etc/haproxy/haproxy.cfg"] for node in BALANCERS]
    neutral = {re.sub(r"bind 192\.0\.2\.1[123]:9300", "bind NODE:9300", text) for text in texts}
    assert len(neutral) == 1


@pytest.mark.parametrize("release", RELEASES)
def test_the_number_of_front_ends_is_the_guides(release: str) -> None:
    """Every endpoint of the guide is there, apart from AMQP."""
    assert len(proxied(release)) == COUNTS[release]


@pytest.mark.parametrize("release", RELEASES)
def test_a_compute_node_is_given_no_secret_of_the_control_plane(release: str) -> None:
    """What a compute node asks for is what its own files need: no account of a database, no administrator."""
    tree = bundle(release, "hacompute1")
    asked = re.findall(r"^([A-Z_]+)=$", tree["secrets.env.example"], re.MULTILINE)
    needed = {name for path, text in tree.items() if path.startswith("rootfs/") for name in TOKEN.findall(text)}
    assert sorted(asked) == sorted(needed)
    assert [name for name in asked if "DATABASE" in name or "MYSQL" in name or "ADMIN" in name] == []
