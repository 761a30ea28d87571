"""Build a format to files, and render with the built module: it needs chatwright.runtime and not the compiler."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
import tempfile
from pathlib import Path

here = Path(__file__).parent
chat = json.loads((here / "conversation.json").read_text(encoding="utf-8"))

with tempfile.TemporaryDirectory() as folder:
    # The same as: chatwright build glm4_6 --out FOLDER
    subprocess.run(
        [sys.executable, "-m", "chatwright", "build", "glm4_6", "--out", folder],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    print("built", *sorted(path.name for path in Path(folder).iterdir()))

    found = importlib.util.spec_from_file_location("glm4_6", Path(folder) / "glm4_6.py")
    assert found and found.loader
    glm4_6 = importlib.util.module_from_spec(found)
    found.loader.exec_module(glm4_6)

    text = glm4_6.text(chat["messages"], tools=chat["tools"], add_generation_prompt=True)
    print(f"{len(text)} characters, beginning with {text[:20]!r}")
    print("stops:", *glm4_6.FORMAT.stops)
    print("the compiler was imported:", "chatwright.spec" in sys.modules)
