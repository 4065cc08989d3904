"""Evidence: what happened when the lab broke something on nodes that the bundles had made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from generator.model.patterns import Id, Part, Pattern, Text

Moment = Annotated[str, Pattern(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "a moment in UTC, such as 2026-11-23T08:15:00Z")]
Digest = Annotated[str, Pattern(r"[0-9a-f]{64}", "a SHA-256 digest in hexadecimal digits")]
Commit = Annotated[str, Pattern(r"[0-9a-f]{40}", "a commit of git, in full")]


@dataclass(frozen=True, kw_only=True)
class Seen(Part):
    """What one client saw during a repetition, from before the fault until after the heal."""

    client: Id
    """Kind of work that it did: `token`, `database`, `queue`."""
    requests: int
    """How many it made."""
    failed: int
    """How many of them failed or were not answered in time."""
    outages: tuple[float, ...]
    """Seconds of each row of failed requests, from the beginning of the first to the end of the next that worked."""
    longest: float
    """Seconds that the slowest request took that worked."""
    stall: float
    """Longest time in seconds by which the client itself was late, because the machine had no time for it: an outage
    of that length may be the machine's and not the site's."""


@dataclass(frozen=True, kw_only=True)
class Check(Part):
    """Something that had to hold, before the fault (a gate) or after the heal (an invariant)."""

    what: Text
    """What had to hold, as a sentence."""
    held: bool
    """Whether it did."""
    found: str = ""
    """What was found, in numbers or names."""


@dataclass(frozen=True, kw_only=True)
class Repetition(Part):
    """An experiment carried out once."""

    at: float
    """Seconds from the beginning of the run to the fault."""
    target: str
    """The node, or the nodes, that the fault was made on."""
    gate: tuple[Check, ...]
    """What held before the fault. Where one of them did not hold, the repetition is invalid: it counts for nothing."""
    seen: tuple[Seen, ...] = ()
    """What the clients saw."""
    healed: float | None = None
    """Seconds from the end of the fault until every cluster was whole again; None where it did not become whole."""
    invariants: tuple[Check, ...] = ()
    """What held after the heal."""
    times: dict[str, float] | None = None
    """Other times that were taken, in seconds, by what they are: `the address is on another node`."""
    remark: str = ""
    """What else is worth to know about this repetition."""

    @property
    def valid(self) -> bool:
        """Whether everything was well before the fault."""
        return all(check.held for check in self.gate)

    @property
    def held(self) -> bool:
        """Whether everything became whole again and all that had to hold then did."""
        return self.healed is not None and all(check.held for check in self.invariants)


@dataclass(frozen=True, kw_only=True)
class Experiment(Part):
    """One way of breaking something, and each time that it was done."""

    id: Id
    """Short name; unique in the run among those of the same `configuration`."""
    title: Text
    """What is broken, as a heading."""
    how: Text
    """The command, or what was done to the node, exactly."""
    configuration: Annotated[str, Pattern(r"bundle|original-guide", "bundle or original-guide")] = "bundle"
    """Whose settings of HAProxy and keepalived were on the nodes."""
    processes: tuple[Id, ...] = ()
    """Processes whose strategy it proves."""
    limitations: tuple[Id, ...] = ()
    """Limitations that it shows at work."""
    procedures: tuple[Id, ...] = ()
    """Procedures whose commands it carried out."""
    repetitions: tuple[Repetition, ...]
    """Each time, in order."""


@dataclass(frozen=True, kw_only=True)
class Machine(Part):
    """What the run took place on."""

    kernel: str
    """What `uname -r` says."""
    processors: int
    """How many the nodes shared."""
    memory: int
    """MiB that the nodes shared."""


@dataclass(frozen=True, kw_only=True)
class Run(Part):
    """One run of the lab; one file of `data/evidence/`, named after when it began. Written by `make lab` alone."""

    begun: Moment
    """When it began."""
    took: float
    """Seconds that it took."""
    release: Id
    """Release whose bundles were installed."""
    platform: Id
    """Platform of the nodes."""
    commit: Commit
    """Commit of this project that made the bundles."""
    topology: Digest
    """Digest of the topology file of the lab."""
    machine: Machine
    """What it took place on."""
    versions: dict[str, str]
    """Version of each package of the bundles that was installed, by name."""
    services: dict[Id, Digest]
    """Digest of what the data said of each service: its files, steps, ports and checks. When it says something else
    now, the evidence is older than the data."""
    procedures: dict[Id, Digest]
    """Digest of the commands of each procedure that was carried out."""
    steps: dict[str, float]
    """Seconds that each step of the bring-up took, by script."""
    experiments: tuple[Experiment, ...]
    """What was broken."""

    @property
    def name(self) -> str:
        """What it is called, in addresses and as a file: when it began, without punctuation."""
        return self.begun.replace("-", "").replace(":", "")
