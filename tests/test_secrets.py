"""The secrets file of a site: made closed, never overwritten, and checked without being shown."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import click
import pytest
import typer
from typer.testing import CliRunner, Result

from generator import pipeline, writer
from generator.cli import app, secrets_commands
from generator.writer import NotOurs, replace_closed, write_closed
from tests import bundled

HERE = Path(__file__).parent
FILES = sorted((HERE / "bad_secrets").glob("*.yaml"))
HEADER = re.compile(r"# (data|expect|hint): (.*)")
SENTINEL = "Zx9Q"
"""Part of the values in the wrong files; nothing may print it."""

NAMES = ["haproxy_stats", "keepalived_vrrp", "cellar_key", "cellar_cookie", "orchard_api", "orchard_service"]
GOOD = {
    "haproxy_stats": f"{SENTINEL}StatsZZZZZZZ",
    "keepalived_vrrp": f"{SENTINEL}Vrrp",
    "cellar_key": f"{SENTINEL}KeyFileKeyFileKeyFileKeyFileKeyFile+/==",
    "cellar_cookie": f"{SENTINEL}COOKIECOOKIECOOKIE",
    "orchard_api": f"{SENTINEL}ApiApiApiApi",
    "orchard_service": f"{SENTINEL}._~-Service",
}
"""A value of every kind for the tiny cloud."""


def run(*arguments: object) -> Result:
    """What the command line does with these arguments; nothing may escape it as an exception."""
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def outcome(result: Result) -> tuple[str, str, int]:
    return result.stderr, result.stdout, result.exit_code


def mode(file: Path) -> int:
    return stat.S_IMODE(file.stat().st_mode)


def names(folder: Path) -> list[str]:
    """What lies directly in a folder, hidden things too."""
    return sorted(path.name for path in folder.iterdir())


def put(content: str | bytes, file: Path) -> Path:
    """Write a secrets file as it should be kept."""
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    file.chmod(0o600)
    return file


def good(file: Path, *without: str) -> Path:
    """A secrets file with good values, some left out."""
    return put("".join(f'{name}: "{value}"\n' for name, value in GOOD.items() if name not in without), file)


@contextmanager
def umask(mask: int) -> Iterator[None]:
    before = os.umask(mask)
    try:
        yield
    finally:
        os.umask(before)


@dataclass(frozen=True)
class Case:
    """A wrong secrets file: what it needs changed in the data, and the messages that it must cause."""

    data: tuple[str, str] | None
    messages: tuple[str, ...]
    count: int


def read_case(file: Path) -> Case:
    """The case that the leading comments of a file describe."""
    data, messages, count = None, [], 0
    for line in file.read_bytes().decode("utf-8", "replace").splitlines():
        found = HEADER.fullmatch(line)
        if not found:
            break
        key, value = found.groups()
        if key == "data":
            old, new = value.replace("\\n", "\n").split(" => ")
            data = (old, new)
        else:
            messages.append(value if key == "expect" else f"    hint: {value}")
            count += key == "expect"
    return Case(data, tuple(messages), count)


def prepare(case: Path, tiny: Path, folder: Path) -> Path:
    """The secrets file of a case in a folder, with the data that it wants."""
    change = read_case(case).data
    if change:
        known = (tiny / "secrets.yaml").read_text("utf-8")
        assert known.count(change[0]) == 1
        (tiny / "secrets.yaml").write_text(known.replace(*change), "utf-8")
    return put(case.read_bytes(), folder / "secrets.yaml")


def ending(count: int) -> str:
    return f"{count} problem{'' if count == 1 else 's'} found; nothing was written.\n"


def test_there_are_wrong_files() -> None:
    """The cases below are read from a folder; each has messages, and a value that must not be in them."""
    assert len(FILES) > 40
    silent = ["K006-missing", "K006-none", "K007-day", "K007-no-value", "K007-number", "K007-word"]
    silent += ["K008-empty-text", "K008-nothing"]
    assert [file.stem for file in FILES if SENTINEL.encode() not in file.read_bytes()] == silent
    assert [file.name for file in FILES if not read_case(file).messages] == []


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_wrong_file_causes_exactly_its_messages(file: Path, tiny: Path, tmp_path: Path) -> None:
    """`secrets check` prints the messages that the file's comments name, nothing else, and its exit status is 1."""
    secrets = prepare(file, tiny, tmp_path)
    result = run("secrets", "check", "-t", "garden", "--data", tiny, secrets)
    case = read_case(file)
    expected = "".join(f"{line}\n" for line in case.messages).replace("secrets.yaml:", f"{secrets}:")
    assert outcome(result) == (expected + ending(case.count), "", 1)
    assert SENTINEL not in expected
    assert set(re.findall(r"K\d{3}", expected)) == {file.stem.split("-")[0]}


@pytest.mark.parametrize("command", ["complete", "bundle"])
@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_no_command_shows_a_value_of_a_wrong_file(
    file: Path, command: str, tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither on standard output nor among the errors; and nothing is written, unless all that is wrong is a gap."""
    monkeypatch.setenv("HA_GUIDE_DEBUG", "1")
    secrets = prepare(file, tiny, tmp_path)
    before = secrets.read_bytes()
    arguments = {
        "complete": ["secrets", "complete", "-t", "garden", "--data", tiny, secrets],
        "bundle": [
            "bundle",
            "-r",
            "cherry",
            "-t",
            "garden",
            "--data",
            tiny,
            "-o",
            tmp_path / "o",
            "--secrets",
            secrets,
        ],
    }
    result = run(*arguments[command])
    assert SENTINEL not in result.stdout + result.stderr
    completed = (command, file.stem) == ("complete", "K006-missing")
    assert (result.exit_code, secrets.read_bytes() == before) == ((0, False) if completed else (1, True))
    assert names(tmp_path) == ["data", "secrets.yaml"]


def test_everything_wrong_is_reported_at_once(tiny: Path, tmp_path: Path) -> None:
    """Mistakes in the form, in names and in values, by line; what is missing first."""
    file = put(
        "haproxy_stats: 12345678\n"
        'keepalived_vrrp: "Zx9Q"\n'
        'cellar_kay: "Zx9Q"\n'
        'cellar_cookie: "Zx9Q!"\n'
        'cellar_cookie: "Zx9Q"\n'
        "orchard_api:\n",
        tmp_path / "secrets.yaml",
    )
    result = run("secrets", "check", "-t", "garden", "--data", tiny, file)
    codes = [
        line.removeprefix(f"{file}").split(": hint")[0] for line in result.stderr.splitlines() if "hint" not in line
    ]
    assert codes == [
        ": K006 cellar_key: is missing",
        ": K006 orchard_service: is missing",
        ":1:16: K007: YAML does not read this value as a text",
        ":2:1: K010 keepalived_vrrp: has too few characters",
        ":3:1: K004: the name on this line is that of no secret",
        ":4:1: K009 cellar_cookie: holds a character that some file format would have to quote",
        ":4:1: K010 cellar_cookie: has too few characters",
        ":5:1: K005: the name on this line stands twice",
        ":6:1: K008 orchard_api: is empty",
        "9 problems found; nothing was written.",
    ]
    assert SENTINEL not in result.output


def _nothing(folder: Path) -> None:
    """Leave the folder as it is."""


def _folder(folder: Path) -> None:
    (folder / "secrets.yaml").mkdir()


def _pipe(folder: Path) -> None:
    os.mkfifo(folder / "secrets.yaml", 0o600)


def _readable(folder: Path) -> None:
    good(folder / "secrets.yaml").chmod(0o640)


def _good(folder: Path) -> None:
    good(folder / "secrets.yaml")


def _braces(folder: Path) -> None:
    put(f'{{orchard_api: "{GOOD["orchard_api"]}"}}\n', folder / "secrets.yaml")


def _link(folder: Path) -> None:
    (folder / "secrets.yaml").symlink_to("nowhere")


def _inside(folder: Path) -> None:
    (folder / "out").mkdir()
    good(folder / "out/secrets.yaml")


CHECK = ["secrets", "check", "-t", "garden", "DIR/secrets.yaml"]
NEW = ["secrets", "new", "-t", "garden", "-o"]
BUNDLE = ["bundle", "-r", "cherry", "-t", "garden", "-o", "DIR/out", "--secrets"]
MAKE_ONE = "    hint: `python -m generator secrets new --topology FILE --out FILE` makes one\n"
COMPLETE_IT = (
    "    hint: to add what is missing: python -m generator secrets complete --topology NAME|FILE DIR/secrets.yaml\n"
)

COMMANDS: list[tuple[str, Callable[[Path], None], list[str], str]] = [
    ("K001", _nothing, CHECK, "DIR/secrets.yaml: K001: does not exist\n" + MAKE_ONE),
    ("K001", _folder, CHECK, "DIR/secrets.yaml: K001: is not a regular file\n" + MAKE_ONE),
    ("K001", _pipe, [*BUNDLE, "DIR/secrets.yaml"], "DIR/secrets.yaml: K001: is not a regular file\n" + MAKE_ONE),
    (
        "K002",
        _readable,
        [*BUNDLE, "DIR/secrets.yaml"],
        "DIR/secrets.yaml: K002: is open to others than its owner\n    hint: chmod 0600 DIR/secrets.yaml\n",
    ),
    (
        "K012",
        _braces,
        ["secrets", "complete", "-t", "garden", "DIR/secrets.yaml"],
        "DIR/secrets.yaml: K012: cannot be extended at its end\n"
        '    hint: write one name: "value" on each line, from the first column, and nothing after the last one\n',
    ),
    (
        "C004",
        _good,
        [*NEW, "DIR/secrets.yaml"],
        "--out: C004: DIR/secrets.yaml exists, and secrets are never overwritten\n" + COMPLETE_IT,
    ),
    (
        "C004",
        _link,
        [*NEW, "DIR/secrets.yaml"],
        "--out: C004: DIR/secrets.yaml exists, and secrets are never overwritten\n" + COMPLETE_IT,
    ),
    (
        "C005",
        _nothing,
        [*NEW, "DIR/deeper/secrets.yaml"],
        "--out: C005: DIR/deeper is not a folder that exists\n    hint: make the folder first, or choose another one\n",
    ),
    (
        "C003",
        _nothing,
        [*NEW, "DIR/secrets.yaml", "--platform", "pear-1"],
        "--platform: C003: no release has bundles for 'pear-1'\n    hint: known: plum-1\n",
    ),
    (
        "C001",
        _nothing,
        [*NEW, "DIR/secrets.yaml", "--release", "chery"],
        "--release: C001: 'chery' is not a published release\n    hint: did you mean 'cherry'?\n",
    ),
    (
        "C006",
        _inside,
        [*BUNDLE, "DIR/out/secrets.yaml"],
        "--secrets: C006: DIR/out/secrets.yaml lies in DIR/out, which is replaced as a whole\n"
        "    hint: keep it outside of that folder\n",
    ),
]
"""Code, what lies in a folder DIR, a command, and what it prints."""


@pytest.mark.parametrize(("code", "before", "arguments", "expected"), COMMANDS)
def test_a_command_that_cannot_do_its_work_changes_nothing(
    code: str, before: Callable[[Path], None], arguments: list[str], expected: str, tiny: Path, tmp_path: Path
) -> None:
    """It says why and what to do, and every file is still there, byte by byte."""
    folder = tmp_path / "mine"
    folder.mkdir()
    before(folder)
    found = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    here = names(folder)
    result = run(*[argument.replace("DIR", str(folder)) for argument in arguments], "--data", tiny)
    assert f": {code}" in expected
    assert outcome(result) == (expected.replace("DIR", str(folder)) + ending(1), "", 1)
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == found
    assert names(folder) == here


@pytest.mark.parametrize("mask", [0o000, 0o077], ids=oct)
def test_new_makes_a_closed_file_that_check_accepts(mask: int, tiny: Path, tmp_path: Path) -> None:
    """Whatever the umask, only the owner can read it; what is printed holds names of files and numbers."""
    file = tmp_path / "secrets.yaml"
    with umask(mask):
        result = run("secrets", "new", "-t", "garden", "--data", tiny, "-o", file)
    assert outcome(result) == (
        "",
        f"6 secrets in {file}, which only you can read.\n"
        "Keep a copy in a safe place, and the file out of version control.\n",
        0,
    )
    assert (mode(file), names(tmp_path)) == (0o600, ["data", "secrets.yaml"])
    assert re.findall(r"^([a-z_]+): \"[A-Za-z0-9+/]+\"$", file.read_text(), re.MULTILINE) == NAMES
    checked = run("secrets", "check", "-t", "garden", "--data", tiny, file)
    assert outcome(checked) == ("", f"{file}: all well: 6 secrets.\n", 0)


def test_new_makes_other_values_each_time(tiny: Path, tmp_path: Path) -> None:
    """The values come from the operating system, and from nothing that two runs have in common."""
    values = []
    for name in ("one", "two"):
        run("secrets", "new", "-t", "garden", "--data", tiny, "-o", tmp_path / name)
        values.append(set(re.findall(r': "(.*)"', (tmp_path / name).read_text())))
    assert (len(values[0]), len(values[1]), values[0] & values[1]) == (6, 6, set())


def test_a_dry_run_of_new_lists_the_names(tiny: Path, tmp_path: Path) -> None:
    """Each with what it protects; no value is made and nothing is written."""
    result = run("secrets", "new", "-t", "garden", "--data", tiny, "-o", tmp_path / "s", "--dry-run")
    assert outcome(result) == (
        "",
        "haproxy_stats  Password of the statistics page.\n"
        "keepalived_vrrp  Password of the load balancers among themselves.\n"
        "cellar_key  Key of the cellar's door.\n"
        "cellar_cookie  What the members of the cellar show each other.\n"
        "orchard_api  Password of the orchard in the cellar.\n"
        "orchard_service  Password of the orchard among services.\n",
        0,
    )
    assert names(tmp_path) == ["data"]


def test_one_file_serves_every_release() -> None:
    """Without a release named, the secrets are those of all releases, in the order of the data."""
    needed = {
        release: [secret.id for secret in pipeline.needed_secrets(bundled.catalog(), "collapsed", release)]
        for release in ("", *(item.id for item in bundled.catalog().published))
    }
    every = needed.pop("")
    assert every == [
        secret.id for secret in bundled.catalog().secrets if any(secret.id in ids for ids in needed.values())
    ]
    assert "sahara_database" in every
    assert ("sahara_database" in needed["juno"], "sahara_database" in needed["kilo"]) == (False, True)


def test_a_file_that_appears_meanwhile_is_not_overwritten(
    tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file system itself decides, not the look before."""
    file = good(tmp_path / "secrets.yaml")
    before = file.read_bytes()
    monkeypatch.setattr(secrets_commands, "_refuse", lambda *_: None)
    result = run("secrets", "new", "-t", "garden", "--data", tiny, "-o", file)
    assert result.stderr.startswith(f"--out: C004: {file} exists, and secrets are never overwritten\n")
    assert (file.read_bytes(), result.exit_code, names(tmp_path)) == (before, 1, ["data", "secrets.yaml"])


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()], ids=["full", "stop"])
@pytest.mark.parametrize("write", [write_closed, replace_closed])
def test_an_interrupted_write_leaves_nothing_half(
    write: Callable[[bytes, Path], None], error: BaseException, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The unfinished copy is gone, and the file is as it was: absent, or whole."""
    if write is replace_closed:
        put("old", tmp_path / "secrets.yaml")
    before = names(tmp_path)

    def stop(descriptor: int) -> None:
        assert [mode(path) for path in tmp_path.iterdir()] == [0o600] * (len(before) + 1)
        raise error

    monkeypatch.setattr(writer.os, "fsync", stop)
    with pytest.raises(type(error)):
        write(b"new", tmp_path / "secrets.yaml")
    assert (names(tmp_path), [path.read_text() for path in tmp_path.iterdir()]) == (before, ["old"] * len(before))


@pytest.mark.parametrize("write", [write_closed, replace_closed])
def test_a_folder_that_is_replaced_holds_no_secrets_file(write: Callable[[bytes, Path], None], tmp_path: Path) -> None:
    """The next run of `bundle` would delete it."""
    writer.write({}, tmp_path / "out")
    with pytest.raises(NotOurs) as caught:
        write(b"x", tmp_path / "out" / "secrets.yaml")
    message = f"{tmp_path / 'out'} is replaced as a whole when it is made again; keep secrets.yaml elsewhere"
    assert (str(caught.value), names(tmp_path / "out")) == (message, [".ha-guide"])


@pytest.mark.parametrize("mask", [0o000, 0o077], ids=oct)
def test_complete_adds_what_is_missing_and_changes_nothing(mask: int, tiny: Path, tmp_path: Path) -> None:
    """The old text stays byte by byte, without its last line break even; the file stays closed and whole."""
    file = good(tmp_path / "secrets.yaml", "orchard_api", "cellar_key")
    old = put(b"# mine\n" + file.read_bytes().rstrip(), file).read_bytes()
    listed = run("secrets", "complete", "-t", "garden", "--data", tiny, file, "--dry-run")
    assert (
        listed.stdout == "cellar_key  Key of the cellar's door.\norchard_api  Password of the orchard in the cellar.\n"
    )
    assert file.read_bytes() == old
    with umask(mask):
        result = run("secrets", "complete", "-t", "garden", "--data", tiny, file)
    assert outcome(result) == ("", f"{file}: 2 secrets added: cellar_key, orchard_api.\n", 0)
    added = file.read_bytes().removeprefix(old).decode()
    pattern = (
        '\n\n# Key of the cellar\'s door.\ncellar_key: "[A-Za-z0-9+/]{64}"\n'
        '\n# Password of the orchard in the cellar.\norchard_api: "[A-Za-z0-9]{32}"\n'
    )
    assert re.fullmatch(pattern, added)
    assert (mode(file), names(tmp_path)) == (0o600, ["data", "secrets.yaml"])


def test_complete_follows_a_link_and_may_have_nothing_to_do(tiny: Path, tmp_path: Path) -> None:
    """The link stays a link, and a file that is complete is not written again."""
    good(tmp_path / "real.yaml", "orchard_api")
    (tmp_path / "secrets.yaml").symlink_to("real.yaml")
    command = ["secrets", "complete", "-t", "garden", "--data", tiny, tmp_path / "secrets.yaml"]
    assert run(*command).stdout == f"{tmp_path}/secrets.yaml: 1 secret added: orchard_api.\n"
    assert ((tmp_path / "secrets.yaml").is_symlink(), "orchard_api" in (tmp_path / "real.yaml").read_text()) == (
        True,
    ) * 2
    number = (tmp_path / "real.yaml").stat().st_ino
    assert outcome(run(*command)) == ("", f"{tmp_path}/secrets.yaml: 0 secrets added.\n", 0)
    assert (tmp_path / "real.yaml").stat().st_ino == number


@pytest.mark.parametrize("command", ["new", "check", "complete"])
def test_every_command_explains_itself(command: str) -> None:
    """`--help` prints the usage and every parameter."""
    result = run("secrets", command, "--help")
    text = click.unstyle(result.stdout)
    group = typer.main.get_command(app).commands["secrets"]
    assert (result.stderr, result.exit_code, sorted(group.commands)) == ("", 0, ["check", "complete", "new"])
    wanted = [
        (item.metavar or "SECRETS") if item.param_type_name == "argument" else item.opts[0]
        for item in group.commands[command].params
    ]
    assert [name for name in wanted if name not in text] == []
