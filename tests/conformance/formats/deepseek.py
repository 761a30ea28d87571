"""The formats of specs/deepseek/: what each is compared with, and the conversations that suit it."""

from __future__ import annotations

from ..entry import entry
from ..format import BOOL, THINKING

ENTRIES = (
    entry(
        "deepseek_coder",
        "deepseek-ai-deepseek-coder-6.7b-instruct",
        bos="<｜begin▁of▁sentence｜>",
        eos="<|EOT|>",
        null_content=False,
        tools=False,
    ),
    entry(
        "deepseek_v2_5",
        "deepseek-ai-DeepSeek-V2.5",
        bos="<｜begin▁of▁sentence｜>",
        eos="<｜end▁of▁sentence｜>",
        null_content=False,
        tools=False,
    ),
    entry("deepseek_coder_v2_0724", "deepseek-ai-DeepSeek-Coder-V2-Instruct-0724"),
    entry(
        "deepseek_r1_distill",
        "deepseek-ai-DeepSeek-R1-Distill-Qwen-32B@56a144",
        also=("deepseek-ai-DeepSeek-R1-Distill-Llama-8B", "trl:deepseek_r1_distill"),
    ),
    entry("deepseek_r1", "trl:deepseekv3", also=("microsoft-MAI-DS-R1",), text_arguments=True, tools=True),
    entry("deepseek_v3", "ByteDance-Seed-academic-ds-9B", also=("yujiepan-deepseek-v3-tiny-random",)),
    entry(
        "deepseek_r1_0528",
        "trl-internal-testing-tiny-DeepseekV3ForCausalLM-0528",
        text_arguments=True,
        tools=True,
        loose_results=False,
    ),
    entry(
        "deepseek_v2",
        "deepseek-ai-DeepSeek-V2-Lite-Chat",
        bos="<｜begin▁of▁sentence｜>",
        eos="<｜end▁of▁sentence｜>",
        null_content=False,
        tools=False,
    ),
    entry("deepseek_v2_0628", "deepseek-ai-DeepSeek-V2-Chat-0628"),
    entry(
        "deepseek_v3_1",
        "deepseek-ai-DeepSeek-V3.1",
        bos="<｜begin▁of▁sentence｜>",
        eos="<｜end▁of▁sentence｜>",
        options={**THINKING, "thinking": BOOL},
        text_arguments=True,
        null_content=False,
    ),
    entry(
        "deepseek_v3_2",
        "deepseek-ai-DeepSeek-V3.2",
        bos="<｜begin▁of▁sentence｜>",
        options={"thinking": BOOL, **THINKING},
    ),
    entry(
        "deepseek_v4",
        "deepseek-ai-DeepSeek-V4",
        bos="<｜begin▁of▁sentence｜>",
        eos="<｜end▁of▁sentence｜>",
        options={**THINKING, "thinking": BOOL, "drop_thinking": BOOL},
        developer=True,
    ),
    entry(
        "deepseek_v4_flash",
        "unsloth-DeepSeek-V4-Flash",
        bos="<｜begin▁of▁sentence｜>",
        eos="<｜end▁of▁sentence｜>",
        options={**THINKING, "thinking": BOOL, "reasoning_effort": ("max",)},
        developer=True,
    ),
    entry("deepseek_vl2", "deepseek-ai-deepseek-vl2-small", bos=None, eos=None, null_content=True),
    entry("dspv2_guide", "LukeBailey181Pub-dspv2_guide", loose_results=True),
    entry("skywork_r1v", "Skywork-Skywork-R1V-38B"),
    entry("stepfun_formalizer", "stepfun-ai-StepFun-Formalizer-7B"),
)
