"""Every command that a step, a health check or a script of a node runs is installed there."""

from __future__ import annotations

from collections.abc import Iterator

from tests.fleets import Fleet, Member
from tests.invariants.packages import brought, gathered
from tests.invariants.shell import commands

BUILTINS = {
    ":", ".", "[", "break", "cd", "continue", "echo", "exit", "export", "kill", "printf", "pwd", "read", "return",
    "set", "shift", "trap", "true", "umask", "unset", "wait",
}  # fmt: skip
"""Commands that every POSIX shell has built in."""

LOOKED_FOR: dict[str, dict[str, str]] = {
    "centos-7": {},
    "debian": {"restorecon": "command -v restorecon", "ufw": 'systemctl is-active --quiet "$other"'},
}
"""Commands that a script may run on a platform that lacks them, with the words by which it looks for them first."""


def scripts(member: Member) -> Iterator[tuple[str, str]]:
    """Everything of a bundle that a shell of the node runs; what is for a guest is not."""
    yield from member.steps.items()
    yield from ((name, member.tree[name].data.decode()) for name in ("install.sh", "verify.sh"))
    for path, text in member.files.items():
        if text.startswith("#!/bin/sh") and not path.startswith("/etc/trove/cloudinit/"):
            yield path, text


def is_looked_for(member: Member, command: str, script: str) -> bool:
    """Whether a script finds out by itself that the node has a command."""
    looks = dict(gathered({name: known.items() for name, known in LOOKED_FOR.items()}, member))
    return command in looks and looks[command] in script


def test_every_command_is_installed(fleet: Fleet) -> None:
    """It is built into the shell, in the base system, in a package of the node, or in its bundle.

    Or the script looks first whether it is there.
    """
    wrong = {
        f"{member.node.name} {where}: {command}"
        for member in fleet.members
        for where, text in scripts(member)
        for command in commands(text) - BUILTINS - brought(member)
        if command not in member.files and not is_looked_for(member, command, text)
    }
    assert sorted(wrong) == []


def test_the_commands_of_a_script_are_found() -> None:
    """Those in substitutions, behind conditions and behind other commands; not those in quotes, comments and data."""
    script = """
    # not one
    here() { if ! grep -q 'a | b' x; then echo "c; $(uname -n | cut -d. -f1)"; fi; }
    case $1 in tcp) flags=-l ;; *) stat "${2%/}" ;; esac
    TOKEN=1 timeout 5 runuser -u nova -- nova-manage db sync <<'EOF'
    data
    EOF
    here && /usr/libexec/one > /dev/null 2>&1 || exit 1
    """
    expected = {"grep", "echo", "uname", "cut", "stat", "timeout", "runuser", "nova-manage", "/usr/libexec/one", "exit"}
    assert commands(script) == expected
