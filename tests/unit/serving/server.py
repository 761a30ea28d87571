"""A server over HTTP that samples from a real, tiny model, and speaks as vLLM and SGLang do; or misbehaves, if told so.

What the answers hold is what those servers send: names, nesting, and which of it depends on what was asked.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

import msgspec

#: The longest conversation that the server takes, in tokens.
CONTEXT = 640
NAME = "tiny"


class Sampled(NamedTuple):
    ids: list[int]
    logprobs: list[float]
    stop: int | None


class Bad(Exception):
    """A request that is answered with a status and a body."""

    def __init__(self, status: int, message: str) -> None:
        self.status = status
        super().__init__(message)


class Server(ThreadingHTTPServer):
    """`bodies`: the requests that came, with their paths; `sampled`: how often the model was asked.

    `before` is called with the handler before anything is done: what it returns true for is answered. `spoil` makes of
    an answer what is sent.
    """

    daemon_threads = True

    def __init__(self, model: Any, tokenizer: Any) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.model, self.tokenizer = model, tokenizer
        self.end = tokenizer.token_to_id("<|im_end|>")  # the model's own, by its configuration
        self.lock = threading.Lock()
        self.well_behaved()

    def well_behaved(self) -> None:
        self.bodies: list[tuple[str, dict[str, Any]]] = []
        self.sampled = 0
        self.before: Callable[[Handler], bool] | None = None
        self.spoil: Callable[[Any], Any] = lambda answer: answer

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def sample(self, prompt: list[int], most: int, stops: list[int], temperature: float, seed: int | None) -> Sampled:
        import torch

        with self.lock, torch.no_grad():
            self.sampled += 1
            torch.manual_seed(seed or 0)
            warm = {"do_sample": True, "temperature": temperature, "top_k": 0} if temperature else {"do_sample": False}
            out = self.model.generate(
                torch.tensor([prompt]),
                attention_mask=torch.ones(1, len(prompt), dtype=torch.long),
                max_new_tokens=most,
                eos_token_id=stops or None,
                pad_token_id=0,
                output_logits=True,
                return_dict_in_generate=True,
                **warm,
            )
        ids = out.sequences[0, len(prompt) :].tolist()
        found = [logits[0].log_softmax(-1)[id].item() for id, logits in zip(ids, out.logits, strict=True)]
        return Sampled(ids, found, ids[-1] if ids and ids[-1] in stops else None)

    def text(self, ids: list[int]) -> str:
        return str(self.tokenizer.decode(ids, skip_special_tokens=True))


class Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments: Any) -> None:
        pass

    def do_GET(self) -> None:
        if self.path != "/v1/models":
            return self.send(404, {"detail": "Not Found"})
        return self.send(200, {"object": "list", "data": [{"id": NAME, "object": "model", "max_model_len": CONTEXT}]})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.bodies.append((self.path, body))
        if self.server.before is not None and self.server.before(self):
            return None
        served = {"/v1/completions": completions, "/generate": generate, "/inference/v1/generate": tokens_in_tokens_out}
        if self.path not in served:
            return self.send(404, {"detail": "Not Found"})
        try:
            return self.send(200, self.server.spoil(served[self.path](self.server, body)))
        except Bad as bad:
            return self.send(
                bad.status, {"error": {"message": str(bad), "type": "BadRequestError", "code": bad.status}}
            )

    def send(self, status: int, value: Any, **headers: str) -> None:
        """A body of bytes is sent as it is."""
        data = value if isinstance(value, bytes) else msgspec.json.encode(value)
        self.send_response(status)
        for name, said in {"Content-Type": "application/json", "Content-Length": str(len(data)), **headers}.items():
            self.send_header(name, said)
        self.end_headers()
        self.wfile.write(data)


# ---- vLLM --------------------------------------------------------------------------------------------------------


def _room_of_vllm(prompt: list[int], most: int) -> None:
    if len(prompt) + most > CONTEXT:
        raise Bad(
            400,
            f"This model's maximum context length is {CONTEXT} tokens. However, you requested {most} output tokens and "
            f"your prompt contains {len(prompt)} input tokens, for a total of {len(prompt) + most} tokens.",
        )


def completions(server: Server, body: dict[str, Any]) -> dict[str, Any]:
    """vLLM's /v1/completions: 16 tokens if nothing is said; ids only where asked for; no reason for the model's end."""
    if body.get("model", NAME) != NAME:
        raise Bad(404, f"The model `{body['model']}` does not exist.")
    prompt, most = body["prompt"], body.get("max_tokens", 16)
    _room_of_vllm(prompt, most)
    stops = body.get("stop_token_ids") or []
    found = server.sample(prompt, most, stops, body.get("temperature", 1.0), body.get("seed"))
    spelled = [f"token_id:{id}" if body.get("return_tokens_as_token_ids") else server.text([id]) for id in found.ids]
    logprobs = {
        "text_offset": [0] * len(found.ids),
        "token_logprobs": [max(value, -9999.0) for value in found.logprobs],
        "tokens": spelled,
        "top_logprobs": [{token: value} for token, value in zip(spelled, found.logprobs, strict=True)],
    }
    given = body.get("return_token_ids")
    choice = {
        "index": 0,
        "text": server.text(found.ids),
        "logprobs": logprobs if body.get("logprobs") is not None else None,
        "finish_reason": "length" if found.stop is None else "stop",
        "stop_reason": None if found.stop == server.end else found.stop,
        "token_ids": found.ids if given else None,
        "prompt_logprobs": None,
        "prompt_token_ids": prompt if given else None,
    }
    usage = {"prompt_tokens": len(prompt), "completion_tokens": len(found.ids)}
    return {
        "id": "cmpl-1",
        "object": "text_completion",
        "created": 1,
        "model": NAME,
        "choices": [choice],
        "usage": usage,
    }


def tokens_in_tokens_out(server: Server, body: dict[str, Any]) -> dict[str, Any]:
    """vLLM's /inference/v1/generate."""
    prompt, asked = body["token_ids"], body["sampling_params"]
    most = asked.get("max_tokens", 16)
    _room_of_vllm(prompt, most)
    found = server.sample(prompt, most, asked["stop_token_ids"], asked.get("temperature", 1.0), asked.get("seed"))
    pairs = zip(found.ids, found.logprobs, strict=True)
    content = [{"token": f"token_id:{id}", "logprob": value, "bytes": None, "top_logprobs": []} for id, value in pairs]
    choice = {
        "index": 0,
        "token_ids": found.ids,
        "logprobs": {"content": content},
        "finish_reason": "length" if found.stop is None else "stop",
    }
    return {"request_id": "generate-tokens-1", "choices": [choice], "prompt_logprobs": None}


# ---- SGLang ------------------------------------------------------------------------------------------------------


def generate(server: Server, body: dict[str, Any]) -> dict[str, Any]:
    """SGLang's /generate: 128 tokens if nothing is said."""
    prompt, asked = body["input_ids"], body.get("sampling_params") or {}
    most = asked.get("max_new_tokens", 128)
    if len(prompt) >= CONTEXT:
        text = f"The input ({len(prompt)} tokens) is longer than the model's context length ({CONTEXT} tokens)."
        raise Bad(400, text)
    if len(prompt) + most > CONTEXT:
        raise Bad(
            400,
            f"Requested token count exceeds the model's maximum context length of {CONTEXT} tokens. You requested a "
            f"total of {len(prompt) + most} tokens: {len(prompt)} tokens from the input messages and {most} tokens "
            "for the completion.",
        )
    stops = asked.get("stop_token_ids") or []
    found = server.sample(prompt, most, stops, asked.get("temperature", 1.0), asked.get("sampling_seed"))
    stopped = {"type": "length", "length": most} if found.stop is None else {"type": "stop", "matched": found.stop}
    meta: dict[str, Any] = {
        "id": "1",
        "finish_reason": stopped,
        "prompt_tokens": len(prompt),
        "weight_version": "default",
        "completion_tokens": len(found.ids),
        "cached_tokens": 0,
    }
    if body.get("return_logprob"):
        pairs = zip(found.ids, found.logprobs, strict=True)
        meta["input_token_logprobs"] = []
        meta["output_token_logprobs"] = [[value, id, None] for id, value in pairs]
    return {"text": server.text(found.ids), "output_ids": found.ids, "meta_info": meta}
