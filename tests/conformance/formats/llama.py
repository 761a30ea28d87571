"""The formats of specs/llama/: what each is compared with, and the conversations that suit it."""

from __future__ import annotations

from ..entry import entry
from ..format import BOOL, CUSTOM_TOOL

ENTRIES = (
    entry(
        "llama2",
        "hmellor-tiny-random-LlamaForCausalLM",
        also=("huggyllama-llama-7b",),
        bos="<s>",
        eos="</s>",
        alternating=True,
        null_content=False,
        late_system=False,
        tools=False,
    ),
    entry("llama2_arcee", "optimum-intel-internal-testing-tiny-random-ArceeForCausalLM"),
    entry("codellama", "codellama-CodeLlama-7b-Instruct-hf"),
    entry(
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
    entry("grok_oss_revenant", "c4tdr0ut-grok-oss-Revenant-70B"),
    entry(
        "llama3",
        "NousResearch-Meta-Llama-3-8B-Instruct",
        also=(
            "bosonai-Higgs-Llama-3-70B",
            "NousResearch-DeepHermes-3-Llama-3-8B-Preview",
            "latam-gpt-Llama-3.1-70B-LatamGPT-SFT-1.0",
            "Kiznaiver02-llama3-indonesia-finetuned-dicoding",
            "Goklas17-llama-3.2-1b-alpaca-indonesian-pgabl",
            "trl:llama3",
        ),
        bos="<|begin_of_text|>",
        eos="<|eot_id|>",
        tools=False,
    ),
    entry(
        "llama3_2",
        "meta-llama-Llama-3.2-3B-Instruct",
        also=("trl:llama3_2",),
        options={"tools_in_user_message": BOOL, "date_string": ("", "1 Mai 2025"), "custom_tools": ([], [CUSTOM_TOOL])},
    ),
    entry("llama3_lines", "chujiezheng-LLaMA3-iterative-DPO-final-ExPO", tools=False),
    entry("llama3_nous", "NousResearch-Meta-Llama-3.1-8B-Instruct"),
    entry(
        "marin",
        "AmberYifan-capsdnum-marin-8b-base-science_random_b4000_s0",
        also=("zai-org-webrl-orm-llama-3.1-8b",),
        tools=False,
    ),
    entry(
        "typhoon2",
        "typhoon-ai-llama3.1-typhoon2-8b-instruct",
        bos="<|begin_of_text|>",
        eos="<|eot_id|>",
        options={"date_string": ("", "1 Mai 2025"), "custom_tools": ([], [CUSTOM_TOOL])},
        text_arguments=True,
    ),
    entry("vikhr_nemo", "Vikhrmodels-Vikhr-Nemo-12B-Instruct-R-21-09-24", bos="<s>", eos="</s>"),
)
