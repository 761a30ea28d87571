"""Every diagnostic code of the language, with its severity and its title. `dsl/errors` has a page for each."""

from __future__ import annotations

from typing import Literal

import msgspec

Severity = Literal["error", "warning"]


class Code(msgspec.Struct, frozen=True):
    """A kind of finding. `title` is the first sentence of its page."""

    title: str
    severity: Severity = "error"


CODES = {
    "ambiguous-slot": Code("Two slots of the model's text touch, so a parser cannot tell where the first one ends."),
    "closer-in-sampled": Code("A token at which the model stops is in the middle of its text."),
    "duplicate": Code("A declaration, a name or a key appears twice, or a name hides another."),
    "endless-recursion": Code("A rule prints itself again, and no argument gets smaller on the way."),
    "foreign-in-sampled": Code("A `sampled` block prints the text of another message."),
    "lossy-in-sampled": Code("The model's text goes through a filter that loses a part of it."),
    "missing-close": Code("A path through a `sampled` block ends without a `close`, so the model would not stop."),
    "missing-format": Code("The file has no `format` declaration."),
    "missing-sampled": Code("The format has no `sampled`, so it does not say what the model writes.", "warning"),
    "outside-sampled": Code("`prefill` or `close` is outside a `sampled` block."),
    "printed-as-written": Code("Text that looks like a slot or an escape is printed as it is.", "warning"),
    "rule-in-slot": Code("A rule is used as data: in a slot, in a record or as an argument."),
    "sampled-outside-assistant": Code("`sampled` is in a place where the model writes nothing."),
    "syntax": Code("The text is not valid syntax."),
    "text-after-close": Code("A `sampled` block has text after the `close` at which the model stops."),
    "too-deep": Code("Blocks, parentheses, operators or rules are nested too deeply."),
    "too-large": Code("The spec, or the spec with its rules written out, is larger than the compiler accepts."),
    "unclosed-slot": Code("A slot begins in a string, and the string ends without its `}`."),
    "undeclared-token": Code("Scaffold text looks like a control token that the format does not declare."),
    "unknown-name": Code("A name is not defined at this place."),
    "unreachable-branch": Code("A branch, a turn or a piece of text can never be printed."),
    "unused-rule": Code("A rule is declared, and nothing prints it.", "warning"),
    "wrong-type": Code("A value has the wrong type for its place."),
}
