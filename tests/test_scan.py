"""`archi scan`: every rule, on files made for it; nothing on genuine ones."""

from __future__ import annotations

import json
import sys

import hostile
import pytest

from archi.scanning import quick_scan, scan
from archi.scanning._findings import SEVERITIES, rules

RULES = {
    "lambda-bytecode", "lambda-layer", "foreign-module", "foreign-function", "non-modeling-api",
    "torch-module-pickle", "external-savedmodel", "external-file", "h5-external-storage",
    "h5-external-link", "h5-soft-link", "h5-virtual", "h5-shape-bomb", "zip-traversal",
    "zip-bomb", "path-in-name", "npz-pickle", "registered-name-mismatch", "duplicate-key",
    "duplicate-member",
}  # fmt: skip


def name(case):
    return case.name


@pytest.mark.parametrize("case", hostile.FINDINGS, ids=name)
def test_a_scan_finds_it(case, tmp_path):
    found = scan(case.write(tmp_path))
    assert (case.rule, case.severity, case.where) in [each[:3] for each in found.findings]


@pytest.mark.parametrize("case", hostile.FINDINGS, ids=name)
def test_a_quick_scan_finds_what_is_of_high_severity(case, tmp_path):
    path = case.write(tmp_path)
    high = [each for each in scan(path).findings if each.severity == "high"]
    assert quick_scan(path) == high


def test_every_rule_has_a_file_that_shows_it():
    assert {rule.id for rule in rules()} == {case.rule for case in hostile.FINDINGS} == RULES
