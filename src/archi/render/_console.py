"""Rich segments as text, coloured or plain."""

from __future__ import annotations

from collections.abc import Iterable
from io import StringIO

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
    text = _colored(segments, width, color) if color else "".join(each.text for each in segments)
    return text.translate(ASCII) if ascii else text


def _colored(segments: Iterable[Segment], width: int | None, color: str) -> str:
    from rich.console import Console

    console = Console(
        file=StringIO(),
        force_terminal=True,
        color_system=color,  # type: ignore[arg-type]
        width=width or 10**6,
        height=25,
        _environ={},  # Rich fails on a COLUMNS such as ²
        legacy_windows=False,
    )
    console.print(Segments(segments), end="", crop=False)
    text: str = console.file.getvalue()  # type: ignore[attr-defined]
    return text
