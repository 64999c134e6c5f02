"""The networks of the catalogue, for tests that hold for every one."""

from __future__ import annotations

from typing import Any

import pytest

from archi.families.registry import families


def every_network() -> list[Any]:
    """Return every name in the catalogue as parameters; those after a family's first at night."""
    return [
        spec if place == 0 else pytest.param(spec, marks=pytest.mark.nightly)
        for family in families()
        for place, spec in enumerate(family.catalogue)
    ]
