"""Sends a request through the client of the caller: once, unless the caller allows more attempts."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, Protocol

import msgspec
from tenacity import AsyncRetrying, retry_if_exception_type, stop_after_attempt, wait_exponential

from chatwright.serving.errors import Disconnected, GenerateError, MalformedAnswer, ServerError, TimedOut, failure

#: The seconds before a request is sent again; the pause doubles each time.
PAUSE = 0.5


class Response(Protocol):
    @property
    def status_code(self) -> int: ...

    @property
    def content(self) -> bytes: ...


class Client(Protocol):
    """An `httpx.AsyncClient`, or an object with such a `post`."""

    async def post(self, url: str, *, json: Any, timeout: None) -> Response: ...


async def ask(
    client: Client,
    path: str,
    body: Mapping[str, Any],
    *,
    size: tuple[int, int],
    timeout: float | None,
    attempts: int,
) -> Any:
    """The decoded answer. `size`: the tokens of the prompt and the tokens asked for, for errors.

    Sends the request again after TimedOut, Disconnected and ServerError, up to `attempts` times in all. Raises
    GenerateError.
    """
    retrying = AsyncRetrying(
        stop=stop_after_attempt(attempts),
        wait=wait_exponential(multiplier=PAUSE),
        retry=retry_if_exception_type((TimedOut, Disconnected, ServerError)),
        reraise=True,
    )
    answer = None
    async for attempt in retrying:
        with attempt:
            try:
                answer = await _once(client, path, body, size, timeout)
            except GenerateError as error:
                error.attempts = attempt.retry_state.attempt_number
                raise
    return answer


async def _once(
    client: Client, path: str, body: Mapping[str, Any], size: tuple[int, int], timeout: float | None
) -> Any:
    response = await _posted(client, path, body, timeout)
    content = response.content
    if response.status_code != 200:
        raise failure(response.status_code, content.decode("utf-8", "replace"), *size)
    try:
        return msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        shown = content[:60].decode("utf-8", "replace")
        raise MalformedAnswer(
            "the answer", f"is not JSON ({error}): {shown!r}; check the program at this address"
        ) from error


async def _posted(client: Client, path: str, body: Mapping[str, Any], timeout: float | None) -> Response:
    """One request. `timeout` bounds all of it; the client gets no timeout of its own."""
    try:
        async with asyncio.timeout(timeout) as limit:
            return await client.post(path, json=body, timeout=None)
    except (TypeError, AttributeError):
        raise  # an object that is not such a client, not a failed connection
    except Exception as error:  # each HTTP library has its own errors
        if timeout is not None and limit.expired():
            raise TimedOut(timeout) from error
        raise Disconnected(error) from error
