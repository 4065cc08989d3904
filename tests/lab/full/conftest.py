"""One control plane for all experiments: it takes minutes to make, and each test leaves it whole."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from generator.deploy import Deployment
from generator.resolve import resolve
from tests.bundled import catalog
from tests.lab.clients import Clients, asking, at_work, orders, prepare
from tests.lab.experiments import Plan, on_every_controller
from tests.lab.judge import Judge
from tests.lab.lab import Lab, lab
from tests.lab.recorder import Recorder, installed
from tests.lab.site import TOPOLOGY, Bundles, bring, carry_out, make_bundles, topology
from tests.lab.site import deployment as deployment_of
from tests.lab.stage import Stage
from tests.lab.workload.kinds import KINDS

RELEASE = "epoxy"

DISK = 2
"""GiB of the disk of each node that Swift gets."""

OUT = Path(__file__).parents[3] / "out/lab"
"""Where the evidence of a run is written; a maintainer who accepts it copies it to data/evidence/."""


@pytest.fixture(scope="session")
def deployment() -> Deployment:
    """What the bundles put where."""
    return deployment_of(RELEASE)


@pytest.fixture(scope="session")
def recorder(deployment: Deployment) -> Recorder:
    """The evidence of this run."""
    return Recorder(resolve(catalog(), RELEASE), deployment, TOPOLOGY, OUT)


@pytest.fixture(scope="session")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> Bundles:
    """Filled bundles for the lab's site."""
    return make_bundles(tmp_path_factory.mktemp("site"), RELEASE)


@pytest.fixture(scope="session")
def made(base: Path, bundles: Bundles, deployment: Deployment, recorder: Recorder) -> Iterator[Lab]:
    """All nodes with everything that their bundles bring, by nothing but the steps of the bundles."""
    with lab(base, topology(), DISK) as made:
        made.power_on(unit="basic.target")
        bring(bundles, made.nodes.values())
        for step in bundles.order():
            begun = time.monotonic()
            carry_out(step, [made.nodes[name] for name in step.nodes])
            recorder.steps[step.script] = round(time.monotonic() - begun, 1)
        first = deployment.topology.nodes[0]
        recorder.versions.update(installed(made.nodes[first.name], set(deployment.packages_on(first))))
        yield made


@pytest.fixture(scope="session")
def judge(made: Lab, deployment: Deployment) -> Judge:
    """Who says whether the site is whole."""
    processes = [
        process
        for service in deployment.installed()
        for process in service.processes
        if on_every_controller(deployment, process)
    ]
    return Judge(made, tuple(sorted({deployment.unit(process) for process in processes})))


@pytest.fixture(scope="session")
def clients(
    made: Lab, deployment: Deployment, bundles: Bundles, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Clients]:
    """The clients that use the site all the time."""
    site = prepare(made, deployment, bundles.secrets, KINDS)
    wanted = [
        *orders(KINDS),
        asking(made, deployment, "keystone-public", "/v3", every=0.05),
        asking(made, deployment, "horizon", "/auth/login/", every=10, timeout=4),
    ]
    with at_work(made, site, wanted, tmp_path_factory.mktemp("clients")) as started:
        yield started


@pytest.fixture(scope="session")
def stage(made: Lab, deployment: Deployment, judge: Judge, clients: Clients, recorder: Recorder) -> Stage:
    """All of it together."""
    return Stage(made, deployment, judge, clients, recorder, Plan(deployment).every())
