"""Rich segments as text, coloured or plain."""

from __future__ import annotations

from collections.abc import Iterable
from io import StringIO

from rich.console import Console
from rich.segment import Segment, Segments

ASCII = str.maketrans(
    {"×": "x", "→": "->", "←": "<-", "…": "...", "·": "-", "±": "+-", "–": "-", "▶": ">"}
    | dict.fromkeys("▏▎▍▌▋▊▉█", "#")
    | dict.fromkeys("╭╮╰╯", "+")
    | {"─": "-", "│": "|"}
)


def to_text(segments: Iterable[Segment], width: int | None, color: str | None, ascii: bool) -> str:
    """Return what a terminal is sent.

    `color` is a Rich colour system ("standard", "truecolor") or None for plain text;
    `ascii` keeps to ASCII characters.
    """
    console = Console(
        file=StringIO(),
        force_terminal=color is not None,
        color_system=color,  # type: ignore[arg-type]
        no_color=color is None,
        width=width or 10**6,
        legacy_windows=False,
    )
    console.print(Segments(segments), end="", crop=False)
    text = console.file.getvalue()  # type: ignore[attr-defined]
    return text.translate(ASCII) if ascii else text
