"""Text for a terminal: Rich segments coloured or plain, and the wrapping of words."""

from __future__ import annotations

import re
from collections.abc import Iterable
from io import StringIO

from rich.cells import cell_len, chop_cells
from rich.segment import Segment, Segments

NARROWEST = 8  # columns; text is not wrapped to less
NAME_BREAKS = "_/-,. "  # a name may be wrapped after one of these
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


def width_of(text: str) -> int:
    """Return how many columns a text takes."""
    return len(text) if text.isascii() else cell_len(text)


def wrap(text: str, width: int, after: str) -> list[str]:
    """Break text into lines of at most `width`, after one of the characters where it can."""
    width = max(width, NARROWEST)
    if width_of(text) <= width:
        return [text]
    lines = [""]
    for piece in pieces(text, after):
        if lines[-1] and width_of(lines[-1] + piece.rstrip()) > width:
            lines.append("")
        head, *tail = chop_cells(piece.rstrip(), width) or [""]
        lines += [lines.pop() + head, *tail]  # tail: of a word wider than the column
        lines[-1] += piece[len(piece.rstrip()) :]
    return [line.rstrip() for line in lines]


def pieces(text: str, after: str) -> list[str]:
    """Split text after each of the characters."""
    return re.findall(f"[^{re.escape(after)}]*[{re.escape(after)}]|[^{re.escape(after)}]+", text)
