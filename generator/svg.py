"""Turn dot's SVG into ours: the layout is read from it, everything else is written anew.

What comes out stands inside a Markdown page, so it has no blank line and no indentation. It has no
colour and no font of its own either: `docs/assets/diagrams.css` gives them to the `ha-` classes, for
light and dark.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree
from xml.sax.saxutils import escape, quoteattr

from . import icons, measure
from .graph import Box, Cluster, Edge, Graph

_SVG = "{http://www.w3.org/2000/svg}"
_KINDS = ("node", "edge", "cluster")
_PAIR = r"(-?\d+(?:\.\d+)?),(-?\d+(?:\.\d+)?)"
_EDGE = 4  # the empty edge around the whole picture
_TILE = (  # a little larger than the picture on it
    f'viewBox="-6 -6 {icons.FIELD + 12} {icons.FIELD + 12}">'
    f'<rect class="ha-tile" x="-6" y="-6" width="{icons.FIELD + 12}" height="{icons.FIELD + 12}" rx="13"/>'
)
_BASELINE = 0.36  # from the middle of a line of text down to its baseline, as a share of the font size


@dataclass(frozen=True)
class Area:
    """A rectangle; y grows downwards."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Route:
    """Where one edge runs."""

    path: str
    """The line, as the `d` of an SVG path."""
    heads: tuple[str, ...]
    """The arrow heads, as the `points` of SVG polygons."""
    note: Area | None
    """The room for its label."""


@dataclass
class Layout:
    """Where dot has put everything."""

    width: float
    height: float
    boxes: dict[str, Area] = field(default_factory=dict)
    clusters: dict[str, Area] = field(default_factory=dict)
    routes: dict[str, Route] = field(default_factory=dict)
    """By `edge-` and the place of the edge in its graph."""


def read(document: str) -> Layout:
    """The layout that is in one document written by `dot -Tsvg`."""
    root = ElementTree.fromstring(document)  # noqa: S314 - our own dot wrote it
    groups = [group for group in root.iter(f"{_SVG}g") if group.attrib["class"] in _KINDS]
    parts = [part.attrib for group in groups for part in group.iter()]
    extent = _area(" ".join(part.get("points") or part.get("d", "") for part in parts))
    left, top = _EDGE - extent.x, _EDGE - extent.y

    def move(numbers: str) -> str:
        """The same numbers, counted from the upper left corner of what is drawn."""
        return re.sub(_PAIR, lambda pair: f"{_n(float(pair[1]) + left)},{_n(float(pair[2]) + top)}", numbers)

    layout = Layout(extent.width + 2 * _EDGE, extent.height + 2 * _EDGE)
    for group in groups:
        _read_group(group, layout, move)
    return layout


def _read_group(group: ElementTree.Element, layout: Layout, move: Callable[[str], str]) -> None:
    name = group.findtext(f"{_SVG}title", "")
    polygons = list(group.iter(f"{_SVG}polygon"))
    if group.attrib["class"] == "cluster":
        layout.clusters[name.removeprefix("cluster_")] = _area(move(polygons[0].attrib["points"]))
    elif group.attrib["class"] == "node":
        layout.boxes[name] = _area(move(polygons[0].attrib["points"]))
    elif (path := group.find(f"{_SVG}path")) is not None:
        heads = tuple(move(polygon.attrib["points"]) for polygon in polygons if polygon.attrib["fill"] == "black")
        notes = [_area(move(polygon.attrib["points"])) for polygon in polygons if polygon.attrib["fill"] == "white"]
        layout.routes[group.attrib["id"]] = Route(move(path.attrib["d"]), heads, notes[0] if notes else None)


def _area(places: str) -> Area:
    pairs = [(float(x), float(y)) for x, y in re.findall(_PAIR, places)]
    left, top = min(x for x, _ in pairs), min(y for _, y in pairs)
    return Area(left, top, max(x for x, _ in pairs) - left, max(y for _, y in pairs) - top)


def _n(number: float) -> str:
    """A number with one decimal at most."""
    return f"{number:.1f}".removesuffix(".0")


def write(graph: Graph, layout: Layout, pictures: Mapping[str, Path]) -> str:
    """The picture of a graph with this layout; `pictures` has the file for each box with an icon."""
    return "\n".join(_Pen(graph, layout, pictures).lines()) + "\n"


class _Pen:
    """Writes one graph."""

    def __init__(self, graph: Graph, layout: Layout, pictures: Mapping[str, Path]) -> None:
        self._graph, self._layout, self._pictures = graph, layout, pictures

    def _id(self, name: str) -> str:
        return f"{self._graph.id}--{name}"

    def lines(self) -> Iterator[str]:
        width, height = _n(self._layout.width), _n(self._layout.height)
        title, desc = self._id("title"), self._id("desc")
        yield (
            f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" class="ha-graph" '
            f'role="group" aria-labelledby="{title}" aria-describedby="{desc}" '  # role img would hide the links
            f'viewBox="0 0 {width} {height}" style="--ha-width:{width}px">'
        )
        yield f'<title id="{title}">{_text(self._graph.title)}</title>'
        yield f'<desc id="{desc}">{_text(self._graph.description)}</desc>'
        yield from self._symbols()
        for item in self._graph.items:
            yield from self._item(item, 0)
        yield '<g class="ha-edges" aria-hidden="true">'  # the page has them as a table
        for number, edge in enumerate(self._graph.edges):
            yield from self._edge(edge, self._layout.routes[f"edge-{number}"])
        yield "</g>"
        yield "</svg>"

    def _symbols(self) -> Iterator[str]:
        boxes = [part for part in self._graph.parts() if isinstance(part, Box)]
        used = {box.icon: self._pictures[box.id] for box in boxes if box.icon}
        if used:
            yield "<defs>"
            for icon, path in sorted(used.items()):
                yield f'<symbol id="{self._id(f"icon-{icon}")}" {_TILE}{icons.symbol(path)}</symbol>'
            yield "</defs>"

    def _item(self, item: Box | Cluster, depth: int) -> Iterator[str]:
        if isinstance(item, Box):
            yield _linked(item.link, self._card(item))
            return
        area = self._layout.clusters[item.id]
        kind = _class("ha-cluster", f"ha-depth-{depth % 2}", _tone(item))
        yield f'<g{kind} role="group" aria-label={quoteattr(" ".join(item.label.split()))}>'
        yield _rectangle(area, 10)
        yield _linked(item.link, f'<text x="{_n(area.x + 14)}" y="{_n(area.y + 21)}">{_text(item.label)}</text>')
        for part in item.boxes:
            yield from self._item(part, depth + 1)
        yield "</g>"

    def _card(self, box: Box) -> str:
        area = self._layout.boxes[box.id]
        labels, details = measure.label_lines(box), measure.detail_lines(box)
        parts = [_rectangle(area, 8)]
        x = area.x + measure.PADDING
        if box.icon:
            place = f'x="{_n(x)}" y="{_n(area.y + (area.height - measure.TILE) / 2)}"'
            size = f'width="{measure.TILE}" height="{measure.TILE}"'
            parts.append(f'<use xlink:href="#{self._id(f"icon-{box.icon}")}" {place} {size}/>')
            x += measure.TILE + measure.GAP
        y = area.y + area.height / 2 - (len(labels) * measure.LABEL + len(details) * measure.DETAIL) * measure.LINE / 2
        parts.append(_block("", labels, x, y, measure.LABEL))
        y += len(labels) * measure.LABEL * measure.LINE
        parts.append(_block("ha-detail", details, x, y, measure.DETAIL))
        return f"<g{_class('ha-box', _tone(box))}>{''.join(parts)}</g>"

    def _edge(self, edge: Edge, route: Route) -> Iterator[str]:
        heads = "".join(f'<polygon points="{points}"/>' for points in route.heads)
        note = ""
        if route.note:
            x, y = _beside(route.path, route.note)
            for line in measure.note_lines(edge.label):
                note += _block("", [line], x, y, measure.NOTE)
                y += measure.NOTE * measure.LINE
        yield f'<g class="ha-edge ha-{edge.style}"><path d="{route.path}"/>{heads}{note}</g>'


def _beside(path: str, note: Area) -> tuple[float, float]:
    """Upper middle of an edge's label: where dot has put it, but to the right of a vertical line, not on it."""
    line = _area(path)
    crossed = line.width < 1 and note.x < line.x < note.x + note.width
    return (line.x if crossed else note.x) + note.width / 2, note.y + measure.MARGIN


def _block(kind: str, lines: list[str], x: float, y: float, font: int) -> str:
    """Lines of text under one another, the first one's upper edge at y."""
    step = font * measure.LINE
    first = f'x="{_n(x)}" y="{_n(y + step / 2 + font * _BASELINE)}"'
    further = f' <tspan x="{_n(x)}" dy="{_n(step)}">'  # with a blank before it, for who hears or copies the text
    text = "".join(f"{further}{_text(line)}</tspan>" if number else _text(line) for number, line in enumerate(lines))
    return f"<text{_class(kind)} {first}>{text}</text>" if lines else ""


def _rectangle(area: Area, radius: int) -> str:
    x, y, width, height = map(_n, (area.x, area.y, area.width, area.height))
    return f'<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="{radius}"/>'


def _linked(link: str, content: str) -> str:
    return f"<a xlink:href={quoteattr(link)}>{content}</a>" if link else content


def _class(*names: str) -> str:
    named = " ".join(name for name in names if name)
    return f' class="{named}"' if named else ""


def _tone(part: Box | Cluster) -> str:
    return f"ha-{part.tone}" if part.tone else ""


def _text(text: str) -> str:
    return escape(" ".join(text.split()))
