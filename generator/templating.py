"""Jinja2, set up so that a template cannot do harm or hide a mistake."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable
from functools import cache
from typing import Any

from jinja2 import PackageLoader, StrictUndefined, meta
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import escape

_LINE = re.compile(r"[\r\n\x00]")
_NOT_IN_YAML = re.compile("[\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")


class Unwritable(ValueError):
    """A value that a file format has no way to write."""


def one_line(value: object) -> str:
    """The value as text. Raises Unwritable when it holds a line break, which would start a new setting."""
    text = str(value).lower() if isinstance(value, bool) else str(value)
    if _LINE.search(text):
        raise Unwritable(f"{text!r} holds a line break")
    return text


def shell(value: object) -> str:
    """One word of POSIX shell."""
    return shlex.quote(one_line(value))


def word(value: object) -> str:
    """A value without blanks, quotes or comment signs, for formats that cannot quote. Raises Unwritable for others."""
    text = one_line(value)
    if not text or re.search(r"[\s\"'#\\]", text):
        raise Unwritable(f"{text!r} must be one word without quotes and #")
    return text


def whole(value: object) -> str:
    """Whole seconds. Raises Unwritable for a fraction, which VRRP before version 3 rounds away."""
    text = word(value)
    if not text.isdigit():
        raise Unwritable(f"{text} s between advertisements needs VRRP version 3; write whole seconds for this release")
    return text


def environment_value(value: object) -> str:
    r"""The right-hand side of NAME=value, as sysconfig files and systemd's EnvironmentFile read it.

    Source: systemd.exec(5), EnvironmentFile: inside double quotes, a backslash escapes `"`, `\\`, `` ` `` and `$`.
    """
    text = one_line(value)
    if re.fullmatch(r"[A-Za-z0-9@%_+=:,./-]*", text):
        return text
    return '"' + re.sub(r'(["\\`$])', r"\\\1", text) + '"'


def ini_value(value: object) -> str:
    """A value of an INI file read by oslo.config: true and false are written True and False."""
    return str(value) if isinstance(value, bool) else one_line(value)


def mysql_value(value: object) -> str:
    """A value of a MariaDB option file.

    Source: https://mariadb.com/kb/en/configuring-mariadb-with-option-files/: a # inside double quotes is no comment.
    """
    text = one_line(value)
    if '"' in text or "\\" in text:
        raise Unwritable(f"{text!r} holds a quote or a backslash")
    return f'"{text}"' if re.search(r"[\s#;]", text) else text


def haproxy_address(value: object) -> str:
    """An address as it stands before a port in haproxy.cfg: IPv6 marked as such and without brackets.

    Brackets came after HAProxy 1.6.0: https://github.com/haproxy/haproxy/commit/ff5d51029. The port is what
    follows the last colon in all versions (doc/configuration.txt, bind).
    """
    text = word(value)
    return f"ipv6@{text}" if ":" in text else text


def python(value: object) -> str:
    """A text literal of Python, 2 and 3 alike."""
    return repr(one_line(value))


def yaml_string(value: object) -> str:
    """A text of YAML in double quotes. Raises Unwritable when it holds a line break.

    Source: https://yaml.org/spec/1.2.2/, 1.2 (JSON is YAML) and 5.1 (characters that must be escaped in YAML only).
    """
    text = json.dumps(one_line(value), ensure_ascii=False)
    return _NOT_IN_YAML.sub(lambda match: f"\\U{ord(match[0]):08X}", text)


def html(value: object) -> str:
    """Text between tags or in a quoted attribute, safe inside Markdown too."""
    return str(escape(str(value)))


def cell(value: object) -> str:
    """Markdown text in one cell of a table."""
    return " ".join(str(value).split()).replace("|", "\\|")


def slug(value: object) -> str:
    """Letters and digits of a text, joined by hyphens, for anchors."""
    return re.sub(r"[^a-z0-9]+", "-", str(value).lower()).strip("-")


FILTERS: dict[str, Callable[[object], str]] = {
    function.__name__: function
    for function in (
        one_line,
        shell,
        word,
        whole,
        environment_value,
        ini_value,
        mysql_value,
        haproxy_address,
        python,
        yaml_string,
        html,
        cell,
        slug,
    )
}
"""What a template may write values through, by the name that it uses."""


@cache
def _environment() -> ImmutableSandboxedEnvironment:
    environment = ImmutableSandboxedEnvironment(
        loader=PackageLoader("generator", "templates"),
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,  # each format has its own escaping, given by the filters below
    )
    environment.filters.update(FILTERS)
    return environment


@cache
def names_in(template: str) -> frozenset[str]:
    """The names that a template, with those that it includes, wants to be given."""
    environment = _environment()
    assert environment.loader is not None
    syntax = environment.parse(environment.loader.get_source(environment, f"{template}.j2")[0])
    found = set(meta.find_undeclared_variables(syntax))
    for other in meta.find_referenced_templates(syntax):
        assert other is not None, "templates name the others that they use in plain text"
        found |= names_in(other.removesuffix(".j2"))
    return frozenset(found)


@cache
def texts_of(template: str) -> dict[str, str]:
    """The text of a template and of each one that it includes, by name."""
    environment = _environment()
    assert environment.loader is not None
    text = environment.loader.get_source(environment, f"{template}.j2")[0]
    found = {template: text}
    for other in meta.find_referenced_templates(environment.parse(text)):
        assert other is not None, "templates name the others that they use in plain text"
        found |= texts_of(other.removesuffix(".j2"))
    return found


def render(template: str, values: dict[str, Any]) -> str:
    """The text of a template below generator/templates. Raises Unwritable for a value that the format cannot hold."""
    return _environment().get_template(f"{template}.j2").render(values)
