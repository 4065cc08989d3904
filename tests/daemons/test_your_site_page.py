"""Every command of the page "Use it for your site", run in its order in an empty directory.

What needs other machines stands in for them: `git clone` takes this checkout, `make setup` its environment, and `ssh`
enters a file system like the node's. There the steps check their node and their secrets, and then only note that they
ran, since the daemons that they start are not there; packages, files, order and refusals are real.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.bundled import catalog
from tests.daemons.roots import DOOR, Root, build_root, owners_in
from tests.fleets import Fleet, fleets

PROJECT = Path(__file__).parent.parent.parent
PAGE = (PROJECT / "docs/your-site.md").read_text()
BLOCKS = re.findall(r"^```sh\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
RELEASE = catalog().published[-1].id

CUT = r"""sed -i '0,/^$/s//\necho "${0##*\/}" >> \/root\/ran; exit 0\n/'"""
"""Lets a step end where its own work begins, after it has looked at its node and its secrets."""

SSH = """#!/bin/sh
[ "$1" != -n ] || shift
node=${{1#root@}}
echo "$node $2" >> {log}
case $2 in
    'tar -x'*) sh {roots}/$node.sh "$2" && sh {roots}/$node.sh "{cut} */steps/*.sh" ;;
    *) sh {roots}/$node.sh "$2" ;;
esac
"""

CLONE = """#!/bin/sh
[ "$1" = clone ] || exec /usr/bin/git "$@"
mkdir "$3"
cd {project}
cp -r Makefile README.md data generator "$OLDPWD/$3"
"""

MAKE = """#!/bin/sh
[ "$*" = setup ] || exit 2
mkdir -p .venv/bin
printf '#!/bin/sh\\nexec {python} "$@"\\n' > .venv/bin/python
chmod 0755 .venv/bin/python
"""


class World:
    """A machine of an operator, and the nodes that it can log in to."""

    def __init__(self, folder: Path) -> None:
        """Put everything below a folder."""
        self.home, self.bin, self.roots = folder / "home", folder / "bin", folder / "roots"
        self.log = folder / "log"
        for made in (self.home, self.bin, self.roots):
            made.mkdir()
        self.nodes = {member.node.name: member for member in fleet().members}
        self.file_systems = {name: self._node(name) for name in self.nodes}
        self._program(
            "ssh", SSH.format(log=self.log, roots=self.roots, cut=CUT.replace('"', '\\"').replace("$", "\\$"))
        )
        self._program("git", CLONE.format(project=PROJECT))
        self._program("make", MAKE.format(python=sys.executable))

    def _node(self, name: str) -> Root:
        member = self.nodes[name]
        platform = member.fleet.deployment.platform
        root = build_root(self.roots / name, name, (platform.os_id, platform.os_version), owners_in(member.tree))
        variables = {**root.way_in(""), "SCRIPT": "cd /root\n"}
        lines = [f"export {key}={shlex.quote(value)}" for key, value in variables.items()]
        lines += ['SCRIPT="$SCRIPT$1"', f"exec {shlex.join(DOOR)}"]
        (self.roots / f"{name}.sh").write_text("\n".join(lines) + "\n")
        return root

    def _program(self, name: str, text: str) -> None:
        (self.bin / name).write_text(text)
        (self.bin / name).chmod(0o755)

    def run(self, blocks: list[str]) -> list[subprocess.CompletedProcess[str]]:
        """What each block of commands said, one after the other in the same shell."""
        marks = [f'{block}\nprintf "\\036%s\\036" $?; printf "\\036" >&2' for block in blocks]
        environment = {"PATH": f"{self.bin}:{os.environ['PATH']}", "HOME": str(self.home)}
        done = subprocess.run(
            ["sh", "-c", "\n".join(marks)],
            cwd=self.home, env=environment, capture_output=True, text=True, check=False, timeout=900,
        )  # fmt: skip
        said = done.stdout.split("\036")
        problems = done.stderr.split("\036")
        return [
            subprocess.CompletedProcess(block, int(said[2 * number + 1]), said[2 * number], problems[number])
            for number, block in enumerate(blocks)
        ]


Walk = tuple[World, list[subprocess.CompletedProcess[str]]]


def fleet() -> Fleet:
    """The site that `topology new` describes, in the newest release on its default platform."""
    return next(
        item
        for item in fleets()
        if (item.deployment.snapshot.release.id, item.deployment.topology_id) == (RELEASE, "collapsed")
    )


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory) -> Walk:
    """The world after all commands of the page, and what each block of them said."""
    world = World(tmp_path_factory.mktemp("walk"))
    return world, world.run(BLOCKS)


@pytest.mark.xdist_group("your-site")
def test_every_block_but_the_last_ends_well(walked: Walk) -> None:
    """Each exit status is 0 and nothing is complained about; verify.sh misses the daemons, which are not there."""
    _, done = walked
    assert len(done) == 11
    assert [(item.args, item.returncode, item.stderr) for item in done[:-1] if item.returncode or item.stderr] == []
    assert done[-1].returncode == 1


@pytest.mark.xdist_group("your-site")
def test_the_steps_run_in_their_order_over_all_nodes(
    walked: Walk,
) -> None:
    """A step runs on all its nodes before the next one, and each node notes those that its bundle has."""
    world, done = walked
    deployment = fleet().deployment
    base = [[(name, script) for name in sorted(world.nodes)] for script in sorted(base_scripts())]
    own = [[(name, step.file) for name in sorted(step.nodes)] for step in deployment.steps]
    assert done[-2].stdout.split() == [word for group in base + own for pair in group for word in pair]
    for name, root in world.file_systems.items():
        ran = (root.folder / "root/ran").read_text().splitlines()
        assert sorted(set(ran)) == sorted(world.nodes[name].steps), name


def base_scripts() -> set[str]:
    """The scripts that come before those of services, which every node has."""
    member = fleet().members[0]
    return {name for name in member.steps if re.match(r"\d+-base-(packages|firewall)\.sh", name)}


@pytest.mark.xdist_group("your-site")
def test_the_files_lie_on_the_nodes(walked: Walk) -> None:
    """Every file of the bundle is there, no name of a secret is left in any, and the bundle is closed to others."""
    world, _ = walked
    for name, root in world.file_systems.items():
        placed = [root.folder / path.lstrip("/") for path in world.nodes[name].files]
        assert [path for path in placed if "@@" in path.read_text()] == []
        assert oct((root.folder / "root" / name).stat().st_mode)[-3:] == "700"


@pytest.mark.xdist_group("your-site")
def test_verify_has_a_line_for_each_process(walked: Walk) -> None:
    """Each node's name is followed by one line for every process that its bundle configures."""
    world, done = walked
    deployment = fleet().deployment
    installed = {process.id for service in deployment.installed() for process in service.processes}
    expected = []
    for name in sorted(world.nodes):
        running = [item.id for item in deployment.processes_on(world.nodes[name].node) if item.id in installed]
        expected += [name, *running]
    lines = [line.split()[1].rstrip(":") if line[:2] in ("ok", "FA") else line for line in done[-1].stdout.splitlines()]
    assert lines == expected


def test_the_page_has_no_command_outside_of_its_blocks() -> None:
    """What the test runs is what a reader is told to run; the nodes of the page are those of the first file."""
    assert len(BLOCKS) == 11
    assert len(re.findall(r"^```", PAGE, re.MULTILINE)) == 22
    assert set(re.findall(r"root@(ha\w+)", PAGE)) <= {member.node.name for member in fleet().members}


def test_commands_for_readers_name_the_newest_release() -> None:
    """What a reader pastes makes the newest bundles; who wants older ones changes the word."""
    texts = [PAGE, *((PROJECT / name).read_text() for name in ("README.md", "docs/using-a-bundle.md"))]
    assert [re.findall(r"--release (\S+)", text) for text in texts] == [[RELEASE]] * 3
