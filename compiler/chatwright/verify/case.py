"""What is compared: a conversation with all that a template is told about it, and what came of it."""

from __future__ import annotations

from typing import Any

import msgspec

Message = dict[str, Any]


class Case(msgspec.Struct, frozen=True):
    """One conversation with all that a template is told about it."""

    messages: list[Message]
    tools: list[dict[str, Any]] | None = None
    prompt: bool = False
    options: dict[str, Any] = {}

    def keywords(self) -> dict[str, Any]:
        """The keyword arguments beside the messages, as `apply_chat_template` takes them."""
        return {
            "tools": self.tools,
            "add_generation_prompt": self.prompt,
            **self.options,
        }

    def in_parts(self) -> Case:
        """The same with each content that is a text as a list of one text part."""
        return msgspec.structs.replace(self, messages=[_in_parts(message) for message in self.messages])


def _in_parts(message: Message) -> Message:
    content = message.get("content")
    return {**message, "content": [{"type": "text", "text": content}]} if isinstance(content, str) else message


class Refusal(msgspec.Struct, frozen=True):
    """A template that did not print: deliberately (`raise_exception`) or by accident.

    `at` is the spec and the line of it that refused, where a spec did so in words of its own.
    """

    kind: str
    message: str
    at: tuple[str, int] | None = None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Refusal) and self.kind == other.kind

    def __hash__(self) -> int:
        return hash(self.kind)

    @property
    def deliberate(self) -> bool:
        return self.kind == "TemplateError"


Outcome = str | Refusal


def same(one: Outcome, other: Outcome) -> bool:
    """The same text, or two refusals."""
    if isinstance(one, Refusal) or isinstance(other, Refusal):
        return isinstance(one, Refusal) and isinstance(other, Refusal)
    return one == other
