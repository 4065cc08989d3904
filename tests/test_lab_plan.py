"""What the lab breaks and follows is there in the data, so that a change of the data is noticed at once."""

from __future__ import annotations

import pytest

from tests.lab.experiments import Plan
from tests.lab.full.test_control_plane import EXPERIMENTS
from tests.lab.full.test_original_guide import FAULTS
from tests.lab.full.test_recoveries import POWER_ON
from tests.lab.runbook import open_runbook
from tests.lab.site import deployment

EPOXY = deployment("epoxy")
PLAN = Plan(EPOXY).every()


def test_the_lab_carries_out_every_experiment_of_its_plan() -> None:
    """The list of the test is that of the plan, and the original guide goes through some of the same."""
    assert tuple(PLAN) == EXPERIMENTS
    assert [name for name in FAULTS if name not in PLAN] == []


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_an_experiment_is_about_things_that_the_release_has(name: str) -> None:
    """Its processes and limitations are there, or its evidence would be refused."""
    limitations = {state.id for state in EPOXY.snapshot.limitations}
    assert [item for item in PLAN[name].processes if item not in EPOXY.snapshot.processes] == []
    assert [item for item in PLAN[name].limitations if item not in limitations] == []


def test_every_process_is_broken_or_says_why_not() -> None:
    """What no experiment of one node breaks is broken with its node, or its data says that it cannot be proved."""
    broken = {process for item in PLAN.values() for process in item.processes}
    left = [item.id for item in EPOXY.snapshot.processes.values() if item.id not in broken and not item.not_proved]
    assert left == ["cinder-volume"]  # tests/lab/full/test_recoveries.py


def test_the_procedure_after_a_power_cut_is_known_step_by_step() -> None:
    """Each step of the published procedure has something that it must show, in the same order."""
    assert [step.title for step in open_runbook(EPOXY, "full-power-on-order").instructions] == list(POWER_ON)
