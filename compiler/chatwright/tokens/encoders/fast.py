"""fastokens in place of `tokenizers`: many times faster, slow to load, used only where it gives the same ids."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import random
import threading
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from chatwright.tokens.encoders.encoder import Encoded
from chatwright.tokens.encoders.facts import LARGE, record_it, recorded
from chatwright.tokens.encoders.huggingface import HuggingFace

#: The number of characters that are encoded before fastokens is loaded. `tokenizers` takes a fraction of a second for
#: them, fastokens one to four seconds to load: a process that encodes less is quicker without it.
ENOUGH = 250_000


class Fast:
    """An encoder through fastokens, once enough text has come; until then, and for the rest, through `tokenizers`.

    The ids are the same: fastokens is compared on many texts first, and never used where it differs.
    """

    def __init__(self, exact: HuggingFace) -> None:
        self._exact = exact
        self._tokenizer: Any = None
        self._encoded = 0
        self._refused: str | None = None
        self._loading = threading.Lock()
        self.controls = exact.controls
        self.vocabulary = exact.vocabulary
        self.plain = exact.plain
        self.locate = exact.locate
        self.locate_plain = exact.locate_plain
        self.decode = exact.decode
        self.json = exact.json

    @property
    def name(self) -> str:
        """The package through which texts are encoded now."""
        return "tokenizers" if self._tokenizer is None else "fastokens"

    def __reduce__(self) -> tuple[Any, ...]:
        return _again, (self._exact, self._refused, self._tokenizer is not None)

    def encode(self, texts: Sequence[str]) -> Encoded:
        if self._tokenizer is None and not self._has_loaded(texts):
            return self._exact.encode(texts)
        return flat(self._tokenizer, texts)

    def _has_loaded(self, texts: Sequence[str]) -> bool:
        """Load fastokens where these texts make it worth that. While one thread loads, others do not wait."""
        self._encoded += sum(map(len, texts))
        if self._encoded < ENOUGH or self._refused is not None or not self._loading.acquire(blocking=False):
            return False
        try:
            return not self._load()
        finally:
            self._loading.release()

    def refused(self) -> str:
        """Load fastokens now, and give the reason not to use it for this tokenizer; empty where it is used."""
        with self._loading:
            return self._load()

    def _load(self) -> str:
        if self._tokenizer is None and self._refused is None:
            tokenizer, self._refused = _agreeing(self._exact)
            self._tokenizer = tokenizer
        return self._refused or ""


def _again(exact: HuggingFace, refused: str | None, loaded: bool) -> Fast:
    """A fast encoder in another process, which does not compare again."""
    found = Fast(exact)
    found._refused = refused
    if loaded:
        found._tokenizer = fastokens_of(exact.json())
    return found


def flat(tokenizer: Any, texts: Sequence[str]) -> Encoded:
    """The ids of some texts by fastokens, without an object for each token."""
    ids, offsets = tokenizer.encode_batch_flat(list(texts))
    edges = np.frombuffer(offsets, np.int64)
    return Encoded(np.frombuffer(ids, np.uint32), edges[1:] - edges[:-1])


def installed() -> bool:
    """Whether fastokens is installed: the extra `fast`."""
    return importlib.util.find_spec("fastokens") is not None


def _agreeing(exact: HuggingFace) -> tuple[Any, str]:
    """fastokens with a tokenizer, where both give the same ids for all probes; else None, and why.

    The verdict is recorded: the next process loads fastokens without comparing, or leaves it alone.
    """
    what = f"fastokens-{importlib.metadata.version('fastokens')}"
    large = len(exact.json()) >= LARGE
    known = recorded(exact.digest, what) if large else None
    if isinstance(known, str) and known:
        return None, known
    try:
        tokenizer = fastokens_of(exact.json())
        why = "" if known == "" else _difference(exact, tokenizer)
    except Exception as error:  # fastokens may not know anything in a tokenizer
        why = f"fastokens does not load this tokenizer: {error}"
    if large and known is None:
        record_it(exact.digest, what, why)
    return (None if why else tokenizer), why


def fastokens_of(source: str) -> Any:
    """The `fastokens.Tokenizer` of a `tokenizer.json`, with nothing cut or padded."""
    import fastokens

    tokenizer = fastokens.Tokenizer.from_json_str(source)
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def _difference(exact: HuggingFace, tokenizer: Any) -> str:
    """A probe that fastokens encodes differently, in a sentence; empty where there is none."""
    probes = list(_probes(exact))
    wanted, found = exact.encode(probes), flat(tokenizer, probes)
    if np.array_equal(wanted.ids, found.ids) and np.array_equal(wanted.counts, found.counts):
        return ""
    for probe in probes:
        if not np.array_equal(exact.encode([probe]).ids, flat(tokenizer, [probe]).ids):
            return f"fastokens and tokenizers encode {probe[:60]!r} differently"
    return "fastokens and tokenizers encode some texts differently"


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
    """Texts on which two encoders may differ: scripts, spaces, digits, control tokens, pieces of the vocabulary."""
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
