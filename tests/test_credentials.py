"""Values of secrets are strong, fit every file format, and never show themselves."""

from __future__ import annotations

import base64
import configparser
import random
import re
import sqlite3
import string
import subprocess
from collections import Counter
from typing import get_args, get_type_hints
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generator import credentials, yaml_source
from generator.credentials import Credentials, Pair, make
from generator.model import SECRET_ALPHABET, SECRET_LENGTH, Secret
from generator.tree import Blob, text
from generator.views.credentials import HOW

KINDS = ("password", "vrrp-password", "cookie", "key-file", "fernet-key")
EVERY = (
    *(Secret(id=f"{kind.replace('-', '_')}_of_all", kind=kind, summary=f"A {kind}.") for kind in KINDS),
    Secret(id="exact", kind="password", length=40, summary="A password\nof 40 characters."),
)
SHAPES = {
    "password_of_all": r"[A-Za-z0-9]{32}",
    "vrrp_password_of_all": r"[A-Za-z0-9]{8}",
    "cookie_of_all": r"[A-Z]{20}",
    "key_file_of_all": r"[A-Za-z0-9+/]{64}",
    "fernet_key_of_all": r"[A-Za-z0-9_-]{43}=",
    "exact": r"[A-Za-z0-9]{40}",
}


def made(seed: int) -> Credentials:
    """Values of every kind from random bytes that the seed decides."""
    return make(EVERY, random.Random(seed).randbytes)  # noqa: S311 - the same bytes in every run


def faults(values: dict[str, str | None], needed: tuple[Secret, ...] = EVERY) -> list[str]:
    """The codes of what is wrong with values."""
    pairs = [Pair(name, value, 1, 1) for name, value in values.items()]
    return [problem.code for problem in credentials.check(pairs, needed, EVERY, "secrets.yaml")[1]]


def accepted(kind: str) -> st.SearchStrategy[str]:
    """Every value that an operator may choose for a secret of a kind."""
    least, most = SECRET_LENGTH[kind]
    letters = [chr(number) for number in range(128) if re.fullmatch(SECRET_ALPHABET[kind], chr(number))]
    of_kind = next(secret for secret in EVERY if secret.kind == kind)
    if kind == "fernet-key":
        return st.binary(min_size=32, max_size=32).map(lambda data: base64.urlsafe_b64encode(data).decode())
    values = st.text(letters, min_size=least, max_size=min(most, 80))
    return values.filter(lambda value: not faults({of_kind.id: value}, (of_kind,)))


VALUES = st.sampled_from(KINDS).flatmap(accepted)


def test_every_kind_has_its_rules() -> None:
    """A kind that the model knows has an alphabet, a length and a way to make it by hand."""
    kinds = get_args(get_type_hints(Secret)["kind"])
    assert [tuple(table) for table in (kinds, SECRET_ALPHABET, SECRET_LENGTH, HOW)] == [KINDS] * 4


@given(st.integers(min_value=0))
def test_what_is_made_has_its_shape_and_is_accepted(seed: int) -> None:
    """Whatever the random bytes, each value has the letters and the length of its kind, and none is missing."""
    values = dict(made(seed).values)
    assert {name: bool(re.fullmatch(SHAPES[name], value)) for name, value in values.items()} == dict.fromkeys(
        SHAPES, True
    )
    assert faults({**values}) == []


@given(st.integers(min_value=0))
def test_a_fernet_key_is_32_bytes(seed: int) -> None:
    """It decodes as https://github.com/fernet/spec wants it."""
    assert len(base64.urlsafe_b64decode(made(seed).values["fernet_key_of_all"])) == 32


def test_the_same_random_bytes_give_the_same_file() -> None:
    """Nothing but the random source decides about the values, and another one gives others."""
    one, other, third = (credentials.new_file("garden", EVERY, made(seed)) for seed in (1, 1, 2))
    assert one == other
    assert [line for line in one.splitlines() if line.startswith("#")] == [
        line for line in third.splitlines() if line.startswith("#")
    ]
    assert set(made(1).values.values()) & set(made(2).values.values()) == set()


def test_each_letter_is_as_likely_as_any_other() -> None:
    """Of all 256 bytes, those that would favour the first letters are left out."""
    source = iter(bytes(range(256)) * 2)
    long = Secret(id="long", kind="password", length=62 * 4, summary="Four times each letter.")
    value = make([long], lambda count: bytes(next(source) for _ in range(min(count, 256)))).values["long"]
    assert Counter(value) == dict.fromkeys(string.ascii_letters + string.digits, 4)


def test_the_file_says_what_each_value_protects() -> None:
    """A header, then each secret below its summary, in one line and in quotes."""
    text_ = credentials.new_file("my\ngarden", EVERY[5:], Credentials({"exact": "x" * 40}))
    assert text_ == (
        "# Secrets of my garden, made by the HA guide: python -m generator secrets new\n"
        "# Whoever reads this file owns the site: keep it closed (mode 0600) and out of version control,\n"
        "# and keep a copy in a safe place, since some values can never be changed once the site holds data.\n"
        "# `python -m generator bundle --secrets` fills them in; `secrets complete` adds what a later release needs.\n"
        "\n"
        "# A password of 40 characters.\n"
        f'exact: "{"x" * 40}"\n'
    )


@given(VALUES)
def test_a_value_survives_yaml(value: str) -> None:
    """What is written into a secrets file is read from it."""
    written = credentials.to_yaml(EVERY[5:], Credentials({"exact": value}))
    pairs, problems = yaml_source.read_pairs(written.encode(), "secrets.yaml")
    assert ([(pair.name, pair.value, pair.line, pair.column) for pair in pairs], problems) == (
        [("exact", value, 3, 1)],
        [],
    )


@settings(max_examples=25)
@given(st.lists(VALUES, min_size=20, max_size=20))
@pytest.mark.parametrize("shell", [("sh",), ("bash", "--posix")], ids=["sh", "bash"])
def test_a_value_survives_a_shell(
    shell: tuple[str, ...], tmp_path_factory: pytest.TempPathFactory, values: list[str]
) -> None:
    """A script that reads secrets.env has the value in its variable."""
    wanted = [Secret(id=f"a{number}", kind="password", summary="A.") for number in range(len(values))]
    filled = Credentials({f"a{number}": value for number, value in enumerate(values)}).fill({}, wanted, "Banner")
    file = tmp_path_factory.mktemp("shell") / "secrets.env"
    file.write_bytes(filled["secrets.env"].data)
    shown = "".join(f'printf "%s\\n" "$A{number}";' for number in range(len(values)))
    done = subprocess.run(
        [*shell, "-c", f'set -eu; . "$1"; {shown}', "x", file], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines() == values


@given(st.sampled_from(["password", "vrrp-password", "cookie"]).flatmap(accepted))
def test_a_password_survives_a_url(value: str) -> None:
    """It stands in a database URL without an escape, and means itself."""
    parts = urlsplit(f"mysql+pymysql://user:{value}@host:3306/base")
    assert (parts.username, unquote(parts.password), parts.hostname, parts.port) == ("user", value, "host", 3306)
    assert parts.password == value


@given(VALUES)
def test_a_value_survives_an_ini_file(value: str) -> None:
    """It is neither a comment nor an interpolation, in the strictest reading."""
    parser = configparser.ConfigParser(inline_comment_prefixes=("#", ";"))
    parser.read_string(f"[s]\nkey = {value}\n")
    assert parser["s"]["key"] == value


@given(VALUES)
def test_a_value_survives_an_sql_literal(value: str) -> None:
    """It stands between apostrophes as it is, also where a backslash would escape."""
    assert sqlite3.connect(":memory:").execute(f"SELECT '{value}'").fetchone() == (value,)
    assert "\\" not in value


def test_a_value_that_was_reported_already_is_not_reported_again() -> None:
    """A name whose value is no text is neither missing nor empty."""
    assert faults({"exact": None}, EVERY[5:]) == []


def test_a_secret_that_another_release_needs_may_be_there() -> None:
    """One file serves all releases: only names that the data do not know are wrong."""
    assert faults(dict(made(1).values), ()) == []


def test_printing_shows_no_value() -> None:
    """An exception or a log that holds one of these holds no secret."""
    shown = f"{Credentials({'a': 'Zx9Q'})!r} {Pair('a', 'Zx9Q', 3, 1)!r}"
    assert shown == "Credentials() Pair(line=3, column=1)"


def test_filling_replaces_every_name_and_closes_the_file() -> None:
    """Files below rootfs/ only; those without a secret keep their mode."""
    tree = {
        "rootfs/etc/a": text("x = @@EXACT@@:@@EXACT@@\n", 0o640),
        "rootfs/etc/b": text("plain\n", 0o644),
        "rootfs/etc/c": text("@@EXACT@@", 0o400),
        "install.sh": text("looks for @@EXACT@@", 0o755),
    }
    assert Credentials({"exact": "Zx9Q", "other": "no"}).fill(tree, EVERY[5:], "Banner") == {
        "rootfs/etc/a": Blob(b"x = Zx9Q:Zx9Q\n", 0o600),
        "rootfs/etc/b": tree["rootfs/etc/b"],
        "rootfs/etc/c": Blob(b"Zx9Q", 0o400),
        "install.sh": tree["install.sh"],
        "secrets.env": Blob(
            b"# Banner\n"
            b"# The secrets of this node and of no other; install.sh and the steps read this file.\n"
            b"\n# A password of 40 characters.\nEXACT=Zx9Q\n",
            0o600,
        ),
    }


def test_filling_stops_at_a_missing_value() -> None:
    """No file is left with a name in it, and the error tells the name only."""
    with pytest.raises(KeyError) as caught:
        Credentials({"other": "Zx9Q"}).fill({"rootfs/a": text("@@EXACT@@ @@OTHER@@")}, (), "Banner")
    assert caught.value.args == ("exact",)
