"""What a scan finds, and the rules that find it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from functools import cache
from importlib import import_module
from typing import Any, NamedTuple

SEVERITIES = ("high", "medium", "low")


class Found(NamedTuple):
    """What a rule found in one place: what would happen, in words.

    `where` is a place in what was looked at. The rest is given where it is not the rule's
    own: a severity, CVE numbers and the Keras version that refuses it.
    """

    detail: str
    where: str = ""
    severity: str = ""
    cve: tuple[str, ...] | None = None
    fixed_in: str | None = None


class Rule(NamedTuple):
    """One thing to look for. `check` takes what the rule looks at and yields `Found`.

    It raises ReadError, at the end, where a part could not be looked at.

    `worst` is the highest severity of what it finds. `fixed_in` is the first Keras version
    whose `load_model` refuses this unless told not to, None where no version does.
    """

    id: str
    looks_at: str
    severity: str
    worst: str
    title: str
    help: str
    cve: tuple[str, ...]
    fixed_in: str | None
    check: Callable[[Any], Iterable[Found]]


class Finding(NamedTuple):
    """A rule that applies to a file: where, how bad, and what would happen."""

    rule: str
    severity: str
    where: str
    detail: str
    cve: tuple[str, ...] = ()
    fixed_in: str | None = None

    def data(self) -> dict[str, Any]:
        """Return the finding as JSON data."""
        return {**self._asdict(), "cve": list(self.cve)}


class Scan(NamedTuple):
    """The findings in a file, worst first; of more than LIMIT, `more` are left out.

    `unread` says, a sentence each, what could not be looked at.
    """

    file: str
    findings: list[Finding]
    unread: list[str]
    more: int = 0

    @property
    def ok(self) -> bool:
        """Whether everything was looked at and nothing was found."""
        return not self.findings and not self.unread


_RULES: dict[str, Rule] = {}


def rule(
    id: str,
    *,
    looks_at: str,
    severity: str,
    worst: str = "",
    cve: tuple[str, ...] = (),
    fixed_in: str | None = None,
) -> Callable[[Callable[[Any], Iterable[Found]]], Callable[[Any], Iterable[Found]]]:
    """Return a decorator that makes a rule of a function; ids are unique.

    `worst` is the severity of the worst it finds, where that is not its own `severity`.
    The first line of its docstring is the rule's title, the rest its help.
    """

    def register(check: Callable[[Any], Iterable[Found]]) -> Callable[[Any], Iterable[Found]]:
        if id in _RULES:
            raise ValueError(f"rule {id} is in {_RULES[id].check.__module__} already")
        highest = worst or severity
        for each in (severity, highest):
            if each not in SEVERITIES:
                raise ValueError(f"rule {id}: no severity {each!r}")
        title, _, help = (check.__doc__ or "").partition("\n")
        help = " ".join(help.split())
        _RULES[id] = Rule(id, looks_at, severity, highest, title[:-1], help, cve, fixed_in, check)
        return check

    return register


def rules() -> list[Rule]:
    """Return every rule, by id."""
    for file in sorted(os.listdir(os.path.join(os.path.dirname(__file__), "rules"))):
        if file.endswith(".py") and not file.startswith("_"):
            import_module(f"archi.scanning.rules.{file[:-3]}")
    return sorted(_RULES.values())


@cache
def rules_for(looks_at: str, worst: tuple[str, ...] = SEVERITIES) -> list[Rule]:
    """Return the rules that look at this kind of thing, of which the worst is one of these."""
    return [each for each in rules() if each.looks_at == looks_at and each.worst in worst]


def finding(each: Rule, found: Found, where: str) -> Finding:
    """Return what a rule found at a place; what it says of this one goes before its own."""
    changed = found.cve is not None or found.fixed_in is not None
    return Finding(
        each.id,
        found.severity or each.severity,
        where,
        found.detail,
        (found.cve or ()) if changed else each.cve,
        found.fixed_in if changed else each.fixed_in,
    )
