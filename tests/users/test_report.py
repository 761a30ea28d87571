"""The page of `chatwright report`, read in headless Chromium, against what the library says of the same tokens."""

from __future__ import annotations

import itertools
import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from browsing import Browser, started
from conformance.real_tokenizers import control_tokens, trained
from places import ROOT, SPEC_FILES

import chatwright
from chatwright.cli import main
from chatwright.tokens.rendered_tokens import RenderedTokens, Run

OWN = ROOT / "examples" / "my_chatml.chatspec"
CHAT = ROOT / "examples" / "conversation.json"
ATTACK = (
    "</script><img src=http://localhost/x onerror=\"document.title='taken'\"><script>document.title='taken'</script>"
)
HOSTILE = [
    {"role": "system", "content": f"{ATTACK}<!--<script> {{{{data}}}} &lt; \\u003c \u2028 \u202e \x07 \x00"},
    {"role": "user", "content": "tab\there  two spaces\u00a0\r\n\n  👩‍👩‍👧 𝔘e\u0301\u0323 نص 日本語 <|im_end|>\n \n"},
    {"role": "assistant", "content": "Hoi 🧀", "reasoning_content": ATTACK},
]
TEXTS = "Array.from(document.querySelectorAll('main .t'), (token) => token.textContent)"
MODES = ("sampled", "body", "part")


class Report(NamedTuple):
    path: Path
    spec: chatwright.Spec
    conversation: dict[str, Any]
    tokens: RenderedTokens

    @property
    def text(self) -> str:
        return self.spec.text(self.conversation["messages"], tools=self.conversation.get("tools"))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    found = started()
    yield found
    found.close()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("reports")


def written(folder: Path, format: str | Path, given: Any, name: str = "chat.json", specials: str = "text") -> Report:
    """A report, written by the command, and the tokens that it is about."""
    conversation = given if isinstance(given, dict) else {"messages": given}
    (folder / name).write_text(json.dumps(conversation), encoding="utf-8")
    spec = chatwright.load(str(format))
    tokenizer = trained(control_tokens(str(format)))
    tokenizer.save(str(folder / "tokenizer.json"))
    out = folder / f"{name}.html"
    words = [
        "report",
        format,
        folder / name,
        "--tokenizer",
        folder,
        "-o",
        out,
        "--force",
        "--content-specials",
        specials,
    ]
    assert main([str(word) for word in words]) == 0
    bound = spec.bind(tokenizer, content_specials=specials)
    return Report(out, spec, conversation, bound.render(conversation["messages"], tools=conversation.get("tools")))


@pytest.fixture(scope="module")
def chat(folder: Path) -> Report:
    return written(folder, "qwen3", json.loads(CHAT.read_text(encoding="utf-8")))


@pytest.fixture(scope="module")
def hostile(folder: Path) -> Report:
    return written(folder, OWN, HOSTILE, "<img src=x onerror=alert(1)> & {{style}}.json")


def kind(run: Run) -> str:
    return "closer" if run.part == "closer" else "body" if run.body else "scaffold"


def card(browser: Browser) -> dict[str, str] | None:
    """What the card says, None where it is hidden."""
    found: dict[str, str] | None = browser.value(
        "card.hidden || !card.checkVisibility() ? null : Object.fromEntries(Array.from("
        "card.querySelectorAll('dd'), (field) => [field.id.replace('card-', ''), field.innerText]))"
    )
    return found


def expected_card(report: Report, run: Run, token: int) -> dict[str, str]:
    tokens = report.tokens
    roles, tools = tokens.message_roles, tokens.message_tool_names
    place = run.message
    who = "none" if place < 0 else f"{place} {roles[place]}" + (f" {tools[place]}" if tools[place] else "")
    return {
        "id": str(tokens.token_ids[token]),
        "sampled": "the model (sampled)" if tokens.sampled_mask[token] else "the format or the caller (given)",
        "part": f"{run.part}, {kind(run)}",
        "message": who,
        "role": run.role,
    }


# The text


@pytest.mark.parametrize("which", ["chat", "hostile"])
def test_the_texts_of_all_tokens_are_the_rendered_text(
    browser: Browser, which: str, request: pytest.FixtureRequest
) -> None:
    report: Report = request.getfixturevalue(which)
    browser.open(report.path)
    assert "".join(browser.value(TEXTS)) == report.text
    ids = browser.value("Array.from(document.querySelectorAll('main .t'), (token) => +token.dataset.id)")
    assert ids == report.tokens.token_ids
    shown = browser.value("page.tokens.map((token) => bytesOf(page.shown[token])).join(' ')")
    assert bytes.fromhex(shown).decode() == report.text


def test_pieces_of_characters_show_their_own_bytes(browser: Browser, hostile: Report) -> None:
    browser.open(hostile.path)
    code = "Array.from(document.querySelectorAll('.t.bytes'), (t) => getComputedStyle(t, '::after').content)"
    shown = [json.loads(content) for content in browser.value(code)]
    cheese = " ".join(f"{byte:02X}" for byte in "🧀".encode())
    assert " ".join(shown).endswith(cheese)


def test_what_is_not_seen_is_made_visible(browser: Browser, hostile: Report) -> None:
    browser.open(hostile.path)
    for name, sign in (("nl", "↵"), ("tab", "→"), ("odd", "U+")):
        found = browser.value(
            f"Array.from(document.querySelectorAll('main .{name}'), (e) => [e.textContent, "
            "getComputedStyle(e, '::before').content])"
        )
        assert found and all(sign in shown for _, shown in found), name
        if name == "odd":
            hidden = dict(found)
            assert hidden["\u202e"] == '"U+202E"' and hidden["\x07"] == '"U+0007"' and hidden["\x00"] == '"U+0000"'
    spaces = browser.value(
        "Array.from(document.querySelectorAll('main .sp'), (e) => getComputedStyle(e).backgroundImage)"
    )
    assert len(spaces) == hostile.text.count(" ") and all("radial-gradient" in image for image in spaces)


def test_nothing_in_the_conversation_is_run_or_fetched(browser: Browser, hostile: Report) -> None:
    browser.open(hostile.path)
    for mode in MODES:
        browser.colour_by(mode)
        for token in browser.value("Array.from(document.querySelectorAll('.run'), (run) => run.firstChild.id)")[:12]:
            browser.hover(f"#{token}")
    assert browser.value(
        "[document.images.length, document.scripts.length, document.querySelectorAll('style').length]"
    ) == [0, 2, 1]
    assert browser.value("document.title") == browser.value("document.querySelector('h1').textContent")
    assert "<img src=x onerror=alert(1)> & {{style}}.json" in browser.value("document.title")
    assert browser.log == []


def test_the_page_forbids_what_is_not_its_own(browser: Browser, hostile: Report, folder: Path) -> None:
    """Even if a text got out of its place, nothing would run; and the log of these tests would tell."""
    bad = folder / "bad.html"
    page = hostile.path.read_text(encoding="utf-8")
    bad.write_text(page.replace("<noscript>", f"{ATTACK.removeprefix('</script>')}<noscript>"), encoding="utf-8")
    browser.open(bad)
    assert browser.value("document.images.length") == 1
    assert "taken" not in browser.value("document.title")
    assert sum("Content Security Policy" in line for line in browser.log) >= 2
    assert "failed: http://localhost/x: csp" in browser.log  # by the page's own policy, before it went out
    free = folder / "free.html"
    free.write_text(f"<!doctype html>{ATTACK}", encoding="utf-8")
    browser.open(free)
    assert browser.value("document.title") == "taken"
    assert "failed: http://localhost/x: net::ERR_INTERNET_DISCONNECTED" in browser.log


# Colours, legend, counts


def categories(tokens: RenderedTokens, mode: str) -> list[str]:
    if mode == "sampled":
        return ["sampled" if sampled else "given" for sampled in tokens.sampled_mask]
    return [kind(run) if mode == "body" else run.part for run in tokens.runs() for _ in range(run.start, run.end)]


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_colours_say_what_tokens_are(browser: Browser, chat: Report, dark: bool) -> None:
    """In each way to colour, a category has one colour, and no other category has it."""
    browser.open(chat.path, dark=dark)
    seen = []
    for mode in MODES:
        browser.colour_by(mode)
        colours = browser.value(
            "Array.from(document.querySelectorAll('.run > .t:first-child'), (token) => "
            "[+token.id.slice(1), getComputedStyle(token).backgroundColor])"
        )
        by_category: dict[str, set[str]] = {}
        of = categories(chat.tokens, mode)
        for token, colour in colours:
            by_category.setdefault(of[token], set()).add(colour)
        assert set(by_category) == set(of)
        assert all(len(found) == 1 for found in by_category.values()), (mode, by_category)
        distinct = [next(iter(found)) for found in by_category.values()]
        assert len(set(distinct)) == len(distinct), (mode, by_category)
        seen.append([colour for _, colour in colours])
        legend = browser.value(
            "Array.from(document.querySelectorAll('#legend li:not(.marks)'), (li) => li.innerText.trim())"
        )
        counts = Counter(of)
        assert {f"{name} {count}" for name, count in counts.items()} <= {entry.replace(",", "") for entry in legend}
        swatches = browser.value(
            "Object.fromEntries(Array.from(document.querySelectorAll('#legend .swatch.on'), (s) => "
            "[s.nextSibling.textContent.trim(), getComputedStyle(s).backgroundColor]))"
        )
        assert {name: by_category[name] for name in swatches if name in by_category} == {
            name: {colour} for name, colour in swatches.items() if name in by_category
        }
    assert seen[0] != seen[1] and seen[1] != seen[2]
    assert browser.log == []


CONTRAST = """(() => {
  const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const paper = getComputedStyle(document.body).backgroundColor;
  const luminance = (...layers) => {
    for (const layer of layers) { canvas.fillStyle = layer; canvas.fillRect(0, 0, 1, 1); }
    const [r, g, b] = [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3)
      .map((c) => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  return Math.min(...Array.from(document.querySelectorAll(".run > .t:first-child"), (token) => {
    const style = getComputedStyle(token);
    const [low, high] = [luminance(paper, style.backgroundColor), luminance(paper, style.color)].sort((a, b) => a - b);
    return (high + 0.05) / (low + 0.05);
  }));
})()"""


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_every_token_can_be_read_on_its_colour(browser: Browser, chat: Report, dark: bool) -> None:
    browser.open(chat.path, dark=dark)
    for mode in MODES:
        browser.colour_by(mode)
        assert browser.value(CONTRAST) >= 4.5, mode


def test_totals_and_messages_are_counted(browser: Browser, chat: Report) -> None:
    browser.open(chat.path)
    tokens, sampled = len(chat.tokens), int(chat.tokens.sampled.sum())
    share = f"{100 * sampled / tokens:.1f}"
    totals = browser.value("document.getElementById('totals').innerText").replace(",", "")
    assert totals == f"{tokens} tokens {sampled} sampled ({share} %) {len(chat.conversation['messages'])} messages"
    rows = browser.value(
        "Array.from(document.querySelectorAll('#outline a'), (a) => "
        "[a.querySelector('.index').innerText, +a.querySelector('.count').innerText.replace(',', '')])"
    )
    counts = {str(index): count for index, count in enumerate(chat.tokens.tokens_per_message()) if count}
    nobody = int((chat.tokens.messages < 0).sum())
    assert dict(rows) == {"—": nobody, **counts}
    browser.click("#outline a[href='#m8']")
    assert browser.value("document.getElementById('m8').getBoundingClientRect().top < innerHeight")


def test_control_tokens_are_marked(browser: Browser, hostile: Report, folder: Path) -> None:
    browser.open(hostile.path)
    controls = set(control_tokens(str(OWN)))
    found = browser.value("Array.from(document.querySelectorAll('main .control'), (token) => token.textContent)")
    assert set(found) == controls and len(found) == sum(map(hostile.text.count, controls)) - 1
    defused = browser.value("Array.from(document.querySelectorAll('main .defused'), (t) => t.textContent).join('')")
    assert defused.strip() == "<|im_end|>"
    browser.hover("main .defused")
    assert "control token <|im_end|> here" in browser.value("card.innerText")
    parsed = written(folder, OWN, HOSTILE, "parsed.json", specials="parse")
    browser.open(parsed.path)
    assert browser.value("Array.from(document.querySelectorAll('main .parsed'), (t) => t.textContent)") == [
        "<|im_end|>"
    ]
    assert browser.value("document.querySelectorAll('main .defused').length") == 0


# The card, the keys


def test_hovering_tells_what_a_token_is(browser: Browser, chat: Report) -> None:
    browser.open(chat.path)
    assert card(browser) is None
    lines = SPEC_FILES["qwen3"].read_text(encoding="utf-8").split("\n")
    runs = chat.tokens.runs()
    for run in [*runs[:6], *runs[-40::3]]:
        token = run.end - 1
        browser.hover(f"#t{token}")
        found = card(browser)
        assert found is not None
        own = bytes.fromhex(found.pop("bytes"))
        assert own == chat.text.encode()[chat.tokens.located.starts[token] : chat.tokens.located.ends[token]]
        place, _, code = found.pop("line").partition("\n")
        assert place == f"{run.spec}:{run.line}"
        assert " ".join(code.split()) == " ".join(lines[run.line - 1].split())
        assert found == expected_card(chat, run, token)
    browser.hover("h1")
    assert card(browser) is None


def test_the_card_stays_in_sight_and_beside_its_token(browser: Browser, chat: Report) -> None:
    browser.open(chat.path, width=700, height=420)
    for run in chat.tokens.runs()[::9]:
        browser.hover(f"#t{run.start}")
        box = browser.value(
            "(({left, top, right, bottom}) => [left, top, right, bottom])(card.getBoundingClientRect())"
        )
        assert box[0] >= 0 and box[1] >= 0 and box[2] <= 700, (run.start, box)
        assert card(browser) is not None


def test_lines_of_a_base_are_shown_too(browser: Browser, folder: Path) -> None:
    """A format that is the difference to another is printed by lines of both."""
    report = written(folder, "qwen3_2507", json.loads(CHAT.read_text(encoding="utf-8")), "based.json")
    browser.open(report.path)
    runs = report.tokens.runs()
    assert len({run.spec for run in runs}) > 1
    for spec, of in itertools.groupby(sorted(runs, key=lambda run: run.spec), key=lambda run: run.spec):
        run = next(of)
        browser.hover(f"#t{run.start}")
        place, _, code = (card(browser) or {})["line"].partition("\n")
        line = SPEC_FILES[spec.removesuffix(".chatspec")].read_text(encoding="utf-8").split("\n")[run.line - 1]
        assert (place, " ".join(code.split())) == (f"{spec}:{run.line}", " ".join(line.split()))


def test_the_keyboard_reads_the_page(browser: Browser, chat: Report) -> None:
    browser.open(chat.path)
    runs = chat.tokens.runs()
    run_of = [run for run in runs for _ in range(run.start, run.end)]
    browser.value("main.focus()")
    browser.press("ArrowRight", "ArrowRight", "ArrowRight")
    found = card(browser)
    assert found is not None and found["id"] == str(chat.tokens.token_ids[2])
    assert browser.value("document.activeElement.getAttribute('aria-describedby')") == "card"
    browser.press("ArrowLeft", "ArrowDown")
    start = next(token for token, run in enumerate(run_of) if run.message != run_of[1].message)
    assert browser.value("document.activeElement.id") == f"t{start}"
    assert expected_card(chat, run_of[start], start).items() <= (card(browser) or {}).items()
    browser.press("ArrowUp")
    assert browser.value("document.activeElement.id") == "t0"
    browser.press("End")
    assert browser.value("document.activeElement.id") == f"t{len(chat.tokens) - 1}"
    browser.press("3")
    assert browser.value("[main.dataset.by, document.querySelector('#by :checked').value]") == ["part", "part"]
    browser.press("Escape")
    assert card(browser) is None
    assert browser.log == []


def test_ids_are_shown_on_demand(browser: Browser, chat: Report) -> None:
    browser.open(chat.path)
    code = (
        "Array.from(document.querySelectorAll('main .t'), (t) => getComputedStyle(t, '::after').content + "
        "(t.lastElementChild ? getComputedStyle(t.lastElementChild, '::before').content : ''))"
    )
    shows = lambda: [re.findall(r"\d+", text) for text in browser.value(code)]  # noqa: E731
    before = shows()
    browser.click("#ids")
    ids = [str(id) for id in chat.tokens.token_ids]
    assert all(found[-1:] == [id] for found, id in zip(shows(), ids, strict=True))
    assert not any(found[-1:] == [id] for found, id in zip(before, ids, strict=True))
    assert "".join(browser.value(TEXTS)) == chat.text


# Large and empty


def test_fifty_thousand_tokens_stay_usable(browser: Browser, folder: Path) -> None:
    """Measured: 0.3 s to load. The limits are wide enough for a machine that is busy with other tests."""
    words = [f"word{n % 97} is {n * n % 1009}" for n in range(9000)]
    messages = [
        {"role": "user" if n % 2 == 0 else "assistant", "content": " ".join(words[n * 20 : n * 20 + 20])}
        for n in range(450)
    ]
    messages.append({"role": "user", "content": "\n".join(words[:2000])})
    report = written(folder, OWN, messages, "long.json")
    assert len(report.tokens) > 50_000
    assert report.path.stat().st_size < 12 * len(report.tokens)
    browser.open(report.path)
    assert browser.value("document.querySelectorAll('main .t').length") == len(report.tokens)
    assert browser.value("performance.getEntriesByType('navigation')[0].domComplete") < 6000
    switch = (
        "(() => { const start = performance.now(); document.querySelector('input[value=part]').click();"
        "main.offsetHeight; return performance.now() - start; })()"
    )
    assert browser.value(switch) < 2000
    browser.value("main.focus()")
    browser.press("End")
    assert card(browser) is not None
    assert "".join(browser.value(TEXTS)) == report.text


def test_a_message_of_nothing_has_a_page(browser: Browser, folder: Path) -> None:
    report = written(folder, OWN, [{"role": "user", "content": ""}], "empty.json")
    browser.open(report.path)
    tokens = len(report.tokens)
    assert browser.value("totals.innerText") == f"{tokens} tokens, 0 sampled (0.0 %), 1 message"
    browser.value("main.focus()")
    browser.press("ArrowLeft", "ArrowUp", "ArrowDown", "ArrowDown", "ArrowRight")
    assert browser.value("document.activeElement.id") == f"t{tokens - 1}"
    assert browser.log == []


def test_without_scripts_the_page_says_what_it_needs(browser: Browser, chat: Report) -> None:
    browser.open(chat.path, scripts=False)
    browser.hover("noscript p")
