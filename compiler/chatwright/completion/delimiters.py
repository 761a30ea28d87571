"""The delimiters of calls in a format: the words of a literal, and the form of a call or of a section of calls."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import msgspec

from chatwright.ir import program as ir
from chatwright.ir.walk import bodies, statements


class Form(msgspec.Struct, frozen=True):
    """A stretch of text that is collected from its opener to its closer, and then read by `body`.

    `opener` is None for bare calls, which no control token opens. Their beginning identifies them (`heads`), and they
    count as calls only if the whole text fits. `closer` is None if the stop of the turn closes it. `section`: the body
    holds the loop over the calls; else it is the inside of one call. `lead` and `tail`: the rest of the literals that
    contain opener and closer.
    """

    opener: str | None
    body: ir.Body
    closer: str | None
    section: bool
    lead: str = ""
    tail: str = ""


def words(text: str, tokens: Sequence[str]) -> list[str]:
    """A literal, cut at white space at its ends and next to control tokens. White space is a word of its own."""
    found: list[str] = []
    start = 0
    for space in re.finditer(r"\s+", text):
        before = text[: space.start()]
        after = text[space.end() :]
        beside = any(before.endswith(token) or after.startswith(token) for token in tokens)
        if not before or not after or beside:
            found += [text[start : space.start()], space.group()]
            start = space.end()
    return [word for word in (*found, text[start:]) if word]


def has_token(text: str, tokens: Sequence[str]) -> bool:
    return any(token in text for token in tokens)


class Delimiters:
    """Finds the forms of one program. `region` is the body that the model writes."""

    def __init__(self, program: ir.Program, region: ir.Body) -> None:
        self.tokens = program.tokens
        self.rules = {rule.name: rule for rule in program.rules}
        self.literals = [stmt.text for stmt in statements(region) if isinstance(stmt, ir.Text)]

    # ---- calls -------------------------------------------------------------------------------------------------

    def forms(self, loop: ir.For) -> list[tuple[ir.Body, Form]] | None:
        """The forms of one call, each with the texts that may precede its opener; None if they cannot be
        distinguished."""
        found: list[tuple[ir.Body, Form]] = []
        for lead, body in self.alternatives(loop.body):
            form = self.form(body, bool(found))
            if form is None:
                return None
            found.append((lead, form))
        return found

    def alternatives(self, body: ir.Body) -> list[tuple[ir.Body, ir.Body]]:
        """The possible beginnings of a call: blank statements, and the body behind them."""
        lead: list[ir.Stmt] = []
        for index, stmt in enumerate(body):
            rest = body[index + 1 :]
            match stmt:
                case ir.If() if all(_blank(inner) for inner in bodies(stmt)):
                    lead.append(stmt)
                case ir.Text() if not stmt.text.strip():
                    lead.append(stmt)
                case ir.Reject():
                    continue
                case ir.If() if stmt.otherwise:
                    choices = [inner for _, inner in stmt.branches] + [stmt.otherwise]
                    return [(tuple(lead), (*choice, *rest)) for choice in choices]
                case ir.Fresh():
                    past = [(tuple(lead), (*stmt.past, *rest))] if stmt.past else []
                    return [(tuple(lead), (*stmt.body, *rest)), *past]
                case ir.Run() if self.rules[stmt.rule].reads is None:
                    more = self.alternatives((*inlined(self.rules[stmt.rule], stmt), *rest))
                    return [((*lead, *then), inner) for then, inner in more]
                case _:
                    return [(tuple(lead), (stmt, *rest))]
        return [(tuple(lead), ())]

    def form(self, body: ir.Body, weak: bool) -> Form | None:
        """The form of a call. `weak`: its opener may lack a token, because another form of the call has one."""
        first = body[0] if body else None
        if isinstance(first, ir.Record):
            return Form(None, body, None, False) if len(body) == 1 else None
        if not isinstance(first, ir.Text):
            return None
        lead, opener, rest = self.opening(first.text)
        if not opener or not (weak or has_token(opener, self.tokens)):
            return None
        closer, tail, inner = self.closing(joined((_text(first, rest), *body[1:])))
        return Form(opener, inner, closer, False, lead, tail)

    def opening(self, text: str) -> tuple[str, str, str]:
        """The text before an opener, the opener, and the rest: a lone token, if it occurs nowhere else, or else the
        whole word."""
        word = next((word for word in words(text, self.tokens) if word.strip()), "")
        token = next((t for t in sorted(self.tokens, key=len, reverse=True) if word.startswith(t)), None)
        if token is not None and sum(literal.count(token) for literal in self.literals) == 1:
            word = token
        before, _, after = text.partition(word) if word else (text, "", "")
        return before, word, after

    def closing(self, inner: ir.Body) -> tuple[str | None, str, ir.Body]:
        """A closer with a token in it, the text behind it, and the body without these two."""
        last = inner[-1]
        if not isinstance(last, ir.Text):
            return None, "", inner
        parts = [word for word in words(last.text, self.tokens) if word.strip()]
        if not parts or not has_token(parts[-1], self.tokens):
            return None, "", inner
        word = parts[-1]
        word = next((t for t in sorted(self.tokens, key=len, reverse=True) if word.endswith(t)), word)
        before, _, after = last.text.rpartition(word)
        return word, after, (*inner[:-1], _text(last, before))

    def section(self, before: ir.Text, loop: ir.For, after: ir.Text | None) -> Form | None:
        """The form of a section: its delimiters are outside the loop."""
        lead, opener, rest = self.opening(before.text)
        if not has_token(opener, self.tokens):
            return None
        behind = () if after is None else (after,)
        closer, tail, inner = self.closing((_text(before, rest), loop, *behind))
        return Form(opener, inner, closer, True, lead, tail)

    def bare(self, loop: ir.For) -> bool:
        """Whether only their whole text identifies calls: neither a control token nor a pair of tags opens them."""
        forms = self.forms(loop)
        if forms is not None:
            return all(form.opener is None for _, form in forms)
        tagged = [form for _, form in self.without_tokens(loop) if _tags(form.opener or "", form.closer or "")]
        return len(tagged) < len(self.alternatives(loop.body))

    def bare_section(self, before: ir.Text | None, loop: ir.For, after: ir.Text | None) -> tuple[str, Form, str]:
        """The form of bare calls with the literals around them, and the text before and behind it: white space, and
        everything up to the last control token before it, and from the first one behind it."""
        cuts = [before.text.rfind(t) + len(t) for t in self.tokens if t in before.text] if before else []
        start = max(cuts, default=0)
        opening = before.text[start:] if before else ""
        start += len(opening) - len(opening.lstrip())
        end = min((after.text.find(t) for t in self.tokens if t in after.text), default=len(after.text)) if after else 0
        end = len(after.text[:end].rstrip()) if after else 0
        head = () if before is None or not opening.strip() else (_text(before, before.text[start:]),)
        tail = () if after is None or not end else (_text(after, after.text[:end]),)
        behind = after.text[end:] if after else ""
        space = behind[: len(behind) - len(behind.lstrip())]
        form = Form(None, (*head, loop, *tail), None, True, "", space)
        return (before.text[:start] if before else ""), form, behind

    def without_tokens(self, loop: ir.For) -> list[tuple[ir.Body, Form]]:
        """Calls with words of text as delimiters: the literals at the beginning and the end of the loop's body."""
        found = []
        for lead, body in self.alternatives(loop.body):
            first, last = (body[0], body[-1]) if body else (None, None)
            if not isinstance(first, ir.Text) or not isinstance(last, ir.Text) or first is last:
                continue
            opener = first.text.strip()
            closer = last.text.strip()
            if opener and closer:
                head = _text(first, first.text[first.text.index(opener) + len(opener) :])
                tail = _text(last, last.text[: last.text.rindex(closer)])
                found.append((lead, Form(opener, (head, *body[1:-1], tail), closer, False)))
        return found


def _tags(opener: str, closer: str) -> bool:
    """Whether two literals are a pair of tags, such as `<call>` and `</call>`, which no plain text contains."""
    return opener[:1] in ("<", "[", "{") and closer.startswith(f"{opener[:1]}/")


def _text(like: ir.Text, text: str) -> ir.Text:
    return ir.Text(text, like.part, like.owner, like.at)


def joined(body: ir.Body) -> ir.Body:
    """The body with adjacent literals joined, such as those around an inlined rule."""
    out: list[ir.Stmt] = []
    for stmt in body:
        last = out[-1] if out else None
        if isinstance(stmt, ir.Text) and isinstance(last, ir.Text):
            out[-1] = _text(last, last.text + stmt.text)
        else:
            out.append(stmt)
    return tuple(out)


def _blank(body: ir.Body) -> bool:
    return all(isinstance(s, ir.Reject) or (isinstance(s, ir.Text) and not s.text.strip()) for s in body)


def inlined(rule: ir.Rule, run: ir.Run) -> ir.Body:
    """The body of a rule with arguments in place of its parameters."""
    given = {param.name: arg for param, arg in zip(rule.params, run.args, strict=True)}
    body: ir.Body = _put_in(rule.body, given)
    return body


def _put_in(node: Any, given: dict[str, ir.Expr]) -> Any:
    match node:
        case ir.Var():
            return given.get(node.name, node)
        case tuple():
            return tuple(_put_in(item, given) for item in node)
        case ir.Stmt() | ir.Expr() | ir.Entry():
            return type(node)(*(_put_in(getattr(node, name), given) for name in node.__struct_fields__))
    return node
