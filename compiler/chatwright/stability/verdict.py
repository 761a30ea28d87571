"""How much of a text stays when messages are appended: two verdicts, each a proof or a counterexample."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice, product
from typing import Any, NamedTuple
from typing import Literal as OneOf

import msgspec

from chatwright.ir import program as ir
from chatwright.ir.walk import all_expressions
from chatwright.runtime.options import Option, settle
from chatwright.runtime.renderer import Renderer
from chatwright.stability.cases import Case, Claim
from chatwright.stability.dependence import case_key, open_cases
from chatwright.stability.explain import Asking, Cause, by_opener, words_of
from chatwright.stability.subject import Subject
from chatwright.stability.witness import Search, Witness
from chatwright.syntax.resolve import FormatTree

#: How many values of options a table has at most.
MOST_VALUATIONS = 64

Verdict = OneOf["stable", "unstable", "unproven", "refused"]


class Change(msgspec.Struct, frozen=True):
    """One way in which text changes: its cause, and a conversation that shows it, or None if none was found."""

    cause: Cause
    witness: Witness | None


class Finding(msgspec.Struct, frozen=True):
    """The verdict for messages of one role. `stable`: proved, there are no changes. `unstable`: at least one
    conversation shows it. `unproven`: neither. `refused`: the format takes no such message there."""

    verdict: Verdict
    changes: tuple[Change, ...] = ()

    @property
    def reason(self) -> str:
        """Why, in one sentence."""
        if not self.changes:
            return {"stable": "no earlier text depends on them"}.get(self.verdict, "the format refuses them")
        told = self.changes[0].cause
        return f"{told.reason} ({told.spec}:{told.line})"


class Roles(msgspec.Struct, frozen=True):
    """The verdicts by role of the appended messages. Messages of all stable roles may come together, in any order and
    number."""

    findings: Mapping[str, Finding]

    @property
    def stable(self) -> tuple[str, ...]:
        """The roles for which it is proved."""
        return tuple(role for role, finding in self.findings.items() if finding.verdict == "stable")

    def __getitem__(self, role: str) -> Finding:
        return self.findings[role]


class Stability(msgspec.Struct, frozen=True):
    """The two verdicts on a format under `options`: the ones that the caller gave (`asked`) and the defaults of the
    others.

    `render`: the text of a conversation that ends in an answer is a prefix of every longer one; for the model's role,
    the text of any conversation stays when an answer is appended. `sampled`: the prompt and the completion are a prefix
    of every later text. `answer`: the same for the conversation that ends in the answer.
    """

    asked: Mapping[str, Any]
    options: Mapping[str, Any]
    render: Roles
    sampled: Roles
    answer: Finding
    is_prefix_stable: bool


class Judged(NamedTuple):
    """A format as the verdicts see it: its tree and program, its options, and its two renderers.

    `history` renders a conversation as the original does, `fresh` with its last message as the model has just written
    it; None for a format in which the model writes nothing.
    """

    tree: FormatTree
    program: ir.Program
    options: Mapping[str, Option]
    history: Renderer
    fresh: Renderer | None


def stability(judged: Judged, **options: Any) -> Stability:
    """The verdicts on a format under options; the others have their defaults. Raises OptionError."""
    values = dict(zip(judged.options, settle(judged.options, options), strict=True))
    subject = Subject(judged.program, values)
    given = {name: value for name, value in values.items() if value is not None}
    asked = _Asked(judged.tree, subject, Search(subject, judged.history, judged.fresh, given))
    answer = asked.finding("written", ())
    return Stability(options, given, asked.render(), asked.sampled(answer), answer, _prefix_stable(subject))


def valuations(program: ir.Program, options: Mapping[str, Option]) -> list[dict[str, Any]]:
    """The values of the options that turns use, for options with few values."""
    asked = {e.name for turn in program.turns for e in all_expressions(turn.body) if isinstance(e, ir.Opt)}
    few = [name for name, option in options.items() if name in asked and option.type in ("bool", "choice")]
    choices = product(*(options[name].values for name in few))
    return [dict(zip(few, chosen, strict=True)) for chosen in islice(choices, MOST_VALUATIONS)]


def stability_table(judged: Judged) -> tuple[Stability, ...]:
    """The verdicts for every value of the options that turns use; the others have their defaults."""
    return tuple(stability(judged, **values) for values in valuations(judged.program, judged.options))


def prefix_stable_table(program: ir.Program, options: Mapping[str, Option]) -> tuple[tuple[dict[str, Any], bool], ...]:
    """For every value of the options that turns use, and any value of the others: whether it is proved that user
    messages, results and answers leave the text of a conversation that ends in an answer unchanged."""
    found = valuations(program, options)
    return tuple((values, _prefix_stable(Subject(program, values))) for values in found)


def stable_roles(
    program: ir.Program, options: Mapping[str, Option], chosen: Mapping[str, Any]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The roles for which the two verdicts are proved, including refused roles, without a search for counterexamples.
    Raises OptionError."""
    subject = Subject(program, dict(zip(options, settle(options, dict(chosen)), strict=True)))
    answers = () if open_cases(subject, "answer", frozenset()) else (subject.model,)
    exact = () if open_cases(subject, "written", frozenset()) else proved(subject, "written")
    return (*proved(subject, "behind"), *answers), exact


def proved(subject: Subject, claim: Claim) -> tuple[str, ...]:
    """The roles for which a claim holds together, in any order and number: as many as can be added one by one. For the
    claim `written`: the roles that add nothing to the changes that the answer alone causes."""
    alone = (
        {case_key(subject, case) for case in open_cases(subject, claim, frozenset())} if claim == "written" else set()
    )
    found: tuple[str, ...] = ()
    for role in subject.roles:
        if claim == "behind" and role == subject.model:
            continue
        cases = open_cases(subject, claim, frozenset((*found, role)))
        stops = claim == "behind" or subject.stops_before(role)
        if stops and all(case_key(subject, case) in alone for case in cases):
            found = (*found, role)
    return found


def _prefix_stable(subject: Subject) -> bool:
    roles = frozenset(role for role in ("user", "tool") if subject.takes(role))
    return not open_cases(subject, "answer", frozenset()) and not open_cases(subject, "behind", roles)


class _Asked:
    """The questions about one format under options."""

    def __init__(self, tree: FormatTree, subject: Subject, search: Search) -> None:
        self.tree = tree
        self.subject = subject
        self.search = search

    def render(self) -> Roles:
        stable = proved(self.subject, "behind")
        found = {}
        for role in self.subject.roles:
            model = role == self.subject.model
            found[role] = self.finding("answer", (role,)) if model else self.finding("behind", (*stable, role))
        return Roles(found)

    def sampled(self, answer: Finding) -> Roles:
        stable = proved(self.subject, "written")
        told = open_cases(self.subject, "written", frozenset())
        found = {}
        for role in self.subject.roles:
            own = self.finding("written", (*stable, role), told)
            if own.verdict == "stable":
                own = answer
            elif own.verdict != "refused":
                causes = [change.cause for change in own.changes]
                others = [change for change in answer.changes if change.cause not in causes]
                verdict = own.verdict if answer.verdict != "unstable" else answer.verdict
                shown = [c for c in (*own.changes, *others) if verdict != "unstable" or c.witness is not None]
                own = Finding(verdict, tuple(shown))
            found[role] = own
        return Roles(found)

    def refused(self, role: str) -> bool:
        turn = self.subject.turn_of(role)
        return turn is not None and any(isinstance(stmt, ir.Reject) for stmt in self.subject.bodies[turn])

    def finding(self, claim: Claim, roles: tuple[str, ...], besides: Sequence[Case] = ()) -> Finding:
        """The finding for the last of some roles; the others, which are proved, may come as well. `besides`: cases that
        are reported elsewhere."""
        if roles and self.refused(roles[-1]):
            return Finding("refused")
        known = [case_key(self.subject, case) for case in besides]
        cases = [c for c in open_cases(self.subject, claim, frozenset(roles)) if case_key(self.subject, c) not in known]
        changes = list(self.changes(claim, cases, roles))
        if claim == "written" and roles and not self.subject.stops_before(roles[-1]):
            changes.append(Change(by_opener(self.subject, self.tree), self.search.find_stop(roles[-1])))
        if not changes:
            return Finding("stable")
        shown = [change for change in changes if change.witness is not None]
        return Finding("unstable", tuple(shown)) if shown else Finding("unproven", tuple(changes))

    def oddity(self, case: Case) -> tuple[bool, bool]:
        """The order of cases: the model's own turn first, and the last turn first."""
        return case.turn is not self.subject.sampler, not case.before.edge

    def changes(self, claim: Claim, cases: list[Case], roles: tuple[str, ...]) -> Iterator[Change]:
        """The changes that the cases cause, one for each line of the spec."""
        seen: set[tuple[str, int, object]] = set()
        inexact: list[Change] = []
        for case in sorted(cases, key=self.oddity):
            word = words_of(case, self.subject)[0]
            asking = Asking(case, word, self.tree)
            if asking.only is not None and (*asking.only, word) in seen:
                continue
            found = self.search.find(claim, case, roles, asking.holds)
            told = asking.cause(found.near if found else ())
            if (told.spec, told.line, word) in seen or any(told == change.cause for change in inexact):
                continue
            if found is not None and found.exact:
                seen.add((told.spec, told.line, word))
                yield Change(told, found.witness)
            else:
                inexact.append(Change(told, found.witness if found else None))
        if not seen:
            yield from inexact
