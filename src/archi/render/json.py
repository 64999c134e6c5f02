"""JSON: the report's data, ASCII only, always valid."""

from __future__ import annotations

import json

from archi.report import Report


def render(report: Report) -> str:
    """Return the report's data as indented JSON."""
    return json.dumps(report.data, indent=2, allow_nan=False) + "\n"
