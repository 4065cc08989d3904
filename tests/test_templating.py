"""A value stays a value: no format lets it start a new setting, a command or a template."""

from __future__ import annotations

import re
import shlex
import subprocess

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st
from jinja2 import UndefinedError
from jinja2.exceptions import SecurityError, TemplateNotFound

from generator import placeholders, templating
from generator.templating import Unwritable

FILTERS = {
    name: getattr(templating, name)
    for name in (
        "one_line",
        "shell",
        "word",
        "whole",
        "environment_value",
        "ini_value",
        "mysql_value",
        "haproxy_address",
        "python",
        "yaml_string",
        "html",
        "cell",
        "slug",
    )
}
REFUSED = Unwritable
HOSTILE = "a\nb"

EXACT = [
    ("whole", 1, "1"),
    ("whole", "40", "40"),
    ("one_line", "plain text", "plain text"),
    ("one_line", True, "true"),
    ("one_line", 7, "7"),
    ("one_line", "a; b # c", "a; b # c"),
    ("python", "it's \\ here", '"it\'s \\\\ here"'),
    ("yaml_string", "a: b # c", '"a: b # c"'),
    ("yaml_string", 'say "hi" \\', '"say \\"hi\\" \\\\"'),
    ("yaml_string", "no\x85\u2028", '"no\\U00000085\\U00002028"'),
    ("yaml_string", "gr\u00fcn", '"gr\u00fcn"'),
    ("shell", "plain", "plain"),
    ("shell", "", "''"),
    ("shell", "two words", "'two words'"),
    ("shell", "it's", "'it'\"'\"'s'"),
    ("shell", "$(reboot); `reboot` ${HOME}", "'$(reboot); `reboot` ${HOME}'"),
    ("shell", "{{ 7 * 7 }}", "'{{ 7 * 7 }}'"),
    ("word", "a-b_c.d:e/f", "a-b_c.d:e/f"),
    ("word", "{{node}}", "{{node}}"),
    ("word", "two words", REFUSED),
    ("word", "", REFUSED),
    ("word", 'a"b', REFUSED),
    ("word", "it's", REFUSED),
    ("word", "a#b", REFUSED),
    ("word", "a\\b", REFUSED),
    ("environment_value", "-U=0,1@b:c/d%e+f", "-U=0,1@b:c/d%e+f"),
    ("environment_value", "", ""),
    ("environment_value", True, "true"),
    ("environment_value", "-l 192.0.2.1", '"-l 192.0.2.1"'),
    ("environment_value", 'say "hi"; $HOME `id` \\', '"say \\"hi\\"; \\$HOME \\`id\\` \\\\"'),
    ("ini_value", True, "True"),
    ("ini_value", False, "False"),
    ("ini_value", "true", "true"),
    ("ini_value", "a # b; ${c}", "a # b; ${c}"),
    ("haproxy_address", "192.0.2.11", "192.0.2.11"),
    ("haproxy_address", "2001:db8::11", "ipv6@2001:db8::11"),
    ("haproxy_address", "2001:db8::11 # all", REFUSED),
    ("mysql_value", "plain", "plain"),
    ("mysql_value", "two words", '"two words"'),
    ("mysql_value", "a#b", '"a#b"'),
    ("mysql_value", "a;b", '"a;b"'),
    ("mysql_value", 'a"b', REFUSED),
    ("mysql_value", "a\\b", REFUSED),
    ("html", '<a href="x">\'&', "&lt;a href=&#34;x&#34;&gt;&#39;&amp;"),
    ("html", "a\nb", "a\nb"),
    ("cell", "a|b\n  c", "a\\|b c"),
    ("slug", "D001: it's a Start!", "d001-it-s-a-start"),
]


@pytest.mark.parametrize(("name", "value", "expected"), EXACT, ids=[f"{name} {value!r}" for name, value, _ in EXACT])
def test_a_filter_writes_or_refuses_a_value(name: str, value: object, expected: object) -> None:
    """Each format quotes what it can quote and refuses the rest."""
    if expected is REFUSED:
        with pytest.raises(Unwritable, match=re.escape(repr(value))):
            FILTERS[name](value)
    else:
        assert FILTERS[name](value) == expected


@pytest.mark.parametrize(
    "name", ["one_line", "shell", "word", "environment_value", "ini_value", "mysql_value", "python", "yaml_string"]
)
@pytest.mark.parametrize("value", ["a\nb", "a\rb", "a\r\nb", "a\x00b", "\n"])
def test_no_configuration_value_holds_a_line_break(name: str, value: str) -> None:
    """A line break would start a setting of its own; a NUL would end the text for C programs."""
    with pytest.raises(Unwritable, match="^" + re.escape(f"{value!r} holds a line break") + "$"):
        FILTERS[name](value)


def test_a_fraction_is_refused_where_only_whole_seconds_count() -> None:
    """VRRP version 2 would round it, and the nodes of a site could disagree."""
    expected = "0.2 s between advertisements needs VRRP version 3; write whole seconds for this release"
    with pytest.raises(Unwritable, match="^" + re.escape(expected) + "$"):
        templating.whole("0.2")


def banner_and(text: str, comment: str = "#") -> str:
    return f"{comment} made by a test\n{text}"


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n\0")))
def test_a_text_of_yaml_is_read_as_it_was(text: str) -> None:
    """Whatever it holds, it neither ends early nor becomes a number, a list or another document."""
    assert yaml.safe_load(templating.yaml_string(text)) == text


FORMATS = [
    ("ini", {"DEFAULT": {"debug": False, "key": "a = b"}}, "\n[DEFAULT]\ndebug = False\nkey = a = b\n"),
    (
        "mysql",
        {"mysqld": {"skip-name-resolve": True, "innodb": "on off", "zero": 0}},
        '\n[mysqld]\nskip-name-resolve\ninnodb = "on off"\nzero = 0\n',
    ),
    ("systemd", {"Service": {"LimitNOFILE": 4096}}, "\n[Service]\nLimitNOFILE=4096\n"),
    ("redis", {"": {"sentinel monitor": "mymaster 192.0.2.1"}}, "sentinel monitor mymaster 192.0.2.1\n"),
    ("sysctl", {"": {"net.ipv4.ip_nonlocal_bind": 1}}, "net.ipv4.ip_nonlocal_bind = 1\n"),
    ("environment", {"": {"OPTIONS": "-l $x", "PORT": 1}}, 'OPTIONS="-l \\$x"\nPORT=1\n'),
    ("xinetd", {"": {"service": "monitor", "port": 9200}}, "service monitor\n{\n    port = 9200\n}\n"),
]


@pytest.mark.parametrize(("name", "sections", "expected"), FORMATS, ids=[name for name, *_ in FORMATS])
def test_a_format_writes_exactly_this(name: str, sections: dict[str, dict[str, object]], expected: str) -> None:
    """The first line is the banner, the rest the settings in their order."""
    values = {"banner": "made by a test", "sections": sections}
    assert templating.render(f"config/formats/{name}", values) == banner_and(expected)


@pytest.mark.parametrize(("name", "sections"), [(name, sections) for name, sections, _ in FORMATS])
@pytest.mark.parametrize("part", ["key", "value"])
def test_a_format_refuses_a_line_break_anywhere(name: str, sections: dict[str, object], part: str) -> None:
    """Neither a key nor a value can smuggle a line in."""
    setting = {HOSTILE: "x"} if part == "key" else {"x": HOSTILE}
    section = next(iter(sections))
    base = {"service": "monitor"} if name == "xinetd" else {}
    with pytest.raises(Unwritable):
        templating.render(f"config/formats/{name}", {"banner": "b", "sections": {section: {**base, **setting}}})


@pytest.mark.parametrize("name", ["ini", "mysql", "systemd"])
def test_a_section_name_is_one_word(name: str) -> None:
    """A section cannot close its bracket and go on."""
    with pytest.raises(Unwritable):
        templating.render(f"config/formats/{name}", {"banner": "b", "sections": {"a]\n[b": {"x": 1}}})


def test_a_value_is_never_a_template() -> None:
    """What looks like Jinja in the data is written as it stands."""
    text = "{{ 7 * 7 }}{% raw %}{# x #}"
    values = {"banner": text, "sections": {"": {"key": text}}}
    assert templating.render("config/formats/redis", values) == f"# {text}\nkey {text}\n"


def test_a_name_that_a_template_lacks_is_an_error() -> None:
    """Nothing is left out in silence."""
    with pytest.raises(UndefinedError, match="'sections' is undefined"):
        templating.render("config/formats/ini", {"banner": "b"})


@pytest.mark.parametrize(
    "expression", ["value.__class__", "value|attr('__class__')", "value._private", "f.__globals__"]
)
def test_a_template_sees_no_private_attribute(expression: str) -> None:
    """The sandbox keeps templates away from Python's insides."""
    environment = templating._environment()
    values = {"value": templating, "f": test_a_value_is_never_a_template}
    with pytest.raises((SecurityError, UndefinedError)):
        environment.from_string("{{ (" + expression + ").x }}").render(values)


def test_a_template_changes_nothing_that_it_is_given() -> None:
    """The sandbox refuses the methods that change a list."""
    environment = templating._environment()
    with pytest.raises(SecurityError):
        environment.from_string("{{ items.append(1) }}").render(items=[])


def test_every_filter_of_ours_is_known_to_templates() -> None:
    """The filters under test are those that templates get."""
    environment = templating._environment()
    ours = {name for name, function in environment.filters.items() if function.__module__ == templating.__name__}
    assert ours == set(FILTERS)


def test_a_template_outside_of_the_folder_is_not_found() -> None:
    """A name cannot lead out of generator/templates."""
    with pytest.raises(TemplateNotFound):
        templating.render("../templates/config/formats/ini", {})


lines = st.text(
    alphabet=st.characters(blacklist_categories=("Cs",), blacklist_characters="\r\n\x00"), min_size=0, max_size=40
)


@given(lines)
@example('it\'s $HOME; `id` "x" \\ {{ y }} #')
def test_a_shell_word_reads_back_as_the_value(value: str) -> None:
    """Python's own shell parser sees one word, the value."""
    assert shlex.split(templating.shell(value)) == [value]


@settings(max_examples=25)
@given(lines)
@example('it\'s $HOME; `id` "x" \\ {{ y }} #')
@example("-n")
def test_a_shell_word_reaches_a_command_unchanged(value: str) -> None:
    """The machine's sh gives the command the bytes of the value."""
    script = f"printf '%s' {templating.shell(value)}"
    done = subprocess.run(["sh", "-c", script], capture_output=True, check=True)
    assert done.stdout.decode("utf-8") == value


@settings(max_examples=25)
@given(lines)
@example('it\'s $HOME; `id` "x" \\ {{ y }} #')
def test_an_environment_value_reads_back_as_the_value(value: str) -> None:
    """A shell that sources the file, as init scripts do, has the value in the variable."""
    script = f'NAME={templating.environment_value(value)}\nprintf "%s" "$NAME"'
    done = subprocess.run(["sh", "-c", script], capture_output=True, check=True)
    assert done.stdout.decode("utf-8") == value


@given(st.text(max_size=60))
def test_a_table_cell_is_one_line_without_a_bare_bar(value: str) -> None:
    """Neither a line break nor a bar can end the cell."""
    written = templating.cell(value)
    assert len(written.splitlines()) <= 1
    assert re.search(r"(?<!\\)\|", written) is None


@given(st.text(max_size=60))
def test_html_text_opens_no_tag_and_closes_no_attribute(value: str) -> None:
    """No sign of HTML's own is left."""
    assert not set(templating.html(value)) & set("<>\"'")


def test_placeholders_are_filled_from_the_left() -> None:
    """Each name is looked up once, and what comes out is not looked at again."""
    asked: list[tuple[str, str]] = []

    def look_up(kind: str, key: str) -> str:
        asked.append((kind, key))
        return f"${{{key}.{kind}}}"

    text = placeholders.fill("a ${node.internal} b ${port.orchard-api}${secret.orchard_api}", look_up)
    assert text == "a ${internal.node} b ${orchard-api.port}${orchard_api.secret}"
    assert asked == [("node", "internal"), ("port", "orchard-api"), ("secret", "orchard_api")]


@pytest.mark.parametrize(
    "text",
    [
        "$HOME",
        "${HOME}",
        "${name%.conf}",
        "${path##*.}",
        "${HOME:-x}",
        "${#list}",
        "$(node.internal)",
        "{node.internal}",
    ],
)
def test_shell_variables_are_no_placeholders(text: str) -> None:
    """What has no dot between its braces belongs to the shell."""
    assert list(placeholders.names_in(text)) == []
    assert list(placeholders.malformed_in(text)) == []
    assert placeholders.fill(text, lambda *_: "filled") == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("${node.internal}", []),
        ("${nodes.x}", ["${nodes.x}"]),
        ("${Node.internal}", ["${Node.internal}"]),
        ("${node.a.b}", ["${node.a.b}"]),
        ("${node.}", ["${node.}"]),
        ("${.internal}", ["${.internal}"]),
        ("${node.a|upper}", ["${node.a|upper}"]),
        ("${node.name} ${nod.name} ${vip.x} ${url}", ["${nod.name}"]),
        ("${node.Internal IP}", ["${node.Internal IP}"]),
        ("${ node.internal }", ["${ node.internal }"]),
    ],
)
def test_what_looks_like_a_placeholder_and_is_none_is_found(text: str, expected: list[str]) -> None:
    """A misspelt name would be left in the file, so it is a mistake."""
    assert list(placeholders.malformed_in(text)) == expected


@given(st.sampled_from(sorted(placeholders.KINDS)), st.from_regex(r"[A-Za-z0-9_-]{1,12}", fullmatch=True), st.text())
def test_every_kind_is_found_with_its_key(kind: str, key: str, rest: str) -> None:
    """A well-formed name of a known kind is never malformed."""
    text = f"${{{kind}.{key}}}"
    assert list(placeholders.names_in(text)) == [(kind, key)]
    assert list(placeholders.malformed_in(text)) == []
    assert placeholders.fill(text, lambda *_: rest) == rest


def test_an_unknown_key_is_an_error() -> None:
    """What the look-up does not know goes up to the caller."""
    with pytest.raises(KeyError, match="internal"):
        placeholders.fill("${node.internal}", lambda _, key: {}[key])
