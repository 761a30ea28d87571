"""Writes the files that are derived from a spec."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from chatwright.cli.exit_codes import Failure
from chatwright.cli.loading import load
from chatwright.cli.output import write_files

# The beginning of the files that chatwright makes, by the ending of their names.
MADE = {
    ".jinja": "{#- chatspec=",
    ".py": '"""Renders ',
    ".pyi": '"""Types of ',
    ".json": '{\n  "version": 1,\n  "defaults": {\n    "role": "assistant"\n  },\n  "start_anchor": ',
    ".html": "<!doctype html>\n<!-- Made by chatwright",
}


def build_python(name: str, folder: Path, force: bool) -> list[Path]:
    """Write the module of a spec, NAME.py, and its types, NAME.pyi, into a folder."""
    from chatwright.emit.python.stub import emit_stub

    spec = load(name)
    texts = {
        folder / f"{spec.name}.py": spec.python(),
        folder / f"{spec.name}.pyi": emit_stub(spec.name, spec.options),
    }
    return _write(texts, folder, force)


def build_stub(name: str, force: bool) -> list[Path]:
    """Write the types of a spec, NAME.pyi, next to NAME.chatspec, for `chatwright.import_hook`."""
    from chatwright.emit.python.stub import emit_stub
    from chatwright.library import shipped_name

    if shipped_name(name) is not None:
        raise Failure(
            f"--stub writes next to a .chatspec, and {name} is a shipped format: build {name} --python --out DIR"
        )
    path, spec = Path(name), load(name)
    return _write({path.with_suffix(".pyi"): emit_stub(spec.name, spec.options, with_spec=True)}, path.parent, force)


def build_files(name: str, folder: Path, force: bool) -> list[Path]:
    """Write the templates and the module of a spec into a folder: all of them, or none.

    A format in which the model writes nothing has no training template and no response template. Texts are written
    exactly, because the last newline of a template is part of it.
    """
    spec = load(name)
    texts = {folder / f"{spec.name}.jinja": spec.jinja()}
    if spec.trains:
        texts[folder / f"{spec.name}.training.jinja"] = spec.jinja(view="training")
        response = json.dumps(spec.response_template(), ensure_ascii=False, indent=2)
        texts[folder / f"{spec.name}.response.json"] = response + "\n"
    texts[folder / f"{spec.name}.py"] = spec.python()
    return _write(texts, folder, force)


def _write(texts: Mapping[Path, str], folder: Path, force: bool) -> list[Path]:
    for path, text in texts.items():
        assert text.startswith(MADE[path.suffix])
        if path.is_dir():
            raise Failure(f"{path} is a folder")
        if not force:
            refuse_foreign(path)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except FileExistsError:
        raise Failure(f"{folder} is a file; --out takes a folder") from None
    except OSError as error:
        raise Failure(f"{folder} cannot be created: {error.strerror or error}") from None
    try:
        write_files(texts)
    except OSError as error:
        raise Failure(f"nothing was written to {folder}: {error.strerror or error}") from None
    return list(texts)


def refuse_foreign(path: Path) -> None:
    """Refuse to overwrite a file that chatwright did not make."""
    if not path.exists():
        return
    with path.open("rb") as file:
        start = file.read(200).decode("utf-8", "replace")
    if not start.startswith(MADE[path.suffix]) or (
        path.suffix in (".py", ".pyi") and "Made by chatwright" not in start
    ):
        raise Failure(f"chatwright did not make {path}; --force overwrites it")
