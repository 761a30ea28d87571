"""The errors between a request for a completion and its answer. Each says what to do."""

from __future__ import annotations

import re

from chatwright.runtime.errors import ChatwrightError

#: The characters of the body of an answer that an error keeps.
EXCERPT = 500


class GenerateError(ChatwrightError):
    """The base of the errors of `generate`. `attempts`: the number of times that the request was sent.

    After several attempts, or without an answer, the server may have sampled completions that were lost.
    """

    attempts: int = 1

    def __str__(self) -> str:
        text = super().__str__()
        return text if self.attempts == 1 else f"{text} (after {self.attempts} attempts)"


class TimedOut(GenerateError):
    """The server did not answer in time. `seconds`: the time limit."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        super().__init__(
            f"no answer within {seconds:g} seconds; the server may have sampled anyway. Set a longer `timeout` or a "
            "smaller `max_tokens`, or allow a second attempt (`attempts=2`)"
        )


class Disconnected(GenerateError):
    """The server could not be reached, or closed the connection. `__cause__` is the error of the client."""

    def __init__(self, cause: BaseException) -> None:
        said = str(cause) or type(cause).__name__
        super().__init__(
            f"no answer: {said}. Check that the server runs and that the client has its base URL. The server may have "
            "sampled anyway, so the request is sent again only if `attempts` allows it"
        )


class _Answered(GenerateError):
    """An answer with a status other than 200: the `status`, and the start of the `body`."""

    advice = ""

    def __init__(self, status: int, body: str) -> None:
        self.status = status
        self.body = body[:EXCERPT]
        super().__init__(f"the server answered {status}: {self.body or 'nothing'}{self._advice()}")

    def _advice(self) -> str:
        return f"\n{self.advice}" if self.advice else ""


class ServerError(_Answered):
    """The server failed, or is overloaded: 5xx, 429."""

    advice = "Read the log of the server. The request is sent again only if `attempts` allows it."


class Refused(_Answered):
    """The server refuses this request: another 4xx, or a redirection."""

    def _advice(self) -> str:
        if self.status in (401, 403):
            return "\nGive the client the headers that the server requires."
        if self.status == 404:
            return (
                "\nCheck the base URL of the client (the root of the server), and the path and the model in `server`."
            )
        if 300 <= self.status < 400:
            return "\nGive the client the base URL to which the server moved; redirections are not followed."
        return "\nThe server does not accept a field of the request; compare `sampling` with its answer."


class PromptTooLong(GenerateError):
    """The prompt with the tokens asked for is longer than the limit.

    `tokens`: of the prompt. `max_tokens`: asked for. `limit`: None where the server did not name it.
    """

    def __init__(self, tokens: int, max_tokens: int, limit: int | None, said: str = "") -> None:
        self.tokens = tokens
        self.max_tokens = max_tokens
        self.limit = limit
        most = "the server accepts" if limit is None else f"the limit of {limit}"
        answer = f"; the server says: {said[:EXCERPT]}" if said else ""
        super().__init__(
            f"a prompt of {tokens} tokens with up to {max_tokens} more tokens is longer than {most}; drop messages, "
            f"lower `max_tokens`, or end the rollout here{answer}"
        )


class MalformedAnswer(GenerateError):
    """An answer that lacks a field or contradicts the request. `field`: the path of the field in the answer."""

    def __init__(self, field: str, text: str) -> None:
        self.field = field
        super().__init__(f"{field}: {text}")


_LENGTH = re.compile(r"context length|context window|max_model_len|maximum model length", re.IGNORECASE)
_LIMIT = re.compile(r"(?:length|window)(?: is| of|:)? \(?(\d+)", re.IGNORECASE)


def failure(status: int, body: str, tokens: int, max_tokens: int) -> GenerateError:
    """The error for an answer other than 200. `tokens`: of the prompt; `max_tokens`: asked for."""
    if status in (400, 413, 422) and _LENGTH.search(body):
        limit = _LIMIT.search(body)
        return PromptTooLong(tokens, max_tokens, int(limit[1]) if limit else None, body)
    return ServerError(status, body) if status >= 500 or status == 429 else Refused(status, body)
