"""Python targets with losses of their own, and with cells that are called in loops."""

from __future__ import annotations

from pathlib import Path

import pytest

import archi
from archi.bridge.verify import verify

pytestmark = pytest.mark.usefixtures("keras")

HERE = Path(__file__).parents[2] / "support" / "people"
STEPS = 4
HEAD = 6 * 2
# MACs by hand: each kernel as often as it is used for a sample.
MACS = {
    "divergence": 8 * 2 + 8 * 2 + 2 * 8,
    "penalties": 8 * 4 + 4 * 2,
    "regularised": 5 * 3 + 3 * 7,
    "gru": STEPS * (3 + 6) * 18 + HEAD,
    "lstm": STEPS * (3 + 6) * 24 + HEAD,
    "simple": STEPS * (3 + 6) * 6 + HEAD,
    "in_a_row": STEPS * (3 + 6) * 18 + HEAD,
    "masked": 9 * (4 + 3) * 12,
}
WIDTHS = {"divergence": 8, "regularised": 3, "masked": 3}


@pytest.fixture(autouse=True)
def _here(monkeypatch):
    monkeypatch.chdir(HERE)


@pytest.mark.parametrize("name", MACS)
def test_all_of_it_is_read_and_proven(name):
    graph = archi.load(f"losses:{name}")
    assert graph.totals.macs == MACS[name]
    assert graph.outputs[0].shape[1:] == (WIDTHS.get(name, 2),)
    assert graph.summary().data["uncounted"] == []
    found = verify(graph)
    assert found.ok
    assert found.mismatches == []
    assert found.static == found.real
    assert found.forward["ok"], found.forward
    assert found.train_step["ok"], found.train_step
