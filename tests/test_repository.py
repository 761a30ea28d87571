"""What holds of the repository as a whole. New files are held to it by being added."""

from __future__ import annotations

import ast
import importlib.resources
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from places import ROOT, SPEC_FILES

PACKAGE = ROOT / "compiler" / "chatwright"
MODULES = sorted((ROOT / "compiler").rglob("*.py"))

FUNCTION_LINES = 60
EMPTY_NAMES = {"base", "common", "core", "helpers", "misc", "utils"}
FAMILIES = re.compile(
    "qwen|llama|gpt.?oss|harmony|glm|kimi|deepseek|mistral|gemma|minimax|nemotron|lfm",
    re.IGNORECASE,
)


def place(path: Path, line: int | None = None) -> str:
    name = path.relative_to(ROOT).as_posix()
    return name if line is None else f"{name}:{line}"


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


@cache
def tracked() -> tuple[Path, ...]:
    """The files of the project: what git tracks, or all of the folder when it is no clone."""
    git = shutil.which("git")
    if git and (ROOT / ".git").exists():
        listing = subprocess.run([git, "-C", str(ROOT), "ls-files", "-z"], capture_output=True, check=True)
        names = listing.stdout.decode().split("\0")
        return tuple(ROOT / name for name in names if name and (ROOT / name).is_file())
    made = {".venv", "node_modules", "__pycache__", "build", "dist"}
    return tuple(p for p in ROOT.rglob("*") if p.is_file() and not made & set(p.relative_to(ROOT).parts))


def matches(pattern: re.Pattern[str], files: tuple[Path, ...] | list[Path]) -> list[str]:
    found = []
    for path in files:
        lines = path.read_text(encoding="utf-8", errors="replace").split("\n")
        for number, line in enumerate(lines, 1):
            if hit := pattern.search(line):
                found.append(f"{place(path, number)}: {hit.group()}")
    return found


# Size and names


def test_functions_are_small() -> None:
    long = []
    for path in MODULES:
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                size = (node.end_lineno or node.lineno) - node.lineno + 1
                if size > FUNCTION_LINES:
                    long.append(f"{place(path, node.lineno)}: {node.name} has {size} lines")
    assert long == []


def test_every_module_is_named_for_what_it_does() -> None:
    assert [place(path) for path in tracked() if path.suffix == ".py" and path.stem in EMPTY_NAMES] == []


def test_every_folder_of_the_package_is_a_package() -> None:
    assert [place(path.parent) for path in MODULES if not (path.parent / "__init__.py").exists()] == []


def test_no_model_family_is_known_to_the_compiler() -> None:
    assert matches(FAMILIES, MODULES) == []


# Layers


def imports(path: Path) -> Iterator[tuple[int, str]]:
    """Line and full name of all that a module of the package imports, wherever in the module it does."""
    package = path.relative_to(ROOT / "compiler").with_suffix("").parts[:-1]
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else ()
            start = ".".join([*above, *([node.module] if node.module else [])])
            for alias in node.names:
                yield node.lineno, f"{start}.{alias.name}"


def test_the_runtime_imports_nothing_of_the_compiler() -> None:
    outside = [
        f"{place(path, line)}: {name}"
        for path in sorted((PACKAGE / "runtime").rglob("*.py"))
        for line, name in imports(path)
        if name.split(".")[0] == "chatwright" and not f"{name}.".startswith("chatwright.runtime.")
    ]
    assert outside == []


def test_importing_the_package_is_light() -> None:
    code = "import sys, chatwright; print(*sorted({'transformers', 'torch'} & set(sys.modules)))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT / "tests")
    assert run.stdout.split() == []


def test_only_the_command_line_prints() -> None:
    printing = []
    for path in MODULES:
        if PACKAGE / "cli" in path.parents:
            continue
        for node in ast.walk(tree(path)):
            match node:
                case ast.Call(func=ast.Name(id="print")):
                    printing.append(f"{place(path, node.lineno)}: print")
                case ast.Attribute(value=ast.Name(id="sys"), attr="stdout" | "stderr"):
                    printing.append(f"{place(path, node.lineno)}: sys.{node.attr}")
    assert printing == []


# The library


def test_shipped_specs_are_formatted() -> None:
    untidy = []
    for path in SPEC_FILES.values():
        from chatwright.syntax.fmt import format_text

        text = path.read_text(encoding="utf-8")
        if format_text(text) != text:
            untidy.append(place(path))
    assert untidy == []


# Every file


def test_no_file_names_a_package_registry() -> None:
    # Put together here, so that this file does not name them either.
    hosts = [("pypi", "org"), ("pypi", "python", "org"), ("pythonhosted", "org"), ("npmjs", "org"), ("npmjs", "com")]
    pattern = re.compile("|".join(re.escape(".".join(parts)) for parts in hosts) + '|"resolved"' + ":", re.IGNORECASE)
    assert matches(pattern, tracked()) == []


def test_no_file_names_a_place_on_some_machine() -> None:
    places = [("work",), ("root",), ("opt", "pypi"), ("tmp", "cw")]
    start = r"(?<![\w.~-])/"
    pattern = re.compile("|".join(start + "/".join(parts) + r"(?![\w.-])" for parts in places) + r"|\.\./" + "shared")
    assert matches(pattern, tracked()) == []


def test_data_folders_are_found_as_packages() -> None:
    for package, folder in {"chatwright.dsl": "dsl", "chatwright.specs": "specs"}.items():
        files = importlib.resources.files(package)
        home = ROOT / folder
        expected = [path for path in home.rglob("*") if path.suffix in {".lark", ".md", ".chatspec"}]
        assert [path for path in expected if not files.joinpath(*path.relative_to(home).parts).is_file()] == []


@pytest.mark.slow
def test_the_wheel_is_complete(tmp_path: Path) -> None:
    """Every module and every data file is in a wheel, without a list that must be kept."""
    shipped = ("compiler", "dsl", "specs", "pyproject.toml", "setup.py", "README.md", "LICENSE")
    sources = [path for path in tracked() if path.relative_to(ROOT).parts[0] in shipped]
    for path in sources:
        copy = tmp_path / "project" / path.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)
    build = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--disable-pip-version-check"]
    build += ["-w", str(tmp_path), str(tmp_path / "project")]
    run = subprocess.run(build, check=False, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    (wheel,) = tmp_path.glob("*.whl")
    inside = set(zipfile.ZipFile(wheel).namelist())
    homes = {"compiler/chatwright": "chatwright", "dsl": "chatwright/dsl", "specs": "chatwright/specs"}
    kinds = {".py", ".lark", ".md", ".chatspec", ".typed", ".html", ".css", ".js"}
    expected = set()
    for path in sources:
        name = path.relative_to(ROOT).as_posix()
        for home, inner in homes.items():
            if name.startswith(f"{home}/") and path.suffix in kinds and not name.startswith("dsl/editors/"):
                expected.add(name.replace(home, inner, 1))
    assert expected - inside == set()
