"""Small specs: completed with what a test does not care about, compiled, rendered by both back ends."""

from __future__ import annotations

import re
from typing import Any

from conformance.format import Format
from conformance.oracle import Case, Outcome, Refusal, render, untouched

from chatwright.compile import compile_source
from chatwright.diagnostics.diagnostic import render_all
from chatwright.diagnostics.source import Source
from chatwright.library import shipped
from chatwright.loaded_format import LoadedFormat
from chatwright.runtime.errors import ChatwrightError
from chatwright.spec import Spec, format_of

FORMAT = """\
format small {
  bos = "<s>"
  tokens = ["<|start|>", "<|end|>", "<think>", "</think>", "<call>", "</call>"]
}
"""
USER = 'turn user { "<|start|>user {content}<|end|>" }\n'
ASSISTANT = 'turn assistant { "<|start|>assistant " sampled { "{content}" close "<|end|>" } }\n'
TOOL = 'turn tool { "<|start|>tool {content}<|end|>" }\n'

#: What FORMAT, USER and ASSISTANT print for `HI`.
HI = [{"role": "user", "content": "Hi"}]
HI_TEXT = "<|start|>user Hi<|end|>"


def source_of(*pieces: str) -> str:
    """A whole spec: the format and the turns of user and assistant are added unless a piece has them."""
    text = "\n".join(pieces) + "\n"
    roles = " ".join(re.findall(r"^turn \(?([\w |]+)", text, re.M)).split()
    out = [] if re.search(r"^format ", text, re.M) else [FORMAT]
    out.append(text)
    if "user" not in roles:
        out.append(USER)
    if "assistant" not in roles:
        out.append(ASSISTANT)
    return "".join(out)


def compile_text(text: str, **bases: str) -> Spec:
    """Compile a whole spec; `bases` are the texts of those it may extend."""

    def load(name: str) -> Source | None:
        return Source(f"{name}.chatspec", bases[name]) if name in bases else shipped(name)

    compiled, found = compile_source(Source("small.chatspec", text), load)
    assert compiled is not None, "\n" + render_all(found)
    return Spec(LoadedFormat(compiled))


def small(*pieces: str, **bases: str) -> Spec:
    """Compile some declarations, completed."""
    return compile_text(source_of(*pieces), **bases)


def emitted(spec: Spec, case: Case) -> Outcome:
    """What the emitter prints. Errors that are not chatwright's own are no refusals."""
    with untouched(case) as given:
        try:
            return spec.text(given.messages, **given.keywords())
        except ChatwrightError as error:
            return Refusal(type(error).__name__, str(error))


def templated(spec: Spec, case: Case) -> Outcome:
    """What the Jinja template prints through transformers."""
    program = format_of(spec).compiled.program
    return render(spec.jinja(), Format(program.name, "", program.bos, program.eos), case)


def says(content: Any = "", *calls: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """A message of the assistant."""
    made = {"role": "assistant", "content": content, **fields}
    return {**made, "tool_calls": list(calls)} if calls else made


def call(name: str = "f", arguments: Any = None, ident: str = "call00001") -> dict[str, Any]:
    function = {"name": name, "arguments": {"a": 1} if arguments is None else arguments}
    return {"id": ident, "type": "function", "function": function}


def result(content: Any = "ok", ident: str = "call00001") -> dict[str, Any]:
    return {"role": "tool", "content": content, "tool_call_id": ident}
