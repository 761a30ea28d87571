"""Other engines that templates run on, set up as their hosts set them up.

minijinja (Rust, here its Python wheel). Public hosts that render chat templates with it agree on: `trim_blocks` and
`lstrip_blocks` as transformers has them, the Python-compatible methods, `raise_exception`, mostly `strftime_now`. Over
`tojson` they differ: some replace it by one that prints what `json.dumps` prints (as here), others keep minijinja's
own, which writes no blanks and escapes `<`, `>`, `&` and `'`; see `stock` below.

@huggingface/jinja (JavaScript, transformers.js) brings its own functions and filters; `tests/engines/render.mjs` only
stops the clock.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import minijinja

from .oracle import TODAY, Outcome, Refusal
from .subject import jinja

NODE = Path(__file__).resolve().parent.parent / "engines"


#: All that a template sees for a case.
Variables = dict[str, Any]


def _raise_exception(message: str) -> None:
    raise minijinja.TemplateError(message)


def _strftime_now(pattern: str) -> str:
    return TODAY.strftime(pattern)


@dataclass
class MiniJinja:
    """One environment with one template in it."""

    environment: minijinja.Environment
    #: How often the host's own `tojson` was asked.
    asked: list[int] = field(default_factory=lambda: [0])

    def render(self, variables: Variables) -> Outcome:
        self.asked[0] = 0
        try:
            return str(self.environment.render_template("chat", **variables))
        except minijinja.TemplateError as error:
            return Refusal("TemplateError", str(error))
        except Exception as error:
            return Refusal(type(error).__name__, str(error))


def _host_tojson(asked: list[int]) -> Callable[..., str]:
    def tojson(value: Any, indent: int | None = None, **options: Any) -> str:
        asked[0] += 1
        return json.dumps(value, ensure_ascii=False, indent=indent, **options)

    return tojson


@cache
def hosted(name: str, *, stock: bool = False) -> MiniJinja:
    """Our template of a format in a host's environment; `stock` keeps minijinja's own `tojson`."""
    asked = [0]
    environment = minijinja.Environment(
        trim_blocks=True,
        lstrip_blocks=True,
        pycompat=True,
        filters={} if stock else {"tojson": _host_tojson(asked)},
        globals={"raise_exception": _raise_exception, "strftime_now": _strftime_now},
    )
    environment.add_template("chat", jinja(name))
    return MiniJinja(environment, asked)


def node_is_ready() -> bool:
    return shutil.which("node") is not None and (NODE / "node_modules" / "@huggingface" / "jinja").is_dir()


@cache
def _node() -> subprocess.Popen[str]:
    """The process that renders on @huggingface/jinja. It ends with this one, which closes its standard input."""
    line = ["node", str(NODE / "render.mjs")]
    return subprocess.Popen(line, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8")


def node(name: str, every: Sequence[Variables]) -> list[Outcome]:
    """Our template of a format on @huggingface/jinja."""
    found, given = [], {"template": jinja(name)}
    for variables in every:
        found.append(_answer({**given, "variables": variables, "today": TODAY.isoformat()}))
        given = {}
    return found


def _answer(question: dict[str, Any]) -> Outcome:
    process = _node()
    assert process.stdin is not None and process.stdout is not None
    process.stdin.write(json.dumps(question) + "\n")
    process.stdin.flush()
    answer = json.loads(process.stdout.readline())
    return answer["text"] if "text" in answer else Refusal("Error", answer["error"])
