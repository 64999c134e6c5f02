"""Assertions on networks: which hold, which do not and by how much; the report of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from archi.checks.metrics import (
    Actual,
    Assertion,
    Shapes,
    assertion,
    measure,
    off_by,
    shapes_text,
)
from archi.graph import Graph
from archi.report import Column, Note, Part, Report, Table


class Place(NamedTuple):
    """A line of a file, counted from 1."""

    file: str
    line: int


class Check(NamedTuple):
    """One assertion and what was found.

    `why` says why a figure is unknown; `note` what an update did to a locked one.
    """

    target: str
    assertion: Assertion
    actual: Actual | None
    ok: bool
    why: str = ""
    place: Place | None = None
    note: str = ""

    @property
    def name(self) -> str:
        """What the assertion is called: `params`, `lock.params`."""
        return f"{'lock.' * self.assertion.locked}{self.assertion.metric.word}"

    @property
    def actual_text(self) -> str:
        """The figure as people read it."""
        if self.actual is None:
            return "unknown"
        return f"{self.actual:,}" if isinstance(self.actual, int) else shapes_text(self.actual)

    @property
    def verdict(self) -> str:
        """`ok`, or `failed` and by how much."""
        if self.ok:
            return f"ok, {self.note}" if self.note else "ok"
        if self.actual is None:
            return f"failed, unknown{f', {self.why}' if self.why else ''}"
        if isinstance(self.assertion.wanted, Shapes) or not isinstance(self.actual, int):
            return "failed, another shape"
        kind = self.assertion.metric.kind
        return f"failed, {off_by(self.assertion.wanted, self.actual, kind)}"

    @property
    def sentence(self) -> str:
        """All of it in one line: `params is 36,497,146, wanted <=36M: +497 K (+1.4%)`."""
        detail = self.verdict.partition(", ")[2]
        off = f": {detail}" if detail and self.actual is not None else ""
        why = f" ({self.why})" if self.why and self.actual is None else ""
        return f"{self.name} is {self.actual_text}{why}, wanted {self.assertion.text}{off}"


def evaluate(target: str, graph: Graph, assertions: Iterable[Assertion]) -> list[Check]:
    """Return a check for every assertion, in order. What is unknown never holds."""
    found = measure(graph)
    checks = []
    for each in assertions:
        name = each.metric.name
        actual = found.figures.get(name)
        why = found.why.get(name, "") if actual is None else ""
        checks.append(Check(target, each, actual, _holds(each, actual), why))
    return checks


def _holds(wanted: Assertion, actual: Actual | None) -> bool:
    if isinstance(wanted.wanted, Shapes):
        return isinstance(actual, tuple) and wanted.wanted.holds(actual)
    return isinstance(actual, int) and wanted.wanted.holds(actual)


def relocked(check: Check, note: str) -> Check:
    """Return the check with its locked figure replaced by the actual one."""
    actual = check.actual if isinstance(check.actual, int) else check.actual_text
    new = assertion(check.assertion.metric.name, actual, locked=True)
    return check._replace(assertion=new, ok=True, note=note)


def checks_report(checks: Sequence[Check]) -> Report:
    """Return the report of `archi check`."""
    columns = [
        Column("target", "Target", "name"),
        Column("metric", "Metric"),
        Column("wanted", "Wanted", "figure"),
        Column("actual", "Actual", "figure"),
        Column("verdict", "Verdict", "verdict"),
    ]
    rows = [
        (
            check.target,
            check.name,
            _wanted(check.assertion),
            check.actual if isinstance(check.actual, int) else check.actual_text,
            check.verdict,
        )
        for check in checks
    ]
    parts: list[Part] = [Table(columns, rows)]
    if any(check.assertion.locked and not check.ok for check in checks):
        parts.append(Note("A locked figure changed. If that is meant: archi check --update"))
    return Report(_title(checks), data(checks), parts)


def _wanted(wanted: Assertion) -> int | str:
    return wanted.text if wanted.exact is None else wanted.exact


def _title(checks: Sequence[Check]) -> str:
    failed = sum(not check.ok for check in checks)
    total = f"{len(checks):,} check{'s' * (len(checks) != 1)}"
    if failed:
        return f"{failed:,} of {total} failed"
    networks = len({check.target for check in checks})
    return f"{total} of {networks:,} network{'s' * (networks != 1)}: all hold"


def data(checks: Sequence[Check]) -> dict[str, Any]:
    """Return the contract's JSON of `archi check`."""
    return {
        "schema": 1,
        "ok": all(check.ok for check in checks),
        "checks": [_check(check) for check in checks],
    }


def _check(check: Check) -> dict[str, Any]:
    """`op`, `expected` and `tolerance` are for scripts, `wanted` is the same in one text."""
    wanted = check.assertion.wanted
    op, tolerance = ("==", 0) if isinstance(wanted, Shapes) else (wanted.op, wanted.tolerance)
    return {
        "target": check.target,
        "metric": check.assertion.metric.name,
        "op": op,
        "expected": _plain(wanted.value),
        "actual": _plain(check.actual),
        "tolerance": tolerance,
        "ok": check.ok,
        "wanted": check.assertion.text,
        "locked": check.assertion.locked,
        "verdict": check.verdict,
        "file": check.place.file if check.place else None,
        "line": check.place.line if check.place else None,
    }


def _plain(value: Any) -> Any:
    """Return shapes as a list, one shape as its sizes."""
    if not isinstance(value, tuple):
        return value
    return list(value[0]) if len(value) == 1 else [list(shape) for shape in value]
