"""Cuts a source into tokens with their comments, and reports characters that begin no token.

The parser has a lexer of its own, which knows from its state whether a word is a keyword. This one knows less, but it
reads the whole file: it finds the starts of declarations, unclosed strings, and the number of tokens. The formatter
needs comments, so it uses these tokens too.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from chatwright.diagnostics.source import Span
from chatwright.syntax.foreign import ITEM
from chatwright.syntax.strings import Problem

# Far more than a spec needs, and few enough to parse in a second.
MAX_TOKENS = 20_000
_TOKEN = re.compile(
    r"""
    (?P<space>[ \t\r\n\ufeff]+)
  | (?P<doc>///[^\n]*(?:\n///[^\n]*)*)
  | (?P<comment>//[^\n]*)
  | (?P<foreign>/\*.{0,2000}?\*/|\{\#.{0,2000}?\#\}|\{%.{0,2000}?%\}|\#(?=[ ])[^\n]*)
  | (?P<block>\"""[^"]*(?:"{1,2}[^"]+)*\""")
  | (?P<open_block>\""")
  | (?P<string>"[^"\\\n]*(?:\\[^\n][^"\\\n]*)*")
  | (?P<open_string>"[^"\\\n]*(?:\\[^\n][^"\\\n]*)*)
  | (?P<raw>'[^'\n]*')
  | (?P<open_raw>'[^'\n]*)
  | (?P<name>[A-Za-z_][A-Za-z0-9_]*)
  | (?P<number>[0-9]+)
  | (?P<mark>==|!=|\.\.\.|[{}()\[\]|,.:=<>?*!+])
  | (?P<other>&+|.)
    """,
    re.VERBOSE | re.DOTALL,
)
_UNINDENTED = re.compile(r"\n(?=[^\s}])")
_HELP: dict[str, str | None] = {
    "&": "and is written `and`",
    "-": "a name has letters, digits and _; there is no arithmetic",
    "[-": ITEM,
    ";": "write terms next to each other, without ;",
    "#": "a comment begins with //",
    "%": 'a slot puts a value into a text: "{content}"',
    "$": "write a name without $",
    "~": "write texts next to each other",
    "`": "write a text in \"…\" or '…'",
    "\\": None,
}
# Comments and blocks of other languages, by their first characters.
_FOREIGN = {
    "/*": ("comment", "a comment begins with // and ends with its line"),
    "{#": ("comment", "a comment begins with // and ends with its line"),
    "# ": ("comment", "a comment begins with //"),
    "{%": ("block", "write the words of a block without {% %}: when name { … }"),
}


class Token(NamedTuple):
    """`kind`: doc, comment, block, string, raw, name, number, mark, other; open_… for an unclosed string.

    `foreign` is a comment or a block of another language.
    """

    kind: str
    start: int
    end: int


class Scan(NamedTuple):
    tokens: list[Token]
    problems: list[Problem]
    complete: bool


def scan(text: str) -> Scan:
    """All tokens except white space, up to the bound, and the problems of single ones."""
    tokens: list[Token] = []
    problems: list[Problem] = []
    at, weight = 0, 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        assert found is not None and found.lastgroup is not None
        kind, end = found.lastgroup, found.end()
        if kind == "block":
            kind, end = _block(text, at, end, problems)
        elif kind == "foreign":
            problems.append(_foreign(text, at, end))
        elif kind in ("open_block", "open_string", "open_raw", "other"):
            problems.append(_problem(kind, text, at, end))
        elif kind == "string":
            # Each slot is parsed separately, at the cost of several tokens.
            weight += 5 * text.count("{", at, end)
        if kind != "space":
            tokens.append(Token(kind, at, end))
        at = end
        if len(tokens) + weight > MAX_TOKENS:
            return Scan(tokens, problems, False)
    return Scan(tokens, problems, True)


def _block(text: str, start: int, end: int, problems: list[Problem]) -> tuple[str, int]:
    """A block string. It ends early at text in column 0, for a declaration begins there."""
    found = _UNINDENTED.search(text, start, end)
    if found is None or text.startswith('"""', found.end()):
        return "block", end
    line_end = text.find("\n", found.end())
    at = Span(found.end(), len(text) if line_end < 0 else line_end)
    message = "text at column 0 ends a block string, for a declaration begins there"
    problems.append(Problem("syntax", message, at, "indent the text at least as far as the closing quotes"))
    # The rest is text of the string, unless it looks like a declaration: then the quotes are unclosed.
    if re.compile(r"(?:[a-z]+ .*\{|[a-z]+ .*=.*|///.*)$", re.MULTILINE).match(text, found.end()):
        problems[-1] = _problem("open_block", text, start, start + 3)
        return "open_block", found.start()
    return "block", end


def _foreign(text: str, start: int, end: int) -> Problem:
    opener = text[start : start + 2]
    what, help = _FOREIGN[opener]
    line = text.find("\n", start, end)
    span = Span(start, end if line < 0 else line)
    return Problem("syntax", f"a {what} of another language begins with {opener.strip()}", span, help)


def _problem(kind: str, text: str, start: int, end: int) -> Problem:
    span = Span(start, end)
    if kind == "open_block":
        return Problem("syntax", 'this block string is not closed by """', Span(start, start + 3), None)
    if kind == "open_string":
        line = text[start:end].rstrip()
        help: str | None = 'write a text over several lines between """ and """, or as several strings'
        if line.endswith(("}", ")", "]", ",")):
            help = None
        return Problem("syntax", 'this string is not closed by " on its line', span, help)
    if kind == "open_raw":
        return Problem("syntax", "this string is not closed by ' on its line", span, None)
    char = text[start]
    shown = f"{char!r}" if char.isprintable() else f"U+{ord(char):04X}"
    return Problem(
        "syntax",
        f"the character {shown} has no meaning here",
        span,
        _HELP.get(text[start - 1 : end]) or _HELP.get(char),
    )
