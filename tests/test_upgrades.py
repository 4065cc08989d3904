"""The status of a release, and the upgrade to it: from where, what one meets on the way, and the work in its order."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from generator import pipeline, rules
from generator.catalog import Catalog
from generator.deploy import deploy
from generator.model import Release, UpgradeNote
from generator.resolve import resolve, resolve_starts, starts_of
from generator.views import api, procedures, upgrades
from generator.views.changes import Difference
from generator.views.status import Standing, leading_first, standing
from tests.conftest import TINY

DATA = Path(__file__).parent.parent / "data"


@cache
def catalog(folder: Path = DATA) -> Catalog:
    """The checked data of a folder."""
    return pipeline.load(folder)


def page(data: Catalog, release: str, topology: str) -> dict[str, object]:
    """What the template of the page gets."""
    whole = resolve(data, release)
    deployment = deploy(whole, topology, data.topologies[topology], whole.platforms[0].id, reference=True)
    return upgrades.values(data.timeline, resolve_starts(data, whole), whole, deployment)


def named(release: str, data: Catalog) -> Release:
    """A release by its id."""
    return next(item for item in data.releases if item.id == release)


def test_slurp_releases_alternate_from_antelope_on() -> None:
    """Antelope is the first release of which the Technical Committee says so, and every second one follows."""
    slurps = [release.id for release in catalog().releases if release.slurp]
    assert slurps == ["antelope", "caracal", "epoxy", "gazpacho", "indri"]


@pytest.mark.parametrize(
    ("release", "starts"),
    [
        ("juno", []),
        ("liberty", ["kilo"]),
        ("antelope", ["zed"]),
        ("caracal", ["bobcat", "antelope"]),
        ("epoxy", ["dalmatian", "caracal"]),
        ("flamingo", ["epoxy"]),
        ("gazpacho", ["flamingo", "epoxy"]),
    ],
)
def test_an_upgrade_starts_at_the_release_before_or_at_the_slurp_release_before(
    release: str, starts: list[str]
) -> None:
    """Only from one SLURP release to the next a release is skipped, and never more than one."""
    releases = catalog().releases
    assert [item.id for item in starts_of(releases, named(release, catalog()))] == starts


@pytest.mark.parametrize(
    ("release", "since", "outlook"),
    [
        ("liberty", "2016-11-17", ""),
        ("dalmatian", "2026-04-29", ""),
        ("caracal", "2025-10-24", ""),
        ("epoxy", "2026-10-02", ""),
        ("flamingo", "2025-10-01", "end of life on 2027-04-28"),
        ("gazpacho", "2026-04-01", "unmaintained from 2027-10-27 on"),
        ("indri", "", ""),
    ],
)
def test_a_status_says_since_when_and_what_comes_next(release: str, since: str, outlook: str) -> None:
    """The days are those of the schedule; what is over has no outlook."""
    found = standing(named(release, catalog()))
    assert (found.since, found.outlook) == (since, outlook)


def test_a_status_says_what_it_means_for_the_reader() -> None:
    """Whoever runs a release that nobody looks after is told so in plain words."""
    apple, banana, cherry = catalog(TINY).releases
    assert [standing(release) for release in (replace(cherry, status="development"), cherry, banana, apple)] == [
        Standing(
            "", "It is not released yet, and what these pages say may still change.", "unmaintained from 2004-05-06 on"
        ),
        Standing(
            "2003-02-03",
            "The project teams of OpenStack mend faults and security holes in it.",
            "unmaintained from 2004-05-06 on",
        ),
        Standing(
            "2003-05-06",
            "The project teams of OpenStack no longer look after it: there are no further releases of it, and a fix "
            "for a security hole comes from volunteers or from the distribution, or not at all.",
            "",
        ),
        Standing("2003-04-05", "Its branches are closed: OpenStack mends nothing in it, not even security holes.", ""),
    ]


def test_the_newest_maintained_release_leads() -> None:
    """A newer release that is not out yet comes after it, and older ones by what is left of their support."""
    apple, banana, cherry = catalog(TINY).releases
    soon = replace(cherry, id="date", status="development")
    old = replace(cherry, id="elder")
    assert [item.id for item in leading_first([soon, cherry, old, banana, apple])] == [
        "cherry", "elder", "date", "banana", "apple",
    ]  # fmt: skip


def test_the_real_front_page_leads_with_gazpacho() -> None:
    """It is the newest published release that is maintained."""
    assert [item.id for item in leading_first(reversed(catalog().published))] == [
        "gazpacho", "flamingo", "epoxy", "liberty", "kilo", "juno",
    ]  # fmt: skip


def test_a_release_names_those_one_may_go_to() -> None:
    """From Epoxy both, from Flamingo the next one, from the newest and from those of the original guide none."""
    found = {item.id: [to.id for to in resolve(catalog(), item.id).successors] for item in catalog().published}
    assert found == {
        "juno": [],
        "kilo": [],
        "liberty": [],
        "epoxy": ["flamingo", "gazpacho"],
        "flamingo": ["gazpacho"],
        "gazpacho": [],
    }


def test_notes_stand_in_the_order_of_the_work_with_where_one_comes_from() -> None:
    """Those of the skipped release come first in their part, and concern only who skips it."""
    found = page(catalog(TINY), "cherry", "garden")["notes"]
    assert isinstance(found, list)
    assert [(item.note.id, item.coming, item.touches) for item in found] == [
        ("no-juice", ("Banana", "Apple"), ("orchard-juicer",)),
        ("sorted-fruit", ("Apple",), ("Orchard",)),
        ("agree-on-trees", ("Banana", "Apple"), ()),
    ]


def test_a_note_older_than_every_start_is_for_who_comes_from_further_back() -> None:
    """Nobody who comes from Apple or Banana meets what came with Apple."""
    data = catalog(TINY)
    upgrade = data.upgrades["cherry"]
    old = replace(upgrade.notes[0], since="apple")
    changed = replace(data, upgrades={**data.upgrades, "cherry": replace(upgrade, notes=(old, upgrade.notes[1]))})
    values = page(changed, "cherry", "garden")
    older, notes = values["older"], values["notes"]
    assert isinstance(older, list)
    assert isinstance(notes, list)
    assert [(item.note.id, item.since) for item in older] == [("no-juice", "Apple")]
    assert [item.note.id for item in notes] == ["sorted-fruit", "agree-on-trees"]


def test_the_steps_are_those_of_the_shown_topology() -> None:
    """A process that comes with another choice, or is gone, has no step."""
    stages = page(catalog(TINY), "cherry", "garden")["stages"]
    assert isinstance(stages, list)
    assert [(item["stage"].id, [step.title for step in item["steps"]]) for item in stages] == [
        ("prepare", ["Count the trees"]),
        ("harvest", ["Stop a picker"]),
        ("look", []),
    ]


def test_the_start_that_skips_a_release_says_which() -> None:
    """Platforms of both releases, and units and packages that are called otherwise there, are derived."""
    starts = page(catalog(TINY), "cherry", "garden")["starts"]
    assert isinstance(starts, list)
    renamed = upgrades.Renamed(
        platform="Plum 1",
        process="orchard-picker",
        unit=("plum-orchard-picker", "plum-orchard-picker"),
        gained=("ladders",),
        lost=("ladder",),
    )
    assert [(item.release.id, item.skipped, item.shared, item.left, item.renamed) for item in starts] == [
        ("banana", "", ("Plum 1",), (), (renamed,)),
        ("apple", "Banana", ("Plum 1",), (), (renamed,)),
    ]


def test_of_an_unpublished_release_only_the_processes_are_compared() -> None:
    """Its files, steps, services and limitations are not in the data, so nothing is said about them."""
    data = catalog(TINY)
    hidden = tuple(replace(item, platforms=()) if item.id == "banana" else item for item in data.releases)
    alone = {"cherry": data.upgrades["cherry"]}
    starts = page(replace(data, releases=hidden, upgrades=alone), "cherry", "garden")["starts"]
    assert isinstance(starts, list)
    assert (starts[0].shared, starts[0].left, starts[0].renamed) == ((), (), ())
    assert [(item.kind, item.what) for item in starts[0].differences] == [
        ("changed", "plum-orchard-picker"),
        ("added", "plum-orchard-smith"),
        ("removed", "plum-orchard-juicer"),
    ]
    assert ("removed", "file /etc/orchard/juicer.conf") in [(item.kind, item.what) for item in starts[1].differences]


def test_a_choice_that_the_shown_topology_has_not_taken_is_no_difference() -> None:
    """Between Flamingo and Gazpacho no process comes or goes, whatever carries the networks."""
    starts = page(catalog(), "gazpacho", "collapsed")["starts"]
    assert isinstance(starts, list)
    found: list[Difference] = list(starts[0].differences)
    assert [(item.kind, item.what, item.where) for item in found if not item.what.startswith("[")] == [
        ("changed", "Suites", "/etc/apt/sources.list.d/ha-guide.sources"),
    ]


def test_without_a_file_of_upgrades_there_is_no_page_and_nothing_for_programs() -> None:
    """Kilo and Liberty have the page of what changed; the work of an upgrade to them is not told."""
    whole = resolve(catalog(), "liberty")
    assert whole.upgrade is None
    assert resolve_starts(catalog(), whole) == ()
    assert "upgrade" not in api.release_facts(whole, [], "test")
    with pytest.raises(ValueError, match=r"^nothing is known about the upgrade to liberty$"):
        page(catalog(), "liberty", "collapsed")


def test_the_facts_name_the_starts_and_every_note() -> None:
    """Programs get the same notes in the same order."""
    facts = api.release_facts(resolve(catalog(), "gazpacho"), [], "test")["upgrade"]
    assert isinstance(facts, dict)
    assert facts["from"] == ["flamingo", "epoxy"]
    told = [note.id for name in ("flamingo", "gazpacho") for note in catalog().upgrades[name].notes]
    assert sorted(note["id"] for note in facts["notes"]) == sorted(told)


def test_a_note_of_a_release_that_is_not_published_yet_has_to_wait() -> None:
    """There is no file into which it could be moved."""
    data = catalog(TINY)
    fig = replace(data.releases[1], id="fig", platforms=())
    note = replace(data.upgrades["cherry"].notes[0], since="fig", processes=())
    later = replace(
        data,
        releases=(*data.releases, fig),
        upgrades={"cherry": replace(data.upgrades["cherry"], notes=(note,))},
    )
    assert [(item.code, item.message, item.hint) for item in rules.check(later)] == [
        ("R604", "came with fig, which belongs elsewhere", "leave it out until a later release is published"),
    ]


def test_a_note_about_a_service_that_is_gone_is_refused() -> None:
    """What was removed a release earlier cannot break any more."""
    data = catalog(TINY)
    note: UpgradeNote = replace(data.upgrades["cherry"].notes[1], services=("basket",))
    basket = data.services["basket"]
    basket = replace(basket, since="", arrival=None, removed="banana", removal=basket.arrival)
    gone = replace(
        data,
        services={**data.services, "basket": basket},
        upgrades={"cherry": replace(data.upgrades["cherry"], notes=(note,))},
    )
    assert [(item.code, item.message) for item in rules.check(gone)] == [
        ("R605", "basket is neither in cherry nor in the release before it"),
    ]


@pytest.mark.parametrize("release", ["epoxy", "flamingo", "gazpacho"])
def test_the_commands_of_the_work_are_good_shell(release: str) -> None:
    """shellcheck finds nothing in the steps of any stage, with the names of a deployment filled in."""
    whole = resolve(catalog(), release)
    for name in ("collapsed", "segregated"):
        deployment = deploy(whole, name, catalog().topologies[name], whole.platforms[0].id, reference=True)
        assert deployment.snapshot.upgrade is not None
        told = [step for stage in deployment.snapshot.upgrade.stages for step in stage.steps]
        shown = procedures.steps(deployment, tuple(told))
        assert len(shown) == 22
        # Each step stands in its own block of the page: a missing folder shows at once to who pastes it.
        script = "\n".join(f"(\n{step.run}\n)" for step in shown)
        command = ["shellcheck", "--shell=sh", "--exclude=SC1091,SC2164", "-"]
        done = subprocess.run(command, input=script, capture_output=True, text=True, check=False)
        assert (done.stdout, done.returncode) == ("", 0)
