"""The arrows between the modules are held by reading their imports, not by trust."""

from __future__ import annotations

import ast
import re
import sys
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parent.parent
GENERATOR = ROOT / "generator"
TEMPLATES = GENERATOR / "templates"
MODULES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for path in sorted(GENERATOR.rglob("*.py"))
}

OWNERS = {
    "yaml": {"generator.yaml_source"},
    "pydantic": {"generator.validation"},
    "jinja2": {"generator.templating"},
    "markupsafe": {"generator.templating"},
    "diagrams": {"generator.drawing"},
    "PIL": {"generator.icons"},
    "typer": {"generator.cli"},
    "rich": {"generator.cli"},
}
"""Each third-party library, and the one module that knows it; `generator.cli` stands for its whole package."""

PORTABLE = (
    "credentials",
    "snapshot",
    "workers",
    "deploy",
    "fingerprint",
    "naming",
    "placeholders",
    "views",
    "templating",
    "render",
    "fleet",
    "archive",
    "tree",
    "graph",
    "measure",
)
"""What has to run without anything but the standard library and jinja2, as in a browser."""

ALLOWED = {
    "print": set(),
    "os.environ": {"generator.cli", "generator.site"},
    "sys.exit": {"generator.cli"},
    "subprocess": {"generator.cli", "generator.site", "generator.drawing"},
    "write": {"generator.writer"},
    "time": set(),
    "datetime": set(),
    "random": set(),
    "secrets": {"generator.cli"},
    "uuid": set(),
    "socket": set(),
    "urllib.request": set(),
    "http": set(),
    "locale": set(),
    "getpass": set(),
    "logging": set(),
}
"""What touches the world, and the modules that may; drawing runs dot, site runs MkDocs, cli asks git."""

WRITES = {
    "write_text",
    "write_bytes",
    "mkdir",
    "unlink",
    "rmdir",
    "rename",
    "replace",
    "touch",
    "chmod",
    "symlink_to",
    "hardlink_to",
}
"""Methods of paths that change the disk; `replace` of texts and dataclasses is told apart by its arguments."""

DISK = {
    "os.open",
    "os.fdopen",
    "os.remove",
    "os.makedirs",
    "tempfile.mkdtemp",
    "tempfile.mkstemp",
    "shutil.rmtree",
    "shutil.copytree",
}
"""Functions that change the disk."""

MODULE_LINES, FUNCTION_LINES, TEMPLATE_LINES = 300, 45, 60

LONG_TEMPLATES = {
    "bundle/verify.sh.j2": "one script that stands alone on the node: its helpers and its calls belong together",
    "config/galera/galera-monitor.j2": "a program of the node, which is one file there",
    "config/keystone/keystone-register.j2": "a program of the node, which is one file there",
    "config/keystone/openstack-register.j2": "a program of the node, which is one file there",
    "config/haproxy/haproxy.cfg.j2": "lies as the file it makes: global, defaults, statistics, front ends, back ends",
    "fleet/play.yml.j2": "the outline of the play, to be read from top to bottom before it is run on all nodes",
    "fleet/play-files.yml.j2": "one block, whose variables belong to all of its tasks",
    "pages/service.md.j2": "one section after another of one page; parts of it would hide the order of the page",
}
"""Templates over the limit, and why they are."""

LONG_FUNCTIONS = {
    "generator.views.api.schemas": "two JSON Schemas, which are one literal each",
}
"""Functions over the limit, and why they are."""


@cache
def tree(module: str) -> ast.Module:
    """The syntax of a module."""
    return ast.parse(MODULES[module].read_text("utf-8"))


@cache
def imports(module: str) -> frozenset[str]:
    """Full names of what a module imports, wherever in it; those for type checkers too."""
    found = set()
    package = module if MODULES[module].name == "__init__.py" else module.rpartition(".")[0]
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*above, base] if base else above)
            found |= {f"{base}.{alias.name}" if f"{base}.{alias.name}" in MODULES else base for alias in node.names}
    return frozenset(found)


def inner(module: str) -> set[str]:
    """The modules of the generator that a module imports."""
    return {name for name in imports(module) if name in MODULES and name != module}


def owner(module: str) -> str:
    """The module itself, or the command line for any part of it."""
    return "generator.cli" if module.startswith("generator.cli.") else module


def top_level(module: str) -> set[str]:
    """The first words of what a module imports."""
    return {name.partition(".")[0] for name in imports(module)}


def dotted(node: ast.expr) -> str:
    """`a.b.c` as it is written, or nothing for anything else."""
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}".lstrip(".")
    return node.id if isinstance(node, ast.Name) else ""


def effects(module: str) -> set[str]:
    """Which of the things in ALLOWED a module does."""
    found = (top_level(module) | imports(module)) & set(ALLOWED)
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.Attribute) and dotted(node) in ("os.environ", "os.getenv"):
            found.add("os.environ")
        if not isinstance(node, ast.Call):
            continue
        name = dotted(node.func)
        if name in ("print", "input"):
            found.add("print")
        if name in ("sys.exit", "exit", "quit", "os._exit") or (name == "SystemExit"):
            found.add("sys.exit")
        if name in DISK or (isinstance(node.func, ast.Attribute) and changes_disk(node)):
            found.add("write")
        if name == "open" or name.endswith(".open"):
            modes = [item.value for item in node.args if isinstance(item, ast.Constant)]
            modes += [
                item.value.value
                for item in node.keywords
                if item.arg == "mode" and isinstance(item.value, ast.Constant)
            ]
            if any(isinstance(mode, str) and set(mode) & set("wax+") for mode in modes) and name not in IN_MEMORY:
                found.add("write")
    return found


IN_MEMORY = {"tarfile.open"}
"""An archive that is opened for writing, but into memory: `fileobj` is given."""


def changes_disk(call: ast.Call) -> bool:
    """Whether this is a method call of a path; str.replace has two arguments and dataclasses.replace is a function."""
    assert isinstance(call.func, ast.Attribute)
    name = call.func.attr
    return name in WRITES and (name != "replace" or len(call.args) == 1)


def test_there_are_modules() -> None:
    """The tests below read a folder that must not be empty."""
    assert len(MODULES) > 35
    assert {"generator", "generator.cli", "generator.views", "generator.model.services"} <= set(MODULES)


@pytest.mark.parametrize("library", OWNERS)
def test_a_library_is_imported_in_one_module(library: str) -> None:
    """Whoever wants to replace it reads that module only."""
    assert {owner(module) for module in MODULES if library in top_level(module)} == OWNERS[library]


def test_there_is_no_other_library() -> None:
    """Everything else is the standard library or the generator itself."""
    used = {name for module in MODULES for name in top_level(module)}
    assert used - set(sys.stdlib_module_names) - {"generator"} == set(OWNERS)


def test_mkdocs_is_run_and_not_imported() -> None:
    """Only `site` names it, as the module that another Python runs."""
    named = {
        module
        for module in MODULES
        for node in ast.walk(tree(module))
        if isinstance(node, ast.Constant) and node.value == "mkdocs"
    }
    assert named == {"generator.site"}


@pytest.mark.parametrize("effect", ALLOWED)
def test_what_touches_the_world_is_where_it_belongs(effect: str) -> None:
    """Below the command line there is no clock, network, environment or randomness, and one module writes."""
    assert {owner(module) for module in MODULES if effect in effects(module)} == ALLOWED[effect]


def portable() -> list[str]:
    """The modules that have to run in a browser."""
    return [module for module in MODULES if module.split(".")[1:2] and module.split(".")[1] in PORTABLE]


@pytest.mark.parametrize("module", portable())
def test_everything_from_a_snapshot_on_needs_little(module: str) -> None:
    """The standard library and jinja2 are enough for it and for all that it imports."""
    seen: set[str] = set()
    waiting = [module]
    while waiting:
        current = waiting.pop()
        seen.add(current)
        waiting += inner(current) - seen
    foreign = {name for item in seen for name in top_level(item)} - set(sys.stdlib_module_names) - {"generator"}
    assert foreign <= {"jinja2", "markupsafe"}


def test_no_module_imports_itself_in_a_circle() -> None:
    """There is an order in which each module comes after those that it imports."""
    order = list(TopologicalSorter({module: inner(module) for module in MODULES}).static_order())
    assert set(order) == set(MODULES)


LAYERS = [
    ["problems", "releases", "tree", "placeholders", "graph", "model"],
    ["credentials", "storage", "topology", "yaml_source", "archive", "measure", "icons", "templating"],
    ["validation", "snapshot", "svg", "workers", "writer", "data_folder"],
    ["catalog", "deploy", "secrets_file", "drawing", "scaffold", "specimen"],
    ["naming", "resolve_files", "fingerprint"],
    ["resolve"],
    ["rules", "views", "history"],
    ["config_files"],
    ["render"],
    ["fleet"],
    ["service_page", "pages"],
    ["site"],
    ["pipeline"],
    ["cli"],
    ["__main__"],
]
"""From the ground to the roof: a module imports from its own layer or from those above it in this list."""


def layer(module: str) -> int:
    """How high a module stands."""
    name = module.split(".")[1]
    return next(number for number, names in enumerate(LAYERS) if name in names)


@pytest.mark.parametrize("module", [module for module in MODULES if module != "generator"])
def test_data_flow_one_way(module: str) -> None:
    """No module knows one that comes after it."""
    assert {name for name in inner(module) if name != "generator" and layer(name) > layer(module)} == set()


def test_every_module_has_its_layer() -> None:
    """A new module is given its place on purpose, and a place goes with its module."""
    names = {module.split(".")[1] for module in MODULES if module != "generator"}
    listed = [name for names_ in LAYERS for name in names_]
    assert sorted(names) == sorted(listed)


@pytest.mark.parametrize("module", [module for module in MODULES if module.startswith("generator.views")])
def test_views_choose_and_do_not_render(module: str) -> None:
    """Views return values; templates, pictures and the disk are not theirs."""
    forbidden = {
        "templating",
        "render",
        "drawing",
        "svg",
        "writer",
        "site",
        "pages",
        "service_page",
        "catalog",
        "rules",
    }
    assert {name for name in inner(module) if name.split(".")[1] in forbidden} == set()


@pytest.mark.parametrize("module", MODULES)
def test_a_module_is_short(module: str) -> None:
    """One that outgrows the limit is split by what it makes."""
    assert len(MODULES[module].read_text("utf-8").splitlines()) <= MODULE_LINES


def functions() -> dict[str, int]:
    """Every function with its length in lines, without its decorators."""
    return {
        f"{module}.{node.name}": (node.end_lineno or node.lineno) - node.lineno + 1
        for module in MODULES
        for node in ast.walk(tree(module))
        if isinstance(node, ast.FunctionDef)
    }


def test_a_function_is_short() -> None:
    """One that outgrows the limit does more than one thing, or its reason is listed above."""
    assert {
        name: lines for name, lines in functions().items() if lines > FUNCTION_LINES
    }.keys() == LONG_FUNCTIONS.keys()


def test_a_template_is_short() -> None:
    """The same holds for templates."""
    files = sorted(TEMPLATES.rglob("*.j2"))
    assert len(files) > 20
    long = {
        path.relative_to(TEMPLATES).as_posix()
        for path in files
        if len(path.read_text("utf-8").splitlines()) > TEMPLATE_LINES
    }
    assert long == set(LONG_TEMPLATES)


def release_ids() -> list[str]:
    """The ids of data/releases.yaml."""
    return [item["id"] for item in yaml.safe_load((ROOT / "data/releases.yaml").read_text("utf-8"))]


def test_no_module_names_a_release() -> None:
    """Version logic is data: no literal of the code is, or compares with, a release. Docstrings may name examples."""
    ids = set(release_ids())
    assert len(ids) > 20
    found = []
    for module in MODULES:
        if owner(module) == "generator.cli":  # its help texts name a release as an example
            continue
        texts = {id(node.value) for node in ast.walk(tree(module)) if isinstance(node, ast.Expr)}
        found += [
            (module, node.lineno, node.value)
            for node in ast.walk(tree(module))
            if isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in texts
            and set(re.findall(r"[a-z]+", node.value.lower())) & ids
        ]
    assert found == []


def test_no_template_names_a_release() -> None:
    """Nor does a template: what differs by release comes to it as a value."""
    ids = set(release_ids())
    found = [
        (path.relative_to(TEMPLATES).as_posix(), number)
        for path in sorted(TEMPLATES.rglob("*.j2"))
        for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1)
        if set(re.findall(r"[a-z]+", line.lower())) & ids
    ]
    assert found == []


def test_no_template_does_arithmetic_or_orders_values() -> None:
    """A template writes what it is given: sums and comparisons of size are made before."""
    operator = re.compile(r"\{[{%][^}]*?[\w)\]]\s(?:[+*/<>]|//|-|<=|>=)\s[\w(][^}]*?[%}]\}")
    found = [
        (path.relative_to(TEMPLATES).as_posix(), number)
        for path in sorted(TEMPLATES.rglob("*.j2"))
        for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1)
        if operator.search(re.sub(r"'[^']*'|\"[^\"]*\"", "''", line))
    ]
    assert found == []
