"""The texts that can follow a slot: the literals up to the next slot, and patterns that find them."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping

from chatwright.ir import program as ir

Exit = tuple[str, bool]
Exits = tuple[Exit, ...]
Env = tuple[tuple[str, str], ...]
DEEP = 12  # the most rules inside one another that are searched for the first literal


class Follow:
    """Finds the literals that can come at a place, each with whether the text ends behind it. `("", False)` is a
    slot."""

    def __init__(self, rules: Mapping[str, ir.Rule], spell: Callable[[str], str]) -> None:
        self.rules = rules
        self.spell = spell
        self.found: dict[tuple[int, int, Exits, Env], Exits] = {}
        self.kept: list[ir.Body] = []
        self.compiled: dict[Exits, tuple[re.Pattern[str], re.Pattern[str], str]] = {}

    def exits(self, body: ir.Body, index: int, follow: Exits, env: Env, depth: int = 0) -> Exits:
        """The texts that can come at a statement of a body, if `follow` comes behind the body."""
        key = (id(body), index, follow, env)
        found = self.found.get(key)
        if found is None:
            found = tuple(dict.fromkeys(self.at(body, index, follow, env, depth)))
            self.found[key] = found
            self.kept.append(body)
        return found

    def at(self, body: ir.Body, index: int, follow: Exits, env: Env, depth: int) -> Exits:
        if index >= len(body):
            return follow
        if depth > DEEP:
            return (("", False),)
        match body[index]:
            case ir.Text(text=text):
                return joined(self.spell(text), self.exits(body, index + 1, follow, env, depth))
            case ir.Slot(value=value):
                printed = self.known(value, env)
                if printed is None:
                    return (("", False),)
                return joined(printed, self.exits(body, index + 1, follow, env, depth))
            case ir.Record():
                return (("", False),)
            case ir.If() as choice:
                rest = self.exits(body, index + 1, follow, env, depth)
                choices = [inner for _, inner in choice.branches] + [choice.otherwise]
                return tuple(e for inner in choices for e in self.exits(inner, 0, rest, env, depth + 1))
            case ir.For() as loop:
                rest = self.exits(body, index + 1, follow, env, depth)
                return (*self.exits(loop.body, 0, (("", False),), env, depth + 1), *rest)
            case ir.Run() as run:
                rule = self.rules[run.rule]
                if rule.reads is not None:
                    return (("", False),)
                rest = self.exits(body, index + 1, follow, env, depth)
                given = zip(rule.params, run.args, strict=True)
                settled = tuple((p.name, known) for p, a in given if (known := self.known(a, env)) is not None)
                return self.exits(rule.body, 0, rest, settled, depth + 1)
            case ir.Fresh() as fresh:
                return self.exits(fresh.body, 0, self.exits(body, index + 1, follow, env, depth), env, depth + 1)
        return self.exits(body, index + 1, follow, env, depth)

    def item(self, loop: ir.For, env: Env) -> Exits:
        """The texts between an item of a loop and the next one, with the beginning of the next."""
        first = self.exits(loop.body, 0, (("", False),), env)
        return joined(self.spell(loop.sep.text), first) if loop.sep is not None else first

    def known(self, value: ir.Expr, env: Env) -> str | None:
        if isinstance(value, ir.Const):
            return str(value.value)
        return next((text for name, text in env if isinstance(value, ir.Var) and value.name == name), None)

    def patterns(self, exits: Exits) -> tuple[re.Pattern[str], re.Pattern[str], str]:
        """Patterns for the end of a slot: for the text that follows as printed, and with other white space; and the
        white space before it."""
        found = self.compiled.get(exits)
        if found is None:
            told = [exit for exit in exits if exit != ("", False)]
            exact = "|".join(re.escape(text) + (r"\Z" if ended else "") for text, ended in told)
            rough = "|".join(dict.fromkeys(_first(text, ended) for text, ended in told if text.strip() or ended))
            pre = max((text[: len(text) - len(text.lstrip())] for text, _ in told), key=len, default="")
            found = (re.compile(exact or "(?!)"), re.compile(rough or "(?!)"), pre)
            self.compiled[exits] = found
        return found


def joined(text: str, exits: Exits) -> Exits:
    return tuple((text + literal, ended) for literal, ended in exits)


def _first(text: str, ended: bool) -> str:
    """The first word of a literal as a pattern, followed by the end of the text if it is the only word."""
    words = text.split()
    if len(words) > 1 or not ended:
        return re.escape(words[0])
    return (re.escape(words[0]) + r"\s*\Z") if words else r"\Z"


def _loose(text: str) -> str:
    return r"\s*".join(map(re.escape, text.split()))


@functools.lru_cache(maxsize=1024)
def relaxed(text: str) -> re.Pattern[str]:
    """A pattern for a literal with any white space, or none, between its words."""
    return re.compile(r"\s*" + _loose(text) + (r"\s*" if text[-1:].isspace() else ""))
