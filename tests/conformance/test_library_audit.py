"""docs/library-audit.md: its table is what asking gives, format by format."""

from __future__ import annotations

import pytest
from library_audit import BEGIN, FOLLOWING, HEADER, PAGE, page, row

import chatwright
from conformance.format import Format
from conformance.formats import ALL

_, _, TABLE = PAGE.read_text(encoding="utf-8").partition(BEGIN)
ROWS = {line.split(" | ")[0].removeprefix("| "): line for line in TABLE.strip().splitlines()[2:]}


@pytest.mark.parametrize("fmt", ALL, ids=lambda fmt: fmt.name)
def test_the_row_of_a_format(fmt: Format) -> None:
    assert ROWS[fmt.name] == row(fmt), "write it anew: python tools/library_audit.py"


def test_the_page_has_the_formats_in_their_order() -> None:
    assert list(ROWS) == [fmt.name for fmt in ALL]
    assert page(ROWS.values()) == PAGE.read_text(encoding="utf-8")


def test_the_columns_are_explained() -> None:
    head = PAGE.read_text(encoding="utf-8").partition(BEGIN)[0]
    assert all(f"**{column}**" in head for column in HEADER[1:])


#: FIXME: of these the search finds neither a proof nor a conversation that shows a change, behind some message.
OPEN = """
qwen3_asr phi3 phi3_5 llama3_nous mistral_large_3 ministral3_reasoning mistral_small_4 mistral_medium_3_5
leanstral deepseek_v2_5 deepseek_coder_v2_0724 deepseek_v3 deepseek_r1_0528 deepseek_r1 stepfun_formalizer
deepseek_r1_distill hy_mt deepseek_vl2 occiglot kanana1_5 molmo2 qwen3_asr_hf jamba_tiny
skywork_r1v dspv2_guide qwen3guard_gen
"""


def test_what_is_left_open() -> None:
    assert {name for name, line in ROWS.items() if "unproven" in line} == set(OPEN.split())


def test_the_table_tells_formats_apart() -> None:
    """What is known of two formats by hand."""
    cells = {name: line.split(" | ") for name, line in ROWS.items()}
    assert cells["qwen2_5"][1:3] == ["yes", "yes"]
    assert "unstable before user" in cells["qwen3"][1]
    assert chatwright.load("qwen2_5").is_prefix_stable()
    assert set(FOLLOWING) == {"user", "tool", "assistant"}
