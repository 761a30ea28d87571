"""Turns lark's tree into the abstract syntax. Knows the shape of dsl/grammar.lark and nothing of its meaning."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from lark import Token, Tree

from chatwright.diagnostics.source import Span
from chatwright.syntax import ast as s
from chatwright.syntax.strings import Problem, RawSlot, cut_string, unquote_block

SlotParser = Callable[[RawSlot], "Tree[Token] | Problem"]

_ONE_VALUE = "an argument or a side of a comparison is one value: write its name without quotes, and no text around it"


class TreeBuilder:
    """Builds the declaration of one lark tree; `base` is the offset of the parsed piece in its source."""

    def __init__(self, base: int, parse_slot: SlotParser) -> None:
        self.base = base
        self.parse_slot = parse_slot
        self.problems: list[Problem] = []

    # ---- positions and strings ---------------------------------------------------------------------------------

    def span(self, node: Tree[Token] | Token) -> Span:
        if isinstance(node, Token):
            start, end = node.start_pos, node.end_pos
        else:
            start = getattr(node.meta, "start_pos", None)
            end = getattr(node.meta, "end_pos", None)
        start = 0 if start is None else start
        return Span(self.base + start, self.base + (start if end is None else end))

    def literal(self, token: Token) -> s.Literal:
        span = self.span(token)
        if token.type == "RAW":
            inside = Span(span.start + 1, span.end - 1)
            return (
                s.Literal(span, (str(token[1:-1]),), "raw", (inside,))
                if len(token) > 2
                else s.Literal(span, (), "raw", ())
            )
        if token.type == "BLOCK":
            text, problems = unquote_block(str(token), span.start)
            self.problems += problems
            return s.Literal(span, (text,) if text else (), "block", (span,) if text else ())
        cut = cut_string(str(token), span.start)
        self.problems += cut.problems
        parts = [p if isinstance(p, str) else self.slot(p) for p in cut.parts]
        kept = [(part, at) for part, at in zip(parts, cut.spans, strict=True) if part is not None]
        return s.Literal(span, tuple(p for p, _ in kept), "string", tuple(at for _, at in kept), tuple(cut.escapes))

    def word(self, token: Token) -> s.Word:
        return s.Word(str(token), self.span(token))

    def maybe_word(self, token: Token | None) -> s.Word | None:
        return None if token is None else self.word(token)

    def number(self, token: Token) -> int:
        """A number. A long one is a problem: Python may refuse to read it, and no spec needs it."""
        if len(token) > 9:
            self.problems.append(Problem("too-large", "a number has at most nine digits", self.span(token)))
            return 0
        return int(token)

    def plain(self, token: Token, help: str = "write \\{ for a brace") -> s.Literal:
        """A string without slots. `help` is for a string that has some."""
        literal = self.literal(token)
        for part in literal.parts:
            if isinstance(part, s.Slot):
                message = "this string cannot have slots"
                self.problems.append(Problem("syntax", message, part.span, help))
        return literal

    def maybe_plain(self, token: Token | None) -> s.Literal | None:
        return None if token is None else self.plain(token)

    def slot(self, raw: RawSlot) -> s.Slot | None:
        tree = self.parse_slot(raw)
        if isinstance(tree, Problem):
            self.problems.append(tree)
            return None
        base, self.base = self.base, raw.span.start
        try:
            choices, required, *filters = tree.children
            built = self.choices(cast("Tree[Token]", choices))
            return s.Slot(raw.span, tuple(built), required is not None, tuple(self.filter(f) for f in filters))
        finally:
            self.base = base

    def choices(self, tree: Tree[Token] | Token) -> list[s.Expr]:
        if isinstance(tree, Tree) and tree.data == "choice":
            return [*self.choices(tree.children[0]), self.expr(tree.children[1])]
        return [self.expr(tree)]

    def filter(self, tree: Any) -> s.Filter:
        name, *args = tree.children
        return s.Filter(self.span(tree), self.word(name), tuple(self.argument(a) for a in args))

    def argument(self, token: Token) -> s.Value:
        if token.type == "NUMBER":
            return s.Value(self.number(token), self.span(token))
        return s.Value(str(token[1:-1]) if token.type == "RAW" else str(token), self.span(token))

    # ---- expressions -------------------------------------------------------------------------------------------

    def expr(self, tree: Any) -> s.Expr:
        span = self.span(tree)
        kids = tree.children
        match tree.data:
            case "name":
                return s.Name(span, str(kids[0]))
            case "get":
                return s.Get(span, self.expr(kids[0]), self.word(kids[1]))
            case "call":
                return s.Call(span, self.word(kids[0]), self.args(kids[1]))
            case "text":
                return s.Text(span, self.plain(kids[0], _ONE_VALUE).text)
            case "number":
                return s.Number(span, self.number(kids[0]))
            case "list":
                return s.ListOf(span, self.args(kids[0]))
            case "pipe":
                return s.Pipe(span, self.expr(kids[0]), self.filter(kids[1]))
            case "or_":
                return s.Or(span, self.expr(kids[0]), self.expr(kids[1]))
            case "and_":
                return s.And(span, self.expr(kids[0]), self.expr(kids[1]))
            case "not_":
                return s.Not(span, self.expr(kids[0]))
            case "compare":
                return s.Compare(span, self.expr(kids[0]), str(kids[1].children[0]), self.expr(kids[2]))  # type: ignore[arg-type]
            case "in_" | "not_in":
                return s.In(span, self.expr(kids[0]), self.expr(kids[1]), tree.data == "not_in")
            case "is_" | "is_not":
                return s.Is(span, self.expr(kids[0]), self.word(kids[1]), tree.data == "is_not")
        raise AssertionError(tree.data)

    def args(self, tree: Any) -> tuple[s.Expr, ...]:
        return tuple(self.expr(c) for c in tree.children) if tree is not None else ()

    def maybe_expr(self, tree: Any) -> s.Expr | None:
        return None if tree is None else self.expr(tree)

    # ---- terms -------------------------------------------------------------------------------------------------

    def block(self, tree: Any) -> s.Block:
        return s.Block(self.span(tree), tuple(self.term(c) for c in tree.children))

    def term(self, tree: Any) -> s.Term:
        build = getattr(self, "term_" + tree.data)
        return cast("s.Term", build(self.span(tree), tree.children))

    def term_literal(self, span: Span, kids: list[Any]) -> s.Term:
        return self.literal(kids[0])

    def term_apply(self, span: Span, kids: list[Any]) -> s.Term:
        return s.Apply(span, self.word(kids[0]), self.args(kids[1]))

    def term_when(self, span: Span, kids: list[Any]) -> s.Term:
        *pairs, last = kids
        branches = tuple((self.expr(pairs[i]), self.block(pairs[i + 1])) for i in range(0, len(pairs), 2))
        return s.When(span, branches, None if last is None else self.block(last.children[0]))

    def term_each(self, span: Span, kids: list[Any]) -> s.Term:
        params, items, where, sep, body = kids
        separator = self.maybe_plain(sep)
        return s.Each(span, self.words(params), self.expr(items), self.maybe_expr(where), separator, self.block(body))

    def term_join(self, span: Span, kids: list[Any]) -> s.Term:
        return s.Join(span, self.plain(kids[0]), self.block(kids[1]))

    def term_maybe(self, span: Span, kids: list[Any]) -> s.Term:
        return s.Maybe(span, self.block(kids[0]))

    def term_sampled(self, span: Span, kids: list[Any]) -> s.Term:
        return s.Sampled(span, self.block(kids[0]))

    def term_prefill(self, span: Span, kids: list[Any]) -> s.Term:
        return s.Prefill(span, self.maybe_expr(kids[0]), self.block(kids[1]))

    def term_fresh(self, span: Span, kids: list[Any]) -> s.Term:
        body, past = kids
        if past is None:
            return s.Fresh(span, self.block(body), None, None)
        return s.Fresh(span, self.block(body), self.block(past.children[1]), self.maybe_expr(past.children[0]))

    def term_close(self, span: Span, kids: list[Any]) -> s.Term:
        closer, past = kids
        token: s.Text | s.Name
        if isinstance(closer, Token):
            token = s.Text(self.span(closer), self.plain(closer).text)
        else:
            token = s.Name(self.span(closer), str(closer.children[0]))
        if past is None:
            return s.Close(span, token, None, None)
        return s.Close(span, token, self.plain(past.children[1]), self.maybe_expr(past.children[0]))

    def term_close_by_next(self, span: Span, kids: list[Any]) -> s.Term:
        return s.CloseByNext(span, self.words(kids[0]))

    def term_reject(self, span: Span, kids: list[Any]) -> s.Term:
        return s.Reject(span, self.literal(kids[0]))

    def term_record(self, span: Span, kids: list[Any]) -> s.Term:
        return s.Record(span, tuple(self.entry(k) for k in kids if k is not None))

    def entry(self, tree: Any) -> s.Entry | s.Spread:
        span = self.span(tree)
        if tree.data == "spread":
            return s.Spread(span, self.expr(tree.children[0]))
        key, optional, value = tree.children
        return s.Entry(span, self.word(key), optional is not None, self.expr(value))

    # ---- declarations ------------------------------------------------------------------------------------------

    def decl(self, tree: Any) -> s.Decl:
        doc, override, bare = tree.children
        text = None if doc is None else "\n".join(line[3:].removeprefix(" ") for line in str(doc).splitlines())
        built = cast("s.Bare", getattr(self, "decl_" + bare.data)(self.span(bare), bare.children))
        return s.Decl(self.span(tree), text, override is not None, built)

    def words(self, tree: Any) -> s.Words:
        """The names of a list; none for `*` and where there is no list."""
        return () if tree is None or tree.data == "star" else tuple(self.word(t) for t in tree.children)

    def decl_format(self, span: Span, kids: list[Any]) -> s.Bare:
        name, extends, *settings = kids
        for setting in settings:
            for bare in setting.scan_values(lambda token: isinstance(token, Token) and token.type == "NAME"):
                if bare is not setting.children[0]:
                    at = self.span(bare)
                    self.problems.append(Problem("wrong-type", "write a text in quotes", at, f'"{bare}"'))
        built = tuple(s.Setting(self.span(t), self.word(t.children[0]), self.value(t.children[1])) for t in settings)
        return s.Format(span, self.word(name), self.maybe_word(extends), built)

    def value(self, tree: Any) -> s.Value:
        kid = tree if tree.data == "values" else tree.children[0]
        if not isinstance(kid, Token):
            return s.Value(tuple(self.value(c) for c in kid.children if c is not None), self.span(kid))
        if kid.type == "NUMBER":
            return s.Value(self.number(kid), self.span(kid))
        return s.Value(str(kid) if kid.type == "NAME" else self.plain(kid).text, self.span(kid))

    def type(self, tree: Any) -> s.Type:
        words = self.words(tree)
        if tree.data == "many":
            return s.Type(self.span(tree), words[:1], words[1:])
        return s.Type(self.span(tree), words, None)

    def default(self, tree: Any) -> tuple[s.Value | None, s.Word | None]:
        """A default: a value, or the bare name of a value or of another option. Names are resolved later."""
        if tree is None:
            return None, None
        kid = tree.children[0] if tree.children else None
        if isinstance(kid, Token) and kid.type == "NAME" and tree.data != "values":
            return None, self.word(kid)
        return self.value(tree), None

    def decl_option(self, span: Span, kids: list[Any]) -> s.Bare:
        return s.Option(span, self.word(kids[0]), self.type(kids[1]), *self.default(kids[2]))

    def decl_field(self, span: Span, kids: list[Any]) -> s.Bare:
        return s.Field(span, self.word(kids[0]), self.type(kids[1]), *self.default(kids[2]))

    def decl_reasoning(self, span: Span, kids: list[Any]) -> s.Bare:
        inline = None if kids[1] is None else self.inline(kids[1])
        return s.Reasoning(span, self.words(kids[0]), inline, kids[0].data == "filled")

    def inline(self, tree: Any) -> s.Inline:
        how, opener, closer, trim, filters, at = tree.children
        return s.Inline(
            self.span(tree),
            str(how.children[0]),  # type: ignore[arg-type]
            self.plain(opener),
            self.plain(closer),
            None if trim is None else self.plain(trim.children[0]),
            tuple(self.filter(f) for f in filters.children),
            "last" if at is None else str(at.children[0]),  # type: ignore[arg-type]
        )

    def decl_tools(self, span: Span, kids: list[Any]) -> s.Bare:
        return s.ToolsFrom(span, self.words(kids[0]), kids[0].data == "filled")

    def decl_content(self, span: Span, kids: list[Any]) -> s.Bare:
        return s.Content(span, tuple(self.filter(k) for k in kids))

    def decl_answers(self, span: Span, kids: list[Any]) -> s.Bare:
        return s.Answers(span, self.word(kids[0]))

    def decl_mark(self, span: Span, kids: list[Any]) -> s.Bare:
        name, end, roles, where, edge = kids
        otherwise = None if edge is None else str(edge.children[0])
        which = str(end.children[0])
        return s.Mark(span, self.word(name), which, self.words(roles), self.maybe_expr(where), otherwise)  # type: ignore[arg-type]

    def decl_ids_pattern(self, span: Span, kids: list[Any]) -> s.Bare:
        whole = self.span(kids[0])
        return s.Ids(span, s.Word(str(kids[0][1:-1]), Span(whole.start + 1, whole.end - 1)), None)

    def decl_ids_random(self, span: Span, kids: list[Any]) -> s.Bare:
        return s.Ids(span, None, self.number(kids[0]))

    def decl_refusal(self, span: Span, kids: list[Any]) -> s.Bare:
        return s.Refusal(span, self.literal(kids[0]), self.expr(kids[1]))

    def decl_deviation(self, span: Span, kids: list[Any]) -> s.Bare:
        return s.Deviation(span, self.word(kids[0]), self.plain(kids[1]).text)

    def decl_drop(self, span: Span, kids: list[Any]) -> s.Bare:
        return s.Drop(span, self.word(kids[0].children[0]), self.maybe_word(kids[1]))

    def decl_drop_part(self, span: Span, kids: list[Any]) -> s.Bare:
        kind, who = kids
        return s.Drop(span, self.word(kind), s.Word(" | ".join(s.texts(self.words(who))) or "*", self.span(who)))

    def decl_use(self, span: Span, kids: list[Any]) -> s.Bare:
        *rules, origin = map(self.word, kids)
        return s.Use(span, tuple(rules), origin)

    def decl_head(self, span: Span, kids: list[Any]) -> s.Bare:
        takes, body = kids
        if takes is None:
            return s.Head(span, (), None, self.block(body))
        which = "all" if takes.data == "takes_all" else str(takes.children[0].children[0])
        return s.Head(span, self.words(takes.children[1]), which, self.block(body))  # type: ignore[arg-type]

    def decl_turn(self, span: Span, kids: list[Any]) -> s.Bare:
        who, body = kids
        if who.data == "run":
            kid = who.children[0]
            roles = (self.word(kid),) if isinstance(kid, Token) else self.words(kid)
            return s.Turn(span, roles, self.span(kid), True, self.block(body))
        return s.Turn(span, self.words(who), self.span(who), False, self.block(body))

    def decl_skip(self, span: Span, kids: list[Any]) -> s.Bare:
        return s.Skip(span, self.words(kids[0]), self.span(kids[0]))

    def decl_part(self, span: Span, kids: list[Any]) -> s.Bare:
        return s.Part(span, self.words(kids[0]), self.span(kids[0]), self.block(kids[1]))

    def decl_rule(self, span: Span, kids: list[Any]) -> s.Bare:
        name, params, reads, body = kids
        return s.Rule(span, self.word(name), self.words(params), self.maybe_word(reads), self.block(body))
