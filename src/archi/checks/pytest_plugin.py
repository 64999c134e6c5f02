"""The pytest fixture `archi_check`: a project's own tests assert what a network is.

    def test_size(archi_check):
        archi_check("wrn-28-10", params="36.5M", macs="<=5.3G", output=10)

pytest loads this file in every project that has archi installed, so it imports nothing
of archi before the fixture is called.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture(scope="session")
def archi_check() -> Callable[..., None]:
    """Call with a target and metrics: `archi_check("wrn-28-10", params="36.5M")`."""
    return check


def check(
    target: str,
    /,
    *,
    batch: int | None = None,
    input: Any = None,
    sequence: int | None = None,
    **wanted: int | str,
) -> None:
    """Assert figures of the network `target` names; metrics are those of `archi check`.

    `input` is "32x32x3" or a tuple, or a dict of such by the names of inputs; `sequence` is
    every length that inputs leave open.

    Raises AssertionError, which lists what is wanted and what is there, where one does
    not hold, and ArchiError for a target, metric or figure that means nothing.
    """
    __tracebackhide__ = True
    from archi.errors import ArchiError

    try:
        given = {"input": input, "sequence": sequence}
        options = {key: value for key, value in given.items() if value is not None}
        problem = _problem(target, batch, options, wanted)
    except ArchiError as error:
        raise error.with_traceback(None) from None  # pytest shows the caller's line alone
    if problem:
        raise AssertionError(problem)


def _problem(
    target: str, batch: int | None, options: dict[str, Any], wanted: dict[str, int | str]
) -> str:
    """Return what does not hold, "" where all does."""
    from archi.checks.evaluate import evaluate
    from archi.checks.metrics import assertion
    from archi.errors import ArchiError
    from archi.target import load

    if not wanted:
        raise ArchiError("nothing is asserted", hint='try archi_check("resnet50", params="25.6M")')
    assertions = []
    for name, figure in wanted.items():
        try:
            assertions.append(assertion(name, figure))
        except ArchiError as error:
            word = name.replace("_", "-")
            if not error.message.startswith(word):
                error.message = f"{word}: {error.message}"
            raise
    checks = evaluate(target, load(target, options=options, batch=batch), assertions)
    if all(each.ok for each in checks):
        return ""
    lines = [f"  {'ok    ' if each.ok else 'FAILED'}  {each.sentence}" for each in checks]
    return "\n".join([f"{target} is not as wanted", *lines])
