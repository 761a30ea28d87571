"""The lexer of the language for Pygments, which finds it by the entry point `chatspec`.

It gives every word of the language a class of its own, by the tables of the compiler. The editor's grammar in
`dsl/editors/vscode` has the same classes.
"""

from __future__ import annotations

from typing import ClassVar

from pygments.lexer import RegexLexer, bygroups, default, include, words
from pygments.token import Comment, Keyword, Name, Number, Operator, Punctuation, String, Text

from chatwright.syntax import vocabulary as w
from chatwright.syntax.snippets import DECLARATIONS, TERMS

#: Keywords of terms and of their clauses.
CONTROL = (*TERMS, "else", "where", "sep", "past", "by", "next")
#: Keywords that join conditions.
JOINING = ("and", "or", "not", "in", "is")
#: Keywords inside declarations.
CLAUSES = (
    *("extends", "of", "from", "inline", "trim", "at", "takes", "all", "first", "last", "start", "end"),
    *("reads", "random"),
)
#: The settings of a format.
SETTINGS = ("models", "reproduces", "tokens", "bos", "eos", "stops")
#: Names of data and of positions.
DATA = (
    *(*w.MESSAGE_NAMES, *w.TURN_NAMES, *w.POSITIONS, *w.COUNTS, *w.CONVERSATION_NAMES, *w.SETTLED_TOKENS),
    *("message", "run", "part"),
)
#: Arguments of filters.
ARGUMENTS = ("newlines", "compact", "indent")
TESTS = (*w.TYPE_TESTS, *w.STATE_TESTS)
FUNCTIONS = (*w.FUNCTIONS, *w.MARK_TESTS, "prev")


class ChatspecLexer(RegexLexer):  # type: ignore[misc]  # Pygments has no types
    """Tokens of a .chatspec file."""

    name = "chatspec"
    url = "https://github.com/chatwright/chatwright"
    aliases: ClassVar = ["chatspec"]
    filenames: ClassVar = ["*.chatspec"]

    tokens: ClassVar = {
        "root": [
            (r"^override\b", Keyword.Declaration),
            (r"(?:^|(?<=^override ))drop\b", Keyword.Declaration, "drop"),
            (
                r"(?:^|(?<=^override ))(option|field)(\s+)([A-Za-z_]\w*)(\s*)(:)(\s*)",
                bygroups(Keyword.Declaration, Text, Name.Entity, Text, Punctuation, Text),
                "type",
            ),
            (
                r"(?:^|(?<=^override ))(format|mark|rule|deviation)(\s+)([A-Za-z_]\w*)",
                bygroups(Keyword.Declaration, Text, Name.Entity),
            ),
            (
                r"(?:^|(?<=^override ))(answers)(\s+)(by)(\s+)([A-Za-z_]\w*)",
                bygroups(Keyword.Declaration, Text, Keyword, Text, Name.Builtin),
            ),
            (words(tuple(DECLARATIONS), prefix=r"(?:^|(?<=^override ))", suffix=r"\b"), Keyword.Declaration),
            include("terms"),
        ],
        # The kinds of declarations that `drop` takes.
        "drop": [
            (r"[ \t]+", Text),
            (words(tuple(DECLARATIONS), suffix=r"\b"), Keyword.Declaration, "#pop"),
            default("#pop"),
        ],
        "terms": [
            (r"\s+", Text),
            (r"///[^\n]*", String.Doc),
            (r"//[^\n]*", Comment.Single),
            include("strings"),
            # A key of a record, or an option with its type.
            (r"([A-Za-z_]\w*)(\??)(\s*)(:)(\s*)", bygroups(Name.Attribute, Operator, Text, Punctuation, Text), "type"),
            (words(SETTINGS, suffix=r"(?=\s*=[^=])"), Name.Attribute),
            (r"(=)(\s*)(first|last)\b", bygroups(Operator, Text, Keyword.Reserved)),
            (
                r"(takes|at|else)(\s+)(first|last|all|start|end)\b(?!\s*\{)",
                bygroups(Keyword.Reserved, Text, Keyword.Reserved),
            ),
            (r"(reads)(\s+)([A-Za-z_]\w*)", bygroups(Keyword.Reserved, Text, Name.Builtin)),
            (r"inline(?=\s+[\"'])", Keyword.Reserved),
            (r"(by)(\s+)(next)\b", bygroups(Keyword, Text, Keyword)),
            include("data"),
        ],
        # After a colon: a type, or the value of a record.
        "type": [
            (words((*w.OPTION_TYPES,), suffix=r"\b"), Keyword.Type, "#pop"),
            default("#pop"),
        ],
        "data": [
            (r"(\.)([A-Za-z_]\w*)", bygroups(Punctuation, Name.Attribute)),
            (r"\.\.\.", Operator),
            (r"(is)(\s+)(not)(\s+)", bygroups(Operator.Word, Text, Operator.Word, Text), "test"),
            (r"(is)(\s+)", bygroups(Operator.Word, Text), "test"),
            (words(FUNCTIONS, suffix=r"(?=\()"), Name.Function),
            (r"(\|)(\s*)", bygroups(Operator, Text), "filter"),
            (words(JOINING, prefix=r"\b", suffix=r"\b"), Operator.Word),
            (words(("true", "false"), prefix=r"\b", suffix=r"\b"), Keyword.Constant),
            (words(DATA, prefix=r"\b", suffix=r"\b"), Name.Builtin),
            (words(CONTROL, prefix=r"\b", suffix=r"\b"), Keyword),
            (words(CLAUSES, prefix=r"\b", suffix=r"\b"), Keyword.Reserved),
            (r"[A-Za-z_]\w*(?=\()", Name.Function),
            (r"[A-Za-z_]\w*", Name),
            (r"[0-9]+", Number.Integer),
            (r"==|!=|[=<>?*+!]", Operator),
            (r"[{}()\[\],:.]", Punctuation),
        ],
        "test": [
            (words(TESTS, suffix=r"\b"), Keyword.Type, "#pop"),
            default("#pop"),
        ],
        "filter": [
            (words((*w.FILTERS, *w.READERS), suffix=r"\b"), Name.Builtin.Pseudo, ("#pop", "argument")),
            default("#pop"),
        ],
        "argument": [
            (r"[ \t]+(?=(?:newlines|compact|indent)\b)", Text),
            (words(ARGUMENTS, suffix=r"\b"), Keyword.Reserved),
            default("#pop"),
        ],
        "strings": [
            (r'"""', String.Heredoc, "block"),
            (r'"', String.Double, "string"),
            (r"'[^'\n]*'", String.Single),
        ],
        "block": [
            (r'"""', String.Heredoc, "#pop"),
            (r'[^"]+|"', String.Heredoc),
        ],
        "string": [
            (r'\\[nt"\\{]', String.Escape),
            (r"\{", String.Interpol, "slot"),
            (r'"', String.Double, "#pop"),
            (r'[^"\\{\n]+', String.Double),
            (r"\n", Text, "#pop"),
        ],
        "slot": [
            (r"\}", String.Interpol, "#pop"),
            (r"[ \t]+", Text),
            (r"'[^'\n]*'", String.Single),
            (r'(?=["\n])', Text, "#pop"),
            include("data"),
        ],
    }
