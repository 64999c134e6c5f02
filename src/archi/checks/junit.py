"""JUnit XML, as Jenkins, GitLab and others read it: a suite a target, a case a check.

There is no standard; the elements and attributes are those of
https://github.com/testmoapp/junitxml. Times are left out, so that the bytes are the same
each time.
"""

from __future__ import annotations

from archi.checks.evaluate import Check
from archi.errors import printable

ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"})


def junit(checks: list[Check]) -> str:
    """Return the checks as an XML document."""
    targets = list(dict.fromkeys(check.target for check in checks))
    suites = [_suite(name, [c for c in checks if c.target == name]) for name in targets]
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f"<testsuites{_attributes(name='archi check', **_counts(checks))}>",
        *(line for suite in suites for line in suite),
        "</testsuites>",
    ]
    return "\n".join(lines) + "\n"


def _suite(target: str, checks: list[Check]) -> list[str]:
    head = f"  <testsuite{_attributes(name=target, **_counts(checks))}>"
    return [head, *(line for check in checks for line in _case(check)), "  </testsuite>"]


def _counts(checks: list[Check]) -> dict[str, object]:
    failures = sum(not check.ok for check in checks)
    return {"tests": len(checks), "failures": failures, "errors": 0, "skipped": 0}


def _case(check: Check) -> list[str]:
    place = {"file": check.place.file, "line": check.place.line} if check.place else {}
    attributes = _attributes(name=check.name, classname=check.target, **place)
    if check.ok:
        return [f"    <testcase{attributes}/>"]
    message = _attributes(message=check.sentence, type="check")
    return [
        f"    <testcase{attributes}>",
        f"      <failure{message}>{_escape(f'{check.target}: {check.sentence}')}</failure>",
        "    </testcase>",
    ]


def _attributes(**values: object) -> str:
    return "".join(f' {name}="{_escape(str(value))}"' for name, value in values.items())


def _escape(text: str) -> str:
    """Return text for XML 1.0, which has no way to write most control characters."""
    return printable(text).translate(ESCAPES)
