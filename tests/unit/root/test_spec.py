"""The objects that users hold: the same arguments wherever something is rendered, and nothing that is not for them."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import pytest

import chatwright
from chatwright.build import build
from chatwright.runtime.view import VIEWS, View
from chatwright.spec import Spec, format_of
from chatwright.tokens.bound import BoundRenderer

CHAT = [
    {"role": "user", "content": "2 + 2?"},
    {"role": "assistant", "reasoning_content": "Four.", "content": "4"},
    {"role": "user", "content": "Sure?"},
    {"role": "assistant", "reasoning_content": "Yes.", "content": "Yes"},
]
#: What renders: `messages` by position, all else by keyword.
RENDERING = (Spec.text, Spec.segments, Spec.render, BoundRenderer.render, BoundRenderer.render_ids)
SHARED = ("tools", "add_generation_prompt", "view", "options")


def public(kind: type) -> set[str]:
    return {name for name in dir(kind) if not name.startswith("_")}


def parameters(method: Callable[..., Any]) -> list[inspect.Parameter]:
    return list(inspect.signature(method).parameters.values())[1:]


@pytest.mark.parametrize("method", RENDERING, ids=lambda method: method.__qualname__)
def test_all_that_renders_takes_the_same_arguments(method: Callable[..., Any]) -> None:
    first, *rest = parameters(method)
    assert (first.name, first.default) == ("messages", inspect.Parameter.empty)
    assert [one.name for one in rest] == list(SHARED)
    assert [one.default for one in rest[:3]] == [None, False, "history"]
    assert {one.kind for one in rest[:3]} == {inspect.Parameter.KEYWORD_ONLY}


@pytest.mark.parametrize("method", [BoundRenderer.render_batch, BoundRenderer.render_each])
def test_batches_take_these_arguments_too(method: Callable[..., Any]) -> None:
    own = [one.name for one in parameters(method)]
    assert [name for name in own if name in SHARED] == list(SHARED)


def test_users_see_what_is_for_them() -> None:
    facts = {"name", "hash", "models", "reproduces", "tokens", "stops", "deviations", "options", "roles", "trains"}
    notes = {"response_notes", "training_notes"}
    methods = {"text", "segments", "render", "bind", "jinja", "python", "parser", "response_template"}
    stability = {"stability", "stability_table", "is_prefix_stable"}
    assert public(Spec) == facts | notes | methods | stability
    settings = {"format", "encoder", "tokenization", "content_specials", "options"}
    rendering = {"render", "render_ids", "render_batch", "render_each", "is_prefix_stable"}
    reading = {"get_stop_token_ids", "parse_response", "stream_response", "bridge", "bridge_to_next_turn"}
    assert public(BoundRenderer) == settings | rendering | reading


# ---- views -------------------------------------------------------------------------------------------------------


def test_each_view_shows_the_reasoning_of_its_moment() -> None:
    spec = chatwright.load("qwen3")
    shown = {view: [word in spec.text(CHAT, view=view) for word in ("Four.", "Yes.")] for view in VIEWS}
    assert shown == {"history": [False, True], "fresh": [False, True], "training": [True, True]}
    assert spec.text(CHAT, view="fresh").startswith(spec.text(CHAT[:-1], add_generation_prompt=True))


@pytest.mark.parametrize("view", VIEWS)
def test_text_segments_and_module_are_of_one_view(view: View) -> None:
    spec = chatwright.load("qwen3")
    text = spec.text(CHAT, view=view)
    assert "".join(segment.text for segment in spec.segments(CHAT, view=view)) == text
    assert spec.render(CHAT, view=view).text() == text
    assert spec.python(view=view) == build(format_of(spec).compiled, view).python


@pytest.mark.parametrize("method", ["text", "segments", "render"])
def test_an_unknown_view_is_refused(method: str) -> None:
    with pytest.raises(ValueError, match="view must be one of history, fresh, training, not 'sampled'"):
        getattr(chatwright.load("qwen3"), method)(CHAT, view="sampled")


@pytest.mark.parametrize("method", ["jinja", "python"])
def test_an_unknown_view_is_refused_of_what_is_derived(method: str) -> None:
    with pytest.raises(ValueError, match="view must be one of history, fresh, training, not 'sampled'"):
        getattr(chatwright.load("qwen3"), method)(view="sampled")


def test_there_is_no_template_of_the_view_fresh() -> None:
    with pytest.raises(chatwright.ChatwrightError, match='no template of the view "fresh"'):
        chatwright.load("qwen3").jinja(view="fresh")
