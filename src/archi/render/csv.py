"""CSV: the main table with raw numbers, for spreadsheets and scripts."""

from __future__ import annotations

import csv
import io
from typing import Any

from archi.errors import printable
from archi.report import Column, Report
from archi.units import sizes

FORMULA = ("=", "+", "-", "@")  # a spreadsheet would run a cell that starts so


def render(report: Report) -> str:
    """Return the main table; titles are the columns' keys."""
    table = report.main_table
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([column.key for column in table.columns])
    for row in table.rows:
        writer.writerow([_cell(*pair) for pair in zip(table.columns, row, strict=True)])
    return text.getvalue()


def _cell(column: Column, value: Any) -> Any:
    if value is None:
        return ""
    if column.kind == "shapes":
        return " ".join(sizes(shape).replace("×", "x") for shape in value)
    if column.kind == "size":
        return "x".join("?" if size is None else str(size) for size in value)
    if column.kind == "names":
        return _text(" ".join(value))
    return _text(value) if isinstance(value, str) else value


def _text(value: str) -> str:
    shown = printable(value)
    return f"'{shown}" if shown.startswith(FORMULA) else shown
