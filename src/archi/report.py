"""Report: what an analysis found, before anyone decides how it looks.

A report holds `data`, the JSON of the contract, and tables of raw values. Renderers in
`render/` turn it into text; they add nothing of their own.
"""

from __future__ import annotations

from typing import Any, NamedTuple


class Column(NamedTuple):
    """A table column: the key in CSV, the title for people, and the kind of its cells.

    Kinds: `text`; `name`, a layer's name; `type`, a class name; `names`, a list of
    names; `count`, an exact integer; `amount`, an integer shown to three digits;
    `shape` or `shapes`, with batch axis; `size`, without; `share`, a fraction of one;
    `mark`, a verdict that renderers may colour by its first word.
    """

    key: str
    title: str
    kind: str = "text"


class Table(NamedTuple):
    """Rows of raw values, one for each column; None is unknown or does not apply."""

    columns: list[Column]
    rows: list[tuple[Any, ...]]
    title: str = ""


class Fact(NamedTuple):
    """One line about the whole: a label, its value, and a remark."""

    label: str
    value: str
    remark: str = ""


class Report:
    """A title, tables (the first is the main one), facts, notes, and the JSON data."""

    def __init__(
        self,
        title: str,
        data: dict[str, Any],
        tables: list[Table],
        facts: list[Fact] | None = None,
        notes: list[str] | None = None,
    ) -> None:
        self.title = title
        self.data = data
        self.tables = tables
        self.facts = facts or []
        self.notes = notes or []

    def render(self, format: str = "table", **options: Any) -> str:
        """Return the report as `table`, `json`, `csv` or `markdown` text."""
        from archi.render import render

        return render(self, format, **options)

    def __str__(self) -> str:
        return self.render()

    def __repr__(self) -> str:
        return f"<archi.Report {self.title}>"
