"""A call of a TensorFlow function → the twin and what to call it with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from archi.errors import LayerError, quote
from archi.graph import is_list, tensors_in
from archi.tensorflow._arguments import as_array, is_silent, named, own_dtype, read_key
from archi.tensorflow.function import Function, rules
from archi.tensorflow.nodes import function_of
from archi.tensorflow.operations import CONVERTED, ROWS, Row
from archi.twin.lookup import operation
from archi.twin.operation import Operation
from archi.twin.values import Constant

V1, RAW = "compat.v1.", "raw_ops."


class TwinCall(NamedTuple):
    """A twin, not called yet, and what it is to be called with."""

    twin: Operation
    args: tuple[Any, ...]
    kwargs: dict[str, Any]


def known_name(function: Any) -> str | None:
    """Return the name in archi's tables for a function of TensorFlow, None where it has none."""
    if not isinstance(function, str):
        return None
    plain = function.removeprefix(V1)
    names = [function, plain, *function_of(function.removeprefix(RAW))]
    return next((name for name in names if name in ROWS or name in rules()), None)


def is_known(function: Any) -> bool:
    """Whether a function of TensorFlow has a twin, for some of its arguments at least."""
    return known_name(function) is not None


def twin_call(
    function: str, args: Sequence[Any], kwargs: Mapping[str, Any], name: str = "function"
) -> TwinCall:
    """Return the twin that a call is. Raises LayerError for one that archi does not know."""
    known = known_name(function)
    if known is None:
        raise LayerError(f"archi does not know the function {quote('tf.' + str(function))}")
    why = None
    if known in ROWS:
        try:
            found = _as_operation(known, ROWS[known], args, kwargs, name)
        except LayerError as error:
            found, why = None, error
        if found is not None:
            return found
    if known not in rules():
        raise why or LayerError(f"archi does not know such a call of {quote('tf.' + known)}")
    return TwinCall(Function(known, name=name), tuple(args), dict(kwargs))


def _as_operation(
    function: str, row: Row, args: Sequence[Any], kwargs: Mapping[str, Any], name: str
) -> TwinCall | None:
    """Return a call as an operation of Keras 3, None where it asks for more than that does."""
    given = named(function, row.parameters, args, kwargs)
    twin = operation(row.twin)
    config: dict[str, Any] = {}
    operands: dict[str, Any] = {}
    for parameter in row.parameters:
        value, own = given.get(parameter), row.own[parameter]
        if value is None:
            value = row.defaults.get(parameter)
        if own is None:  # of no interest but where it asks for something
            if not is_silent(value) and value != row.defaults.get(parameter):
                return None
        elif own in twin.operands:
            inside = own == "key" or (is_list(value) and own not in twin.lists)
            if inside and tensors_in(value):
                return None  # of tensors are the numbers in it, or the places it names
            if parameter in given:
                operands[own] = value
        elif value is not None:
            if tensors_in(value):
                return None
            config[own] = CONVERTED[own](value) if own in CONVERTED else value
    layer = twin(**config, name=name)
    arrays = [
        _operand(operands[own], own, twin, operands) for own in twin.operands if own in operands
    ]
    return TwinCall(layer, tuple(arrays), {})


def _operand(value: Any, own: str, twin: type[Operation], others: Any) -> Any:
    if own == "key":
        key = read_key(value)
        return key if is_list(key) or type(key) is int else [key]
    if own in twin.lists and is_list(value):
        return [_array(item, value) for item in value]
    return as_array(value, others) if own in twin.loose else _array(value, others)


def _array(value: Any, others: Any) -> Any:
    """Return an operand that must be an array as one."""
    if isinstance(value, (bool, int, float)):
        return Constant(value, own_dtype(value))
    return as_array(value, others)
