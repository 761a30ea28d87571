"""From lark's tree to the abstract syntax. Knows the shape of dsl/grammar.lark and nothing of meaning."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from lark import Token, Tree

from chatwright.diagnostics.source import Span
from chatwright.syntax import ast as s
from chatwright.syntax.strings import Problem, RawSlot, cut_string, unquote_block

SlotParser = Callable[[RawSlot], "Tree[Token] | Problem"]


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
            return s.Literal(span, (str(token[1:-1]),) if len(token) > 2 else (), "raw")
        if token.type == "BLOCK":
            text, problems = unquote_block(str(token), span.start)
            self.problems += problems
            return s.Literal(span, (text,) if text else (), "block")
        raw, problems = cut_string(str(token), span.start)
        self.problems += problems
        parts = [p if isinstance(p, str) else self.slot(p) for p in raw]
        return s.Literal(span, tuple(p for p in parts if p is not None), "string")

    def number(self, token: Token) -> int:
        """A number; one that Python may refuse to read, and that nothing here has a use for, is a problem."""
        if len(token) > 9:
            self.problems.append(Problem("too-large", "a number has at most nine digits", self.span(token)))
            return 0
        return int(token)

    def plain(self, token: Token) -> str:
        """A string that may hold no slots."""
        literal = self.literal(token)
        for part in literal.parts:
            if isinstance(part, s.Slot):
                self.problems.append(
                    Problem("syntax", "a slot cannot stand in this string", part.span, "write \\{ for a brace")
                )
        return "".join(p for p in literal.parts if isinstance(p, str))

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
        return s.Filter(self.span(tree), str(name), tuple(self.filter_arg(a) for a in args))

    def filter_arg(self, token: Token) -> str | int:
        if token.type == "NUMBER":
            return self.number(token)
        return str(token[1:-1]) if token.type == "RAW" else str(token)

    # ---- expressions -------------------------------------------------------------------------------------------

    def expr(self, tree: Any) -> s.Expr:
        span = self.span(tree)
        kids = tree.children
        match tree.data:
            case "name":
                return s.Name(span, str(kids[0]))
            case "get":
                return s.Get(span, self.expr(kids[0]), str(kids[1]))
            case "call":
                return s.Call(span, str(kids[0]), self.args(kids[1]))
            case "text":
                return s.Text(span, self.plain(kids[0]))
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
                return s.Is(span, self.expr(kids[0]), str(kids[1]), tree.data == "is_not")
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
        return s.Apply(span, str(kids[0]), self.args(kids[1]))

    def term_when(self, span: Span, kids: list[Any]) -> s.Term:
        *pairs, last = kids
        branches = tuple((self.expr(pairs[i]), self.block(pairs[i + 1])) for i in range(0, len(pairs), 2))
        return s.When(span, branches, None if last is None else self.block(last.children[0]))

    def term_each(self, span: Span, kids: list[Any]) -> s.Term:
        params, items, where, sep, body = kids
        names = tuple(str(t) for t in params.children)
        sep_text = None if sep is None else self.plain(sep)
        return s.Each(span, names, self.expr(items), self.maybe_expr(where), sep_text, self.block(body))

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
            token = s.Text(self.span(closer), self.plain(closer))
        else:
            token = s.Name(self.span(closer), str(closer.children[0]))
        if past is None:
            return s.Close(span, token, None, None)
        return s.Close(span, token, self.plain(past.children[1]), self.maybe_expr(past.children[0]))

    def term_close_by_next(self, span: Span, kids: list[Any]) -> s.Term:
        return s.CloseByNext(span, self.names(kids[0]))

    def term_reject(self, span: Span, kids: list[Any]) -> s.Term:
        return s.Reject(span, self.literal(kids[0]))

    def term_record(self, span: Span, kids: list[Any]) -> s.Term:
        return s.Record(span, tuple(self.entry(k) for k in kids if k is not None))

    def entry(self, tree: Any) -> s.Entry | s.Spread:
        span = self.span(tree)
        if tree.data == "spread":
            return s.Spread(span, self.expr(tree.children[0]))
        key, optional, value = tree.children
        return s.Entry(span, str(key), optional is not None, self.expr(value))

    # ---- declarations ------------------------------------------------------------------------------------------

    def decl(self, tree: Any) -> s.Decl:
        doc, override, bare = tree.children
        text = None if doc is None else "\n".join(line[3:].removeprefix(" ") for line in str(doc).splitlines())
        built = cast("s.Bare", getattr(self, "decl_" + bare.data)(self.span(bare), bare.children))
        return s.Decl(self.span(tree), text, override is not None, built)

    def names(self, tree: Any) -> tuple[str, ...]:
        """The names of a list; empty for `*`."""
        return () if tree.data == "star" else tuple(str(t) for t in tree.children)

    def decl_format(self, span: Span, kids: list[Any]) -> s.Bare:
        name, extends, *settings = kids
        for setting in settings:
            for bare in setting.scan_values(lambda token: isinstance(token, Token) and token.type == "NAME"):
                if bare is not setting.children[0]:
                    at = self.span(bare)
                    self.problems.append(Problem("wrong-type", "a text stands in quotes", at, f'"{bare}"'))
        built = tuple(s.Setting(self.span(t), str(t.children[0]), self.value(t.children[1])) for t in settings)
        return s.Format(span, str(name), None if extends is None else str(extends), built)

    def value(self, tree: Any) -> s.Value:
        kid = tree if tree.data == "values" else tree.children[0]
        if isinstance(kid, Token):
            if kid.type == "NUMBER":
                return self.number(kid)
            return str(kid) if kid.type == "NAME" else self.plain(kid)
        return tuple(self.value(c) for c in kid.children if c is not None)

    def type(self, tree: Any) -> s.Type:
        names = tuple(str(t) for t in tree.children)
        if tree.data == "many":
            return s.Type(self.span(tree), names[:1], names[1:])
        return s.Type(self.span(tree), names, None)

    def default(self, tree: Any) -> tuple[s.Value | None, str | None]:
        """A default: a value, or the bare name of a value or of another option (resolved later)."""
        if tree is None:
            return None, None
        kid = tree.children[0] if tree.children else None
        if isinstance(kid, Token) and kid.type == "NAME" and tree.data != "values":
            return None, str(kid)
        return self.value(tree), None

    def decl_option(self, span: Span, kids: list[Any]) -> s.Bare:
        return s.Option(span, str(kids[0]), self.type(kids[1]), *self.default(kids[2]))

    def decl_field(self, span: Span, kids: list[Any]) -> s.Bare:
        return s.Field(span, str(kids[0]), self.type(kids[1]), *self.default(kids[2]))

    def decl_reasoning(self, span: Span, kids: list[Any]) -> s.Bare:
        inline = None if kids[1] is None else self.inline(kids[1])
        return s.Reasoning(span, self.names(kids[0]), inline, kids[0].data == "filled")

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
        return s.ToolsFrom(span, self.names(kids[0]), kids[0].data == "filled")

    def decl_content(self, span: Span, kids: list[Any]) -> s.Bare:
        return s.Content(span, tuple(self.filter(k) for k in kids))

    def decl_answers(self, span: Span, kids: list[Any]) -> s.Bare:
        return s.Answers(span, str(kids[0]))

    def decl_mark(self, span: Span, kids: list[Any]) -> s.Bare:
        name, end, roles, where, edge = kids
        otherwise = None if edge is None else str(edge.children[0])
        return s.Mark(span, str(name), str(end.children[0]), self.names(roles), self.maybe_expr(where), otherwise)  # type: ignore[arg-type]

    def decl_ids_pattern(self, span: Span, kids: list[Any]) -> s.Bare:
        token = kids[0]
        return s.Ids(span, str(token[1:-1]), None)

    def decl_ids_random(self, span: Span, kids: list[Any]) -> s.Bare:
        return s.Ids(span, None, self.number(kids[0]))

    def decl_refusal(self, span: Span, kids: list[Any]) -> s.Bare:
        return s.Refusal(span, self.literal(kids[0]), self.expr(kids[1]))

    def decl_deviation(self, span: Span, kids: list[Any]) -> s.Bare:
        return s.Deviation(span, str(kids[0]), self.plain(kids[1]))

    def decl_drop(self, span: Span, kids: list[Any]) -> s.Bare:
        return s.Drop(span, str(kids[0].children[0]), None if kids[1] is None else str(kids[1]))

    def decl_drop_part(self, span: Span, kids: list[Any]) -> s.Bare:
        return s.Drop(span, "part", " | ".join(self.names(kids[0])) or "*")

    def decl_use(self, span: Span, kids: list[Any]) -> s.Bare:
        *rules, origin = map(str, kids)
        return s.Use(span, tuple(rules), origin)

    def decl_head(self, span: Span, kids: list[Any]) -> s.Bare:
        takes, body = kids
        if takes is None:
            return s.Head(span, (), None, self.block(body))
        which = "all" if takes.data == "takes_all" else str(takes.children[0].children[0])
        return s.Head(span, self.names(takes.children[1]), which, self.block(body))  # type: ignore[arg-type]

    def decl_turn(self, span: Span, kids: list[Any]) -> s.Bare:
        who, body = kids
        if who.data == "run":
            kid = who.children[0]
            roles = (str(kid),) if isinstance(kid, Token) else self.names(kid)
            return s.Turn(span, roles, True, self.block(body))
        return s.Turn(span, self.names(who), False, self.block(body))

    def decl_skip(self, span: Span, kids: list[Any]) -> s.Bare:
        return s.Skip(span, self.names(kids[0]))

    def decl_part(self, span: Span, kids: list[Any]) -> s.Bare:
        return s.Part(span, self.names(kids[0]), self.block(kids[1]))

    def decl_rule(self, span: Span, kids: list[Any]) -> s.Bare:
        name, params, reads, body = kids
        names = () if params is None else tuple(str(t) for t in params.children)
        return s.Rule(span, str(name), names, None if reads is None else str(reads), self.block(body))
