"""The formats of specs/chatml/: what each is compared with, and the conversations that suit it."""

from __future__ import annotations

from ..entry import entry

ENTRIES = (
    entry(
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
        ),
        tools=False,
    ),
    entry("aquila_moe", "BAAI-AquilaMoE"),
    entry("chatml_foreign_as_system", "Adamaja111-legal-qwen2.5-1.5b-ft"),
    entry("eurollm", "utter-project-EuroLLM-9B-Instruct-2512", also=("TrangBui-II-Medical-8B-Finetuned",)),
    entry("occiglot", "occiglot-occiglot-7b-it-en-instruct"),
)
