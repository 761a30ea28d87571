"""A rollout over several tool turns, from ids to ids: render once, then sample, parse, run the tool, bridge.

A tiny model of Qwen3's architecture first learns two conversations by heart, so that its samples make sense. No text is
encoded twice: the trained ids are the sampled ids. Needs torch.
"""

from __future__ import annotations

import operator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tokenizers import Tokenizer
from transformers import Qwen3Config, Qwen3ForCausalLM

import chatwright
from chatwright import BoundRenderer, Trajectory

RUN = {"multiply": operator.mul, "add": operator.add}
NUMBERS = {"type": "object", "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}}}
TOOLS = [{"type": "function", "function": {"name": name, "parameters": NUMBERS}} for name in RUN]
LEARNED = [(6, 7, 8), (3, 5, 4)]


def renderer() -> BoundRenderer:
    """The format of Qwen3 on a small tokenizer. What the model writes is encoded by itself, as it is sampled."""
    tokenizer = Tokenizer.from_file(str(Path(__file__).parent / "tokenizer.json"))
    return chatwright.load("qwen3").bind(tokenizer, tokenization="as_sampled")


def question(a: int, b: int, c: int) -> dict[str, Any]:
    return {"role": "user", "content": f"What is {a} times {b}, plus {c}?"}


def call(thought: str, name: str, a: int, b: int) -> dict[str, Any]:
    calls = [{"type": "function", "function": {"name": name, "arguments": {"a": a, "b": b}}}]
    return {"role": "assistant", "reasoning_content": thought, "content": "", "tool_calls": calls}


def conversation(a: int, b: int, c: int) -> list[dict[str, Any]]:
    return [
        question(a, b, c),
        call("Times first.", "multiply", a, b),
        {"role": "tool", "content": str(a * b)},
        call("Now plus.", "add", a * b, c),
        {"role": "tool", "content": str(a * b + c)},
        {"role": "assistant", "reasoning_content": "Done.", "content": f"It is {a * b + c}."},
    ]


def untaught() -> Qwen3ForCausalLM:
    """A tiny model of Qwen3's architecture, with random weights."""
    torch.manual_seed(0)
    torch.set_num_threads(1)  # more threads would only slow down so small a model
    sizes = {"vocab_size": 1024, "hidden_size": 64, "intermediate_size": 128, "max_position_embeddings": 1024}
    heads = {"num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 16}
    return Qwen3ForCausalLM(Qwen3Config(**sizes, **heads, tie_word_embeddings=True))


def tiny_model(bound: BoundRenderer) -> Qwen3ForCausalLM:
    """A tiny model that learned LEARNED by heart, trained on exactly the sampled tokens, by `split`."""
    model = untaught()
    samples = [s for numbers in LEARNED for s in chatwright.split(bound, conversation(*numbers), tools=TOOLS)]
    rows = [s.padded(max(map(len, samples)), 0) for s in samples]
    batch = {
        key: torch.tensor(np.stack([row[key] for row in rows])) for key in ("input_ids", "labels", "attention_mask")
    }
    optimizer = torch.optim.AdamW(model.parameters(), lr=5e-3)
    for _ in range(400):
        loss = model(**batch).loss
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if loss.item() < 0.005:
            break
    return model.eval()


def sampled(
    model: Qwen3ForCausalLM, prompt: list[int], stops: list[int], most: int = 120
) -> tuple[list[int], list[float]]:
    """The ids that the model samples after some ids, and the log probability of each."""
    out = model.generate(
        torch.tensor([prompt]),
        attention_mask=torch.ones(1, len(prompt), dtype=torch.long),
        do_sample=True,
        temperature=0.5,
        max_new_tokens=most,
        eos_token_id=stops,
        pad_token_id=0,
        output_logits=True,
        return_dict_in_generate=True,
    )
    ids = out.sequences[0, len(prompt) :].tolist()
    return ids, [logits[0].log_softmax(-1)[id].item() for id, logits in zip(ids, out.logits, strict=True)]


def results(response: Any) -> list[dict[str, Any]]:
    """The results of the calls of a response. A damaged call gets an answer too."""
    out = []
    for found in response.tool_calls:
        if found.status == "ok" and found.name in RUN and set(found.arguments) == {"a", "b"}:
            value = RUN[found.name](found.arguments["a"], found.arguments["b"])
            out.append({"role": "tool", "content": str(value)})
        else:
            out.append({"role": "tool", "content": f"this call cannot be run: {found.status}"})
    return out


def rollout(model: Qwen3ForCausalLM, bound: BoundRenderer, numbers: tuple[int, int, int]) -> Trajectory:
    """Sample, and answer calls, until the model answers without one."""
    trajectory = Trajectory(bound, [question(*numbers)], tools=TOOLS)
    for _ in range(4):
        prompt = trajectory.token_ids
        ids, logprobs = sampled(model, prompt, bound.get_stop_token_ids())
        response = trajectory.add_completion(ids, logprobs)
        assert trajectory.token_ids == prompt + ids  # only the prompt and the sampled ids
        if not response.tool_calls:
            break
        bridged = trajectory.add_messages(results(response))
        assert bridged.token_ids[: bridged.prior] == prompt + ids  # a bridge only adds
    return trajectory


def main() -> None:
    bound = renderer()
    model = tiny_model(bound)
    trajectory = rollout(model, bound, LEARNED[0])
    for message in trajectory.messages:
        calls = [f"{c['function']['name']}({c['function']['arguments']})" for c in message.get("tool_calls", ())]
        print(f"{message['role']}:", *(calls or [message["content"]]))

    # One training sample: the ids of the rollout, with a weight for each sampled id.
    sample = trajectory.sample()
    assert sample.token_ids == trajectory.token_ids
    assert np.array_equal(sample.weights > 0, ~np.isnan(trajectory.logprobs))
    print(f"one sample of {len(sample)} tokens, {sample.trained} of them sampled in {len(trajectory.responses)} turns")

    # The ids are the same, so their probabilities are too: the importance ratio of the policy starts at 1.
    ids = torch.tensor(sample.ids.astype(np.int64))
    logits = model(ids[None]).logits[0, :-1].log_softmax(-1)
    now = logits.gather(-1, ids[1:, None])[:, 0]
    then = torch.tensor(trajectory.logprobs[1:])
    mask = torch.tensor(sample.weights[1:] > 0)
    drift = (now[mask] - then[mask]).abs().max().item()
    print("log probabilities as they were when sampled:", drift < 1e-3)

    # A step of reinforcement: the reward applies to the sampled tokens only.
    reward = 1.0 if trajectory.messages[-1]["content"] == "It is 50." else -1.0
    loss = -(reward * now * torch.tensor(sample.weights[1:])).sum() / sample.trained
    loss.backward()
    print(f"reward {reward:+.0f}, and a gradient: {model.lm_head.weight.grad is not None}")


if __name__ == "__main__":
    main()
