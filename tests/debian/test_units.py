"""The units that the data names for Debian 13 are there once its packages and bundles are."""

from __future__ import annotations

import re

from tests.debian.conftest import members
from tests.debian.root import Root
from tests.invariants.test_commands import scripts

PLACES = ("/etc/systemd/system", "/usr/lib/systemd/system")


HANDLED = re.compile(r"systemctl (?:-\S+ )*(?:start|stop|restart|reload|enable|disable|mask|is-active)((?: [\w@.-]+)+)")
UNIT = re.compile(r"[a-z][\w@.-]*")


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


def test_every_unit_with_a_drop_in_comes_with_the_packages_of_its_node(debian: Root) -> None:
    """What a bundle adds to a unit is for a unit that is there."""
    wrong = set()
    units = set()
    for member in members():
        installed = debian.needed_by(member.packages)
        for path in member.files:
            found = re.fullmatch(r"/etc/systemd/system/([^/]+)\.d/[^/]+\.conf", path)
            if found:
                units.add(found[1])
                if not debian.brings(f"/usr/lib/systemd/system/{found[1]}") & installed:
                    wrong.add(f"{member.node.name}: {path}")
    assert len(units) > 5
    assert sorted(wrong) == []


def test_the_units_that_steps_and_procedures_handle_are_there(debian: Root) -> None:
    """Each unit that a script names after `systemctl` comes with the packages or the bundle of the node."""
    wrong = set()
    looked = set()
    for member in members():
        installed = debian.needed_by(member.packages)
        for where, text in scripts(member):
            for words in HANDLED.findall(text):
                for name in (word for word in words.split() if UNIT.fullmatch(word)):
                    looked.add(name)
                    file = unit_file(name)
                    if not any(
                        f"{place}/{file}" in member.files or debian.brings(f"{place}/{file}") & installed
                        for place in PLACES
                    ):
                        wrong.add(f"{where.partition('-')[2]}: {name}")
    assert len(looked) > 10
    assert sorted(wrong) == []
