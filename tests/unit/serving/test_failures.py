"""What goes wrong over real HTTP: each has its error, which says what to do, and nothing is sampled twice unasked."""

from __future__ import annotations

import contextlib
import copy
import socket
import threading
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from chatwright.serving import (
    VLLM,
    Disconnected,
    GenerateError,
    MalformedAnswer,
    PromptTooLong,
    Refused,
    ServerError,
    SGLang,
    TimedOut,
    sending,
)

from .server import CONTEXT, Handler, Server
from .test_generate import ask, bound, example, first, prompt

pytestmark = pytest.mark.slow

by_server = pytest.mark.parametrize("kind", [VLLM(), SGLang()], ids=["vllm", "sglang"])


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "PAUSE", 0.001)


def until(event: threading.Event) -> Callable[[Handler], bool]:
    """Keeps a request waiting until something has happened, and then hangs up."""

    def wait(handler: Handler) -> bool:
        event.wait(30)
        return hang_up(handler)

    return wait


def status(number: int, body: Any, times: int = 1000, **headers: str) -> Callable[[Handler], bool]:
    """Answers so the first few times."""
    left = [times]

    def answer(handler: Handler) -> bool:
        left[0] -= 1
        if left[0] >= 0:
            handler.send(number, body, **headers)
        return left[0] >= 0

    return answer


def hang_up(handler: Handler) -> bool:
    handler.close_connection = True
    with contextlib.suppress(OSError):  # who waited may have gone first
        handler.connection.shutdown(socket.SHUT_RDWR)
    return True


# ---- time-outs and connections -----------------------------------------------------------------------------------


@by_server
def test_no_answer_in_time(server: Server, kind: Any) -> None:
    over = threading.Event()
    server.before = until(over)
    with pytest.raises(TimedOut, match=r"no answer within 0.2 seconds.*`timeout`") as caught:
        ask(server, first(), server=kind, timeout=0.2)
    over.set()
    assert caught.value.seconds == 0.2 and caught.value.attempts == 1
    assert len(server.bodies) == 1


def test_an_answer_that_trickles_is_not_in_time(server: Server) -> None:
    """The time is that of the whole, and not of each piece, as it is for most clients."""
    over = threading.Event()

    def trickle(handler: Handler) -> bool:
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        with contextlib.suppress(OSError):
            while not over.wait(0.05):
                handler.wfile.write(b" ")
                handler.wfile.flush()
        return hang_up(handler)

    server.before = trickle
    with pytest.raises(TimedOut):
        ask(server, first(), timeout=0.5)
    over.set()


@pytest.mark.parametrize("seconds", [None, 600.0])
def test_the_client_has_no_time_of_its_own(server: Server, seconds: float | None) -> None:
    """Its own five seconds would be too short for a long completion."""
    server.before = lambda handler: bool(time.sleep(0.3))
    timeouts: list[Any] = []

    class Watching(httpx.AsyncClient):
        async def post(self, *arguments: Any, **keywords: Any) -> Any:
            timeouts.append(keywords["timeout"])
            return await super().post(*arguments, **keywords)

    def client(base_url: str) -> Any:
        return Watching(base_url=base_url, timeout=0.1)

    assert ask(server, first(), tools=example().TOOLS, client=client, timeout=seconds).finished
    assert timeouts == [None]


def test_a_time_out_of_the_system_is_a_connection_that_failed(server: Server) -> None:
    """Not one of ours: what was asked for here is no limit at all."""

    class Far(httpx.AsyncClient):
        async def post(self, *arguments: Any, **keywords: Any) -> Any:
            raise TimeoutError("ETIMEDOUT")

    with pytest.raises(Disconnected, match="ETIMEDOUT"):
        ask(server, first(), client=Far, timeout=None)


def test_a_server_that_hangs_up(server: Server) -> None:
    server.before = hang_up
    with pytest.raises(Disconnected, match="sampled anyway"):
        ask(server, first())
    assert len(server.bodies) == 1 and server.sampled == 0


def test_an_answer_that_is_cut_off(server: Server) -> None:
    def cut(handler: Handler) -> bool:
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        handler.wfile.write(b'{"choices": [')
        return hang_up(handler)

    server.before = cut
    with pytest.raises(Disconnected):
        ask(server, first())
    assert len(server.bodies) == 1


def test_no_server(server: Server) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    def client(base_url: str) -> Any:
        return httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}")

    with pytest.raises(Disconnected, match="base URL") as caught:
        ask(server, first(), client=client)
    assert isinstance(caught.value.__cause__, httpx.ConnectError)


def test_what_is_no_client_is_no_failed_connection(server: Server) -> None:
    class Other:
        def __init__(self, base_url: str) -> None:
            pass

        async def __aenter__(self) -> Any:
            return self

        async def __aexit__(self, *error: object) -> None:
            pass

    with pytest.raises(AttributeError):
        ask(server, first(), client=Other)


# ---- statuses ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [500, 502, 503, 429])
def test_a_server_that_fails(server: Server, number: int) -> None:
    server.before = status(number, {"error": {"message": "EngineCore died: " + "x" * 2000}})
    with pytest.raises(ServerError, match="EngineCore died") as caught:
        ask(server, first())
    assert caught.value.status == number and len(caught.value.body) == 500
    assert len(server.bodies) == 1


@pytest.mark.parametrize(
    ("number", "advice"),
    [(400, "compare `sampling`"), (401, "headers"), (404, "base URL"), (422, "compare `sampling`")],
)
def test_a_request_that_is_refused(server: Server, number: int, advice: str) -> None:
    server.before = status(number, {"detail": "no"})
    with pytest.raises(Refused, match=advice) as caught:
        ask(server, first(), attempts=3)
    assert caught.value.status == number and "no" in caught.value.body
    assert len(server.bodies) == 1, "what was refused once is refused again"


def test_a_model_that_is_not_served_and_a_path_that_is_not_there(server: Server) -> None:
    with pytest.raises(Refused, match="`other` does not exist"):
        ask(server, first(), server=VLLM(model="other"))
    with pytest.raises(Refused, match="base URL of the client"):
        ask(server, first(), server=VLLM(path="/v1/v1/completions"))


def test_nothing_is_followed_elsewhere(server: Server) -> None:
    server.before = status(307, b"", Location="/v1/completions")
    with pytest.raises(Refused, match="moved"):
        ask(server, first())
    assert len(server.bodies) == 1


# ---- attempts ----------------------------------------------------------------------------------------------------


def test_a_request_is_sent_again_only_where_that_is_asked(server: Server) -> None:
    server.before = status(503, {"error": "busy"}, times=1)
    assert ask(server, first(), tools=example().TOOLS, attempts=2).finished
    assert len(server.bodies) == 2 and server.sampled == 1
    server.well_behaved()
    server.before = status(503, {"error": "busy"})
    with pytest.raises(ServerError, match="after 3 attempts") as caught:
        ask(server, first(), attempts=3)
    assert caught.value.attempts == 3 and len(server.bodies) == 3


def test_after_a_time_out_a_prompt_may_be_sampled_twice(server: Server) -> None:
    """That is what `attempts` asks for: the first answer comes, and nobody waits for it any more."""
    over = threading.Event()
    waits = until(over)

    def sampled_too_late(handler: Handler) -> bool:
        if len(server.bodies) > 1:
            return False
        server.sample(prompt(), 1, [], 0.0, None)
        return waits(handler)

    server.before = sampled_too_late
    assert ask(server, first(), max_tokens=2, timeout=3.0, attempts=2).finish_reason == "length"
    over.set()
    assert len(server.bodies) == 2 and server.sampled == 2


def test_numbers_below_one_are_refused(server: Server) -> None:
    for wrong in ({"attempts": 0}, {"max_tokens": 0}):
        with pytest.raises(ValueError, match="at least 1"):
            ask(server, first(), **wrong)
    assert server.bodies == []


# ---- prompts that are too long -----------------------------------------------------------------------------------


def long() -> list[dict[str, Any]]:
    return [{"role": "user", "content": "What is 6 times 7? " * 80}]


def test_a_long_prompt_is_not_even_sent(server: Server) -> None:
    with pytest.raises(PromptTooLong, match="the limit of 50; drop messages") as caught:
        ask(server, long(), max_prompt_tokens=50)
    assert (caught.value.limit, caught.value.max_tokens) == (50, 100)
    assert caught.value.tokens == len(bound().render_ids(long(), add_generation_prompt=True))
    assert server.bodies == []


@by_server
def test_a_server_without_room_for_the_prompt(server: Server, kind: Any) -> None:
    with pytest.raises(PromptTooLong, match=f"the limit of {CONTEXT}.*the server says") as caught:
        ask(server, long(), server=kind, attempts=3)
    assert caught.value.limit == CONTEXT and caught.value.tokens > CONTEXT
    assert len(server.bodies) == 1 and server.sampled == 0


@by_server
def test_a_server_without_room_for_what_is_asked_behind_it(server: Server, kind: Any) -> None:
    with pytest.raises(PromptTooLong) as caught:
        ask(server, first(), server=kind, max_tokens=CONTEXT)
    assert (caught.value.limit, caught.value.max_tokens) == (CONTEXT, CONTEXT) and caught.value.tokens < CONTEXT


def test_a_limit_that_is_not_told(server: Server) -> None:
    server.before = status(400, {"error": {"message": "prompt exceeds the context window"}})
    with pytest.raises(PromptTooLong, match="longer than the server accepts") as caught:
        ask(server, first())
    assert caught.value.limit is None


# ---- answers that are not in order -------------------------------------------------------------------------------


def _set(*path: Any, value: Any) -> Callable[[Any], Any]:
    def spoil(answer: Any) -> Any:
        answer = copy.deepcopy(answer)
        at = answer
        for step in path[:-1]:
            at = at[step]
        at[path[-1]] = value
        return answer

    return spoil


def _call(*path: Any, change: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def spoil(answer: Any) -> Any:
        answer = copy.deepcopy(answer)
        at = answer
        for step in path[:-1]:
            at = at[step]
        at[path[-1]] = change(at[path[-1]])
        return answer

    return spoil


C = ("choices", 0)
L = (*C, "logprobs")
M = ("meta_info",)
OUT = (*M, "output_token_logprobs")
IN_VLLM = [
    (lambda answer: [], "the answer"),
    (_set("choices", value=None), "choices"),
    (_set("choices", value=[]), "choices"),
    (_call("choices", change=lambda found: found * 2), "choices"),
    (_set("choices", value=["text"]), "choices[0]"),
    (_set(*C, "token_ids", value=None), "choices[0].token_ids"),
    (_set(*C, "token_ids", 1, value="7"), "choices[0].token_ids[1]"),
    (_set(*C, "token_ids", 1, value=-1), "choices[0].token_ids[1]"),
    (_set(*C, "token_ids", 1, value=True), "choices[0].token_ids[1]"),
    (_call(*C, "token_ids", change=lambda ids: ids[:-1]), "choices[0].logprobs"),
    (_set(*C, "prompt_token_ids", value=None), "choices[0].prompt_token_ids"),
    (_call(*C, "prompt_token_ids", change=lambda ids: [1, *ids]), "choices[0].prompt_token_ids"),
    (_set(*L, value=None), "choices[0].logprobs"),
    (_set(*L, "token_logprobs", value=None), "choices[0].logprobs.token_logprobs"),
    (_set(*L, "token_logprobs", 2, value=None), "choices[0].logprobs[2]"),
    (_set(*L, "token_logprobs", 2, value="-1"), "choices[0].logprobs[2]"),
    (_set(*L, "token_logprobs", 2, value=-9999.0), "choices[0].logprobs[2]"),
    (_set(*L, "tokens", 2, value="token_id:0"), "choices[0].logprobs.tokens[2]"),
    (_set(*C, "finish_reason", value=None), "choices[0].finish_reason"),
]
IN_SGLANG = [
    (lambda answer: "text", "the answer"),
    (_set("meta_info", value=None), "meta_info"),
    (_set(*OUT, value=None), "meta_info.output_token_logprobs"),
    (_set(*OUT, 1, value=-0.5), "meta_info.output_token_logprobs[1]"),
    (_set(*OUT, 1, value=[-0.5]), "meta_info.output_token_logprobs[1]"),
    (_set(*OUT, 1, value=[None, 3, None]), "meta_info.output_token_logprobs[1]"),
    (_set(*OUT, 1, 1, value=0), "output_ids"),
    (_call(*OUT, change=lambda pairs: pairs[1:]), "meta_info.completion_tokens"),
    (_call("output_ids", change=lambda ids: ids[:-1]), "output_ids"),
    (_call(*M, "prompt_tokens", change=lambda count: count + 1), "meta_info.prompt_tokens"),
    (_set(*M, "finish_reason", value=None), "meta_info.finish_reason"),
    (_set(*M, "finish_reason", "type", value=None), "meta_info.finish_reason.type"),
]


@pytest.mark.parametrize(
    ("kind", "spoil", "field"),
    [(VLLM(), *row) for row in IN_VLLM] + [(SGLang(), *row) for row in IN_SGLANG],
    ids=[f"{n}-{row[1]}" for n, row in enumerate([*IN_VLLM, *IN_SGLANG])],
)
def test_an_answer_that_is_not_in_order_names_its_field(server: Server, kind: Any, spoil: Any, field: str) -> None:
    server.spoil = spoil
    with pytest.raises(MalformedAnswer) as caught:
        ask(server, first(), tools=example().TOOLS, server=kind, attempts=3)
    assert caught.value.field == field or caught.value.field.startswith(f"{field}.")
    assert len(server.bodies) == 1


@pytest.mark.parametrize("content", [b"<html>proxy</html>", b"", b'{"choices"', b"\xff\xfe"])
def test_an_answer_that_is_no_json(server: Server, content: bytes) -> None:
    server.before = status(200, content)
    with pytest.raises(MalformedAnswer, match="is not JSON"):
        ask(server, first())


@by_server
def test_a_stop_that_the_server_cut_off(server: Server, kind: Any) -> None:
    """A bridge would end the turn with a stop that nobody sampled."""
    newline = prompt()[-1]

    def spoil(answer: Any) -> Any:
        if isinstance(kind, SGLang):
            answer["meta_info"]["output_token_logprobs"].pop()
            answer["meta_info"]["completion_tokens"] -= 1
            answer["output_ids"].pop()
        else:
            for found in (answer["choices"][0]["token_ids"], *answer["choices"][0]["logprobs"].values()):
                found.pop()
        return answer

    server.spoil = spoil
    with pytest.raises(MalformedAnswer, match="removed the stop"):
        ask(server, first(), tools=example().TOOLS, server=kind, sampling={"stop_token_ids": [newline]})


def test_ids_of_sglang_that_begin_with_a_piece_of_the_prompt(server: Server) -> None:
    """Some versions give them so; the ids beside the log probabilities are those that were sampled."""
    server.spoil = _call("output_ids", change=lambda ids: [1, 2, *ids])
    found = ask(server, first(), tools=example().TOOLS, server=SGLang())
    assert found.finished and found.completion_ids == found.answer["output_ids"][2:]


def test_an_abort_is_kept(server: Server) -> None:
    server.spoil = _set(*M, "finish_reason", value={"type": "abort", "message": "weights are updated"})
    found = ask(server, first(), tools=example().TOOLS, server=SGLang(), max_tokens=4)
    assert (found.finish_reason, found.finished) == ("abort", False)


def test_all_errors_are_ours() -> None:
    from chatwright import ChatwrightError

    assert issubclass(GenerateError, ChatwrightError)
    assert all(
        issubclass(kind, GenerateError) for kind in (TimedOut, Disconnected, ServerError, Refused, PromptTooLong)
    )
