"""The house rules that no linter knows: sizes, names, cycles, purity, and what no file may say."""

from __future__ import annotations

import ast
import fnmatch
import io
import os
import re
import sys
import tokenize
import tomllib
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import skillkit
from skillkit.cli.sandbox import NEEDED

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src" / "skillkit"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())

MODULE_LINES = 300
FUNCTION_LINES = 40

FORBIDDEN_NAMES = {"base", "common", "helpers", "manager", "service", "util", "utils"}

# What is built, installed or cached here is no file of the project.
ASIDE = {".git", ".hypothesis", ".venv", "__pycache__", "build", "dist", "node_modules"}
ASIDE |= {".import_linter_cache", ".mypy_cache", ".pytest_cache", ".ruff_cache"}


def files(*folders: str, ending: str = "") -> list[Path]:
    """Return the files of the project below `folders`, or all of them."""
    found = []
    for start in folders or ("",):
        for folder, names, leaves in os.walk(ROOT / start):
            names[:] = [name for name in names if name not in ASIDE]
            found += [Path(folder, leaf) for leaf in leaves if leaf.endswith(ending) and leaf not in ASIDE]
    return sorted(found)


def text(path: Path) -> str:
    """Return what is written in `path`; nothing when it holds no text."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def module_of(path: Path) -> str:
    parts = path.relative_to(ROOT / "src").with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


CODE = files("src", "benchmarks", "demo", "docs", ending=".py")
PACKAGE = {module_of(path): path for path in files("src", ending=".py")}
DOCUMENTS = files(ending=".md")
EVERYTHING = files()

each_code = pytest.mark.parametrize("path", CODE, ids=named)
each_document = pytest.mark.parametrize("path", DOCUMENTS, ids=named)


# Sizes.


def code_lines(source: str) -> set[int]:
    """Return the numbers of the lines that hold code: no blank line, no comment, no docstring."""
    silent = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}
    lines = {
        line
        for token in tokenize.generate_tokens(io.StringIO(source).readline)
        if token.type not in silent
        for line in range(token.start[0], token.end[0] + 1)
    }
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and ast.get_docstring(node):
            lines -= set(range(node.body[0].lineno, (node.body[0].end_lineno or 0) + 1))
    return lines


def test_neither_blank_lines_nor_comments_nor_docstrings_are_code():
    source = '"""Words."""\n\n# why\ndef f():\n    """\n    More.\n    """\n    return (\n        "a"  # because\n\n    )\n'

    assert code_lines(source) == {4, 8, 9, 11}


@each_code
def test_a_module_is_read_in_one_sitting(path):
    lines = len(code_lines(path.read_text()))

    assert lines <= MODULE_LINES, f"{named(path)} has {lines} lines of code, more than {MODULE_LINES}: split it by noun"


@each_code
def test_a_function_fits_on_one_screen(path):
    source = path.read_text()
    lines = code_lines(source)
    sizes = {
        f"{named(path)}:{node.lineno} {node.name}": len(lines & set(range(node.lineno, (node.end_lineno or 0) + 1)))
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }

    assert {place: size for place, size in sizes.items() if size > FUNCTION_LINES} == {}


# Names and first sentences.


@each_code
def test_a_module_opens_with_a_sentence_that_says_what_it_holds(path):
    opening = (ast.get_docstring(ast.parse(path.read_text())) or "").split("\n\n")[0]

    assert opening.endswith("."), f"{named(path)} opens with {opening!r}"


def test_a_module_is_named_for_what_it_holds():
    names = {name for path in CODE for name in (path.stem, path.parent.name)}

    assert names & FORBIDDEN_NAMES == set()


# Imports.


def imports(path: Path, module: str) -> set[str]:
    """Return every name that `path` imports, at its top or inside a function, as an absolute dotted name."""
    package = module if path.stem == "__init__" else module.rpartition(".")[0]
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        if isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            source = ".".join([*above, node.module] if node.module else above)
            found |= {f"{source}.{alias.name}" for alias in node.names}
    return found


def own(name: str) -> str:
    """Return the module of the package that importing `name` runs, or nothing."""
    return name if name in PACKAGE else parent if (parent := name.rpartition(".")[0]) in PACKAGE else ""


def test_no_module_imports_itself_in_a_circle():
    graph = {module: {own(name) for name in imports(path, module)} - {"", module} for module, path in PACKAGE.items()}

    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail("imports go in a circle: " + " -> ".join(error.args[1]))


def shell() -> list[str]:
    """Return the patterns of the modules that may touch the world, as the import contract lists them."""
    (contract,) = (each for each in PROJECT["tool"]["importlinter"]["contracts"] if each["name"].startswith("world at the edge"))
    return [line.removesuffix(" -> *").replace("**", "*") for line in contract["ignore_imports"]]


PURE = {module: path for module, path in PACKAGE.items() if not any(fnmatch.fnmatch(module, each) for each in shell())}


# import-linter sees no deeper than `urllib`, of which floors 0 to 4 need the half that does no I/O.
@pytest.mark.parametrize("module", PURE)
def test_floors_0_to_4_and_run_neither_open_nor_print_nor_call_out(module):
    tree = ast.parse(PURE[module].read_text())
    called = {node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
    imported = {name for name in imports(PURE[module], module) if name.startswith("urllib.request")}

    assert called & {"open", "print", "input", "breakpoint"} | imported == set()


def libraries(modules: list[str]) -> set[str]:
    """Return what these modules import from elsewhere, by the names they import it by."""
    found = {name.partition(".")[0] for module in modules for name in imports(PACKAGE[module], module)}
    return found - sys.stdlib_module_names - {"skillkit"}


def declared(lines: list[str]) -> set[str]:
    """Return the names that what is declared is imported by."""
    names = [re.split(r"[^\w-]", line)[0] for line in lines]
    return {MODULES.get(name, name) for name in names}


MODULES = {
    "argon2-cffi": "argon2",
    "factur-x": "facturx",
    "jsonschema-rs": "jsonschema_rs",
    "python-multipart": "python_multipart",
    "pyyaml": "yaml",
}
DECLARED = declared(PROJECT["project"]["dependencies"])
EXTRA = declared(PROJECT["project"]["optional-dependencies"]["sandbox"])
# Starlette reads forms with it, and imports it only then.
UNSEEN = {"python_multipart"}
SANDBOX = [module for module in PACKAGE if f"{module}.".startswith("skillkit.sandbox.")]
LIBRARIES = libraries([module for module in PACKAGE if module not in SANDBOX])


def test_what_is_imported_is_declared():
    assert not LIBRARIES - DECLARED
    assert not libraries(SANDBOX) - EXTRA, "the sandboxes have an extra of their own"


def test_what_is_declared_is_imported():
    scripts = [path for folder in ("benchmarks", "demo", "docs") for path in (ROOT / folder).glob("*.py")]
    used = {name.partition(".")[0] for path in scripts for name in imports(path, path.stem)}

    assert not DECLARED - LIBRARIES - used, "nothing imports this: take it out of pyproject.toml, then `make lock`"
    assert not EXTRA - libraries(SANDBOX) - UNSEEN, "no sandbox imports this: take it out of pyproject.toml, then `make lock`"


def test_what_the_sandboxes_ask_for_is_what_their_extra_brings():
    assert set(NEEDED) == EXTRA


def test_what_is_developed_with_has_the_sandboxes():
    pins = set(re.findall(r"^([\w.-]+)==", (ROOT / "requirements/dev.txt").read_text(), re.MULTILINE))

    assert not EXTRA - declared(sorted(pins))


# Errors.


@each_code
def test_no_handler_catches_what_it_does_not_know(path):
    caught = [
        f"{named(path)}:{node.lineno}"
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ExceptHandler) and catches_all(node)
    ]

    assert caught == []


def catches_all(handler: ast.ExceptHandler) -> bool:
    """Say whether `handler` swallows everything; one that tidies up and raises again does not."""
    if handler.type is None:
        return True
    names = {node.id for node in ast.walk(handler.type) if isinstance(node, ast.Name)}
    raises_again = isinstance(handler.body[-1], ast.Raise) and handler.body[-1].exc is None
    return "Exception" in names or ("BaseException" in names and not raises_again)


# What is stated twice agrees.


def test_the_distribution_has_one_name():
    assert PROJECT["project"]["name"] == skillkit.DISTRIBUTION


def test_the_package_root_holds_two_constants_and_imports_nothing():
    docstring, *rest = ast.parse((SOURCE / "__init__.py").read_text()).body

    assert isinstance(docstring, ast.Expr)
    assert [ast.unparse(each).partition(" =")[0] for each in rest] == ["VERSION", "DISTRIBUTION"]


def test_the_readme_is_the_page_of_the_wheel():
    expected = "README.md" if (ROOT / "README.md").exists() else None

    assert PROJECT["project"].get("readme") == expected


def test_every_pin_has_its_hashes_and_no_line_names_an_index_or_a_place():
    for name in ("runtime.txt", "dev.txt"):
        lines = (ROOT / "requirements" / name).read_text().replace("\\\n", "").splitlines()
        pins = [line for line in lines if line.strip() and not line.lstrip().startswith("#")]

        assert [pin for pin in pins if not re.fullmatch(r"[a-z0-9.-]+==\S+( +--hash=sha256:[0-9a-f]{64})+", pin)] == []


def test_what_is_developed_with_is_what_is_run_with():
    def pins(name):
        return set(re.findall(r"^\S+==\S+", (ROOT / "requirements" / name).read_text(), re.MULTILINE))

    assert pins("runtime.txt") <= pins("dev.txt")


@each_document
def test_every_recipe_that_a_document_names_exists(path):
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    fences = "\n".join(re.findall(r"^```.*?^```", text(path), re.MULTILINE | re.DOTALL))
    named_recipes = re.findall(r"`make ([a-z-]+)", text(path)) + re.findall(r"^\s*(?:\$ )?make ([a-z-]+)", fences, re.MULTILINE)

    assert set(named_recipes) - targets == set()


def test_the_changelog_has_a_place_for_what_is_not_released_and_ends_at_this_version():
    changelog = ROOT / "CHANGELOG.md"
    if not changelog.exists():
        pytest.skip("there is no CHANGELOG.md yet")
    headings = re.findall(r"^## \[?([^\]\s]+)", changelog.read_text(), re.MULTILINE)

    assert headings[0] == "Unreleased"
    assert headings[1:2] in ([], [skillkit.VERSION])


# What no file says. The words are built from pieces, or this file would say them.


MACHINE = re.compile(r"(?<![\w.~$}])/(work|root)/")
SCRATCH = re.compile(r"(?<![\w.~$}])/tmp/")
ELSEWHERE = "../" + "shared"
REGISTRIES = [f"{name}.{end}" for name, end in [("pypi", "org"), ("pythonhosted", "org"), ("registry.npmjs", "org")]]
REGISTRIES += [f"{name}.{end}" for name, end in [("debian", "org"), ("archive.ubuntu", "com"), ("registry.yarnpkg", "com")]]
INSTALLERS = r"\b(pip3?|pipx|uv pip|uv tool|uv) (install|run|add)( -\S+)* [\"']?" + rf"({skillkit.DISTRIBUTION}|skillkit)\b(?! @)"


def places(pattern: re.Pattern[str], paths: list[Path]) -> list[str]:
    return [
        f"{named(path)}:{number}: {line.strip()[:120]}"
        for path in paths
        for number, line in enumerate(text(path).splitlines(), 1)
        if pattern.search(line)
    ]


def test_no_file_names_a_place_on_somebodys_machine():
    outside = [path for path in EVERYTHING if not named(path).startswith("tests/")]

    assert places(MACHINE, EVERYTHING) == []
    assert places(SCRATCH, outside) == []
    assert places(re.compile(re.escape(ELSEWHERE)), EVERYTHING) == []


def test_no_file_names_the_host_of_a_package_registry():
    assert places(re.compile("|".join(re.escape(host) for host in REGISTRIES)), EVERYTHING) == []


def test_no_file_tells_anyone_to_install_from_the_index():
    assert places(re.compile(INSTALLERS + rf"|\buvx ({skillkit.DISTRIBUTION}|skillkit)\b"), EVERYTHING) == []


@pytest.mark.parametrize(
    ("line", "pattern", "found"),
    [
        ("cat /" + "work/main", MACHINE, True),
        ("see https://example.com/work/items", MACHINE, False),
        ("$HOME/work/", MACHINE, False),
        ("open('/" + "tmp/x')", SCRATCH, True),
        ("pip install --upgrade " + "skillkit", re.compile(INSTALLERS), True),
        ("pip install ./dist/skillkit_local-0.1.0-py3-none-any.whl", re.compile(INSTALLERS), False),
        ("pip install --no-deps --editable .", re.compile(INSTALLERS), False),
    ],
)
def test_the_patterns_find_what_they_are_for(line, pattern, found):
    assert bool(pattern.search(line)) is found


def test_every_test_that_the_security_page_names_is_there():
    named = re.findall(r"`(tests/\w+\.py)(?:::(test_\w+))?`", (ROOT / "SECURITY.md").read_text())
    lost = [f"{path}::{name}" for path, name in named if f"def {name}" not in (ROOT / path).read_text()]

    assert len(named) > 20
    assert lost == []
