"""Formats of families: Qwen and Nemotron."""

from __future__ import annotations

from .format import BOOL, PICTURES, THINKING, Format

#: Qwen3.5 and what was made of it.
_VISION = {**THINKING, "add_vision_id": BOOL}

_NEMOTRON = {**THINKING, "truncate_history_thinking": BOOL}

FORMATS: tuple[Format, ...] = (
    Format(
        "qwen3_5_thinking",
        "Qwen3.5-4B",
        also=("internlm-Intern-S2-Preview", "trl:qwen3_5_think"),
        eos="<|im_end|>",
        options=_VISION,
        parts=PICTURES,
        late_system=False,
    ),
    Format(
        "qwen3_6",
        "Qwen-Qwen3.6-35B-A3B",
        also=("trl:qwen3_6",),
        eos="<|im_end|>",
        options={**_VISION, "preserve_thinking": BOOL},
        parts=PICTURES,
        late_system=False,
    ),
    Format(
        "ornith1",
        "deepreinforce-ai-Ornith-1.0-35B",
        also=("unsloth-Ornith-1.0-35B",),
        eos="<|im_end|>",
        options=_VISION,
        parts=PICTURES,
        late_system=False,
    ),
    Format(
        "ornith1_9b",
        "deepreinforce-ai-Ornith-1.0-9B",
        eos="<|im_end|>",
        options=_VISION,
        parts=PICTURES,
        late_system=False,
    ),
    Format(
        "qwen2",
        "Qwen-Qwen2-1.5B-Instruct",
        also=(
            "ByteDance-Ouro-1.4B",
            "ByteDance-Ouro-2.6B-Thinking",
            "DireDreadlord-Dragon-1.5-0.5B",
            "NousResearch-Hermes-3-Llama-3.1-8B",
        ),
        eos="<|im_end|>",
        null_content=False,
    ),
    Format("qwen2_base", "Qwen-Qwen2-0.5B", eos="<|im_end|>", null_content=False),
    Format(
        "qwen2_5_vl",
        "Qwen-Qwen2.5-VL-7B-Instruct",
        also=("trl:qwen2_5_vl",),
        eos="<|im_end|>",
        options={"add_vision_id": BOOL},
        parts=PICTURES,
    ),
    Format(
        "qwen2_5_omni",
        "Qwen-Qwen2.5-Omni-3B",
        eos="<|im_end|>",
        options={"add_vision_id": BOOL, "add_audio_id": BOOL},
        parts=(*PICTURES, "audio", "audio_url"),
    ),
    Format("qwen3_embedding", "Qwen-Qwen3-Embedding-8B", eos="<|im_end|>", text_arguments=True, null_content=False),
    Format(
        "qwen3_2507_thinking",
        "Qwen-Qwen3-4B-Thinking-2507",
        also=("FINAL-Bench-Darwin-28B-REASON",),
        eos="<|im_end|>",
        text_arguments=True,
    ),
    Format(
        "qwen3_vl",
        "Qwen-Qwen3-VL-8B-Instruct",
        also=("trl:qwen3_vl",),
        eos="<|im_end|>",
        options={"add_vision_id": BOOL},
        parts=PICTURES,
        text_arguments=True,
    ),
    Format(
        "qwen3_vl_embedding",
        "Qwen-Qwen3-VL-Embedding-8B",
        eos="<|im_end|>",
        options={"add_vision_id": BOOL},
        parts=PICTURES,
        text_arguments=True,
    ),
    Format(
        "qwen3_vl_thinking",
        "Qwen-Qwen3-VL-8B-Thinking",
        eos="<|im_end|>",
        options={"add_vision_id": BOOL},
        parts=PICTURES,
        text_arguments=True,
    ),
    Format(
        "qwen3_omni",
        "Qwen-Qwen3-Omni-30B-A3B-Instruct",
        eos="<|im_end|>",
        options=THINKING,
        parts=(*PICTURES, "audio", "audio_url"),
        text_arguments=True,
    ),
    Format(
        "qwen3_omni_thinking",
        "Qwen-Qwen3-Omni-30B-A3B-Thinking",
        eos="<|im_end|>",
        options=THINKING,
        parts=(*PICTURES, "audio", "audio_url"),
        text_arguments=True,
    ),
    Format("qwen3_coder", "Qwen-Qwen3-Coder-30B-A3B-Instruct", eos="<|im_end|>"),
    Format("qwen3_coder_next", "Qwen-Qwen3-Coder-Next", eos="<|im_end|>"),
    Format(
        "nemotron3_super",
        "trl-internal-testing-tiny-NemotronHForCausalLM-super",
        also=("trl:nemotron_3_super",),
        bos="<s>",
        eos="<|im_end|>",
        options={**_NEMOTRON, "low_effort": BOOL},
    ),
    Format(
        "nemotron3_ultra",
        "trl-internal-testing-tiny-NemotronHForCausalLM-ultra",
        bos="<s>",
        eos="<|im_end|>",
        options={**_NEMOTRON, "medium_effort": BOOL},
    ),
    Format("nemotron3_5_lightning", "trl:nemotron_3_5_lightning", bos="<s>", eos="<|im_end|>", options=_NEMOTRON),
)
