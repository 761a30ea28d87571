"""What goes wrong between a request for a completion and its answer, as errors that say what to do."""

from __future__ import annotations

import re

from chatwright.runtime.errors import ChatwrightError

#: So much of the body of an answer is kept in an error.
EXCERPT = 500


class GenerateError(ChatwrightError):
    """The base of what `generate` raises. `attempts`: how often the request was sent before it was given up.

    Where it was sent more than once, or was not answered, the server may have sampled what nobody got.
    """

    attempts: int = 1

    def __str__(self) -> str:
        text = super().__str__()
        return text if self.attempts == 1 else f"{text} (after {self.attempts} attempts)"


class TimedOut(GenerateError):
    """There was no answer in time. `seconds`: the time that it was given."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        super().__init__(
            f"no answer within {seconds:g} seconds; the server may have sampled all the same. Give a longer `timeout` "
            "or a smaller `max_tokens`, or allow that a prompt is sampled twice (`attempts`)"
        )


class Disconnected(GenerateError):
    """The server could not be reached, or hung up. The client's own error is the cause."""

    def __init__(self, cause: BaseException) -> None:
        said = str(cause) or type(cause).__name__
        super().__init__(
            f"no answer: {said}. Look whether the server runs, and whether the base URL of the client is its; it may "
            "have sampled all the same, so nothing is sent again unless `attempts` says so"
        )


class _Answered(GenerateError):
    """An answer that is not 200. `status`, and the beginning of its `body`."""

    advice = ""

    def __init__(self, status: int, body: str) -> None:
        self.status = status
        self.body = body[:EXCERPT]
        super().__init__(f"the server answered {status}: {self.body or 'nothing'}{self._advice()}")

    def _advice(self) -> str:
        return f"\n{self.advice}" if self.advice else ""


class ServerError(_Answered):
    """The server failed, or has no room: 5xx, 429."""

    advice = "Look into the log of the server; nothing is sent again unless `attempts` says so."


class Refused(_Answered):
    """The server does not take this request: another 4xx, or a redirection."""

    def _advice(self) -> str:
        if self.status in (401, 403):
            return "\nGive the client the headers that the server asks for."
        if self.status == 404:
            return (
                "\nGive the client the root of the server as base URL, and `server` the path and the model that it has."
            )
        if 300 <= self.status < 400:
            return "\nGive the client the base URL that the server is moved to; nothing is followed."
        return "\nOne of the fields of the request is not what this server takes; compare `sampling` with what it says."


class PromptTooLong(GenerateError):
    """The prompt, or what is asked for behind it, is longer than what there is room for.

    `tokens` of the prompt, `max_tokens` asked for, `limit` (None: the server did not say).
    """

    def __init__(self, tokens: int, max_tokens: int, limit: int | None, said: str = "") -> None:
        self.tokens = tokens
        self.max_tokens = max_tokens
        self.limit = limit
        most = "the server has room for" if limit is None else f"the limit of {limit}"
        answer = f"; the server says: {said[:EXCERPT]}" if said else ""
        super().__init__(
            f"a prompt of {tokens} tokens and up to {max_tokens} behind it are more than {most}; drop messages, ask "
            f"for fewer tokens (`max_tokens`), or end the rollout here{answer}"
        )


class MalformedAnswer(GenerateError):
    """An answer without what was asked for, or that contradicts the request. `field`: its path in the answer."""

    def __init__(self, field: str, text: str) -> None:
        self.field = field
        super().__init__(f"{field}: {text}")


_LENGTH = re.compile(r"context length|context window|max_model_len|maximum model length", re.IGNORECASE)
_LIMIT = re.compile(r"(?:length|window)(?: is| of|:)? \(?(\d+)", re.IGNORECASE)


def failure(status: int, body: str, tokens: int, max_tokens: int) -> GenerateError:
    """What an answer that is not 200 means; `tokens` of the prompt and `max_tokens` were asked for."""
    if status in (400, 413, 422) and _LENGTH.search(body):
        limit = _LIMIT.search(body)
        return PromptTooLong(tokens, max_tokens, int(limit[1]) if limit else None, body)
    return ServerError(status, body) if status >= 500 or status == 429 else Refused(status, body)
