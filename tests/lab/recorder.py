"""What happened in a run, as the evidence that the site shows."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import subprocess
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from generator import fingerprint
from generator.deploy import Deployment
from generator.model.evidence import Experiment, Machine, Repetition, Run
from generator.snapshot import Snapshot
from tests.lab.experiments import Experiment as Planned
from tests.lab.node import Node

ROOT = Path(__file__).parents[2]


@dataclass
class Recorder:
    """Collects the repetitions of a run while it goes on."""

    snapshot: Snapshot
    """The release, with all choices: what digests are made from."""
    deployment: Deployment
    topology: Path
    folder: Path
    """Where the evidence is written, anew after each repetition: a run that is interrupted leaves what it has."""
    begun: datetime = field(default_factory=lambda: datetime.now(UTC).replace(microsecond=0))
    steps: dict[str, float] = field(default_factory=dict)
    """Seconds that each step of the bring-up took."""
    versions: dict[str, str] = field(default_factory=dict)
    """Version of each package of the bundles."""
    experiments: dict[tuple[str, str], Experiment] = field(default_factory=dict)

    def add(
        self, planned: Planned, configuration: str, repetition: Repetition, procedures: tuple[str, ...] = ()
    ) -> None:
        """Note down that an experiment was carried out once more."""
        known = self.experiments.get((planned.id, configuration))
        made = known or Experiment(
            id=planned.id,
            title=planned.title,
            how=planned.fault.how,
            configuration=configuration,
            processes=planned.processes,
            limitations=planned.limitations,
            procedures=procedures,
            repetitions=(),
        )
        self.experiments[planned.id, configuration] = replace(made, repetitions=(*made.repetitions, repetition))
        self.write()

    def since_begin(self) -> float:
        """Seconds since the run began."""
        return round((datetime.now(UTC) - self.begun).total_seconds(), 1)

    def run(self) -> Run:
        """Everything so far."""
        return Run(
            begun=self.begun.strftime("%Y-%m-%dT%H:%M:%SZ"),
            took=self.since_begin(),
            release=self.snapshot.release.id,
            platform=self.deployment.platform.id,
            commit=_git("rev-parse", "HEAD"),
            topology=hashlib.sha256(self.topology.read_bytes()).hexdigest(),
            machine=_machine(),
            versions=self.versions,
            services={
                service.id: fingerprint.of_service(self.snapshot, self.deployment.platform.id, service.id)
                for service in self.deployment.installed()
            },
            procedures={
                name: fingerprint.of_procedure(self.snapshot, name)
                for item in self.experiments.values()
                for name in item.procedures
            },
            steps=self.steps,
            experiments=tuple(self.experiments.values()),
        )

    def write(self) -> Path:
        """Write the run into its folder; the path of the file."""
        run = self.run()
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / f"{run.name}.json"
        path.write_text(json.dumps(asdict(run), indent=1) + "\n")
        return path


def installed(node: Node, packages: set[str]) -> dict[str, str]:
    """The versions of those of the packages that a node has, by name."""
    lines = node.must("dpkg-query -W -f '${Package} ${Version}\\n'").splitlines()
    return {
        name: version
        for name, version in sorted(line.split() for line in lines if " " in line.strip())
        if name in packages
    }


def _machine() -> Machine:
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return Machine(kernel=platform.release(), processors=os.cpu_count() or 1, memory=pages // 1024**2)


def _git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()
