"""How a cell reads for people, in terminals and in Markdown alike."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from archi.errors import printable
from archi.report import Column
from archi.units import deviation, file_size, si, sizes, times

BARS = ("share", "ratio", "gauge")
UNKNOWN = ("count", "amount", "bytes", "gauge", "change", "amount_change")  # "?" for no value
KINDS: dict[str, Callable[[Any], str]] = {
    "count": lambda value: f"{value:,}",
    "amount": si,
    "bytes": file_size,
    "decimal": lambda value: f"{value:.2f}",
    "figure": lambda value: f"{value:,}" if isinstance(value, int) else printable(value),
    "share": lambda value: f"{value:.1%}" if value else "",
    "ratio": times,
    "gauge": si,
    "deviation": deviation,
    "change": lambda value: f"{value:+,}" if value else "0",
    "amount_change": lambda value: f"{'+' if value > 0 else '-'}{si(abs(value))}" if value else "0",
    "shapes": lambda value: ", ".join(map(sizes, value)),
    "size": lambda value: "×".join("?" if size is None else str(size) for size in value),
    "names": lambda value: printable(", ".join(value)),
}
NUMBERS = {
    "count", "amount", "bytes", "decimal", "figure", *BARS, "deviation", "change", "amount_change",
}  # fmt: skip


def cell(column: Column, value: Any) -> str:
    """Return a cell as text; a share is a percentage here."""
    if value is None:
        return "?" if column.kind in UNKNOWN else ""
    kind = KINDS.get(column.kind)
    return kind(value) if kind else printable(str(value))
