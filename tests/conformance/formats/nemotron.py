"""The formats of specs/nemotron/: what each is compared with, and the conversations that suit it."""

from __future__ import annotations

from ..entry import entry
from ..format import BOOL, CUSTOM_TOOL, THINKING

ENTRIES = (
    entry(
        "nemotron3_nano",
        "NVIDIA-Nemotron-3-Nano-30B-A3B-BF16",
        also=("nvidia-Nemotron-Labs-Diffusion-VLM-8B", "unsloth-NVIDIA-Nemotron-3-Nano-4B", "trl:nemotron_3_nano"),
        bos="<s>",
        options={**THINKING, "truncate_history_thinking": BOOL},
    ),
    entry("nemotron3_5_lightning", "trl:nemotron_3_5_lightning"),
    entry(
        "nemotron3_super",
        "trl-internal-testing-tiny-NemotronHForCausalLM-super",
        also=("trl:nemotron_3_super",),
        options={**THINKING, "truncate_history_thinking": BOOL, "low_effort": BOOL},
    ),
    entry(
        "nemotron3_ultra",
        "trl-internal-testing-tiny-NemotronHForCausalLM-ultra",
        also=("trl:nemotron_3_ultra",),
        options={**THINKING, "truncate_history_thinking": BOOL, "medium_effort": BOOL},
    ),
    entry(
        "nemotron_70b",
        "nvidia-Llama-3.1-Nemotron-70B-Instruct-HF",
        options={
            "tools_in_user_message": BOOL,
            "builtin_tools": ([], ["code_interpreter"], ["lookup", "code_interpreter", "search"]),
            "custom_tools": ([], [CUSTOM_TOOL]),
        },
    ),
    entry(
        "nemotron_cascade_2",
        "nvidia-Nemotron-Cascade-2-30B-A3B",
        options={**THINKING, "truncate_history_thinking": BOOL, "reasoning_budget": (0, 512)},
    ),
    entry("nemotron_h_base", "nvidia-Nemotron-H-8B-Base-8K", eos="</s>", null_content=False, tools=False),
    entry("nemotron_labs_diffusion", "nvidia-Nemotron-Labs-Diffusion-8B-Base"),
    entry(
        "nemotron_mini",
        "nvidia-Nemotron-Mini-4B-Instruct",
        bos="<s>",
        eos="</s>",
        options={"contexts": ([], ["Rome is sunny."], [" a ", "b"])},
        null_content=False,
    ),
    entry(
        "nemotron_nano_v1",
        "nvidia-Llama-3.1-Nemotron-Nano-8B-v1",
        bos="<|begin_of_text|>",
        eos="<|eot_id|>",
        text_arguments=True,
        alternating=True,
    ),
    entry(
        "nemotron_nano_v2",
        "nvidia-NVIDIA-Nemotron-Nano-12B-v2",
        text_arguments=True,
        null_content=False,
        markup=("/think", "/no_think"),
    ),
    entry(
        "nemotron_nano_v2_japanese",
        "nvidia-NVIDIA-Nemotron-Nano-9B-v2-Japanese",
        options=THINKING,
        null_content=True,
        markup=(),
    ),
    entry("nemotron_nano_v2_llama_cpp", "NVIDIA-Nemotron-Nano-v2", null_content=True),
    entry("nemotron_parse", "nvidia-NVIDIA-Nemotron-Parse-v1.1", bos="<s>", eos="</s>", tools=False),
    entry("nemotron_super", "nvidia-Llama-3_3-Nemotron-Super-49B-v1"),
    entry(
        "nemotron_super_v1_5",
        "nvidia-Llama-3_3-Nemotron-Super-49B-v1_5",
        bos="<|begin_of_text|>",
        eos="<|eot_id|>",
        text_arguments=True,
    ),
)
