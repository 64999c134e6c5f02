"""What is known of numbers that are sizes of tensors: `tf.shape(x)[1] * 2`.

Where a graph computes with the sizes of its tensors, what comes of it says what shapes
others have. A `Value` is a size, or a list of them; what is unknown in it is None. As
TensorFlow finds shapes, arithmetic on a list is known where all of the list is.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from itertools import accumulate
from math import prod
from typing import TYPE_CHECKING, Any

from archi.graph import COUNT, RANK, Tensor, Value, is_list
from archi.twin.values import Constant

if TYPE_CHECKING:
    from archi.twin.operation import Operation


def value_of(operand: Any) -> Value:
    """Return what is known of an operand's numbers: a whole number, a list of them, or None."""
    if isinstance(operand, Tensor):
        return operand.value
    if isinstance(operand, Constant):
        return value_of(operand.value)
    if type(operand) is int:
        return operand
    if is_list(operand):
        parts = [value_of(item) for item in operand]
        return None if any(isinstance(part, tuple) for part in parts) else tuple(parts)  # type: ignore[arg-type]
    return None


def sizes_of(operation: Operation, given: Mapping[str, Any]) -> tuple[Value, ...]:
    """Return what is known of the outputs of an operation, of which operands are sizes."""
    rule = _RULES.get(type(operation).__name__)
    try:
        found = rule(operation, *given.values()) if rule else ()
    except (ArithmeticError, IndexError, TypeError, ValueError):  # no numbers for the operation
        return ()
    return found if all(map(_is_bounded, found)) else ()


def _is_bounded(value: Value) -> bool:
    """Whether numbers are no larger than sizes can be: a product of many soon would be."""
    sizes = value if isinstance(value, tuple) else (value,)
    return all(size is None or abs(size) < COUNT for size in sizes) and len(sizes) <= RANK


def _arithmetic(
    function: Callable[[int, int], int],
) -> Callable[[Operation, Any, Any], tuple[Value, ...]]:
    def rule(operation: Operation, x1: Any, x2: Any) -> tuple[Value, ...]:
        a, b = value_of(x1), value_of(x2)
        if isinstance(a, int) and isinstance(b, int):
            return (function(a, b),)
        lists = [value if isinstance(value, tuple) else None for value in (a, b)]
        length = max((len(each) for each in lists if each is not None), default=1)
        both = [
            each if each is not None else (value,) * length
            for each, value in zip(lists, (a, b), strict=True)
        ]
        if any(each.count(None) for each in both):  # type: ignore[arg-type]
            return ()
        return (tuple(map(function, *both)),)  # type: ignore[arg-type]

    return rule


def _same(operation: Operation, x: Any, *_: Any) -> tuple[Value, ...]:
    return (value_of(x),)


def _item(operation: Operation, x: Any, key: Any) -> tuple[Value, ...]:
    value, (only,) = value_of(x), key if is_list(key) and len(key) == 1 else (key,)
    return (value[only],) if isinstance(value, tuple) else ()


def _cast(operation: Operation, x: Any) -> tuple[Value, ...]:
    return (value_of(x),) if operation.dtype in ("int32", "int64") else ()


def _stack(operation: Operation, x: Any) -> tuple[Value, ...]:
    return (value_of(x),)


def _unstack(operation: Operation, x: Any) -> tuple[Value, ...]:
    value = value_of(x)
    return value if isinstance(value, tuple) else ()


def _concatenate(operation: Operation, xs: Any) -> tuple[Value, ...]:
    parts = [_listed(x) for x in xs]
    return (tuple([size for part in parts for size in part]),)


def _listed(x: Any) -> tuple[int | None, ...]:
    """Return the sizes in a list of them, as many unknown ones where nothing is known."""
    value = value_of(x)
    if isinstance(value, tuple):
        return value
    (length,) = x.shape
    return (None,) * (length or 0)


def _over(function: Callable[[tuple[int, ...]], int]) -> Any:
    def rule(operation: Operation, x: Any, *_: Any) -> tuple[Value, ...]:
        value = value_of(x)
        known = isinstance(value, tuple) and None not in value
        return (function(value),) if known else ()  # type: ignore[arg-type]

    return rule


def _cumulated(operation: Operation, x: Any) -> tuple[Value, ...]:
    value = value_of(x)
    if not isinstance(value, tuple) or None in value:
        return ()
    function = operator.add if type(operation).__name__ == "Cumsum" else operator.mul
    return (tuple(accumulate(value, function)),)  # type: ignore[arg-type]


def _expanded(operation: Operation, x: Any) -> tuple[Value, ...]:
    value = value_of(x)
    return (value if isinstance(value, tuple) else (value,),)


def _squeezed(operation: Operation, x: Any) -> tuple[Value, ...]:
    value = value_of(x)
    return (value[0],) if isinstance(value, tuple) and len(value) == 1 else ()


def _reshaped(operation: Operation, x: Any) -> tuple[Value, ...]:
    whole = list(operation.newshape) in ([-1], [1])  # type: ignore[attr-defined]
    return _expanded(operation, x) if whole else _squeezed(operation, x)


_RULES: dict[str, Callable[..., tuple[Value, ...]]] = {
    "Add": _arithmetic(operator.add),
    "Subtract": _arithmetic(operator.sub),
    "Multiply": _arithmetic(operator.mul),
    "FloorDivide": _arithmetic(operator.floordiv),
    "Mod": _arithmetic(operator.mod),
    "Maximum": _arithmetic(max),
    "Minimum": _arithmetic(min),
    "Cast": _cast,
    "ConvertToTensor": _same,
    "StopGradient": _same,
    "Copy": _same,
    "Reshape": _reshaped,
    "ExpandDims": _expanded,
    "Squeeze": _squeezed,
    "GetItem": _item,
    "Stack": _stack,
    "Unstack": _unstack,
    "Concatenate": _concatenate,
    "Sum": _over(sum),
    "Prod": _over(prod),
    "Max": _over(max),
    "Min": _over(min),
    "Cumsum": _cumulated,
    "Cumprod": _cumulated,
}
