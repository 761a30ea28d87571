"""The formats of specs/kimi/: what each is compared with, and the conversations that suit it."""

from __future__ import annotations

from ..entry import entry
from ..format import BOOL, PICTURES

ENTRIES = (
    entry(
        "kimi_k2_6",
        "moonshotai-Kimi-K2.6",
        bos="[BOS]",
        eos="[EOS]",
        options={"thinking": BOOL, "preserve_thinking": BOOL, "tools_ts_str": ("", "type f = (_: {}) => any;\n")},
        parts=(*PICTURES, "video_url"),
        text_arguments=True,
    ),
    entry("kimi_k2_thinking", "moonshotai-Kimi-K2-Thinking", options={}, parts=("text", "image", "image_url")),
    entry("kimi_k2", "moonshotai-Kimi-K2-Instruct", also=("moonshotai-Kimi-K2-Instruct-0905",)),
    entry(
        "kimi_k2_5",
        "moonshotai-Kimi-K2.5",
        options={"thinking": BOOL, "tools_ts_str": ("", "type f = (_: {}) => any;\n")},
    ),
    entry("kimi_k2_7", "moonshotai-Kimi-K2.7-Code", options={"tools_ts_str": ("", "type f = (_: {}) => any;\n")}),
    entry(
        "kimi_vl",
        "moonshotai-Kimi-VL-A3B-Instruct",
        bos="[BOS]",
        eos="[EOS]",
        parts=("text", "image", "image_url"),
        tools=False,
    ),
    entry("kimi_k2_base", "moonshotai-Kimi-K2-Base", bos=None, eos=None, tools=True),
    entry("kimi_linear", "moonshotai-Kimi-Linear-48B-A3B-Instruct"),
    entry("moonlight", "moonshotai-Moonlight-16B-A3B-Instruct", parts=()),
)
