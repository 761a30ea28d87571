"""Errors on the command line: a message, and an exit code."""

from __future__ import annotations

import sys

from chatwright.runtime.errors import ChatwrightError

SPEC_ERRORS = 1
WRONG_USAGE = 2
OUR_FAULT = 70


class Failure(ChatwrightError):
    """Wrong usage or wrong input. The message says what to do."""


def explained(error: Exception) -> tuple[str, int]:
    """The message for an error, and its exit code. Diagnostics have colour on a terminal."""
    if isinstance(error, ChatwrightError):
        return _on_purpose(error)
    if isinstance(error, OSError):
        what = f"{error.filename}: " if error.filename else ""
        return f"{what}{error.strerror or error}", WRONG_USAGE
    import typer

    usage = typer.BadParameter.__base__  # UsageError, which typer itself does not export
    if usage is not None and isinstance(error, usage):
        return _usage(error), WRONG_USAGE
    return f"internal error: {type(error).__name__}: {error}; --verbose shows where", OUR_FAULT


def _on_purpose(error: ChatwrightError) -> tuple[str, int]:
    diagnostics = getattr(error, "diagnostics", None)
    if diagnostics is None:
        return str(error), WRONG_USAGE
    from chatwright.diagnostics.diagnostic import render_all, style_for

    return render_all(diagnostics, style_for(sys.stderr)), SPEC_ERRORS


def _usage(error: Exception) -> str:
    text = " ".join(getattr(error, "format_message", error.__str__)().split()).rstrip(".")
    context = getattr(error, "ctx", None)
    hint = f" (see {context.command_path} --help)" if context is not None else ""
    return f"{text[:1].lower()}{text[1:]}{hint}"
