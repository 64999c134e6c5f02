"""Constructor arguments that operations have besides those of layers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from archi.graph import is_list
from archi.twin.arguments import Boolean, DataFormat, DType, Kind

if TYPE_CHECKING:
    from archi.twin.layer import Layer


class Axes(Kind):
    """An axis, several, or None, which is mostly all of them."""

    def __init__(self, *, optional: bool = True) -> None:
        self.optional = optional

    def parse(self, value: Any, layer: type[Layer]) -> int | tuple[int, ...] | None:
        if type(value) is int or (value is None and self.optional):
            return value
        if is_list(value) and all(type(axis) is int for axis in value):
            return tuple(value)
        raise ValueError("an axis or a list of axes")


class Integers(Kind):
    """A whole number, or a list of whole numbers of at least `minimum`."""

    def __init__(self, minimum: float = float("-inf"), *, optional: bool = False) -> None:
        self.minimum = minimum
        self.optional = optional

    def parse(self, value: Any, layer: type[Layer]) -> int | tuple[int, ...] | None:
        if value is None and self.optional:
            return None
        items = value if is_list(value) else [value]
        if not all(type(item) is int and item >= self.minimum for item in items):
            least = "" if self.minimum == float("-inf") else f" of at least {self.minimum}"
            raise ValueError(f"a whole number{least} or a list of them")
        return tuple(value) if is_list(value) else value


class OptionalDType(DType):
    """A dtype's name; None leaves it to the operands."""

    def parse(self, value: Any, layer: type[Layer]) -> Any:
        return None if value is None else super().parse(value, layer)


class NewShape(Kind):
    """The shape to give a tensor: whole numbers, one of them -1, None where unknown."""

    def parse(self, value: Any, layer: type[Layer]) -> tuple[int | None, ...]:
        sizes = tuple(value) if is_list(value) else (value,)
        if not all(size is None or (type(size) is int and size >= -1) for size in sizes):
            raise ValueError("a shape, such as (-1, 28, 28)")
        return sizes


class PadWidth(Kind):
    """How many elements to put before and after each axis, kept as it is written."""

    def parse(self, value: Any, layer: type[Layer]) -> Any:
        if type(value) is int:
            return value
        if is_list(value) and value:
            if all(type(item) is int for item in value) and len(value) == 2:
                return tuple(value)
            if all(is_list(item) and len(item) == 2 for item in value) and all(
                type(number) is int for item in value for number in item
            ):
                return tuple(map(tuple, value))
            if isinstance(value, list) and all(
                is_list(item) and len(item) == 1 and type(item[0]) is int for item in value
            ):
                return tuple((item[0], item[0]) for item in value)
        raise ValueError("a whole number, a pair of them, or a pair for each axis")


def pad_pairs(width: Any) -> list[tuple[int, int]]:
    """Return the pairs of a parsed `PadWidth`; one pair is for all axes."""
    if isinstance(width, int):
        return [(width, width)]
    if isinstance(width[0], int):
        return [(width[0], width[1])]
    return list(width)


class Known(Kind):
    """Words, numbers, truth values and lists of them: what Keras writes and reads again."""

    def parse(self, value: Any, layer: type[Layer]) -> Any:
        if is_list(value):
            return tuple(self.parse(item, layer) for item in value)
        if value is not None and not isinstance(value, (str, int, float)):
            raise ValueError("a word, a number or a list of them")
        return value


class OptionalFormat(DataFormat):
    """Where the channels axis is; None is the default wherever the operation is applied."""

    depends_on_build = False

    def parse(self, value: Any, layer: type[Layer]) -> Any:
        return None if value is None else super().parse(value, layer)


class OptionalBoolean(Boolean):
    """True, False or None."""

    def parse(self, value: Any, layer: type[Layer]) -> Any:
        return None if value is None else super().parse(value, layer)


class Lengths(NewShape):
    """A shape in which -1 has a meaning; it is always a list."""

    def parse(self, value: Any, layer: type[Layer]) -> tuple[int | None, ...]:
        if not is_list(value):
            raise ValueError("a list of lengths")
        return super().parse(value, layer)
