"""Constructor arguments of the static twins: what each kind accepts and how it is written.

A kind turns what a caller may pass into one canonical value (`parse`) and that value
into what Keras's `get_config` holds (`write`). A ValueError from `parse` carries what
was wanted; the layer that raises it adds its name and what it got.
"""

from __future__ import annotations

import json
from math import isfinite, isnan
from typing import TYPE_CHECKING, Any

from archi.errors import printable
from archi.graph import current_build
from archi.twin.policies import config_of, name_of, quantization, source

if TYPE_CHECKING:
    from archi.twin.layer import Layer

REQUIRED: Any = object()
NAME = 100  # characters that are kept of the name of a function of people's own


class Argument:
    """One constructor argument: its kind and default.

    With `omit`, a config leaves it out while it has its default. Keras does so for
    some; archi also does for arguments that came with later Keras versions, so that
    earlier ones read the config too. One that is not `written` is in no config at all:
    Keras forgets it.
    """

    __slots__ = ("default", "kind", "omit", "written")

    def __init__(self, kind: Kind, default: Any, omit: bool, written: bool) -> None:
        self.kind = kind
        self.default = default
        self.omit = omit
        self.written = written


def arg(kind: Kind, default: Any = REQUIRED, *, omit: bool = False, written: bool = True) -> Any:
    """Declare a constructor argument in the body of a layer class, in Keras's order."""
    return Argument(kind, default, omit, written)


class Kind:
    """Any value JSON can hold, passed through."""

    depends_on_build = False  # the default is taken from the network being built

    def parse(self, value: Any, layer: type[Layer]) -> Any:
        """Return the canonical value. Raises ValueError with what was wanted."""
        return value

    def write(self, value: Any) -> Any:
        """Return what `get_config` holds for a canonical value."""
        return value

    def code(self, value: Any) -> str:
        """Return Python code that a Keras constructor takes for a canonical value."""
        return literal(value)


class Own(str):
    """A function of people's own as an argument: its name, and how a document has it.

    It says how values are computed and leaves shapes, weights and MACs as they are. It may
    be a layer as well, `layer` then being the twin of one of Keras's; `weighs` is whether
    its weights are among those of the layer that has it, as they are in Keras 2 alone.
    """

    __slots__ = ("document", "layer", "weighs")
    document: Any
    layer: Layer | None
    weighs: bool

    @classmethod
    def of(cls, document: Any) -> Own | None:
        """Return what a document has in place of a function of Keras; None where it has none.

        Keras 3 writes `{"class_name": "function", "config": "mypkg>mish"}`, or an object's
        class and config; Keras 2 a name, or marshalled code.
        """
        own = cls(printable(_name_of(document))[:NAME])
        own.document = document
        own.layer = None
        own.weighs = False
        return own if own else None


def _name_of(document: Any) -> str:
    if isinstance(document, str):
        return document
    if not isinstance(document, dict):
        return ""
    name, config = document.get("class_name"), document.get("config")
    if name == "function" and isinstance(config, str):
        return config
    marshalled = name is None and ("value" in document or "code" in document)
    if name == "__lambda__" or marshalled:  # activations have the lambda's config alone
        return "lambda"
    registered = document.get("registered_name")
    return str(registered or name) if isinstance(name, str) else ""


class Function(Kind):
    """What says how values are computed: a function or object of Keras's, or people's own."""

    computes = False  # whether its FLOPs are a layer's

    def takes(self, value: Any, layer: type[Layer]) -> bool:
        """Whether a value is one of Keras's."""
        try:
            self.parse(value, layer)
        except ValueError:
            return False
        return True


class Integer(Kind):
    """A whole number, optionally with a smallest value or None."""

    def __init__(self, minimum: int | None = None, *, optional: bool = False) -> None:
        self.minimum = minimum
        self.optional = optional

    def parse(self, value: Any, layer: type[Layer]) -> int | None:
        if value is None and self.optional:
            return None
        if type(value) is not int or (self.minimum is not None and value < self.minimum):
            least = "" if self.minimum is None else f" of at least {self.minimum}"
            raise ValueError(f"a whole number{least}")
        return value


class Axes(Kind):
    """An axis, or several: a whole number or a tuple of them; with `listed` always a tuple."""

    def __init__(self, *, optional: bool = False, listed: bool = False) -> None:
        self.optional = optional
        self.listed = listed

    def parse(self, value: Any, layer: type[Layer]) -> int | tuple[int, ...] | None:
        if value is None and self.optional:
            return None
        several = isinstance(value, (list, tuple))
        axes = tuple(value) if several else (value,)
        if not all(type(axis) is int for axis in axes):
            raise ValueError("an axis or a list of axes")
        return axes if several or self.listed else axes[0]


class Number(Kind):
    """A real number within bounds, optionally None."""

    def __init__(
        self,
        minimum: float = float("-inf"),
        maximum: float = float("inf"),
        *,
        optional: bool = False,
    ) -> None:
        self.minimum = minimum
        self.maximum = maximum
        self.optional = optional
        self.unbounded = (minimum, maximum) == (float("-inf"), float("inf"))  # takes NaN, too

    def parse(self, value: Any, layer: type[Layer]) -> float | None:
        if value is None and self.optional:
            return None
        within = type(value) in (int, float) and self.minimum <= value <= self.maximum
        if not within and not (type(value) is float and isnan(value) and self.unbounded):
            bounds = ""
            if self.maximum < float("inf"):
                bounds = f" from {self.minimum:g} to {self.maximum:g}"
            elif self.minimum > float("-inf"):
                bounds = f" of at least {self.minimum:g}"
            raise ValueError(f"a number{bounds}")
        return value


class Boolean(Kind):
    """True or False, optionally None."""

    def __init__(self, *, optional: bool = False) -> None:
        self.optional = optional

    def parse(self, value: Any, layer: type[Layer]) -> bool | None:
        if value is None and self.optional:
            return None
        if type(value) is not bool:
            raise ValueError("True or False")
        return value


class Choice(Kind):
    """One of several words; `any_case` accepts them in capitals too, as Keras does for some."""

    def __init__(self, *values: str, any_case: bool = False) -> None:
        self.values = values
        self.any_case = any_case

    def parse(self, value: Any, layer: type[Layer]) -> str:
        word = value.lower() if self.any_case and isinstance(value, str) else value
        if not isinstance(word, str) or word not in self.values:
            raise ValueError(" or ".join(map(repr, self.values)))
        return word


class Interpolation(Choice, Function):
    """How pixels between others are computed: Keras 2 had more ways than Keras 3 has."""

    computes = True

    def parse(self, value: Any, layer: type[Layer]) -> str:
        return value if isinstance(value, Own) else super().parse(value, layer)

    def write(self, value: str) -> Any:
        return value.document if isinstance(value, Own) else value


class DataFormat(Choice):
    """Where the channels axis is; None takes the default of the network being built."""

    depends_on_build = True

    def __init__(self, *, any_case: bool = True) -> None:
        super().__init__("channels_last", "channels_first", any_case=any_case)

    def parse(self, value: Any, layer: type[Layer]) -> str:
        return current_build().data_format if value is None else super().parse(value, layer)


class Window(Kind):
    """An int, or one int for each spatial dimension: a kernel, a stride, a pool."""

    def __init__(self, minimum: int = 1, *, optional: bool = False) -> None:
        self.minimum = minimum
        self.optional = optional

    def parse(self, value: Any, layer: type[Layer]) -> tuple[int, ...] | None:
        if value is None and self.optional:
            return None
        return sizes(value, layer.rank, self.minimum)

    def code(self, value: tuple[int, ...] | None) -> str:
        return repr(value[0] if value and len(set(value)) == 1 else value)


class Margins(Kind):
    """Space before and after each spatial dimension: an int, ints, or pairs of ints.

    A layer with one spatial dimension takes an int or one pair, and writes one pair.
    """

    def parse(self, value: Any, layer: type[Layer]) -> tuple[Any, ...]:
        if layer.rank == 1:
            return sizes(value, 2, 0)
        if isinstance(value, int):
            value = (value,) * layer.rank
        if not isinstance(value, (list, tuple)) or len(value) != layer.rank:
            raise ValueError(f"a whole number, or {layer.rank} numbers or pairs of numbers")
        return tuple(sizes(item, 2, 0) for item in value)


class Shape(Kind):
    """A shape: whole numbers, each None where unknown."""

    def __init__(self, minimum: int = 0, *, optional: bool = False) -> None:
        self.minimum = minimum
        self.optional = optional

    def parse(self, value: Any, layer: type[Layer]) -> tuple[int | None, ...] | None:
        if value is None and self.optional:
            return None
        if not isinstance(value, (list, tuple)) or not all(
            item is None or (type(item) is int and item >= self.minimum) for item in value
        ):
            raise ValueError("a shape, such as (28, 28, 1)")
        return tuple(value)


class Activation(Function):
    """An activation's name; None is "linear"."""

    computes = True
    # Names under which Keras knows a function besides the one it writes.
    aliases = {"swish": "silu", "hard_swish": "hard_silu"}
    names = frozenset(
        """celu elu exponential gelu glu hard_shrink hard_sigmoid hard_silu hard_tanh leaky_relu
        linear log_sigmoid log_softmax mish relu relu6 selu sigmoid silu soft_shrink softmax
        softplus softsign sparse_plus sparse_sigmoid sparsemax squareplus tanh tanh_shrink
        threshold""".split()  # noqa: SIM905
    )

    def parse(self, value: Any, layer: type[Layer]) -> str:
        if value is None:
            return "linear"
        if isinstance(value, Own):
            return value
        name = self.aliases.get(value, value) if isinstance(value, str) else ""
        if name not in self.names:
            raise ValueError("the name of a Keras activation, such as 'relu'")
        return name

    def write(self, value: str) -> Any:
        return value.document if isinstance(value, Own) else value


class DType(Kind):
    """A dtype's name; None is `float32`, or with `optional` none."""

    names = frozenset(
        """bool uint8 uint16 uint32 uint64 int8 int16 int32 int64 float16 bfloat16 float32
        float64 float8_e4m3fn float8_e5m2 complex64 complex128 string""".split()  # noqa: SIM905
    )

    def __init__(self, *, optional: bool = False) -> None:
        self.optional = optional

    def parse(self, value: Any, layer: type[Layer]) -> str | None:
        if value is None:
            return None if self.optional else "float32"
        if not isinstance(value, str) or value not in self.names:
            raise ValueError("the name of a dtype, such as 'float32'")
        return value


class DTypePolicy(DType):
    """A dtype policy's name or config; None is `float32`.

    Plain (`float32`, `mixed_float16`), or for layers that have it a quantised one.
    """

    names = DType.names - {"int8", "float8_e4m3fn", "float8_e5m2"} | {
        "mixed_float16",
        "mixed_bfloat16",
    }
    plain = ("DTypePolicy", "FloatDTypePolicy")
    quantized = (
        "QuantizedDTypePolicy",
        "QuantizedFloat8DTypePolicy",
        "Int4DTypePolicy",
        "GPTQDTypePolicy",
        "AWQDTypePolicy",
    )

    def parse(self, value: Any, layer: type[Layer]) -> str:
        if isinstance(value, dict):
            value = self._name(value)
        policy = quantization(value) if isinstance(value, str) else None
        if policy is None:
            return super().parse(value, layer) or "float32"
        if policy.mode not in layer.quantizes:
            raise ValueError("a plain dtype policy, such as 'float32'")
        super().parse(source(value), layer)
        return str(value)

    def _name(self, value: dict[str, Any]) -> Any:
        kind, config = value.get("class_name"), value.get("config")
        if not isinstance(config, dict) or kind not in (*self.plain, *self.quantized):
            raise ValueError("a dtype policy, such as 'float32'")
        return config.get("name") if kind in self.plain else name_of(config)

    def write(self, value: str) -> dict[str, Any]:
        kind, config = config_of(value) if quantization(value) else ("DTypePolicy", {"name": value})
        return {
            "module": "keras" if kind in self.plain else "keras.dtype_policies",
            "class_name": kind,
            "config": config,
            "registered_name": None,
        }

    def code(self, value: str) -> str:
        if not value.startswith("float8/"):
            return literal(value)
        kind, config = config_of(value)
        given = ", ".join(map(literal, config.values()))
        return f"keras.dtype_policies.{kind}({given})"


class DTypeName(DTypePolicy):
    """A dtype policy of which a config holds the name alone: that of the weights' dtype."""

    def write(self, value: str) -> str:  # type: ignore[override]
        return "float32" if value.startswith("mixed_") else value


def literal(value: Any) -> str:
    """Return a value as Python code, strings in double quotes and ASCII."""
    if isinstance(value, str):
        return json.dumps(value)
    if isinstance(value, float) and not isfinite(value):
        return f'float("{value}")'
    if type(value) in (list, tuple):
        items = ", ".join(map(literal, value))
        return f"[{items}]" if isinstance(value, list) else f"({items}{',' * (len(value) == 1)})"
    return repr(value)


def constructor_code(layer: Layer) -> list[str]:
    """Return a layer's arguments as Keras code: required ones by position, others by name.

    Those that have their default are left out.
    """
    placed, named = [], []
    for key, argument in layer.arguments.items():
        value = vars(layer)[key]
        code = argument.kind.code(value)
        # Keras's functions fill in for operations what the classes do not.
        operation = layer.module.startswith("keras.src.ops.")
        if key == "batch_shape":
            named.append(f"batch_shape={code}")
        elif layer.defaults[key] is REQUIRED:
            placed.append(code)
        elif value != (argument.default if operation else layer.defaults[key]):
            named.append(f"{key}={code}")
    return [*placed, *named, f"name={literal(layer.name.replace('/', '_'))}"]


def sizes(value: Any, length: int, minimum: int) -> tuple[int, ...]:
    """Return an int repeated `length` times, or a sequence of that length. Raises ValueError."""
    if type(value) is int:
        value = (value,) * length
    if (
        not isinstance(value, (list, tuple))
        or len(value) != length
        or not all(type(item) is int and item >= minimum for item in value)
    ):
        raise ValueError(
            f"a whole number of at least {minimum}"
            + (f", or {length} of them" if length > 1 else " (or a list of one)")
        )
    return tuple(value)
