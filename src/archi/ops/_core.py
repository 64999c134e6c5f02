"""The machinery of the operation twins: what an operation is called with, and its rule.

An operation has constructor arguments, declared with `arg(...)` as those of a layer are,
and operands: what it is called with, tensors or not. Its one rule, `infer`, takes the
operands themselves, since dtypes matter to it as well as shapes.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from typing import Any, ClassVar

from archi.errors import LayerError, quote
from archi.graph import Inference, Shape, Tensor
from archi.layers._arguments import Argument
from archi.layers._core import Kept, Layer, product
from archi.layers._values import Constant
from archi.ops._dtypes import result_type


class Operation(Layer):
    """The static twin of an operation node of `keras.ops`: no weights, no dtype policy.

    `operands` names what it is called with, in order; those from `required` on may be
    left out. Raises LayerError for arguments and operands that do not fit.
    """

    arguments: ClassVar[dict[str, Argument]] = {}
    operands: ClassVar[tuple[str, ...]] = ("x",)
    required: ClassVar[int] = 1
    has_build_config = False
    wrappable = False
    # What a layer has as arguments.
    trainable = True
    dtype = "float32"
    activity_regularizer = None

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.module = f"keras.src.ops.{cls.__module__.rpartition('.')[2]}"
        cls.registered_name = cls.__name__

    @classmethod
    def function(cls, *args: Any, **kwargs: Any) -> Any:
        """Call the operation as the function of `keras.ops`: operands first, then arguments."""
        count = len(cls.operands)
        own = {key: kwargs.pop(key) for key in cls.arguments if key in kwargs}
        return cls(*args[count:], **own)(*args[:count], **kwargs)

    def rule(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Inference:
        if len(args) > len(self.operands):
            raise self.refuse(f"takes at most {len(self.operands)} operands", len(args))
        given = {**dict(zip(self.operands, args, strict=False)), **kwargs}
        for name in given:
            if name not in self.operands:
                raise LayerError(f"{self.label} has no operand {quote(str(name))}")
        for name in self.operands[: self.required]:
            if name not in given:
                raise LayerError(f"{self.label} needs {name}")
        return self.infer(**given)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        node = self.add_call(args, kwargs)
        return node.outputs[0] if len(node.outputs) == 1 else list(node.outputs)

    def kept(self) -> Kept:
        return Kept(inputs=True, outputs=False)

    def shape_of(self, value: Any) -> Shape:
        """Return the shape of an operand; a number has none. Raises LayerError."""
        if isinstance(value, (Tensor, Constant)):
            return value.shape
        if isinstance(value, (bool, int, float)):
            return ()
        raise self.refuse("wants tensors or numbers", type(value).__name__)

    def dtype_of(self, *values: Any) -> str:
        """Return the dtype that these operands have together. Raises LayerError."""
        try:
            return result_type(*map(_dtype, values))
        except ValueError as error:
            raise self.refuse(f"wants operands of dtypes that go together, {error}", None) from None

    def broadcast(self, *shapes: Shape) -> Shape:
        """Return the shape that several broadcast to. Raises LayerError."""
        return reduce(self._broadcast, shapes)

    def _broadcast(self, a: Shape, b: Shape) -> Shape:
        length = max(len(a), len(b))
        a, b = (1,) * (length - len(a)) + a, (1,) * (length - len(b)) + b
        return tuple(self._common(x, y, (a, b)) for x, y in zip(a, b, strict=True))

    def _common(self, a: int | None, b: int | None, both: tuple[Shape, Shape]) -> int | None:
        """As `broadcast_shapes` of keras/src/ops/operation_utils.py."""
        if a == 1:
            return b
        if a is None:
            return None if b == 1 else b
        if b not in (1, None, a):
            raise self.refuse("wants operands that broadcast", both)
        return a

    def free(self, shape: Shape, dtype: str) -> Inference:
        """Return the inference of an operation that only moves elements."""
        return Inference((shape,), (), macs=0, elementwise=0, dtypes=(dtype,))

    def elementwise(self, shape: Shape, dtype: str, cost: int = 1) -> Inference:
        """Return the inference of `cost` FLOPs for each element of the output."""
        count = product(cost, *shape[1:]) if shape else cost
        return Inference((shape,), (), macs=0, elementwise=count, dtypes=(dtype,))


def _dtype(value: Any) -> str:
    """Return an operand's dtype, `int` or `float` for a Python number."""
    if isinstance(value, (Tensor, Constant)):
        return value.dtype
    return "bool" if isinstance(value, bool) else type(value).__name__
