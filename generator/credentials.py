"""The values of secrets: made from a random source, checked, and put in the place of their names.

Nothing here prints, and no message repeats a value or a part of one.
"""

from __future__ import annotations

import re
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from string import ascii_letters, ascii_uppercase, digits

from generator.model import SECRET_ALPHABET, Secret
from generator.problems import Place, Problem
from generator.tree import Blob, Tree, text

RandomBytes = Callable[[int], bytes]
"""Gives as many random bytes as it is asked for, like `secrets.token_bytes`."""

TOKEN = re.compile(r"@@([A-Z][A-Z0-9_]*)@@")
"""What stands in a file for a secret that is not filled in."""

PASSWORD, COOKIE, KEY_FILE, FERNET = 32, 20, 48, 32
"""Characters of a password and of a cookie that are made here, and bytes of a key file and of a Fernet key."""

_IN_WORDS = {
    "[A-Za-z0-9._~-]": "letters, digits and . _ ~ -",
    "[A-Za-z0-9+/=_-]": "letters, digits and + / = _ -",
}

_COMPLETE = "`python -m generator secrets complete` makes what is missing and changes nothing else"

_HEADER = """\
# Secrets of {site}, made by the HA guide: python -m generator secrets new
# Whoever reads this file owns the site: keep it closed (mode 0600) and out of version control,
# and keep a copy in a safe place, since some values can never be changed once the site holds data.
# `python -m generator bundle --secrets` fills them in; `secrets complete` adds what a later release needs.
"""


@dataclass(frozen=True)
class Pair:
    """A name and a value as they stand in a secrets file, with the line and column of the name."""

    name: str = field(repr=False)
    value: str | None = field(repr=False)
    """None when it is no text, which is a problem already."""
    line: int
    column: int


@dataclass(frozen=True)
class Credentials:
    """A value for each secret, by id; printing one never shows them."""

    values: Mapping[str, str] = field(repr=False)

    def fill(self, tree: Tree, secrets: Iterable[Secret], banner: str) -> Tree:
        """The files of one node with its secrets in them, and `secrets.env` with those for its scripts.

        What holds a secret is closed to all but its owner. Raises KeyError when a value is missing.
        """
        filled = {path: self._filled(blob) if path.startswith("rootfs/") else blob for path, blob in tree.items()}
        return {**filled, "secrets.env": text(self._environment(secrets, banner), 0o600)}

    def _filled(self, blob: Blob) -> Blob:
        content = blob.data.decode()
        new = TOKEN.sub(lambda found: self.values[found[1].lower()], content)
        assert not TOKEN.search(new), "a value cannot hold a token, since @ is in no alphabet"
        return Blob(new.encode(), blob.mode & 0o600) if new != content else blob

    def _environment(self, secrets: Iterable[Secret], banner: str) -> str:
        lines = [f"# {banner}", "# The secrets of this node and of no other; install.sh and the steps read this file."]
        for secret in secrets:
            lines += ["", f"# {_one_line(secret.summary)}", f"{secret.id.upper()}={self.values[secret.id]}"]
        return "\n".join(lines) + "\n"


def make(secrets: Iterable[Secret], random_bytes: RandomBytes) -> Credentials:
    """A new value for each secret; the same random bytes give the same values."""
    return Credentials({secret.id: _value(secret, random_bytes) for secret in secrets})


def _value(secret: Secret, random_bytes: RandomBytes) -> str:
    if secret.kind == "fernet-key":
        return urlsafe_b64encode(random_bytes(FERNET)).decode()
    if secret.kind == "key-file":
        return b64encode(random_bytes(KEY_FILE)).decode()
    if secret.kind == "cookie":
        return _choose(ascii_uppercase, COOKIE, random_bytes)
    least, most = secret.lengths
    return _choose(ascii_letters + digits, max(least, min(most, PASSWORD)), random_bytes)


def _choose(letters: str, count: int, random_bytes: RandomBytes) -> str:
    """So many of the letters, each as likely as any other: bytes above the last whole multiple are left out."""
    fair = 256 - 256 % len(letters)
    chosen = ""
    while len(chosen) < count:
        chosen += "".join(letters[byte % len(letters)] for byte in random_bytes(count) if byte < fair)
    return chosen[:count]


def check(
    pairs: Iterable[Pair], needed: Iterable[Secret], every: Iterable[Secret], file: str
) -> tuple[Credentials, list[Problem]]:
    """The values of a secrets file, and all that is wrong with them.

    `needed` are the secrets that must be there, `every` those that the data know and that may be there too.
    """
    known = {secret.id: secret for secret in every}
    values: dict[str, str] = {}
    problems: list[Problem] = []
    for pair in pairs:
        if pair.name not in known:
            problems.append(_unknown(pair, known, file))
            continue
        values[pair.name] = pair.value or ""
        place = Place(file, (pair.name,))
        problems += [
            Problem(code, place, message, hint, pair.line, pair.column)
            for code, message, hint in _faults(known[pair.name], pair.value)
        ]
    absent = [secret for secret in needed if secret.id not in values]
    problems += [Problem("K006", Place(file, (secret.id,)), "is missing", _COMPLETE) for secret in absent]
    return Credentials(values), problems


def _unknown(pair: Pair, known: Iterable[str], file: str) -> Problem:
    """It does not repeat the name, which could be a value that slipped into the wrong place."""
    near = get_close_matches(pair.name, list(known), n=1)
    hint = f"did you mean {near[0]!r}?" if near else "remove it, or correct it after data/secrets.yaml"
    return Problem("K004", Place(file), "the name on this line is that of no secret", hint, pair.line, pair.column)


def _faults(secret: Secret, value: str | None) -> Iterator[tuple[str, str, str]]:
    """Code, message and hint of each fault of a value."""
    if value is None:
        return
    least, most = secret.lengths
    alphabet = SECRET_ALPHABET[secret.kind]
    wanted = f"it must have {most}" if least == most else f"it must have {least} to {most}"
    if not value:
        yield "K008", "is empty", f"remove the line: {_COMPLETE}"
        return
    if not re.fullmatch(f"{alphabet}+", value):
        hint = f"use {_IN_WORDS[alphabet]} only: they mean themselves in URLs, INI files, SQL and shell"
        yield "K009", "holds a character that some file format would have to quote", hint
    elif secret.kind not in ("key-file", "fernet-key") and value[0] in "~-":
        hint = "let it begin with a letter or a digit"
        yield "K009", "begins with ~ or -, which a shell or a command takes for something else", hint
    if len(value) < least:
        yield "K010", "has too few characters", wanted
    elif len(value) > most:
        yield "K010", "has too many characters", wanted
    elif secret.kind == "fernet-key" and not re.fullmatch(r"[A-Za-z0-9_-]{43}=", value):
        yield "K011", "is not a Fernet key", "it must be 32 bytes in URL-safe base64: 43 characters, then ="


def new_file(site: str, secrets: Iterable[Secret], credentials: Credentials) -> str:
    """The text of a new secrets file; `site` says which topology it is for."""
    return _HEADER.format(site=_one_line(site)) + to_yaml(secrets, credentials)


def to_yaml(secrets: Iterable[Secret], credentials: Credentials) -> str:
    """Secrets with their values, each below what it protects; no value has a character that quotes would change."""
    return "".join(
        f'\n# {_one_line(secret.summary)}\n{secret.id}: "{credentials.values[secret.id]}"\n' for secret in secrets
    )


def _one_line(words: str) -> str:
    return " ".join(words.split())
