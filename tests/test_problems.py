"""Each mistake is reported once, with its place, cause and cure, and never ends in a traceback."""

from __future__ import annotations

import errno
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import click
import pytest
import typer
from typer.testing import CliRunner, Result

from generator import pipeline, rules, site
from generator.cli import app, own_site
from generator.drawing import DotMissing
from generator.templating import Unwritable
from tests.test_secrets import COMMANDS
from tests.test_topology_file import BY_A_RELEASE
from tests.test_wrong_topologies import TOGETHER

HERE = Path(__file__).parent
GENERATOR = HERE.parent / "generator"
FILES = sorted(file for kind in ("yaml", "json") for file in (HERE / "bad").glob(f"*.{kind}"))
CODE = re.compile(r"""["']([YSRCK]\d{3})["']""")
HEADER = re.compile(r"# (replaces|expect|hint): (.*)")


@dataclass(frozen=True)
class Case:
    """A wrong file: the place in the data that it takes, and the messages that it must cause."""

    replaces: str
    messages: tuple[tuple[str, ...], ...]

    def output(self, data: Path) -> str:
        """Everything that `check` prints about a data folder."""
        lines = [line for message in self.messages for line in (f"{data}/{message[0]}", *message[1:])]
        return "\n".join([*lines, ending(len(self.messages))]) + "\n"


def ending(count: int) -> str:
    return f"{count} problem{'' if count == 1 else 's'} found; nothing was written."


def read_case(file: Path) -> Case:
    """The case that the leading comments of a file describe; JSON has none, so they are in a file beside it."""
    replaces, messages = "", []
    told = file.with_suffix(".expect") if file.suffix == ".json" else file
    for line in told.read_bytes().decode("utf-8", "replace").splitlines():
        found = HEADER.fullmatch(line)
        if not found:
            break
        key, value = found.groups()
        if key == "replaces":
            replaces = value
        elif key == "expect":
            messages.append((value,))
        else:
            messages[-1] = (*messages[-1], f"    hint: {value}")
    return Case(replaces, tuple(messages))


def put(file: Path, data: Path) -> None:
    """Let a wrong file take its place in the data."""
    target = data / read_case(file).replaces
    target.parent.mkdir(exist_ok=True)
    shutil.copyfile(file, target)


def run(*arguments: object) -> Result:
    """What the command line does with these arguments; nothing may escape it as an exception."""
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def contents(folder: Path) -> dict[str, bytes | None]:
    """Everything below a folder, hidden files too: bytes of files, None for folders."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() if path.is_file() else None
        for path in sorted(folder.rglob("*"))
    }


def test_there_are_bad_files() -> None:
    """The cases below are read from a folder, which must not be empty or lack its messages."""
    cases = [read_case(file) for file in FILES]
    assert len(cases) > 90
    assert [file.name for file, case in zip(FILES, cases, strict=True) if not case.replaces or not case.messages] == []


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_wrong_file_causes_exactly_its_messages(file: Path, tiny: Path) -> None:
    """`check` prints the messages that the file's comments name, nothing else, and its exit status is 1."""
    put(file, tiny)
    result = run("check", "--data", tiny)
    assert (result.stderr, result.stdout, result.exit_code) == (read_case(file).output(tiny), "", 1)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_file_is_named_after_the_code_that_it_causes(file: Path) -> None:
    """The first part of the name is the only code in its messages."""
    codes = {re.search(r": ([YSR]\d{3})[: ]", message[0]).group(1) for message in read_case(file).messages}
    assert codes == {file.stem.split("-")[0]}


def test_every_code_has_a_bad_file() -> None:
    """A code in the generator or in the list of rules is one that some case of this module causes."""
    used = {code for file in GENERATOR.rglob("*.py") for code in CODE.findall(file.read_text("utf-8"))}
    shown = {file.stem.split("-")[0] for file in FILES} | {code for code, *_ in ARGUMENTS} | shown_by_secrets()
    shown |= {file.stem[:4].upper() for file in (HERE / "wrong_topologies").glob("[cr][0-9]*.yaml")}
    shown |= TOGETHER | BY_A_RELEASE
    assert used | set(rules.RULES) == shown


def shown_by_secrets() -> set[str]:
    """The codes that test_secrets.py causes: by its files, and by its commands."""
    return {file.stem.split("-")[0] for file in (HERE / "bad_secrets").glob("*.yaml")} | {code for code, *_ in COMMANDS}


def test_every_rule_says_itself_in_one_sentence() -> None:
    """`rules` lists each rule by code with the first line of its docstring."""
    result = run("rules")
    lines = result.output.splitlines()
    assert [line[:4] for line in lines] == sorted(rules.RULES)
    assert [line for line in lines if not re.fullmatch(r"R\d{3}  \S.*\.", line)] == []


ARGUMENTS = [
    (
        "C001",
        ["--release", "chery", "--topology", "garden"],
        "--release: C001: 'chery' is not a published release\n    hint: did you mean 'cherry'?\n",
    ),
    (
        "C002",
        ["--release", "cherry", "--topology", "gardn"],
        "gardn: C002: is neither a reference topology nor a file\n    hint: did you mean 'garden'?\n",
    ),
    (
        "C003",
        ["--release", "cherry", "--topology", "garden", "--platform", "pear-1"],
        "--platform: C003: cherry has no bundles for 'pear-1'\n    hint: known: plum-1\n",
    ),
]


@pytest.mark.parametrize(("code", "arguments", "expected"), ARGUMENTS, ids=[code for code, *_ in ARGUMENTS])
def test_a_wrong_argument_is_reported_like_wrong_data(
    code: str, arguments: list[str], expected: str, tiny: Path, tmp_path: Path
) -> None:
    """Releases, topologies and platforms that do not exist have codes and hints too."""
    result = run("bundle", *arguments, "--data", tiny, "--out", tmp_path / "out")
    assert (result.stderr, result.stdout, result.exit_code) == (expected + ending(1) + "\n", "", 1)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("command", ["check", "build", "bundle", "schema"])
def test_a_data_folder_that_is_not_there_is_a_wrong_argument(command: str, tmp_path: Path) -> None:
    """It is named in one message, with the exit status 2 of wrong arguments."""
    more = ["-r", "apple", "-t", "garden", "-o", tmp_path / "out"] if command == "bundle" else []
    result = run(command, "--data", tmp_path / "nowhere", *more)
    words = " ".join(click.unstyle(result.stderr).replace("│", " ").split())
    assert re.search(r"Invalid value for '?--data'?: dir", words)
    assert "does not exist" in words
    assert result.exit_code == 2
    assert contents(tmp_path) == {}


def test_a_missing_data_file_is_reported(tiny: Path) -> None:
    """A vocabulary that is not there is a problem of its own and hides no other."""
    (tiny / "secrets.yaml").unlink()
    result = run("check", "--data", tiny)
    expected = f"{tiny}/secrets.yaml: Y001: cannot be read: No such file or directory\n" + ending(1) + "\n"
    assert (result.stderr, result.exit_code) == (expected, 1)


def test_mistakes_in_several_files_are_all_reported_in_order(tiny: Path) -> None:
    """Shapes first, and all of them: by file, then by line."""
    edit(tiny / "services/orchard.yaml", "guide_name: orchard-gate", "guide_nam: orchard-gate")
    edit(tiny / "services/orchard.yaml", "number: 8080", "number: 80800")
    edit(tiny / "services/basket.yaml", "summary: Carries fruit.", "summary:")
    edit(tiny / "orders.yaml", "install:", "instal:")
    result = run("check", "--data", tiny)
    assert result.stderr.replace(f"{tiny}/", "") == (
        "orders.yaml:1:1: S002: the key 'install' is missing\n"
        "    hint: add install: with a value\n"
        "orders.yaml:7:1: S001 instal: the key 'instal' is not known here\n"
        "    hint: did you mean 'install'?\n"
        "services/basket.yaml:2:9: Y005 summary: has no value\n"
        "    hint: give it one or remove the key\n"
        "services/orchard.yaml:16:5: S001 processes[0].guide_nam: the key 'guide_nam' is not known here\n"
        "    hint: did you mean 'guide_name'?\n"
        "services/orchard.yaml:24:9: S004 processes[0].ports[0].number: 80800 is not a number from 1 to 65535\n"
        "    hint: number: Port number, 1 to 65535.\n"
        "5 problems found; nothing was written.\n"
    )


def test_breaches_of_several_rules_are_all_reported_in_order(tiny: Path) -> None:
    """One run of `check` applies every rule to every file."""
    edit(tiny / "services/orchard.yaml", "  - service: cellar", "  - service: cellars")
    edit(tiny / "services/orchard.yaml", "since: cherry\n        set:", "since: chery\n        set:")
    edit(tiny / "services/basket.yaml", "roles: [controller]", "roles: [controllers]")
    edit(tiny / "limitations/one-picker.yaml", "removed: cherry", "removed: pear")
    result = run("check", "--data", tiny)
    assert result.stderr.replace(f"{tiny}/", "") == (
        "limitations/one-picker.yaml:20:1: R101 removed: 'pear' is not a release of releases.yaml\n"
        "    hint: known: apple, banana, cherry\n"
        "services/basket.yaml:9:13: R202 processes[0].roles[0]: 'controllers' is not a role of roles.yaml\n"
        "    hint: did you mean 'controller'?\n"
        "services/orchard.yaml:7:5: R202 depends[0].service: 'cellars' is not a service\n"
        "    hint: did you mean 'cellar'?\n"
        "services/orchard.yaml:54:9: R101 processes[1].changes[0].since: 'chery' is not a release of releases.yaml\n"
        "    hint: did you mean 'cherry'?\n"
        "4 problems found; nothing was written.\n"
    )


def edit(file: Path, old: str, new: str) -> None:
    """Replace a text that stands once in a file."""
    text = file.read_text("utf-8")
    assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {file.name}"
    file.write_text(text.replace(old, new), "utf-8")


def test_a_line_number_is_printed_as_a_number(tiny: Path) -> None:
    """`:100:` is a line, although rich knows it as the name of a picture."""
    file = tiny / "services/basket.yaml"
    lines = file.read_text("utf-8").splitlines()
    place = lines.index("since: banana")
    padding = ["# Nothing to see here."] * (99 - place)
    file.write_text("\n".join([*lines[:place], *padding, "since: pear", *lines[place + 1 :]]) + "\n", "utf-8")
    assert run("check", "--data", tiny).stderr.splitlines()[0] == (
        f"{tiny}/services/basket.yaml:100:1: R101 since: 'pear' is not a release of releases.yaml"
    )


def test_an_own_topology_is_held_to_the_same_rules(tiny: Path, tmp_path: Path) -> None:
    """Mistakes in an operator's file are reported with the path as it was given, and nothing is written."""
    file = tmp_path / "mine.yaml"
    shutil.copyfile(tiny / "topologies/garden.yaml", file)
    edit(file, "address: 192.0.2.12}", "address: 203.0.113.12}")
    result = run("bundle", "-r", "cherry", "-t", file, "--data", tiny, "-o", tmp_path / "out")
    assert (result.stderr, result.exit_code) == (
        f"{file}:29:30: R502 nodes[1].interfaces.internal.address: 203.0.113.12 is not in internal (192.0.2.0/24)\n"
        "    hint: correct the address, or the network's cidr\n" + ending(1) + "\n",
        1,
    )
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("", "FILE:1:1: Y001: is empty\n    hint: remove the file or fill it\n"),
        ("- a\n", "FILE:1:1: S003: must be keys with values, not a list\n"),
    ],
)
def test_an_own_topology_of_another_shape_is_refused(content: str, expected: str, tiny: Path, tmp_path: Path) -> None:
    """A file that is no topology at all gets a message of its own."""
    file = tmp_path / "mine.yaml"
    file.write_text(content)
    result = run("bundle", "-r", "cherry", "-t", file, "--data", tiny, "-o", tmp_path / "out")
    assert (result.stderr, result.exit_code) == (expected.replace("FILE", str(file)) + ending(1) + "\n", 1)


def bundle(data: Path, out: Path, *more: object) -> Result:
    return run("bundle", "-r", "cherry", "-t", "garden", "--data", data, "-o", out, *more)


def test_a_topology_does_not_choose_what_follows_from_its_network(tiny: Path) -> None:
    """A choice of an option that follows from the network internal is refused with its line."""
    options, garden = tiny / "options.yaml", tiny / "topologies/garden.yaml"
    options.write_text(options.read_text().replace("  name: Ladder\n", "  name: Ladder\n  follows: internal-network\n"))
    garden.write_text(garden.read_text() + "options:\n  ladder: wood\n")
    line = len(garden.read_text().splitlines())
    result = run("check", "--data", tiny)
    assert (result.exit_code, result.stderr) == (
        1,
        f"{garden}:{line}:3: R215 options.ladder: ladder follows from the network internal\n"
        f"    hint: leave it out\n{ending(1)}\n",
    )


NODES = ("node1", "node2", "node3", "tree1")
PLAY = ("inventory", "play", "play-bundle", "play-files", "play-node", "play-secrets", "play-step")
BESIDE = [*(f"{name}.yml" for name in PLAY), *(f"{node}.user-data.yml" for node in NODES)]
"""What lies beside the folders of the nodes."""


def test_a_bundle_is_written_and_replaced(tiny: Path, tmp_path: Path) -> None:
    """The second run takes the place of the first one."""
    out = tmp_path / "out"
    expected = f"4 bundles with 90 files in {out}: node1, node2, node3, tree1.\n"
    for _ in range(2):
        result = bundle(tiny, out)
        assert (result.stdout, result.stderr, result.exit_code) == (expected, "", 0)
        assert sorted(path.name for path in out.iterdir()) == sorted([".ha-guide", *NODES, *BESIDE])


def test_bundle_with_wrong_data_leaves_the_last_bundles(tiny: Path, tmp_path: Path) -> None:
    """What a good run wrote is still there, byte by byte, after one that found mistakes."""
    out = tmp_path / "out"
    bundle(tiny, out)
    before = contents(out)
    put(HERE / "bad/R101-unknown-release.yaml", tiny)
    result = bundle(tiny, out)
    case = read_case(HERE / "bad/R101-unknown-release.yaml")
    assert (result.stderr, result.stdout, result.exit_code) == (case.output(tiny), "", 1)
    assert contents(out) == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "out"]


def test_build_with_wrong_data_leaves_the_last_site(tiny: Path, tmp_path: Path) -> None:
    """The same holds for a site."""
    out = tmp_path / "out"
    (out / "site").mkdir(parents=True)
    (out / "site/.ha-guide").touch()
    (out / "site/index.html").write_text("the last good one")
    before = contents(out)
    put(HERE / "bad/R101-unknown-release.yaml", tiny)
    result = run("build", "--data", tiny, "--out", out)
    case = read_case(HERE / "bad/R101-unknown-release.yaml")
    assert (result.stderr, result.stdout, result.exit_code) == (case.output(tiny), "", 1)
    assert contents(out) == before


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (site.BuildFailed("MkDocs on cherry:\na page is missing"), "error: MkDocs on cherry:\na page is missing\n"),
        (DotMissing(), f"error: {DotMissing()}\n"),
        (Unwritable("'a\\nb' holds a line break"), "error: 'a\\nb' holds a line break\n"),
    ],
)
def test_a_build_that_fails_on_the_way_leaves_the_last_site(
    error: Exception, expected: str, tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Failures that have a cure of their own are printed without a traceback."""
    out = tmp_path / "out"
    (out / "site").mkdir(parents=True)
    (out / "site/.ha-guide").touch()
    (out / "site/index.html").write_text("the last good one")
    before = contents(out)
    monkeypatch.setattr(site, "plan", lambda *_: site.SitePlan(published={}, sources={}, releases=()))
    monkeypatch.setattr(site, "run", raising(error))
    result = run("build", "--data", tiny, "--out", out)
    assert (result.stderr, result.stdout, result.exit_code) == (expected + "Nothing was written.\n", "", 1)
    assert contents(out) == before


def raising(error: Exception) -> Callable[..., None]:
    def fail(*arguments: object, **more: object) -> None:
        raise error

    return fail


@pytest.mark.parametrize("error", [KeyError("orchard"), RuntimeError("the ladder [bold]fell[/bold] :100:")])
def test_a_fault_of_the_generator_is_a_short_report(
    error: Exception, tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An unexpected exception is named, with how to report it, and leaves everything as it was."""
    monkeypatch.delenv("HA_GUIDE_DEBUG", raising=False)
    monkeypatch.setattr(pipeline, "resolve", raising(error))
    result = bundle(tiny, tmp_path / "out")
    assert (result.stderr, result.stdout, result.exit_code) == (
        f"internal error: {type(error).__name__}: {error}\n"
        "This is a fault of the generator: please report it, with what it prints under HA_GUIDE_DEBUG=1.\n",
        "",
        1,
    )
    assert not (tmp_path / "out").exists()


def test_a_traceback_is_shown_to_whom_asks_for_it(
    tiny: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """HA_GUIDE_DEBUG=1 prints where the exception came from, before the short report."""
    monkeypatch.setenv("HA_GUIDE_DEBUG", "1")
    monkeypatch.setattr(pipeline, "load", raising(KeyError("orchard")))
    lines = run("check", "--data", tiny).stderr.splitlines()
    assert lines[0] == "Traceback (most recent call last):"
    assert lines[-2] == "internal error: KeyError: 'orchard'"


def test_a_folder_of_somebody_else_is_not_replaced(tiny: Path, tmp_path: Path) -> None:
    """Files that were not generated stop the command before it writes."""
    out = tmp_path / "out"
    out.mkdir()
    (out / "thesis.txt").write_text("Chapter 1")
    before = contents(out)
    result = bundle(tiny, out)
    assert (result.stderr, result.stdout, result.exit_code) == (
        f"error: {out} holds files that were not generated; choose another folder, or empty it\nNothing was written.\n",
        "",
        1,
    )
    assert contents(out) == before


def test_a_file_in_the_place_of_the_folder_is_not_replaced(tiny: Path, tmp_path: Path) -> None:
    """A file of that name stops the command too."""
    out = tmp_path / "out"
    out.write_text("Chapter 1")
    result = bundle(tiny, out)
    assert (result.stderr, result.exit_code) == (
        f"error: {out} is a file; choose a folder\nNothing was written.\n",
        1,
    )
    assert out.read_text() == "Chapter 1"


def test_a_folder_that_cannot_be_written_is_named(tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error of the operating system is a message with the path."""
    error = PermissionError(errno.EACCES, "Permission denied", "/srv/out")
    monkeypatch.setattr(own_site, "write", raising(error))
    result = bundle(tiny, tmp_path / "out")
    assert (result.stderr, result.stdout, result.exit_code) == ("error: /srv/out: Permission denied\n", "", 1)


def test_a_folder_below_a_file_is_refused(tiny: Path, tmp_path: Path) -> None:
    """A path that leads through a file names that file."""
    (tmp_path / "file").touch()
    result = bundle(tiny, tmp_path / "file" / "below" / "out")
    assert (result.stderr, result.stdout, result.exit_code) == (
        f"error: {tmp_path / 'file'} is a file; choose a folder\nNothing was written.\n",
        "",
        1,
    )


def test_a_dry_run_of_bundle_lists_the_files_and_writes_nothing(tiny: Path, tmp_path: Path) -> None:
    """Each line has mode, size and path, sorted by path."""
    result = bundle(tiny, tmp_path / "out", "--dry-run")
    lines = result.stdout.splitlines()
    assert (len(lines), result.stderr, result.exit_code) == (90, "", 0)
    others = [line for line in lines if not re.fullmatch(r"0(600|640|644|755) +\d+ (node[123]|tree1)/[A-Za-z].*", line)]
    assert [line.split()[-1] for line in others] == sorted(BESIDE)
    assert [line[13:] for line in lines] == sorted(line[13:] for line in lines)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("command", ["", *sorted(typer.main.get_command(app).commands)])
def test_every_command_explains_itself(command: str) -> None:
    """`--help` prints the usage and one option for each parameter."""
    result = run(*command.split(), "--help")
    text = click.unstyle(result.stdout)
    assert (result.stderr, result.exit_code) == ("", 0)
    assert f"Usage: root {command}".strip() in " ".join(text.split())
    group = typer.main.get_command(app)
    parameters = group.commands[command].params if command else []
    assert [parameter.opts[0] for parameter in parameters if parameter.opts[0] not in text] == []


def test_there_are_exactly_these_commands() -> None:
    """A command comes or goes on purpose."""
    commands = ["build", "bundle", "check", "rules", "schema", "secrets", "topology"]
    assert sorted(typer.main.get_command(app).commands) == commands


@pytest.mark.parametrize(
    ("arguments", "status"),
    [(["rules"], 0), ([], 2), (["chek"], 2), (["check", "--dta", "x"], 2), (["bundle"], 2)],
    ids=["a command", "none", "an unknown command", "an unknown option", "without its options"],
)
def test_wrong_usage_has_the_exit_status_2(arguments: list[str], status: int) -> None:
    """0 is done, 1 is a mistake in the input or a failure, 2 is wrong usage."""
    assert run(*arguments).exit_code == status


def test_check_counts_what_is_well(tiny: Path) -> None:
    """Good data are confirmed in one line."""
    result = run("check", "--data", tiny)
    assert (result.stdout, result.stderr, result.exit_code) == (
        f"{tiny}: all well: 3 published releases, 5 services, 11 processes, 2 limitations, 1 topology.\n",
        "",
        0,
    )


def test_schemas_are_written_and_found_stale(tiny: Path) -> None:
    """`schema --dry-run` names each file that differs, until `schema` has written them."""
    folder = tiny / "schema"
    stale = run("schema", "--data", tiny, "--dry-run")
    assert stale.exit_code == 1
    assert stale.stderr.splitlines()[0] == f"{folder}/corrections.schema.json is out of date"
    assert stale.stderr.splitlines()[-1] == "Run: python -m generator schema"
    assert not folder.exists()
    assert run("schema", "--data", tiny).stdout == f"16 schemas in {folder}.\n"
    fresh = run("schema", "--data", tiny, "--dry-run")
    assert (fresh.stdout, fresh.exit_code) == ("The schemas are up to date.\n", 0)


def test_every_mistake_of_the_command_line_ends_with_one() -> None:
    """`python -m generator` knows two statuses, also where the arguments themselves are wrong."""
    for arguments in (["nothing"], ["check", "--data", "/nowhere"], ["bundle"]):
        done = subprocess.run(
            [sys.executable, "-m", "generator", *arguments], capture_output=True, cwd=HERE.parent, check=False
        )
        assert done.returncode == 1, arguments
