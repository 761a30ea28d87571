"""Runs `verify` and shows its verdict."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from chatwright.cli.exit_codes import SPEC_ERRORS, Failure
from chatwright.cli.loading import load
from chatwright.cli.output import complain, put

if TYPE_CHECKING:
    from chatwright.verify.case import Case
    from chatwright.verify.originals import Original
    from chatwright.verify.verdict import Verdict

#: The packages of the extra `verify`.
NEEDED = ("hypothesis", "transformers", "jinja2", "tokenizers")


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """The arguments of `verify`; see Plan. `tokenizer` and `cases` are paths."""

    spec: str
    against: str
    tokenizer: str | None
    cases: str | None
    seconds: float
    examples: int
    seed: int
    strict: bool


def run_verify(asked: Asked, as_json: bool) -> int:
    """Verify and print the verdict. Returns 0, or 1 where a text differs."""
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")  # else its import lists the packages that it misses
    try:
        from chatwright.verify.originals import find
        from chatwright.verify.run import Plan, verify
    except ModuleNotFoundError as error:
        if error.name not in NEEDED:
            raise
        raise Failure(f"verify needs {error.name}: pip install 'chatwright[verify]'") from None
    spec = load(asked.spec)
    original = find(asked.against)
    plan = Plan(
        first=() if asked.cases is None else tuple(_cases(asked.cases)),
        seconds=asked.seconds,
        examples=asked.examples,
        seed=asked.seed,
        strict=asked.strict,
    )
    progress = _Teller() if not as_json or sys.stderr.isatty() else _silent
    found = verify(spec, original, plan, tokenizer=_tokenizer(asked.tokenizer, original), progress=progress)
    put(_to_json(found) if as_json else _as_text(found))
    return 0 if found.same else SPEC_ERRORS


def _cases(name: str) -> list[Case]:
    """The conversations of a file."""
    from chatwright.cli.conversation_files import read_conversations
    from chatwright.verify.case import Case

    found = [given.conversation for given in read_conversations(name).all]
    return [Case(one.messages, one.tools, bool(one.generation_prompt), one.options) for one in found]


def _silent(phase: str, cases: int, seconds: float) -> None:
    pass


def _tokenizer(path: str | None, original: Original) -> Any:
    """The named tokenizer, or the one in the folder of the template."""
    from chatwright.cli.binding import load_tokenizer
    from chatwright.cli.tokenizer_folder import FILE

    if path is not None:
        return load_tokenizer(path)
    if original.folder is not None and (Path(original.folder) / FILE).is_file():
        return load_tokenizer(str(original.folder))
    return None


class _Teller:
    """Progress on standard error: one line that is overwritten on a terminal, else one line per phase."""

    def __init__(self) -> None:
        self.phase = ""
        self.written = 0.0
        self.terminal = sys.stderr.isatty()

    def __call__(self, phase: str, cases: int, seconds: float) -> None:
        if self.terminal and (phase != self.phase or time.monotonic() - self.written > 0.1):
            sys.stderr.write(f"\r\x1b[K{phase}: {cases} cases, {seconds:.0f} s")
            sys.stderr.flush()
            self.written = time.monotonic()
        elif not self.terminal and phase != self.phase:
            complain(f"{phase} ...")
        self.phase = phase

    def __del__(self) -> None:
        if self.terminal and self.phase:
            sys.stderr.write("\r\x1b[K")


def _to_json(found: Verdict) -> str:
    return json.dumps(found.to_json(), ensure_ascii=False, indent=2) + "\n"


def _as_text(found: Verdict) -> str:
    from chatwright.cli.difference_shown import as_text

    return as_text(found)
