"""`unexpected-member`: what in a `.keras` archive Keras neither writes nor reads."""

from __future__ import annotations

import json

import pytest
from support import hostile

from archi.scanning import quick_scan, scan
from archi.scanning.findings import rules
from archi.scanning.sarif import sarif

RULE = "unexpected-member"
EXPECTED = (
    "assets/",
    "assets/lookup/vocabulary.txt",
    "model.weights.npz",
    "model.weights.json",
    "model_00000.weights.h5",
    "model_00001.weights.h5",
)
UNEXPECTED = {
    "run.py": "Keras neither writes nor reads it",
    "data.pkl": "Keras neither writes nor reads it",
    "bin/tool.exe": "Keras neither writes nor reads it",
    "model.weights.h5.bak": "Keras neither writes nor reads it",
    "Config.json": "Keras neither writes nor reads it",
    "sub/config.json": "Keras neither writes nor reads it",
    "model_0.weights.h5": "Keras neither writes nor reads it",
    "__MACOSX/._config.json": "Keras neither writes nor reads it",
    "assets": "Keras neither writes nor reads it",
    "line\nbreak": "Keras neither writes nor reads it",
    "assets/hook.PY": "it is code by its name, which no layer of Keras has as an asset",
    "assets/layer/lib.so": "it is code by its name, which no layer of Keras has as an asset",
}


def found_in(path, *names):
    """Return what the rule says of an archive that also has members of these names."""
    more = [(name, hostile.weights() if name.endswith(".h5") else b"") for name in names]
    hostile.archive(path, hostile.model(hostile.dense()), more=more)
    found = [each for each in scan(path).findings if each.rule == RULE]
    return {each.where: (each.severity, each.detail) for each in found}


def test_what_keras_writes_is_expected(tmp_path):
    assert found_in(tmp_path / "model.keras", *EXPECTED) == {}


@pytest.mark.parametrize("name", UNEXPECTED)
def test_anything_else_is_not(tmp_path, name):
    assert found_in(tmp_path / "model.keras", name) == {name: ("low", UNEXPECTED[name])}


def test_a_member_that_is_there_twice_is_told_of_once(tmp_path):
    assert len(found_in(tmp_path / "model.keras", "run.py", "run.py")) == 1


def test_it_is_no_reason_for_a_warning(tmp_path):
    path = tmp_path / "model.keras"
    found_in(path, "run.py")
    assert quick_scan(path) == []


def test_sarif_has_it_as_a_note(tmp_path):
    path = tmp_path / "model.keras"
    found_in(path, "run.py")
    (run,) = json.loads(sarif(scan(path), str(tmp_path)))["runs"]
    (result,) = [each for each in run["results"] if each["ruleId"] == RULE]
    assert result["level"] == "note"
    (listed,) = [each for each in run["tool"]["driver"]["rules"] if each["id"] == RULE]
    assert listed["properties"]["security-severity"] == "2.5"
    assert next(each for each in rules() if each.id == RULE).worst == "low"
