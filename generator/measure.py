"""How much room a text and a card take, without asking a font.

The picture has to come out the same on every machine, and to fit whichever sans-serif font the
reader's browser picks. The widths are therefore a table: those of DejaVu Sans, one of the widest.
"""

from __future__ import annotations

from dataclasses import dataclass

from .graph import Box

LABEL, DETAIL, HEADING, NOTE = 14, 12, 13, 12  # font sizes; docs/assets/diagrams.css has the same
TILE, GAP, PADDING = 36, 10, 9  # the square behind an icon, the space beside it, the space inside a card
MARGIN = 4  # the space around an edge's label
LINE = 1.25  # line height, as a multiple of the font size

_BOLD = 1.15  # how much wider the bold face of that font is
_OTHER = 100
_WIDTHS = {  # hundredths of the font size
    character: width
    for width, characters in {
        28: "'ijl", 30: "IJ", 32: " ,.", 34: "/:;\\|f", 39: "-()[]t!", 41: "r", 46: '"', 50: "*_`", 53: "sz?",
        56: "cL", 60: "FkvxyP", 64: "TYaoeESbdghnpqu$0123456789{}", 70: "KAVBRXZC", 77: "UHNDG", 79: "&OQ",
        84: "w#+<=>^~", 86: "M", 97: "%m", 100: "W@",
    }.items()
    for character in characters
}  # fmt: skip


@dataclass(frozen=True)
class Size:
    """Width and height, in the units of the SVG."""

    width: float
    height: float


def text_width(text: str, font: int, *, bold: bool = False) -> float:
    """Width of one line of text, rather too wide than too narrow."""
    hundredths = sum(_WIDTHS.get(character, _OTHER) for character in text)
    return hundredths * font / 100 * (_BOLD if bold else 1)


def wrap(text: str, font: int, limit: float) -> list[str]:
    """The text in lines of about equal length, none wider than `limit` unless one word alone is."""
    lines = _fill(text, font, limit)
    while len(lines) > 1:
        narrower = _fill(text, font, max(text_width(line, font) for line in lines) - 1)
        if len(narrower) > len(lines) or narrower == lines:
            break
        lines = narrower
    return lines


def _fill(text: str, font: int, limit: float) -> list[str]:
    """The text in lines as long as possible; only blanks break."""
    lines: list[str] = []
    for word in text.split():
        if lines and text_width(f"{lines[-1]} {word}", font) <= limit:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def label_lines(box: Box) -> list[str]:
    """The lines of a card's label."""
    return wrap(box.label, LABEL, 170)


def detail_lines(box: Box) -> list[str]:
    """The lines of a card's smaller text."""
    return wrap(box.detail, DETAIL, 170)


def note_lines(label: str) -> list[str]:
    """The lines of an edge's label."""
    return wrap(label, NOTE, 95)


def card(box: Box) -> Size:
    """The room that a box needs."""
    labels, details = label_lines(box), detail_lines(box)
    texts = [text_width(line, LABEL) for line in labels] + [text_width(line, DETAIL) for line in details]
    height = (len(labels) * LABEL + len(details) * DETAIL) * LINE
    icon = (TILE + GAP, TILE) if box.icon else (0, 0)
    return Size(2 * PADDING + icon[0] + max(texts, default=0), 2 * PADDING + max(icon[1], height))


def note(label: str) -> Size:
    """The room that an edge's label needs."""
    lines = note_lines(label)
    return Size(max(text_width(line, NOTE) for line in lines) + 2 * MARGIN, len(lines) * NOTE * LINE + 2 * MARGIN)


def heading(label: str) -> Size:
    """The room that a cluster's heading needs."""
    return Size(text_width(label, HEADING, bold=True) + 8, HEADING * LINE)
