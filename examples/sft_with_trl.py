"""Fine-tuning with TRL, in two ways: on our training template, and on a data set that we rendered.

A tiny model of Qwen3's architecture with random weights learns to call a tool, on the CPU and without a network. For
your own model, take its tokenizer, and from `arguments` only the settings of the mask. Needs torch and trl.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import datasets
import torch
from rollout import call, untaught
from transformers import PreTrainedTokenizerFast, PrinterCallback
from trl import SFTConfig, SFTTrainer

import chatwright
from chatwright import BoundRenderer, Sample, Spec

Messages = list[dict[str, Any]]

MULTIPLY = {"name": "multiply", "description": "Multiplies.", "parameters": {"type": "object"}}
TOOLS = [{"type": "function", "function": MULTIPLY}]
TAUGHT = [(2, 2), (3, 5), (2, 6)]
NEW = [(3, 2), (5, 3), (6, 2), (5, 2)]


def conversation(a: int, b: int) -> Messages:
    """Two questions, each answered by thinking, calling, and reading the result: four turns of the model."""
    return [
        {"role": "user", "content": f"What is {a} times {b}?"},
        call(f"I have {a} and {b}.", "multiply", a, b),
        {"role": "tool", "content": str(a * b)},
        {"role": "assistant", "reasoning_content": "There it is.", "content": f"It is {a * b}."},
        {"role": "user", "content": f"And {b} times {a}?"},
        call("The other way round.", "multiply", b, a),
        {"role": "tool", "content": str(a * b)},
        {"role": "assistant", "reasoning_content": "As before.", "content": f"Also {a * b}."},
    ]


def tokenizer_with(template: str) -> PreTrainedTokenizerFast:
    """A small tokenizer with a chat template; a real one comes from `AutoTokenizer.from_pretrained`."""
    file = str(Path(__file__).parent / "tokenizer.json")
    tokenizer = PreTrainedTokenizerFast(tokenizer_file=file, eos_token="<|im_end|>", pad_token="<|endoftext|>")
    tokenizer.chat_template = template
    return tokenizer


def arguments(folder: str, **about_the_mask: Any) -> SFTConfig:
    return SFTConfig(
        folder,
        eos_token="<|im_end|>",
        max_length=None,  # by default a row is cut after 1024 tokens, and loses its last stop
        max_steps=130,
        learning_rate=0.01,
        lr_scheduler_type="cosine",
        warmup_steps=10,
        per_device_train_batch_size=6,
        use_cpu=True,
        bf16=False,
        activation_checkpointing=False,
        dataloader_pin_memory=False,
        report_to="none",
        save_strategy="no",
        disable_tqdm=True,
        **about_the_mask,
    )


def on_the_template(spec: Spec, talks: Sequence[Messages], folder: str) -> SFTTrainer:
    """The first way: TRL renders the messages with our training template; its tags mark the sampled text."""
    rows = [{"messages": messages, "tools": TOOLS} for messages in talks]
    return SFTTrainer(
        untaught(),
        arguments(folder, assistant_only_loss=True),
        train_dataset=datasets.Dataset.from_list(rows, on_mixed_types="use_json"),
        processing_class=tokenizer_with(spec.jinja(view="training")),
    )


def on_our_samples(spec: Spec, samples: Sequence[Sample], folder: str) -> SFTTrainer:
    """The second way: TRL takes our ids and labels directly, and uses no template."""
    rows = [{"input_ids": sample.token_ids, "labels": sample.labels().tolist()} for sample in samples]
    return SFTTrainer(
        untaught(),
        arguments(folder),
        train_dataset=datasets.Dataset.from_list(rows),
        processing_class=tokenizer_with(spec.jinja()),
    )


def trained_on(trainer: SFTTrainer) -> list[tuple[list[int], list[int]]]:
    """The ids and labels of each row, sorted, as the model gets them, without padding."""
    found = []
    for batch in trainer.get_train_dataloader():
        for ids, labels, real in zip(batch["input_ids"], batch["labels"], batch["attention_mask"] == 1, strict=True):
            assert (labels[~real] == -100).all()
            found.append((ids[real].tolist(), labels[real].tolist()))
    return sorted(found)


def expected(samples: Sequence[Sample]) -> list[tuple[list[int], list[int]]]:
    """Our ids and labels for the same rows."""
    return sorted((sample.token_ids, sample.labels().tolist()) for sample in samples)


def answer(model: Any, bound: BoundRenderer, messages: Messages) -> Any:
    """The greedy answer of the model to some messages, parsed by our parser."""
    prompt = bound.render_ids(messages, tools=TOOLS, add_generation_prompt=True)
    out = model.generate(
        torch.tensor([prompt]),
        attention_mask=torch.ones(1, len(prompt), dtype=torch.long),
        do_sample=False,
        max_new_tokens=64,
        eos_token_id=bound.get_stop_token_ids(),
        pad_token_id=0,
    )
    return bound.parse_response(out[0, len(prompt) :].tolist(), prompt_ids=prompt)


class Measured(NamedTuple):
    """The number of turns, of those that end in a stop of the format, and of those that equal the expected message."""

    turns: int
    stopped: int
    right: int

    def __str__(self) -> str:
        return f"of {self.turns} turns {self.stopped} end in the stop, {self.right} are right"


def measured(model: Any, bound: BoundRenderer, talks: Sequence[Messages]) -> Measured:
    """Let the model write each of its turns of some conversations, after the prompt for the messages before."""
    model.eval()
    stopped, right = [], []
    for messages in talks:
        for index, message in enumerate(messages):
            if message["role"] == "assistant":
                response = answer(model, bound, messages[:index])
                stopped.append(response.stop is not None)
                right.append(stopped[-1] and response.message() == message)
    return Measured(len(right), sum(stopped), sum(right))


def teach(trainer: SFTTrainer, bound: BoundRenderer, samples: Sequence[Sample]) -> None:
    """Compare the trainer's labels with ours; train; print how well the model answers before and after."""
    trainer.remove_callback(PrinterCallback)
    taught, new = [[conversation(*numbers) for numbers in pairs] for pairs in (TAUGHT, NEW)]
    rows = trained_on(trainer)
    trained = sum(label != -100 for _, labels in rows for label in labels)
    print(f"  {len(rows)} rows, {sum(len(ids) for ids, _ in rows)} tokens, {trained} of them trained")
    print("  the labels are what the renderer says:", rows == expected(samples))
    print("  before, new questions:  ", measured(trainer.model, bound, new))
    trainer.train()
    print("  after, new questions:   ", measured(trainer.model, bound, new))
    print("  after, taught questions:", measured(trainer.model, bound, taught))


def main() -> None:
    datasets.disable_progress_bars()
    spec = chatwright.load("qwen3")
    bound = spec.bind(tokenizer_with(spec.jinja()))
    talks = [conversation(*numbers) for numbers in TAUGHT]
    with tempfile.TemporaryDirectory() as folder:
        print("on the training template")
        whole = [chatwright.sample(bound, talk, tools=TOOLS, view="training") for talk in talks]
        teach(on_the_template(spec, talks, folder), bound, whole)
        print("on our samples")
        apart = [sample for talk in talks for sample in chatwright.split(bound, talk, tools=TOOLS)]
        teach(on_our_samples(spec, apart, folder), bound, apart)


if __name__ == "__main__":
    main()
