"""What an engine cannot do, by format: the scenarios for which our template gives other text there, and why.

The engine tests hold this table to be exact: a scenario that is listed must differ, one that is not must not.
"""

from __future__ import annotations

#: engine -> format -> reason -> scenarios
LIMITS: dict[str, dict[str, dict[str, tuple[str, ...]]]] = {
    "minijinja": {},
    "@huggingface/jinja": {},
}


def listed(engine: str, fmt: str) -> set[str]:
    """The scenarios in which this engine is known to fail for this format."""
    return {name for names in LIMITS[engine].get(fmt, {}).values() for name in names}
