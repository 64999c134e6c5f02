"""What a number is held against: `36.5M`, `36479194`, `<=37M`, `>1G`, `36.5M±1%`, `4M..5M`.

    bound     = [ operator ] figure | figure tolerance | figure ".." figure
    operator  = "==" | "=" | "<=" | "<" | ">=" | ">" | "≤" | "≥"
    tolerance = ( "±" | "+-" | "+/-" ) ( figure | number "%" )
    figure    = digits, with or without a point, and one of K M G B T or nothing

A rounded figure holds to its own precision: 36.5M for 36,450,000 to 36,549,999. One in
full is exact. Spaces, commas between digits and the case of letters say nothing.
"""

from __future__ import annotations

from typing import NamedTuple

from archi.errors import ArchiError, quote
from archi.units import Figure, divide, figure

MAX_LENGTH = 64
OPERATORS = {
    "==": "==",
    "<=": "<=",
    ">=": ">=",
    "≤": "<=",
    "≥": ">=",
    "=": "==",
    "<": "<",
    ">": ">",
}
PLUS_MINUS = ("+/-", "+-", "±")
HINT = "try 36.5M, 36479194, '<=37M', '>1G', 36.5M±1% or 36M..37M"


class Bound(NamedTuple):
    """A condition on one count, which is a whole number.

    `op` is `==`, `<=`, `<`, `>=` or `>`; only `==` has a `tolerance`, in the same units as
    `value`. `rounded` says that the tolerance is the figure's own precision, whose upper
    end belongs to the next figure. `text` is the canonical text and parses to the same.
    """

    op: str
    value: int | float
    tolerance: int | float
    rounded: bool
    text: str

    @property
    def is_limit(self) -> bool:
        """Whether it leaves one side open: `<=37M`, not `37M`."""
        return self.op != "=="

    @property
    def aim(self) -> int | float:
        """The value to come near to: the figure itself, or the last count within a limit."""
        if self.op == "<":
            return ceiling(self.value) - 1
        if self.op == ">":
            return int(self.value) + 1
        if self.op == "<=":
            return int(self.value)
        return ceiling(self.value) if self.op == ">=" else self.value

    def holds(self, actual: int) -> bool:
        """Whether a count satisfies it."""
        if self.op == "<":
            return actual < self.value
        if self.op == "<=":
            return actual <= self.value
        if self.op == ">":
            return actual > self.value
        if self.op == ">=":
            return actual >= self.value
        if self.rounded:
            return Figure(self.text, self.value, self.tolerance).holds(actual)
        return abs(actual - self.value) <= self.tolerance

    def deviation(self, actual: int) -> float:
        """How far a count is from the value, as a signed fraction of the value."""
        return (actual - self.value) / max(self.value, 1)

    def distance(self, actual: int) -> float:
        """How far a count that does not hold is from what would, relative; 0 if it holds.

        For a figure that is its distance from the figure, whatever the tolerance.
        """
        return 0.0 if self.holds(actual) else self.gap(actual)

    def gap(self, actual: int | float) -> float:
        """How far a count is from the `aim`, as a fraction of the value."""
        return abs(actual - self.aim) / max(self.value, 1)

    def __str__(self) -> str:
        return self.text


def exactly(count: int) -> Bound:
    """Return the bound that holds for this count alone."""
    return Bound("==", count, 0, False, str(count))


def ceiling(value: int | float) -> int:
    """Return the smallest whole number that is not below `value`."""
    return -int(-value // 1)


def bound(text: str) -> Bound:
    """Return the bound that `text` means.

    Raises ArchiError, which points at the part that is wrong.
    """
    if not text.strip():
        raise ArchiError("a figure is missing", hint=HINT)
    if len(text) > MAX_LENGTH:
        span = (MAX_LENGTH, len(text))
        raise ArchiError(
            f"a figure of {len(text):,} characters is too long", source=text, span=span
        )
    start = len(text) - len(text.lstrip())
    symbol = next((s for s in OPERATORS if text.startswith(s, start)), "")
    at = start + len(symbol)
    if ".." in text:
        return _range(text, symbol, at)
    sign = next((s for s in PLUS_MINUS if s in text), "")
    if sign:
        return _with_tolerance(text, symbol, at, sign)
    number = _figure(text, at, len(text))
    if symbol and OPERATORS[symbol] != "==":
        op = OPERATORS[symbol]
        return Bound(op, number.value, 0, False, op + number.text)
    if not isinstance(number.value, int) and not number.tolerance:
        problem = f"{number.text} is no whole number; is a unit missing, as in {number.text}M?"
        raise _refuse(problem, text, at, len(text))
    return Bound("==", number.value, number.tolerance, bool(number.tolerance), number.text)


def _range(text: str, symbol: str, at: int) -> Bound:
    """`4M..5M`: both ends hold."""
    middle = text.index("..")
    if symbol:
        raise _refuse("a range has no operator", text, at - len(symbol), at)
    low, high = _figure(text, at, middle), _figure(text, middle + 2, len(text))
    if low.value > high.value:
        raise _refuse("a range runs from the smaller to the larger figure", text, at, len(text))
    tolerance = divide(high.value - low.value, 2)
    return Bound("==", low.value + tolerance, tolerance, False, f"{low.text}..{high.text}")


def _with_tolerance(text: str, symbol: str, at: int, sign: str) -> Bound:
    """`36.5M±1%`, `36.5M±100K`: both ends hold."""
    where = text.index(sign)
    after = where + len(sign)
    if symbol and OPERATORS[symbol] != "==":
        raise _refuse(f"{symbol} takes no tolerance", text, where, len(text))
    number = _figure(text, at, where)
    percent = text.rstrip().endswith("%")
    end = text.rindex("%") if percent else len(text)
    margin = _figure(text, after, end)
    if percent and not margin.text[-1].isdigit():
        raise _refuse("a percentage has no unit", text, after, end)
    tolerance = divide(number.value * margin.value, 100) if percent else margin.value
    shown = f"{number.text}±{margin.text}{'%' * percent}"
    return Bound("==", number.value, tolerance, False, shown)


def _figure(text: str, start: int, end: int) -> Figure:
    """Parse one figure; its text is canonical. Raises ArchiError."""
    word = text[start:end]
    try:
        found = figure(word)
    except ValueError:
        if not word.strip():
            raise _refuse("a figure is missing", text, start, end) from None
        left = start + len(word) - len(word.lstrip())
        problem = f"{quote(word.strip())} is not a figure"
        if "," in word:
            problem += "; a decimal point is a dot, and commas stand between thousands"
        raise _refuse(problem, text, left, left + len(word.strip())) from None
    compact = "".join(c for c in word.upper() if not c.isspace() and c != ",")
    return found._replace(text=compact)


def _refuse(problem: str, text: str, start: int, end: int) -> ArchiError:
    return ArchiError(problem, source=text, span=(start, max(end, start + 1)), hint=HINT)
