"""Chatwright: write a model's chat format once, and derive everything else from it.

Formats:
    load(name)              Load a shipped format by name or model id, or a .chatspec file by path.
    formats()               List the names of the shipped formats.
    for_tokenizer(tok)      Find the format of a tokenizer by the hash of its template.
    Spec                    A format: its facts, its template, its renderers and its parser.

Tokens:
    BoundRenderer           A format bound to a tokenizer: renders, parses and bridges token ids.
    RenderedTokens          The ids of a conversation, and for each one who wrote it.
    Trajectory              A rollout as one growing list of ids, with its masks.

Training:
    sample(...)             Make one training sample of a conversation.
    split(...)              Make one sample of each turn that the format shows differently later.
    build_training_sample   Make a sample as the `renderers` package names its parts.
    masks                   Selectors: which tokens are trained, and with what weight.
    Sample                  Ids, labels and weights of one sample.
    Columns                 The columns of a data set that holds samples.

Errors:
    ChatwrightError         The base of all errors that chatwright raises on purpose.
    SpecError               A .chatspec has errors; `diagnostics` lists them.
    UnknownFormat           No format has this name or names this model.
    UnknownTemplate         No format is known to reproduce the template of this tokenizer.
    OptionError             The format has no such option, or the option does not take this value.
    RenderError             The format refuses this conversation.
    TokenizerError          The tokenizer lacks a token of the format.
    BridgeError             These ids cannot be continued without rendering them again.
    NothingTrained          No token of the sample is trained.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chatwright.runtime.errors import ChatwrightError, OptionError, RenderError

if TYPE_CHECKING:
    from chatwright.library import UnknownFormat, formats
    from chatwright.loaded_format import SpecError
    from chatwright.recognize import UnknownTemplate, for_tokenizer
    from chatwright.spec import Spec, load
    from chatwright.tokens import masks
    from chatwright.tokens.bound import BoundRenderer
    from chatwright.tokens.bridge import BridgeError
    from chatwright.tokens.encoders.encoder import TokenizerError
    from chatwright.tokens.rendered_tokens import RenderedTokens
    from chatwright.tokens.samples import Columns, NothingTrained, Sample, build_training_sample, sample, split
    from chatwright.tokens.trajectory import Trajectory

__version__ = "0.1.0"
__all__ = [
    "BoundRenderer",
    "BridgeError",
    "ChatwrightError",
    "Columns",
    "NothingTrained",
    "OptionError",
    "RenderError",
    "RenderedTokens",
    "Sample",
    "Spec",
    "SpecError",
    "TokenizerError",
    "Trajectory",
    "UnknownFormat",
    "UnknownTemplate",
    "build_training_sample",
    "for_tokenizer",
    "formats",
    "load",
    "masks",
    "sample",
    "split",
]

_HOMES = {
    "chatwright.spec": ("Spec", "load"),
    "chatwright.loaded_format": ("SpecError",),
    "chatwright.recognize": ("UnknownTemplate", "for_tokenizer"),
    "chatwright.library": ("UnknownFormat", "formats"),
    "chatwright.tokens.bound": ("BoundRenderer",),
    "chatwright.tokens.bridge": ("BridgeError",),
    "chatwright.tokens.encoders.encoder": ("TokenizerError",),
    "chatwright.tokens.rendered_tokens": ("RenderedTokens",),
    "chatwright.tokens.samples": (
        "Columns",
        "NothingTrained",
        "Sample",
        "build_training_sample",
        "sample",
        "split",
    ),
    "chatwright.tokens.trajectory": ("Trajectory",),
}


def __getattr__(name: str) -> Any:
    """Import the module of a name at its first use: a built renderer never imports the compiler."""
    from importlib import import_module

    if name == "masks":
        return import_module("chatwright.tokens.masks")
    home = next((module for module, names in _HOMES.items() if name in names), None)
    if home is None:
        raise AttributeError(f"module 'chatwright' has no attribute {name!r}")
    return getattr(import_module(home), name)


def __dir__() -> list[str]:
    """The public names, whether they are imported yet or not."""
    return sorted([*__all__, "__version__"])
