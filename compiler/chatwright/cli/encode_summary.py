"""Shows the summary of an `encode` job, and its first rejects."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from chatwright.encode import Summary

#: The number of rejects that are shown.
SHOWN = 3


def as_json(summary: Summary) -> str:
    return msgspec.json.format(msgspec.json.encode(summary), indent=2).decode() + "\n"


def as_text(summary: Summary, out: Path) -> str:
    """The counts, one a line."""
    lines = [
        ("shards", f"{summary.shards:,}", _shards(summary, out)),
        ("rows", f"{summary.rows:,}", f"and {summary.blank:,} blank lines" if summary.blank else ""),
        ("samples", f"{summary.samples:,}", f"{summary.cut:,} of them were cut" if summary.cut else ""),
        ("tokens", f"{summary.tokens:,}", ""),
        ("trained", f"{summary.trained:,}", f"{summary.trained_share:.1%} of all tokens"),
        ("rejects", f"{summary.rejects:,}", f"in {out / 'rejects.jsonl'}" if summary.rejects else ""),
    ]
    if summary.filled is not None:
        lines.insert(3, ("packed rows", f"{summary.lines:,}", f"filled to {summary.filled:.1%}"))
    widths = [max(len(line[column]) for line in lines) for column in (0, 1)]
    return "".join(f"{name:<{widths[0]}}  {count:>{widths[1]}}  {what}".rstrip() + "\n" for name, count, what in lines)


def _shards(summary: Summary, out: Path) -> str:
    """Where the shards are, and how many of them an earlier run wrote."""
    before = summary.blocks - summary.new
    return f"in {out / 'data'}" + (f", {before:,} written before" if before else "")


def first_rejects(out: Path, summary: Summary) -> list[str]:
    """The first rejects, as lines for people."""
    if not summary.rejects:
        return []
    from chatwright.encode.settings import Reject

    with (out / "rejects.jsonl").open("rb") as file:
        found = [msgspec.json.decode(line, type=Reject) for line in itertools.islice(file, SHOWN)]
    lines = []
    for reject in found:
        sample = "" if reject.sample is None else f", sample {reject.sample}"
        lines.append(f"{reject.source}, row {reject.row}{sample}: {reject.reason}")
    if summary.rejects > SHOWN:
        lines.append(f"and {summary.rejects - SHOWN:,} more")
    return lines
