"""Agentic chats of any length, of text that was never rendered before."""

from __future__ import annotations

import random
import sysconfig
from functools import cache
from pathlib import Path
from typing import Any

from conformance.formats import Format
from conformance.oracle import Case

Message = dict[str, Any]

CORPUS_CHARACTERS = 8_000_000
BLOCK = 10

# The tools of a coding agent: their arguments by kind.
TOOLS = {
    "read_file": {"path": "name", "first_line": "integer", "last_line": "integer"},
    "run_command": {"command": "line", "timeout": "integer"},
    "search": {"pattern": "name", "path": "name", "ignore_case": "boolean"},
    "edit_file": {"path": "name", "old_text": "page", "new_text": "page", "dry_run": "boolean"},
}
LENGTHS = {"name": (8, 40), "line": (20, 160), "page": (80, 600)}


@cache
def corpus() -> str:
    """The sources of the standard library, one after the other."""
    texts: list[str] = []
    size = 0
    for path in sorted(Path(sysconfig.get_path("stdlib")).glob("**/*.py")):
        text = path.read_text(encoding="utf-8", errors="ignore")
        texts.append(text)
        size += len(text)
        if size > CORPUS_CHARACTERS:
            break
    return "".join(texts)


class Writer:
    """Writes chats for a format. Each seed gives other slices of the corpus."""

    def __init__(self, fmt: Format, seed: str) -> None:
        self.fmt = fmt
        self.random = random.Random(f"{fmt.name} {seed}")
        self.calls = 0

    def text(self, least: int, most: int) -> str:
        start = self.random.randrange(len(corpus()) - most)
        return corpus()[start : start + self.random.randint(least, most)]

    def chat(self, turns: int) -> Case:
        """A system message, then `turns` messages: blocks of ten with tools, then pairs."""
        messages: list[Message] = [{"role": "system", "content": self.text(200, 600)}]
        for _ in range(turns // BLOCK):
            messages += self.block()
        for _ in range(turns % BLOCK // 2):
            messages += [self.user(), self.answer()]
        assert len(messages) == turns + 1
        return Case(messages, self.tools())

    def block(self) -> list[Message]:
        """A question, calls with their results, and the answer."""
        steps = (1, 1, 1, 1) if self.fmt.single_calls else (1, 2, 2)
        messages = [self.user()]
        for width in steps:
            messages += self.step(width)
        return [*messages, self.answer()]

    def user(self) -> Message:
        return {"role": "user", "content": self.text(100, 500)}

    def answer(self) -> Message:
        return {"role": "assistant", "reasoning_content": self.text(200, 1000), "content": self.text(100, 800)}

    def step(self, width: int) -> list[Message]:
        """An assistant message with parallel calls, and their results."""
        calls = [self.call() for _ in range(width)]
        said = self.text(20, 120) if self.fmt.reasoned_calls_with_content else ""
        if self.fmt.alternating:
            said = ""
        thought = self.text(200, 1000)
        caller = {"role": "assistant", "reasoning_content": thought, "content": said, "tool_calls": calls}
        results = [
            {
                "role": "tool",
                "tool_call_id": call["id"],
                "name": call["function"]["name"],
                "content": self.text(200, 2000),
            }
            for call in calls
        ]
        return [caller, *results]

    def call(self) -> dict[str, Any]:
        """A call of each tool in turn: some have a line of arguments, some a page."""
        self.calls += 1
        name = list(TOOLS)[self.calls % len(TOOLS)]
        arguments = {key: self.value(kind) for key, kind in TOOLS[name].items()}
        return {"id": f"c{self.calls:08d}", "type": "function", "function": {"name": name, "arguments": arguments}}

    def value(self, kind: str) -> Any:
        match kind:
            case "integer":
                return self.random.randrange(2000)
            case "boolean":
                return self.random.random() < 0.5
        return self.text(*LENGTHS[kind])

    def tools(self) -> list[dict[str, Any]]:
        return [self.tool(name) for name in TOOLS]

    def tool(self, name: str) -> dict[str, Any]:
        properties = {
            key: {"type": "string" if kind in LENGTHS else kind, "description": self.text(30, 90)}
            for key, kind in TOOLS[name].items()
        }
        parameters = {"type": "object", "properties": properties, "required": list(properties)[:1]}
        function = {"name": name, "description": self.text(80, 300), "parameters": parameters}
        return {"type": "function", "function": function}


class Supply:
    """The sources and the documentation of the standard library, each character handed out once.

    Encoders remember the words that they have seen, so nothing that is measured may come twice.
    """

    def __init__(self, seed: int) -> None:
        stdlib = Path(sysconfig.get_path("stdlib"))
        files = [path for path in sorted(stdlib.glob("**/*.py")) if "site-packages" not in path.parts]
        random.Random(seed).shuffle(files)
        self._files = iter(files)
        self._left = ""

    def take(self, length: int) -> str:
        while len(self._left) < length:
            path = next(self._files, None)
            if path is None:
                raise RuntimeError("the standard library is used up; measure fewer rounds")
            self._left += path.read_text(encoding="utf-8", errors="ignore")
        text, self._left = self._left[:length], self._left[length:]
        return text


class FreshWriter(Writer):
    """Writes chats of text that no other chat has, half as long as those of a `Writer`: 400 turns are 50,000 tokens."""

    def __init__(self, fmt: Format, seed: str, supply: Supply) -> None:
        super().__init__(fmt, seed)
        self.supply = supply

    def text(self, least: int, most: int) -> str:
        return self.supply.take(self.random.randint(least // 2, most // 2))
