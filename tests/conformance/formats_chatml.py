"""Formats of families: formats that are ChatML at heart, and other shells like it."""

from __future__ import annotations

from .format import BOOL, PICTURES, THINKING, Format

FORMATS: tuple[Format, ...] = (
    Format(
        "chatml",
        "openbmb-VoxCPM2",
        also=(
            "openbmb-MiniCPM4.1-8B",
            "upstage-solar-pro-preview-instruct",
            "S4nfs-Neeto-1.0-8b",
            "hauser458b-bananamind2-mini-it",
            "EldritchLabs-KrakenSakura-Maelstrom-12B-v1",
            "spitfire4794-Zupra-1.7-50M-Instruct-Ultra-Math-exp",
            "Abdelkareem-supra-50m-arabic-sft-mix",
        ), tools=False),
    Format(
        "internlm2_5",
        "internlm-internlm2_5-7b-chat",
        also=("tiiuae-falcon-mamba-tiny-dev", "tiiuae-Falcon-E-3B-Instruct"),
        bos="<s>",
        eos="</s>", tools=False),
    Format("internlm2_reward", "internlm-internlm2-1_8b-reward", bos="<s>", eos="</s>", tools=False),
    Format("hermes3", "NousResearch-Hermes-3-Llama-3.1-8B", bos="<|begin_of_text|>", eos="<|im_end|>", tools=False),
    Format("smollm2", "HuggingFaceTB-SmolLM2-135M-Instruct", tools=False),
    Format("internvl3_5", "OpenGVLab-InternVL3_5-1B", parts=("text", "image", "video", "audio"), tools=False),
    Format("internvl3", "OpenGVLab-InternVL3-1B", parts=("text", "image", "video", "audio"), tools=False),
    Format("lfm2_vl", "LiquidAI-LFM2-VL-450M", bos="<|startoftext|>", parts=("text", "image", "video"), tools=False),
    Format(
        "lfm2",
        "LiquidAI-LFM2-1.2B",
        also=("LiquidAI-LFM2-ColBERT-350M", "LFM2-8B-A1B", "trl:lfm2"),
        bos="<|startoftext|>",
    ),
    Format("h2ovl", "h2oai-h2ovl-mississippi-2b", eos="<|end|>", tools=False, system=False),
    Format("h2ovl_800m", "h2oai-h2ovl-mississippi-800m", eos="</s>", alternating=True, tools=False, system=False),
    Format("exaone3_5", "LGAI-EXAONE-EXAONE-3.5-7.8B-Instruct", tools=False),
    Format(
        "cohere",
        "trl-internal-testing-tiny-CohereForCausalLM",
        also=("trl:cohere",),
        bos="<BOS_TOKEN>",
        alternating=True, tools=False),
    Format("hunyuan_ocr", "tencent-HunyuanOCR", parts=("text", "image", "image_url"), tools=False),
    Format("granite_docling", "ibm-granite-granite-docling-258M", parts=("text", "image", "video"), tools=False),
    Format("olmo3", "allenai-Olmo-3-7B-Instruct", eos="<|endoftext|>"),
    Format("olmo3_sft", "allenai-Olmo-3-7B-Instruct-SFT", eos="<|endoftext|>"),
    Format("fanar1", "QCRI-Fanar-1-9B-Instruct", tools=False),
    Format("qianfan_ocr", "baidu-Qianfan-OCR", options=THINKING, parts=("text", "image", "video"), tools=False),
    Format(
        "lfm2_5_350m",
        "LiquidAI-LFM2.5-350M",
        also=("LiquidAI-LFM2.5-VL-1.6B", "DireDreadlord-Gallium-350M"),
        bos="<|startoftext|>",
        options={"keep_past_thinking": BOOL},
        parts=("text", "image", "audio"),
    ),
    Format("hermes4", "NousResearch-Hermes-4-14B", options={"thinking": BOOL, "keep_cots": BOOL}),
    Format(
        "cohere2",
        "trl-internal-testing-tiny-Cohere2ForCausalLM",
        also=("trl:cohere2",),
        bos="<BOS_TOKEN>",
        alternating=True, tools=False),
    Format("talkie", "lewtun-talkie-1930-13b-it-hf", tools=False),
    Format("avibe", "AvitoTech-avibe", text_arguments=True),
    Format("step3_vl", "stepfun-ai-Step3-VL-10B", parts=("text", "image", "video"), text_arguments=True),
    Format("ling2", "inclusionAI-LLaDA2.0-mini", also=("inclusionAI-Ling-2.6-flash",), text_arguments=True),
    Format("dialogpt", "microsoft-DialoGPT-medium", eos="<|endoftext|>", tools=False),
)
