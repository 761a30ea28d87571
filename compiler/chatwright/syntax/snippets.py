"""An example of each construct of the language, by its keyword. Each one can be pasted as it is."""

from __future__ import annotations

DECLARATIONS = {
    "format": 'format my_model { tokens = ["<|end|>"] }',
    "option": "option enable_thinking: bool = true",
    "field": "field prefix: bool = false",
    "reasoning": "reasoning from reasoning_content",
    "tools": "tools from custom_tools | tools",
    "content": "content | strip",
    "answers": "answers by id",
    "mark": "mark query = last user else start",
    "ids": 'ids "functions.{name}:{index}"',
    "reject": 'reject "No messages." when not messages',
    "deviation": 'deviation name "the reason"',
    "drop": "drop rule manual",
    "head": 'head takes first system { "{system.content}" }',
    "turn": 'turn user | system { "{role}: {content}" }',
    "skip": "skip tool",
    "part": 'part image | image_url { "<image>" }',
    "use": "use manual from another_format",
    "rule": "rule quoted(text) { \"'{text}'\" }",
}

TERMS = {
    "when": 'when content { "{content}" } else { "nothing" }',
    "each": 'each call in tool_calls sep ", " { "{call.name}" }',
    "join": 'join "\\n" { "{reasoning}" "{content}" }',
    "maybe": 'maybe { "\\n{content}" }',
    "sampled": 'sampled { "{content}" close eos }',
    "prefill": 'prefill when not enable_thinking { "<think></think>" }',
    "fresh": 'fresh { "{reasoning}" } past { "" }',
    "close": 'close "<|end|>" past when not ending ""',
    "reject": 'reject "No calls here."',
    "json": "json { name: call.name, arguments: call.arguments }",
}

# Words inside a construct, with the keyword of the construct.
CLAUSES = {
    "else": "when",
    "sep": "each",
    "past": "fresh",
    "where": "each",
    "in": "each",
    "takes": "head",
    "reads": "rule",
    "extends": "format",
}
