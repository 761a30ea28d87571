"""Formats that many repositories share: older chat shells, Granite, Qwen's first template, fine-tunes with one of their own."""

from __future__ import annotations

from .format import BOOL, CUSTOM_TOOL, THINKING, Format

FORMATS: tuple[Format, ...] = (
    Format(
        "qwen3_launch",
        "Qwen-Qwen3-0.6B",
        eos="<|im_end|>",
        options=THINKING,
        text_arguments=True,
        null_content=False,
    ),
    Format(
        "grove_moe",
        "inclusionAI-GroveMoE-Inst",
        eos="<|im_end|>",
        text_arguments=True,
    ),
    Format("openbuddy_yi", "OpenBuddy-openbuddy-yi1.5-9b-v21.1-32k", tools=False),
    Format("chatml_foreign_as_system", "Adamaja111-legal-qwen2.5-1.5b-ft", tools=False),
    Format("omnilmm", "openbmb-OmniLMM-12B", eos="</s>", tools=False),
    Format("internvl3_5_hf", "internlm-CapRL-InternVL3.5-8B", parts=("text", "image", "video", "audio"), tools=False),
    Format("ling_lite", "inclusionAI-Ling-lite-1.5", eos="<|endoftext|>", tools=False),
    Format("cogvlm2", "zai-org-cogvlm2-llama3-chat-19B", bos="<|begin_of_text|>", eos="<|end_of_text|>", tools=False),
    Format("granite_code", "ibm-granite-granite-8b-code-instruct-4k", eos="<|endoftext|>", tools=False),
    Format("eurus", "openbmb-Eurus-70b-sft", bos="<s>", eos="</s>", alternating=True, tools=False, system=False),
    Format("yi1_5", "01-ai-Yi-1.5-9B-Chat", tools=False),
    Format("deepseek_vl2", "deepseek-ai-deepseek-vl2-small", tools=False),
    Format("openbuddy_deepseek", "OpenBuddy-openbuddy-deepseek-67b-v18.1-4k", eos="<｜end▁of▁sentence｜>", tools=False),
    Format("marin", "AmberYifan-capsdnum-marin-8b-base-science_random_b4000_s0", also=("zai-org-webrl-orm-llama-3.1-8b",), tools=False),
    Format("minicpm_moe", "openbmb-MiniCPM-MoE-8x2B", eos="</s>", tools=False),
    Format("falcon_h1", "tiiuae-Falcon-H1-0.5B-Instruct", bos="<|begin_of_text|>"),
    Format("tower_vision", "utter-project-TowerVision-2B", also=("ytu-ce-cosmos-Turkish-Gemma-9b-v0.1",), bos="<bos>", tools=False),
    Format("norovox", "emrevrg-Norovox-Alpha-MoE-13.1B", tools=False),
    Format("granite3_0", "ibm-granite-granite-3.0-8b-instruct"),
)
