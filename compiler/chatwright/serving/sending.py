"""Sending a request through the caller's client: once, unless the caller says that it may be sampled again."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, Protocol

import msgspec

from chatwright.serving.errors import Disconnected, GenerateError, MalformedAnswer, ServerError, TimedOut, failure

#: Before a request is sent again, in seconds; each time twice as long.
PAUSE = 0.5


class Response(Protocol):
    @property
    def status_code(self) -> int: ...

    @property
    def content(self) -> bytes: ...


class Client(Protocol):
    """An `httpx.AsyncClient`, or what has its `post`."""

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
    """The answer, decoded. `size`: the tokens of the prompt and those asked for, for an error.

    What may pass, that is TimedOut, Disconnected and ServerError, is tried again as long as there are attempts.
    """
    for attempt in range(1, attempts + 1):
        try:
            return await _once(client, path, body, size, timeout)
        except GenerateError as error:
            error.attempts = attempt
            if attempt == attempts or not isinstance(error, TimedOut | Disconnected | ServerError):
                raise
        await asyncio.sleep(PAUSE * 2 ** (attempt - 1))
    raise ValueError("attempts has to be at least 1")


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
        raise MalformedAnswer("the answer", f"is no JSON ({error}): {shown!r}; look what answers there") from error


async def _posted(client: Client, path: str, body: Mapping[str, Any], timeout: float | None) -> Response:
    """One request. The time is that of the whole; the client is told not to have its own."""
    try:
        async with asyncio.timeout(timeout) as limit:
            return await client.post(path, json=body, timeout=None)
    except (TypeError, AttributeError):
        raise  # a client of another kind, not a connection that failed
    except Exception as error:  # every library for HTTP has errors of its own
        if timeout is not None and limit.expired():
            raise TimedOut(timeout) from error
        raise Disconnected(error) from error
