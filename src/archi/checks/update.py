"""A project's checks held against its networks, and its locked figures brought up to date."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from archi.checks._toml import Path
from archi.checks.evaluate import Check, evaluate, relocked
from archi.checks.file import ChecksFile, Figure, TargetChecks
from archi.checks.metrics import assertion
from archi.errors import ArchiError
from archi.graph import Graph

FILLED = ("params", "macs", "layers")  # what `lock = true` becomes


class Found(NamedTuple):
    """A check and the path of its figure in the file."""

    check: Check
    path: Path


def check_file(
    file: ChecksFile, load: Callable[[str], Graph], *, filling: bool = False
) -> list[Found]:
    """Return the checks of a file, in its order; `load` gives the network of a target.

    With `filling`, a lock that is only `true` gives a check for each of `FILLED`.

    Raises ChecksError for all that is wrong with the file and its targets.
    """
    found = [each for target in file.targets for each in _check(file, target, load, filling)]
    file.raise_problems()
    return found


def _check(
    file: ChecksFile, each: TargetChecks, load: Callable[[str], Graph], filling: bool
) -> list[Found]:
    assertions = [entry.assertion for entry in each.entries]
    paths = [entry.path for entry in each.entries]
    if each.unfilled and filling:
        assertions += [assertion(name, 0, locked=True) for name in FILLED]
        paths += [each.lock] * len(FILLED)
    elif each.unfilled:
        hint = "archi check --update writes the figures"
        file.refuse(each.lock, ArchiError("is not filled in", hint=hint))
    try:
        graph = load(each.target)
    except ArchiError as error:
        file.refuse(each.path, error)
        return []
    checks = evaluate(each.target, graph, assertions)
    return [
        Found(check._replace(place=file.place(path)), path)
        for check, path in zip(checks, paths, strict=True)
    ]


def update_locks(file: ChecksFile, found: Sequence[Found]) -> tuple[list[Check], int]:
    """Write the figures of locks that no longer hold; return the checks as they are now.

    Also returns how many figures were written. A figure that is unknown is left alone.

    Raises ArchiError where the file can't be written safely.
    """
    figures: dict[Path, Figure] = {}
    checks = []
    changed = 0
    for check, path in found:
        filled = path[-1] == "lock"
        if not check.assertion.locked or check.actual is None or (check.ok and not filled):
            checks.append(check)
            continue
        changed += 1
        if filled:
            table = figures.setdefault(path, {})
            assert isinstance(table, dict)
            table[check.assertion.metric.name] = _figure(check)
        else:
            figures[path] = _figure(check)
        note = "locked now" if filled else f"was {check.assertion.text}"
        checks.append(relocked(check, note))
    if figures:
        file.rewrite(figures)
    return checks, changed


def _figure(check: Check) -> int | str:
    """Return the figure as TOML has it: one size is a whole number, too."""
    if isinstance(check.actual, int):
        return check.actual
    text = check.actual_text.replace("×", "x")
    return int(text) if text.isdigit() else text
