"""The Python back end: what the generated modules need, what they do to their input, where their errors point."""

from __future__ import annotations

import ast
import builtins
import copy
import itertools
import json
import re
import sys
import threading
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cases.errors import ERRORS, ErrorCase
from cases.processes import elsewhere, run
from cases.small import HI, USER, call, result, says, small, source_of
from conformance.format import Format
from conformance.formats import FIRST
from conformance.oracle import Case
from conformance.subject import emitted, spec

import chatwright
from chatwright.compile import compile_source
from chatwright.diagnostics.source import Source
from chatwright.emit.code import Code
from chatwright.emit.python import spelling
from chatwright.emit.python.stub import emit_stub
from chatwright.loaded_format import LoadedFormat
from chatwright.runtime import generated
from chatwright.runtime.renderer import Renderer
from chatwright.spec import Spec, format_of
from chatwright.verify.scenarios import ALL as SCENARIOS

by_format = pytest.mark.parametrize("fmt", FIRST, ids=lambda fmt: fmt.name)
by_name = pytest.mark.parametrize("name", [fmt.name for fmt in FIRST])

#: A conversation that every shipped format takes.
TALK = [*HI, says("Let me see.", call()), result("42"), says("It is 42."), *HI]
TOOLS = [{"type": "function", "function": {"name": "f", "description": "d", "parameters": {"type": "object"}}}]


# ---- modules of their own -----------------------------------------------------------------------------------------

USE = """
import importlib, json, sys
names, messages, tools = json.loads(sys.argv[1])
out = {name: importlib.import_module(name).text(messages, tools=tools, add_generation_prompt=True) for name in names}
print(json.dumps([out, sorted(sys.modules)]))
"""


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, str], list[str]]:
    """All modules, written to a folder and used from there by another process: the texts, and what was imported."""
    folder = tmp_path_factory.mktemp("built")
    names = [fmt.name for fmt in FIRST]
    for name in names:
        (folder / f"{name}.py").write_text(spec(name).python(), encoding="utf-8")
    texts, modules = json.loads(run(USE, json.dumps([names, TALK, TOOLS]), cwd=str(folder)))
    return texts, modules


def test_modules_stand_alone(imported: tuple[dict[str, str], list[str]]) -> None:
    texts, _ = imported
    assert texts == {
        name: spec(name).text(TALK, tools=TOOLS, add_generation_prompt=True) for name in [fmt.name for fmt in FIRST]
    }


def test_modules_import_nothing_of_the_compiler(imported: tuple[dict[str, str], list[str]]) -> None:
    _, modules = imported
    own = {module for module in modules if module.split(".")[0] == "chatwright"}
    allowed = r"chatwright($|\.runtime(\.|$))"
    assert {module for module in own if not re.match(allowed, module)} == set()
    assert "chatwright.runtime.renderer" in own
    heavy = {"lark", "jinja2", "transformers", "tokenizers", "numpy", "typer", "rich"}
    assert {module.split(".")[0] for module in modules} & heavy == set()


@by_name
def test_modules_name_only_what_they_have(name: str) -> None:
    tree = ast.parse(spec(name).python())
    imports = [ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    assert imports == ["from __future__ import annotations", "from chatwright.runtime.generated import *"]
    made = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    made |= {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    made |= {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    read = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    assert read - made - set(generated.__all__) - set(dir(builtins)) == set()


@by_name
def test_modules_export_their_renderer(name: str) -> None:
    module: dict[str, Any] = {}
    exec(spec(name).python(), module)
    renderer = module["renderer"]
    assert isinstance(renderer, Renderer)
    assert [module[key] for key in ("text", "segments", "render")] == [
        renderer.text,
        renderer.segments,
        renderer.render,
    ]
    format = renderer.format
    assert (format.name, format.hash, format.stops) == (name, spec(name).hash, spec(name).stops)
    assert re.match(f'"""Renders {name}\\. .*{format.hash}', spec(name).python())


#: A file with this name must not be able to close the docstring of its module.
HOSTILE = 'a""";raise_it();x=\'\'\'"\\'


def test_the_name_of_a_file_is_never_run() -> None:
    """The name and the comments of a spec are in the module as text, whatever they contain."""
    text = source_of(USER, "/// '''and dict(a=(0#\noption loud: bool = false\n")
    compiled, _ = compile_source(Source(f"{HOSTILE}.chatspec", text), lambda name: None)
    assert compiled is not None
    spec = Spec(LoadedFormat(compiled))
    module = ast.parse(spec.python())
    assert f"from {HOSTILE}.chatspec (" in (ast.get_docstring(module) or "")
    calls = {ast.unparse(node.func) for node in ast.walk(module) if isinstance(node, ast.Call)}
    assert "raise_it" not in calls
    stub = ast.parse(emit_stub(HOSTILE, spec.options))
    assert f"Types of {HOSTILE}." in (ast.get_docstring(stub) or "")
    assert [node for node in stub.body if isinstance(node, ast.Expr)] == stub.body[:1]


@by_name
def test_modules_are_the_same_in_every_process(name: str) -> None:
    own = spec(name).python()
    assert elsewhere("0", "C")[name][1] == own
    assert elsewhere("4711", "C.UTF-8")[name][1] == own


# ---- expressions --------------------------------------------------------------------------------------------------

A, B, C = (spelling.name(text) for text in "abc")
#: Expressions, with what Python makes of the same tree: parentheses just where the precedence asks for them.
SPELLED = {
    "not a": spelling.negation(A),
    "not (a or b)": spelling.negation(spelling.either(A, B)),
    "not (a == b)": spelling.negation(spelling.compare(A, "==", B)),
    "(a or b).strip()": spelling.method(spelling.either(A, B), "strip"),
    "f(a or b, c)": spelling.call("f", spelling.either(A, B), C),
    "f(' or ').g(') is not None')": spelling.method(
        spelling.call("f", spelling.literal(" or ")), "g", spelling.literal(") is not None")
    ),
    "a != b": spelling.compare(A, "==", B, wanted=False),
    "not (a > b)": spelling.compare(A, ">", B, wanted=False),
    "a - 1 > b": spelling.compare(Code("a - 1", spelling.SUM), ">", B),
    "(a or b) in c": spelling.compare(spelling.either(A, B), "in", C),
    "(a or b) and c": spelling.both(spelling.either(A, B), C),
    "a and b or c": spelling.either(spelling.both(A, B), C),
}


@pytest.mark.parametrize("source", SPELLED)
def test_expressions_have_the_parentheses_that_they_need(source: str) -> None:
    assert SPELLED[source].text == source
    ast.parse(source, mode="eval")


SHOWN = 'rule shown(x) { "[{x}]" }'
#: A condition of a turn, and whether it holds of the message of `test_literals_that_look_like_code`.
LITERALS = {
    'shown("it is not None") is given': True,
    'not shown("it is not None") is given': False,
    'not name == "(a) or b"': False,
    'not (name == "(a" or name == "b)")': True,
    'name in ["x or y", "(a) or b"]': True,
    'not starts(content, ") or (")': True,
    'ends(content, " is not None")': True,
    'not ends(content, " is not None")': False,
}


@pytest.mark.parametrize("condition", LITERALS)
def test_literals_that_look_like_code(condition: str) -> None:
    made = small(f'turn user {{ when {condition} {{ "yes" }} else {{ "no" }} "{{content}}" }}', SHOWN)
    message = {"role": "user", "name": "(a) or b", "content": "x is not None"}
    assert made.text([message]).startswith("yes" if LITERALS[condition] else "no")


# ---- the two lists ------------------------------------------------------------------------------------------------


def operations(compiled: Spec, messages: list[Any]) -> tuple[int, int]:
    """How many pieces a rendering makes, and how many functions it calls."""
    count = 0

    def watch(frame: object, event: str, arg: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    compiled.render(messages, tools=TOOLS, add_generation_prompt=True)
    before = sys.getprofile()
    sys.setprofile(watch)
    try:
        rendered = compiled.render(messages, tools=TOOLS, add_generation_prompt=True)
    finally:
        sys.setprofile(before)
    assert len(rendered.codes) == len(rendered.texts)
    return len(rendered.texts), count


def lengthened(text: str) -> list[Any]:
    return [
        {"role": "user", "content": text},
        says(text, call(arguments={"a": text})),
        result(text),
        says(text, reasoning_content=text, thinking=text),
        {"role": "user", "content": text},
    ]


@by_name
def test_nothing_is_done_per_character(name: str) -> None:
    """Neither the number of pieces nor that of calls depends on how long a text is."""
    operations(spec(name), lengthened("x"))  # imports at the first use do not count
    assert operations(spec(name), lengthened("x ")) == operations(spec(name), lengthened("x " * 20_000))


@by_name
def test_work_grows_with_the_number_of_messages(name: str) -> None:
    """And no faster: what the second half of a long conversation adds, the second quarter had added twice over."""
    turns = [*HI, says("x")]
    counts = [operations(spec(name), turns * many) for many in (50, 100, 200)]
    for kind in (0, 1):
        first, second, third = (count[kind] for count in counts)
        assert third - second <= 2 * (second - first) + 10


# ---- line numbers -------------------------------------------------------------------------------------------------


def pieces(tree: ast.Module) -> Iterator[tuple[ast.expr, int]]:
    """Each piece that a module appends, with its attribute."""
    for block in (getattr(node, name, None) for node in ast.walk(tree) for name in ("body", "orelse")):
        if not isinstance(block, list):
            continue
        for one, other in itertools.pairwise(block):
            texts, codes = _appended(one, "out"), _appended(other, "codes")
            if texts and codes:
                for text, code in zip(texts, codes, strict=True):
                    if isinstance(code, ast.Name):
                        assert code.id == "OF_THE_WHOLE"
                        continue
                    # The attribute of a role that callers choose depends on the role.
                    for constant in (code.body, code.orelse) if isinstance(code, ast.IfExp) else (code,):
                        assert isinstance(constant, ast.Constant)
                        yield text, constant.value


def test_the_role_of_a_convention_is_scaffold_and_any_other_is_its_caller_s() -> None:
    for role, body in (("user", False), ("developer", False), ("critic", True), ("<|im_end|>", True)):
        (found,) = [g for g in spec("chatml").segments([{"role": role, "content": "x"}]) if g.text == role]
        assert (found.body, found.part) == (body, "field" if body else "wrap")


def _appended(stmt: ast.stmt, target: str) -> list[ast.expr]:
    match stmt:
        case ast.AugAssign(target=ast.Name(id=name), value=ast.Tuple(elts=items)) if name == target:
            return items
        case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="append"), args=items)):
            return items if name == target else []
    return []


@by_name
def test_pieces_name_the_line_that_prints_them(name: str) -> None:
    compiled = format_of(spec(name)).compiled
    attributes = format_of(spec(name)).renderer().format.attributes
    checked = 0
    for text, code in pieces(ast.parse(spec(name).python())):
        attribute = attributes[code]
        lines = compiled.tree.sources[attribute.source].text.split("\n")
        assert 0 < attribute.line <= len(lines)
        if isinstance(text, ast.Constant) and attribute.part != "prompt":
            words = re.findall(r'[^\n\t"\\{}]{3,}', text.value)
            here = "\n".join(lines[attribute.line - 1 : attribute.line + 3 + text.value.count("\n")])
            assert not words or words[0] in here, (text.value, attribute)
            checked += len(words)
    assert checked > 5


@by_name
def test_lines_of_the_module_lead_to_lines_of_the_spec(name: str) -> None:
    """The table is sorted, within the module and the spec, and every `raise` of the format's own has an entry."""
    source = spec(name).python().split("\n")
    format = format_of(spec(name)).renderer().format
    assert list(format.lines) == sorted(format.lines)
    starts = [line for line, _, _ in format.lines]
    assert len(set(starts)) == len(starts)
    sizes = [text.text.count("\n") + 1 for text in format_of(spec(name)).compiled.tree.sources]
    for line, file, own in format.lines:
        assert 0 < line <= len(source)
        assert (file, own) == (-1, 0) or 0 < own <= sizes[file]
    for number, text in enumerate(source, 1):
        found = re.search(r"raise refused\(.*, (\d+)\)$", text)
        if found:
            _, _, own = format.lines[max(i for i, line in enumerate(starts) if line <= number)]
            assert own == int(found[1])


# ---- errors -------------------------------------------------------------------------------------------------------


def refused(compiled: Spec, error: ErrorCase) -> chatwright.RenderError:
    raised = []
    for render in (compiled.text, compiled.segments):
        with pytest.raises(chatwright.RenderError) as found:
            render(error.messages, tools=error.tools)
        raised.append(found.value)
    assert str(raised[0]) == str(raised[1])
    return raised[0]


@pytest.mark.parametrize("name", ERRORS)
def test_error(name: str) -> None:
    """What is said, of which message and field, and the line of the spec where it was noticed."""
    error = ERRORS[name]
    compiled = spec(error.spec) if error.spec in chatwright.formats() else small(error.spec)
    raised = refused(compiled, error)
    assert raised.reason.startswith(error.said)
    assert (raised.message, raised.field) == (error.message, error.field)
    if error.line is None:
        assert (raised.spec, raised.line) == (None, None)
    else:
        (source,) = (source for source in format_of(compiled).compiled.tree.sources if source.name == raised.spec)
        assert raised.line is not None
        assert error.line in source.line_text(raised.line)
        assert str(raised).endswith(f" ({raised.spec}:{raised.line})")
    assert type(raised.__cause__).__name__ == error.cause


def test_tracebacks_show_the_generated_line() -> None:
    try:
        spec("glm4_6").text([*HI, says("x", call(arguments={"a": {1}}))])
    except chatwright.RenderError as error:
        shown = "".join(traceback.format_exception(error))
    assert "TypeError: Object of type set is not JSON serializable" in shown
    assert "<glm4_6.py made from glm4_6.chatspec>" in shown
    assert "to_json(v_value)" in shown, "the source of the module is found"


def test_errors_of_a_module_in_a_file_are_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "built_glm.py").write_text(spec("glm4_6").python(), encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    import built_glm  # type: ignore[import-not-found]

    error = ERRORS["text arguments"]
    with pytest.raises(chatwright.RenderError) as raised:
        built_glm.text(error.messages)
    assert str(raised.value) == str(refused(spec("glm4_6"), error))


def test_pieces_that_are_no_text() -> None:
    messages = [*HI, says("x", call(name=5))]  # type: ignore[arg-type]
    with pytest.raises(chatwright.RenderError, match=r"tool_calls\[0\]\.function\.name"):
        spec("qwen3").segments(messages)
    # FIXME: `render` returns a rendering without a text; it should refuse as `text` and `segments` do.
    with pytest.raises(TypeError):
        spec("qwen3").render(messages).text()


# ---- purity -------------------------------------------------------------------------------------------------------


@by_format
def test_nothing_is_written_into_the_input(fmt: Format) -> None:
    for scenario in SCENARIOS[::6]:
        options = fmt.known(scenario.options)
        given = {"messages": scenario.messages, "tools": scenario.tools, "add_generation_prompt": True, **options}
        handed = copy.deepcopy(given)
        try:
            rendered = spec(fmt.name).render(**handed)
            rendered.segments()
        except chatwright.ChatwrightError:
            pass
        assert repr(handed) == repr(given)


@by_format
def test_renderings_do_not_share_anything(fmt: Format) -> None:
    """One rendering may be taken apart without harm to the next."""
    one = spec(fmt.name).render(TALK, tools=TOOLS)
    want = one.text()
    for items in (one.texts, one.codes, one.owners, one.spans):
        items.clear()
    assert spec(fmt.name).render(TALK, tools=TOOLS).text() == want


def test_threads_do_not_disturb_one_another() -> None:
    cases = [Case(s.messages, s.tools, bool(i % 2), s.options) for i, s in enumerate(SCENARIOS[::8])]
    work = [(fmt, Case(c.messages, c.tools, c.prompt, fmt.known(c.options))) for fmt in FIRST[::3] for c in cases]
    want = [emitted(fmt, case) for fmt, case in work]
    wrong: list[Any] = []
    done = []
    gate = threading.Barrier(8)

    def render(offset: int) -> None:
        gate.wait()
        for index in range(len(work)):
            at = (index + offset * 17) % len(work)
            if emitted(*work[at]) != want[at]:
                wrong.append(work[at])
        done.append(offset)

    threads = [threading.Thread(target=render, args=(offset,)) for offset in range(8)]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    assert wrong == []
    assert sorted(done) == list(range(8))


#: Specs that print a role that callers choose, in the turn of that role and elsewhere.
ROLES = {
    "of the turn": 'turn * { "<|start|>{role}" }',
    "of the turn, by a rule": 'turn * { "<|start|>" shown(role) }\nrule shown(x) { "{x}" }',
    "of the turn, by a rule of the turn": 'turn * { shown }\nrule shown { "<|start|>{role | strip}" }',
    "of the turn, as a choice": 'turn * { "<|start|>{tool_call_id or role}" }',
    "of the turn, in a record": "turn * { json { role: role } }",
    "of prev": 'turn * { } turn user { "{prev.role}" }'.replace(" turn", "\nturn"),
    "of next": 'turn * { } turn assistant { "{next.role}" sampled { "{content}" close "<|end|>" } }'.replace(
        " turn", "\nturn"
    ),
    "of all": 'turn * { }\nhead { each m in messages sep " " { "{m.role}" } }',
    "of skipped ones": 'skip *\nhead { each m in messages sep " " { "{m.role}" } }',
    "of parts": 'turn * { "{content}" }\npart image { "{role}" }',
}


@pytest.mark.parametrize("name", ROLES)
def test_roles_that_callers_choose_are_body(name: str) -> None:
    """A role that no declaration names is a text of the caller's, in which control tokens are nothing but text."""
    made = small(ROLES[name])
    content = [{"type": "image"}] if "part image" in ROLES[name] else "a"
    found = made.segments([says("a"), {"role": "<think>", "content": content}, {"role": "user", "content": "b"}])
    spelled = [segment for segment in found if "<think>" in segment.text]
    assert spelled
    assert all(segment.body and segment.text == "<think>" for segment in spelled), spelled


def test_roles_that_are_declared_are_scaffold() -> None:
    made = small(
        'head takes first system | developer { "{system.role}: {system.content}" }',
        'turn user | critic { "<|start|>{role}{prev(user).role}: {content}" }',
        'turn * { "{content}" }',
    )
    found = made.segments([{"role": "developer", "content": "a"}, {"role": "critic", "content": "b"}])
    assert [(segment.text, segment.body) for segment in found] == [
        ("developer", False), (": ", False), ("a", True),
        ("<|start|>", False), ("critic", False), (": ", False), ("b", True),
    ]  # fmt: skip


def test_messages_that_are_printed_as_values_are_body() -> None:
    """What callers wrote is never scaffold: their control tokens would be taken for real ones."""
    made = small(
        'head takes all system { "{system | json}" }',
        'turn user { "{message | json}{messages | json}{content}" }',
    )
    found = made.segments([{"role": "system", "content": "<|end|>"}, {"role": "user", "content": "<|end|>"}])
    assert len(found) >= 4
    assert all(segment.body for segment in found if "<|end|>" in segment.text)
