"""Measures the tokens that the parser reads in a second, at once and as a stream, next to `renderers`.

Run by itself: `python benchmarks/parsing.py [--smallest]`. The tokenizer has a token for each byte and for each control
token, so nothing is downloaded; both sides are given the same ids. `renderers` is no dependency: where it is
missing, its column is empty.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

import chatwright
from chatwright.completion.marks import Control
from chatwright.tokens.encoders.encoder import ids_of
from chatwright.tokens.parsing import texts_of

COUNTS = (1_000, 20_000, 200_000)
ROUNDS = 3
NAME = "qwen3"
CONTROL = ("<|im_start|>", "<|im_end|>", "<|endoftext|>", "<think>", "</think>", "<tool_call>", "</tool_call>",
           "<tool_response>", "</tool_response>")  # fmt: skip


def byte_tokenizer() -> Any:
    """A tokenizer of transformers with a token for each byte."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    inner = Tokenizer(models.BPE(vocab={letter: number for number, letter in enumerate(letters)}, merges=[]))
    inner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    inner.decoder = decoders.ByteLevel()
    inner.add_special_tokens(list(CONTROL))
    return PreTrainedTokenizerFast(tokenizer_object=inner, eos_token="<|im_end|>", pad_token="<|endoftext|>")


def completion(count: int) -> str:
    """A turn of about so many bytes: reasoning, content, and a call for each 500 bytes of it."""
    call = '\n<tool_call>\n{"name": "find", "arguments": {"q": "where is it", "n": 5}}\n</tool_call>'
    prose = "The answer to that is not hard, and here it comes. "
    text = f"<think>\n{prose * (count // 100)}\n</think>\n\n{prose * (count // 130)}"
    return text + call * max(1, (count - len(text)) // len(call)) + "<|im_end|>"


def best(run: Callable[[], object]) -> float:
    taken = []
    for _ in range(ROUNDS):
        start = time.thread_time()
        run()
        taken.append(time.thread_time() - start)
    return min(taken)


def theirs(tokenizer: Any) -> Callable[[Sequence[int]], Any] | None:
    try:
        from renderers.qwen3 import Qwen3Renderer
    except ImportError:
        return None
    renderer = Qwen3Renderer(tokenizer)
    return lambda ids: renderer.parse_response(list(ids))


def main() -> None:
    spec = chatwright.load(NAME)
    tokenizer = byte_tokenizer()
    peer = theirs(tokenizer)
    control_ids = {tokenizer.convert_tokens_to_ids(token) for token in CONTROL}
    table = [tokenizer.decode([number]) for number in range(len(tokenizer))]
    parser = spec.parser(control=CONTROL)
    bound = spec.bind(tokenizer, backend="tokenizers")
    columns = ("at once", "stream", "by id", "by array", "renderers")
    print(f"{'tokens':>8}" + "".join(f"{column:>13}" for column in columns) + "   tokens per second")
    for count in COUNTS[:1] if sys.argv[1:] == ["--smallest"] else COUNTS:
        ids = tokenizer.encode(completion(count), add_special_tokens=False)

        def once(ids: Sequence[int] = ids) -> Any:
            texts = [table[number] for number in ids]
            return parser.parse_tokens(texts, [at for at, number in enumerate(ids) if number in control_ids])

        def stream(ids: Sequence[int] = ids) -> Any:
            reading = parser.stream()
            for number in ids:
                if number in control_ids:
                    reading.feed(Control(table[number]))
                else:
                    reading.feed(table[number])
            return reading.finish()

        def by_id(ids: Sequence[int] = ids) -> Any:
            reading = bound.stream_response()
            for number in ids:
                reading.feed([number])
            return reading.finish()

        def by_array(ids: Sequence[int] = ids) -> Any:
            """As `feed` reads several ids. Single ids took this way, too, before they had one of their own."""
            reading = parser.stream()
            for number in ids:
                reading.feed_tokens(*texts_of(bound.encoder, ids_of([number])))
            return reading.finish()

        assert once().content and once() == stream() == by_id() == by_array()
        speeds = [len(ids) / best(run) for run in (once, stream, by_id, by_array)]
        found = "missing"
        if peer is not None:
            assert len(peer(ids).tool_calls) == len(once().tool_calls)
            found = f"{len(ids) / best(lambda ids=ids: peer(ids)):,.0f}"
        print(f"{len(ids):>8}" + "".join(f"{speed:>13,.0f}" for speed in speeds) + f"{found:>13}")
        print(f"{'':8} by id: {1e6 / speeds[2]:.1f} µs each, {speeds[2] / speeds[3]:.1f} times as fast as by array")


if __name__ == "__main__":
    main()
