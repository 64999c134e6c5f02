"""SARIF 2.1.0, which code-scanning pages read: every rule, and a result a finding.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html; the properties
`security-severity` and `tags` are GitHub's
(https://docs.github.com/code-security/code-scanning/integrating-with-code-scanning).
"""

from __future__ import annotations

import hashlib
import json
import os
from typing import Any
from urllib.parse import quote as percent

from archi.errors import printable
from archi.scanning.findings import Finding, Rule, Scan, rules

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
LEVELS = {"high": "error", "medium": "warning", "low": "note"}
SCORES = {"high": "8.5", "medium": "5.5", "low": "2.5"}  # GitHub: high from 7.0, medium from 4.0
NVD = "https://nvd.nist.gov/vuln/detail/"
SOURCE = "https://github.com/keras-team/keras/security"


def sarif(scan: Scan, folder: str = "") -> str:
    """Return a scan as a SARIF log; the file is named from `folder` where it is inside it."""
    listed = rules()
    numbers = {rule.id: i for i, rule in enumerate(listed)}
    uri = _uri(scan.file, folder)
    run = {
        "tool": {"driver": {"name": "archi", "rules": [_rule(each) for each in listed]}},
        "columnKind": "unicodeCodePoints",
        "artifacts": [{"location": {"uri": uri}}],
        "results": [_result(each, numbers[each.rule], uri) for each in scan.findings],
        "invocations": [
            {
                "executionSuccessful": not scan.unread,
                "toolExecutionNotifications": [
                    {"level": "warning", "message": {"text": printable(each)}}
                    for each in scan.unread
                ],
            }
        ],
    }
    log = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(log, indent=2) + "\n"


def _rule(rule: Rule) -> dict[str, Any]:
    text = f"{rule.title}. {rule.help}"
    if rule.cve:
        text += f" {', '.join(rule.cve)}."
    return {
        "id": rule.id,
        "name": "".join(word.capitalize() for word in rule.id.split("-")),
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.help},
        "help": {"text": text},
        "helpUri": f"{NVD}{rule.cve[0]}" if rule.cve else SOURCE,
        "defaultConfiguration": {"level": LEVELS[rule.severity]},
        "properties": {
            "tags": ["security", *rule.cve],
            "security-severity": SCORES[rule.severity],
        },
    }


def _result(found: Finding, number: int, uri: str) -> dict[str, Any]:
    where = printable(found.where)
    physical = {"artifactLocation": {"uri": uri}, "region": {"startLine": 1}}
    location: dict[str, Any] = {"physicalLocation": physical}
    if where:
        location["logicalLocations"] = [{"fullyQualifiedName": where, "kind": "object"}]
    # GitHub takes findings with one fingerprint for one and the same.
    print_of = hashlib.sha256(f"{found.rule}\0{found.where}\0{found.detail}".encode()).hexdigest()
    return {
        "ruleId": found.rule,
        "ruleIndex": number,
        "level": LEVELS[found.severity],
        "message": {"text": printable(f"{where}: {found.detail}" if where else found.detail)},
        "locations": [location],
        "partialFingerprints": {"archi/v1": print_of[:32]},
        "properties": {"cve": list(found.cve), "fixed_in": found.fixed_in},
    }


def _uri(file: str, folder: str) -> str:
    path = os.path.relpath(os.path.realpath(file), os.path.realpath(folder or os.curdir))
    if path.startswith(os.pardir):
        return f"file://{percent(os.fsencode(os.path.realpath(file)))}"
    return percent(os.fsencode(path.replace(os.sep, "/")))
