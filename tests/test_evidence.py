"""Runs of the lab as data: what they prove, when they are too old for it, and what is not proved."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from generator import fingerprint, pipeline, templating, validation
from generator.model import Experiment, Run
from generator.resolve import resolve
from generator.snapshot import Snapshot
from generator.views import experiments, runs
from generator.views.proof import LABELS, Proofs
from tests.bundled import catalog
from tests.conftest import TINY
from tests.test_golden import plan
from tests.test_problems import edit

NAME = "20260102T030405Z"
PLATFORM = "plum-1"


def banana(folder: Path = TINY) -> Snapshot:
    """The release of the fictional cloud that has a run."""
    return resolve(pipeline.load(folder), "banana")


def run() -> Run:
    """That run."""
    return banana().runs[0]


def proofs(changed: Run, *older: Run) -> Proofs:
    """What runs prove of the release, in place of its own; the newest first."""
    return Proofs(replace(banana(), runs=(changed, *older)))


def with_experiments(change: Callable[[Experiment], Experiment]) -> Run:
    """The run with every experiment changed."""
    return replace(run(), experiments=tuple(map(change, run().experiments)))


SAME = {
    "summary of the service": ("summary: Trees as a service.", "summary: Trees for everybody."),
    "summary of a process": ("summary: Picks the fruit.", "summary: Picks all of the fruit."),
    "title of a step": ("title: Plant the first tree", "title: Plant a tree"),
    "source of a check": ("source: https://example.org/orchard/api", "source: https://example.org/orchard/other"),
    "note on a process": ("text: There is one ladder.", "text: There is but one ladder."),
    "reason of a value": ("why: More trees broke the fence.", "why: The fence broke."),
    "purpose of a port": ("purpose: Orders of trees.", "purpose: Orders."),
    "reason why nothing is proved": ("not_proved: A tree needs", "not_proved: Each tree needs"),
    "value of another release": ("value: 100", "value: 1000"),
}
OTHER = {
    "value": ("debug: false", "debug: true"),
    "value from an include": ("cellar-client]", "]"),
    "command of a step": ("run: systemctl start plum-orchard-api", "run: systemctl restart plum-orchard-api"),
    "node of a step": ("process: orchard-api\n    on: every", "process: orchard-api\n    on: others"),
    "number of a port": ("number: 8080", "number: 8082"),
    "clients of a port": ("clients: [anywhere]", "clients: [controller]"),
    "setting of HAProxy": ("balance: leastconn", "balance: roundrobin"),
    "health check of HAProxy": ("interval: 2s", "interval: 3s"),
    "owner of a file": ("owner: root:orchard", "owner: root:root"),
    "mode of a file": ('mode: "0640"', 'mode: "0600"'),
    "unit": ("unit: {plum: plum-orchard-sorter}", "unit: {plum: plum-sorter}"),
    "package of a process": ("packages: {plum: [plum-orchard, ladder]}", "packages: {plum: [plum-orchard]}"),
    "package of the service": ("packages: {plum: [fertiliser]}", "packages: {plum: [dung]}"),
}


@pytest.mark.parametrize(("old", "new"), SAME.values(), ids=SAME)
def test_what_is_for_readers_leaves_the_digest_of_a_service(old: str, new: str, tiny: Path) -> None:
    """A mended sentence does not make evidence old."""
    edit(tiny / "services/orchard.yaml", old, new)
    before, after = (fingerprint.of_service(banana(folder), PLATFORM, "orchard") for folder in (TINY, tiny))
    assert before == after


@pytest.mark.parametrize(("old", "new"), OTHER.values(), ids=OTHER)
def test_what_programs_read_changes_the_digest_of_its_service_only(old: str, new: str, tiny: Path) -> None:
    """Whatever a run of the lab might have felt makes its evidence old, and that of no other service."""
    edit(tiny / "services/orchard.yaml", old, new)
    before, after = banana(), banana(tiny)
    names = [service.id for service in before.services]
    changed = [
        name
        for name in names
        if fingerprint.of_service(before, PLATFORM, name) != fingerprint.of_service(after, PLATFORM, name)
    ]
    assert changed == ["orchard"]


def test_a_changed_template_changes_the_digest_of_the_services_that_it_writes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also when it is one that another template includes or that writes every file of a format."""
    before = {service.id: fingerprint.of_service(banana(), PLATFORM, service.id) for service in banana().services}
    known = templating.texts_of
    monkeypatch.setattr(
        templating, "texts_of", lambda name: known(name) | ({name: ""} if name == "config/formats/ini" else {})
    )
    after = {service.id: fingerprint.of_service(banana(), PLATFORM, service.id) for service in banana().services}
    assert [name for name in before if before[name] != after[name]] == ["orchard"]


def test_the_texts_of_a_template_are_those_of_its_parts_too() -> None:
    """An included template belongs to the file that it helps to write."""
    assert sorted(templating.texts_of("pages/release-index.md")) == [
        "pages/_macros",
        "pages/release-facts.md",
        "pages/release-index.md",
    ]


@pytest.mark.parametrize(
    ("old", "new", "same"),
    [
        ("title: Warm it", "title: Warm one", True),
        ("expect: A number above zero.", "expect: A number.", True),
        ("run: cellar-thermometer", "run: cellar-warmth", False),
        ('"on": chosen', '"on": every', False),
    ],
    ids=["title", "expectation", "command", "node"],
)
def test_the_commands_of_a_procedure_make_its_digest(old: str, new: str, same: bool, tiny: Path) -> None:
    """What an operator types, and where; what he reads beside it does not count."""
    edit(tiny / "procedures/wake-the-cellar.yaml", old, new)
    before, after = (fingerprint.of_procedure(banana(folder), "wake-the-cellar") for folder in (TINY, tiny))
    assert (before == after) is same


def test_every_row_of_the_strategy_table_has_one_status() -> None:
    """What held, what was broken with other data, what did not hold, what was not broken, and what cannot be."""
    assert {name: claim.as_json() for name, claim in Proofs(banana()).processes.items()} == {
        "cellar": {"status": "proved", "run": NAME, "experiments": ["cellar-killed", "frost"], "worst_outage": 2.25},
        "cellar-monitor": {"status": "unproved"},
        "haproxy": {"status": "stale", "run": NAME, "experiments": ["haproxy-stopped"], "worst_outage": 0.0},
        "keepalived": {"status": "proved", "run": NAME, "experiments": ["haproxy-stopped"], "worst_outage": 0.0},
        "orchard-api": {"status": "unproved"},
        "orchard-picker": {"status": "unproved"},
        "orchard-sorter": {"status": "failed", "run": NAME, "experiments": ["sorter-killed"], "worst_outage": 0.0},
        "orchard-juicer": {"status": "unproved"},
        "orchard-tree": {"status": "impossible", "reason": "A tree needs more room than one garden has."},
        "basket": {"status": "unproved"},
    }


def test_a_release_that_no_machine_can_run_says_so_once() -> None:
    """Its rows lead to the page that has the reason."""
    claims = Proofs(resolve(pipeline.load(TINY), "apple")).processes.values()
    assert {(claim.status, claim.reason, claim.general) for claim in claims} == {
        ("impossible", "Nobody has a garden from before the fence.", True)
    }


def test_a_limitation_and_a_procedure_are_as_old_as_the_oldest_of_their_services() -> None:
    """The services are those that the experiments broke."""
    snapshot = banana()
    known = Proofs(snapshot)
    (limitation,) = (state for state in snapshot.limitations if state.id == "no-roof")
    (procedure,) = snapshot.procedures
    found = [known.limitation(limitation), known.procedure(procedure)]
    assert [(claim.status, [item.id for item in claim.experiments], claim.versions) for claim in found] == [
        ("proved", ["cellar-killed", "frost"], ("cellar 1.2-3",)),
        ("proved", ["frost"], ("cellar 1.2-3",)),
    ]
    older = proofs(replace(run(), services={**run().services, "cellar": "0" * 64}))
    assert [older.limitation(limitation).status, older.procedure(procedure).status] == ["stale", "stale"]
    other = proofs(replace(run(), procedures={"wake-the-cellar": "0" * 64}))
    assert [other.limitation(limitation).status, other.procedure(procedure).status] == ["proved", "stale"]


def test_an_invalid_repetition_proves_nothing_and_an_older_run_speaks_in_its_place() -> None:
    """A newer run takes the place of an older one only for what it did validly."""
    broken = replace(run().experiments[0].repetitions[2], target="node3")
    void = replace(with_experiments(lambda item: replace(item, repetitions=(broken,))), begun="2026-02-02T03:04:05Z")
    assert {claim.status for claim in proofs(void).processes.values()} == {"unproved", "impossible"}
    claim = proofs(void, run()).processes["cellar"]
    assert (claim.status, claim.when) == ("proved", "2026-01-02 03:04 UTC")


def test_the_settings_of_the_original_guide_prove_nothing_of_ours() -> None:
    """Its experiments stand beside ours only."""
    guide = with_experiments(lambda item: replace(item, configuration=experiments.GUIDE))
    assert {claim.status for claim in proofs(guide).processes.values()} == {"unproved", "impossible"}


def test_only_the_runs_of_a_release_speak_for_it() -> None:
    """A later release has none, and leads to the newest there is."""
    cherry = resolve(pipeline.load(TINY), "cherry")
    assert (cherry.runs, cherry.last_proved and cherry.last_proved.id) == ((), "banana")


def test_an_experiment_is_shown_with_the_worst_of_its_valid_repetitions() -> None:
    """Outages by client, the longest first, each repetition beside it, and who was late itself."""
    shown = experiments.show(run(), run().experiments[0])
    assert (shown.valid, shown.total, shown.worst, shown.breaches, shown.unharmed) == (2, 3, 2.25, (), ())
    assert [(item.what, item.shown, item.each, item.late) for item in shown.outages] == [
        ("orders", "2.25 s", "2.25, 1.50", False),
        ("fruit", "0.25 s", "0, 0.25", True),
    ]
    assert shown.healed and (shown.healed.shown, shown.healed.each) == ("12.2 s", "8.50, 12.2")
    assert [(item.what, item.shown) for item in shown.times] == [("another cellar takes the fruit", "2.00 s")]


def test_what_did_not_hold_is_named() -> None:
    """Also that a site did not become whole again."""
    assert experiments.show(run(), run().experiments[2]).breaches == (
        "Not everything became whole again",
        "One node has the address: node1, node2",
    )


def test_a_run_is_reported_with_its_pairs_and_with_what_counts_for_nothing() -> None:
    """The same fault with both configurations is one pair; invalid repetitions have their cause."""
    report = runs.report(run())
    assert [item.id for item in report.experiments] == ["cellar-killed", "haproxy-stopped", "frost", "sorter-killed"]
    assert [(pair.ours.worst, pair.guide.worst) for pair in report.compared] == [(0.0, 14.5)]
    assert report.voids == (
        runs.Void(
            title="The cellar that takes the fruit is killed",
            number=3,
            target="node1",
            causes=("Every process of the garden answers: orchard-api of node2",),
        ),
    )
    assert (report.when, report.took) == ("2026-01-02 03:04 UTC", "1 h 10 min")


@pytest.mark.parametrize(
    ("value", "expected"), [(0.0, "0"), (0.044, "0.04"), (2.5, "2.50"), (12.25, "12.2"), (131.5, "132")]
)
def test_seconds_have_as_many_digits_as_mean_something(value: float, expected: str) -> None:
    """A client looks every few hundredths of a second at the most."""
    assert experiments.seconds(value) == expected


def test_a_run_is_read_as_the_lab_wrote_it() -> None:
    """The lab writes its dataclasses, and they come back equal."""
    text = json.dumps(asdict(run()))
    assert validation.parse("run", json.loads(text), "run.json") == (run(), [])


def test_a_run_is_published_byte_for_byte() -> None:
    """Whoever doubts a page has everything that was measured, and the schema of it."""
    published = plan(TINY).published
    file = f"api/v1/evidence/{NAME}.json"
    assert published[file].data == (TINY / f"evidence/{NAME}.json").read_bytes()
    assert [path for path in published if path.startswith("api/v1/evidence/")] == [file]
    assert json.loads(published["api/v1/run.schema.json"].data) == validation.schema("run")
    facts = json.loads(published["api/v1/banana.json"].data)
    assert [item["file"] for item in facts["runs"]] == [f"evidence/{NAME}.json"]
    assert {item["status"] for item in facts["proof"]} == set(LABELS)


WAITING = {
    "processes": [
        "aodh-api",
        "aodh-evaluator",
        "aodh-listener",
        "aodh-notifier",
        "ceilometer-central",
        "ceilometer-notification",
        "chrony",
        "cinder-api",
        "cinder-scheduler",
        "cinder-volume",
        "galera-monitor",
        "glance-api",
        "gnocchi-api",
        "gnocchi-metricd",
        "haproxy",
        "heat-api",
        "heat-api-cfn",
        "heat-engine",
        "horizon",
        "keepalived",
        "keystone",
        "mariadb",
        "memcached",
        "neutron-ovn-maintenance-worker",
        "neutron-periodic-workers",
        "neutron-server",
        "nova-api",
        "nova-conductor",
        "nova-metadata",
        "nova-novncproxy",
        "nova-scheduler",
        "octavia-api",
        "octavia-driver-agent",
        "octavia-housekeeping",
        "ovn-nb-database",
        "ovn-northd",
        "ovn-sb-database",
        "placement-api",
        "rabbitmq",
        "redis",
        "redis-sentinel",
        "rsyncd",
        "swift-account",
        "swift-account-auditor",
        "swift-account-reaper",
        "swift-account-replicator",
        "swift-container",
        "swift-container-auditor",
        "swift-container-replicator",
        "swift-container-sharder",
        "swift-container-updater",
        "swift-object",
        "swift-object-auditor",
        "swift-object-expirer",
        "swift-object-replicator",
        "swift-object-updater",
        "swift-proxy",
        "trove-api",
        "trove-conductor",
        "trove-taskmanager",
    ],
    "limitations": [
        "cinder-volume-single-point-of-failure",
        "cinder-volumes-bound-to-a-host-name",
        "clusters-after-a-full-power-cut",
        "connections-break-when-the-virtual-ip-moves",
        "galera-one-writer",
        "haproxy-idle-timeouts",
        "health-checks-see-the-process-only",
        "majority-of-each-cluster",
        "memcached-not-replicated",
        "network-partition-duplicate-virtual-ip",
        "new-measures-may-be-lost",
        "ovn-databases-need-a-majority",
        "quorum-queues-cost-a-moment-and-disk",
        "rabbitmq-not-behind-haproxy",
        "rabbitmq-serves-with-the-majority-only",
    ],
    "procedures": [
        "full-power-on-order",
        "ovn-raft-recovery",
        "rabbitmq-quorum-recovery",
        "replace-a-controller",
        "rotate-fernet-keys",
        "start-cinder-volume-on-a-survivor",
        "start-galera-after-all-stopped",
        "valkey-sentinel-recovery",
        "virtual-ip-on-two-nodes",
    ],
}
"""What accepted runs have still to prove of Epoxy; whoever accepts a run takes out what it proves."""


def test_every_claim_of_epoxy_is_proved_or_says_why_it_cannot_be() -> None:
    """Those that are not stand in the list above, which only gets shorter. Evidence may be older than the data."""
    snapshot = resolve(catalog(), "epoxy")
    known = Proofs(snapshot)
    found = {
        "processes": {name: claim.status for name, claim in known.processes.items()},
        "limitations": {state.id: known.limitation(state).status for state in snapshot.limitations},
        "procedures": {state.id: known.procedure(state).status for state in snapshot.procedures},
    }
    waiting = {
        kind: sorted(name for name, status in claims.items() if status in ("unproved", "failed"))
        for kind, claims in found.items()
    }
    assert waiting == WAITING
