"""What a diagram shows: boxes, clusters of boxes, and edges between them.

Views build a `Graph` from data and `drawing` makes it SVG. Nothing here knows about either,
so that the same graph also gives its text equivalent.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple, get_args

Tone = Literal["", "accent", "good", "caution", "risk", "muted"]
Style = Literal["solid", "dashed", "bold"]
Direction = Literal["LR", "TB"]

_ID = re.compile(r"[A-Za-z0-9]+([._-][A-Za-z0-9]+)*")


@dataclass(frozen=True)
class Box:
    """One thing in a diagram, drawn as a card."""

    id: str
    """Name that edges use; letters and digits joined by single `-`, `_` or `.`, unique in its graph."""
    label: str
    """What the card says. One line; long ones are wrapped at blanks."""
    icon: str = ""
    """Key of a picture (`icons.KNOWN`); empty for a card without one."""
    link: str = ""
    """Address that the card leads to, written into the page as it is; relative to that page's final URL."""
    detail: str = ""
    """Second, smaller text under the label: an address, a port, a mode."""
    tone: Tone = ""
    """What kind of card it is; `muted` has a dashed border. Not everybody sees colours: say it in `detail` too."""


@dataclass(frozen=True)
class Cluster:
    """A labelled frame around boxes and smaller clusters."""

    id: str
    """Name that edges use; same form as for a box, and unique among boxes and clusters alike."""
    label: str
    """Heading of the frame."""
    boxes: tuple[Box | Cluster, ...]
    """What is inside, in reading order; never empty."""
    link: str = ""
    """Address that the heading leads to."""
    tone: Tone = ""
    """As for a box."""
    across: int = 0
    """How many boxes stand side by side, across the direction of the edges; 0 lets `drawing` decide."""


@dataclass(frozen=True)
class Edge:
    """A line with an arrow head. An end that is a cluster is drawn at the border of its frame."""

    source: str
    """Id of the box or cluster where it starts."""
    target: str
    """Id of the box or cluster where it ends."""
    label: str = ""
    """What happens along it, as a verb with its object: `asks for a token`."""
    style: Style = "solid"
    """`dashed` for what is only used after a failure, `bold` for the main path."""
    both: bool = False
    """Whether it has arrow heads at both ends. Within one cluster it then joins equals, and puts none after another."""


class EdgeRow(NamedTuple):
    """One line of the table that says the edges of a diagram in words."""

    source: str
    what: str
    target: str


class ClusterRow(NamedTuple):
    """One line of the table that says the clusters of a diagram in words."""

    cluster: str
    members: tuple[str, ...]


@dataclass(frozen=True)
class Graph:
    """A whole diagram. Refuses, with every mistake at once, what could not be drawn."""

    id: str
    """Prefix of every id in the SVG; same form as for a box, unique on its page."""
    title: str
    """Name of the picture for screen readers."""
    description: str
    """The message of the picture in one or two sentences, for those who do not see it."""
    items: tuple[Box | Cluster, ...]
    """Outermost boxes and clusters, in reading order."""
    edges: tuple[Edge, ...] = ()
    """Lines, drawn in this order."""
    direction: Direction = "LR"
    """Where the edges lead: `LR` to the right, `TB` downwards."""

    def __post_init__(self) -> None:
        if mistakes := sorted({*_name_mistakes(self), *_edge_mistakes(self), *_value_mistakes(self)}):
            raise ValueError(f"graph {self.id!r}: " + "; ".join(mistakes))

    def parts(self) -> Iterator[Box | Cluster]:
        """Every box and cluster, each cluster before what is inside it."""
        yield from _walk(self.items)

    def edge_table(self) -> tuple[EdgeRow, ...]:
        """The edges as rows (from, what, to); an edge with two heads is two rows."""
        labels = {part.id: part.label for part in self.parts()}
        rows = []
        for edge in self.edges:
            what = edge.label or "connects to"
            rows.append(EdgeRow(labels[edge.source], what, labels[edge.target]))
            if edge.both:
                rows.append(EdgeRow(labels[edge.target], what, labels[edge.source]))
        return tuple(rows)

    def cluster_table(self) -> tuple[ClusterRow, ...]:
        """The clusters as rows (cluster, members), a member being named as its card or heading is."""
        return tuple(
            ClusterRow(part.label, tuple(member.label for member in part.boxes))
            for part in self.parts()
            if isinstance(part, Cluster)
        )


def _walk(items: tuple[Box | Cluster, ...]) -> Iterator[Box | Cluster]:
    for item in items:
        yield item
        if isinstance(item, Cluster):
            yield from _walk(item.boxes)


def _name_mistakes(graph: Graph) -> Iterator[str]:
    names = Counter(part.id for part in graph.parts())
    for name in (graph.id, *names):
        if not _ID.fullmatch(name):
            yield f"id {name!r} is not made of letters and digits joined by single - _ ."
    yield from (f"id {name!r} is used {count} times" for name, count in names.items() if count > 1)


def _edge_mistakes(graph: Graph) -> Iterator[str]:
    inside = {part.id: {one.id for one in _walk((part,))} for part in graph.parts()}
    for edge in graph.edges:
        name = f"edge {edge.source} -> {edge.target}"
        unknown = [end for end in (edge.source, edge.target) if end not in inside]
        yield from (f"{name}: there is no {end!r}" for end in unknown)
        if not unknown and (edge.source in inside[edge.target] or edge.target in inside[edge.source]):
            yield f"{name}: one end is inside the other"
        if edge.style not in get_args(Style):
            yield f"{name}: style {edge.style!r} is not one of {', '.join(get_args(Style))}"


def _value_mistakes(graph: Graph) -> Iterator[str]:
    if graph.direction not in get_args(Direction):
        yield f"direction {graph.direction!r} is not one of {', '.join(get_args(Direction))}"
    if not graph.items:
        yield "there is nothing in it"
    for part in graph.parts():
        if part.tone not in get_args(Tone):
            yield f"{part.id}: tone {part.tone!r} is not one of {', '.join(filter(None, get_args(Tone)))}"
        if isinstance(part, Cluster) and not part.boxes:
            yield f"{part.id}: a cluster needs at least one box"
