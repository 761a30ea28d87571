"""Which conversations a deviation is about, by what their messages say and in which order they come."""

from __future__ import annotations

from collections.abc import Callable
from itertools import groupby, pairwise
from typing import Any

from chatwright.runtime.generated import STANDARD_ROLES

from .deviation_inputs_of_parts import listed, runs
from .oracle import Case

Message = dict[str, Any]


Message = dict[str, Any]


def silent_answer(case: Case) -> bool:
    answers = (message for message in case.messages if message["role"] == "assistant")
    return any(not message.get("content") and not message.get("tool_calls") for message in answers)


def loose_results(*seen: str) -> Callable[[Case], bool]:
    """A result that follows no call and no other result (and is not first), or that another role than these follows.

    Messages of other roles than `seen` are looked through; without any all are seen.
    """

    def applies(case: Case) -> bool:
        turns = [message for message in case.messages if not seen or message["role"] in seen]
        for before, message in pairwise(turns):
            called = before["role"] == "assistant" and before.get("tool_calls")
            if message["role"] == "tool" and before["role"] != "tool" and not called:
                return True
            if before["role"] == "tool" and message["role"] not in ("user", "assistant", "tool"):
                return True
        return False

    return applies


def calls_of_others(case: Case) -> bool:
    return any("tool_calls" in message and message["role"] != "assistant" for message in case.messages)


def tools_before_user(case: Case) -> bool:
    """There are tools for the first user message, and another message is first."""
    tools = case.options.get("custom_tools", case.tools)
    turns = case.messages[1:] if case.messages[0]["role"] == "system" else case.messages
    in_user = case.options.get("tools_in_user_message", True)
    return tools is not None and in_user and bool(turns) and turns[0]["role"] != "user"


def ends_on_tag(case: Case) -> bool:
    """The tag of `continue_final_message`, at the end of the content of a message with calls."""
    return any(
        "tool_calls" in message and str(message.get("content")).endswith("CONTINUE_FINAL_MESSAGE_TAG ")
        for message in case.messages
        if message["role"] == "assistant"
    )


def empty_calls(case: Case) -> bool:
    return any(message.get("tool_calls") == [] for message in case.messages)


def foreign_roles(case: Case) -> bool:
    return any(message["role"] not in STANDARD_ROLES for message in case.messages)


def blank_answer(case: Case) -> bool:
    answers = (message for message in case.messages if message["role"] == "assistant" and not message.get("tool_calls"))
    return any(not str(message.get("content") or "").strip() for message in answers)


def empty_reasoning(case: Case) -> bool:
    """An empty field of reasoning, and the end of a thought in the content."""
    for message in case.messages:
        given = [message[key] for key in ("reasoning", "reasoning_content", "thinking") if message.get(key) is not None]
        content = message.get("content")
        if message["role"] == "assistant" and given[:1] == [""] and isinstance(content, str) and "</think>" in content:
            return True
    return False


def reasoning_twice(case: Case) -> bool:
    """A field of reasoning, and the end of a thought in the content."""
    for message in case.messages:
        given = any(message.get(key) is not None for key in ("reasoning", "reasoning_content", "thinking"))
        content = message.get("content")
        texts = (
            [part.get("text") for part in content if isinstance(part, dict)] if isinstance(content, list) else [content]
        )
        if message["role"] == "assistant" and given and "</think>" in "".join(text for text in texts if text):
            return True
    return False


def silence(case: Case) -> bool:
    """A message without content, save a system message that comes first."""
    led = case.messages[0]["role"] == "system"
    return any(message.get("content") is None for message in case.messages[led:])


def blank_edges(case: Case) -> bool:
    """A content of several parts, not of an answer, that begins or ends with a blank text."""
    for message in listed(case.messages, "system", "user", "tool"):
        edges = message["content"][:1] + message["content"][-1:]
        texts = [part.get("text") for part in edges if isinstance(part, dict) and part.get("type") == "text"]
        if len(message["content"]) > 1 and any(isinstance(text, str) and not text.strip() for text in texts):
            return True
    return False


def silent_users(case: Case) -> bool:
    """A message without content, in a row with others."""
    return any(
        len(run) > 1 and any(message.get("content") in (None, []) for message in run) for run in runs(case, "user")
    )


def split_answers(case: Case) -> bool:
    """An answer before another one that calls or says nothing; or a list of parts in a row of answers."""
    for run in runs(case, "assistant"):
        if len(run) > 1 and any(listed(run)):
            return True
        if any(message.get("tool_calls") or not message.get("content") for message in run[:-1]):
            return True
    return False


def uncounted_results(case: Case) -> bool:
    """Results that do not directly follow their calls, or whose number is another."""
    before: Message = {}
    for tool, run in groupby(case.messages, lambda message: message.get("role") == "tool"):
        found = list(run)
        if tool and len(found) != len(before.get("tool_calls") or () if before.get("role") == "assistant" else ()):
            return True
        before = found[-1]
    return False


def results_at_both_ends(case: Case) -> bool:
    return [message.get("role") for message in (*case.messages[:1], *case.messages[-1:])] == ["tool", "tool"]


def of_developers(case: Case) -> bool:
    return any(message.get("role") == "developer" for message in case.messages)


def thought_that_lasts(case: Case) -> bool:
    """Thoughts in the content of an answer that comes last, where they are shown."""
    message = case.messages[-1]
    content = message.get("content")
    if case.options.get("skip_think", True) or message["role"] != "assistant":
        return False
    if not isinstance(content, str) or "</think>" not in content:
        return False
    thought = message.get("reasoning_content")
    return "<think>" in content if thought is None else not thought


def dropped_answer(case: Case) -> bool:
    """An answer that comes last and has calls or, where no prompt follows, says nothing; or calls before an answer."""
    message, roles = case.messages[-1], [message["role"] for message in case.messages]
    silent = not case.prompt and not str(message.get("content") or "").strip()
    if message["role"] == "assistant" and (message.get("tool_calls") or silent):
        return True
    called = [bool(message.get("tool_calls")) for message in case.messages]
    return any(
        pair == ("assistant", "assistant") and calls for pair, calls in zip(pairwise(roles), called, strict=False)
    )


def two_thoughts(case: Case) -> bool:
    """An answer that ends two thoughts."""
    contents = (message.get("content") for message in case.messages if message["role"] == "assistant")
    return any(isinstance(content, str) and content.count("</think>") > 1 for content in contents)


def interrupted(case: Case) -> bool:
    """A message of a role that shares no turn: it follows a user or a result, and no answer or developer follows it."""
    roles = [message["role"] for message in case.messages]
    return any(
        before in ("user", "tool")
        and role not in ("user", "tool", "assistant", "developer")
        and after not in ("assistant", "developer")
        for before, role, after in zip(roles, roles[1:], roles[2:], strict=False)
    )


def foreign_last(case: Case) -> bool:
    """A role that nobody knows has the last word, and before it a user."""
    known = [message["role"] for message in case.messages if message["role"] in STANDARD_ROLES]
    return case.messages[-1]["role"] not in STANDARD_ROLES and known[-1:] == ["user"]


def answer_first(case: Case) -> bool:
    return case.messages[0]["role"] not in ("system", "user", "developer", "tool")


def cut_thoughts(case: Case) -> bool:
    """Thoughts in a content that are shown, begin with a letter of <think>, or do not begin the content."""
    asked = [i for i, m in enumerate(case.messages) if m["role"] == "user" and isinstance(m.get("content"), str)]
    for message in case.messages[asked[-1] + 1 :] if asked and not case.options.get("skip_think") else ():
        given = any(message.get(key) is not None for key in ("reasoning", "reasoning_content", "thinking"))
        content = message.get("content")
        if message["role"] != "assistant" or given or not isinstance(content, str) or "</think>" not in content:
            continue
        thought = content.partition("</think>")[0].rpartition("<think>")[2]
        if thought[:1] in set("<think>") or not content.startswith((f"<think>{thought}</think>", f"{thought}</think>")):
            return True
    return False
