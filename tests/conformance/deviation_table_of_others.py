"""Deviations of the formats that deviation_table.py has no room for."""

from __future__ import annotations

from . import deviation_inputs as inputs
from . import deviation_inputs_of_parts as parts
from . import deviation_reasons as why
from .deviation import ANY, KIMI, OLMO, PARTS, SHOWN, Deviation, shown
from .format import PICTURES

OF_OTHERS = [
    # Formats that many repositories share
    Deviation("grove_moe", PARTS, why.DROPPED, parts.parts(*ANY), "part_text", "user\n<|im_end|>"),
    *shown(parts.parts("tool"), "result_parts", "qwen3_launch"),
    *shown(parts.parts(), "part_text", "cogvlm2", "tower_vision", "eurollm", "glm4_9b"),
    *shown(parts.parts("system"), "parts_of_system", "deepseek_vl2"),
    *shown(parts.parts_of_head, "parts_of_system", "yi1_5"),
    *shown(parts.parts_but("tool", "ipython"), "part_text", "nemotron_70b"),
    *shown(parts.parts_but("tool", "ipython"), "parts_of_system", "grok_oss_revenant"),
    *shown(parts.parts("assistant"), "parts_of_assistant", "olmo3_bar", "olmo3_think", *OLMO),
    *shown(parts.parts("tool"), "result_parts", "vinoku_svg"),
    *shown(parts.results_or_head_with_tools, "parts_of_system_tools", "falcon3"),
    *shown(parts.parts("system"), "parts_of_system", "phi4_mini_reasoning"),
    *(
        Deviation(
            name, "calls_of_others", why.OTHERS, inputs.calls_of_others, "call_on_user", "assistant<|end_header_id|>"
        )
        for name in ("grok_oss_revenant", "nemotron_70b")
    ),
    *(
        Deviation(
            name, "tools_before_user", why.RELABELLED, inputs.tools_before_user, "tools_assistant_first", "Hello!<|eot"
        )
        for name in ("grok_oss_revenant", "nemotron_70b")
    ),
    Deviation("locate_anything", PARTS, why.FOREIGN, parts.foreign_parts(*PICTURES), "part_unknown", "a<|im_end|>"),
    Deviation("hermes4_3", PARTS, why.REPR, parts.shown_or_empty, "result_parts", SHOWN),
    Deviation(
        "hermes4_3", "unclosed", why.OPEN, inputs.silent_answer, "assistant_empty", "assistant<|end_header_id|>\n"
    ),
    Deviation(
        "lfm2_5_instruct",
        PARTS,
        "the template prints an answer that is a list of parts as JSON, cut at a </think>",
        parts.parts("assistant"),
        "parts_of_assistant",
        '[{"type": "text"',
    ),
    Deviation("falcon3", "calls", why.AS_THEY_CAME, parts.calls_beside_tools, "call", '"id": "call00001"'),
    Deviation("molmo2", "pictures", why.NUMBERED, parts.several_pictures, "parts_counted", "Image 2<|image|>"),
    *shown(parts.parts_but("user", "system", "tool"), "parts_of_assistant", "kanana1_5"),
    *(
        deviation
        for name in ("seed_oss", "seed_oss_unsloth")
        for deviation in (
            Deviation(name, PARTS, why.UNANSWERED, parts.parts("assistant"), "parts_of_assistant_last", "assistant"),
            Deviation(name, "unclosed", why.OPEN, inputs.blank_answer, "assistant_empty", "<seed:bos>assistant"),
        )
    ),
    Deviation("openchat3_5", "roles", why.CAPITAL, inputs.foreign_roles, "unknown_role", "GPT4 Correct Critic"),
    *shown(parts.parts_but("user"), "parts_of_system", "minicpm_moe"),
    *(
        Deviation(
            f"gemma4_{name}",
            "calls_of_others",
            why.OTHERS,
            inputs.calls_of_others,
            "call_on_user",
            "user\n<|tool_call>",
        )
        for name in ("v1", "v1_e4b", "v2", "v2_e4b", "v3", "v3_e4b")
    ),
    *(
        Deviation(f"gemma4_{name}", PARTS, why.REPR, parts.parts_of_opener, "parts_of_system", SHOWN)
        for name in ("v2", "v2_e4b", "v3", "v3_e4b")
    ),
    Deviation("llama3_2", PARTS, why.REPR, parts.parts_but("tool", "ipython"), "part_text", SHOWN),
    Deviation(
        "llama3_2", "calls_of_others", why.OTHERS, inputs.calls_of_others, "call_on_user", "assistant<|end_header_id|"
    ),
    Deviation(
        "llama3_2", "tools_before_user", why.RELABELLED, inputs.tools_before_user, "tools_assistant_first", "Hello!<|"
    ),
    Deviation("lfm2_5_v2", "continue_tag", why.MOVED, inputs.ends_on_tag, "continue_tag", "]<|tool_call_end|>CONTINUE"),
    Deviation(
        "hy3", "loose_results", why.COUNTED, inputs.loose_results(), "result_after_answer", "</think:opensource>"
    ),
    *(
        row
        for name in ("laguna_xs_2", "laguna_xs_2_1")
        for row in (
            Deviation(name, PARTS, why.DROPPED, parts.parts(*ANY), "part_text", "<user>\n\n</user>"),
            Deviation(
                name, "empty_reasoning", why.LOOKED, inputs.empty_reasoning, "inline_and_empty_field", "\na\n</think>"
            ),
        )
    ),
    Deviation("mimo_v2_flash", PARTS, why.REPR, parts.parts("assistant", "tool"), "result_parts", SHOWN),
    Deviation(
        "ernie4_5_vl", "reasoning_twice", why.LOOKED, inputs.reasoning_twice, "inline_and_field", "<think>\na\n</think>"
    ),
    Deviation(
        "ernie4_5_vl", "media_of_answers", why.MUTE, parts.media_of("assistant"), "parts_of_assistant_image", ": Here<"
    ),
    Deviation("step3_7_flash", "interleaved", why.APART, parts.texts_in_a_row, "parts_of_assistant", " a   b "),
    Deviation("nemotron_cascade_2", PARTS, why.REPR, parts.parts(), "part_text", SHOWN),
    *(
        Deviation(name, PARTS, why.DROPPED, parts.parts("user", "assistant", "tool"), "part_text", "user\n<|im_end|>")
        for name in ("smollm3", "smollm3_unsloth")
    ),
    Deviation("typhoon2", PARTS, why.REPR, parts.parts_but("tool"), "part_text", SHOWN),
    Deviation("nemotron_super_v1_5", PARTS, why.REPR, parts.parts("user", "assistant", "tool"), "part_text", SHOWN),
    Deviation(
        "nemotron_nano_v1", PARTS, why.REPR, parts.parts_of_opening("user", "assistant", "tool"), "part_text", SHOWN
    ),
    Deviation("nemotron_nano_v1", "empty_calls", why.UNCLOSED, inputs.empty_calls, "calls_empty_last", "<TOOLCALL>["),
    Deviation(
        "lfm2_5_vl_450m",
        "silence",
        why.LEFT_OPEN,
        inputs.silence,
        "assistant_null_early",
        "assistant\n<|im_start|>user",
    ),
    Deviation("mistral_nemo", PARTS, why.REPR, parts.parts("assistant", "tool"), "result_parts", SHOWN),
    Deviation("mistral_nemo", "empty_calls", why.UNCLOSED, inputs.empty_calls, "calls_empty_last", "[TOOL_CALLS]["),
    Deviation(
        "minicpm_v_4_6", "answer_parts", why.LINED, parts.parts_in_answer, "parts_of_assistant", "a \n b<|im_end|>"
    ),
    Deviation("minicpm_v_4_6", "blank_edges", why.WHOLE, inputs.blank_edges, "part_blank_first", "user\na<|im_end|>"),
    Deviation("devstral_2", PARTS, why.REPR, parts.parts("tool"), "result_parts", SHOWN),
    Deviation("devstral_2", "silent_users", why.UNJOINED, inputs.silent_users, "users_one_silent", "[INST]Hi[/INST]"),
    Deviation(
        "devstral_2", "split_answers", why.GATHERED, inputs.split_answers, "call_then_assistant", "It is sunny.[TOOL"
    ),
    *(
        row
        for name in (
            *("ministral3_3b", "ministral3_8b", "ministral3_14b", "devstral_small_2"),
            *("mistral_large_3", "ministral3_reasoning"),
        )
        for row in (
            Deviation(name, PARTS, why.REPR, parts.parts("tool"), "result_parts", SHOWN),
            Deviation(name, "interleaved", why.JOINED, parts.interleaved, "users_image_between", "a[IMG]b"),
        )
    ),
    *(
        Deviation(name, "interleaved", why.JOINED, parts.pictures_in_a_row, "users_image_between", "a[IMG]b")
        for name in ("mistral_small_4", "mistral_medium_3_5", "leanstral")
    ),
    *(
        row
        for name in (
            *("ministral3_3b", "ministral3_8b", "ministral3_14b", "devstral_small_2"),
            *("mistral_large_3", "ministral3_reasoning", "mistral_small_4", "mistral_medium_3_5", "leanstral"),
        )
        for row in (
            Deviation(name, "silent_users", why.UNJOINED, inputs.silent_users, "users_one_silent", "[INST]Hi[/INST]"),
            Deviation(
                name, "split_answers", why.GATHERED, inputs.split_answers, "call_then_assistant", "It is sunny.[TOOL"
            ),
        )
    ),
    Deviation("exaone4_0", PARTS, why.REPR, parts.parts("user", "assistant", "system"), "part_text", SHOWN),
    Deviation(
        *("exaone4_0", "cut_thoughts", why.BITTEN, inputs.thought_that_lasts, "inline", "<think>\nwo and two."),
        options={"skip_think": False},
    ),
    Deviation("qwen3_coder_launch", PARTS, why.REPR, parts.parts(), "result_parts", SHOWN),
    Deviation("deepseek_coder_v2_0724", PARTS, why.REPR, parts.parts("system"), "parts_of_system", SHOWN),
    Deviation("deepseek_v3_2", "developers", why.UNSEEN, inputs.of_developers, "developer", "><｜User｜>Hi"),
    Deviation("deepseek_v3_2", PARTS, why.REPR, parts.spoken_or_empty, "parts_of_assistant", SHOWN),
    Deviation("deepseek_v3_2", "results", why.UNEVEN, inputs.uncounted_results, "ids_same", "</result>It"),
    Deviation("longcat_flash_chat", PARTS, why.REPR, parts.parts("user", "assistant"), "part_text", SHOWN),
    Deviation("longcat_flash_lite", PARTS, why.REPR, parts.parts("user", "assistant", "tool"), "part_text", SHOWN),
    Deviation(
        "longcat_flash_lite",
        "first_result",
        why.UNTAGGED,
        inputs.results_at_both_ends,
        "tool_first",
        "<longcat_tool_res",
    ),
    Deviation(
        "longcat_2_0", "first_result", why.UNTAGGED, inputs.results_at_both_ends, "tool_first", "<longcat_tool_res"
    ),
    Deviation("longcat_2_0", "foreign_parts", why.FOREIGN, parts.foreign_parts("text"), "part_image", "<longcat_user>"),
    Deviation("longcat_2_0", "parts_beside", why.FORGOTTEN, parts.beside_parts, "parts_of_call", "<longcat_assistant>"),
    # Formats of pictures and sounds
    Deviation(
        "hyperclovax_vision",
        PARTS,
        why.APIECE,
        parts.mute_or_listed_answer,
        "parts_of_assistant",
        "a <|im_end|>\n<|im_start|>",
    ),
    Deviation("step_audio_editx", PARTS, why.REPR, parts.parts(), "part_text", SHOWN),
    Deviation("smolvlm", "roles", why.CAPITAL, inputs.foreign_roles, "unknown_role", "Critic: Meh."),
    Deviation("smolvlm_base", "roles", why.CAPITAL, inputs.foreign_roles, "unknown_role", "Critic: Meh."),
    Deviation(
        "granite_vision3", "several", why.FIRST, parts.several_of("system", "assistant"), "parts_of_system", "Be \n<"
    ),
    Deviation(
        "granite_vision4_1",
        "tags",
        why.SOUGHT,
        parts.tag_and_picture_inside,
        "part_task_before_image",
        "nothing else.<image>",
    ),
    Deviation("kanana_v", "unclosed", why.OPEN_LIST, parts.mute_or_listed_answer, "parts_of_assistant", "AI:  a \n b"),
    Deviation("emu3_chat", "silence", why.UNSPACED, parts.mute_answer, "assistant_null", "USER: Hi ASSISTANT: "),
    *(
        Deviation(
            name, "several", why.FIRST, parts.several_of("system", "user"), "parts_of_system", "Be <end_of_sentence>"
        )
        for name in ("minimax_m1", "minimax_m1_80k")
    ),
    # Formats that are named by their families
    *(
        row
        for name in ("nemotron_nano_v2", "nemotron_nano_v2_llama_cpp", "nemotron_nano_v2_japanese")
        for row in (
            Deviation(name, PARTS, why.REPR, parts.parts("user", "assistant", "tool"), "result_parts", SHOWN),
            Deviation(name, "last_answer", why.ANSWER_DROPPED, inputs.dropped_answer, "call", "Rome?\n"),
            Deviation(name, "two_thoughts", why.BETWEEN, inputs.two_thoughts, "inline_twice_old", "b<think>c\n"),
        )
    ),
    Deviation(
        "deepseek_v4_flash",
        PARTS,
        why.REPR,
        parts.parts("user", "assistant", "tool", "developer"),
        "part_text",
        SHOWN,
    ),
    Deviation(
        "deepseek_v4_flash",
        "interrupted",
        why.PASSED_OVER,
        inputs.interrupted,
        "unknown_role_between_results",
        "°C</tool_result>\n\n",
    ),
    Deviation(
        "qwen3guard_gen",
        "last_word",
        why.ANY_LAST,
        inputs.foreign_last,
        "unknown_role_last",
        "LAST ASSISTANT's response",
    ),
    Deviation("qwen3guard_gen", PARTS, why.PASSED, parts.parts_late, "parts_of_late_system", "USER: Hi"),
    Deviation("kimi_k2_base", PARTS, why.FOREIGN, parts.foreign_parts(*KIMI), "part_unknown", "a<|im_end|>"),
    Deviation("step3", PARTS, why.FOREIGN, parts.foreign_parts("text", "image"), "part_unknown", " a <|EOT|>"),
    *shown(parts.parts(*ANY), "result_parts", "qwq_switch", "ruadapt_qwen2_5", "midm2", "xcuros"),
    *shown(parts.parts("system"), "parts_of_system", "skywork_r1v"),
    *shown(parts.parts("tool"), "result_parts", "iquest_coder", "jamba2"),
    Deviation("gpt2_dummy", "roles", why.CAPITAL, inputs.foreign_roles, "unknown_role", "Critic: "),
    *(
        row
        for name in ("hy_mt2_7b", "hunyuan_a13b")
        for row in (
            Deviation(name, PARTS, why.REPR, parts.parts(), "result_parts", SHOWN),
            Deviation(name, "answer_first", why.UNBEGUN, inputs.answer_first, "assistant_first", "Hello!<|eos|>"),
        )
    ),
    *(
        row
        for name in ("exaone4_5", "k_exaone")
        for row in (
            Deviation(name, PARTS, why.FOREIGN, parts.foreign_or_of_head, "part_unknown", "a<|endofturn|>"),
            Deviation(
                name, "empty_reasoning", why.LOOKED, inputs.empty_reasoning, "inline_and_empty_field", "\na\n</think>"
            ),
            Deviation(name, "cut_thoughts", why.BITTEN, inputs.cut_thoughts, "inline_preceded", "So: <think>a\n"),
        )
    ),
    Deviation("jamba_tiny", PARTS, why.REPR, parts.parts_of_opening("assistant"), "parts_of_system", SHOWN),
]
