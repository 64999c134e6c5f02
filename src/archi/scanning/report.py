"""The report of a scan, and parts of it for other reports."""

from __future__ import annotations

import os
from collections import Counter
from typing import Any

from archi.report import Column, Fact, Facts, Note, Part, Report, Table
from archi.scanning.findings import SEVERITIES, Finding, Scan, rules

COLUMNS = [
    Column("severity", "Severity", "verdict"),
    Column("rule", "Rule"),
    Column("where", "Where", "name"),
    Column("detail", "What would happen"),
    Column("cve", "CVE", "names", optional=True),
    Column("fixed_in", "Refused from", optional=True),
]


def scan_report(scan: Scan) -> Report:
    """Return the findings, the worst first, and what could not be looked at."""
    data = {
        "schema": 1,
        "file": scan.file,
        "ok": scan.ok,
        "findings": findings_data(scan.findings),
        "more_findings": scan.more,
        "unread": scan.unread,
    }
    title = f"{os.path.basename(scan.file)}   {verdict(scan)}"
    notes: list[Part] = [Note(f"not looked at: {each}", warning=True) for each in scan.unread]
    return Report(title, data, [findings_table(scan.findings), *_rules(scan.findings), *notes])


def with_findings(report: Report, scan: Scan) -> Report:
    """Return the report of a file with what a scan of it found at its end."""
    data = {**report.data, "findings": findings_data(scan.findings), "unread": scan.unread}
    found = Note(f"Scan: {verdict(scan)}", warning=not scan.ok)
    notes = [Note(f"not looked at: {each}", warning=True) for each in scan.unread]
    parts = [*report.parts, found, findings_table(scan.findings), *notes]
    return Report(report.title, data, parts)


def verdict(scan: Scan) -> str:
    """Return the outcome in words: `nothing found`, `3 findings: 1 high, 2 low`."""
    total = len(scan.findings) + scan.more
    if not total:
        return "nothing found"
    if scan.more:
        return f"{total:,} findings, the first {len(scan.findings):,} shown"
    counts = Counter(found.severity for found in scan.findings)
    listed = ", ".join(f"{counts[each]:,} {each}" for each in SEVERITIES if counts[each])
    return f"{total:,} finding{'s' * (total != 1)}: {listed}"


def _rules(findings: list[Finding]) -> list[Part]:
    """Return what the rules that found something are, a line each."""
    titles = {rule.id: rule.title for rule in rules()}
    lines: dict[str, str] = {}
    for each in findings:
        known = ", ".join(each.cve)
        if each.fixed_in:
            known = f"{known}{'; ' * bool(known)}refused from Keras {each.fixed_in}"
        lines.setdefault(each.rule, f"{titles[each.rule]}{': ' * bool(known)}{known}")
    facts = [Fact(rule, line) for rule, line in lines.items()]
    return [Facts(facts, "Rules")] if facts else []


def findings_table(findings: list[Finding], title: str = "") -> Table:
    """Return findings as a table, for any report."""
    rows = [
        (each.severity, each.rule, each.where, each.detail, each.cve, _version(each.fixed_in))
        for each in findings
    ]
    return Table(COLUMNS, rows, title)


def findings_data(findings: list[Finding]) -> list[dict[str, Any]]:
    """Return findings as JSON data, for any report."""
    return [each.data() for each in findings]


def warning(findings: list[Finding], file: str) -> str:
    """Return the line that other commands print where a scan would find high severity."""
    from archi.errors import quote

    kinds = ", ".join(dict.fromkeys(each.rule for each in findings))
    return f"Warning: {quote(file, 80)} is not safe to load with Keras: {kinds}; see archi scan"


def _version(fixed_in: str | None) -> str:
    return f"Keras {fixed_in}" if fixed_in else ""
