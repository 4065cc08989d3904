"""Rules about the accepted runs of the lab: a run names what the data has, and says what it was made with."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from generator.catalog import Catalog
from generator.model import Experiment, Run
from generator.problems import Place, known
from generator.releases import Timeline, Windowed
from generator.rules.registry import Finding, rule


def run_places(catalog: Catalog) -> Iterator[tuple[Place, str, Run]]:
    """Each run with its place and the name of its file."""
    for name, run in catalog.evidence.items():
        yield Place(f"evidence/{name}.json"), name, run


@rule("R801")
def evidence_names_what_exists(catalog: Catalog) -> Iterator[Finding]:
    """A run names a release with its platform, services, processes, limitations and procedures that exist."""
    releases = {release.id: release.platforms for release in catalog.published}
    for place, _, run in run_places(catalog):
        if run.release not in releases:
            hint = known(run.release, releases)
            yield Finding(place / "release", f"{run.release!r} is not a published release", hint)
        elif run.platform not in releases[run.release]:
            hint = known(run.platform, releases[run.release])
            yield Finding(place / "platform", f"{run.platform!r} is not a platform of {run.release}", hint)
        for name in run.services:
            yield from _gone(place / "services" / name, name, catalog.services, "service")
        for name in run.procedures:
            yield from _gone(place / "procedures" / name, name, catalog.procedures, "procedure")
        for number, experiment in enumerate(run.experiments):
            yield from _gone_from(place / "experiments" / number, experiment, catalog)


def _gone_from(place: Place, experiment: Experiment, catalog: Catalog) -> Iterator[Finding]:
    """A finding for each name of an experiment that the data has not, or no longer has."""
    kinds: list[tuple[str, tuple[str, ...], Collection[str], str]] = [
        ("processes", experiment.processes, catalog.processes(), "process"),
        ("limitations", experiment.limitations, catalog.limitations, "limitation"),
        ("procedures", experiment.procedures, catalog.procedures, "procedure"),
    ]
    for key, names, candidates, what in kinds:
        for position, name in enumerate(names):
            yield from _gone(place / key / position, name, candidates, what)


def _gone(place: Place, name: str, candidates: Collection[str], what: str) -> Iterator[Finding]:
    """A finding for a name that the data has not, or no longer has."""
    if name not in candidates:
        hint = (
            f"where the data gave the {what} another name, write that one here; where the {what} is gone, take it out "
            f"of the run; {known(name, candidates)}"
        )
        yield Finding(place, f"{name!r} is not a {what}", hint)


@rule("R805")
def evidence_of_its_release(catalog: Catalog) -> Iterator[Finding]:
    """What an experiment is about is there in the release of its run."""
    timeline = catalog.timeline
    for place, _, run in run_places(catalog):
        if run.release not in timeline.ids:
            continue  # R801 reports the release that does not exist
        alive = {
            process: _is_there(item, run, timeline) and _is_there(catalog.services[service], run, timeline)
            for process, (service, item) in catalog.processes().items()
        }
        limitations = {name: _is_there(item, run, timeline) for name, item in catalog.limitations.items()}
        procedures = {name: _is_there(item, run, timeline) for name, item in catalog.procedures.items()}
        for number, experiment in enumerate(run.experiments):
            inner = place / "experiments" / number
            yield from _absent(inner / "processes", experiment.processes, alive, run)
            yield from _absent(inner / "limitations", experiment.limitations, limitations, run)
            yield from _absent(inner / "procedures", experiment.procedures, procedures, run)


def _is_there(item: Windowed, run: Run, timeline: Timeline) -> bool:
    """Whether the release of a run has something; R101 reports a window that names no release."""
    named = {item.since, item.removed} - {""}
    return not named <= set(timeline.ids) or timeline.covers(item, run.release)


def _absent(place: Place, names: tuple[str, ...], there: dict[str, bool], run: Run) -> Iterator[Finding]:
    """A finding for each name that other releases have, and that of the run has not."""
    for position, name in enumerate(names):
        if not there.get(name, True):  # R801 reports a name that no release has
            hint = f"take it out, or name what {run.release} has in its place"
            yield Finding(place / position, f"{run.release} has no {name!r}", hint)


@rule("R802")
def evidence_is_named_after_its_beginning(catalog: Catalog) -> Iterator[Finding]:
    """The file of a run is named after the moment when it began, without punctuation."""
    for place, name, run in run_places(catalog):
        if name != run.name:
            hint = f"call the file {run.name}.json"
            yield Finding(place / "begun", f"the run began at {run.begun}, and its file is called otherwise", hint)


@rule("R803")
def experiments_once(catalog: Catalog) -> Iterator[Finding]:
    """An experiment stands once in a run for each configuration."""
    for place, _, run in run_places(catalog):
        seen: set[tuple[str, str]] = set()
        for number, experiment in enumerate(run.experiments):
            key = (experiment.id, experiment.configuration)
            if key in seen:
                message = f"{experiment.id!r} stands twice with the configuration {experiment.configuration}"
                hint = "put the repetitions of both into one, or give the other an id of its own"
                yield Finding(place / "experiments" / number / "id", message, hint)
            seen.add(key)


@rule("R804")
def evidence_has_its_digests(catalog: Catalog) -> Iterator[Finding]:
    """A run has the digest of every service and procedure that an experiment is about, or its age could not be told."""
    owners = {process: service for process, (service, _) in catalog.processes().items()}
    for place, _, run in run_places(catalog):
        for number, experiment in enumerate(run.experiments):
            inner = place / "experiments" / number
            yield from _without_digest(inner, experiment, run, owners)


def _without_digest(place: Place, experiment: Experiment, run: Run, owners: dict[str, str]) -> Iterator[Finding]:
    for position, process in enumerate(experiment.processes):
        service = owners.get(process)
        if service and service not in run.services:  # R801 reports a process that does not exist
            hint = "the lab records it with `fingerprint.of_service`: run it again"
            yield Finding(place / "processes" / position, f"the run has no digest of {service}", hint)
    for position, procedure in enumerate(experiment.procedures):
        if procedure not in run.procedures:
            hint = "the lab records it with `fingerprint.of_procedure`: run it again"
            yield Finding(place / "procedures" / position, f"the run has no digest of {procedure}", hint)
