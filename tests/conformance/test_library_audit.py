"""docs/library-audit.md: the page states what the analyses find, format by format."""

from __future__ import annotations

import pytest
from library_audit import BEGIN, FOLLOWING, PAGE, TABLES, Findings, findings, page, read

import chatwright
from conformance.format import Format
from conformance.formats import ALL

TEXT = PAGE.read_text(encoding="utf-8")
STATED = read(TEXT)


@pytest.mark.parametrize("fmt", ALL, ids=lambda fmt: fmt.name)
def test_the_findings_about_a_format(fmt: Format) -> None:
    assert STATED.get(fmt.name, Findings()) == findings(fmt), "write the page: python tools/library_audit.py"


def test_the_page_is_made_from_the_findings() -> None:
    assert set(STATED) <= {fmt.name for fmt in ALL}
    assert page({fmt.name: STATED.get(fmt.name, Findings()) for fmt in ALL}) == TEXT


def test_the_columns_are_explained() -> None:
    head = TEXT.partition(BEGIN)[0]
    assert all(f"**{title}**" in head for _, _, titles in TABLES for title in titles)


#: FIXME: the search finds neither a proof nor a counterexample for these, after some message.
OPEN = """
qwen3_asr phi3 phi3_5 llama3_nous mistral_large_3 ministral3_reasoning mistral_small_4 mistral_medium_3_5
leanstral deepseek_v2_5 deepseek_coder_v2_0724 deepseek_v3 deepseek_r1_0528 deepseek_r1 stepfun_formalizer
deepseek_r1_distill hy_mt deepseek_vl2 occiglot kanana1_5 molmo2 qwen3_asr_hf jamba_tiny
skywork_r1v dspv2_guide qwen3guard_gen
"""


def test_what_is_left_open() -> None:
    unproven = {name for name, one in STATED.items() if "unproven" in one.text_stays + one.written_stays}
    assert unproven == set(OPEN.split())


def test_the_page_tells_formats_apart() -> None:
    """The facts about two formats that are known by hand."""
    stable = STATED.get("qwen2_5", Findings())
    assert (stable.text_stays, stable.written_stays) == ("yes", "yes")
    assert "unstable before user" in STATED["qwen3"].text_stays
    assert chatwright.load("qwen2_5").is_prefix_stable()
    assert set(FOLLOWING) == {"user", "tool", "assistant"}
