"""Shows all facts about a format, as text and as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from chatwright.analysis.portability import Demand, demands
from chatwright.analysis.summary import Dropped, Prompt, dropped, prompts, read_fields
from chatwright.analysis.views import sampling_turn
from chatwright.cli.loading import load
from chatwright.cli.output import console
from chatwright.completion.losses import lossy
from chatwright.ir import program as ir
from chatwright.spec import format_of
from chatwright.stability.verdict import Roles, Stability

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text

#: The roles, the verdict, the reason.
Row = tuple[str, str, str]

VERDICTS = {"stable": "green", "unstable": "red", "unproven": "yellow", "refused": "bright_black"}


class Place(msgspec.Struct, frozen=True):
    """A statement about a format, and the line of the spec that causes it, if there is one."""

    text: str
    spec: str | None = None
    line: int | None = None


def losses(program: ir.Program) -> tuple[Place, ...]:
    """What the parser cannot recover of a message of the model."""
    if sampling_turn(program) is None:
        return ()
    found = []
    for loss in lossy(program):
        spec, line = (None, None) if loss.at is None else (program.sources[loss.at[0]], loss.at[1])
        found.append(Place(loss.sentence, spec, line))
    return tuple(found)


class Report(msgspec.Struct, frozen=True):
    """The facts about one format.

    `history`: what rewrites a text that was there, a sentence with the line each. `dropped`: the fields that it leaves
    out then. `lossy`: what reading cannot bring back. `training`: what one training text cannot show.
    `response_template`: what that of transformers cannot say. `portability`: what the template asks of engines.
    """

    name: str
    hash: str
    models: tuple[str, ...]
    prompts: tuple[Prompt, ...]
    stops: tuple[str, ...]
    stability: tuple[Stability, ...]
    history: tuple[str, ...]
    dropped: tuple[Dropped, ...]
    lossy: tuple[Place, ...]
    training: tuple[Place, ...]
    response_template: tuple[str, ...]
    portability: tuple[Demand, ...]
    reads: Mapping[str, tuple[str, ...]]
    deviations: Mapping[str, str]


def report(name: str) -> Report:
    """All facts of a format."""
    spec = load(name)
    own, table = format_of(spec), spec.stability_table()
    program = own.compiled.program
    findings = [f for s in table for f in (*s.render.findings.values(), *s.sampled.findings.values())]
    causes = [change.cause for finding in findings for change in finding.changes]
    lines = {(c.spec, c.line): f"{c.spec}:{c.line}  {c.text}\n{c.reason}" for c in reversed(causes)}
    return Report(
        spec.name,
        spec.hash,
        spec.models,
        tuple(prompts(own.compiled.facts, own.renderer())),
        spec.stops,
        table,
        tuple(lines[place] for place in sorted(lines)),
        dropped(program, own.renderer("fresh"), own.renderer(), [s.asked for s in table]),
        losses(program),
        tuple(Place(note.text, note.spec, note.line) for note in spec.training_notes),
        spec.response_notes if spec.trains else (),
        demands(spec.jinja()),
        read_fields(program),
        dict(spec.deviations),
    )


def to_json(found: Report) -> str:
    return msgspec.json.format(msgspec.json.encode(found), indent=2).decode() + "\n"


# ---- for reading -------------------------------------------------------------------------------------------------


def as_text(found: Report) -> str:
    from rich.text import Text

    screen = console()
    with screen.capture() as captured:
        models = ("  ".join(found.models), "bright_black")
        screen.print(Text.assemble((found.name, "bold cyan"), f" {found.hash}  ", models))
        _section(screen, "generation prompt", _prompt_table(found))
        _section(screen, "stop tokens", _list(map(repr, found.stops)))
        _section(screen, "stability: the text that stays when messages of a role are appended", None)
        for rows, options in _alike(found.stability):
            screen.print(_stability_table(rows, options))
        _section(screen, "lines that rewrite earlier text", _list(found.history or ["nothing"]))
        gone = [(f"before {d.role}", f"{', '.join(d.fields)}  {_options(d.options)}") for d in found.dropped]
        _section(screen, "fields of a model turn that history drops", _pairs(gone or [("nothing", "")]))
        _section(screen, "lost in parsing a completion", _places(found.lossy))
        _section(screen, "not shown in one training text", _places(found.training))
        said = found.response_template or ["nothing, for a whole turn"]
        _section(screen, "missing from the response template of transformers", _list(said))
        asked = [(demand.what, demand.sentence) for demand in found.portability]
        _section(screen, "requirements of the template on engines", _pairs(asked or [("nothing", "")]))
        _section(
            screen,
            "fields it reads",
            _pairs((role, ", ".join(names)) for role, names in found.reads.items()),
        )
        if found.deviations:
            _section(screen, "deviations from the model's own template", _pairs(found.deviations.items()))
    return "".join(f"{line.rstrip()}\n" for line in captured.get().splitlines())


def _section(screen: Any, title: str, content: Any) -> None:
    screen.print(f"\n{title}", style="bold")
    if content is not None:
        screen.print(content)


def _table() -> Table:
    from rich.table import Table

    return Table(box=None, pad_edge=False, show_header=False, padding=(0, 2, 0, 2))


def _list(items: Iterable[str]) -> Table:
    table = _table()
    table.add_column(overflow="fold")
    for item in items:
        table.add_row(item)
    return table


def _places(items: Iterable[Place]) -> Table:
    return _list([f"{p.text}{'' if p.line is None else f' ({p.spec}:{p.line})'}" for p in items] or ["nothing"])


def _pairs(items: Iterable[tuple[str, str]]) -> Table:
    table = _table()
    table.add_column(style="cyan", no_wrap=True)
    table.add_column(overflow="fold")
    for name, text in items:
        table.add_row(name, text)
    return table


def _prompt_table(found: Report) -> Table:
    table = _table()
    for style in ("", "green", ""):
        table.add_column(style=style, overflow="fold")
    for prompt in found.prompts:
        table.add_row(f"after {' or '.join(prompt.behind)}", _options(prompt.options), repr(prompt.text))
    return table


def _options(options: Mapping[str, Any]) -> str:
    return " ".join(f"{name}={msgspec.json.encode(value).decode()}" for name, value in options.items())


def _alike(found: Iterable[Stability]) -> list[tuple[tuple[Row, ...], list[str]]]:
    """The verdicts as rows, each with the options that give them."""
    groups: dict[tuple[Row, ...], list[str]] = {}
    for stability in found:
        rows = (*_grouped("rendered", stability.render), *_grouped("sampled", stability.sampled))
        groups.setdefault(rows, []).append(_options(stability.asked))
    return list(groups.items())


def _stability_table(rows: tuple[Row, ...], options: Iterable[str]) -> Table:
    table = _table()
    table.add_column(style="cyan", no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for chosen in options:
        if chosen:
            table.add_row(chosen, style="green")
    for who, verdict, reason in rows:
        table.add_row(who, _styled(verdict), reason)
    return table


def _grouped(name: str, roles: Roles) -> Iterator[Row]:
    """The roles, grouped by verdict and reason."""
    groups: dict[tuple[str, str], list[str]] = {}
    for role, finding in roles.findings.items():
        groups.setdefault((finding.verdict, finding.reason), []).append("others" if role == "*" else role)
    for (verdict, reason), who in groups.items():
        yield f"{name}, {' '.join(who)}", verdict, reason


def _styled(verdict: str) -> Text:
    from rich.text import Text

    return Text(verdict, VERDICTS[verdict])
