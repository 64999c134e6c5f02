"""Attention (`keras/src/layers/attention`).

MACs are those of the projections, of the scores (each query with each key) and of the
sums of values that they weigh, whatever a mask leaves out. A bias, a scale, a gate and
the softmax are one FLOP for each element they are applied to.
"""

from __future__ import annotations

from typing import Any, ClassVar, NamedTuple

from archi.graph import Inference, Shape, Weight
from archi.twin.arguments import (
    Axes,
    Boolean,
    Choice,
    Integer,
    Kind,
    Number,
    arg,
    sizes,
)
from archi.twin.layer import Kept, Layer, is_shape, product, total
from archi.twin.objects import CONSTRAINT, INITIALIZER, REGULARIZER

LENGTH_UNKNOWN = "the length of a sequence is unknown"


class _Projection(NamedTuple):
    """A matrix product over the last axis: its weights, what it costs and what it gives."""

    weights: tuple[Weight, ...]
    macs: int | None
    biases: int | None  # additions
    shape: Shape

    @property
    def elements(self) -> int | None:
        """Elements of one sample of what it gives."""
        return product(*self.shape[1:])


class _HeadAttention(Layer):
    """What attention over several heads shares: how it is called, and its projections."""

    composed = True
    inputs_name = "query"
    call_arguments: ClassVar[tuple[str, ...]] = (
        "value",
        "key",
        "query_mask",
        "value_mask",
        "key_mask",
        "attention_mask",
        "return_attention_scores",
        "training",
        "use_causal_mask",
    )
    build_arguments = ("value", "key")
    wrappable = False

    dropout: float
    use_bias: bool
    use_gate: bool
    flash_attention: bool | None

    def validate(self) -> None:
        if self.flash_attention and self.dropout:
            raise self.refuse("flash_attention has no dropout", self.dropout)

    def kept(self) -> Kept:
        return Kept(inputs=True, outputs=False)

    def sources(self, query: Shape, value: Any, key: Any) -> tuple[Shape, Shape]:
        """Return the shapes of values and keys, which are the values where none are given.

        Raises LayerError where there are none, or they are not as many as each other.
        """
        key = value if key is None else key
        if not is_shape(value) or not is_shape(key):
            raise self.refuse("is called on a query, a value and perhaps a key", (value, key))
        if value[1:-1] != key[1:-1] or len(value) != len(key) or len(key) != len(query):
            raise self.refuse("wants as many keys as values", (query, value, key))
        return value, key

    def project(self, x: Shape, *into: int | None, summed: int = 1) -> _Projection:
        """Return the product of the last `summed` axes with a kernel that gives `into`."""
        sizes = (*x[-summed:], *into)
        known = tuple([size for size in sizes if size is not None])
        if len(known) < len(sizes):
            raise self.refuse("wants inputs whose last axis is known", x)
        kernel = Weight("kernel", known)
        bias = (Weight("bias", known[summed:]),) if self.use_bias else ()
        output = (*x[:-summed], *into)
        macs = product(kernel.size, *x[1:-summed])
        biases = product(*output[1:]) if self.use_bias else 0
        return _Projection((kernel, *bias), macs, biases, output)

    def attend(
        self,
        outputs: tuple[Shape, ...],
        projections: dict[str, _Projection],
        scores: Shape,
        result: _Projection,
        repeated: tuple[Shape, ...] = (),
    ) -> Inference:
        """Return the inference of the whole.

        `scores` is the shape of the scores, `result` what the heads give is projected by;
        `repeated` are copies of keys and values.
        """
        query, value = projections["query"], projections["value"]
        gate = projections.get("gate")
        every = [*projections.values(), result]
        weighed = product(*scores[1:])
        heads = (*query.shape[:-1], value.shape[-1])
        gated = (heads,) if gate else ()
        inner = (*[each.shape for each in projections.values()], *repeated, scores, heads, *gated)
        return Inference(
            outputs,
            tuple([weight for each in every for weight in each.weights]),
            total(
                *[each.macs for each in every],
                product(weighed, query.shape[-1]),
                product(weighed, value.shape[-1]),
            ),
            total(
                *[each.biases for each in every],
                query.elements,  # the scale
                weighed,  # the softmax
                product(2, gate.elements) if gate else 0,  # its sigmoid and what it multiplies
            ),
            why=LENGTH_UNKNOWN,
            inner=inner,
            kept=(*inner, scores) if self.dropout else None,  # those that are left
        )


class _OutputShape(Kind):
    """A size or a tuple of sizes; None is the query's own."""

    def parse(self, value: Any, layer: type[Layer]) -> tuple[int, ...] | None:
        if value is None:
            return None
        length = len(value) if isinstance(value, (list, tuple)) else 1
        return sizes(value, length, 1)


class MultiHeadAttention(_HeadAttention):
    """Scaled dot-product attention of several heads over one or more axes."""

    num_heads: int = arg(Integer(1))
    key_dim: int = arg(Integer(1))
    value_dim: int | None = arg(Integer(1, optional=True), None)
    dropout: float = arg(Number(0, 1), 0.0)
    use_bias: bool = arg(Boolean(), True)
    output_shape: tuple[int, ...] | None = arg(_OutputShape(), None)
    attention_axes: tuple[int, ...] | None = arg(Axes(optional=True, listed=True), None)
    sliding_window: int | None = arg(Integer(1, optional=True), None, omit=True)
    flash_attention: bool | None = arg(Boolean(optional=True), None, written=False)
    kernel_initializer: Any = arg(INITIALIZER, "glorot_uniform")
    bias_initializer: Any = arg(INITIALIZER, "zeros")
    kernel_regularizer: Any = arg(REGULARIZER, None)
    bias_regularizer: Any = arg(REGULARIZER, None)
    activity_regularizer: Any = arg(REGULARIZER, None)
    kernel_constraint: Any = arg(CONSTRAINT, None)
    bias_constraint: Any = arg(CONSTRAINT, None)
    use_gate: bool = arg(Boolean(), False, omit=True)
    seed: int | None = arg(Integer(optional=True), None)

    def validate(self) -> None:
        super().validate()
        self.value_dim = self.value_dim or self.key_dim  # as Keras writes it

    def infer(
        self,
        query: Shape,
        *,
        value: Any = None,
        key: Any = None,
        return_attention_scores: Any = False,
        **_: Any,
    ) -> Inference:
        value, key = self.sources(query, value, key)
        axes = self._axes(query, value)
        heads, width = self.num_heads, self.value_dim
        projections = {
            "query": self.project(query, heads, self.key_dim),
            "key": self.project(key, heads, self.key_dim),
        }
        if self.use_gate:
            projections["gate"] = self.project(query, heads, width)
        projections["value"] = self.project(value, heads, width)
        free = [query[axis] for axis in range(1, len(query) - 1) if axis not in axes]
        pairs = [*[query[axis] for axis in axes], *[value[axis] for axis in axes]]
        scores = (query[0], *free, heads, *pairs)
        features = self.output_shape or query[-1:]
        result = self.project((*query[:-1], heads, width), *features, summed=2)
        outputs = [(*query[:-1], *features)]
        if return_attention_scores:  # of the shape that Keras says, which is that of
            outputs.append((query[0], heads, query[1], query[1]))  # self-attention alone
        return self.attend(tuple(outputs), projections, scores, result)

    def _axes(self, query: Shape, value: Shape) -> tuple[int, ...]:
        """Return the axes attended over. Raises LayerError for others, or unlike free ones."""
        rank = len(query)
        axes = self._from_front(rank)
        once = len(set(axes)) == len(axes)
        if not (axes and once and all(0 < axis < rank - 1 for axis in axes)):
            raise self.refuse(f"wants an input with attention axes {self.attention_axes}", query)
        others = [(query[axis], value[axis]) for axis in range(1, rank - 1) if axis not in axes]
        if any(None not in pair and pair[0] != pair[1] for pair in others):
            raise self.refuse("wants values for each query", (query, value))
        return axes

    def _from_front(self, rank: int) -> tuple[int, ...]:
        """Return the attention axes; negative ones count the heads as an axis more."""
        if self.attention_axes is None:
            return tuple(range(1, rank - 1))
        return tuple([axis if axis >= 0 else rank + axis for axis in self.attention_axes])

    def build(self, x: Shape) -> None:
        super().build(x)
        self.attention_axes = self._from_front(len(x))  # which Keras writes from then on


class GroupQueryAttention(_HeadAttention):
    """Attention of which several heads of queries share keys and values."""

    base_name = "grouped_query_attention"

    head_dim: int = arg(Integer(1))
    num_query_heads: int = arg(Integer(1))
    num_key_value_heads: int = arg(Integer(1))
    dropout: float = arg(Number(0, 1), 0.0)
    use_bias: bool = arg(Boolean(), True)
    sliding_window: int | None = arg(Integer(1, optional=True), None, omit=True)
    flash_attention: bool | None = arg(Boolean(optional=True), None, written=False)
    kernel_initializer: Any = arg(INITIALIZER, "glorot_uniform")
    bias_initializer: Any = arg(INITIALIZER, "zeros")
    kernel_regularizer: Any = arg(REGULARIZER, None)
    bias_regularizer: Any = arg(REGULARIZER, None)
    activity_regularizer: Any = arg(REGULARIZER, None)
    kernel_constraint: Any = arg(CONSTRAINT, None)
    bias_constraint: Any = arg(CONSTRAINT, None)
    use_gate: bool = arg(Boolean(), False, omit=True)
    seed: int | None = arg(Integer(optional=True), None)

    def validate(self) -> None:
        super().validate()
        if self.num_query_heads % self.num_key_value_heads:
            raise self.refuse(
                f"num_query_heads must be a multiple of its {self.num_key_value_heads}"
                " heads of keys and values",
                self.num_query_heads,
            )

    def infer(
        self,
        query: Shape,
        *,
        value: Any = None,
        key: Any = None,
        return_attention_scores: Any = False,
        **_: Any,
    ) -> Inference:
        value, key = self.sources(query, value, key)
        if len(query) != 3:
            raise self.refuse("wants inputs of 3 dimensions, batch first", query)
        if query[-1] != value[-1]:
            raise self.refuse("wants queries and values of as many features", (query, value))
        heads, shared = self.num_query_heads, self.num_key_value_heads
        projections = {
            "query": self.project(query, heads, self.head_dim),
            "key": self.project(key, shared, self.head_dim),
        }
        if self.use_gate:
            projections["gate"] = self.project(query, heads, self.head_dim)
        projections["value"] = self.project(value, shared, self.head_dim)
        scores = (query[0], heads, query[1], value[1])
        result = self.project((*query[:-1], heads, self.head_dim), query[-1], summed=2)
        copies = ((value[0], value[1], heads, self.head_dim),) * 2 * (heads > shared)
        outputs = (query, scores) if return_attention_scores else (query,)
        return self.attend(outputs, projections, scores, result, copies)


class Attention(Layer):
    """Attention of a query over values, `[query, value]` or `[query, value, key]`."""

    merges = True
    wrappable = False
    call_arguments = ("mask", "training", "return_attention_scores", "use_causal_mask")

    use_scale: bool = arg(Boolean(), False)
    score_mode: str = arg(Choice("dot", "concat"), "dot")
    dropout: float = arg(Number(0, 1), 0.0)
    seed: int | None = arg(Integer(optional=True), None)

    def infer(self, *inputs: Shape, return_attention_scores: Any = False, **_: Any) -> Inference:
        if len(inputs) not in (2, 3):
            raise self.refuse("wants [query, value] or [query, value, key]", list(inputs))
        query, value, key = inputs[0], inputs[1], inputs[-1]
        if not 3 <= len(query) == len(value) == len(key):
            raise self.refuse("wants inputs of one rank, 3 or more", list(inputs))
        alike = zip(
            (*query[1:-2], query[-1], *key[1:-1]),
            (*key[1:-2], key[-1], *value[1:-1]),
            strict=True,
        )
        if any(None not in pair and pair[0] != pair[1] for pair in alike):
            raise self.refuse("wants as many keys as values, and of the query's size", list(inputs))
        scores = (*query[:-1], key[-2])
        weights, macs, elementwise, inner = self._score(query, scores)
        outputs = (*query[:-1], value[-1]), scores
        return Inference(
            outputs if return_attention_scores else outputs[:1],
            weights,
            total(macs, product(*scores[1:], value[-1])),
            total(elementwise, product(*scores[1:])),  # the softmax
            why=LENGTH_UNKNOWN,
            inner=(*inner, scores),
        )

    def _score(
        self, query: Shape, scores: Shape
    ) -> tuple[tuple[Weight, ...], int | None, int | None, tuple[Shape, ...]]:
        """Return weights, MACs, FLOPs and inner shapes of what gives the scores."""
        scale = (Weight("scale", ()),) if self.use_scale else ()
        pairs = product(*scores[1:])
        each = product(pairs, query[-1])
        if self.score_mode == "dot":
            return scale, each, pairs if self.use_scale else 0, ()
        # A sum, a scale, tanh and a sum over features for each pair, then one weight.
        flops = total(product(3 + self.use_scale, each), pairs)
        return (*scale, Weight("concat_score_weight", ())), 0, flops, ((*scores, query[-1]),)

    def kept(self) -> Kept:
        return Kept(inputs=True, outputs=False)


class AdditiveAttention(Attention):
    """Attention that scores a query and a key by tanh of their sum, summed over features."""

    score_mode = "additive"

    use_scale: bool = arg(Boolean(), True)
    dropout: float = arg(Number(0, 1), 0.0)
    seed: int | None = arg(Integer(optional=True), None)

    def _score(
        self, query: Shape, scores: Shape
    ) -> tuple[tuple[Weight, ...], int | None, int | None, tuple[Shape, ...]]:
        each = product(*scores[1:], query[-1])
        inner = ((*scores, query[-1]),)
        if not self.use_scale:
            return (), 0, product(3, each), inner  # a sum, tanh, and a sum over features
        return (Weight("scale", (self.known(query, -1),)),), each, product(2, each), inner
