"""`Function`: the twin of a call of a TensorFlow function that no operation of Keras 3 is.

Its rule is a function registered with `@rule("nn.moments", …)`, which has the parameters
and the defaults of TensorFlow's and says of a call what the rules of operations say.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

from archi.errors import LayerError
from archi.graph import Inference, Shape, Tensor, Value, is_list
from archi.tensorflow._arguments import as_array, named, own_dtype
from archi.twin.arguments import DType
from archi.twin.layer import product
from archi.twin.lookup import operation
from archi.twin.operation import BOTH, Operation
from archi.twin.sizes import value_of

Rule = Callable[..., Inference]

HOMES = (
    "elementwise",
    "images",
    "losses",
    "making",
    "matrices",
    "moving",
    "reductions",
    "signals",
    "windows",
)
_rules: dict[str, Rule] = {}


def rule(*functions: str) -> Callable[[Rule], Rule]:
    """Register the rule of functions of these names. Raises RuntimeError for a second one."""

    def register(found: Rule) -> Rule:
        for function in functions:
            if function in _rules:
                raise RuntimeError(f"tf.{function} has a rule already")
            _rules[function] = found
        return found

    return register


def rules() -> Mapping[str, Rule]:
    """Return the rule of each function that has one."""
    for home in HOMES:
        import_module(f"archi.tensorflow.{home}")
    return _rules


class Function(Operation):
    """A call of a TensorFlow function that no operation of Keras 3 is like.

    `function` is the name that TensorFlow exports it under.
    """

    keeps = BOTH

    def __init__(self, function: str, *, name: str = "function") -> None:
        self.function_name = function
        self.rule_of_function = rules()[function]
        super().__init__(name=name)

    @property
    def class_name(self) -> str:
        """What Keras 2 calls such layers."""
        return "TFOpLambda"

    def values(self) -> dict[str, Any]:
        return {"function": self.function_name}

    def written(self, argument: str) -> Any:
        return self.function_name

    def coded(self, argument: str) -> str:
        return repr(self.function_name)

    def get_config(self) -> dict[str, Any]:
        return {"name": self.name, "function": self.function_name}

    def inferred(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Inference:
        refused = LayerError(f"tf.{self.function_name} takes no such arguments")
        try:
            inference = self._ruled(args, kwargs)
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
            # A file may have anything among its arguments, which rules take for what they need.
            raise refused from None
        sizes = [size for shape in inference.outputs for size in shape]
        if not all(map(_is_size, sizes)) or not all(map(_is_dtype, inference.dtypes)):
            raise refused
        return inference

    def _ruled(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Inference:
        code = self.rule_of_function.__code__
        names = code.co_varnames[1 : code.co_argcount]
        if code.co_flags & 4:  # it takes any number of tensors
            inference = self.rule_of_function(self, *args, **kwargs)
        else:
            given = named(self.function_name, names, args, kwargs)
            needed = len(names) - len(self.rule_of_function.__defaults__ or ())
            missing = [name for name in names[:needed] if name not in given]
            if missing:
                raise LayerError(f"tf.{self.function_name} needs {missing[0]}")
            inference = self.rule_of_function(self, **given)
        return inference

    def like(self, name: str, config: Mapping[str, Any], *operands: Any) -> Inference:
        """Return what an operation of Keras 3 would say of operands. Raises LayerError."""
        twin = operation(name)(**config, name="function")
        twin.name = self.name
        return twin.inferred(tuple(as_array(each, operands) for each in operands), {})

    def array(self, value: Any, *others: Any) -> Any:
        """Return an operand as what has a shape and a dtype. Raises LayerError."""
        if is_list(value) and any(isinstance(item, Tensor) for item in value):  # tf.stack
            (shape,), (dtype,) = (
                self.like("Stack", {}, [self.array(i) for i in value])[0],
                (next(item.dtype for item in value if isinstance(item, Tensor)),),
            )
            known = value_of(value)
            return Tensor(shape, dtype, None, 0, shape, known, known)  # type: ignore[arg-type]
        found = as_array(value, others)
        if isinstance(found, (bool, int, float, str)):
            return seen((), own_dtype(found))
        if not hasattr(found, "shape"):
            raise self.refuse("wants a tensor", value)
        return found

    def sizes(self, value: Any, rank: int | None = None) -> Shape:
        """Return a shape among the arguments, None for what is unknown. Raises LayerError."""
        known: Value = value_of(value)
        if isinstance(known, tuple):
            return known
        if isinstance(known, int):
            return (known,)
        if isinstance(value, Tensor) and len(value.shape) == 1:
            rank = value.shape[0] if rank is None else rank
            if rank is not None and rank < 255:
                return (None,) * rank
        raise self.refuse("wants a shape of a known number of axes", _shown(value))

    def size(self, value: Any) -> int | None:
        """Return a whole number among the arguments, None where it is unknown."""
        known = value_of(value)
        return known[0] if isinstance(known, tuple) and len(known) == 1 else known  # type: ignore[return-value]

    def whole(self, value: Any, what: str) -> int:
        """Return a whole number that must be known. Raises LayerError."""
        known = self.size(value)
        if type(known) is not int:
            raise self.refuse(f"wants {what} to be a known number", _shown(value))
        return known

    def axes(self, value: Any) -> Any:  # type: ignore[override]
        """Return an axis, or several, as numbers; None stays None. Raises LayerError."""
        known = value_of(value)
        if value is not None and (known is None or (is_list(known) and None in known)):  # type: ignore[operator]
            raise self.refuse("wants axes that are known", _shown(value))
        return known

    def maps(self, shape: Shape, dtype: str, cost: int = 1) -> Inference:
        """Return the inference of so many FLOPs for each element of one output."""
        return self.elementwise(shape, dtype, cost)

    def reduces(self, x: Any, shape: Shape, dtype: str, cost: int = 1) -> Inference:
        """Return the inference of so many FLOPs for each element of the input."""
        return self.counted([(shape, dtype)], product(cost, *x.shape))

    def multiplies(
        self, outputs: list[tuple[Shape, str]], macs: int | None, elementwise: int | None = 0
    ) -> Inference:
        """Return the inference of so many MACs."""
        return self.counted(outputs, None if macs is None else elementwise, macs)


Function.module, Function.registered_name = "keras.layers", None  # it is none of keras.ops


def seen(shape: Shape, dtype: str) -> Tensor:
    """Return what has a shape and a dtype and is no tensor of the network."""
    return Tensor(shape, dtype, None, 0, shape)  # type: ignore[arg-type]


def as_shape(x: Any, shape: Shape) -> Tensor:
    """Return an operand seen as of another shape."""
    return seen(shape, x.dtype)


def _is_size(size: Any) -> bool:
    return size is None or (type(size) is int and size >= 0)


def _is_dtype(dtype: Any) -> bool:
    return isinstance(dtype, str) and dtype in DType.names


def _shown(value: Any) -> Any:
    return value.shape if hasattr(value, "shape") else value
