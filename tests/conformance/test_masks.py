"""Masks of tokens: those that transformers makes of our training template, and those of the training view's spans.

The tokenizer is a byte-level BPE, trained here on the scenarios, with the format's tokens as special tokens.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from cases.small import compile_text
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
from transformers import PreTrainedTokenizerFast

from chatwright.spec import format_of
from chatwright.verify.scenarios import ALL as SCENARIOS

from . import draw, laws
from .format import Format
from .formats import ALL, BY_NAME
from .oracle import Case, Refusal, frozen_clock, untouched
from .subject import spec
from .test_fresh import sampled
from .test_training import template, trained

by_format = pytest.mark.parametrize("fmt", ALL, ids=lambda fmt: fmt.name)


@cache
def bytes_of_the_scenarios() -> str:
    """A byte-level BPE with merges across white space, as text; it has no special tokens yet."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=900, initial_alphabet=alphabet, show_progress=False)
    texts = [str(message.get("content")) for scenario in SCENARIOS for message in scenario.messages]
    tokenizer.train_from_iterator(texts, trainer)
    return str(tokenizer.to_str())


@cache
def tokenizer_of(name: str) -> PreTrainedTokenizerFast:
    fmt = BY_NAME[name]
    tokenizer = Tokenizer.from_str(bytes_of_the_scenarios())
    special = {"bos_token": fmt.bos, "eos_token": fmt.eos}
    tokenizer.add_special_tokens([*spec(name).tokens, *(token for token in special.values() if token)])
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, **{key: token for key, token in special.items() if token is not None}
    )


def theirs(fmt: Format, case: Case) -> tuple[list[int], list[int], list[tuple[int, int]]] | None:
    """The ids, the mask and the offsets that transformers gives for our training template."""
    with untouched(case) as given, frozen_clock():
        try:
            out = tokenizer_of(fmt.name).apply_chat_template(
                given.messages,
                chat_template=template(fmt.name),
                return_dict=True,
                return_assistant_tokens_mask=True,
                tokenizer_kwargs={"return_offsets_mapping": True},
                **given.keywords(),
            )
        except Exception:
            return None
    return out["input_ids"], out["assistant_masks"], out["offset_mapping"]


def ours(flags: list[bool], offsets: list[tuple[int, int]]) -> list[int]:
    """The mask of the tokens that hold a sampled character."""
    return [int(any(flags[start:end])) for start, end in offsets]


def sound(fmt: Format, segments: list[Any], offsets: list[tuple[int, int]], want: list[int]) -> bool:
    """Whether transformers' way from characters to tokens is right for this text.

    Not where a block ends in a character of several tokens: it loses all but the first. Ours end in a special token,
    save where the stop is the opener of the next turn, which has a block of its own. Nor where the first token is a
    block by itself: the number of its last token is 0, which transformers takes for "no such token".
    """
    if want[:1] == [1] and want[1:2] != [1]:
        return False
    if not format_of(spec(fmt.name)).compiled.program.closed_by_next:
        return True
    at = 0
    for segment in segments:
        if at and segment.sampled and segment.part == "closer":
            holding = sum(start < at <= end for start, end in offsets)
            if holding > 1:
                return False
        at += len(segment.text)
    return True


def complaints(fmt: Format, case: Case) -> Iterator[str]:
    segments = trained(fmt, case)
    if isinstance(segments, Refusal):
        return
    got = theirs(fmt, case)
    if got is None:
        yield f"refused by transformers: {case}"
        return
    _, mask, offsets = got
    want = ours(sampled(segments), offsets)  # type: ignore[arg-type]
    if mask != want and sound(fmt, segments, offsets, want):  # type: ignore[arg-type]
        wrong = [at for at, pair in enumerate(zip(mask, want, strict=True)) if pair[0] != pair[1]]
        text = laws.text_of(segments)  # type: ignore[arg-type]
        yield f"{case}\n  tokens {[(at, text[slice(*offsets[at])]) for at in wrong[:5]]}, {mask[wrong[0]]} in theirs"


@by_format
def test_scenarios(fmt: Format) -> None:
    valuations = list(fmt.valuations(1))
    found, seen = [], 0
    for number, scenario in enumerate(SCENARIOS):
        for options in ({}, valuations[number % len(valuations)]):
            case = Case(scenario.messages, scenario.tools, bool(number % 2), {**fmt.known(scenario.options), **options})
            found += list(complaints(fmt, case))
            seen += 1
    assert seen > 60
    assert not found, f"{len(found)}, the first:\n" + "\n".join(found[:3])


@by_format
def test_drawn(fmt: Format) -> None:
    draw.check(fmt, complaints, 25)


# ---- blocks at the edges of tokens: transformers lost them before 5.24 ---------------------------------------------


def small_tokenizer(trim: bool = False) -> PreTrainedTokenizerFast:
    tokenizer = Tokenizer.from_str(bytes_of_the_scenarios())
    if trim:
        tokenizer.post_processor = processors.ByteLevel(trim_offsets=True)
    tokenizer.add_special_tokens(["<e>", "<u>", "<a>"])
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer)


def both(source: str, messages: list[dict[str, str]], **more: bool) -> tuple[list[int], list[int], list[str]]:
    """For a small format: the mask of transformers, ours, and the tokens."""
    made = compile_text('format x { tokens = ["<e>", "<u>", "<a>"] }\n\n' + source)
    tokenizer = small_tokenizer(**more)
    out = tokenizer.apply_chat_template(
        messages,
        chat_template=made.jinja(view="training"),
        return_dict=True,
        return_assistant_tokens_mask=True,
        tokenizer_kwargs={"return_offsets_mapping": True},
    )
    flags = sampled(made.segments(messages, view="training"))
    pieces = [tokenizer.decode([token]) for token in out["input_ids"]]
    return out["assistant_masks"], ours(flags, out["offset_mapping"]), pieces


def says(*contents: str) -> list[dict[str, str]]:
    roles = ("user", "assistant")
    return [{"role": roles[at % 2], "content": content} for at, content in enumerate(contents)]


BY_NEXT = 'turn user { "<u>{content}" }\n\nturn assistant { "<a>" sampled { "{content}" close by next user } }\n'
PLAIN = 'turn user { "<u>{content}" }\n\nturn assistant { "<a>" sampled { "{content}" close "<e>" } }\n'
BARE = 'turn user { "<u>{content}" }\n\nturn assistant { sampled { "{content}" close "<e>" } }\n'


@pytest.mark.parametrize("source", [BY_NEXT, PLAIN])
def test_a_block_that_ends_in_a_character_of_several_tokens(source: str) -> None:
    got, want, pieces = both(source, says("Hi", "ok 𒐫", "Bye"))
    assert got == want and sum(want) > 5 and pieces.count("\ufffd") == 4


def test_a_block_that_is_the_first_token() -> None:
    messages = [{"role": "assistant", "content": ""}, {"role": "user", "content": "Hi"}]
    got, want, pieces = both(BARE, messages)
    assert got == want == [1] + [0] * (len(pieces) - 1)


def test_a_block_that_begins_with_a_space_under_trimmed_offsets() -> None:
    for trim in (True, False):
        got, want, _ = both(PLAIN, says("Hi", " b", "Hm", "c"), trim=trim)
        assert got == want and sum(want) >= 4


def test_a_text_that_is_cut_at_its_start() -> None:
    """What is left of a block is marked, and so are all blocks after it."""
    made = compile_text('format x { tokens = ["<e>", "<u>", "<a>"] }\n\n' + PLAIN)
    tokenizer = small_tokenizer()
    tokenizer.truncation_side = "left"
    out = tokenizer.apply_chat_template(
        says("Hi there", "one two three", "x", "second"),
        chat_template=made.jinja(view="training"),
        return_dict=True,
        return_assistant_tokens_mask=True,
        truncation=True,
        max_length=9,
    )
    pieces = [tokenizer.decode([token]) for token in out["input_ids"]]
    assert pieces[:4] == ["<e>", "<u>", "x", "<a>"]
    assert out["assistant_masks"] == [1, 0, 0, 0, 1, 1, 1, 1, 1]
