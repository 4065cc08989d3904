"""Windows are half-open, and what holds at a release follows from the order of releases alone."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.catalog import load
from generator.model import (
    Change,
    Health,
    LimitationWording,
    Naming,
    Note,
    Port,
    ProcedureWording,
    Process,
    ProcessPatch,
    StrategyWording,
)
from generator.releases import Timeline
from generator.resolve import process_at, resolve
from tests.conftest import TINY

IDS = ("apple", "banana", "cherry", "date", "elder", "fig")
TIMELINE = Timeline(IDS)
URL = "https://example.org/"
releases = st.sampled_from(IDS)
ends = st.sampled_from(("", *IDS))


@dataclass(frozen=True)
class Window:
    """The smallest thing that has a window."""

    since: str
    removed: str


windows = st.builds(Window, ends, ends)


def brute_force(window: Window) -> set[str]:
    """The releases of a window, by counting."""
    first = IDS.index(window.since) if window.since else 0
    last = IDS.index(window.removed) if window.removed else len(IDS)
    return {release for number, release in enumerate(IDS) if first <= number < last}


@given(windows)
def test_a_window_holds_from_its_first_release_until_before_the_one_without(window: Window) -> None:
    """`since` belongs to the window, `removed` does not, and an open end has no bound."""
    assert {release for release in IDS if TIMELINE.covers(window, release)} == brute_force(window)


@given(releases, releases)
def test_a_window_and_the_one_after_it_meet_without_a_gap(since: str, cut: str) -> None:
    """A value that another one follows at `cut` leaves no release with both or, once it began, with neither."""
    earlier, later = Window(since, cut), Window(cut, "")
    both = brute_force(earlier) & {release for release in IDS if TIMELINE.covers(later, release)}
    either = {release for release in IDS if TIMELINE.covers(earlier, release) or TIMELINE.covers(later, release)}
    assert both == set()
    assert either == set(IDS[min(IDS.index(since), IDS.index(cut)) :])


@given(windows, windows)
def test_overlap_is_symmetric_and_means_a_common_release(one: Window, other: Window) -> None:
    """Two windows overlap if, and only if, some release is in both."""
    assert TIMELINE.overlap(one, other) == TIMELINE.overlap(other, one) == bool(brute_force(one) & brute_force(other))


@given(windows)
def test_an_empty_window_overlaps_with_nothing(window: Window) -> None:
    """Not even with itself."""
    assert TIMELINE.overlap(window, window) == bool(brute_force(window))


@given(releases, releases, releases)
def test_before_is_a_strict_order(one: str, other: str, third: str) -> None:
    """No release is before itself; of two different ones exactly one is; and it carries over."""
    assert not TIMELINE.before(one, one)
    assert (TIMELINE.before(one, other) + TIMELINE.before(other, one)) == (one != other)
    if TIMELINE.before(one, other) and TIMELINE.before(other, third):
        assert TIMELINE.before(one, third)


@given(st.lists(windows), releases)
def test_what_holds_at_a_release_keeps_its_order(items: list[Window], release: str) -> None:
    """`at` leaves out and never sorts."""
    assert TIMELINE.at(items, release) == tuple(item for item in items if release in brute_force(item))


@given(st.permutations(IDS), releases, releases)
def test_the_order_is_that_of_the_list_and_not_of_the_names(ids: list[str], one: str, other: str) -> None:
    """A timeline knows only what it was given."""
    timeline = Timeline(ids)
    assert timeline.ids == tuple(ids)
    assert timeline.before(one, other) == (ids.index(one) < ids.index(other))


def test_an_unknown_release_is_refused() -> None:
    """It is not in the timeline, and asking for its place is a KeyError."""
    assert "grape" not in TIMELINE
    assert "" not in TIMELINE
    with pytest.raises(KeyError, match="grape"):
        TIMELINE.before("grape", "apple")
    with pytest.raises(KeyError, match="grape"):
        TIMELINE.covers(Window("", ""), "apple") and TIMELINE.covers(Window("grape", ""), "apple")


BASE = Process(
    id="picker",
    summary="Picks.",
    roles=("controller",),
    unit={"plum": "picker"},
    packages={"plum": ("picker",)},
    mode="active-passive",
    strategies=("none",),
)
patches = st.builds(
    ProcessPatch,
    guide_name=st.sampled_from((None, "", "gate", "door")),
    roles=st.none() | st.just(("database",)),
    mode=st.none() | st.sampled_from(("active-active", "active-passive")),
    strategies=st.none() | st.lists(st.sampled_from(("haproxy", "keepalived")), min_size=1, max_size=2).map(tuple),
    quorum=st.none() | st.booleans(),
)


@st.composite
def changed(draw: st.DrawFn) -> Process:
    """A process with changes at some releases, oldest first."""
    when = sorted(draw(st.sets(releases)), key=IDS.index)
    return replace(
        BASE, changes=tuple(Change(since=release, set=draw(patches), why="So.", source=URL) for release in when)
    )


@given(changed(), releases)
def test_changes_apply_in_their_order(process: Process, release: str) -> None:
    """Each field has the value of the last change up to the release that sets it, else that of the base."""
    state = process_at(process, release, TIMELINE)
    for name in ("guide_name", "roles", "mode", "strategies", "quorum", "unit", "packages"):
        given_values = [
            change.set.values()[name]
            for change in process.changes
            if IDS.index(change.since) <= IDS.index(release) and name in change.set.values()
        ]
        assert getattr(state, name) == [getattr(BASE, name), *given_values][-1]


@given(changed(), releases)
def test_a_release_before_the_first_change_gets_the_base(process: Process, release: str) -> None:
    """A change says nothing about the releases before it."""
    if all(IDS.index(release) < IDS.index(change.since) for change in process.changes):
        assert replace(process_at(process, release, TIMELINE), changes=()) == BASE


def test_a_change_that_sets_false_or_nothing_is_one() -> None:
    """`quorum: false` and an empty name replace what was there; only an absent field does not."""
    patch = ProcessPatch(quorum=False, guide_name="")
    assert patch.values() == {"quorum": False, "guide_name": ""}
    process = replace(
        BASE, quorum=True, guide_name="gate", changes=(Change(since="cherry", set=patch, why="So.", source=URL),)
    )
    state = process_at(process, "cherry", TIMELINE)
    assert (state.quorum, state.guide_name, state.mode) == (False, "", "active-passive")


@given(ends, ends, releases)
def test_parts_of_a_process_come_and_go_with_their_own_windows(since: str, removed: str, release: str) -> None:
    """Ports, checks and notes of other releases are left out."""
    window = {"since": since, "removed": removed}
    process = replace(
        BASE,
        ports=(Port(id="picker", number=1, purpose="Fruit.", clients=("anywhere",), **window),),
        health=(Health(summary="It picks.", run="true", source=URL, **window),),
        notes=(Note(text="There is one ladder.", source=URL, **window),),
    )
    count = 1 if release in brute_force(Window(since, removed)) else 0
    state = process_at(process, release, TIMELINE)
    assert [len(parts) for parts in (state.ports, state.health, state.notes)] == [count] * 3


@pytest.fixture(scope="module")
def tiny_folder() -> Path:
    """The tiny data, read only."""
    return TINY


SUPPORT = ["cellar", "cellar-monitor", "haproxy", "keepalived"]
PROCESSES = {
    "apple": [*SUPPORT, "orchard-api", "orchard-picker", "orchard-juicer", "orchard-tree"],
    "banana": [*SUPPORT, "orchard-api", "orchard-picker", "orchard-sorter", "orchard-juicer", "orchard-tree", "basket"],
    "cherry": [*SUPPORT, "orchard-api", "orchard-picker", "orchard-sorter", "orchard-smith", "orchard-tree", "basket"],
}


@pytest.mark.parametrize("release", PROCESSES)
def test_a_snapshot_holds_the_processes_of_its_release(release: str, tiny_folder: Path) -> None:
    """Processes come and go with their own windows and with those of their service."""
    snapshot = resolve(load(tiny_folder)[0], release)
    assert list(snapshot.processes) == PROCESSES[release]


def test_a_snapshot_holds_the_changed_process(tiny_folder: Path) -> None:
    """A process that clusters from Cherry on is alone before."""
    catalog = load(tiny_folder)[0]
    states = [resolve(catalog, release).processes["orchard-picker"] for release in PROCESSES]
    assert [(state.mode, state.strategies) for state in states] == [
        ("active-passive", ("none",)),
        ("active-passive", ("none",)),
        ("active-active", ("application-cluster",)),
    ]


def test_a_snapshot_holds_what_is_said_about_its_release(tiny_folder: Path) -> None:
    """Limitations with their remarks, corrections, dependencies, files, steps and settings are those of the release."""
    catalog = load(tiny_folder)[0]
    facts = {}
    for release in PROCESSES:
        snapshot = resolve(catalog, release)
        orchard, cellar = snapshot.service_by_id["orchard"], snapshot.service_by_id["cellar"]
        facts[release] = (
            {state.id: len(state.limitation.remarks) for state in snapshot.limitations},
            [item.id for item in snapshot.corrections],
            [item.service for item in orchard.depends],
            [file.path.rpartition("/")[2] for file in orchard.files],
            [step.id for step in cellar.steps],
            [value.value for value in cellar.files[0].sections["cellard"]["shelves"]],
            snapshot.previous.id if snapshot.previous else "",
        )
    conf, picker, limits, juicer = "orchard.conf", "orchard-picker", "limits.conf", "juicer.conf"
    assert facts == {
        "apple": (
            {"one-picker": 0, "no-roof": 0},
            ["D001"],
            ["cellar"],
            [conf, picker, juicer],
            ["found", "join"],
            [20],
            "",
        ),
        "banana": (
            {"one-picker": 1, "no-roof": 0},
            ["D001", "D002"],
            ["cellar", "haproxy"],
            [conf, picker, limits, juicer],
            ["found", "join", "light"],
            [80],
            "apple",
        ),
        "cherry": (
            {"no-roof": 0},
            [],
            ["cellar", "haproxy"],
            [conf, picker, limits],
            ["found", "join", "light"],
            [80],
            "banana",
        ),
    }


def test_texts_read_as_the_release_is_told(tiny_folder: Path) -> None:
    """A wording replaces the texts that it gives, in its own window, and the last one that holds wins."""
    catalog = load(tiny_folder)[0]
    role, strategy, service = catalog.roles[0], catalog.strategies[0], catalog.services["cellar"]
    procedure, roof = next(iter(catalog.procedures.values())), catalog.limitations["no-roof"]
    leaks = LimitationWording(since="cherry", notice=("It drips.",))
    namings = (Naming(since="banana", name="Vault"), Naming(since="cherry", summary="It is dry."))
    catalog = replace(
        catalog,
        roles=(replace(role, wordings=(Naming(removed="cherry", name="Helper"),)),),
        strategies=(replace(strategy, wordings=(StrategyWording(since="cherry", label="Grown"),)),),
        limitations={"no-roof": replace(roof, wordings=(leaks,))},
        services={**catalog.services, "cellar": replace(service, wordings=namings)},
        procedures={
            "one": replace(procedure, wordings=(ProcedureWording(since="banana", when=("It thaws.",), caution=""),))
        },
    )
    facts = {}
    for release in PROCESSES:
        snapshot = resolve(catalog, release)
        cellar, told = snapshot.service_by_id["cellar"], snapshot.procedures[0].procedure
        facts[release] = [snapshot.roles[0].name, snapshot.strategies[0].label, cellar.name, cellar.summary]
        facts[release] += [*told.when, told.caution, *snapshot.limitations[0].limitation.notice]
    frost = ["`cellar-check` fails on every node.", "Never warm two members at a time."]
    assert facts == {
        "apple": ["Helper", strategy.label, service.name, service.summary, *frost, *roof.notice],
        "banana": ["Helper", strategy.label, "Vault", service.summary, "It thaws.", "", *roof.notice],
        "cherry": [role.name, "Grown", "Vault", "It is dry.", "It thaws.", "", "It drips."],
    }
