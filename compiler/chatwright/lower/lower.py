"""Lowers a resolved format to the intermediate representation."""

from __future__ import annotations

import hashlib

from chatwright.diagnostics.diagnostic import Diagnostic
from chatwright.diagnostics.source import Span
from chatwright.ir import program as ir
from chatwright.ir.typing import kind_of, root_of
from chatwright.ir.walk import statements
from chatwright.lower.expr import Exprs, Names
from chatwright.lower.joins import Rules
from chatwright.lower.scope import Scope
from chatwright.lower.terms import Terms
from chatwright.syntax import ast as s
from chatwright.syntax import vocabulary as w
from chatwright.syntax.resolve import FormatTree


def lower(tree: FormatTree) -> tuple[ir.Program, list[Diagnostic]]:
    """Lower a format without errors of `check`."""
    lowering = _Lowering(tree)
    return lowering.program(), lowering.out


def identity(tree: FormatTree) -> str:
    """The hash of the text of the format and its bases."""
    joined = "\0".join(source.text for source in tree.sources)
    return hashlib.sha256(joined.encode("utf-8", "surrogatepass")).hexdigest()[:12]


class _Lowering:
    def __init__(self, tree: FormatTree) -> None:
        self.tree = tree
        self.out: list[Diagnostic] = []
        self.files = {id(source): i for i, source in enumerate(tree.sources)}
        self.rule_decls = {rule.name: (rule, self.files[id(p.source)]) for rule, p in tree.all(s.Rule)}
        self.rules: dict[str, ir.Rule] = {}
        self.seeing: dict[str, bool] = {}
        self.instances: dict[tuple[str, object], str] = {}
        options = [o.name for o, _ in tree.all(s.Option)]
        tools = tree.one(s.ToolsFrom)
        self.tools_from = tools.names if tools else ("tools",)
        self.tools_filled = tools is not None and tools.filled
        self.fields = tuple(f.name for f, _ in tree.all(s.Field))
        others = any(not turn.roles for turn, _ in tree.all(s.Turn))
        self.names = Names(
            options=frozenset(o for o in options if o not in self.tools_from),
            fields=frozenset(self.fields),
            marks=frozenset(m.name for m, _ in tree.all(s.Mark)),
            rules=frozenset(self.rule_decls),
            any_role=others or any(not skip.roles for skip, _ in tree.all(s.Skip)),
            any_turn=others,
        )
        self.exprs = Exprs(self.names, self.instance, self.problem)
        rules = Rules(self.rule_decls.__getitem__, self.inlined, self.instance, self.wrap, self.base_of)
        self.terms = Terms(self.exprs, rules, self.line, self.problem)
        head = tree.one(s.Head)
        self.globals: dict[str, ir.Expr] = {}
        if head is not None and head.takes:
            self.globals[head.takes[0]] = ir.HeadList() if head.which == "all" else ir.Msg("head")

    def line(self, node: s.Node, sc: Scope) -> int:
        return self.tree.sources[sc.file].line(node.span.start)

    def problem(self, code: str, message: str, node: s.Node, sc: Scope) -> None:
        self.out.append(Diagnostic(code, message, self.tree.sources[sc.file], node.span))

    # ---- rules -------------------------------------------------------------------------------------------------

    def sees_message(self, name: str, seen: frozenset[str] = frozenset()) -> bool:
        """Whether a rule reads the current message, or uses a word that has a meaning only in a turn."""
        if name in seen:
            return False
        if not seen and name in self.seeing:
            return self.seeing[name]
        found = self.looks(name, seen)
        if not seen:
            self.seeing[name] = found
        return found

    def looks(self, name: str, seen: frozenset[str]) -> bool:
        rule, _ = self.rule_decls[name]
        words = {*w.MESSAGE_NAMES, *w.TURN_NAMES, *w.COUNTS, "prev", "next", "ending", "message", *self.fields}
        words |= self.names.marks
        words -= set(rule.params) | _bound(rule.body)
        for node in _nodes(rule.body):
            if isinstance(node, s.Name) and node.id in words:
                return True
            if isinstance(node, s.Fresh | s.Prefill | s.Close | s.CloseByNext | s.Sampled):
                return True
            called = node.name if isinstance(node, s.Apply | s.Call) else None
            if called in self.rule_decls and self.sees_message(called, seen | {name}):
                return True
        return False

    def inlined(self, name: str, args: tuple[ir.Expr, ...]) -> bool:
        messages = any(kind_of(arg) in ("message", "messages") for arg in args)
        return messages or not args or self.sees_message(name)

    def instance(self, name: str, args: tuple[ir.Expr, ...], sc: Scope) -> str:
        """The name of the lowered rule for arguments of these kinds and parts. The first use lowers it."""
        rule, file = self.rule_decls[name]
        kinds = tuple((_param_kind(arg), root_of(arg)) for arg in args)
        key = (name, kinds)
        if key in self.instances:
            return self.instances[key]
        count = sum(1 for base, _ in self.instances if base == name)
        unique = name if count == 0 else f"{name}_{count + 1}"
        self.instances[key] = unique
        params = tuple(ir.Var(p, kind, root) for p, (kind, root) in zip(rule.params, kinds, strict=True))
        variables: dict[str, ir.Expr] = {**self.globals, **{v.name: v for v in params}}
        part = next((root for _, root in kinds if root != "wrap"), "wrap")
        inner = Scope(variables, {}, False, (), "", "rule", part.split(".")[0], file)
        body = self.terms.block(rule.body, inner)
        self.rules[unique] = ir.Rule(unique, name, params, rule.reads, body)
        return unique

    def base_of(self, unique: str) -> str:
        """The declared name of a lowered rule."""
        return next(name for (name, _), made in self.instances.items() if made == unique)

    def wrap(self, body: ir.Body) -> str:
        name = f"piece_{len(self.rules)}"
        self.rules[name] = ir.Rule(name, name, (), None, body)
        return name

    # ---- scopes ------------------------------------------------------------------------------------------------

    def scope(self, decl: s.Node, roles: tuple[str, ...] | None, owner: str) -> Scope:
        """The scope of a declaration; `roles` is None where there is no current message."""
        placed = next(p for p in self.tree.decls if p.decl.bare is decl)
        variables = dict(self.globals)
        if roles is not None:
            variables["message"] = ir.Msg("this")
        return Scope(variables, {}, roles is not None, roles or (), "", owner, "wrap", self.files[id(placed.source)])

    # ---- declarations ------------------------------------------------------------------------------------------

    def program(self) -> ir.Program:
        tree = self.tree
        skips = [skip for skip, _ in tree.all(s.Skip)]
        turns = tuple(self.turn(turn) for turn, _ in tree.all(s.Turn))
        closed = tuple(dict.fromkeys(r for t in turns for st in statements(t.body) for r in _closing_roles(st)))
        content = tree.one(s.Content)
        reasoning = tree.one(s.Reasoning)
        ids = tree.one(s.Ids)
        if content is not None and any(f.name != "strip" for f in content.filters):
            message = "strip is the only filter for contents"
            self.problem("wrong-type", message, content, self.scope(content, None, "none"))
        head = self.head()
        marks = tuple(self.mark(mark) for mark, _ in tree.all(s.Mark))
        refusals = tuple(self.refusal(refusal) for refusal, _ in tree.all(s.Refusal))
        parts = tuple(self.part(part) for part, _ in tree.all(s.Part))
        turns = tuple(mark_closing(t, closed, tree.tokens) for t in turns)
        if closed and not any(isinstance(st, ir.Text) and st.closes for t in turns for st in statements(t.body)):
            self.never_closed()
        return ir.Program(
            name=tree.name,
            models=tree.models,
            reproduces=tree.reproduces,
            sources=tuple(source.name for source in tree.sources),
            hash=identity(tree),
            tokens=tree.tokens,
            bos=tree.bos,
            eos=tree.eos,
            stops=tree.stops,
            options=self.options(),
            fields=self.fields,
            tools_from=self.tools_from,
            tools_filled=self.tools_filled,
            content_strip=None if content is None else _strip_of(content.filters),
            reasoning=reasoning.fields if reasoning else (),
            reasoning_filled=reasoning is not None and reasoning.filled,
            inline=None if reasoning is None or reasoning.inline is None else self.inline(reasoning.inline),
            ids=None if ids is None else (ids.pattern if ids.pattern is not None else ids.random),
            marks=marks,
            refusals=refusals,
            head=head,
            turns=turns,
            skip=tuple(role for skip in skips for role in skip.roles),
            skip_others=any(not skip.roles for skip in skips),
            parts=parts,
            rules=tuple(self.rules.values()),
            deviations=tuple((d.name, d.reason) for d, _ in tree.all(s.Deviation)),
            closed_by_next=closed,
        )

    def never_closed(self) -> None:
        """Report each `close by next`: no token would ever stop the model."""
        for placed in self.tree.decls:
            for node in _nodes(placed.decl.bare):
                if isinstance(node, s.CloseByNext):
                    message = f"the model would not stop: no turn of {' or '.join(node.roles)} begins with a token"
                    self.out.append(Diagnostic("missing-close", message, placed.source, node.span))

    def options(self) -> tuple[ir.Option, ...]:
        out = []
        for option, placed in self.tree.all(s.Option):
            doc = (placed.decl.doc or "").strip()
            type, values = _type(option.type)
            default: object = option.default
            link = option.default_name
            if link in ("true", "false"):
                default, link = link == "true", None
            elif link in values:
                default, link = link, None
            out.append(ir.Option(option.name, type, values, default, link, doc))  # type: ignore[arg-type]
        for name, token in (("bos", self.tree.bos), ("eos", self.tree.eos)):
            if token is not None:
                doc = f"The tokenizer's {name} token."
                out.append(ir.Option(f"{name}_token", "text", (), token, None, doc))
        return tuple(out)

    def inline(self, inline: s.Inline) -> ir.Inlining:
        strip = _strip_of(inline.filters) if inline.filters else None
        return ir.Inlining(inline.how, inline.open, inline.close, inline.trim or "", strip, inline.at)

    def mark(self, mark: s.Mark) -> ir.Mark:
        sc = self.scope(mark, mark.roles, "turn")
        where = None if mark.where is None else self.exprs.cond(mark.where, sc)
        return ir.Mark(mark.name, mark.end, mark.roles, where, mark.otherwise or "start")

    def refusal(self, refusal: s.Refusal) -> ir.Refusal:
        sc = self.scope(refusal, None, "none")
        at = (sc.file, self.line(refusal, sc))
        return ir.Refusal(self.terms.message(refusal.message, sc), self.exprs.cond(refusal.when, sc), at)

    def head(self) -> ir.Head:
        head = self.tree.one(s.Head)
        if head is None:
            return ir.Head((), None, ())
        if head.which == "last":
            self.problem(
                "wrong-type", "a head takes the first message, or all of a role", head, self.scope(head, None, "")
            )
        which = "all" if head.which == "all" else ("first" if head.takes else None)
        return ir.Head(head.takes, which, self.terms.block(head.body, self.scope(head, None, "none")))  # type: ignore[arg-type]

    def turn(self, turn: s.Turn) -> ir.Turn:
        sc = self.scope(turn, turn.roles, "turn").but(thinks=self.thinks(turn))
        body = self.terms.run(turn, sc) if turn.run else self.terms.block(turn.body, sc)
        return ir.Turn(turn.roles, turn.run, body, (sc.file, self.line(turn, sc)))

    def thinks(self, turn: s.Turn) -> bool:
        """Whether a turn can find reasoning in its content: the model samples it, and the format declares how."""
        reasoning = self.tree.one(s.Reasoning)
        return reasoning is not None and reasoning.inline is not None and self.samples(turn.body, frozenset())

    def samples(self, block: s.Block, seen: frozenset[str]) -> bool:
        """Whether a block, or a rule that it prints, has `sampled`."""
        nodes = _nodes(block)
        called = {n.name for n in nodes if isinstance(n, s.Apply) and n.name in self.rule_decls} - seen
        return any(isinstance(n, s.Sampled) for n in nodes) or any(
            self.samples(self.rule_decls[name][0].body, seen | called) for name in called
        )

    def part(self, part: s.Part) -> ir.Part:
        sc = self.scope(part, None, "turn").with_vars(
            "turn",
            part=ir.Var("part", "data", "content"),
            role=ir.Var("role", "text", "content" if self.names.any_turn else "wrap"),
            **{word: ir.Number("part", start) for word, start in w.COUNTS.items()},
        )
        return ir.Part(part.kinds, self.terms.block(part.body, sc.but(part="content")))


def _param_kind(arg: ir.Expr) -> ir.Kind:
    """Rules distinguish only the kinds that their words distinguish."""
    kind = kind_of(arg)
    return kind if kind in ("call", "calls", "tool", "tools", "part", "parts") else "data"


def _strip_of(filters: tuple[s.Filter, ...]) -> str:
    """The characters that a `strip` filter removes; empty for white space."""
    return "\n" if any("newlines" in f.args for f in filters) else ""


def _type(type: s.Type) -> tuple[str, tuple[str, ...]]:
    if type.of is not None:
        return "list", type.of
    if len(type.names) == 1 and type.names[0] in w.OPTION_TYPES:
        return type.names[0], ()
    return "choice", type.names


def _nodes(node: object) -> list[s.Node]:
    out: list[s.Node] = []
    stack = [node]
    while stack:
        at = stack.pop()
        if isinstance(at, Span):
            continue
        if isinstance(at, s.Node):
            out.append(at)
            stack += [getattr(at, name) for name in at.__struct_fields__]
        elif isinstance(at, tuple):
            stack += at
    return out


def _bound(block: s.Block) -> set[str]:
    return {name for node in _nodes(block) if isinstance(node, s.Each) for name in node.names}


def _closing_roles(stmt: ir.Stmt) -> tuple[str, ...]:
    return stmt.roles if isinstance(stmt, ir.CloseByNext) else ()


def mark_closing(turn: ir.Turn, closed: tuple[str, ...], tokens: tuple[str, ...]) -> ir.Turn:
    """Split off and mark the token that opens a turn, if this token stops the turn before it."""
    if not closed or (turn.roles and not set(turn.roles) & set(closed)):
        return turn
    body, _ = _mark_first(turn.body, tokens)
    return ir.Turn(turn.roles, turn.run, body, turn.at)


def _mark_first(body: ir.Body, tokens: tuple[str, ...]) -> tuple[ir.Body, bool]:
    """Mark the first token on every way through a body. Also returns whether some way prints nothing."""
    out: list[ir.Stmt] = []
    for index, stmt in enumerate(body):
        if isinstance(stmt, ir.Text) and stmt.text:
            token = max((t for t in tokens if stmt.text.startswith(t)), key=len, default="")
            if token:
                out.append(ir.Text(token, stmt.part, stmt.owner, stmt.at, closes=True))
                if stmt.text != token:
                    out.append(ir.Text(stmt.text[len(token) :], stmt.part, stmt.owner, stmt.at))
            else:
                out.append(stmt)
            return (*out, *body[index + 1 :]), False
        if isinstance(stmt, ir.If):
            marked = [(when, _mark_first(inner, tokens)) for when, inner in stmt.branches]
            last = _mark_first(stmt.otherwise, tokens)
            out.append(ir.If(tuple((when, inner) for when, (inner, _) in marked), last[0]))
            if not last[1] and not any(empty for _, (_, empty) in marked):
                return (*out, *body[index + 1 :]), False
        else:
            out.append(stmt)
            if not isinstance(stmt, ir.For | ir.Reject):
                return (*out, *body[index + 1 :]), False
    return tuple(out), True
