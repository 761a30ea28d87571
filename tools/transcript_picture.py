"""Draws the transcript of the README as a picture. `python tools/transcript_picture.py` writes it."""

from __future__ import annotations

import inspect
import io
import json
import re
from pathlib import Path

from rich.console import Console

import chatwright
from chatwright.cli.transcript import characters, legend, pieces, plain_lines, transcript

ROOT = Path(__file__).parents[1]
SPEC = ROOT / "examples" / "my_chatml.chatspec"
CONVERSATION = ROOT / "examples" / "times.json"
PICTURE = ROOT / "docs" / "images" / "transcript.svg"
COLUMNS = 74


def page_of_rich() -> str:
    """The SVG page of rich without its fonts: a README must load nothing, and any monospace font will do."""
    page = inspect.signature(Console.export_svg).parameters["code_format"].default
    page = page.replace("Fira Code, monospace", "ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace")
    return re.sub(r"\s*@font-face \{\{.*?\}\}|\s*<!--.*?-->", "", page, flags=re.DOTALL)


def picture() -> str:
    """The transcript of the example, as SVG."""
    segments = chatwright.load(SPEC).segments(json.loads(CONVERSATION.read_text(encoding="utf-8")))
    screen = Console(file=io.StringIO(), record=True, width=COLUMNS, force_terminal=True, highlight=False, emoji=False)
    screen.print(transcript(pieces(segments), COLUMNS, plain_lines))
    screen.print(legend(characters(segments), "characters"), end="")
    command = f"$ chatwright render {SPEC.name} {CONVERSATION.name} --show mask"
    svg = screen.export_svg(title=command, code_format=page_of_rich(), unique_id="transcript")
    return re.sub(r"[ \t]+$", "", svg, flags=re.MULTILINE).rstrip("\n") + "\n"


if __name__ == "__main__":
    PICTURE.write_text(picture(), encoding="utf-8")
