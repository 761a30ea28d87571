"""What can go wrong on the command line, as one line and an exit code."""

from __future__ import annotations

from chatwright.runtime.errors import ChatwrightError

SPEC_ERRORS = 1
WRONG_USAGE = 2
OUR_FAULT = 70


class Failure(ChatwrightError):
    """Wrong usage or wrong input."""


def explained(error: Exception) -> tuple[str, int]:
    """What to say about an error, and the exit code that goes with it."""
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
    from chatwright.diagnostics.diagnostic import render_all

    return render_all(diagnostics), SPEC_ERRORS


def _usage(error: Exception) -> str:
    text = " ".join(getattr(error, "format_message", error.__str__)().split()).rstrip(".")
    context = getattr(error, "ctx", None)
    hint = f" (see {context.command_path} --help)" if context is not None else ""
    return f"{text[:1].lower()}{text[1:]}{hint}"
