"""The daemons of Debian 13 start with the original guide's settings, as the lab puts them beside ours."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.debian.root import Root
from tests.lab.original import CFG, COMPLAINTS, CONF, files
from tests.lab.site import deployment

ETH1 = "ip link add eth1 type veth peer name other"


@pytest.fixture(scope="module")
def given(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the two files."""
    folder = tmp_path_factory.mktemp("original")
    for path, text in files(deployment("epoxy")).items():
        (folder / Path(path).name).write_text(text)
    return folder


def test_keepalived_complains_of_what_is_known_and_of_nothing_else(debian: Root, given: Path) -> None:
    """`keepalived -t` says that the script has no user of its own and that the group is of one, and ends with 6."""
    done = debian.run(f"{ETH1}; keepalived -t -l -f /run/input/{Path(CONF).name} 2>&1", given)
    assert (done.stdout.splitlines(), done.returncode) == (list(COMPLAINTS), 6)


def test_keepalived_needs_both_braces(debian: Root, given: Path) -> None:
    """Without them, as the guide has it, it finds its own blocks unknown."""
    script = f"""
        sed -e '/^vrrp_sync_group/s/ {{$//' -e '$d' /run/input/{Path(CONF).name} > /tmp/written.conf
        {ETH1}
        keepalived -t -l -f /tmp/written.conf 2>&1 | sed -n 's/^(Line [0-9]*) //p'
    """
    done = debian.run(script, given)
    assert done.stdout.splitlines() == [
        "Unknown keyword 'group'",
        "Unexpected '{' - ignoring",
        "Unknown keyword 'VI_PUBLIC'",
        "Unknown keyword '}'",
    ]


def test_haproxy_accepts_its_file(debian: Root, given: Path) -> None:
    """`haproxy -c` with warnings as errors says nothing."""
    done = debian.run(f"haproxy -c -dW -f /run/input/{Path(CFG).name} 2>&1", given)
    assert (done.stdout, done.returncode) == ("", 0)
