"""Where a shipped spec does not do what the model's own template does, why, and for which inputs.

Each is declared in the spec too (`spec.deviations`). Ours refuses, always: what is not printed as the original
prints it is not printed at all. A predicate holds for these inputs and no others.

`outside` is something else: input that is no conversation by any convention. No format promises anything for it; ours
may print what the original prints, or refuse in words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby, pairwise
from typing import Any

from chatwright.verify.convention import outside
from chatwright.verify.scenarios import BY_NAME

from .format import PICTURES, Format
from .oracle import Case

__all__ = ["TABLE", "Deviation", "of", "outside"]

Message = dict[str, Any]


@dataclass(frozen=True)
class Deviation:
    """One kind of input that the original prints and ours refuses."""

    format: str
    name: str
    #: What the original does with it.
    reason: str
    applies: Callable[[Case], bool]
    #: A scenario that shows it, and a piece of what the original prints for it.
    scenario: str
    prints: str
    #: Options that the scenario needs for that.
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def example(self) -> Case:
        shown = BY_NAME[self.scenario]
        return Case(shown.messages, shown.tools, False, {**shown.options, **self.options})


def _listed(messages: list[Message], *roles: str) -> Iterator[Message]:
    """The messages of these roles (of all, if none are named) whose content is a list of parts."""
    for message in messages:
        if isinstance(message.get("content"), list) and (not roles or message.get("role") in roles):
            yield message


def _parts(*roles: str) -> Callable[[Case], bool]:
    return lambda case: any(_listed(case.messages, *roles))


def _parts_but(*roles: str) -> Callable[[Case], bool]:
    return lambda case: any(message["role"] not in roles for message in _listed(case.messages))


def _parts_or_first(case: Case) -> bool:
    """Of an assistant, or of the system message that comes first; the template prints no other."""
    return any(_listed(case.messages, "assistant")) or any(_listed(case.messages[:1], "system", "developer"))


def _parts_of_head(case: Case) -> bool:
    """Of the system message that comes first; others are refused by the template too."""
    return any(_listed(case.messages[:1], "system")) and not any(_listed(case.messages[1:]))


def _parts_of_opener(case: Case) -> bool:
    """Of the system message, or the developer's, that comes first."""
    return any(_listed(case.messages[:1], "system", "developer"))


def _results_or_head_with_tools(case: Case) -> bool:
    return any(_listed(case.messages, "tool")) or (bool(case.tools) and any(_listed(case.messages[:1], "system")))


def _media_in_head(case: Case) -> bool:
    heads = (part for message in _listed(case.messages[:1], "system") for part in message["content"])
    return any(isinstance(part, dict) and part.get("type") != "text" for part in heads)


def _shown_or_empty(case: Case) -> bool:
    return _results_or_head_with_tools(case) or any(not m["content"] for m in _listed(case.messages, "assistant"))


def _silent_answer(case: Case) -> bool:
    answers = (message for message in case.messages if message["role"] == "assistant")
    return any(not message.get("content") and not message.get("tool_calls") for message in answers)


def _media_in_result(case: Case) -> bool:
    results = (part for message in _listed(case.messages, "tool") for part in message["content"])
    return any(isinstance(part, dict) and part.get("type") != "text" and "output" not in part for part in results)


def _media_of(*roles: str) -> Callable[[Case], bool]:
    """A message of these roles has a part that is no text."""

    def applies(case: Case) -> bool:
        parts = (part for message in _listed(case.messages, *roles) for part in message["content"])
        return any(isinstance(part, dict) and part.get("type") != "text" for part in parts)

    return applies


def _parts_of_opening(*roles: str) -> Callable[[Case], bool]:
    """Of these roles, or of a system message that comes first."""
    return lambda case: any(_listed(case.messages, *roles)) or any(_listed(case.messages[:1], "system"))


def _loose_results(*seen: str) -> Callable[[Case], bool]:
    """A result that stands behind no call or other result (nor first), or is followed by another role than these.

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


def _foreign_or_moved_audio(case: Case) -> bool:
    return _foreign_parts("text", "audio", "audio_url")(case) or _media_of("system")(case)


def _foreign_in_result(case: Case) -> bool:
    results = (part for message in _listed(case.messages, "tool") for part in message["content"])
    return any(
        isinstance(part, dict) and part.get("type") not in ("text", "image", "video") and "output" not in part
        for part in results
    )


def _calls_of_others(case: Case) -> bool:
    return any("tool_calls" in message and message["role"] != "assistant" for message in case.messages)


def _tools_before_user(case: Case) -> bool:
    """There are tools for the first user message, and another message is first."""
    tools = case.options.get("custom_tools", case.tools)
    turns = case.messages[1:] if case.messages[0]["role"] == "system" else case.messages
    in_user = case.options.get("tools_in_user_message", True)
    return tools is not None and in_user and bool(turns) and turns[0]["role"] != "user"


def _ends_on_tag(case: Case) -> bool:
    """The tag of `continue_final_message`, at the end of a content beside calls."""
    return any(
        "tool_calls" in message and str(message.get("content")).endswith("CONTINUE_FINAL_MESSAGE_TAG ")
        for message in case.messages
        if message["role"] == "assistant"
    )


def _foreign_parts(*known: str) -> Callable[[Case], bool]:
    """Some part is of a kind that the format does not know."""

    def applies(case: Case) -> bool:
        parts = (part for message in _listed(case.messages) for part in message["content"] if isinstance(part, dict))
        return any(part.get("type") not in known for part in parts)

    return applies


def _empty_calls(case: Case) -> bool:
    return any(message.get("tool_calls") == [] for message in case.messages)


def _foreign_roles(case: Case) -> bool:
    known = ("user", "assistant", "system", "developer", "tool")
    return any(message["role"] not in known for message in case.messages)


def _blank_answer(case: Case) -> bool:
    answers = (message for message in case.messages if message["role"] == "assistant" and not message.get("tool_calls"))
    return any(not str(message.get("content") or "").strip() for message in answers)


def _calls_beside_tools(case: Case) -> bool:
    answers = (message for message in case.messages if message["role"] == "assistant")
    return bool(case.tools) and any(message.get("tool_calls") for message in answers)


def _several_pictures(case: Case) -> bool:
    parts = (part for message in _listed(case.messages) for part in message["content"] if isinstance(part, dict))
    return sum(part.get("type") in ("image", "image_url") for part in parts) > 1 or _media_of("assistant")(case)


def _empty_reasoning(case: Case) -> bool:
    """An empty field of reasoning, and the end of a thought in the content."""
    for message in case.messages:
        given = [message[key] for key in ("reasoning", "reasoning_content", "thinking") if message.get(key) is not None]
        content = message.get("content")
        if message["role"] == "assistant" and given[:1] == [""] and isinstance(content, str) and "</think>" in content:
            return True
    return False


def _reasoning_twice(case: Case) -> bool:
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


def _texts_in_a_row(case: Case) -> bool:
    """Two texts without a picture between in an answer, or in a content with a picture."""
    for message in _listed(case.messages):
        kinds = [part.get("type") for part in message["content"] if isinstance(part, dict)]
        shown = [kind for kind in kinds if kind in ("text", "image")]
        if ("text", "text") in pairwise(shown) and ("image" in shown or message["role"] == "assistant"):
            return True
    return False


def _silence(case: Case) -> bool:
    """A message without content, save a system message that comes first."""
    led = case.messages[0]["role"] == "system"
    return any(message.get("content") is None for message in case.messages[led:])


#: What stands for a request in Granite Vision, those that are looked for first before others.
TASKS = ("<chart2code>", "<chart2csv>", "<chart2summary>", "<tables_json>", "<tables_html>", "<tables_otsl>")


def _tag_and_picture_inside(case: Case) -> bool:
    """A tag and a picture in a message that begins with neither."""
    for message in _listed(case.messages, "system", "user"):
        parts = [part for part in message["content"] if isinstance(part, dict)]
        content = "".join("<image>" if part.get("type") == "image" else part.get("text", "") for part in parts)
        tag = next((tag for tag in TASKS if tag in content), "")
        if tag and "<image>" in content and not content.startswith(("<image>", tag)):
            return True
    return False


def _mute_answer(case: Case) -> bool:
    return any(message["role"] == "assistant" and message.get("content") is None for message in case.messages)


def _mute_or_listed_answer(case: Case) -> bool:
    return _mute_answer(case) or any(_listed(case.messages, "assistant"))


def _parts_in_answer(case: Case) -> bool:
    return any(len(message["content"]) > 1 for message in _listed(case.messages, "assistant"))


def _blank_edges(case: Case) -> bool:
    """A content of several parts, not of an answer, that begins or ends with a blank text."""
    for message in _listed(case.messages, "system", "user", "tool"):
        edges = message["content"][:1] + message["content"][-1:]
        texts = [part.get("text") for part in edges if isinstance(part, dict) and part.get("type") == "text"]
        if len(message["content"]) > 1 and any(isinstance(text, str) and not text.strip() for text in texts):
            return True
    return False


def _several_of(*roles: str) -> Callable[[Case], bool]:
    """A content of several parts, of a message of these roles."""
    return lambda case: any(len(message["content"]) > 1 for message in _listed(case.messages, *roles))


def _runs(case: Case, role: str) -> Iterator[list[Message]]:
    """The messages of this role that stand in a row."""
    for key, run in groupby(case.messages, key=lambda message: message["role"]):
        if key == role:
            yield list(run)


def _interleaved(case: Case) -> bool:
    """Two texts that stand together, or two messages, of a user beside a picture."""
    for run in _runs(case, "user"):
        kinds = [p.get("type") for message in _listed(run) for p in message["content"] if isinstance(p, dict)]
        spoken = [message for message in run if message.get("content") is not None]
        if set(kinds) - {"text"} and (len(spoken) > 1 or ("text", "text") in pairwise(kinds)):
            return True
    return False


def _pictures_in_a_row(case: Case) -> bool:
    """A picture in one of several messages of users."""
    return any(
        len(run) > 1
        and any(part.get("type") != "text" for m in _listed(run) for part in m["content"] if isinstance(part, dict))
        for run in _runs(case, "user")
    )


def _silent_users(case: Case) -> bool:
    """A message without content, in a row with others."""
    return any(
        len(run) > 1 and any(message.get("content") in (None, []) for message in run) for run in _runs(case, "user")
    )


def _split_answers(case: Case) -> bool:
    """An answer before another one that calls or says nothing; or a list of parts in a row of answers."""
    for run in _runs(case, "assistant"):
        if len(run) > 1 and any(_listed(run)):
            return True
        if any(message.get("tool_calls") or not message.get("content") for message in run[:-1]):
            return True
    return False


def _uncounted_results(case: Case) -> bool:
    """Results that do not stand right behind their calls, or are not as many."""
    before: Message = {}
    for tool, run in groupby(case.messages, lambda message: message.get("role") == "tool"):
        found = list(run)
        if tool and len(found) != len(before.get("tool_calls") or () if before.get("role") == "assistant" else ()):
            return True
        before = found[-1]
    return False


def _spoken_or_empty(case: Case) -> bool:
    """Lists in answers, and empty ones anywhere."""
    return any(message["role"] == "assistant" or not message["content"] for message in _listed(case.messages))


def _results_at_both_ends(case: Case) -> bool:
    return [message.get("role") for message in (*case.messages[:1], *case.messages[-1:])] == ["tool", "tool"]


def _beside_parts(case: Case) -> bool:
    """Calls or reasoning beside a content that is a list, or the name of a result."""
    keys = ("tool_calls", "reasoning_content", "thinking", "reasoning")
    answers = any(message.get(key) for message in _listed(case.messages, "assistant") for key in keys)
    return answers or any(message.get("name") for message in _listed(case.messages, "tool"))


def _of_developers(case: Case) -> bool:
    return any(message.get("role") == "developer" for message in case.messages)


_DROPPED = "the template prints nothing for a content that is a list of parts"
_BITTEN = "the template takes letters of a tag off thoughts in a content"
_REPR = "the template prints a content that is a list of parts as Python shows it"
_FOREIGN = "the template prints nothing for a part of a kind that it does not know"
_EMPTY = "the template prints nothing for an empty list of parts beside calls"
_OTHERS = "the template prints the calls of a message that is not the assistant's as if it were"
_RELABELLED = "the template puts the tools into the first message and calls it a user message, whatever it is"
_MOVED = "the template moves the tag of continue_final_message behind the calls"
_LEFT_OUT = "the template leaves out what the first system message has beside text"
_OPEN = "the template opens a turn for an answer without content and calls, and does not close it"
_COUNTED = "the template's marks around results depend on all results before"
_UNCLOSED = "the template opens a list of calls for no call, and closes neither it nor the turn"

_MUTE = "the template prints nothing for a picture or a video of a system message or an answer"
_ANY_LAST = "the template asks about the last answer, whoever has the last word"
_PASSED = "the template prints nothing for a system message that is not the first"
_UNSEEN = "the template drops messages of developers, though earlier thoughts go for them"
_UNTAGGED = "the template leaves out the tag before a result that begins a conversation, if another ends it"
_FORGOTTEN = "the template forgets calls, thoughts and names beside a content that is a list of parts"
_UNEVEN = "the template leaves results open where there are not as many as calls before them"
_UNNUMBERED = "the template counts a picture or a video of the first system message without numbering it"
_TURN_EACH = "the template gives each part of the first system message a turn of its own"
_LOOKED = "the template looks for reasoning in the content where its field is empty"
_APART = "the template puts a blank between texts that stand together, unless a picture stands between"
_LEFT_OPEN = "the template does not close the turn of a message without content"
_LINED = "the template joins the parts of an answer with newlines and looks for thoughts in them all"
_WHOLE = "the template strips a content of several parts as a whole"
_JOINED = "the template joins texts that stand together with empty lines, unless a picture stands between"
_UNJOINED = "the template joins messages of users in a row with empty lines, but for those without content"
_GATHERED = "the template moves the calls of answers in a row behind all their texts"

_UNSPACED = "the template leaves out a blank behind an answer without content"
_OPEN_LIST = "the template leaves an answer open that is a list of parts, or that has no content"
_SOUGHT = "the template looks where in a message a tag and a picture stand"
_APIECE = "the template makes turns of the parts of an answer, and drops one without content"
_FIRST = "the template prints the first part of a content alone"
_CAPITAL = "the template writes any role with a capital"

_AS_THEY_CAME = "the template prints the calls as they came, ids and all"
_NUMBERED = "the template numbers several pictures, each at the start"
_UNANSWERED = "the template prints nothing for an answer that is a list of parts, and does not close it"

_ANSWER_DROPPED = "the template drops the calls of an answer that comes last, and all of it where it says nothing"
_BETWEEN = "the template prints what stands between the first two </think> of an answer"
_UNSEEN = "the template sees no message that it does not print between two that share a turn"
_UNBEGUN = "the template begins no sequence where an answer comes first"

_OLMO = ("olmo3_think_sft", "olmo3_think_32b", "olmo3_1", "olmo3_1_unsloth")

_PARTS = "parts"
_ANY = ("user", "assistant", "tool", "system")
_SHOWN = "[{'type': 'text'"
_KIMI = ("text", "image", "image_url")
_OMNI = (*PICTURES, "audio", "audio_url")


def _shown(applies: Callable[[Case], bool], scenario: str, *formats: str) -> list[Deviation]:
    """Formats that refuse parts where the template prints them as Python shows them."""
    return [Deviation(name, _PARTS, _REPR, applies, scenario, _SHOWN) for name in formats]


def _thought_that_lasts(case: Case) -> bool:
    """Thoughts in the content of an answer that comes last, where they are shown."""
    message = case.messages[-1]
    content = message.get("content")
    if case.options.get("skip_think", True) or message["role"] != "assistant":
        return False
    if not isinstance(content, str) or "</think>" not in content:
        return False
    thought = message.get("reasoning_content")
    return "<think>" in content if thought is None else not thought


def _dropped_answer(case: Case) -> bool:
    """An answer that comes last and has calls or, where no prompt follows, says nothing; or calls before an answer."""
    message, roles = case.messages[-1], [message["role"] for message in case.messages]
    silent = not case.prompt and not str(message.get("content") or "").strip()
    if message["role"] == "assistant" and (message.get("tool_calls") or silent):
        return True
    called = [bool(message.get("tool_calls")) for message in case.messages]
    return any(
        pair == ("assistant", "assistant") and calls for pair, calls in zip(pairwise(roles), called, strict=False)
    )


def _two_thoughts(case: Case) -> bool:
    """An answer that ends two thoughts."""
    contents = (message.get("content") for message in case.messages if message["role"] == "assistant")
    return any(isinstance(content, str) and content.count("</think>") > 1 for content in contents)


def _interrupted(case: Case) -> bool:
    """A message of a role that shares no turn behind a user or a result, and no answer or developer behind it."""
    roles = [message["role"] for message in case.messages]
    return any(
        before in ("user", "tool")
        and role not in ("user", "tool", "assistant", "developer")
        and after not in ("assistant", "developer")
        for before, role, after in zip(roles, roles[1:], roles[2:], strict=False)
    )


_KNOWN = ("user", "assistant", "system", "developer", "tool")


def _foreign_last(case: Case) -> bool:
    """A role that nobody knows has the last word, and before it a user."""
    known = [message["role"] for message in case.messages if message["role"] in _KNOWN]
    return case.messages[-1]["role"] not in _KNOWN and known[-1:] == ["user"]


def _parts_late(case: Case) -> bool:
    """Of a system message that is not the first message."""
    return any(_listed(case.messages[1:], "system"))


def _answer_first(case: Case) -> bool:
    return case.messages[0]["role"] not in ("system", "user", "developer", "tool")


def _cut_thoughts(case: Case) -> bool:
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


def _foreign_or_of_head(case: Case) -> bool:
    """A list of the first system message; or a part that is no text, picture or video, but for those of results."""
    spoken = [message for message in case.messages if message["role"] != "tool"]
    parts = (part for message in _listed(spoken) for part in message["content"] if isinstance(part, dict))
    return any(_listed(case.messages[:1], "system")) or any(
        p.get("type") not in ("text", "image", "video") for p in parts
    )


TABLE = [
    Deviation("qwen3", _PARTS, _DROPPED, _parts(*_ANY), "part_text", "user\n<|im_end|>"),
    Deviation("qwen3_2507", _PARTS, _DROPPED, _parts(*_ANY), "part_text", "user\n<|im_end|>"),
    Deviation("qwen2_5", _PARTS, _REPR, _parts(*_ANY), "result_parts", _SHOWN),
    Deviation("llama3_1", _PARTS, _REPR, _parts_but("tool", "ipython"), "part_text", _SHOWN),
    Deviation("llama3_1", "calls_of_others", _OTHERS, _calls_of_others, "call_on_user", "assistant<|end_header_id|>"),
    Deviation("llama3_1", "tools_before_user", _RELABELLED, _tools_before_user, "tools_assistant_first", "Hello!<|eot"),
    Deviation("gpt_oss", _PARTS, _REPR, _parts_or_first, "parts_of_system", _SHOWN),
    Deviation("deepseek_v3_1", _PARTS, _EMPTY, _parts("assistant"), "parts_of_call_empty", "<｜tool▁calls▁begin｜>"),
    Deviation("deepseek_v4", _PARTS, _REPR, _parts("developer", *_ANY), "part_text", _SHOWN),
    Deviation("minimax_m2", _PARTS, _REPR, _media_in_result, "result_image", "{'type': 'image'"),
    Deviation("nemotron3_nano", _PARTS, _REPR, _parts(), "part_text", _SHOWN),
    Deviation("mistral_v0_3", _PARTS, _REPR, _parts("assistant", "tool"), "result_parts", _SHOWN),
    Deviation("mistral_v0_3", "empty_calls", _UNCLOSED, _empty_calls, "calls_empty_last", "[TOOL_CALLS] ["),
    Deviation("gemma4", "calls_of_others", _OTHERS, _calls_of_others, "call_on_user", "<|turn>user\n<|tool_call>"),
    Deviation("lfm2_5", "continue_tag", _MOVED, _ends_on_tag, "continue_tag", "]<|tool_call_end|>CONTINUE"),
    Deviation(
        "kimi_k2_6", _PARTS, _FOREIGN, _foreign_parts(*_KIMI, "video", "video_url"), "part_unknown", "a<|im_end|>"
    ),
    Deviation("kimi_k2_thinking", _PARTS, _FOREIGN, _foreign_parts(*_KIMI), "part_unknown", "a<|im_end|>"),
    # ChatML and other shells
    Deviation("olmo3", _PARTS, _REPR, _parts("assistant"), "parts_of_assistant", _SHOWN),
    Deviation("fanar1", _PARTS, _REPR, _parts_of_head, "parts_of_system", _SHOWN),
    Deviation("talkie", _PARTS, _REPR, _parts("user", "assistant", "system"), "part_text", _SHOWN),
    Deviation("avibe", _PARTS, _REPR, _results_or_head_with_tools, "result_parts", _SHOWN),
    Deviation("ling2", _PARTS, _DROPPED, _parts("assistant", "tool"), "result_parts", "<tool_response>\n\n"),
    Deviation("olmo3_sft", _PARTS, _REPR, _parts("assistant"), "parts_of_assistant", _SHOWN),
    Deviation("lfm2_5_350m", "system_media", _LEFT_OUT, _media_in_head, "parts_of_system_image", "system\nBe brief."),
    Deviation("hermes4", _PARTS, _REPR, _shown_or_empty, "result_parts", _SHOWN),
    Deviation("hermes4", "unclosed", _OPEN, _silent_answer, "assistant_empty", "Hi<|im_end|>\n<|im_start|>assistant"),
    Deviation("cohere2", _PARTS, _REPR, _parts("user", "assistant", "system"), "part_text", _SHOWN),
    Deviation("dialogpt", _PARTS, _REPR, _parts(), "part_text", _SHOWN),
    # Qwen and Nemotron
    Deviation("qwen2_5_vl", _PARTS, _FOREIGN, _foreign_parts(*PICTURES), "part_unknown", "a<|im_end|>"),
    Deviation("qwen2_5_omni", _PARTS, _FOREIGN, _foreign_parts(*_OMNI), "part_unknown", "a<|im_end|>"),
    Deviation("qwen3_2507_thinker", _PARTS, _DROPPED, _parts(*_ANY), "part_text", "user\n<|im_end|>"),
    Deviation("qwen3_vl", _PARTS, _FOREIGN, _foreign_parts(*PICTURES), "part_unknown", "a<|im_end|>"),
    Deviation("qwen3_vl", "media", _MUTE, _media_of("system", "assistant"), "parts_of_system_image", "m\nBe brief."),
    Deviation("qwen3_vl_embedding", _PARTS, _FOREIGN, _foreign_parts(*PICTURES), "part_unknown", "a<|im_end|>"),
    Deviation(
        "qwen3_vl_embedding", "media", _MUTE, _media_of("system", "assistant"), "parts_of_system_image", "m\nBe brief."
    ),
    Deviation("qwen3_vl_thinker", _PARTS, _FOREIGN, _foreign_parts(*PICTURES), "part_unknown", "a<|im_end|>"),
    Deviation(
        "qwen3_vl_thinker", "media", _UNNUMBERED, _media_of("system"), "parts_of_system_image", "_end|>Be brief."
    ),
    Deviation("qwen3_omni", _PARTS, _FOREIGN, _foreign_parts(*_OMNI), "part_unknown", "a<|im_end|>"),
    Deviation("qwen3_omni", "media", _TURN_EACH, _media_of("system"), "parts_of_system_image", "_end|><|im_end|>"),
    Deviation("qwen3_omni_thinking", _PARTS, _FOREIGN, _foreign_parts(*_OMNI), "part_unknown", "a<|im_end|>"),
    Deviation(
        "qwen3_omni_thinking", "media", _TURN_EACH, _media_of("system"), "parts_of_system_image", "_end|><|im_end|>"
    ),
    Deviation("qwen3_coder", _PARTS, _REPR, _parts(), "result_parts", _SHOWN),
    Deviation("qwen3_coder_next", _PARTS, _REPR, _parts(), "result_parts", _SHOWN),
    Deviation("nemotron3_super", _PARTS, _REPR, _parts(), "part_text", _SHOWN),
    Deviation("nemotron3_ultra", _PARTS, _REPR, _parts(), "part_text", _SHOWN),
    Deviation("nemotron3_5_lightning", _PARTS, _REPR, _parts(), "part_text", _SHOWN),
    Deviation("nemotron_labs_diffusion", _PARTS, _REPR, _parts(), "part_text", _SHOWN),
    Deviation("qwq", _PARTS, _REPR, _parts(*_ANY), "result_parts", _SHOWN),
    Deviation("qwq_preview", _PARTS, _REPR, _parts(*_ANY), "result_parts", _SHOWN),
    Deviation("qwen2_5_math", _PARTS, _REPR, _parts(*_ANY), "result_parts", _SHOWN),
    Deviation(
        "qwen3_reranker",
        _PARTS,
        _REPR,
        _parts("system", "query", "document"),
        "parts_of_system",
        "<Instruct>: [{'type'",
    ),
    Deviation("qwen3_asr", _PARTS, _FOREIGN, _foreign_or_moved_audio, "part_unknown", "user\n<|im_end|>"),
    Deviation("qwen3_2504", _PARTS, _REPR, _parts("tool"), "result_parts", _SHOWN),
    Deviation("qwen3_answering", _PARTS, _DROPPED, _parts(*_ANY), "part_text", "user\n<|im_end|>"),
    Deviation("minicpm_v_4_5", _PARTS, _REPR, _parts("tool"), "result_parts", _SHOWN),
    Deviation("minicpm_o_4_5", _PARTS, _REPR, _parts("tool"), "result_parts", _SHOWN),
    Deviation("nemotron_parse", _PARTS, _REPR, _parts(), "part_text", _SHOWN),
    Deviation(
        "intern_s1_pro", _PARTS, _FOREIGN, _foreign_parts(*PICTURES, "time_series"), "part_unknown", "a<|im_end|>"
    ),
    Deviation("intern_s1_pro", "media", _UNNUMBERED, _media_of("system"), "parts_of_system_image", "_end|>Be brief."),
    Deviation("qwen3_embedding", _PARTS, _REPR, _parts(*_ANY), "result_parts", _SHOWN),
    # Gemma, Llama and other classics
    Deviation("gemma4_e4b", "calls_of_others", _OTHERS, _calls_of_others, "call_on_user", "<|turn>user\n<|tool_call>"),
    Deviation("diffusiongemma", "calls_of_others", _OTHERS, _calls_of_others, "call_on_user", "user\n<|tool_call>"),
    Deviation("gemma4_v4", "calls_of_others", _OTHERS, _calls_of_others, "call_on_user", "user\n<|tool_call>"),
    Deviation("gemma4_v4_e4b", "calls_of_others", _OTHERS, _calls_of_others, "call_on_user", "user\n<|tool_call>"),
    Deviation("llama3", _PARTS, _REPR, _parts(), "part_text", _SHOWN),
    Deviation("llama3_nous", _PARTS, _REPR, _parts(), "part_text", _SHOWN),
    Deviation("vikhr_nemo", _PARTS, _REPR, _parts(), "part_text", _SHOWN),
    Deviation("nemotron_super", _PARTS, _REPR, _parts(), "part_text", _SHOWN),
    Deviation("gemma2", _PARTS, _REPR, _parts(), "part_text", _SHOWN),
    Deviation("codellama", _PARTS, _REPR, _parts("user", "assistant"), "part_text", _SHOWN),
    Deviation("granite_speech", _PARTS, _REPR, _parts("user", "assistant"), "part_text", _SHOWN),
    Deviation("deepseek_coder", _PARTS, _REPR, _parts("system"), "parts_of_system", _SHOWN),
    # DeepSeek, GLM, Kimi, MiniMax, Laguna, Hunyuan 3
    Deviation("glm4_1v", _PARTS, _REPR, _parts("system", "assistant"), "parts_of_system", _SHOWN),
    Deviation(
        "kimi_k2_5", _PARTS, _FOREIGN, _foreign_parts(*_KIMI, "video", "video_url"), "part_unknown", "a<|im_end|>"
    ),
    Deviation(
        "kimi_k2_7", _PARTS, _FOREIGN, _foreign_parts(*_KIMI, "video", "video_url"), "part_unknown", "a<|im_end|>"
    ),
    Deviation("kimi_k2", _PARTS, _FOREIGN, _foreign_parts(*_KIMI), "part_unknown", "a<|im_end|>"),
    Deviation("kimi_linear", _PARTS, _FOREIGN, _foreign_parts(*_KIMI), "part_unknown", "a<|im_end|>"),
    Deviation("kimi_vl", _PARTS, _FOREIGN, _foreign_parts(*_KIMI), "part_unknown", "a<|im_end|>"),
    Deviation("moonlight", _PARTS, _REPR, _parts(), "part_text", _SHOWN),
    Deviation("minimax_m2_r2", _PARTS, _REPR, _media_in_result, "result_image", "{'type': 'image'"),
    Deviation("minimax_m2_1", _PARTS, _REPR, _media_in_result, "result_image", "{'type': 'image'"),
    Deviation("minimax_m2_5", _PARTS, _REPR, _media_in_result, "result_image", "{'type': 'image'"),
    Deviation("minimax_m2_7", _PARTS, _REPR, _media_in_result, "result_image", "{'type': 'image'"),
    Deviation("minimax_m3", _PARTS, _REPR, _foreign_in_result, "result_audio", "{'type': 'audio'"),
    Deviation("gpt_oss_safeguard", _PARTS, _REPR, _parts_or_first, "parts_of_system", _SHOWN),
    Deviation("internvl3_5_gpt_oss", _PARTS, _REPR, _parts_or_first, "parts_of_system", _SHOWN),
    Deviation("hunyuan_ocr", _PARTS, _REPR, _parts_of_opening("assistant"), "parts_of_assistant", _SHOWN),
    Deviation("hy_mt", _PARTS, _REPR, _parts("system", "user", "assistant"), "part_text", _SHOWN),
    Deviation("chatglm3", _PARTS, _REPR, _parts(), "part_text", _SHOWN),
    *(
        Deviation(
            *(name, "loose_results", _COUNTED, _loose_results("user", "assistant", "tool")),
            *("result_without_call", "<｜tool▁outputs▁begin｜>"),
        )
        for name in ("deepseek_r1_0528", "dspv2_guide")
    ),
    Deviation("hy3_preview", "loose_results", _COUNTED, _loose_results(), "result_after_answer", "</think>"),
    Deviation("glm4_0414", _PARTS, _REPR, _parts("system", "user", "assistant", "observation"), "part_text", _SHOWN),
    Deviation("hy_mt2_30b", "loose_results", _COUNTED, _loose_results(), "result_after_answer", "</think>"),
    Deviation("laguna_s_2_1", _PARTS, _DROPPED, _parts(*_ANY), "part_text", "<user></user>"),
    Deviation("laguna_s_2_1_nothink", _PARTS, _DROPPED, _parts(*_ANY), "part_text", "<user></user>"),
    Deviation("deepseek_v2_5", _PARTS, _REPR, _parts("system"), "parts_of_system", _SHOWN),
    Deviation("stepfun_formalizer", _PARTS, _REPR, _parts("system"), "parts_of_system", _SHOWN),
    Deviation("deepseek_r1_distill", _PARTS, _REPR, _parts("system"), "parts_of_system", _SHOWN),
    # Formats that many repositories share
    Deviation("grove_moe", _PARTS, _DROPPED, _parts(*_ANY), "part_text", "user\n<|im_end|>"),
    *_shown(_parts("tool"), "result_parts", "qwen3_launch"),
    *_shown(_parts(), "part_text", "cogvlm2", "tower_vision", "eurollm", "glm4_9b"),
    *_shown(_parts("system"), "parts_of_system", "deepseek_vl2"),
    *_shown(_parts_of_head, "parts_of_system", "yi1_5"),
    *_shown(_parts_but("tool", "ipython"), "part_text", "nemotron_70b"),
    *_shown(_parts_but("tool", "ipython"), "parts_of_system", "grok_oss_revenant"),
    *_shown(_parts("assistant"), "parts_of_assistant", "olmo3_bar", "olmo3_think", *_OLMO),
    *_shown(_parts("tool"), "result_parts", "vinoku_svg"),
    *_shown(_results_or_head_with_tools, "parts_of_system_tools", "falcon3"),
    *_shown(_parts("system"), "parts_of_system", "phi4_mini_reasoning"),
    *(
        Deviation(name, "calls_of_others", _OTHERS, _calls_of_others, "call_on_user", "assistant<|end_header_id|>")
        for name in ("grok_oss_revenant", "nemotron_70b")
    ),
    *(
        Deviation(name, "tools_before_user", _RELABELLED, _tools_before_user, "tools_assistant_first", "Hello!<|eot")
        for name in ("grok_oss_revenant", "nemotron_70b")
    ),
    Deviation("locate_anything", _PARTS, _FOREIGN, _foreign_parts(*PICTURES), "part_unknown", "a<|im_end|>"),
    Deviation("hermes4_3", _PARTS, _REPR, _shown_or_empty, "result_parts", _SHOWN),
    Deviation("hermes4_3", "unclosed", _OPEN, _silent_answer, "assistant_empty", "assistant<|end_header_id|>\n"),
    Deviation(
        "lfm2_5_instruct",
        _PARTS,
        "the template prints an answer that is a list of parts as JSON, cut at a </think>",
        _parts("assistant"),
        "parts_of_assistant",
        '[{"type": "text"',
    ),
    Deviation("falcon3", "calls", _AS_THEY_CAME, _calls_beside_tools, "call", '"id": "call00001"'),
    Deviation("molmo2", "pictures", _NUMBERED, _several_pictures, "parts_counted", "Image 2<|image|>"),
    *_shown(_parts_but("user", "system", "tool"), "parts_of_assistant", "kanana1_5"),
    *(
        deviation
        for name in ("seed_oss", "seed_oss_unsloth")
        for deviation in (
            Deviation(name, _PARTS, _UNANSWERED, _parts("assistant"), "parts_of_assistant_last", "assistant"),
            Deviation(name, "unclosed", _OPEN, _blank_answer, "assistant_empty", "<seed:bos>assistant"),
        )
    ),
    Deviation("openchat3_5", "roles", _CAPITAL, _foreign_roles, "unknown_role", "GPT4 Correct Critic"),
    *_shown(_parts_but("user"), "parts_of_system", "minicpm_moe"),
    *(
        Deviation(f"gemma4_{name}", "calls_of_others", _OTHERS, _calls_of_others, "call_on_user", "user\n<|tool_call>")
        for name in ("v1", "v1_e4b", "v2", "v2_e4b", "v3", "v3_e4b")
    ),
    *(
        Deviation(f"gemma4_{name}", _PARTS, _REPR, _parts_of_opener, "parts_of_system", _SHOWN)
        for name in ("v2", "v2_e4b", "v3", "v3_e4b")
    ),
    Deviation("llama3_2", _PARTS, _REPR, _parts_but("tool", "ipython"), "part_text", _SHOWN),
    Deviation("llama3_2", "calls_of_others", _OTHERS, _calls_of_others, "call_on_user", "assistant<|end_header_id|"),
    Deviation("llama3_2", "tools_before_user", _RELABELLED, _tools_before_user, "tools_assistant_first", "Hello!<|"),
    Deviation("lfm2_5_v2", "continue_tag", _MOVED, _ends_on_tag, "continue_tag", "]<|tool_call_end|>CONTINUE"),
    Deviation("hy3", "loose_results", _COUNTED, _loose_results(), "result_after_answer", "</think:opensource>"),
    *(
        row
        for name in ("laguna_xs_2", "laguna_xs_2_1")
        for row in (
            Deviation(name, _PARTS, _DROPPED, _parts(*_ANY), "part_text", "<user>\n\n</user>"),
            Deviation(name, "empty_reasoning", _LOOKED, _empty_reasoning, "inline_and_empty_field", "\na\n</think>"),
        )
    ),
    Deviation("mimo_v2_flash", _PARTS, _REPR, _parts("assistant", "tool"), "result_parts", _SHOWN),
    Deviation("ernie4_5_vl", "reasoning_twice", _LOOKED, _reasoning_twice, "inline_and_field", "<think>\na\n</think>"),
    Deviation("ernie4_5_vl", "media_of_answers", _MUTE, _media_of("assistant"), "parts_of_assistant_image", ": Here<"),
    Deviation("step3_7_flash", "interleaved", _APART, _texts_in_a_row, "parts_of_assistant", " a   b "),
    Deviation("nemotron_cascade_2", _PARTS, _REPR, _parts(), "part_text", _SHOWN),
    *(
        Deviation(name, _PARTS, _DROPPED, _parts("user", "assistant", "tool"), "part_text", "user\n<|im_end|>")
        for name in ("smollm3", "smollm3_unsloth")
    ),
    Deviation("typhoon2", _PARTS, _REPR, _parts_but("tool"), "part_text", _SHOWN),
    Deviation("nemotron_super_v1_5", _PARTS, _REPR, _parts("user", "assistant", "tool"), "part_text", _SHOWN),
    Deviation("nemotron_nano_v1", _PARTS, _REPR, _parts_of_opening("user", "assistant", "tool"), "part_text", _SHOWN),
    Deviation("nemotron_nano_v1", "empty_calls", _UNCLOSED, _empty_calls, "calls_empty_last", "<TOOLCALL>["),
    Deviation("lfm2_5_vl_450m", "silence", _LEFT_OPEN, _silence, "assistant_null_early", "assistant\n<|im_start|>user"),
    Deviation("mistral_nemo", _PARTS, _REPR, _parts("assistant", "tool"), "result_parts", _SHOWN),
    Deviation("mistral_nemo", "empty_calls", _UNCLOSED, _empty_calls, "calls_empty_last", "[TOOL_CALLS]["),
    Deviation("minicpm_v_4_6", "answer_parts", _LINED, _parts_in_answer, "parts_of_assistant", "a \n b<|im_end|>"),
    Deviation("minicpm_v_4_6", "blank_edges", _WHOLE, _blank_edges, "part_blank_first", "user\na<|im_end|>"),
    Deviation("devstral_2", _PARTS, _REPR, _parts("tool"), "result_parts", _SHOWN),
    Deviation("devstral_2", "silent_users", _UNJOINED, _silent_users, "users_one_silent", "[INST]Hi[/INST]"),
    Deviation("devstral_2", "split_answers", _GATHERED, _split_answers, "call_then_assistant", "It is sunny.[TOOL"),
    *(
        row
        for name in (
            *("ministral3_3b", "ministral3_8b", "ministral3_14b", "devstral_small_2"),
            *("mistral_large_3", "ministral3_reasoning"),
        )
        for row in (
            Deviation(name, _PARTS, _REPR, _parts("tool"), "result_parts", _SHOWN),
            Deviation(name, "interleaved", _JOINED, _interleaved, "users_image_between", "a[IMG]b"),
        )
    ),
    *(
        Deviation(name, "interleaved", _JOINED, _pictures_in_a_row, "users_image_between", "a[IMG]b")
        for name in ("mistral_small_4", "mistral_medium_3_5", "leanstral")
    ),
    *(
        row
        for name in (
            *("ministral3_3b", "ministral3_8b", "ministral3_14b", "devstral_small_2"),
            *("mistral_large_3", "ministral3_reasoning", "mistral_small_4", "mistral_medium_3_5", "leanstral"),
        )
        for row in (
            Deviation(name, "silent_users", _UNJOINED, _silent_users, "users_one_silent", "[INST]Hi[/INST]"),
            Deviation(name, "split_answers", _GATHERED, _split_answers, "call_then_assistant", "It is sunny.[TOOL"),
        )
    ),
    Deviation("exaone4_0", _PARTS, _REPR, _parts("user", "assistant", "system"), "part_text", _SHOWN),
    Deviation(
        *("exaone4_0", "cut_thoughts", _BITTEN, _thought_that_lasts, "inline", "<think>\nwo and two."),
        options={"skip_think": False},
    ),
    Deviation("qwen3_coder_launch", _PARTS, _REPR, _parts(), "result_parts", _SHOWN),
    Deviation("deepseek_coder_v2_0724", _PARTS, _REPR, _parts("system"), "parts_of_system", _SHOWN),
    Deviation("deepseek_v3_2", "developers", _UNSEEN, _of_developers, "developer", "><｜User｜>Hi"),
    Deviation("deepseek_v3_2", _PARTS, _REPR, _spoken_or_empty, "parts_of_assistant", _SHOWN),
    Deviation("deepseek_v3_2", "results", _UNEVEN, _uncounted_results, "ids_same", "</result>It"),
    Deviation("longcat_flash_chat", _PARTS, _REPR, _parts("user", "assistant"), "part_text", _SHOWN),
    Deviation("longcat_flash_lite", _PARTS, _REPR, _parts("user", "assistant", "tool"), "part_text", _SHOWN),
    Deviation(
        "longcat_flash_lite", "first_result", _UNTAGGED, _results_at_both_ends, "tool_first", "<longcat_tool_res"
    ),
    Deviation("longcat_2_0", "first_result", _UNTAGGED, _results_at_both_ends, "tool_first", "<longcat_tool_res"),
    Deviation("longcat_2_0", "foreign_parts", _FOREIGN, _foreign_parts("text"), "part_image", "<longcat_user>"),
    Deviation("longcat_2_0", "parts_beside", _FORGOTTEN, _beside_parts, "parts_of_call", "<longcat_assistant>"),
    # Formats of pictures and sounds
    Deviation(
        "hyperclovax_vision",
        _PARTS,
        _APIECE,
        _mute_or_listed_answer,
        "parts_of_assistant",
        "a <|im_end|>\n<|im_start|>",
    ),
    Deviation("step_audio_editx", _PARTS, _REPR, _parts(), "part_text", _SHOWN),
    Deviation("smolvlm", "roles", _CAPITAL, _foreign_roles, "unknown_role", "Critic: Meh."),
    Deviation("smolvlm_base", "roles", _CAPITAL, _foreign_roles, "unknown_role", "Critic: Meh."),
    Deviation("granite_vision3", "several", _FIRST, _several_of("system", "assistant"), "parts_of_system", "Be \n<"),
    Deviation(
        "granite_vision4_1", "tags", _SOUGHT, _tag_and_picture_inside, "part_task_before_image", "nothing else.<image>"
    ),
    Deviation("kanana_v", "unclosed", _OPEN_LIST, _mute_or_listed_answer, "parts_of_assistant", "AI:  a \n b"),
    Deviation("emu3_chat", "silence", _UNSPACED, _mute_answer, "assistant_null", "USER: Hi ASSISTANT: "),
    *(
        Deviation(name, "several", _FIRST, _several_of("system", "user"), "parts_of_system", "Be <end_of_sentence>")
        for name in ("minimax_m1", "minimax_m1_80k")
    ),
    # Formats that are named by their families
    *(
        row
        for name in ("nemotron_nano_v2", "nemotron_nano_v2_llama_cpp", "nemotron_nano_v2_japanese")
        for row in (
            Deviation(name, _PARTS, _REPR, _parts("user", "assistant", "tool"), "result_parts", _SHOWN),
            Deviation(name, "last_answer", _ANSWER_DROPPED, _dropped_answer, "call", "Rome?\n"),
            Deviation(name, "two_thoughts", _BETWEEN, _two_thoughts, "inline_twice_old", "b<think>c\n"),
        )
    ),
    Deviation(
        "deepseek_v4_flash", _PARTS, _REPR, _parts("user", "assistant", "tool", "developer"), "part_text", _SHOWN
    ),
    Deviation(
        "deepseek_v4_flash",
        "interrupted",
        _UNSEEN,
        _interrupted,
        "unknown_role_between_results",
        "°C</tool_result>\n\n",
    ),
    Deviation(
        "qwen3guard_gen", "last_word", _ANY_LAST, _foreign_last, "unknown_role_last", "LAST ASSISTANT's response"
    ),
    Deviation("qwen3guard_gen", _PARTS, _PASSED, _parts_late, "parts_of_late_system", "USER: Hi"),
    Deviation("kimi_k2_base", _PARTS, _FOREIGN, _foreign_parts(*_KIMI), "part_unknown", "a<|im_end|>"),
    Deviation("step3", _PARTS, _FOREIGN, _foreign_parts("text", "image"), "part_unknown", " a <|EOT|>"),
    *_shown(_parts(*_ANY), "result_parts", "qwq_switch", "ruadapt_qwen2_5", "midm2", "xcuros"),
    *_shown(_parts("system"), "parts_of_system", "skywork_r1v"),
    *_shown(_parts("tool"), "result_parts", "iquest_coder", "jamba2"),
    Deviation("gpt2_dummy", "roles", _CAPITAL, _foreign_roles, "unknown_role", "Critic: "),
    *(
        row
        for name in ("hy_mt2_7b", "hunyuan_a13b")
        for row in (
            Deviation(name, _PARTS, _REPR, _parts(), "result_parts", _SHOWN),
            Deviation(name, "answer_first", _UNBEGUN, _answer_first, "assistant_first", "Hello!<|eos|>"),
        )
    ),
    *(
        row
        for name in ("exaone4_5", "k_exaone")
        for row in (
            Deviation(name, _PARTS, _FOREIGN, _foreign_or_of_head, "part_unknown", "a<|endofturn|>"),
            Deviation(name, "empty_reasoning", _LOOKED, _empty_reasoning, "inline_and_empty_field", "\na\n</think>"),
            Deviation(name, "cut_thoughts", _BITTEN, _cut_thoughts, "inline_preceded", "So: <think>a\n"),
        )
    ),
    Deviation("jamba_tiny", _PARTS, _REPR, _parts_of_opening("assistant"), "parts_of_system", _SHOWN),
]


def of(fmt: Format, case: Case) -> Deviation | None:
    """The deviation that this input falls under, if any."""
    return next((deviation for deviation in TABLE if deviation.format == fmt.name and deviation.applies(case)), None)
