"""The facts of a program that need no conversation: the fields that bodies read, the stops, the prompt."""

from __future__ import annotations

import msgspec

from chatwright.analysis.simplify import prompt_pieces, tidy
from chatwright.analysis.views import history, prompt, sampling_turn
from chatwright.ir import program as ir
from chatwright.ir.walk import all_expressions, statements, walk
from chatwright.runtime.values import REASONING


class Reads(msgspec.Struct, frozen=True):
    """The parts of a conversation that a body or an expression reads."""

    content: bool
    source: bool
    wire: bool
    reasoning: bool
    inline: bool
    results: bool
    prev: bool
    next: bool
    next_role: bool
    next_fields: bool
    before: tuple[str, ...]
    loop_position: bool
    loop_last: bool
    number: bool

    @property
    def text(self) -> bool:
        """Whether the content is read as text in any way."""
        return self.content or self.source or self.inline


class Facts(msgspec.Struct, frozen=True):
    """The facts of a program. `turns` are bodies of the history view. The prompt has two pieces, the opener of the
    model's turn and the prefilled start of its sampled region, because engines look at each separately.

    `written`: the model's turn right after sampling, for the view of a fresh last message; else empty.

    `text_roles`: the roles with a content that is read as text. `looked_at`: those of them that only marks read.
    `other_roles`: named roles with another content. `any_text`: the content of roles without a turn of their own is
    printed as text. `counted`: the roles of each turn that prints its number.
    """

    turns: tuple[ir.Turn, ...]
    prompt_opener: ir.Body
    prompt_region: ir.Body
    sampler: tuple[str, ...]
    stops: tuple[str, ...]
    roles: tuple[str, ...]
    any_role: bool
    looks_through: bool
    text_roles: tuple[str, ...]
    other_roles: tuple[str, ...]
    any_text: bool
    counts_parts: bool
    looked_at: tuple[str, ...]
    counted: tuple[tuple[str, ...], ...]
    written: ir.Body = ()

    @property
    def prompt(self) -> ir.Body:
        return (*self.prompt_opener, *self.prompt_region)


def facts(program: ir.Program) -> Facts:
    """Derive the facts of a program."""
    turns = tuple(ir.Turn(t.roles, t.run, tidy(history(t.body)), t.at) for t in program.turns)
    sampler = sampling_turn(program)
    opener, region = prompt_pieces(*prompt(program))
    named = tuple(role for turn in program.turns for role in turn.roles)
    part_bodies = [stmt for part in program.parts for stmt in part.body]
    head = program.head
    texts = [t for t in turns if reads(t.body).text]
    text_roles = tuple(role for t in texts for role in t.roles) + (head.takes if head.which == "all" else ())
    looking = [m for m in program.marks if m.where is not None and reads((), m.where).text]
    looked_at = tuple(dict.fromkeys(role for m in looking for role in m.roles if role not in text_roles))
    return Facts(
        turns=turns,
        prompt_opener=opener,
        prompt_region=region,
        sampler=sampler.roles if sampler else (),
        stops=stop_tokens(program),
        roles=named + program.skip + (program.head.takes if program.head.which == "all" else ()),
        any_role=program.skip_others or any(not t.roles for t in program.turns),
        looks_through=bool(program.skip or program.skip_others or program.head.which == "all"),
        text_roles=tuple(dict.fromkeys((*text_roles, *looked_at))),
        other_roles=tuple(role for role in named + program.skip if role not in (*text_roles, *looked_at)),
        looked_at=looked_at,
        any_text=any(not t.roles for t in texts),
        counts_parts=any(isinstance(e, ir.Number) for e in all_expressions(tuple(part_bodies))),
        counted=tuple(turn.roles for turn in program.turns if reads(turn.body).number),
    )


def counter_of(roles: tuple[str, ...]) -> str:
    """The name of the variable that counts the turns of a declaration."""
    return f"number_{'_'.join(roles) or 'others'}"


def reads(body: ir.Body, *exprs: ir.Expr) -> Reads:
    """The parts of the current message and its neighbours that a body, or some expressions, read."""
    found = [*all_expressions(body), *(node for expr in exprs for node in walk(expr))]

    def this(kind: type[ir.Content] | type[ir.Reasoning] | type[ir.Inline] | type[ir.Results]) -> bool:
        return any(isinstance(e, kind) and e.message.which == "this" for e in found)

    messages = [e for e in found if isinstance(e, ir.Msg)]
    asked_of_next = [e for e in found if isinstance(e, ir.RoleIs | ir.Exists) and e.message.which == "next"]
    forms = {e.form for e in found if isinstance(e, ir.Content) and e.message.which == "this"}
    return Reads(
        content="cut" in forms,
        source="source" in forms,
        wire=any(isinstance(e, ir.Attr) and e.name == "content" and e.message.which == "this" for e in found),
        reasoning=this(ir.Reasoning),
        inline=this(ir.Inline),
        results=this(ir.Results),
        prev=any(m.which == "prev" for m in messages),
        next=any(m.which == "next" for m in messages),
        next_role=any(isinstance(e, ir.RoleIs) for e in asked_of_next),
        next_fields=sum(m.which == "next" for m in messages) > len(asked_of_next),
        before=tuple(dict.fromkeys(m.name for m in messages if m.which == "before")),
        loop_position=any(isinstance(e, ir.Position) and e.of == "loop" for e in found),
        loop_last=any(isinstance(e, ir.Position) and e.of == "loop" and e.word == "last" for e in found),
        number=any(isinstance(e, ir.Number) and e.of == "turn" for e in found),
    )


def reasoning_keys(program: ir.Program) -> tuple[tuple[str, ...], ...]:
    """The message keys for each declared source of reasoning; the first key that is given wins.

    transformers fills `reasoning_content` and `thinking` from their aliases before a template sees them.
    """
    found = []
    for field in program.reasoning:
        aliases = REASONING if field in ("reasoning_content", "thinking") else ()
        found.append(tuple(dict.fromkeys((field, *aliases))))
    return tuple(found)


def asked_by(mark: ir.Mark) -> set[str]:
    """The marks that a mark depends on: it moves, or vanishes, when they move."""
    return {e.mark for e in walk(mark.where) if isinstance(e, ir.MarkTest)} if mark.where is not None else set()


def stop_tokens(program: ir.Program) -> tuple[str, ...]:
    """All texts that end sampling: closers, openers that close when they are sampled, declared stops."""
    found: list[str] = []
    for turn in program.turns:
        for stmt in statements(turn.body):
            if isinstance(stmt, ir.Close):
                found.append(_token_text(stmt.token, program))
            elif isinstance(stmt, ir.Text) and stmt.closes:
                found.append(stmt.text)
    return tuple(dict.fromkeys([*found, *program.stops]))


def _token_text(token: ir.Text | ir.Slot, program: ir.Program) -> str:
    if isinstance(token, ir.Text):
        return token.text
    return (program.bos if token.value == ir.Opt("bos_token") else program.eos) or ""
