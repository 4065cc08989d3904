"""A graph says what it shows in words, and refuses what could not be drawn."""

from __future__ import annotations

import pytest

from generator.graph import Box, Cluster, Edge, Graph


def test_the_tables_say_the_same_in_words() -> None:
    """Edges and clusters become rows; an edge with two heads becomes two."""
    balancers = Cluster("lb", "Load balancers", (Box("a", "one"), Cluster("c", "spare", (Box("b", "two"),))))
    edges = (Edge("vip", "lb", "is held by"), Edge("a", "b", both=True))
    graph = Graph("g", "Title", "Description", (Box("vip", "Virtual IP"), balancers), edges)
    assert graph.edge_table() == (
        ("Virtual IP", "is held by", "Load balancers"),
        ("one", "connects to", "two"),
        ("two", "connects to", "one"),
    )
    assert graph.cluster_table() == (("Load balancers", ("one", "spare")), ("spare", ("two",)))


def test_impossible_graphs_are_refused() -> None:
    """A graph that could not be drawn says everything that is wrong with it."""
    with pytest.raises(ValueError) as caught:
        Graph(
            "my graph",
            "",
            "",
            (Box("a", "A", tone="red"), Box("a", "A"), Cluster("c", "C", (Box("b", "B"), Cluster("d", "D", ())))),
            (Edge("a", "x"), Edge("c", "b"), Edge("a", "a", style="wavy")),
            "UP",
        )
    assert str(caught.value).split("; ") == [
        "graph 'my graph': a: tone 'red' is not one of accent, good, caution, risk, muted",
        "d: a cluster needs at least one box",
        "direction 'UP' is not one of LR, TB",
        "edge a -> a: one end is inside the other",
        "edge a -> a: style 'wavy' is not one of solid, dashed, bold",
        "edge a -> x: there is no 'x'",
        "edge c -> b: one end is inside the other",
        "id 'a' is used 2 times",
        "id 'my graph' is not made of letters and digits joined by single - _ .",
    ]
    with pytest.raises(ValueError) as caught:
        Graph("g", "", "", ())
    assert str(caught.value) == "graph 'g': there is nothing in it"
