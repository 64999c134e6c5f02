"""Markdown: every table as a pipe table, facts as a list."""

from __future__ import annotations

from archi.errors import printable
from archi.render._cells import NUMBERS, cell
from archi.report import Fact, Facts, Part, Report, Table

SPECIAL = "\\`*_{}[]<>#|~&"


def render(report: Report) -> str:
    """Return the report as Markdown."""
    shown = [part for part in report.parts if not isinstance(part, Table) or part.rows]
    parts = [f"## {escape(report.title)}", *map(_part, shown)]
    return "\n\n".join(parts) + "\n"


def _part(part: Part) -> str:
    title = f"### {escape(part.title)}\n\n" if part.title else ""
    if isinstance(part, Table):
        return title + _table(part)
    if isinstance(part, Facts):
        return title + "\n".join(map(_fact, part.facts))
    return escape(part.text)


def _fact(fact: Fact) -> str:
    indent = "  " if fact.label.startswith(" ") else ""
    remark = f" ({escape(fact.remark)})" if fact.remark else ""
    return f"{indent}- {escape(fact.label.strip())}: {escape(fact.value)}{remark}"


def _table(table: Table) -> str:
    titles = [escape(column.title or column.key.replace("_", " ")) for column in table.columns]
    rules = ["--:" if column.kind in NUMBERS else "---" for column in table.columns]
    lines = [titles, rules]
    for row in table.rows:
        pairs = zip(table.columns, row, strict=True)
        lines.append([escape(cell(column, value)) for column, value in pairs])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def escape(text: str) -> str:
    """Return text that Markdown shows as it stands."""
    return "".join("\\" + c if c in SPECIAL else c for c in printable(text))
