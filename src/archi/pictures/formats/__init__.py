"""Plot → bytes of a picture file. One format a file, named as the suffix is.

A format's module has `render(plot) -> bytes`.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from importlib import import_module
from typing import Any

from archi.errors import ArchiError, one_of, quote


def suffixes() -> list[str]:
    """Return the suffixes of the formats, as in `.png`."""
    files = os.listdir(os.path.dirname(__file__))
    return sorted(f".{f[:-3]}" for f in files if f.endswith(".py") and not f.startswith("_"))


def writer(path: str) -> Callable[[Any], bytes]:
    """Return the function that draws a `Plot` in the format of a file's suffix.

    PNG, SVG and PDF draw any `Picture`.

    Raises ArchiError for a suffix that is none.
    """
    suffix = os.path.splitext(path)[1].lower()
    if suffix not in suffixes():
        raise ArchiError(
            f"can't draw {quote(path, 80)}: the ending says the format",
            hint=f"end the name in {one_of(suffixes())}",
        )
    render: Callable[[Any], bytes] = import_module(f"archi.pictures.formats.{suffix[1:]}").render
    return render
