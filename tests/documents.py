"""Documents as tests: the fenced blocks of a Markdown file, and the specs and conversations that they hold.

Behind a block of a spec stand conversations, and behind each of these what it gives:

    ```chatspec             a spec, or some declarations that the page's little format completes
    ```chatspec error       a spec with findings; the next block lists them
    ```json conversation    messages, or an object with `messages`, `tools` and `options`
    ```text output          the text; further words of the line are `prompt` and options, as in `thinking=false`
    ```text sampled         the text, with ⟦ and ⟧ around what the model writes
    ```text segments        the segments: message, part, B for body, S for sampled, text
    ```json read            the message that the reader makes of what the model wrote in the last turn
    ```text refused         what is said of a conversation that is refused
    ```text stops           the stop tokens of the spec
    ```text error           the findings of the spec: line, code, message

A block ends where its last line ends: a newline at the end of a text shows as an empty line.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
from conformance.format import Format
from conformance.oracle import Case, Outcome, Refusal, render, untouched

from chatwright.check.check import check
from chatwright.compile import compile_source
from chatwright.diagnostics.diagnostic import Diagnostic, render_all
from chatwright.diagnostics.source import Source
from chatwright.library import shipped
from chatwright.loaded_format import LoadedFormat
from chatwright.runtime.errors import ChatwrightError, RenderError
from chatwright.spec import Spec, format_of
from chatwright.syntax import ast as syntax
from chatwright.syntax.parse import parse
from chatwright.syntax.resolve import key_of, resolve

_FENCE = re.compile(r"^```(\w+)(.*)$")


class Fence(msgspec.Struct, frozen=True):
    """A fenced block: its language, the other words of its first line, its text, its line in the document."""

    language: str
    words: tuple[str, ...]
    text: str
    line: int

    @property
    def kind(self) -> str:
        return " ".join((self.language, *self.words[:1]))


def fences(path: Path) -> Iterator[Fence]:
    """The fenced blocks of a document."""
    start, language, words, lines = 0, "", (), []
    for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), 1):
        opened = _FENCE.match(line)
        if start and line == "```":
            yield Fence(language, words, "\n".join(lines), start)
            start, lines = 0, []
        elif start:
            lines.append(line)
        elif opened:
            start, language, words = number, opened[1], tuple(opened[2].split())
        else:
            assert not line.startswith("```"), f"{path.name}:{number}: a fence without a language"
    assert not start, f"{path.name}:{start}: this fence is not closed"


# ---- specs ------------------------------------------------------------------------------------------------------


class Findings(Exception):
    """A spec of a document that is not in order."""

    def __init__(self, found: list[Diagnostic]) -> None:
        self.found = found
        super().__init__("\n" + render_all(found))


def load_spec(text: str, others: dict[str, str]) -> Spec:
    """Compile a spec of a document. Raises Findings for errors and warnings alike."""

    def load(name: str) -> Source | None:
        return Source(f"{name}.chatspec", others[name]) if name in others else shipped(name)

    source = Source("example.chatspec", text)
    tree, found = resolve(source, load)
    if tree is not None and not found:
        found = check(tree)
    compiled, _ = compile_source(source, load) if not found else (None, [])
    if compiled is None:
        raise Findings(found)
    return Spec(LoadedFormat(compiled))


def completed(fragment: str, base: str) -> str:
    """Declarations made a whole spec by those of a base that they do not declare anew; lines stay what they are."""
    own = parse(Source("fragment", fragment))[0].decls
    keys = {key_of(decl.bare) for decl in own}
    if any(isinstance(decl.bare, syntax.Format) for decl in own):
        return fragment
    taken = {role for decl in own if isinstance(decl.bare, syntax.Turn | syntax.Skip) for role in decl.bare.roles}
    kept = []
    for decl in parse(Source("base", base))[0].decls:
        bare = decl.bare
        hidden = isinstance(bare, syntax.Turn) and bool(taken & set(bare.roles))
        if key_of(bare) not in keys and not hidden:
            kept.append(base[decl.span.start : decl.span.end])
    return "\n".join([fragment, *kept])


# ---- conversations ----------------------------------------------------------------------------------------------


def conversation(text: str) -> Case:
    """The conversation of a block."""
    value = json.loads(text)
    if isinstance(value, list):
        return Case(value)
    assert set(value) <= {"messages", "tools", "options"}, value
    return Case(value["messages"], value.get("tools"), options=value.get("options", {}))


def asked(case: Case, words: tuple[str, ...]) -> Case:
    """The conversation with what the first line of a block says: `prompt`, and options."""
    options = dict(case.options)
    for word in words:
        if word != "prompt":
            name, _, value = word.partition("=")
            options[name] = json.loads(value)
    return Case(case.messages, case.tools, "prompt" in words, options)


def emitted(spec: Spec, case: Case) -> Outcome:
    """What the emitter prints."""
    with untouched(case) as given:
        try:
            return spec.text(given.messages, **given.keywords())
        except RenderError as error:
            error.spec = None
            return Refusal("TemplateError", str(error))
        except ChatwrightError as error:
            return Refusal("TemplateError", str(error))


def templated(spec: Spec, case: Case) -> Outcome:
    """What the Jinja template prints through transformers."""
    program = format_of(spec).compiled.program
    return render(spec.jinja(), Format(program.name, "", bos=program.bos, eos=program.eos), case)


def shown(spec: Spec, case: Case, kind: str) -> str:
    """What the emitter's segments say, in the manner of a kind of block."""
    with untouched(case) as given:
        segments = spec.segments(given.messages, **given.keywords())
    if kind == "text segments":
        lines = []
        for s in segments:
            flags = ("B" if s.body else "-") + ("S" if s.sampled else "-")
            lines.append(f"{s.message:>2} {s.part:<14} {flags} {json.dumps(s.text, ensure_ascii=False)}")
        return "\n".join(lines)
    text = "".join(f"⟦{s.text}⟧" if s.sampled else s.text for s in segments)
    return text.replace("⟧⟦", "")


def read_back(spec: Spec, case: Case) -> dict[str, Any]:
    """What the reader makes of what the model wrote in the last turn."""
    last = len(case.messages) - 1
    segments = spec.segments(case.messages, tools=case.tools, **case.options)
    completion = "".join(s.text for s in segments if s.sampled and s.message == last)
    return spec.parser(**case.options).parse(completion, messages=case.messages[:-1], tools=case.tools).message()


def complaint(spec: Spec, case: Case, fence: Fence) -> str:
    """How what a block shows differs from what is rendered or read; empty where it does not."""
    case = asked(case, fence.words[1:])
    if fence.kind == "json read":
        found = read_back(spec, case)
        return "" if json.dumps(found) == json.dumps(json.loads(fence.text)) else f"reads {json.dumps(found)}"
    text, template = emitted(spec, case), templated(spec, case)
    if fence.kind == "text refused":
        if not isinstance(text, Refusal):
            return f"is not refused, but gives {text!r}"
        if text.message != fence.text:
            return f"is refused with {text.message!r}"
        deliberate = isinstance(template, Refusal) and template.deliberate
        return "" if deliberate else f"is not refused by the Jinja template: {template!r}"
    if isinstance(text, Refusal):
        return f"is refused: {text.message}"
    if text != template:
        return f"gives {text!r}, but through Jinja {template!r}"
    got = text if fence.kind == "text output" else shown(spec, case, fence.kind)
    return "" if got == fence.text else f"gives\n{got}\ninstead of\n{fence.text}"


# ---- prose ------------------------------------------------------------------------------------------------------


def prose(text: str) -> str:
    """A document without its fenced blocks."""
    return re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)


def code_words(text: str) -> set[str]:
    """The words that stand as code in prose or in a table."""
    spans = re.findall(r"`([^`]+)`", prose(text))
    return {word for span in spans for word in re.findall(r"[A-Za-z_]\w*", span)}


def anchor(title: str) -> str:
    """The name under which a heading is linked to."""
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")


def sections(text: str) -> dict[str, str]:
    """The sections of a document by their anchors; a section ends where the next heading stands."""
    found: dict[str, str] = {}
    fenced, name = False, ""
    for line in text.split("\n"):
        fenced ^= line.startswith("```")
        title = None if fenced else re.match(r"#+ (.*)", line)
        if title:
            name = anchor(title[1])
            assert name not in found, f"two headings are {title[1]}"
            found[name] = ""
        elif name:
            found[name] += line + "\n"
    return found


def rows(text: str, first: str) -> list[list[str]]:
    """The cells of the table of a section whose first column is headed so."""
    lines = prose(text).split("\n")
    start = next(i for i, line in enumerate(lines) if line.startswith(f"| {first} |"))
    out = []
    for line in lines[start + 2 :]:
        if not line.startswith("|"):
            break
        cells = re.split(r"(?<!\\)\|", line)[1:-1]
        out.append([cell.strip().replace("\\|", "|") for cell in cells])
    return out


def broken_links(path: Path) -> list[str]:
    """The links of a document that lead to no file of the project, or to no heading in it."""
    text = path.read_text(encoding="utf-8")
    out = []
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(text)):
        name, _, heading = target.partition("#")
        if name.startswith(("http://", "https://")):
            continue
        file = (path.parent / name).resolve() if name else path
        if not file.exists() or (heading and heading not in sections(file.read_text(encoding="utf-8"))):
            out.append(target)
    return out
