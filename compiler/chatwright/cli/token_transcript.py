"""The transcript of a conversation as tokens, each with its edge or its id."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from rich.cells import cell_len
from rich.text import Text

from chatwright.cli.tokens_shown import Shown, shown_tokens
from chatwright.cli.transcript import Kind, Piece, kind_of, role_shown
from chatwright.tokens.encoders.encoder import Encoder
from chatwright.tokens.rendered_tokens import RenderedTokens

EDGE = "▏"
LEGEND = f"   {EDGE} edge of a token   <F0 9F> bytes of a character"
DIM = "not bold bright_black"


def token_pieces(tokens: RenderedTokens, encoder: Encoder, ids: bool) -> list[Piece]:
    """The tokens in pieces with one owner and one mask. `ids`: print the id after each token.

    The text of a piece has an edge or an id after each token, and a newline after a token with one.
    """
    shown = list(shown_tokens(tokens, encoder))
    sampled = tokens.sampled_mask
    out: list[Piece] = []
    for run in tokens.runs():
        kind, role = kind_of(run.part, run.body), role_shown(run.role)
        start = run.start
        while start < run.end:
            end = start + 1
            while end < run.end and sampled[end] == sampled[start]:
                end += 1
            text = "".join(_with_edge(token, ids) for token in shown[start:end])
            piece = Piece(run.message, role, run.part, kind, sampled[start], text)
            if out and out[-1] == _with_text(piece, out[-1].text):
                out[-1] = _with_text(piece, out[-1].text + text)
            else:
                out.append(piece)
            start = end
    return out


def _with_edge(token: Shown, ids: bool) -> str:
    edge = f"⟨{token.id}⟩" if ids else EDGE
    return token.text.replace("\n", "↵") + edge + ("\n" if "\n" in token.text else "")


def _with_text(piece: Piece, text: str) -> Piece:
    return Piece(piece.message, piece.role, piece.part, piece.kind, piece.sampled, text)


def token_lines(text: str, style: str, room: int) -> Iterator[Text]:
    """The tokens of a piece in lines, broken after tokens; edges and ids are dim."""
    for line in text.removesuffix("\n").split("\n"):
        for part in _wrapped(line, room):
            found = Text(part, style)
            found.highlight_regex(rf"{EDGE}|⟨\d+⟩", DIM)
            yield found


def _wrapped(line: str, room: int) -> Iterator[str]:
    """The line cut to the room, after a token where possible."""
    start, cells, edge = 0, 0, 0
    for at, character in enumerate(line):
        wide = cell_len(character)
        if cells + wide > room:
            cut = edge if edge > start else at
            yield line[start:cut]
            start, cells = cut, cell_len(line[cut:at])
        cells += wide
        if character in (EDGE, "⟩"):
            edge = at + 1
    if start < len(line):
        yield line[start:]


def token_counts(tokens: RenderedTokens) -> Counter[tuple[Kind, bool]]:
    """The number of tokens of each kind, given and sampled."""
    counts: Counter[tuple[Kind, bool]] = Counter()
    sampled = tokens.sampled
    for run in tokens.runs():
        own = int(sampled[run.start : run.end].sum())
        kind = kind_of(run.part, run.body)
        counts[kind, True] += own
        counts[kind, False] += run.end - run.start - own
    return counts
