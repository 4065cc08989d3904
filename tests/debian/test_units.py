"""The units that the data names for Debian 13 are there once its packages and bundles are."""

from __future__ import annotations

import re

from tests.debian.conftest import members
from tests.debian.root import Root

PLACES = ("/etc/systemd/system", "/usr/lib/systemd/system")


def unit_file(name: str) -> str:
    """The name of the file that a unit comes from (systemd.unit(5))."""
    full = name if re.search(r"\.(service|socket|timer|mount|target|path)$", name) else f"{name}.service"
    return re.sub(r"@[^.]*\.", "@.", full)


def test_every_unit_of_a_process_has_a_file_on_its_nodes(debian: Root) -> None:
    """The bundle of the node brings it, or one of the node's packages; none is made up from a script in /etc/init.d."""
    wrong = set()
    looked = 0
    for member in members():
        site = member.fleet.deployment
        installed = debian.needed_by(member.packages)
        for process in site.processes_on(member.node):
            file = unit_file(site.unit(process))
            looked += 1
            if not any(
                f"{place}/{file}" in member.files or debian.brings(f"{place}/{file}") & installed for place in PLACES
            ):
                wrong.add(f"{member.node.name}: {process.id} has {file}")
    assert looked > 500
    assert sorted(wrong) == []
