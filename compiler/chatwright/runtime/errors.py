"""What goes wrong while a conversation is rendered, as errors that say where and what to do."""

from __future__ import annotations


class ChatwrightError(Exception):
    """The base of all errors that Chatwright raises on purpose. `row`: which row of a batch, where there is one."""

    row: int | None = None

    def __str__(self) -> str:
        text = super().__str__()
        return text if self.row is None else f"row {self.row}: {text}"


class RenderError(ChatwrightError):
    """A conversation that this format cannot render.

    `message` is the index of the message at fault (None: the conversation as a whole), `field` what of it, `line` the
    line of the spec that refused it and `spec` the spec's name, where the spec did.
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
    """An option that the format does not have, or a value that the option does not take."""
