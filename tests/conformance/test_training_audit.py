"""docs/training-masks.md: its table is what asking gives, and in it every format of ours passes."""

from __future__ import annotations

from training_audit import BEGIN, HEADER, PAGE, Audit, page, rows

from conformance.formats import ALL

#: FIXME: what these print of some turns changes with the message that follows; everything else is as it should be.
NOT_KEPT = {"qwen3_asr", "qwen3_asr_hf", "glm4_1v", "glm4_0414", "chatglm3", "glm_asr", "molmo2", "glm4_9b"}


def test_the_audit() -> None:
    """All in one, for asking takes a while."""
    found = tuple(rows())
    every_format_passes(found)
    faults_are_told(found)
    assert page(found) == PAGE.read_text(encoding="utf-8"), "write it anew: python tools/training_audit.py"


def every_format_passes(found: tuple[tuple[str, str, Audit], ...]) -> None:
    ours = {name: audit for name, template, audit in found if template == "chatwright"}
    assert set(ours) == {fmt.name for fmt in ALL}
    assert [name for name, audit in ours.items() if not audit.clean] == sorted(NOT_KEPT, key=list(ours).index)
    for name in NOT_KEPT:
        assert ours[name]._replace(kept=ours[name].extensions).clean
    assert min(audit.turns for audit in ours.values()) >= 100


def faults_are_told(found: tuple[tuple[str, str, Audit], ...]) -> None:
    """TRL's templates have each of the faults somewhere, so none of the questions is idle."""
    theirs = [audit for _, template, audit in found if template != "chatwright"]
    assert len(theirs) >= 5
    for at in range(1, 6):
        assert any(audit[at] < audit.turns for audit in theirs), HEADER[at + 2]
    assert any(audit.kept < audit.extensions for audit in theirs)


def test_the_words_stand_above_the_table() -> None:
    text = PAGE.read_text(encoding="utf-8").partition(BEGIN)[0]
    assert all(f"**{column}**" in text for column in HEADER[2:])
