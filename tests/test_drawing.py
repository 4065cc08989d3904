"""Graphs become small, readable, self-contained SVG."""

from __future__ import annotations

import base64
import io
import itertools
import re
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any, get_args
from xml.etree import ElementTree

import markdown
import pytest
from PIL import Image

from generator import drawing, icons, measure
from generator.graph import Box, Cluster, Direction, Edge, Graph, Tone

SVG = "{http://www.w3.org/2000/svg}"
HREF = "{http://www.w3.org/1999/xlink}href"
CSS = (Path(__file__).parents[1] / "docs/assets/diagrams.css").read_text(encoding="utf-8")
SERVICES = (
    "keystone",
    "glance",
    "nova",
    "cinder",
    "neutron",
    "horizon",
    "heat",
    "swift",
    "ceilometer",
    "trove",
    "sahara",
)
CONTROLLERS = ("hacontroller1", "hacontroller2", "hacontroller3")


def cloud(name: str = "cloud", direction: Direction = "TB") -> Graph:
    """The whole architecture, about the largest picture of the guide."""
    across = 1 if direction == "TB" else 3
    balancers = tuple(Box(f"lb{number}", node, "haproxy", detail="HAProxy") for number, node in enumerate(CONTROLLERS))
    databases = tuple(Box(f"db{number}", node, "galera", detail="standby") for number, node in enumerate(CONTROLLERS))
    brokers = tuple(Box(f"mq{number}", node, "rabbitmq", detail="mirrored") for number, node in enumerate(CONTROLLERS))
    stores = tuple(Box(name.lower(), name, name.lower()) for name in ("Memcached", "Redis", "MongoDB"))
    apis = tuple(Box(name, name.capitalize(), name, f"services/{name}.html") for name in SERVICES)
    return Graph(
        name,
        "High-level architecture",
        "Every request passes one virtual IP.",
        (
            Box("clients", "Outside world", "client", tone="muted"),
            Box("vip", "Virtual IP", "virtual-ip", detail="192.0.2.10", tone="accent"),
            Cluster("lb", "Load balancers", balancers),
            Cluster("apis", "Services", apis),
            Cluster("galera", "Galera", databases, "services/galera.html", across=across),
            Cluster("rabbitmq", "RabbitMQ", brokers, across=across),
            Cluster("stores", "Caches and stores", stores, across=across),
        ),
        (
            Edge("clients", "vip", "requests", "bold"),
            Edge("vip", "lb", "held by one", "bold"),
            Edge("lb0", "lb1", "VRRP", both=True),
            Edge("lb1", "lb2", "VRRP", both=True),
            Edge("lb", "apis", "spreads requests", "bold"),
            Edge("apis", "db0", "SQL"),
            Edge("db0", "db1", "replicates", "dashed", both=True),
            Edge("apis", "rabbitmq", "calls and notifications"),
            Edge("apis", "stores"),
        ),
        direction,
    )


def simple(*items: Box | Cluster, edges: tuple[Edge, ...] = (), name: str = "g") -> Graph:
    return Graph(name, "Title", "Description", items, edges)


def parsed(text: str) -> ElementTree.Element:
    return ElementTree.fromstring(text)  # noqa: S314 - our own text


def drawn(graph: Graph) -> ElementTree.Element:
    return parsed(drawing.draw([graph])[graph.id])


def classed(root: ElementTree.Element, name: str) -> list[ElementTree.Element]:
    return [element for element in root.iter() if name in element.attrib.get("class", "").split()]


def area(element: ElementTree.Element) -> tuple[float, float, float, float]:
    """Left, top, right and bottom of a card or frame."""
    rectangle = next(element.iter(f"{SVG}rect"))
    x, y, width, height = (float(rectangle.attrib[name]) for name in ("x", "y", "width", "height"))
    return (x, y, x + width, y + height)


def cards(root: ElementTree.Element) -> list[tuple[str, tuple[float, float, float, float]]]:
    """Label and place of every card, in the order of the text."""
    return [("".join(next(card.iter(f"{SVG}text")).itertext()), area(card)) for card in classed(root, "ha-box")]


def test_two_calls_give_the_same_text() -> None:
    """Drawing the same graphs again gives the same bytes."""
    assert drawing.draw([cloud(), cloud("other", "LR")]) == drawing.draw([cloud(), cloud("other", "LR")])


def test_the_company_of_other_graphs_changes_nothing() -> None:
    """A graph comes out the same whether it is drawn alone or with others."""
    together = drawing.draw([cloud("first", "LR"), cloud()])
    assert list(together) == ["first", "cloud"]
    assert together["cloud"] == drawing.draw([cloud()])["cloud"]


def test_one_process_draws_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many graphs there are, dot starts once; for none it does not start."""
    calls = []
    run = subprocess.run

    def count(command: list[str], **options: Any) -> subprocess.CompletedProcess[str]:
        calls.append(command)
        return run(command, **options)

    monkeypatch.setattr(subprocess, "run", count)
    assert drawing.draw([]) == {}
    assert calls == []
    drawing.draw([cloud(), cloud("other")])
    assert calls == [["dot", "-Tsvg"]]


def test_missing_graphviz_is_explained(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Without dot on the path, the message says what to install."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(drawing.DotMissing) as caught:
        drawing.draw([simple(Box("a", "A"))])
    assert str(caught.value) == (
        "the program `dot` was not found; it comes with Graphviz: "
        "`dnf install graphviz`, `apt-get install graphviz` or `brew install graphviz`"
    )


def test_what_dot_cannot_arrange_is_drawn_plainly(monkeypatch: pytest.MonkeyPatch) -> None:
    """When dot fails on the rows of one graph, that graph is drawn without them and the others as ever."""
    expected = drawing.draw([simple(Box("a", "A"))])["g"]
    lay_out = drawing._lay_out

    def stumble(sources: list[str]) -> list[str]:
        if any("rank=same" in source for source in sources):
            raise drawing.DotFailed("trouble in init_rank")
        return lay_out(sources)

    monkeypatch.setattr(drawing, "_lay_out", stumble)
    pictures = drawing.draw([simple(Box("a", "A")), cloud()])
    assert pictures["g"] == expected
    assert len(cards(parsed(pictures["cloud"]))) == 25


def test_ids_are_unique_on_a_page() -> None:
    """Every id starts with the id of its graph, so that several pictures fit on one page."""
    pictures = drawing.draw([cloud(), cloud("cloud-lr", "LR")])
    found = {name: re.findall(r'\bid="([^"]*)"', text) for name, text in pictures.items()}
    assert found["cloud"][:3] == ["cloud--title", "cloud--desc", "cloud--icon-ceilometer"]
    assert all(one.startswith(f"{name}--") for name, ids in found.items() for one in ids)
    assert [one for one, count in Counter(itertools.chain(*found.values())).items() if count > 1] == []


def test_each_icon_is_in_the_text_once() -> None:
    """A picture that several cards show is one symbol, which each of them uses."""
    root = drawn(simple(Box("a", "A", "nova"), Box("b", "B", "nova"), Box("c", "C", "placement"), Box("d", "D")))
    assert [symbol.attrib["id"] for symbol in root.iter(f"{SVG}symbol")] == ["g--icon-nova", "g--icon-placement"]
    uses = [use.attrib[HREF] for use in root.iter(f"{SVG}use")]
    assert uses == ["#g--icon-nova", "#g--icon-nova", "#g--icon-placement"]


def test_every_icon_can_be_drawn() -> None:
    """Each known key, of the diagrams package or of our own, leads to a picture of less than 3 KB."""
    root = drawn(simple(*(Box(key, key, key) for key in icons.KNOWN)))
    sizes = {symbol.attrib["id"]: len(ElementTree.tostring(symbol)) for symbol in root.iter(f"{SVG}symbol")}
    assert list(sizes) == [f"g--icon-{key}" for key in icons.KNOWN]
    assert {name: size for name, size in sizes.items() if size >= 3000} == {}


def test_bitmaps_are_small() -> None:
    """A picture of the diagrams package becomes a PNG of 64 by 64 with at most 16 colours."""
    image = next(drawn(simple(Box("a", "A", "keystone"))).iter(f"{SVG}image"))
    kind, data = image.attrib[HREF].split(",")
    with Image.open(io.BytesIO(base64.b64decode(data))) as picture:
        assert (kind, picture.format, picture.size) == ("data:image/png;base64", "PNG", (64, 64))
        assert len(picture.getcolors() or ()) in range(1, 17)


def test_unknown_icon_is_refused() -> None:
    """An icon that nobody has drawn is an error that lists those that there are."""
    with pytest.raises(ValueError) as caught:
        drawing.draw([simple(Box("a", "A", "nova")), simple(Box("b", "B", "novae"), name="h")])
    assert str(caught.value) == f"graph 'h': box 'b' has the unknown icon 'novae'; known are {', '.join(icons.KNOWN)}"
    assert {"keepalived", "nova", "ovn", "placement", "valkey", "virtual-ip"} < set(icons.KNOWN)


def test_two_graphs_of_one_name_are_refused() -> None:
    """Two graphs with the same id would share their ids on a page."""
    with pytest.raises(ValueError) as caught:
        drawing.draw([simple(Box("a", "A")), simple(Box("b", "B"))])
    assert str(caught.value) == "graph ids are used more than once: g"


def test_texts_are_escaped() -> None:
    """Nothing in a label, a title or a link becomes markup, or dot's language."""
    evil = '<b>"&amp;\' \\N\\" ]; -> x'
    cluster = Cluster("c", evil, (Box("a", evil, detail=evil, link='x.html?a=1&b="2"'),))
    graph = Graph("g", evil, evil, (cluster, Box("b", "<b>")), (Edge("b", "c", evil),))
    root = drawn(graph)
    words = " ".join(root.itertext()).split()
    assert (root.findtext(f"{SVG}title"), root.findtext(f"{SVG}desc")) == (evil, evil)
    assert Counter(words)["<b>\"&amp;'"] == 6  # title, description, heading, label, detail, edge
    assert [link.attrib[HREF] for link in root.iter(f"{SVG}a")] == ['x.html?a=1&b="2"']
    assert [group.attrib["aria-label"] for group in root.iter(f"{SVG}g") if "aria-label" in group.attrib] == [evil]


def test_links_are_as_given_and_have_names() -> None:
    """A box and a heading lead to their link, unchanged, and are read as their text."""
    root = drawn(simple(Cluster("c", "Group", (Box("a", "Card", link="../a.html#x", detail="A/A"),), link="c/")))
    links = {link.attrib[HREF]: list(link.itertext()) for link in root.iter(f"{SVG}a")}
    assert links == {"c/": ["Group"], "../a.html#x": ["Card", "A/A"]}


def test_nothing_is_loaded_and_instant_navigation_is_safe() -> None:
    """There is no plain href, and no address outside the page besides those of the links."""
    text = drawing.draw([cloud()])["cloud"]
    assert re.findall(r"(?<!xlink:)href", text) == []
    assert {address.partition(",")[0].split("-")[0] for address in re.findall(r'xlink:href="([^"]*)"', text)} == {
        *(f"services/{service}.html" for service in (*SERVICES, "galera")),
        "data:image/png;base64",
        "#cloud",
    }


def test_screen_readers_get_names_and_keep_the_links() -> None:
    """The picture is a named and described group, not an image that would hide its links; so is each cluster."""
    root = drawn(cloud())
    assert root.attrib["role"] == "group"
    assert (root.attrib["aria-labelledby"], root.attrib["aria-describedby"]) == ("cloud--title", "cloud--desc")
    assert root.findtext(f"{SVG}title") == "High-level architecture"
    assert root.findtext(f"{SVG}desc") == "Every request passes one virtual IP."
    groups = [group.attrib["aria-label"] for group in root.iter(f"{SVG}g") if group.attrib.get("role") == "group"]
    assert groups == ["Load balancers", "Services", "Galera", "RabbitMQ", "Caches and stores"]


@pytest.mark.parametrize("direction", ["LR", "TB"])
def test_the_text_survives_markdown(direction: Direction) -> None:
    """Inside a div of a Markdown page, the picture passes as it is: no prolog, comment, blank line or indentation."""
    text = drawing.draw([cloud(direction=direction)])["cloud"]
    assert text.startswith("<svg ")
    assert text.endswith("</svg>\n")
    assert re.findall(r"<[?!]|^\s|\n\n|\t| $", text) == []
    page = f'Before\n\n<div class="ha-diagram">\n{text}</div>\n\nAfter'
    html = markdown.markdown(page, extensions=["attr_list", "md_in_html", "tables", "def_list", "footnotes"])
    assert html == f'<p>Before</p>\n<div class="ha-diagram">\n{text}</div>\n\n<p>After</p>'


def test_colours_and_fonts_are_left_to_the_style_sheet() -> None:
    """Outside the bitmaps, the text names no colour and no font, and its only style is its natural width."""
    text = re.sub(r"base64,[^\"]*", "", drawing.draw([cloud()])["cloud"])
    assert set(re.findall(r'\b(?:fill|stroke|color)="([^"]*)"', text)) == {"none", "currentColor"}
    assert re.findall(r"font|rgb|#[0-9a-fA-F]{3}", text) == []
    assert re.findall(r'style="([^"]*)"', text) == [f"--ha-width:{re.findall('viewBox=.0 0 ([0-9.]+) ', text)[0]}px"]
    assert re.findall(r"<svg[^>]* (?:width|height)=", text) == []


@pytest.mark.parametrize("direction", ["LR", "TB"])
def test_a_large_picture_stays_small(direction: Direction) -> None:
    """The whole architecture, with sixteen bitmaps, is under 40 KB and fits a page."""
    text = drawing.draw([cloud(direction=direction)])["cloud"]
    assert len(text.encode()) < 40_000
    width, height = map(float, re.findall(r'viewBox="0 0 (\S+) (\S+)"', text)[0])
    assert (width < 1500 and height < 900) if direction == "LR" else (width < 800 and height < 1100)
    assert re.findall(r"\d\.\d\d", re.sub(r"<defs>.*</defs>|192.0.2.10", "", text, flags=re.DOTALL)) == []


@pytest.mark.parametrize("direction", ["LR", "TB"])
def test_boxes_stand_in_reading_order(direction: Direction) -> None:
    """The boxes of a cluster are laid out in rows, in the order in which they are given."""
    names = [service.capitalize() for service in SERVICES]
    place = {label: card for label, card in cards(drawn(cloud(direction=direction))) if label in names}
    along, across = (0, 1) if direction == "LR" else (1, 0)
    assert sorted(place, key=lambda name: (place[name][along], place[name][across])) == names
    assert len({card[along] for card in place.values()}) == (2 if direction == "LR" else 3)
    assert len({(round(right - left), round(bottom - top)) for left, top, right, bottom in place.values()}) == 1


def test_across_sets_the_length_of_a_row() -> None:
    """A cluster may say how many boxes stand side by side."""
    place = dict(cards(drawn(simple(Cluster("group", "Group", tuple(Box(name, name) for name in "abcd"), across=2)))))
    assert place["a"][0] == place["b"][0] < place["c"][0] == place["d"][0]
    assert place["a"][1] == place["c"][1] < place["b"][1] == place["d"][1]


@pytest.mark.parametrize("direction", ["LR", "TB"])
def test_nothing_overlaps(direction: Direction) -> None:
    """No card covers another, and every text ends inside its card, even in a wide font."""
    graph = cloud(direction=direction)
    places = [place for _, place in cards(drawn(graph))]
    assert [pair for pair in itertools.combinations(places, 2) if _overlap(*pair)] == []
    boxes = [part for part in graph.parts() if isinstance(part, Box)]
    assert len(places) == len(boxes) == 25
    for (left, _, right, _), box in zip(places, boxes, strict=True):
        start = left + measure.PADDING + measure.TILE + measure.GAP
        assert start + measure.text_width(box.label, measure.LABEL) <= right - measure.PADDING + 1
        assert start + measure.text_width(box.detail, measure.DETAIL) <= right - measure.PADDING + 1


def _overlap(one: tuple[float, ...], two: tuple[float, ...]) -> bool:
    return one[0] < two[2] and two[0] < one[2] and one[1] < two[3] and two[1] < one[3]


def test_long_labels_are_wrapped() -> None:
    """A long label breaks at blanks, into lines of about equal length; a long word is left whole."""
    words, name = "one two three four five six seven", "controller-with-a-very-long-name.example.com"
    assert measure.label_lines(Box("a", words)) == ["one two three", "four five six seven"]
    assert measure.label_lines(Box("a", name)) == [name]
    assert "".join(next(drawn(simple(Box("a", words))).iter(f"{SVG}text")).itertext()) == words


def test_an_edge_to_a_cluster_ends_at_its_border() -> None:
    """The arrow head touches the frame, not a box inside."""
    root = drawn(simple(Box("a", "A"), Cluster("c", "C", (Box("b", "B"),)), edges=(Edge("a", "c"),)))
    left, *_ = area(classed(root, "ha-cluster")[0])
    head = next(root.iter(f"{SVG}polygon")).attrib["points"]
    assert max(float(point.split(",")[0]) for point in head.split()) == pytest.approx(left, abs=1)


def test_edges_show_their_style_and_heads() -> None:
    """Each edge has its style as a class, and one arrow head or two; screen readers get the table instead."""
    edges = (Edge("a", "b"), Edge("b", "c", style="dashed"), Edge("a", "c", style="bold", both=True))
    group = classed(drawn(simple(*(Box(name, name) for name in "abc"), edges=edges)), "ha-edges")[0]
    assert group.attrib["aria-hidden"] == "true"
    assert [(edge.attrib["class"], len(edge.findall(f"{SVG}polygon"))) for edge in group] == [
        ("ha-edge ha-solid", 1),
        ("ha-edge ha-dashed", 1),
        ("ha-edge ha-bold", 2),
    ]


def _scheme(name: str) -> dict[str, str]:
    block = re.search(rf'\[data-md-color-scheme="{name}"\] {{(.*?)}}', CSS, re.DOTALL)
    assert block is not None
    return dict(re.findall(r"(--ha-[a-z-]+): ([^;]+);", block[1]))


def _contrast(one: str, two: str) -> float:
    def luminance(colour: str) -> float:
        parts = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
        red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    dark, light = sorted((luminance(one), luminance(two)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize(("name", "page"), [("default", "#ffffff"), ("slate", "#1e2129")])
def test_colours_are_readable(name: str, page: str) -> None:
    """In light and dark, texts have a contrast of 4.5 to whatever is under them, and lines and borders of 3."""
    colours = _scheme(name)
    assert {"--ha-text", "--ha-tile", "--ha-risk"} < set(colours)
    tints = [colour for key, colour in colours.items() if key.endswith("-tint")]
    grounds = [page, colours["--ha-cluster"], colours["--ha-cluster-inner"]]
    texts = [colours["--ha-text"], colours["--ha-text-soft"]]
    borders = ["line", "border", "cluster-border", "focus", "accent", "good", "caution", "risk", "muted"]
    assert len(tints) == 5
    for ground in grounds:
        assert [name for name in borders if _contrast(colours[f"--ha-{name}"], ground) < 3] == []
    for ground in [*grounds, colours["--ha-box"], *tints]:
        assert [text for text in texts if _contrast(text, ground) < 4.5] == []


def test_style_sheet_and_pictures_agree() -> None:
    """Every class has a rule, every colour is there in light and dark, and font sizes are those that were measured."""
    every = simple(*(Box(f"b{tone}", "B", "nova", detail="d", tone=tone) for tone in get_args(Tone)))
    text = "".join(drawing.draw([cloud(), every]).values())
    used = {name for names in re.findall(r'class="([^"]*)"', text) for name in names.split()}
    assert used - set(re.findall(r"\.(ha-[a-z0-9-]+)", CSS)) == {"ha-depth-0", "ha-solid"}  # the plain cases
    colours = set(re.findall(r"var\((--ha-[a-z-]+)\)", CSS)) - {"--ha-width"}
    assert set(_scheme("default")) == set(_scheme("slate")) == colours
    sizes = {int(size) for size in re.findall(r"font-size: (\d+)px", CSS)}
    assert sizes == {measure.LABEL, measure.DETAIL, measure.HEADING, measure.NOTE}
