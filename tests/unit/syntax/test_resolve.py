"""How a format is put together from its own file and the files that it extends."""

from __future__ import annotations

import re

import pytest
from cases.families import BASE, MISTAKES
from cases.small import HI, compile_text, says, small

import chatwright
from chatwright.check.check import check
from chatwright.diagnostics.diagnostic import Diagnostic
from chatwright.diagnostics.source import Source
from chatwright.ir import program as ir
from chatwright.lower.lower import identity
from chatwright.spec import format_of
from chatwright.syntax import ast as s
from chatwright.syntax.resolve import MAX_CHAIN, FormatTree, key_of, resolve

KID = "format kid extends parent { }\n"


def resolved(text: str, **bases: str) -> tuple[FormatTree | None, list[Diagnostic]]:
    bases = {"parent": BASE, **bases}

    def load(name: str) -> Source | None:
        return Source(f"{name}.chatspec", bases[name]) if name in bases else None

    return resolve(Source("kid.chatspec", text), load)


def merged(text: str, **bases: str) -> FormatTree:
    tree, found = resolved(text, **bases)
    assert tree is not None
    assert found == []
    return tree


def order(tree: FormatTree) -> list[str]:
    """The declarations in their order, each with its file."""
    names = (" ".join(part for part in key_of(p.decl.bare) if part) for p in tree.decls)
    return [f"{name} ({p.source.name.removesuffix('.chatspec')})" for name, p in zip(names, tree.decls, strict=True)]


OF_BASE = [
    "option warm (parent)",
    "option who (parent)",
    "mark query (parent)",
    "head (parent)",
    "turn user (parent)",
    "turn assistant (parent)",
    "part image | video (parent)",
    "part audio (parent)",
    "rule title (parent)",
]


def changed(**changes: str | None) -> list[str]:
    """The declarations of the base, some of them from another file or (None) dropped."""
    out = []
    for line in OF_BASE:
        name = line.removesuffix(" (parent)")
        key = name.replace(" | ", "_").replace(" ", "_")
        to = changes.pop(key, "parent")
        if to is not None:
            out.append(f"{name} ({to})")
    assert not changes
    return out


# ---- merging ------------------------------------------------------------------------------------------------------


def test_nothing_changed() -> None:
    tree = merged(KID)
    assert order(tree) == OF_BASE
    assert tree.name == "kid"
    assert [source.name for source in tree.sources] == ["kid.chatspec", "parent.chatspec"]
    assert isinstance(tree.format.decl.bare, s.Format)
    assert tree.format.source.name == "kid.chatspec"


def test_what_is_overridden_keeps_its_place_and_what_is_new_comes_last() -> None:
    text = 'rule late { "x" }\noverride turn user { "{content}" }\noption cold: bool = true\noverride head { late }\n'
    assert order(merged(KID + text)) == [
        *changed(turn_user="kid", head="kid"),
        "rule late (kid)",
        "option cold (kid)",
    ]


def test_what_is_dropped_is_gone_and_may_come_back_last() -> None:
    text = "drop option warm\ndrop head\ndrop mark query\noption warm: int = 1\n"
    tree = merged(KID + text)
    assert order(tree) == [*changed(option_warm=None, head=None, mark_query=None), "option warm (kid)"]
    (warm,) = [option for option, _ in tree.all(s.Option) if option.name == "warm"]
    assert (warm.type.names, warm.default) == (("int",), 1)


def test_parts_are_dropped_as_they_stand() -> None:
    assert order(merged(KID + "drop part image | video\n")) == changed(part_image_video=None)
    assert order(merged(KID + "drop part audio\n")) == changed(part_audio=None)
    tree, found = resolved(KID + "drop part image\n")
    assert [str(d.message) for d in found] == ["there is no part image to drop"]
    # FIXME: the order of the kinds has no meaning, but the other order is not found.
    tree, found = resolved(KID + "drop part video | image\n")
    assert [str(d.message) for d in found] == ["there is no part video | image to drop"]
    assert tree is not None
    assert order(tree) == OF_BASE


def test_a_chain_of_three() -> None:
    middle = (
        'format middle extends parent {\n  bos = "<m>"\n  models = ["org/middle"]\n}\n'
        'override turn user { "m{content}" }\noverride option who: text = "Bea"\ndrop part audio\nrule more { "m" }\n'
    )
    text = 'format kid extends middle { }\noverride turn user { "k{content}" }\ndrop rule more\npart audio { "k" }\n'
    tree = merged(text, middle=middle)
    assert [source.name for source in tree.sources] == ["kid.chatspec", "middle.chatspec", "parent.chatspec"]
    assert order(tree) == [*changed(turn_user="kid", option_who="middle", part_audio=None), "part audio (kid)"]
    assert (tree.name, tree.models, tree.bos) == ("kid", (), "<m>")


def test_settings_are_inherited_one_by_one() -> None:
    tree = merged(KID)
    assert (tree.bos, tree.eos, tree.stops) == ("<s>", None, ("<|stop|>",))
    assert tree.tokens == ("<|start|>", "<|end|>")
    assert tree.models == (), "a variant is not the base's models"
    tree = merged('format kid extends parent { models = ["org/kid"] eos = "</s>" tokens = ["<x>"] }\n')
    assert (tree.bos, tree.eos, tree.stops) == ("<s>", "</s>", ("<|stop|>",))
    assert tree.tokens == ("<x>",), "a list is replaced, not added to"
    assert tree.models == ("org/kid",)
    assert merged('format kid extends parent { bos = "" stops = [] }\n').stops == ()


@pytest.mark.parametrize("name", ["qwen2_5", "qwen3_2507", "kimi_k2_thinking"])
def test_a_variant_is_what_its_declarations_say_when_written_out(name: str) -> None:
    """The same program except for lines: nothing depends on the file of a declaration."""
    spec = chatwright.load(name)
    tree = format_of(spec).compiled.tree
    assert len(tree.sources) > 1
    settings = {"models": tree.models, "tokens": tree.tokens, "bos": tree.bos, "eos": tree.eos, "stops": tree.stops}
    lines = [f"  {key} = {_value(value)}" for key, value in settings.items() if value]
    decls = [p.source.text[p.decl.bare.span.start : p.decl.bare.span.end] for p in tree.decls]
    flat = compile_text("\n".join([f"format {name} {{", *lines, "}", *decls, ""]))
    assert flat.jinja().split("\n")[1:] == spec.jinja().split("\n")[1:]
    assert [t.roles for t in format_of(flat).compiled.program.turns] == [
        t.roles for t in format_of(spec).compiled.program.turns
    ]
    assert flat.stops == spec.stops
    messages = [*HI, says("x"), *HI]
    assert [(g.text, g.part, g.sampled) for g in flat.segments(messages, add_generation_prompt=True)] == [
        (g.text, g.part, g.sampled) for g in spec.segments(messages, add_generation_prompt=True)
    ]


def _value(value: object) -> str:
    quoted = [f"'{item}'" for item in value] if isinstance(value, tuple) else []
    return f"[{', '.join(quoted)}]" if isinstance(value, tuple) else f"'{value}'"


# ---- mistakes -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", MISTAKES)
def test_mistake(name: str) -> None:
    marked, code, message, help = MISTAKES[name]
    own = marked.replace("⟦", "").replace("⟧", "")
    tree, (found,) = resolved(KID + own)
    assert (found.code, found.message, found.help) == (code, message, help)
    assert found.source.name == "kid.chatspec"
    before, meant, _ = re.split("[⟦⟧]", KID + marked)
    assert found.span == (len(before), len(before + meant))
    assert tree is not None, "the rest is put together, so that it can be checked too"


def test_every_mistake_is_found_at_once() -> None:
    _, found = resolved(KID + "drop rule x\noverride option y: bool\nmark query = first user\n")
    assert [d.code for d in found] == ["unknown-name", "unknown-name", "duplicate"]


def test_the_first_of_two_is_labelled_and_wins() -> None:
    tree, (found,) = resolved(KID + 'rule x { "1" }\nrule x { "2" }\n')
    (label,) = found.labels
    assert found.source.text[label.span.start : label.span.end] == "x"
    assert tree is not None
    assert [rule.word.span for rule, _ in tree.all(s.Rule) if rule.name == "x"] == [label.span]


def test_settings_that_do_not_fit() -> None:
    text = 'format kid extends parent { tokns = ["x"] stops = "x" bos = 3 colour = "x" }\n'
    tree, found = resolved(text)
    assert [text[slice(*d.span)] for d in found] == ["tokns", '"x"', "3", "colour"]
    assert [(d.code, d.message, d.help) for d in found] == [
        ("unknown-name", "there is no setting tokns", "did you mean tokens?"),
        ("wrong-type", "stops takes a list of texts", None),
        ("wrong-type", "bos takes a text", None),
        ("unknown-name", "there is no setting colour", "the settings are models, reproduces, tokens, bos, eos, stops"),
    ]
    assert tree is not None
    assert (tree.bos, tree.stops) == ("<s>", ("<|stop|>",))


def test_a_list_of_numbers_is_no_list_of_texts() -> None:
    tree, found = resolved("format kid extends parent { tokens = [1] }\n")
    assert tree is not None
    # FIXME: the number disappears, and the tokens of the base too; this should be a wrong-type.
    assert (found, tree.tokens) == ([], ())


def test_refusals_are_told_apart_by_their_words() -> None:
    base = BASE + 'reject "no {who}" when warm\n'
    _, found = resolved(KID + 'reject "no {warm}" when warm\n', parent=base)
    # FIXME: the key leaves out slots, so these two count as one.
    assert [d.code for d in found] == ["duplicate"]


# ---- the chain ----------------------------------------------------------------------------------------------------


def test_a_format_that_extends_itself() -> None:
    tree, (found,) = resolved("format kid extends kid { }\n", kid="format kid extends kid { }\n")
    assert tree is None
    assert (found.code, found.message) == ("endless-recursion", "format kid extends kid, which extends kid again")


def test_formats_that_extend_one_another() -> None:
    """The diagnostic is at the base that closes the cycle."""
    others = {"b": "format b extends c { }\n", "c": "format c extends kid { }\n"}
    tree, (found,) = resolved("format kid extends b { }\n", **others)
    assert tree is None
    assert (found.code, found.source.name) == ("endless-recursion", "c.chatspec")
    assert found.message == "format c extends kid, which extends c again"


def test_chains_have_an_end() -> None:
    def chain(length: int) -> dict[str, str]:
        last = {f"f{length}": f"format f{length} {{ }}\n"}
        return {f"f{i}": f"format f{i} extends f{i + 1} {{ }}\n" for i in range(1, length)} | last

    tree = merged("format kid extends f1 { }\n", **chain(MAX_CHAIN))
    assert len(tree.sources) == MAX_CHAIN + 1
    none, (found,) = resolved("format kid extends f1 { }\n", **chain(MAX_CHAIN + 1))
    assert none is None
    assert (found.code, found.message) == ("too-large", f"a format can have at most {MAX_CHAIN} bases above it")


def test_a_base_that_is_not_there() -> None:
    tree, (found,) = resolved("format kid extends nobody { }\n")
    assert tree is None
    assert (found.code, found.message) == ("unknown-name", "there is no format nobody to extend")
    assert found.source.text[slice(*found.span)] == "nobody"


def test_mistakes_of_a_base_stand_in_its_own_file() -> None:
    _, found = resolved(KID, parent=BASE + 'rule x { "1" }\nrule x { "2" }\n')
    assert [(d.code, d.source.name) for d in found] == [("duplicate", "parent.chatspec")]
    tree, found = resolved(KID, parent='turn user { "x" }\n')
    assert tree is None
    assert [(d.code, d.source.name) for d in found] == [("missing-format", "parent.chatspec")]
    tree, found = resolved(KID, parent=BASE + "rule {\n")
    assert [(d.code, d.source.name) for d in found] == [("syntax", "parent.chatspec")]
    assert tree is None or order(tree) == OF_BASE


def test_what_a_variant_breaks_is_found_in_the_base() -> None:
    """The head of the base runs a rule that the variant dropped."""
    tree = merged(KID + "drop rule title\n")
    found = [d for d in check(tree) if d.severity == "error"]
    assert [(d.code, d.source.name) for d in found] == [("unknown-name", "parent.chatspec")]
    assert found[0].source.text[found[0].span.start : found[0].span.end] == "title"


def test_a_role_with_two_turns_is_found_across_files() -> None:
    tree = merged(KID + 'turn user | tool { "x" }\n')
    assert [(d.code, d.source.name) for d in check(tree) if d.severity == "error"] == [("duplicate", "kid.chatspec")]


def test_the_hash_is_of_all_files() -> None:
    own = identity(merged(KID))
    assert re.fullmatch("[0-9a-f]{12}", own)
    assert identity(merged(KID)) == own
    assert identity(merged(KID + "// a comment\n")) != own
    assert identity(merged(KID, parent=BASE + "// a comment\n")) != own


# ---- places -------------------------------------------------------------------------------------------------------


def test_segments_name_the_file_that_they_come_from() -> None:
    own = KID + 'override turn user { "<|start|>u {content}<|end|>" }\n\noverride rule title { "{who};" }\n'
    spec = compile_text(own, parent=BASE)
    assert format_of(spec).compiled.program.sources == ("small.chatspec", "parent.chatspec")
    texts = {"small.chatspec": own.split("\n"), "parent.chatspec": BASE.split("\n")}
    found = [(g.text, g.spec, texts[g.spec][g.line - 1].strip()) for g in spec.segments([*HI, says("x")])]
    rule = ("small.chatspec", 'override rule title { "{who};" }')
    user = ("small.chatspec", 'override turn user { "<|start|>u {content}<|end|>" }')
    assert found == [
        ("Ada", *rule),
        (";", *rule),
        ("<|start|>u ", *user),
        ("Hi", *user),
        ("<|end|>", *user),
        ("<|start|>assistant ", "parent.chatspec", '"<|start|>assistant "'),
        ("(", "parent.chatspec", 'when after(query) { "(" }'),
        ("x", "parent.chatspec", '"{content}"'),
        ("<|end|>", "parent.chatspec", 'close "<|end|>"'),
    ]


def test_every_place_of_a_shipped_variant_is_in_the_right_file() -> None:
    """Each text of the program is in the line that it names."""
    for name in ("qwen2_5", "kimi_k2_thinking"):
        compiled = format_of(chatwright.load(name)).compiled
        sources = compiled.tree.sources
        files = set()
        for turn in compiled.program.turns:
            for stmt in turn.body:
                if isinstance(stmt, ir.Text):
                    files.add(stmt.at[0])
                    first = stmt.text.split("\n")[0]
                    assert first in sources[stmt.at[0]].line_text(stmt.at[1]), (name, stmt)
        assert len(files) == 2
        assert 0 in files


def test_errors_name_the_file_that_refuses() -> None:
    base = format_of(small('turn tool { reject "no tools here" }')).compiled.tree.sources[0].text
    spec = compile_text("format kid extends small { }\n", small=base)
    with pytest.raises(chatwright.RenderError) as raised:
        spec.text([{"role": "tool", "content": "x"}])
    assert raised.value.spec == "small.chatspec"
    line = base.split("\n").index('turn tool { reject "no tools here" }') + 1
    assert str(raised.value) == f"message 0: no tools here (small.chatspec:{line})"


def test_words_that_mean_nothing_are_passed_over() -> None:
    # FIXME: a file that declares another name than the one it was asked for by, and `override` where nothing can be
    # overridden, should each be a finding.
    assert merged(KID, parent=BASE.replace("format parent", "format uncle")).name == "kid"
    assert order(merged("override " + KID)) == OF_BASE
    assert order(merged(KID + "override drop part audio\n")) == changed(part_audio=None)
