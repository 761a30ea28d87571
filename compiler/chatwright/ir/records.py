"""Unfolds a JSON record into the statements that print it."""

from __future__ import annotations

from chatwright.ir import program as ir


def unfold(record: ir.Record) -> ir.Body:
    """Braces, quoted keys and values. A bare entry is a text that prints between quotes as it is."""
    out: list[ir.Stmt] = []
    text = "{"
    for number, entry in enumerate(record.entries):
        if number:
            text += ", "
        if not entry.key:
            out += _spread(record, entry, text)
            text = ""
            continue
        quote = '"' if entry.bare else ""
        out.append(ir.Text(f'{text}"{entry.key}": {quote}', record.part, record.owner, record.at))
        out.append(_slot(record, entry))
        text = quote
    out.append(ir.Text(text + "}", record.part, record.owner, record.at))
    return tuple(out)


def _slot(record: ir.Record, entry: ir.Entry) -> ir.Slot:
    value = entry.value
    if not entry.bare and not isinstance(value, ir.Pipe):
        value = ir.Pipe(value, "json", ())
    return ir.Slot(value, entry.part, record.owner, True, entry.key, False, record.at)


def _spread(record: ir.Record, entry: ir.Entry, text: str) -> ir.Body:
    """The entries of an object without its braces."""
    members = ir.Pipe(entry.value, "members", ())
    return (
        ir.Text(text, record.part, record.owner, record.at),
        ir.Slot(members, entry.part, record.owner, True, "function", False, record.at),
    )
