"""What a caller sets in place of what a file or a model says of itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from archi.errors import ArchiError, quote

LARGEST = 1 << 31  # of one size of an input


class Settings(NamedTuple):
    """What a caller sets in place of what a file or a model says of itself.

    `input` are the sizes of one sample, for a model with one input.
    """

    input: tuple[int, ...] | None = None
    batch: int | None = None


def read_settings(given: Mapping[str, str], batch: int | None, what: str) -> Settings:
    """Return options given as text; all but `input` raise ArchiError, as `what` says the rest."""
    for key in given:
        if key != "input":
            raise ArchiError(f"{key} can't be set for {what}: it is what that says")
    return Settings(_sizes(given["input"]) if "input" in given else None, batch)


def _sizes(text: str) -> tuple[int, ...]:
    words = text.lower().replace("×", "x").split("x")
    for word in words:
        if not (word.isascii() and word.isdigit() and len(word) < 11 and 0 < int(word) < LARGEST):
            raise ArchiError(f"an input is sizes such as 32x32x3, not {quote(text)}")
    return tuple(map(int, words))
