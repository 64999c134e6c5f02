"""Report → text. One renderer a file; each is pure and is imported when it is asked for.

A renderer module has `render(report, **options) -> str`; the text ends in a newline.
"""

from __future__ import annotations

import os
from importlib import import_module
from typing import Any

from archi.errors import ArchiError, one_of, quote
from archi.report import Report


def formats() -> list[str]:
    """Return the names of the text formats, `table` first."""
    files = os.listdir(os.path.dirname(__file__))
    names = sorted(f[:-3] for f in files if f.endswith(".py") and not f.startswith("_"))
    return sorted(names, key=lambda name: name != "table")


def format_of(path: str) -> str | None:
    """Return the format that the ending of a file's name says, None where it says none."""
    ending = os.path.splitext(path)[1].lower()
    return {".md": "markdown", **{f".{name}": name for name in formats()}}.get(ending)


def render(report: Report, format: str, **options: Any) -> str:
    """Return a report as text. Raises ArchiError for an unknown format."""
    if format not in formats():
        raise ArchiError(f"there is no format {quote(format)}", hint=f"try {one_of(formats())}")
    text: str = import_module(f"archi.render.{format}").render(report, **options)
    return text
