"""Write your own spec, and derive the prompt, the stops, the template and the text from it."""

from __future__ import annotations

from pathlib import Path

from transformers.utils.chat_template_utils import render_jinja_template

import chatwright

spec = chatwright.load(Path(__file__).parent / "my_chatml.chatspec")
question = [{"role": "user", "content": "What is 6 times 7?"}]

print("stops:", *spec.stops)
print("prompt:", repr(spec.text(question, add_generation_prompt=True)))
print("prompt without thinking:", repr(spec.text(question, add_generation_prompt=True, think=False)))

# The template gives the same text through transformers.
answer = {"role": "assistant", "reasoning_content": "6 times 7 is 42.", "content": "42"}
(by_template,), _ = render_jinja_template([[*question, answer]], chat_template=spec.jinja())
assert by_template == spec.text([*question, answer])
print("template and renderer agree:", repr(by_template))

# The format refuses a conversation that it cannot print, and names the message and the reason.
try:
    spec.text([*question, {"role": "robot", "content": "42"}])
except chatwright.RenderError as error:
    print("refused:", error)
