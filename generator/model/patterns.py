"""The texts and numbers that data values may be, and the base of every shape."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal, Protocol

SHOWN = 60
"""How much of a wrong text a message repeats, in characters."""

ALREADY_TOLD = "the mistakes in texts and numbers are reported; read on for what else is wrong"
"""Context of a second reading, in which texts and numbers stay as they are."""


class Told(Protocol):
    """What pydantic hands to a check beside the value."""

    @property
    def context(self) -> Any:
        """What the caller of the validation gave along."""


@dataclass(frozen=True)
class Pattern:
    """A regular expression that a text must match as a whole, and its meaning in words.

    The two methods are pydantic's protocol for annotations, spelt without importing it:
    https://docs.pydantic.dev/latest/concepts/types/#customizing-validation-with-__get_pydantic_core_schema__
    """

    expression: str
    meaning: str
    key: bool = False
    """Whether other values name it, so that a wrong one makes them look wrong too."""

    def check(self, value: str, told: Told | None = None) -> str:
        """The value itself. Raises ValueError when it does not match, unless its reader has been `told` already."""
        if told and told.context is ALREADY_TOLD and not self.key:
            return value
        if not re.fullmatch(self.expression, value):
            shown = value if len(value) <= SHOWN else f"{value[:SHOWN]}..."
            raise ValueError(f"{shown!r} is not {self.meaning}")
        return value

    def __get_pydantic_core_schema__(self, source: Any, handler: Callable[[Any], Any]) -> dict[str, Any]:
        return {
            "type": "function-after",
            "function": {"type": "with-info", "function": self.check},
            "schema": handler(source),
        }

    def __get_pydantic_json_schema__(self, core: Any, handler: Callable[[Any], Any]) -> dict[str, Any]:
        return {**handler(core), "pattern": f"^({self.expression})$"}


@dataclass(frozen=True)
class Between:
    """The smallest and the largest number allowed."""

    least: int
    most: int

    def check(self, value: int, told: Told | None = None) -> int:
        """The value itself. Raises ValueError when it lies outside, unless its reader has been `told` already."""
        if told and told.context is ALREADY_TOLD:
            return value
        if not self.least <= value <= self.most:
            raise ValueError(f"{value} is not a number from {self.least} to {self.most}")
        return value

    def __get_pydantic_core_schema__(self, source: Any, handler: Callable[[Any], Any]) -> dict[str, Any]:
        return {
            "type": "function-after",
            "function": {"type": "with-info", "function": self.check},
            "schema": handler(source),
        }

    def __get_pydantic_json_schema__(self, core: Any, handler: Callable[[Any], Any]) -> dict[str, Any]:
        return {**handler(core), "minimum": self.least, "maximum": self.most}


ID = r"[a-z0-9]+(-[a-z0-9]+)*"
Id = Annotated[str, Pattern(ID, "lower-case words joined by hyphens", key=True)]
PlatformName = Annotated[
    str, Pattern(r"[a-z0-9]+(-[a-z0-9.]*[a-z0-9])*", "a platform such as ubuntu-24.04, or a family such as debian")
]
Url = Annotated[str, Pattern(r"https?://[^\s<>\"']+", "an http or https address")]
FileMode = Annotated[str, Pattern(r"0[0-7]{3}", 'four octal digits in quotes, such as "0640"')]
Owner = Annotated[str, Pattern(r"[a-z_][a-z0-9_-]*:[a-z_][a-z0-9_-]*", "user:group")]
AbsolutePath = Annotated[
    str,
    Pattern(
        r"(?!.*/\.{1,2}(/|$))(/([A-Za-z0-9._@+-]|\$\{interface\.[a-z0-9-]+\})+)+",
        "an absolute path without .. or blanks",
    ),
]
Day = Annotated[str, Pattern(r"\d{4}-\d{2}-\d{2}", 'a day in quotes, such as "2015-10-15"')]
Duration = Annotated[str, Pattern(r"[1-9][0-9]*(ms|s|m|h)", "a number with ms, s, m or h, such as 90m")]
UrlPath = Annotated[str, Pattern(r"/[A-Za-z0-9._~/-]*", "the path part of a URL, such as /healthcheck")]
Word = Annotated[str, Pattern(r"[A-Za-z0-9@._+-]+", "one word of letters, digits and @ . _ + -")]
Text = Annotated[str, Pattern(r"\S([\s\S]*\S)?", "a text without blanks at its ends")]

Script = Annotated[str, Pattern(r"[\s\S]*\S[\s\S]*", "a shell script")]

Mode = Literal["active-active", "active-passive"]
Where = Literal["first", "others", "every"]
Family = Literal["", "ipv4", "ipv6"]
Format = Literal["ini", "mysql", "redis", "sysctl", "environment", "systemd", "xinetd"]
Scalar = str | int | bool


class Part:
    """Base of every shape: a key that is not listed is a mistake, not an extension."""

    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "forbid", "use_attribute_docstrings": True}


@dataclass(frozen=True, kw_only=True)
class Reason(Part):
    """Why something comes or goes with a release."""

    why: Text
    """What changed upstream, or in what the guide covers, in a sentence or two."""
    source: Url
    """Release note, commit or documentation that says so."""
