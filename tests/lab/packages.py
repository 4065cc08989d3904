"""Which units a node would not have, had only its own packages been installed.

All nodes lie over one Debian with the packages of every role, where each of them would start at boot.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

UNITS = re.compile(r"^(?:/usr)?/lib/systemd/system/([^/]+\.(?:service|socket|timer|path))$", re.MULTILINE)

Fields = dict[str, str]


def foreign_units(base: Path, packages: Iterable[str]) -> list[str]:
    """The units of what is installed in `base` and neither belongs to the system itself nor to some packages.

    A package brings along what it depends on, as with `apt-get install --no-install-recommends`.
    """
    installed = _installed(base)
    system = [
        name
        for name, fields in installed.items()
        if "Essential" in fields or fields.get("Priority") in ("required", "important")
    ]
    wanted = _with_needs(installed, [*system, "systemd", "systemd-sysv", "dbus", *packages])
    own, foreign = _units(base, wanted), _units(base, set(installed) - wanted)
    return sorted(foreign - own)


def _installed(base: Path) -> dict[str, Fields]:
    """The fields of every installed package, by name."""
    found = {}
    for paragraph in (base / "var/lib/dpkg/status").read_text().split("\n\n"):
        lines = re.sub(r"\n[ \t]+", " ", paragraph).splitlines()
        fields = dict(line.split(": ", 1) for line in lines if ": " in line)
        if fields.get("Status") == "install ok installed":
            found[fields["Package"]] = fields
    return found


def _with_needs(installed: dict[str, Fields], names: Iterable[str]) -> set[str]:
    """Packages and all that they depend on, directly or not; of alternatives, those that are installed."""
    providers: dict[str, set[str]] = {}
    for name, fields in installed.items():
        for provided in _names(fields.get("Provides", "")):
            providers.setdefault(provided, set()).add(name)
    found: set[str] = set()
    left = list(names)
    while left:
        name = left.pop()
        if name in found:
            continue
        if name not in installed:
            left += providers.get(name, ())
            continue
        found.add(name)
        left += _names(installed[name].get("Depends", "")) + _names(installed[name].get("Pre-Depends", ""))
    return found


def _names(relations: str) -> list[str]:
    """The names in a list of packages, without versions and architectures."""
    return [re.split(r"[ :(]", item.strip())[0] for item in re.split(r"[,|]", relations) if item.strip()]


def _units(base: Path, packages: Iterable[str]) -> set[str]:
    """The units that packages bring."""
    info = base / "var/lib/dpkg/info"
    lists = (path for name in packages for path in (info / f"{name}.list", info / f"{name}:amd64.list"))
    return {unit for path in lists if path.exists() for unit in UNITS.findall(path.read_text())}
