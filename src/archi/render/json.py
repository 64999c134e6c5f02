"""JSON: the report's data, ASCII only, always valid. A row of a table is a line."""

from __future__ import annotations

import json
from typing import Any

from archi.report import Report

_finite = json.JSONEncoder(allow_nan=False).encode


def _encode(value: Any) -> str:
    """Return a value as JSON; numbers that it has none for are texts: "Infinity", "NaN"."""
    try:
        return _finite(value)
    except ValueError:
        return _finite(json.loads(json.dumps(value), parse_constant=str))


def render(report: Report) -> str:
    """Return the report's data as JSON, a line for each key and each object in its lists."""
    fields = ",\n".join(f"  {_encode(key)}: {_value(value)}" for key, value in report.data.items())
    return f"{{\n{fields}\n}}\n"


def _value(value: Any) -> str:
    if isinstance(value, list) and value and all(isinstance(item, dict) for item in value):
        rows = ",\n    ".join(map(_encode, value))
        return f"[\n    {rows}\n  ]"
    return _encode(value)
