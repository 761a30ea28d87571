"""Test cases: a conversation with all inputs of a template, and its outcome: a text or a refusal."""

from __future__ import annotations

from typing import Any

import msgspec

Message = dict[str, Any]


class Case(msgspec.Struct, frozen=True):
    """One conversation with all inputs of a template."""

    messages: list[Message]
    tools: list[dict[str, Any]] | None = None
    prompt: bool = False
    options: dict[str, Any] = {}

    def keywords(self) -> dict[str, Any]:
        """The keyword arguments of `apply_chat_template`, without the messages."""
        return {
            "tools": self.tools,
            "add_generation_prompt": self.prompt,
            **self.options,
        }

    def in_parts(self) -> Case:
        """The same case with each text content as a list of one text part."""
        return msgspec.structs.replace(self, messages=[_in_parts(message) for message in self.messages])


def _in_parts(message: Message) -> Message:
    content = message.get("content")
    return {**message, "content": [{"type": "text", "text": content}]} if isinstance(content, str) else message


class Refusal(msgspec.Struct, frozen=True):
    """The refusal of a template: on purpose (`raise_exception`) or by accident.

    `at` names the spec and the line, if a spec refused with a message of its own.
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
    """Whether both are the same text, or both are refusals."""
    if isinstance(one, Refusal) or isinstance(other, Refusal):
        return isinstance(one, Refusal) and isinstance(other, Refusal)
    return one == other
