"""Markdown: every table as a pipe table, the facts as a list."""

from __future__ import annotations

from archi.errors import printable
from archi.render._cells import NUMBERS, cell
from archi.report import Report, Table

SPECIAL = "\\`*_{}[]<>#|~"


def render(report: Report) -> str:
    """Return the report as Markdown."""
    main, *others = report.tables
    parts = [f"## {escape(report.title)}", _table(main)]
    parts += ["\n".join(f"- {escape(note)}" for note in report.notes)] if report.notes else []
    if report.facts:
        lines = []
        for fact in report.facts:
            indent = "  " if fact.label.startswith(" ") else ""
            remark = f" ({escape(fact.remark)})" if fact.remark else ""
            lines.append(f"{indent}- {escape(fact.label.strip())}: {escape(fact.value)}{remark}")
        parts.append("\n".join(lines))
    for table in others:
        parts += [f"### {escape(table.title)}", _table(table)]
    return "\n\n".join(parts) + "\n"


def _table(table: Table) -> str:
    titles = [escape(column.title or "share") for column in table.columns]
    rules = ["--:" if column.kind in NUMBERS else "---" for column in table.columns]
    lines = [titles, rules]
    for row in table.rows:
        pairs = zip(table.columns, row, strict=True)
        lines.append([escape(cell(column, value)) for column, value in pairs])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def escape(text: str) -> str:
    """Return text that Markdown shows as it stands."""
    return "".join("\\" + c if c in SPECIAL else c for c in printable(text))
