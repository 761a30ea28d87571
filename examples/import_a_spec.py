"""Import a spec as a module: my_chatml.chatspec, in the folder of this program."""

from __future__ import annotations

import chatwright.import_hook  # noqa: F401  (from here on `import` finds specs)

import my_chatml  # isort: skip

messages = [
    {"role": "user", "content": "2 + 2?"},
    {"role": "assistant", "reasoning_content": "Easy.", "content": "4"},
]
print(my_chatml.text(messages))
print("sampled:", *(repr(segment.text) for segment in my_chatml.segments(messages) if segment.sampled))
print("stops:", *my_chatml.spec.stops)
