"""Draw graphs: the diagrams package describes them, one `dot` process lays them all out, `svg` writes them.

`dot` never sees a text from the data. Boxes and labels are given to it as sizes (`measure`), so that
no font of the machine and no character of a label can change or break the layout.
"""

from __future__ import annotations

import importlib
import itertools
import math
import subprocess
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from diagrams import Cluster as Frame
from diagrams import Diagram, Node, setdiagram
from diagrams import Edge as Line
from diagrams.custom import Custom

from . import icons, measure, svg
from .graph import Box, Cluster, Edge, Graph

_POINTS = 72  # in the inch that dot counts in; one point becomes one unit of the SVG
_GRAPH = {"label": "", "compound": "true", "splines": "true", "nodesep": "0.12", "ranksep": "0.15", "margin": "20"}
_NODE = {"shape": "box", "style": "solid", "fixedsize": "true", "image": ""}  # dot need not read the pictures
_FRAME = {"style": "solid", "margin": "14", "labelloc": "t", "labeljust": "l"}
_LINE = {"color": "black"}  # black for the head, white for the label: so `svg` tells them apart
_LONGEST = {"LR": 6, "TB": 4}  # more boxes than these side by side become a second row


class DotMissing(Exception):
    """The program that lays diagrams out is not installed."""

    def __init__(self) -> None:
        super().__init__(
            "the program `dot` was not found; it comes with Graphviz: "
            "`dnf install graphviz`, `apt-get install graphviz` or `brew install graphviz`"
        )


class DotFailed(Exception):
    """`dot` refused its input, which is our mistake and not that of the data."""


class _Plan(Diagram):  # type: ignore[misc]  # diagrams ships no types
    """A diagram that is only described: leaving the block neither runs dot nor touches the disk."""

    def __exit__(self, *exception: object) -> None:
        setdiagram(None)


def draw(graphs: Sequence[Graph]) -> dict[str, str]:
    """SVG text by graph id, ready to stand in a page; always the same for the same graphs and version of Graphviz."""
    if repeated := sorted(name for name, count in Counter(graph.id for graph in graphs).items() if count > 1):
        raise ValueError(f"graph ids are used more than once: {', '.join(repeated)}")
    _check_icons(graphs)
    sketches = [_describe(graph) for graph in graphs]
    try:
        documents = _lay_out([sketch.source for sketch in sketches])
    except DotFailed:
        documents = [_lay_out_alone(graph) for graph in graphs]
    return {
        graph.id: svg.write(graph, svg.read(document), sketch.pictures)
        for graph, sketch, document in zip(graphs, sketches, documents, strict=True)
    }


def _check_icons(graphs: Sequence[Graph]) -> None:
    for graph in graphs:
        for part in graph.parts():
            if isinstance(part, Box) and part.icon and part.icon not in icons.KNOWN:
                place, known = f"graph {graph.id!r}: box {part.id!r}", ", ".join(icons.KNOWN)
                raise ValueError(f"{place} has the unknown icon {part.icon!r}; known are {known}")


def _lay_out(sources: Sequence[str]) -> list[str]:
    """One SVG document for each source, all from one process."""
    if not sources:
        return []
    try:
        done = subprocess.run(
            ["dot", "-Tsvg"],
            input="\n".join(sources),
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
    except FileNotFoundError:
        raise DotMissing from None
    if done.returncode:
        raise DotFailed(done.stderr.strip())
    return [f"<?xml{document}" for document in done.stdout.split("<?xml")[1:]]


def _lay_out_alone(graph: Graph) -> str:
    """A rare graph makes dot stumble over rows or curves: that one gets neither, and the others stay as they are."""
    try:
        return _lay_out([_describe(graph).source])[0]
    except DotFailed:
        return _lay_out([_describe(graph, plain=True).source])[0]


def _describe(graph: Graph, *, plain: bool = False) -> _Sketch:
    attributes = _GRAPH | ({"splines": "false"} if plain else {})
    with _Plan(graph.id, direction=graph.direction, show=False, graph_attr=attributes, node_attr=_NODE) as plan:
        sketch = _Sketch(graph, plain)
        sketch.add(graph.items)
        for number, edge in enumerate(graph.edges):
            sketch.join(number, edge)
    sketch.source = str(plan.dot.source)
    return sketch


class _Sketch:
    """The parts of one graph as objects of the diagrams package."""

    def __init__(self, graph: Graph, plain: bool) -> None:
        self.source = ""
        """The whole graph in dot's language, once it is complete."""
        self.pictures: dict[str, Path] = {}
        """Picture file by box id."""
        self._graph, self._plain = graph, plain
        self._nodes: dict[str, Node] = {}
        self._parts = {part.id: part for part in graph.parts()}
        self._parents = {box.id: part for part in graph.parts() if isinstance(part, Cluster) for box in part.boxes}
        self._peers = [edge for edge in graph.edges if edge.both and self._within(edge)]
        self._sequences = {
            self._parents[edge.source].id for edge in graph.edges if not edge.both and self._within(edge)
        }

    def add(self, items: Sequence[Box | Cluster]) -> None:
        """Boxes and clusters with all that is in them."""
        for item in items:
            if isinstance(item, Box):
                node = self._nodes[item.id] = _node(item, self._size(item))
                if item.icon:
                    self.pictures[item.id] = Path(node._load_icon())  # the package has no public name for it
                continue
            with Frame(item.id, graph_attr={**_FRAME, "label": _room(measure.heading(item.label))}) as frame:
                self.add(self._in_dots_order(item.boxes))
                self._arrange(item, frame)

    def join(self, number: int, edge: Edge) -> None:
        """An edge; at a cluster it is tied to a box in its middle and cut off at its border."""
        tail, head = self._knot(edge.source, -1), self._knot(edge.target, 0)
        ends = {"ltail": edge.source, "lhead": edge.target}
        borders = {name: f"cluster_{end}" for name, end in ends.items() if isinstance(self._parts[end], Cluster)}
        rank = {"minlen": "2", "arrowsize": "0.9"}
        if edge in self._peers:
            row = next((row for row in self._rows(self._parents[edge.source]) if {tail, head} <= set(row)), None)
            tail, head = sorted((tail, head), key=self._upwards(row).index) if row else (tail, head)
            rank = {"arrowsize": "0.7"} if row else {"arrowsize": "0.7", "constraint": "false"}
        label = _room(measure.note(edge.label)) if edge.label else ""
        line = Line(forward=True, reverse=edge.both, label=label, id=f"edge-{number}", **_LINE, **borders, **rank)
        self._nodes[tail].connect(self._nodes[head], line)

    def _within(self, edge: Edge) -> bool:
        """Whether both ends stand directly in the same cluster."""
        return edge.source in self._parents and self._parents[edge.source] == self._parents.get(edge.target)

    def _size(self, box: Box) -> measure.Size:
        """The boxes of a cluster are equally large, which looks calmer than cards that hug their texts."""
        siblings = self._parents[box.id].boxes if box.id in self._parents else (box,)
        sizes = [measure.card(sibling) for sibling in siblings if isinstance(sibling, Box)]
        return measure.Size(max(size.width for size in sizes), max(size.height for size in sizes))

    def _in_dots_order(self, items: Sequence[Box | Cluster]) -> Sequence[Box | Cluster]:
        """Downwards, dot fills a cluster from the right, unless edges lead to its parts: then it goes by those."""
        ends = {end for edge in self._graph.edges for end in (edge.source, edge.target)}
        free = ends.isdisjoint(item.id for item in items)
        return items[::-1] if free and self._graph.direction == "TB" else items

    def _arrange(self, cluster: Cluster, frame: Frame) -> None:
        """Invisible lines keep the boxes of a row in their order, and one row after another."""
        rows = self._rows(cluster)
        joined = [{edge.source, edge.target} for edge in self._peers]
        for row in rows:
            with frame.dot.subgraph(graph_attr={"rank": "same"}) as line:
                for box in row:
                    line.node(box)
                for pair in itertools.pairwise(self._upwards(row)):
                    if set(pair) not in joined:
                        line.edge(*pair, style="invis")
        for row, following in itertools.pairwise(rows):
            for box, other in zip(row, following, strict=False):
                frame.dot.edge(box, other, style="invis", weight="9")

    def _upwards(self, row: list[str]) -> list[str]:
        """A row as dot fills it: from the left, but from below where the edges lead to the right."""
        return row if self._graph.direction == "TB" else row[::-1]

    def _rows(self, cluster: Cluster) -> list[list[str]]:
        """The boxes of a cluster in rows across the direction of the edges; none if something else orders them."""
        boxes = [box.id for box in cluster.boxes if isinstance(box, Box)]
        if self._plain or len(boxes) < len(cluster.boxes) or cluster.id in self._sequences:
            return []
        count = math.ceil(len(boxes) / (cluster.across or _LONGEST[self._graph.direction]))
        each = math.ceil(len(boxes) / count)
        return [boxes[start : start + each] for start in range(0, len(boxes), each)]

    def _knot(self, end: str, side: int) -> str:
        """The box that an edge is tied to: itself, or the middle one of a cluster's first (0) or last (-1) row."""
        part = self._parts[end]
        if isinstance(part, Box):
            return end
        rows = self._rows(part)
        row = rows[side] if rows else [box.id for box in part.boxes]
        return self._knot(row[(len(row) - 1) // 2], side)


def _node(box: Box, room: measure.Size) -> Node:
    size = {"width": f"{room.width / _POINTS:.3f}", "height": f"{room.height / _POINTS:.3f}"}
    if not box.icon:
        return Node("", nodeid=box.id, **size)
    if box.icon in icons.OWN:
        return Custom("", str(icons.OWN[box.icon]), nodeid=box.id, **_NODE, **size)
    module, name = icons.PACKAGED[box.icon].rsplit(".", 1)
    picture = getattr(importlib.import_module(f"diagrams.{module}"), name)
    return picture("", nodeid=box.id, **_NODE, **size)


def _room(size: measure.Size) -> str:
    """An empty label of exactly this size; its background is how `svg` finds where dot has put it."""
    cell = f'<TD FIXEDSIZE="TRUE" WIDTH="{size.width:.0f}" HEIGHT="{size.height:.0f}" BGCOLOR="white"></TD>'
    return f'<<TABLE BORDER="0" CELLBORDER="0" CELLPADDING="0" CELLSPACING="0"><TR>{cell}</TR></TABLE>>'
