"""JSON: the report's data, ASCII only, always valid."""

from __future__ import annotations

import io
import json

from archi.report import Report


def render(report: Report) -> str:
    """Return the report's data as indented JSON."""
    written = io.StringIO()  # `dumps` would keep all the parts first: ten times the memory
    json.dump(report.data, written, indent=2, allow_nan=False)
    written.write("\n")
    return written.getvalue()
