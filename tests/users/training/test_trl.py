"""TRL with our training template, and with our samples: what it trains is what we say, and the model learns to stop."""

from __future__ import annotations

import logging
import re
from pathlib import Path
from typing import Any

import pytest
from conformance.real_tokenizers import control_tokens, trained

import chatwright
from chatwright import masks
from chatwright.spec import format_of

from .conftest import Shown

#: Formats that keep thoughts, that drop them, that close a turn with the next one's opener, and that split a message.
FORMATS = ("qwen3", "qwen3_2507", "qwen3_5", "glm4_6", "gpt_oss", "llama3_1", "deepseek_v3_1", "mistral_nemo")


def tokenizer_of(name: str) -> Any:
    """A small tokenizer with the control tokens of a format."""
    from transformers import PreTrainedTokenizerFast

    program = format_of(chatwright.load(name)).compiled.program
    stop = chatwright.load(name).stops[0]
    given = {"eos_token": stop, "pad_token": stop, **({} if program.bos is None else {"bos_token": program.bos})}
    return PreTrainedTokenizerFast(tokenizer_object=trained(control_tokens(name)), **given)


def numbered(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The calls with ids and the results with that of their call, as some formats demand."""
    out: list[dict[str, Any]] = []
    for number, message in enumerate(messages):
        if "tool_calls" in message:
            calls = [{**call, "id": f"call0000{number}"} for call in message["tool_calls"]]
            out.append({**message, "tool_calls": calls})
        elif message["role"] == "tool":
            out.append({**message, "tool_call_id": out[-1]["tool_calls"][0]["id"], "name": "multiply"})
        else:
            out.append(message)
    return out


def trainer_of(example: Any, tokenizer: Any, rows: Any, folder: Path, **settings: Any) -> Any:
    from trl import SFTConfig, SFTTrainer

    cpu = {"use_cpu": True, "bf16": False, "activation_checkpointing": False, "report_to": "none"}
    config = SFTConfig(str(folder), **{"max_length": None, **cpu, **settings})
    return SFTTrainer(example.untaught(), config, train_dataset=rows, processing_class=tokenizer)


def kept(rows: list[dict[str, Any]]) -> Any:
    """A data set that holds just what the rows hold."""
    import datasets

    return datasets.Dataset.from_list(rows, on_mixed_types="use_json")


def talks(example: Any) -> list[list[dict[str, Any]]]:
    return [numbered(example.conversation(*numbers)) for numbers in example.TAUGHT]


# ---- what is trained --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FORMATS)
def test_the_template_gives_trl_our_labels(
    name: str, example: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """For every row and token, thoughts and stop of every turn among them. And TRL sees that a stop is trained."""
    spec = chatwright.load(name)
    tokenizer = tokenizer_of(name)
    tokenizer.chat_template = spec.jinja(view="training")
    bound = spec.bind(tokenizer)
    samples = [chatwright.sample(bound, talk, tools=example.TOOLS, view="training") for talk in talks(example)]
    rows = [{"messages": talk, "tools": example.TOOLS} for talk in talks(example)]
    with caplog.at_level(logging.WARNING):
        trainer = trainer_of(example, tokenizer, kept(rows), tmp_path, assistant_only_loss=True)
    assert example.trained_on(trainer) == example.expected(samples)
    assert "end-of-turn" not in caplog.text
    stops = bound.get_stop_token_ids()
    for found in samples:
        assert sum(found.ids[end - 1] in stops for _, end in found.tokens.spans()) == len(found.tokens.spans()) == 4
    text = tokenizer.decode([label for label in samples[0].labels() if label != -100])
    assert "It is 4." in text and "Also 4." in text


def test_trl_takes_our_rows_as_they_are(example: Any, tmp_path: Path) -> None:
    """Whatever was selected, and each turn behind the prompt that the model was given."""
    tokenizer = tokenizer_of("qwen3_5")
    bound = chatwright.load("qwen3_5").bind(tokenizer)
    select = masks.sampled() & ~masks.part("reasoning")
    samples = [
        sample
        for talk in talks(example)
        for sample in chatwright.split(bound, talk, tools=example.TOOLS, select=select)
    ]
    rows = [{"input_ids": found.token_ids, "labels": found.labels().tolist()} for found in samples]
    trainer = trainer_of(example, tokenizer, kept(rows), tmp_path)
    assert example.trained_on(trainer) == example.expected(samples)
    assert len(samples) > len(example.TAUGHT)


# ---- what it learns ---------------------------------------------------------------------------------------------

MEASURED = re.compile(r"(before|after), (new|taught) questions: +of (\d+) turns (\d+) end in the stop, (\d+) are right")


def test_the_model_learns_to_stop(shown: Shown) -> None:
    """What the example prints of itself, first on the template, then on samples: the labels are ours, and it learns."""
    assert shown.printed.count("the labels are what the renderer says: True") == 2
    found = [(when, which, *map(int, numbers)) for when, which, *numbers in MEASURED.findall(shown.printed)]
    assert [line[:2] for line in found] == [("before", "new"), ("after", "new"), ("after", "taught")] * 2
    for number, (when, which, turns, stopped, right) in enumerate(found):
        if when == "before":
            assert (turns, stopped, right) == (16, 0, 0)
        elif which == "new":
            assert turns == 16 and stopped >= 10
        else:
            # On one text the answers to second questions were trained behind thoughts that their prompt has not.
            assert turns == 12 and stopped >= 9 and right >= (4 if number < 3 else 9)


def test_second_answers_are_right_behind_the_text_that_was_trained(shown: Shown) -> None:
    """What the model that was trained on one text each gets wrong is due to its prompt, which lacks old thoughts."""
    spec = chatwright.load("qwen3")
    bound = spec.bind(shown.module.tokenizer_with(spec.jinja()))
    render = bound.render_ids

    class Whole:
        """The same renderer, whose prompts keep the thoughts."""

        def __getattr__(self, name: str) -> Any:
            return getattr(bound, name)

        def render_ids(self, messages: Any, **given: Any) -> list[int]:
            return render(messages, view="training", **given)

    taught = [shown.module.conversation(*numbers) for numbers in shown.module.TAUGHT]
    model = shown.trainers[0].model
    right = {kind: shown.module.measured(model, kind, taught).right for kind in (bound, Whole())}
    short, whole = right.values()
    assert whole >= 9 and short < whole


def at_stops(shown: Shown, model: Any) -> tuple[int, int, int]:
    """In conversations that it was not taught: the stops, how many the model foresees, and where else it would stop.

    It is asked at each token that it would have to write, behind what stands before.
    """
    import torch

    spec = chatwright.load("qwen3")
    bound = spec.bind(shown.module.tokenizer_with(spec.jinja()))
    (stop,) = {shown.module.tokenizer_with("").eos_token_id}
    stops = foreseen = elsewhere = 0
    for numbers in shown.module.NEW:
        talk = shown.module.conversation(*numbers)
        for found in chatwright.split(bound, talk, tools=shown.module.TOOLS):
            with torch.no_grad():
                said = model(torch.tensor([found.token_ids])).logits[0, :-1].argmax(-1).numpy()
            here, trained_here = found.ids[1:], found.weights[1:] > 0
            stops += int((trained_here & (here == stop)).sum())
            foreseen += int((trained_here & (here == stop) & (said == stop)).sum())
            elsewhere += int((trained_here & (here != stop) & (said == stop)).sum())
    return stops, foreseen, elsewhere


def test_it_stops_where_it_should_and_nowhere_else(shown: Shown) -> None:
    assert at_stops(shown, shown.module.untaught())[:2] == (16, 0)
    for trainer in shown.trainers:
        stops, foreseen, elsewhere = at_stops(shown, trainer.model)
        assert stops == 16 and foreseen >= 10 and elsewhere <= 3


# ---- what the page warns of -------------------------------------------------------------------------------------


def test_a_column_of_one_type_adds_keys(example: Any, tmp_path: Path) -> None:
    """Unless the data set is told to keep JSON. This is how TRL's own templates meet it too."""
    import datasets

    def asking(**given: Any) -> dict[str, Any]:
        calls = [{"type": "function", "function": {"name": "f", "arguments": given}}]
        user = {"role": "user", "content": "Well?"}
        return {"messages": [user, {"role": "assistant", "content": "", "tool_calls": calls}]}

    spec = chatwright.load("qwen3")
    rows = [asking(a=1), asking(city="Oslo")]
    for same, settings in ((False, {}), (True, {"on_mixed_types": "use_json"})):
        tokenizer = example.tokenizer_with(spec.jinja(view="training"))
        made = datasets.Dataset.from_list(rows, **settings)
        trainer = trainer_of(example, tokenizer, made, tmp_path, assistant_only_loss=True)
        texts = [tokenizer.decode(ids) for ids, _ in example.trained_on(trainer)]
        assert [('{"a": 1}' in text, '{"a": 1, "city": null}' in text) for text in texts].count((same, not same)) == 1


def test_a_length_cuts_off_the_last_stop(example: Any, tmp_path: Path) -> None:
    spec = chatwright.load("qwen3")
    tokenizer = example.tokenizer_with(spec.jinja(view="training"))
    bound = spec.bind(tokenizer)
    rows = [{"messages": talk, "tools": example.TOOLS} for talk in talks(example)]
    samples = [chatwright.sample(bound, talk, tools=example.TOOLS, view="training") for talk in talks(example)]
    shorter = min(map(len, samples)) - 4
    trainer = trainer_of(example, tokenizer, kept(rows), tmp_path, assistant_only_loss=True, max_length=shorter)
    assert example.trained_on(trainer) == example.expected([sample.truncated(shorter) for sample in samples])
    for _, labels in example.trained_on(trainer):
        assert sum(label in bound.get_stop_token_ids() for label in labels) == 3


def test_a_last_character_of_several_tokens_is_trained(example: Any, tmp_path: Path) -> None:
    """The stop is the opener of the next turn here, so that the text before it ends a block of its own."""
    spec = chatwright.load("glm4_6")
    tokenizer = tokenizer_of("glm4_6")
    tokenizer.chat_template = spec.jinja(view="training")
    talk = [
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": "Hi 🦉"},
        {"role": "user", "content": "?"},
    ]
    trainer = trainer_of(example, tokenizer, kept([{"messages": talk}]), tmp_path / "a", assistant_only_loss=True)
    sample = chatwright.sample(spec.bind(tokenizer), talk, view="training")
    ((ids, labels),) = example.trained_on(trainer)
    assert ids == sample.token_ids
    assert labels == sample.labels().tolist()
    rows = [{"input_ids": sample.token_ids, "labels": sample.labels().tolist()}]
    assert example.trained_on(trainer_of(example, tokenizer, kept(rows), tmp_path / "b")) == example.expected([sample])


def test_what_a_user_types_stays_text_only_where_we_render(example: Any) -> None:
    spec = chatwright.load("qwen3")
    tokenizer = example.tokenizer_with(spec.jinja(view="training"))
    talk = [{"role": "user", "content": "Say <|im_end|>"}, {"role": "assistant", "content": "No."}]
    theirs = tokenizer.apply_chat_template(talk, return_dict=True)["input_ids"]
    ours = chatwright.sample(spec.bind(tokenizer), talk).token_ids
    assert theirs.count(tokenizer.eos_token_id) == ours.count(tokenizer.eos_token_id) + 1
