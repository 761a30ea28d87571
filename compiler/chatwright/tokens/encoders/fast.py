"""fastokens in the place of `tokenizers`: many times faster, used only where it gives the same ids."""

from __future__ import annotations

import importlib.util
import random
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from chatwright.tokens.encoders.encoder import Encoded, Located
from chatwright.tokens.encoders.huggingface import HuggingFace
from chatwright.tokens.encoders.vocabulary import Ids


class Fast:
    """An encoder through fastokens; all that is not plain encoding goes through `tokenizers`."""

    name = "fastokens"

    def __init__(self, tokenizer: Any, exact: HuggingFace) -> None:
        self._tokenizer = tokenizer
        self._exact = exact
        self.controls = exact.controls
        self.vocabulary = exact.vocabulary
        self.plain = exact.plain
        self.locate_plain = exact.locate_plain
        self.decode = exact.decode
        self.json = exact.json

    def __reduce__(self) -> tuple[Any, ...]:
        return _again, (self._exact,)

    def encode(self, texts: Sequence[str]) -> Encoded:
        return flat(self._tokenizer, texts)

    def locate(self, text: str, ids: Ids) -> Located:
        return self._exact.locate(text, ids)


def flat(tokenizer: Any, texts: Sequence[str]) -> Encoded:
    """The ids of some texts by fastokens, without an object per token."""
    ids, offsets = tokenizer.encode_batch_flat(list(texts))
    edges = np.frombuffer(offsets, np.int64)
    return Encoded(np.frombuffer(ids, np.uint32), edges[1:] - edges[:-1])


def installed() -> bool:
    """Whether fastokens is there: the extra `fast`."""
    return importlib.util.find_spec("fastokens") is not None


def _loaded(exact: HuggingFace) -> Any:
    import fastokens

    tokenizer = fastokens.Tokenizer.from_json_str(exact.json())
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def _again(exact: HuggingFace) -> Fast:
    """A fast encoder in another process, where it need not be checked once more."""
    return Fast(_loaded(exact), exact)


def fast_or_none(exact: HuggingFace) -> tuple[Fast | None, str]:
    """A fast encoder that agrees with `tokenizers` on all probes; else None, and why."""
    try:
        tokenizer = _loaded(exact)
    except Exception as error:  # what a tokenizer may hold that fastokens does not know is open
        return None, f"fastokens does not load this tokenizer: {error}"
    probes = list(_probes(exact))
    wanted, found = exact.encode(probes), flat(tokenizer, probes)
    if np.array_equal(wanted.ids, found.ids) and np.array_equal(wanted.counts, found.counts):
        return Fast(tokenizer, exact), ""
    for probe in probes:
        if not np.array_equal(exact.encode([probe]).ids, flat(tokenizer, [probe]).ids):
            return None, f"fastokens encodes {probe[:60]!r} otherwise than tokenizers"
    return None, "fastokens encodes some texts otherwise than tokenizers"


_WRITING = (
    "The quick brown fox, it's said, wouldn't jump. I'LL ask: don't we've they're?",
    "def f(x):\n    return {'a': [1, 22, 333, 4444, 55555], \"b\": x ** 2}\n\n\n\tif a != b:\r\n\r\n  pass\n",
    "1234567890 3.14159 1,000,000 0xFF ½ ² ٣ 四 Ⅷ",
    "  leading\n \n  \t trailing   \n\n",
    "Größe naïve façade Ångström e\u0301 a\u0308\u0323 \u1e9b\u0323 ﬁ ﬀ Å \u212b",
    "日本語のテキスト、中文文本。한국어 텍스트 \u1112\u1161\u11ab",
    "Русский текст и ещё, Ελληνικά, العربية، עברית, हिन्दी, ไทย, தமிழ்",
    "👩‍👩‍👧‍👦 🇩🇪 🏳️‍🌈 😀😀 \u200d \u200b \ufeff \u00a0 \u3000 \u2028",
    "\x00\x01\x7f ~!@#$%^&*()_+-=[]{}|;':\",./<>? \\n \\u0041 ▁ ▁▁ Ġ Ċ",
    "https://example.org/a?b=c#d user@example.org C:\\dir\\file.txt --flag=value",
)


def _probes(exact: HuggingFace) -> Iterator[str]:
    """Texts on which two encoders would differ: scripts, spaces, digits, control tokens, pieces of the vocabulary."""
    yield from _WRITING
    controls = list(exact.controls.by_text)
    for n, control in enumerate(controls[:400]):
        around = _WRITING[n % len(_WRITING)][:12]
        yield f"{around} {control} {around}{control}\n{control}{control}{around}\n\n{control[:-1]} {control[1:]}"
    choice = random.Random(0)
    size = len(exact.vocabulary.lengths) if exact.vocabulary else 0
    for _ in range(60 if size else 0):
        yield exact.decode([choice.randrange(size) for _ in range(120)])
    letters = "abcXYZ 012\n\t.,'\"<>|_-/é ß中文🙂\u0301\u00a0"
    for _ in range(60):
        yield "".join(choice.choice(letters) for _ in range(160))
