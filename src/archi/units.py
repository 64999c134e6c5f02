"""Numbers as people write them: 36.5M, 4.09 G, and back."""

from __future__ import annotations

import re
from typing import NamedTuple

from archi.graph import UNKNOWN, Unbatched

GROUPED = re.compile(r"[0-9]{1,3}(,[0-9]{3})+(\.[0-9]*)?[KMGBT]?")
PREFIXES = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "B": 10**9, "T": 10**12}


class Figure(NamedTuple):
    """A figure as printed somewhere, with the precision of its last digit.

    `tolerance` is half a unit of the last digit; 0 for a figure given in full. Both are
    whole numbers, and so exact at any size, where they can be.
    """

    text: str
    value: int | float
    tolerance: int | float

    def holds(self, actual: int) -> bool:
        """Whether `actual` rounds to this figure."""
        if not self.tolerance:
            return actual == self.value
        return self.value - self.tolerance <= actual < self.value + self.tolerance


def figure(text: str) -> Figure:
    """Parse `36.5M`, `4.09 G`, `600K` or a plain number such as `36479194`.

    Raises ValueError for anything else, such as more than 64 digits.
    """
    compact = text.replace(" ", "").upper()
    if "," in compact and not GROUPED.fullmatch(compact):  # 36,5M is no 365M
        raise ValueError(f"not a figure: {text!r}")
    compact = compact.replace(",", "")
    digits, prefix = (compact[:-1], compact[-1:]) if compact[-1:] in PREFIXES else (compact, "")
    whole, _, fraction = digits.partition(".")
    shown = whole + fraction
    if not shown.isascii() or not shown.isdigit() or len(shown) > 64:
        raise ValueError(f"not a figure: {text!r}")
    scale = PREFIXES[prefix]
    value = divide(int(whole + fraction) * scale, 10 ** len(fraction))
    tolerance = divide(scale, 2 * 10 ** len(fraction)) if prefix else 0
    return Figure(text, value, tolerance)


def divide(number: int | float, divisor: int) -> int | float:
    """Divide; the result is an int where that is exact."""
    if isinstance(number, int) and number % divisor == 0:
        return number // divisor
    return number / divisor


def si(value: int | float | None) -> str:
    """Return a count to three significant digits: 512, 9.41 K, 36.5 M, 4.09 G; ? for none."""
    return "?" if value is None else _scaled(value, ("", " K", " M", " G", " T", " P", " E"))


def with_unit(value: int | float | None, unit: str) -> str:
    """Return a count and its unit, which the prefix joins: 4.09 GMACs."""
    number, _, prefix = si(value).partition(" ")
    return f"{number} {prefix}{unit}"


def whole(value: int | None) -> str:
    """Return a count in full: 36,497,146; ? for none."""
    return "?" if value is None else f"{value:,}"


def times(ratio: float) -> str:
    """Return a ratio to three digits: 0.93×, 4.30×, 14.8×, 1,250×."""
    digits = 2 if ratio < 9.995 else 1 if ratio < 99.95 else 0
    return f"{ratio:,.{digits}f}×"


def file_size(size: int | float | None) -> str:
    """Return a number of bytes in decimal units: 512 B, 146 MB; ? for none."""
    return "?" if size is None else _scaled(size, (" B", " kB", " MB", " GB", " TB", " PB", " EB"))


def deviation(fraction: float) -> str:
    """Return a signed fraction as a percentage: `+0.13%`, `-12%`; `0` for nothing, `12.5×`."""
    if not fraction:
        return "0"
    if fraction >= 9.995:
        return times(1 + fraction)
    size = abs(fraction)
    digits = 0 if size >= 0.0995 else 1 if size >= 0.00995 else 2 if size >= 0.0000995 else 4
    return f"{fraction:+,.{digits}%}"


def _scaled(value: float, units: tuple[str, ...]) -> str:
    power = 0
    while (value >= 999.5 if power else value >= 1000) and power < len(units) - 1:
        value /= 1000
        power += 1
    digits = 0 if not power or value >= 99.95 else 1 if value >= 9.995 else 2
    return f"{value:.{digits}f}{units[power]}"


def sizes(shape: tuple[int | None, ...]) -> str:
    """Return a shape without its batch axis: `224×224×3`; `?` where a size is unknown."""
    if shape is UNKNOWN:
        return "?"
    shown = shape if isinstance(shape, Unbatched) else shape[1:]
    return "×".join("?" if size is None else str(size) for size in shown) or "scalar"
