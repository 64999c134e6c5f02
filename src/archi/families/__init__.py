"""Architecture families, one file each; `registry` holds how they are declared and found.

What a family of another package, or a person's own file, is declared with is here by name.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from archi.families.options import Decimal, Flag, Int, OneOf
    from archi.families.registry import Paper, Published, family

__all__ = ["Decimal", "Flag", "Int", "OneOf", "Paper", "Published", "family"]

_HOMES = {
    "archi.families.registry": ("Paper", "Published", "family"),
    "archi.families.options": ("Decimal", "Flag", "Int", "OneOf"),
}


def __getattr__(name: str) -> Any:
    for home, names in _HOMES.items():
        if name in names:
            return getattr(import_module(home), name)
    raise AttributeError(f"module 'archi.families' has no attribute {name!r}")
