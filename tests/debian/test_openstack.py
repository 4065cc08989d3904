"""Each OpenStack service of Debian 13 starts to read its own files, and takes every option of them for what it is."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from generator.views.bundles import TOKEN
from tests.daemons.conftest import SAMPLE, Case, cases
from tests.debian.conftest import members
from tests.debian.root import Root

READER = Path(__file__).parent / "option_reader.py"

NEUTRON = "/etc/neutron/neutron.conf"
ML2 = "/etc/neutron/plugins/ml2/ml2_conf.ini"

STARTED = {
    "aodh": {"aodh-evaluator": ["/etc/aodh/aodh.conf"]},
    "ceilometer": {"ceilometer-agent-central": ["/etc/ceilometer/ceilometer.conf"]},
    "cinder": {"cinder-volume": ["/etc/cinder/cinder.conf"]},
    "glance": {"glance-api": ["/etc/glance/glance-api.conf"]},
    "gnocchi": {"gnocchi-metricd": ["/etc/gnocchi/gnocchi.conf"]},
    "heat": {"heat-engine": ["/etc/heat/heat.conf"]},
    "neutron": {
        "neutron-rpc-server": [NEUTRON, ML2],
        "neutron-periodic-workers": [NEUTRON, ML2],
        "neutron-ovn-maintenance-worker": [NEUTRON, ML2],
        "neutron-openvswitch-agent": ["/etc/neutron/plugins/ml2/openvswitch_agent.ini", NEUTRON],
        "neutron-ovn-metadata-agent": ["/etc/neutron/neutron_ovn_metadata_agent.ini", NEUTRON],
        "neutron-l3-agent": [NEUTRON, "/etc/neutron/l3_agent.ini"],
        "neutron-dhcp-agent": [NEUTRON, "/etc/neutron/dhcp_agent.ini"],
        "neutron-metadata-agent": [NEUTRON, "/etc/neutron/metadata_agent.ini"],
        "neutron-metering-agent": [NEUTRON, "/etc/neutron/metering_agent.ini"],
    },
    "nova": {
        "nova-conductor": ["/etc/nova/nova.conf"],
        "nova-compute": ["/etc/nova/nova.conf", "/etc/nova/nova-compute.conf"],
    },
    "octavia": {"octavia-housekeeping": ["/etc/octavia/octavia.conf"]},
}
"""By service and unit the files that Debian's scripts in /etc/init.d hand over, in that order; units run those scripts.

Units of the same service that hand over the same are not all here.
"""

TOGETHER = {service: list(units.values()) for service, units in STARTED.items()} | {
    "keystone": [["/etc/keystone/keystone.conf"]],
    "placement": [["/etc/placement/placement.conf"]],
}
"""By service the files that its programs read together; Keystone and Placement know theirs without being told."""


AHEAD = {
    "heat": {
        "[ec2authtoken] auth_type: is no option",
        "[ec2authtoken] auth_url: is no option",
        "[ec2authtoken] cannot log in: is no option",
        "[ec2authtoken] password: is no option",
        "[ec2authtoken] project_domain_name: is no option",
        "[ec2authtoken] project_name: is no option",
        "[ec2authtoken] region_name: is no option",
        "[ec2authtoken] user_domain_name: is no option",
        "[ec2authtoken] username: is no option",
        "[ec2authtoken] valid_interfaces: is no option",
    }
}
"""What Debian's version does not know yet, but the next one of the same release does.

Heat learnt in 24.1.1 to log in for checking signatures, and Debian has 24.0.0: a note of heat-api-cfn tells it.
"""


def read_together(paths: list[str]) -> list[Case]:
    """Every content of these files that some node has all of."""
    having = [member for member in members() if all(path in member.files for path in paths)]
    return cases(paths[0], *paths[1:], among=having)


def test_the_units_hand_over_these_files(debian: Root, tmp_path: Path) -> None:
    """Each script says so itself, with the plugin that the bundle's neutron.conf names."""
    first = next(member for member in members() if ML2 in member.files)
    (tmp_path / "neutron.conf").write_text(first.files[NEUTRON])
    units = [unit for started in STARTED.values() for unit in started]
    script = "cp /run/input/neutron.conf /etc/neutron/\n" + "\n".join(f"/etc/init.d/{unit} show-args" for unit in units)
    done = debian.run(script, tmp_path)
    told = [re.findall(r"--config-file=(\S+)", line) for line in done.stdout.splitlines() if line.startswith("/usr/")]
    assert told == [files for started in STARTED.values() for files in started.values()], done.stdout


@pytest.mark.parametrize("service", TOGETHER)
def test_the_service_knows_every_option_and_takes_its_value(
    debian: Root, tmp_path: Path, service: str, record_property: pytest.RecordProperty
) -> None:
    """Its own start reads each content of its files; then no option is unknown to it, of a wrong type or no choice."""
    plan: dict[str, list[str]] = {}
    for paths in TOGETHER[service]:
        for case in read_together(paths):
            folder = f"{case.name}-{'-'.join(Path(path).stem for path in paths)}"
            plan[folder] = [f"/run/input/{folder}{path}" for path in paths]
            for path in paths:
                (tmp_path / folder / path[1:]).parent.mkdir(parents=True, exist_ok=True)
                (tmp_path / folder / path[1:]).write_text(TOKEN.sub(SAMPLE, case.member.files[path]))
    (tmp_path / "plan.json").write_text(json.dumps({"service": service, "files": plan}))
    shutil.copy(READER, tmp_path)
    done = debian.run("python3 /run/input/option_reader.py < /run/input/plan.json", tmp_path)
    assert done.returncode == 0, done.stderr
    told = {name: set(wrong) for name, wrong in json.loads(done.stdout.splitlines()[-1]).items()}
    assert told == {name: AHEAD.get(service, set()) for name in plan}
    record_property(f"configurations of {service} read by Debian's own", len(plan))


def test_the_reader_tells_unknown_options_and_wrong_values(debian: Root, tmp_path: Path) -> None:
    """Else the test above could not fail: an option that does not exist, a word for a number, a choice that is none."""
    (tmp_path / "wrong.conf").write_text(
        "[DEFAULT]\nno_such_option = 1\n[conductor]\nworkers = many\n[libvirt]\nvirt_type = vmware\n"
        "[service_user]\nauth_type = no_such_plugin\n"
    )
    (tmp_path / "plan.json").write_text(json.dumps({"service": "nova", "files": {"1": ["/run/input/wrong.conf"]}}))
    shutil.copy(READER, tmp_path)
    done = debian.run("python3 /run/input/option_reader.py < /run/input/plan.json", tmp_path)
    assert done.returncode == 0, done.stderr
    wrong = json.loads(done.stdout.splitlines()[-1])["1"]
    assert [text.partition(":")[0] for text in wrong] == [
        "[DEFAULT] no_such_option",
        "[conductor] workers",
        "[libvirt] virt_type",
        "[service_user] cannot log in",
    ]
