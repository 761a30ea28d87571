"""The errors of rendering: each names the place of the fault, and says what to do."""

from __future__ import annotations


class ChatwrightError(Exception):
    """The base of all errors that Chatwright raises on purpose. `row` is the index of the row in a batch, or None."""

    row: int | None = None

    def __str__(self) -> str:
        text = super().__str__()
        return text if self.row is None else f"row {self.row}: {text}"


class RenderError(ChatwrightError):
    """A conversation that this format cannot render.

    `message` is the index of the message at fault, or None for the conversation as a whole. `field` is the part of the
    message at fault. If a spec refused it, `line` is the line and `spec` the file name of that spec.
    """

    def __init__(
        self,
        text: str,
        *,
        message: int | None = None,
        field: str | None = None,
        line: int | None = None,
        spec: str | None = None,
    ) -> None:
        self.reason = text
        self.message = message
        self.field = field
        self.line = line
        self.spec = spec
        super().__init__(text)

    def __str__(self) -> str:
        where = [] if self.row is None else [f"row {self.row}"]
        if self.message is not None:
            where.append(f"message {self.message}")
        if self.field:
            where.append(self.field)
        text = f"{', '.join(where)}: {self.reason}" if where else self.reason
        return f"{text} ({self.spec}:{self.line})" if self.spec and self.line else text


class OptionError(ChatwrightError):
    """The format does not have the option, or the option does not take the value."""
