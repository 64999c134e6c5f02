"""How a cell reads for people, in terminals and in Markdown alike."""

from __future__ import annotations

from typing import Any

from archi.errors import printable
from archi.report import Column
from archi.units import si, sizes

NUMBERS = ("count", "amount", "share", "change", "amount_change")


def cell(column: Column, value: Any) -> str:
    """Return a cell as text; a share is a percentage here."""
    if value is None:
        return "?" if column.kind in NUMBERS and column.kind != "share" else ""
    if column.kind == "count":
        return f"{value:,}"
    if column.kind == "amount":
        return si(value)
    if column.kind == "change":
        return f"{value:+,}" if value else "0"
    if column.kind == "amount_change":
        return f"{'+' if value > 0 else '-'}{si(abs(value))}" if value else "0"
    if column.kind == "share":
        return f"{value:.1%}" if value else ""
    if column.kind == "shapes":
        return ", ".join(sizes(shape) for shape in value)
    if column.kind == "size":
        return "×".join("?" if size is None else str(size) for size in value)
    if column.kind == "names":
        return printable(", ".join(value))
    return printable(str(value))
