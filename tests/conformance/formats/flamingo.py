"""The formats of specs/flamingo/: what each is compared with, and the conversations that suit it."""

from __future__ import annotations

from ..entry import entry

ENTRIES = (
    entry("audio_flamingo3", "nvidia-audio-flamingo-3-hf", parts=("text", "audio"), tools=False),
    entry("music_flamingo", "nvidia-music-flamingo-2601-hf"),
)
