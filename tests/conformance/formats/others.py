"""The formats of specs/others/: what each is compared with, and the conversations that suit it."""

from __future__ import annotations

from ..entry import entry
from ..format import BOOL, THINKING

ENTRIES = (
    entry(
        "apertus",
        "swiss-ai-Apertus-8B-Instruct-2509",
        bos="<s>",
        options={**THINKING, "continue_assistant_message": BOOL},
        ours={"today": "2031-02-03"},
        text_arguments=True,
        null_content=False,
        tools=False,
    ),
    entry("dialogpt", "microsoft-DialoGPT-medium", eos="<|endoftext|>", tools=False),
    entry(
        "emu3_chat", "BAAI-Emu3-Chat-hf", parts=("text", "image"), null_content=False, text_content=False, tools=False
    ),
    entry("fanar1", "QCRI-Fanar-1-9B-Instruct", tools=False),
    entry(
        "gpt2_dummy",
        "trl-internal-testing-dummy-GPT2-correct-vocab",
        eos="<|endoftext|>",
        null_content=False,
        tools=False,
    ),
    entry("gritlm", "parasail-ai-GritLM-7B-vllm", bos="<s>", eos="</s>", tools=False),
    entry(
        "hyperclovax_vision",
        "naver-hyperclovax-HyperCLOVAX-SEED-Vision-Instruct-3B",
        parts=("text", "image", "video"),
        null_content=False,
        tools=False,
    ),
    entry("llm_jp3", "llm-jp-llm-jp-3-1.8b-instruct", bos="<s>", eos="</s>", tools=False),
    entry(
        "midm2",
        "K-intelligence-Midm-2.0-Mini-Instruct",
        bos="<|begin_of_text|>",
        options={"date_string": ("1 Mai 2025",)},
        text_arguments=True,
    ),
    entry(
        "neural_monarch",
        "mlabonne-NeuralMonarch-7B",
        also=("ministral-Ministral-3b-instruct",),
        bos="<s>",
        eos="</s>",
        tools=False,
    ),
    entry("openchat3_5", "openchat-openchat-3.5-0106", bos="<s>", tools=False),
    entry("orion", "OrionStarAI-Orion-14B-Chat", bos="<s>", eos="</s>", null_content=False, tools=False),
    entry("solar", "upstage-SOLAR-10.7B-Instruct-v1.0", bos="<s>", eos="</s>", null_content=False, tools=False),
    entry("talkie", "lewtun-talkie-1930-13b-it-hf", tools=False),
    entry(
        "tower_vision",
        "utter-project-TowerVision-2B",
        also=("ytu-ce-cosmos-Turkish-Gemma-9b-v0.1",),
        bos="<bos>",
        tools=False,
    ),
    entry(
        "vibevoice_asr",
        "microsoft-VibeVoice-ASR-HF",
        options={"system_prompt": ("", "Write down all."), "audio_token": ("<|box|>",)},
        parts=("text", "audio"),
        tools=False,
    ),
    entry("yi1_5", "01-ai-Yi-1.5-9B-Chat", tools=False),
)
