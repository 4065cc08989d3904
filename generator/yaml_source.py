"""Read YAML into plain values that remember where they stood.

Only the part of YAML that reads the same for everybody is accepted. Anchors, tags,
duplicate keys and values whose meaning depends on the reader (`yes`, `0640`, `2025.1`)
are problems, because each of them has silently broken a data file somewhere.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from generator.credentials import Pair
from generator.problems import Place, Problem

Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
Position = tuple[int, int]

_INTEGER = re.compile(r"-?(0|[1-9][0-9]*)")
_BOOLEAN = {"true": True, "false": False}
_MEANING = {
    "bool": "is read as true or false by some programs and as a word by others",
    "float": "is read as a fraction, so 2025.10 would become 2025.1",
    "int": "is not a plain decimal number: leading zeros, underscores and colons change its value",
    "timestamp": "is read as a date",
    "null": "is read as no value at all",
    "merge": "is YAML's merge key",
    "value": "is YAML's value key",
}
_ONE_EACH = 'write one name: "value" on each line, from the first column'


@dataclass
class Source:
    """What was read: values by file name, the position of everything in them, and the mistakes."""

    values: dict[str, Any] = field(default_factory=dict)
    positions: dict[Place, Position] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    texts: dict[str, str] = field(default_factory=dict)
    """JSON files as they are: a run of the lab has tens of thousands of values, whose positions nobody asks for."""

    def locate(self, problem: Problem) -> Problem:
        """The problem with line and column, those of the nearest enclosing thing if need be."""
        self._find_positions(problem.place.file)
        path = problem.place.path
        while path and Place(problem.place.file, path) not in self.positions:
            path = path[:-1]
        line, column = self.positions.get(Place(problem.place.file, path), (1, 1))
        return Problem(problem.code, problem.place, problem.message, problem.hint, line, column)

    def _find_positions(self, name: str) -> None:
        """Read a JSON file as the YAML that it is too, for the position of everything in it."""
        if name in self.texts and Place(name) not in self.positions:
            self.positions |= as_yaml(self.texts[name], name).positions


def read(file: Path, name: str, source: Source) -> None:
    """Read `file` into `source` under `name`; mistakes go to `source.problems`."""
    text = text_in(file, name, source)
    if text is None:
        return
    try:
        node = yaml.compose(text, Loader=Loader)
    except yaml.YAMLError as error:
        source.problems.append(_syntax_problem(error, text, name))
    else:
        if node is None:
            source.problems.append(Problem("Y001", Place(name), "is empty", "remove the file or fill it", 1, 1))
            return
        _refuse_anchors(text, name, source)
        source.values[name] = _convert(node, Place(name), source)


def text_in(file: Path, name: str, source: Source) -> str | None:
    """The text of a file, or None with a problem when there is none."""
    try:
        data = file.read_bytes()
        return data.decode()
    except OSError as error:
        source.problems.append(Problem("Y001", Place(name), f"cannot be read: {error.strerror}"))
    except UnicodeDecodeError as error:
        line, column = _end(data[: error.start].decode())
        source.problems.append(
            Problem("Y001", Place(name), "is not UTF-8 text", "save the file as UTF-8", line, column)
        )
    return None


def as_yaml(text: str, name: str) -> Source:
    """The positions and doubled keys of a JSON text, which is YAML too but for rare escapes; nothing for those."""
    found = Source()
    try:
        node = yaml.compose(text, Loader=Loader)
        assert node is not None, "a text that is JSON holds a value"
        _convert(node, Place(name), found)
    except yaml.YAMLError:
        found.positions[Place(name)] = (1, 1)
    return found


def _syntax_problem(error: yaml.YAMLError, text: str, name: str) -> Problem:
    hint = "check the indentation and the quotes here and on the line above; quote texts that hold ': ' or ' #'"
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark:
        mark = error.problem_mark
        if error.context_mark and "quoted scalar" in (error.context or ""):  # where the quote is open, not the end
            mark = error.context_mark
            hint = "close the quote that is opened here"
        line, column = mark.line + 1, mark.column + 1
        if text.splitlines()[line - 1 : line] and re.match(r" *\t", text.splitlines()[line - 1]):
            hint = "indent this line with blanks: YAML allows no tabs there"
        cause = ", ".join(part for part in (error.context, error.problem) if part)
    else:  # a character that YAML does not allow: the error knows only how far into the text it stands
        line, column = _end(text[: getattr(error, "position", 0)])
        cause, hint = (
            str(error).splitlines()[0],
            "remove the character; it does not show, but may come with a copied text",
        )
    return Problem("Y001", Place(name), f"is not valid YAML: {cause}", hint, line, column)


def _refuse_anchors(text: str, name: str, source: Source) -> None:
    """YAML's own copying and typing: what stands in a file must be what is written there."""
    kinds = {yaml.AnchorToken: "an anchor (&)", yaml.AliasToken: "an alias (*)", yaml.TagToken: "a tag (!)"}
    for token in yaml.scan(text, Loader=Loader):
        what = kinds.get(type(token))
        if what:
            mark = token.start_mark
            source.problems.append(
                Problem(
                    "Y003",
                    Place(name),
                    f"{what} is not allowed here",
                    "write the value out; quote it if it begins with & * or !",
                    mark.line + 1,
                    mark.column + 1,
                )
            )


def _convert(node: yaml.Node, place: Place, source: Source) -> Any:
    source.positions.setdefault(place, (node.start_mark.line + 1, node.start_mark.column + 1))
    if isinstance(node, yaml.MappingNode):
        return _convert_mapping(node, place, source)
    if isinstance(node, yaml.SequenceNode):
        return [_convert(item, place / number, source) for number, item in enumerate(node.value)]
    assert isinstance(node, yaml.ScalarNode), f"{node} is a kind of node that YAML does not have"
    return _convert_scalar(node, place, source)


def _convert_mapping(node: yaml.MappingNode, place: Place, source: Source) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for key, value in node.value:
        line, column = key.start_mark.line + 1, key.start_mark.column + 1
        name = str(key.value) if isinstance(key, yaml.ScalarNode) else "?"
        inner = place / name
        if name in values:
            first = source.positions[inner][0]
            source.problems.append(
                Problem(
                    "Y002",
                    inner,
                    f"the key {name!r} stands twice",
                    f"the first one is on line {first}; keep one of the two",
                    line,
                    column,
                )
            )
            continue
        source.positions[inner] = (line, column)
        values[name] = _convert(value, inner, source)
    return values


def _convert_scalar(node: yaml.ScalarNode, place: Place, source: Source) -> str | int | bool:
    text = str(node.value)
    kind = node.tag.rpartition(":")[2]
    if kind == "str" or node.style:  # a plain scalar has the style None or "", as libyaml was there or not
        return text
    if text in _BOOLEAN:
        return _BOOLEAN[text]
    if kind == "int" and _INTEGER.fullmatch(text):
        return int(text)
    line, column = node.start_mark.line + 1, node.start_mark.column + 1
    if text == "":
        source.problems.append(Problem("Y005", place, "has no value", "give it one or remove the key", line, column))
    else:
        meaning = _MEANING.get(kind, "is read differently by different programs")
        hint = f'{"remove the key, or " if kind == "null" else ""}put it in quotes: "{text}"'
        source.problems.append(Problem("Y004", place, f"{text} {meaning}", hint, line, column))
    return text


def read_pairs(data: bytes, name: str) -> tuple[list[Pair], list[Problem]]:
    """The names and texts of a secrets file, and what is wrong with its form.

    No message repeats anything that stands in the file, not even a name or YAML's own words about
    it: a value can slip into any place. `name` is the file as messages call it.
    """
    problems: list[Problem] = []

    def report(code: str, position: Position, message: str, hint: str = _ONE_EACH) -> None:
        problems.append(Problem(code, Place(name), message, hint, *position))

    try:
        text = data.decode()
        node, tokens = yaml.compose(text, Loader=Loader), list(yaml.scan(text, Loader=Loader))
    except UnicodeDecodeError as error:
        report("K003", _end(data[: error.start].decode()), "is not UTF-8 text", "save the file as UTF-8")
        return [], problems
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        position = _start(mark) if mark else _end(text[: getattr(error, "position", 0)])
        report("K003", position, "is not valid YAML here or on the line above")
        return [], problems
    if not isinstance(node, yaml.MappingNode):
        report("K003", _start(node.start_mark) if node else (1, 1), "holds no names with values")
        return [], problems
    for token in tokens:
        if isinstance(token, yaml.AnchorToken | yaml.AliasToken | yaml.TagToken):
            report("K007", _start(token.start_mark), "&, * and ! mean something else outside of quotes")
    return _pairs(node, report), problems


def _start(mark: Any) -> Position:
    return mark.line + 1, mark.column + 1


def _end(before: str) -> Position:
    """The line and column that come after a text."""
    return before.count("\n") + 1, len(before) - before.rfind("\n")


def _pairs(node: yaml.MappingNode, report: Callable[..., None]) -> list[Pair]:
    pairs: dict[str, Pair] = {}
    for key, value in node.value:
        position = _start(key.start_mark)
        if not isinstance(key, yaml.ScalarNode):
            report("K007", position, "the name here is not a text")
        elif key.value in pairs:
            hint = f"the first one is on line {pairs[key.value].line}; keep one of the two"
            report("K005", position, "the name on this line stands twice", hint)
        else:
            text = _text(value)
            if text is None:
                report("K007", _start(value.start_mark), "YAML does not read this value as a text")
            pairs[key.value] = Pair(str(key.value), text, *position)
    return list(pairs.values())


def _text(value: yaml.Node) -> str | None:
    """The text of a value, or None when it is something else; a tag of its own is reported as such."""
    kind = value.tag.removeprefix("tag:yaml.org,2002:")
    plain = kind in ("str", value.tag) or (kind == "null" and not value.value)
    return str(value.value) if isinstance(value, yaml.ScalarNode) and (value.style or plain) else None
