"""The formats of specs/step/: what each is compared with, and the conversations that suit it."""

from __future__ import annotations

from ..entry import entry

ENTRIES = (
    entry("step3", "stepfun-ai-step3", bos="<｜begin▁of▁sentence｜>", parts=("text", "image")),
    entry("step3_vl", "stepfun-ai-Step3-VL-10B", eos=None, options={}, parts=("text", "image", "video")),
    entry("step3_5_flash", "StepFun3.5-Flash", bos="<｜begin▁of▁sentence｜>", eos="<|im_end|>", text_arguments=False),
    entry("step3_7_flash", "stepfun-ai-Step-3.7-Flash", options={"reasoning_effort": ("", "high")}),
    entry("step_audio_editx", "stepfun-ai-Step-Audio-EditX", tools=False),
)
