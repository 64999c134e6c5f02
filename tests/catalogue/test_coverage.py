"""What archi has rules for, and the pages that say so."""

from __future__ import annotations

from pathlib import Path

import pytest
from support import parity

from archi.catalogue import index
from archi.catalogue.coverage import coverage
from archi.catalogue.report import published_report
from archi.layers import layer_class, layer_classes
from archi.render import render
from archi.twin.serial import FOREIGN

DOCS = Path(__file__).parents[2] / "docs"
# Names in `keras.layers` that are no layers.
OTHERS = {"InputSpec"}


def test_every_layer_of_keras_has_a_twin_or_a_reason():
    layers = parity.keras().layers
    classes = {name for name in dir(layers) if isinstance(getattr(layers, name), type)}
    known = {name for name in classes - OTHERS - FOREIGN.keys() if layer_class(name)}
    assert known == classes - OTHERS - FOREIGN.keys()
    assert not FOREIGN.keys() & layer_classes().keys()


@pytest.mark.parametrize(
    ("page", "report"), [("layers", coverage), ("published", published_report)]
)
def test_page_is_what_archi_prints(page, report):
    """`archi list --layers` and `--published`, with `--format markdown -o docs/PAGE.md`."""
    assert (DOCS / f"{page}.md").read_text("utf-8") == render(report(), "markdown")


def test_index_holds_just_what_archi_builds():
    """Written by `python -m archi.catalogue.index`; every network in it is built again."""
    assert dict(index._index()) == {spec: list(index.compute(spec)) for spec in index.indexed()}
