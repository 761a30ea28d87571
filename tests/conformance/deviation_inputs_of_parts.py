"""The conversations of a deviation that have lists of parts as contents."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import groupby, pairwise
from typing import Any

from .oracle import Case

Message = dict[str, Any]


Message = dict[str, Any]


def listed(messages: list[Message], *roles: str) -> Iterator[Message]:
    """The messages of these roles (of all, if none are named) whose content is a list of parts."""
    for message in messages:
        if isinstance(message.get("content"), list) and (not roles or message.get("role") in roles):
            yield message


def parts(*roles: str) -> Callable[[Case], bool]:
    return lambda case: any(listed(case.messages, *roles))


def parts_but(*roles: str) -> Callable[[Case], bool]:
    return lambda case: any(message["role"] not in roles for message in listed(case.messages))


def parts_or_first(case: Case) -> bool:
    """Of an assistant, or of the system message that comes first; the template prints no other."""
    return any(listed(case.messages, "assistant")) or any(listed(case.messages[:1], "system", "developer"))


def parts_of_head(case: Case) -> bool:
    """Of the system message that comes first; others are refused by the template too."""
    return any(listed(case.messages[:1], "system")) and not any(listed(case.messages[1:]))


def parts_of_opener(case: Case) -> bool:
    """Of the system message, or the developer's, that comes first."""
    return any(listed(case.messages[:1], "system", "developer"))


def results_or_head_with_tools(case: Case) -> bool:
    return any(listed(case.messages, "tool")) or (bool(case.tools) and any(listed(case.messages[:1], "system")))


def media_in_head(case: Case) -> bool:
    heads = (part for message in listed(case.messages[:1], "system") for part in message["content"])
    return any(isinstance(part, dict) and part.get("type") != "text" for part in heads)


def shown_or_empty(case: Case) -> bool:
    return results_or_head_with_tools(case) or any(not m["content"] for m in listed(case.messages, "assistant"))


def media_in_result(case: Case) -> bool:
    results = (part for message in listed(case.messages, "tool") for part in message["content"])
    return any(isinstance(part, dict) and part.get("type") != "text" and "output" not in part for part in results)


def media_of(*roles: str) -> Callable[[Case], bool]:
    """A message of these roles has a part that is no text."""

    def applies(case: Case) -> bool:
        parts = (part for message in listed(case.messages, *roles) for part in message["content"])
        return any(isinstance(part, dict) and part.get("type") != "text" for part in parts)

    return applies


def parts_of_opening(*roles: str) -> Callable[[Case], bool]:
    """Of these roles, or of a system message that comes first."""
    return lambda case: any(listed(case.messages, *roles)) or any(listed(case.messages[:1], "system"))


def foreign_or_moved_audio(case: Case) -> bool:
    return foreign_parts("text", "audio", "audio_url")(case) or media_of("system")(case)


def foreign_in_result(case: Case) -> bool:
    results = (part for message in listed(case.messages, "tool") for part in message["content"])
    return any(
        isinstance(part, dict) and part.get("type") not in ("text", "image", "video") and "output" not in part
        for part in results
    )


def foreign_parts(*known: str) -> Callable[[Case], bool]:
    """Some part is of a kind that the format does not know."""

    def applies(case: Case) -> bool:
        parts = (part for message in listed(case.messages) for part in message["content"] if isinstance(part, dict))
        return any(part.get("type") not in known for part in parts)

    return applies


def calls_beside_tools(case: Case) -> bool:
    answers = (message for message in case.messages if message["role"] == "assistant")
    return bool(case.tools) and any(message.get("tool_calls") for message in answers)


def several_pictures(case: Case) -> bool:
    parts = (part for message in listed(case.messages) for part in message["content"] if isinstance(part, dict))
    return sum(part.get("type") in ("image", "image_url") for part in parts) > 1 or media_of("assistant")(case)


def texts_in_a_row(case: Case) -> bool:
    """Two texts without a picture between in an answer, or in a content with a picture."""
    for message in listed(case.messages):
        kinds = [part.get("type") for part in message["content"] if isinstance(part, dict)]
        shown = [kind for kind in kinds if kind in ("text", "image")]
        if ("text", "text") in pairwise(shown) and ("image" in shown or message["role"] == "assistant"):
            return True
    return False


#: The tags of requests in Granite Vision, in the order in which its template looks for them.
TASKS = ("<chart2code>", "<chart2csv>", "<chart2summary>", "<tables_json>", "<tables_html>", "<tables_otsl>")


def tag_and_picture_inside(case: Case) -> bool:
    """A tag and a picture in a message that begins with neither."""
    for message in listed(case.messages, "system", "user"):
        parts = [part for part in message["content"] if isinstance(part, dict)]
        content = "".join("<image>" if part.get("type") == "image" else part.get("text", "") for part in parts)
        tag = next((tag for tag in TASKS if tag in content), "")
        if tag and "<image>" in content and not content.startswith(("<image>", tag)):
            return True
    return False


def mute_answer(case: Case) -> bool:
    return any(message["role"] == "assistant" and message.get("content") is None for message in case.messages)


def mute_or_listed_answer(case: Case) -> bool:
    return mute_answer(case) or any(listed(case.messages, "assistant"))


def parts_in_answer(case: Case) -> bool:
    return any(len(message["content"]) > 1 for message in listed(case.messages, "assistant"))


def several_of(*roles: str) -> Callable[[Case], bool]:
    """A content of several parts, of a message of these roles."""
    return lambda case: any(len(message["content"]) > 1 for message in listed(case.messages, *roles))


def runs(case: Case, role: str) -> Iterator[list[Message]]:
    """The messages of this role that follow each other."""
    for key, run in groupby(case.messages, key=lambda message: message["role"]):
        if key == role:
            yield list(run)


def interleaved(case: Case) -> bool:
    """Two adjacent texts, or two messages, of a user who also sends a picture."""
    for run in runs(case, "user"):
        kinds = [p.get("type") for message in listed(run) for p in message["content"] if isinstance(p, dict)]
        spoken = [message for message in run if message.get("content") is not None]
        if set(kinds) - {"text"} and (len(spoken) > 1 or ("text", "text") in pairwise(kinds)):
            return True
    return False


def pictures_in_a_row(case: Case) -> bool:
    """A picture in one of several messages of users."""
    return any(
        len(run) > 1
        and any(part.get("type") != "text" for m in listed(run) for part in m["content"] if isinstance(part, dict))
        for run in runs(case, "user")
    )


def spoken_or_empty(case: Case) -> bool:
    """Lists in answers, and empty ones anywhere."""
    return any(message["role"] == "assistant" or not message["content"] for message in listed(case.messages))


def beside_parts(case: Case) -> bool:
    """A list as content together with calls or reasoning, or with the name of a result."""
    keys = ("tool_calls", "reasoning_content", "thinking", "reasoning")
    answers = any(message.get(key) for message in listed(case.messages, "assistant") for key in keys)
    return answers or any(message.get("name") for message in listed(case.messages, "tool"))


def parts_late(case: Case) -> bool:
    """Of a system message that is not the first message."""
    return any(listed(case.messages[1:], "system"))


def foreign_or_of_head(case: Case) -> bool:
    """A list of the first system message; or a part that is no text, picture or video, but for those of results."""
    spoken = [message for message in case.messages if message["role"] != "tool"]
    parts = (part for message in listed(spoken) for part in message["content"] if isinstance(part, dict))
    return any(listed(case.messages[:1], "system")) or any(
        p.get("type") not in ("text", "image", "video") for p in parts
    )
