"""Tokenizers of every kind: the same ids as they give themselves, attribution to the byte, and clear refusals."""

from __future__ import annotations

import unicodedata
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import tokenizers
from cases.tokens.attribution import check, covered
from cases.tokens.kinds import KINDS, RAW, encoding, fast, over
from cases.tokens.small_formats import EDGES, conversation, conversations, small
from conformance.real_tokenizers import control_tokens, encoder, npm, trained

import chatwright
from chatwright.tokens.encoders import adapt, facts
from chatwright.tokens.encoders.huggingface import HuggingFace
from chatwright.tokens.encoders.vocabulary import BYTES

pytestmark = pytest.mark.slow

by_kind = pytest.mark.parametrize("kind", KINDS)


@cache
def prepared(kind: str) -> Any:
    return adapt.encoder_for(KINDS[kind]())


@pytest.fixture(scope="module")
def chatml(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return small(tmp_path_factory.mktemp("chatml"), "<|im_start|>", "<|im_end|>", "\n")


def own_ids(kind: str, text: str) -> list[int]:
    """What the tokenizer itself makes of a text, control tokens included."""
    tokenizer: Any = KINDS[kind]()
    if kind == "tiktoken":
        return list(tokenizer.encode(text, allowed_special="all"))
    if kind in ("fast", "slow", "patched"):
        return list(tokenizer(text, add_special_tokens=False)["input_ids"])
    found = tokenizer.encode(text)
    return list(getattr(found, "ids", found))


@by_kind
def test_ids_are_the_tokenizers_own(kind: str, chatml: Any) -> None:
    bound = chatml.bind(prepared(kind))
    for messages in conversations():
        tokens = bound.render(messages)
        assert tokens.token_ids == own_ids(kind, tokens.text), messages


@by_kind
@pytest.mark.parametrize("tokenization", ["whole", "as_sampled"])
def test_attribution_is_exact(kind: str, tokenization: Any, chatml: Any) -> None:
    bound = chatml.bind(prepared(kind), tokenization=tokenization)
    for messages in conversations():
        tokens = bound.render(messages)
        check(tokens, chatml, messages)
        assert covered(tokens) == tokens.text.encode()


def test_all_kinds_agree(chatml: Any) -> None:
    want = chatml.bind(prepared("fast"))
    for kind in KINDS:
        bound = chatml.bind(prepared(kind))
        for messages in conversations():
            text = chatml.text(messages)
            if kind in RAW and not unicodedata.is_normalized("NFC", text):
                continue
            one, other = want.render(messages), bound.render(messages)
            assert one.token_ids == other.token_ids
            assert one.sampled_mask == other.sampled_mask, (kind, messages)
            assert one.message_indices == other.message_indices


def test_much_text_goes_through_fastokens_where_it_agrees(chatml: Any) -> None:
    """Before that it is not loaded; the ids are the same."""
    source = trained(("<|im_start|>", "<|im_end|>", "<|much|>"))
    bound, exact = chatml.bind(source), chatml.bind(source, backend="tokenizers")
    few = bound.render_ids(conversation("a few words", "and more"))
    assert bound.encoder.name == "tokenizers"
    many = conversation("Many words. " * 25_000, "and more")
    assert bound.render_ids(many) == exact.render_ids(many)
    assert bound.encoder.name == "fastokens" and exact.encoder.name == "tokenizers"
    assert bound.render_ids(conversation("a few words", "and more")) == few


def test_fastokens_is_loaded_at_once_where_it_is_asked_for() -> None:
    source = trained(("<|im_start|>", "<|im_end|>", "<|at once|>"))
    assert adapt.encoder_for(source, "fastokens").name == "fastokens"
    assert adapt.encoder_for(source, "tokenizers").name == "tokenizers"


def test_fastokens_is_not_used_where_it_disagrees(chatml: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from chatwright.tokens.encoders import fast as module

    right = module.flat

    def wrong(tokenizer: Any, texts: Any) -> Any:
        found = right(tokenizer, texts)
        return found._replace(ids=found.ids + (len(texts) > 5))

    monkeypatch.setattr(module, "flat", wrong)
    tokenizer = trained(("<|im_start|>", "<|im_end|>", "<|disagreeing|>"))
    bound = chatml.bind(tokenizer)
    many = conversation("Many words. " * 25_000)
    assert bound.render_ids(many) == chatml.bind(tokenizer, backend="tokenizers").render_ids(many)
    assert bound.encoder.name == "tokenizers"
    with pytest.raises(chatwright.TokenizerError, match=r"fastokens and tokenizers encode .* differently"):
        adapt.encoder_for(tokenizer, "fastokens")


def test_a_tokenizer_is_prepared_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In one process for all who bind it, and what is found of a large one is recorded for others."""
    monkeypatch.setenv("CHATWRIGHT_CACHE", str(tmp_path))
    source = npm("llama3_1").to_str().replace("<|reserved_special_token_9|>", "<|prepared once|>")
    first = adapt.encoder_for(tokenizers.Tokenizer.from_str(source), "fastokens")
    assert adapt.encoder_for(tokenizers.Tokenizer.from_str(source), "auto") is first
    found = {path.suffix for path in (tmp_path / "chatwright").iterdir()}
    assert ".facts" in found and len(found) == 2
    never = "nobody finds out again what is recorded"
    monkeypatch.setattr(facts, "_found", lambda *_: pytest.fail(never))
    monkeypatch.setattr(adapt.fast, "_difference", lambda *_: pytest.fail(never))
    again = HuggingFace(source)
    assert again.vocabulary is not None and first.vocabulary is not None
    assert again.controls.by_id == first.controls.by_id
    assert (again.vocabulary.row, again.vocabulary.certain) == (first.vocabulary.row, first.vocabulary.certain)
    assert again.vocabulary.lengths.tolist() == first.vocabulary.lengths.tolist()
    assert adapt.fast.Fast(again).refused() == ""
    monkeypatch.undo()
    monkeypatch.setenv("CHATWRIGHT_CACHE", str(tmp_path))
    for path in (tmp_path / "chatwright").iterdir():
        path.write_bytes(b"damaged")
    assert HuggingFace(source).controls.by_id == first.controls.by_id


def test_a_refusal_is_recorded_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHATWRIGHT_CACHE", str(tmp_path))
    monkeypatch.setattr(adapt.fast, "LARGE", 0)
    monkeypatch.setattr(adapt.fast, "_difference", lambda *_: "they differ")
    exact = HuggingFace(trained(("<|refused|>",)).to_str())
    assert adapt.fast.Fast(exact).refused() == "they differ"
    monkeypatch.setattr(adapt.fast, "fastokens_of", lambda _: pytest.fail("what is refused is not loaded"))
    assert adapt.fast.Fast(exact).refused() == "they differ"


@pytest.mark.parametrize("package", ["qwen3", "llama2", "gemma3"])
def test_the_bytes_of_ids_are_those_of_their_texts(package: str) -> None:
    """Of every id of a vocabulary, whether its tokens spell bytes or spaces."""
    tokenizer = npm(package)
    found = adapt.encoder_for(tokenizer, "tokenizers")
    assert found.vocabulary is not None and len(found.vocabulary.lengths) == tokenizer.get_vocab_size()
    spelled = {token: id for token, id in tokenizer.get_vocab().items() if id not in found.controls.by_id}
    for token, id in spelled.items():
        if set(token) <= BYTES.keys() and package == "qwen3":
            assert found.vocabulary.bytes_of(id) == bytes(BYTES[letter] for letter in token)
        elif package != "qwen3" and not token.startswith("<0x"):
            assert found.vocabulary.bytes_of(id) == token.replace("▁", " ").encode()
    for id, control in found.controls.by_id.items():
        assert found.vocabulary.bytes_of(id) == control.text.encode()


def test_without_fastokens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adapt.fast, "installed", lambda: False)
    assert adapt.encoder_for(trained(("<|a|>",))).name == "tokenizers"
    with pytest.raises(chatwright.TokenizerError, match=r"install chatwright\[fast\]"):
        adapt.encoder_for(trained(("<|a|>",)), "fastokens")


def test_missing_tokens_are_listed() -> None:
    with pytest.raises(chatwright.TokenizerError) as caught:
        chatwright.load("gpt_oss").bind(prepared("fast"))
    said = str(caught.value)
    for token in ("<|start|>", "<|channel|>", "<|return|>", "<|call|>"):
        assert token in said
    assert "gpt_oss" in said


@pytest.mark.parametrize("thing", [None, "a path", 3, object()])
def test_what_is_no_tokenizer(thing: Any) -> None:
    with pytest.raises(chatwright.TokenizerError, match="not a tokenizer that chatwright knows"):
        chatwright.load("qwen3").bind(thing)


def test_a_tokenizer_that_hides_its_control_tokens() -> None:
    class Silent:
        def encode(self, text: str) -> list[int]:
            return list(text.encode())

        def decode(self, ids: list[int]) -> str:
            return bytes(ids).decode()

    with pytest.raises(chatwright.TokenizerError, match="get_added_vocab"):
        chatwright.load("qwen3").bind(Silent())


def test_a_tokenizer_from_which_the_text_does_not_come_back(chatml: Any) -> None:
    """Nothing tells where its tokens are, so they are not guessed."""

    class Lossy:
        def get_added_vocab(self) -> dict[str, int]:
            return {"<|im_start|>": 1, "<|im_end|>": 2}

        def encode(self, text: str, add_special_tokens: bool = True) -> list[int]:
            return [3] * len(text.split())

        def decode(self, ids: list[int]) -> str:
            return "?" * len(ids)

    tokens = chatml.bind(Lossy(), content_specials="parse").render(conversation("a", "b"))
    with pytest.raises(chatwright.TokenizerError, match="cannot be attributed"):
        _ = tokens.sampled_mask


def test_what_others_do_to_a_tokenizer_does_not_matter(chatml: Any) -> None:
    """Truncation and padding that a data collator has set on it are not ours."""
    tokenizer = tokenizers.Tokenizer.from_str(trained(("<|im_start|>", "<|im_end|>")).to_str())
    want = chatml.bind(tokenizer).render_ids(conversation("a b c d e", "f"))
    tokenizer.enable_truncation(3)
    tokenizer.enable_padding(length=50)
    for backend in ("tokenizers", "fastokens"):
        assert chatml.bind(tokenizer, backend=backend).render_ids(conversation("a b c d e", "f")) == want


# ---- tokenizers that rewrite text --------------------------------------------------------------------------------


def stripping(open: str, close: str, trim: bool) -> tokenizers.Tokenizer:
    """A tokenizer whose control tokens take the white space beside them, and whose offsets leave white space out."""
    found = tokenizers.Tokenizer.from_str(trained(()).to_str())
    found.post_processor = tokenizers.processors.ByteLevel(trim_offsets=trim)
    found.add_tokens(
        [
            tokenizers.AddedToken(open, rstrip=True, normalized=False, special=True),
            tokenizers.AddedToken(close, lstrip=True, rstrip=True, normalized=False, special=True),
        ]
    )
    return found


REWRITING = {
    "llama2": (lambda: npm("llama2"), "<s>", "</s>", " "),
    "llama2-glued": (lambda: npm("llama2"), "<s>", "</s>", ":"),
    "gemma3": (lambda: npm("gemma3"), "<start_of_turn>", "<end_of_turn>", "\n"),
    "gemma3-glued": (lambda: npm("gemma3"), "<start_of_turn>", "<end_of_turn>", ""),
    "qwen3": (lambda: npm("qwen3"), "<|im_start|>", "<|im_end|>", "\n"),
    "stripping": (lambda: stripping("<|u|>", "<|e|>", trim=True), "<|u|>", "<|e|>", "\n"),
    "stripping-glued": (lambda: stripping("<|u|>", "<|e|>", trim=False), "<|u|>", "<|e|>", ""),
    "normalized": (lambda: trained(("<|u|>", "<|e|>"), normalized=True), "<|u|>", "<|e|>", " "),
}


@pytest.mark.parametrize("name", REWRITING)
def test_tokenizers_that_rewrite_text(name: str, tmp_path: Path) -> None:
    make, open, close, glue = REWRITING[name]
    spec = small(tmp_path, open, close, glue)
    for backend in ("auto", "tokenizers"):
        encoder = adapt.encoder_for(make(), backend)  # type: ignore[arg-type]
        if isinstance(encoder, adapt.fast.Fast):
            encoder.refused()  # loads fastokens, unless it is not for this tokenizer
        for tokenization in ("whole", "as_sampled"):
            bound = spec.bind(encoder, tokenization=tokenization)
            for messages in conversations():
                tokens = bound.render(messages)
                check(tokens, spec, messages)
                assert covered(tokens) == tokens.text.encode(), messages
                if tokenization == "whole":
                    want = make().encode(tokens.text, add_special_tokens=False).ids
                    assert tokens.token_ids == want, messages


@pytest.mark.parametrize("name", REWRITING)
def test_the_way_around_control_tokens_gives_the_same_ids(name: str, tmp_path: Path) -> None:
    """Cutting a text at its control tokens and encoding the rest as plain text changes nothing."""
    from chatwright.tokens.encoding import defused, own_controls
    from chatwright.tokens.layout import Layout

    make, open, close, glue = REWRITING[name]
    spec = small(tmp_path, open, close, glue)
    encoder = adapt.encoder_for(make(), "tokenizers")
    for messages in conversations():
        layout = Layout(spec.render(messages))
        ids, _ = defused(encoder, layout, [layout.text], own_controls(encoder, layout, [layout.text]))
        assert ids.tolist() == make().encode(layout.text, add_special_tokens=False).ids, messages


@pytest.mark.parametrize("text", EDGES)
def test_every_token_spells_its_bytes(text: str) -> None:
    """Of a byte-level tokenizer: the bytes between the places of a token are the bytes of its id."""
    for name in ("gpt_oss", "llama3_1"):
        found = encoder(name)
        tokens = chatwright.load(name).bind(found, content_specials="parse").render(conversation(text, text or "x"))
        whole = tokens.text.encode()
        assert found.vocabulary is not None
        for id, start, end in zip(tokens.token_ids, tokens.located.starts, tokens.located.ends, strict=True):
            assert found.vocabulary.bytes_of(id) == whole[start:end]


def test_a_lone_surrogate_is_named(chatml: Any) -> None:
    for kind in ("fast", "tiktoken"):
        with pytest.raises(chatwright.RenderError, match="message 1, content: holds the lone surrogate"):
            chatml.bind(prepared(kind)).render(conversation("fine", "bad \ud800"))


def test_bos_of_the_tokenizer_is_used() -> None:
    tokenizer = fast()
    assert encoding().n_vocab == len(tokenizer)
    other = chatwright.load("llama3_1")
    from transformers import PreTrainedTokenizerFast

    hf = PreTrainedTokenizerFast(tokenizer_object=npm("llama3_1"), bos_token="<|reserved_special_token_9|>")
    assert other.bind(hf).render(conversation("a")).text.startswith("<|reserved_special_token_9|>")


def test_a_character_of_several_tokens_belongs_to_its_text() -> None:
    """Also where only decoding tells what ids stand for, so that all of it is told of the first of them."""
    fmt = chatwright.load("qwen3")
    known, blind = (fmt.bind(over(control_tokens("qwen3"))["wrapper"]()) for _ in range(2))
    assert known.encoder.vocabulary is not None
    blind.encoder.vocabulary = None  # type: ignore[misc]
    messages = [{"role": "user", "content": "☀ a 🧥"}, {"role": "assistant", "content": "🧥"}]
    assert blind.render(messages).runs() == known.render(messages).runs()
    assert blind.render(messages).sampled_mask == known.render(messages).sampled_mask
