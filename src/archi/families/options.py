"""Options of a spec: what a value may be, read from text and written back.

`parse` turns text into a value or raises BadValue, which carries what was wanted and
the nearest values that would do; `write` is its inverse.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from archi.errors import one_of

REQUIRED: Any = object()
LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
LARGEST = 1_000_000  # of a size or count in a spec, unless an option says less


class BadValue(ValueError):
    """A value an option can't have; `near` are values it could have instead."""

    def __init__(self, wanted: str, near: tuple[Any, ...] = ()) -> None:
        super().__init__(wanted)
        self.wanted = wanted
        self.near = near


class Option:
    """One option: its default, its help, and the characters a name may give it with.

    `search` are the values that `archi fit` tries unless told otherwise, ascending. Without
    it, that is every value of an option that a name must give, and the default of another.
    """

    alphabet = "0123456789."
    values: tuple[Any, ...] = ()  # all of them, where they are few

    def __init__(self, default: Any = REQUIRED, help: str = "", search: Sequence[Any] = ()) -> None:
        self.default = default
        self.help = help
        self.search = search

    @property
    def wanted(self) -> str:
        """What a value looks like, for messages and `archi info`."""
        raise NotImplementedError

    def parse(self, text: str) -> Any:
        """Return the value. Raises BadValue."""
        raise NotImplementedError

    def write(self, value: Any) -> str:
        """Return the text that parses to `value`."""
        return str(value)

    def refuse(self, *near: Any) -> BadValue:
        """Return the error that says what is wanted."""
        return BadValue(self.wanted, near)


class Bounded(Option):
    """A number from `minimum` to `maximum` in steps; `rule` says in words what the steps mean."""

    def __init__(
        self,
        minimum: float,
        maximum: float,
        *,
        step: float = 0,
        rule: str = "",
        **others: Any,
    ) -> None:
        super().__init__(**others)
        self.minimum = minimum
        self.maximum = maximum
        self.step = step
        self.rule = rule

    @property
    def count(self) -> int:
        """How many values there are, 0 where they have no steps."""
        return int((self.maximum - self.minimum) // self.step) + 1 if self.step else 0

    def at(self, place: int) -> Any:
        """Return the value `place` steps above the minimum."""
        return self.minimum + place * self.step

    def place(self, value: Any) -> int:
        """Return how many steps above the minimum a value is."""
        return int((value - self.minimum) // self.step)


class Int(Bounded):
    """A whole number from `minimum` to `maximum` in steps from `minimum`."""

    alphabet = "0123456789"
    minimum: int
    maximum: int
    step: int

    def __init__(
        self, minimum: int, maximum: int = LARGEST, *, step: int = 1, **others: Any
    ) -> None:
        super().__init__(minimum, maximum, step=step, **others)

    @property
    def wanted(self) -> str:
        bounds = f"a whole number from {self.minimum:,} to {self.maximum:,}"
        return bounds + (f" that is {self.rule}" if self.rule else "")

    def parse(self, text: str) -> int:
        if not digits(text):
            raise self.refuse()
        if len(text.lstrip("0")) > 18:  # beyond any bound; never convert such digits
            raise self.refuse(self._last())
        value = int(text)
        if value > self.maximum:
            raise self.refuse(self._last())
        below = self.minimum + (value - self.minimum) // self.step * self.step
        if value < self.minimum:
            raise self.refuse(self.minimum)
        if value != below:
            raise self.refuse(*(n for n in (below, below + self.step) if n <= self.maximum))
        return value

    def _last(self) -> int:
        return self.minimum + (self.maximum - self.minimum) // self.step * self.step


class OneOf(Option):
    """One of a few values; `values` are numbers or words."""

    def __init__(self, *values: Any, **others: Any) -> None:
        super().__init__(**others)
        self.values = values
        if self.alphabet == Option.alphabet and all(isinstance(value, str) for value in values):
            self.alphabet = LETTERS  # unless its class says more

    @property
    def wanted(self) -> str:
        return one_of([str(value) for value in self.values])

    def parse(self, text: str) -> Any:
        for value in self.values:
            if text.lower() == str(value):
                return value
        raise self.refuse(*self._near(text))

    def _near(self, text: str) -> list[Any]:
        if digits(text) and len(text) < 10 and all(isinstance(v, int) for v in self.values):
            below = [v for v in self.values if v < int(text)]
            above = [v for v in self.values if v > int(text)]
            return below[-1:] + above[:1]
        return list(self.values)


class Flag(Option):
    """true or false."""

    values = (False, True)
    words = {"true": True, "yes": True, "on": True, "1": True}
    words |= {"false": False, "no": False, "off": False, "0": False}

    @property
    def wanted(self) -> str:
        return "true or false"

    def parse(self, text: str) -> bool:
        if text.lower() not in self.words:
            raise self.refuse(True, False)
        return self.words[text.lower()]

    def write(self, value: bool) -> str:
        return str(value).lower()


class Decimal(Bounded):
    """A decimal number from `minimum` to `maximum`, in multiples of `step`.

    `step` is a power of two, so that every value is exact in binary.
    """

    @property
    def wanted(self) -> str:
        bounds = f"a number from {self.minimum:g} to {self.maximum:g}"
        return bounds + (f" {self.rule}" if self.rule else "")

    def parse(self, text: str) -> float:
        whole, _, fraction = text.partition(".")
        if len(text) > 20 or not digits(whole) or not digits(fraction or "0"):
            raise self.refuse()
        value = float(text)
        if value < self.minimum:
            raise self.refuse(self.minimum)
        if value > self.maximum:
            raise self.refuse(self.maximum)
        if self.step and value % self.step:
            below = value // self.step * self.step
            raise self.refuse(*(n for n in (below, below + self.step) if n >= self.minimum))
        return value

    def write(self, value: float) -> str:
        text = repr(value)
        if "e" in text:  # small ones; a spec has no exponents
            text = f"{value:.18f}".rstrip("0")
        return text.removesuffix(".0")


class Release(OneOf):
    """One of a few numbers with a point, such as a version; names write `1_0` for it too."""

    alphabet = "0123456789.-_"

    def parse(self, text: str) -> float:
        number = dotted(text)
        value: float = super().parse(number if "." in number else f"{number}.0")
        return value


class Size(Option):
    """An image size, HEIGHTxWIDTHxCHANNELS."""

    wanted = "HEIGHTxWIDTHxCHANNELS"

    def parse(self, text: str) -> tuple[int, int, int]:
        parts = text.lower().replace("×", "x").split("x")
        if not all(digits(p) and len(p) < 10 and 0 < int(p) <= LARGEST for p in parts):
            raise BadValue(f"{self.wanted}, each from 1 to {LARGEST:,}")
        if len(parts) == 2:
            raise self.refuse((int(parts[0]), int(parts[1]), 3))
        if len(parts) != 3:
            raise self.refuse()
        height, width, channels = map(int, parts)
        return height, width, channels

    def write(self, value: tuple[int, int, int]) -> str:
        return "x".join(map(str, value))


def dotted(text: str) -> str:
    """Return text with points for the `_` and `-` that stand for them: 1_6gf is 1.6gf."""
    return text.replace("_", ".").replace("-", ".")


def digits(text: str) -> bool:
    """Whether text is one or more of the digits 0 to 9 and nothing else."""
    return text.isascii() and text.isdigit()


COMMON = {
    "input": Size(help="size of one image, HEIGHTxWIDTHxCHANNELS in either data format"),
    "classes": Int(1, help="outputs of the classifier"),
    "top": Flag(True, help="end in the classifier; false ends at the last feature map"),
    "data_format": OneOf(
        "channels_last",
        "channels_first",
        default="channels_last",
        help="where the channels axis is",
    ),
}
