"""Kinds of arguments that preprocessing and augmentation take: ranges, factors, arrays.

`keras/src/layers/preprocessing/image_preprocessing`: each layer there checks its factors in
its own way, and where Keras checks nothing the twin wants what the layer can run on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from archi.twin.arguments import Choice, Kind

if TYPE_CHECKING:
    from archi.twin.layer import Layer

MAX_RANK = 32  # of an array in a config; NumPy's own limit was 32 for decades


class Word(Choice):
    """One of several words, or None."""

    def parse(self, value: Any, layer: type[Layer]) -> str | None:  # type: ignore[override]
        return None if value is None else super().parse(value, layer)


class Text(Kind):
    """Any text, optionally None."""

    def __init__(self, *, optional: bool = False) -> None:
        self.optional = optional

    def parse(self, value: Any, layer: type[Layer]) -> str | None:
        if not isinstance(value, str) and not (value is None and self.optional):
            raise ValueError("text")
        return value


class Range(Kind):
    """A lower and an upper bound; `ordered` puts them in that order, as Keras does for some."""

    def __init__(self, *, ordered: bool = False) -> None:
        self.ordered = ordered

    def parse(self, value: Any, layer: type[Layer]) -> tuple[float, ...]:
        bounds = numbers(value)
        if len(bounds) != 2 or not isinstance(value, (list, tuple)):
            raise ValueError("two numbers")
        return tuple(sorted(bounds)) if self.ordered else bounds


class Pair(Kind):
    """Two whole numbers of at least `minimum`; with `one`, a number stands for two of it."""

    def __init__(self, minimum: int | None = None, *, one: bool = False) -> None:
        self.minimum = minimum
        self.one = one

    def parse(self, value: Any, layer: type[Layer]) -> tuple[int, int]:
        if self.one and type(value) is int:
            value = (value, value)
        if (
            not isinstance(value, (list, tuple))
            or len(value) != 2
            or not all(type(item) is int for item in value)
            or (self.minimum is not None and min(value) < self.minimum)
        ):
            least = "" if self.minimum is None else f" of at least {self.minimum}"
            raise ValueError(f"two whole numbers{least}" + ", or one" * self.one)
        return value[0], value[1]


class Factor(Kind):
    """How strongly an augmentation works: a range it draws from, within `low` to `high`.

    A single number f is the range from -f to f, but not from below `low`. Of a range given
    as such Keras looks only whether it reaches into the bounds, where it is not `strict`.
    With `kept` a config holds the factor as it was given.
    """

    def __init__(
        self,
        low: float,
        high: float,
        *,
        strict: bool = False,
        kept: bool = False,
        optional: bool = False,
    ) -> None:
        self.low = low
        self.high = high
        self.strict = strict
        self.kept = kept
        self.optional = optional

    def parse(self, value: Any, layer: type[Layer]) -> Any:
        if value is None and self.optional:
            return None
        pair = isinstance(value, (list, tuple))
        given = numbers(value)
        if len(given) != 1 + pair or not self.holds(*given):
            raise ValueError(f"a number from {self.low:g} to {self.high:g}, or two of them")
        if self.kept:
            return given if pair else given[0]
        return tuple(sorted(given)) if pair else self.range(given[0])

    def holds(self, *given: float) -> bool:
        """Whether Keras takes this number, or these two."""
        if len(given) == 2 and not self.strict:
            return given[0] <= self.high and given[1] >= self.low
        return all(self.low <= end <= self.high for end in given)

    def range(self, size: float) -> tuple[float, float]:
        """Return the range that a single number stands for."""
        return max(-abs(size), self.low), abs(size)


class Array(Kind):
    """A number, or numbers in nested lists of even lengths, optionally None.

    Keras writes a NumPy array as `{"class_name": "__numpy__", "config": {…}}`, which is taken
    and kept too, where `objects` are.
    """

    def __init__(self, *, optional: bool = False, objects: bool = False) -> None:
        self.optional = optional
        self.objects = objects

    def parse(self, value: Any, layer: type[Layer]) -> Any:
        if not (value is None and self.optional):
            array_shape(self.plain(value))
        return value

    def plain(self, value: Any) -> Any:
        """Return the numbers in an array's config, other values as they are."""
        config = value.get("config") if isinstance(value, dict) and self.objects else None
        if isinstance(config, dict) and value.get("class_name") in ("__numpy__", "__tensor__"):
            return config.get("value")
        return value

    def code(self, value: Any) -> str:
        return super().code(self.plain(value))


def array_shape(value: Any, depth: int = 0) -> tuple[int, ...]:
    """Return the lengths of nested lists of numbers, outermost first. Raises ValueError."""
    if type(value) in (int, float):
        return ()
    if isinstance(value, (list, tuple)) and depth < MAX_RANK:
        inner = {array_shape(item, depth + 1) for item in value}
        if len(inner) <= 1:
            return (len(value), *(inner.pop() if inner else ()))
    raise ValueError("a number, or numbers in nested lists of even lengths")


def numbers(value: Any) -> tuple[float, ...]:
    """Return a number, or those in a list, as a tuple; nothing for what is neither."""
    given = tuple(value) if isinstance(value, (list, tuple)) else (value,)
    return given if all(type(item) in (int, float) for item in given) else ()
