"""Functions of each element that Keras 3 has no operation for."""

from __future__ import annotations

from typing import Any

from archi.graph import Inference
from archi.tensorflow._arguments import own_dtype
from archi.tensorflow.function import Function, rule
from archi.twin.layer import product


@rule(
    "math.bessel_i0e",
    "math.bessel_i1",
    "math.bessel_i1e",
    "math.digamma",
    "math.erfcinv",
    "math.lgamma",
    "math.ndtri",
    "math.reciprocal_no_nan",
)
def special(op: Function, x: Any) -> Inference:
    """A function of each element."""
    x = op.array(x)
    return op.maps(x.shape, x.dtype)


@rule("math.zeta", "math.xdivy", "math.multiply_no_nan", "truncatediv", "truncatemod")
def special_of_two(op: Function, x: Any, y: Any) -> Inference:
    """A function of two operands that broadcast, one FLOP an element."""
    return op.like("Multiply", {}, x, y)


@rule("math.igamma", "math.igammac", "math.polygamma")
def gamma_of_two(op: Function, a: Any, x: Any) -> Inference:
    """A function of two operands that broadcast, one FLOP an element."""
    return op.like("Multiply", {}, a, x)


@rule("math.squared_difference", "math.xlogy", "math.xlog1py")
def two_steps_of_two(op: Function, x: Any, y: Any) -> Inference:
    """(x − y)², x · log y: two FLOPs an element."""
    one = op.like("Multiply", {}, x, y)
    return one._replace(elementwise=product(2, one.elementwise))


@rule("math.betainc")
def betainc(op: Function, a: Any, b: Any, x: Any) -> Inference:
    operands = [op.array(each, a, b, x) for each in (a, b, x)]
    shape = op.broadcast(*(each.shape for each in operands))
    return op.maps(shape, operands[0].dtype)


@rule("math.polyval")
def polyval(op: Function, coeffs: Any, x: Any) -> Inference:
    """A polynomial by Horner's rule: a product and a sum for each coefficient but the first."""
    x = op.array(x)
    shape = op.broadcast(x.shape, *(op.shape_of(each) for each in coeffs))
    return op.maps(shape, x.dtype, 2 * max(len(coeffs) - 1, 0))


@rule("math.add_n", "math.accumulate_n")
def add_n(op: Function, inputs: Any) -> Inference:
    """The sum of tensors of one shape."""
    inputs = [op.array(each, inputs) for each in (inputs if isinstance(inputs, list) else [inputs])]
    op.alike([each.shape for each in inputs])
    shape = tuple(
        next((size for size in sizes if size is not None), None)
        for sizes in zip(*(each.shape for each in inputs), strict=True)
    )
    return op.maps(shape, inputs[0].dtype, len(inputs) - 1)


@rule("nn.bias_add", "nn.bias_add_v1", "keras.backend.bias_add")
def bias_add(op: Function, value: Any, bias: Any, data_format: Any = None) -> Inference:
    """A number added to each channel."""
    value = op.array(value)
    return op.maps(value.shape, value.dtype)


@rule("nn.crelu")
def crelu(op: Function, features: Any, axis: Any = -1) -> Inference:
    """What is positive beside what is negative."""
    x = op.array(features)
    place = op.axis_of(axis, len(x.shape))
    return op.maps(
        tuple(product(2, n) if i == place else n for i, n in enumerate(x.shape)), x.dtype
    )


@rule("nn.silu", "keras.activations.mish")
def silu(op: Function, features: Any, beta: Any = 1.0) -> Inference:
    x = op.array(features)
    return op.maps(x.shape, x.dtype)


@rule("keras.activations.relu", "keras.backend.relu")
def relu(
    op: Function, x: Any, alpha: Any = 0.0, max_value: Any = None, threshold: Any = 0.0
) -> Inference:
    x = op.array(x)
    return op.maps(x.shape, x.dtype)


@rule("clip_by_norm", "clip_by_average_norm")
def clip_by_norm(op: Function, t: Any, clip_norm: Any, axes: Any = None) -> Inference:
    """Squares and their sum, then a product: three FLOPs an element."""
    t = op.array(t)
    return op.maps(t.shape, t.dtype, 3)


@rule("clip_by_global_norm")
def clip_by_global_norm(
    op: Function, t_list: Any, clip_norm: Any, use_norm: Any = None
) -> Inference:
    """Squares and their sum over all tensors, then a product each; the norm is the last output."""
    arrays = [op.array(each) for each in t_list]
    counts = [product(3, *each.shape) for each in arrays]
    count = None if None in counts else sum(map(int, counts))  # type: ignore[arg-type]
    return op.counted([*((each.shape, each.dtype) for each in arrays), ((), "float32")], count)


@rule("dtypes.complex")
def complex_(op: Function, real: Any, imag: Any) -> Inference:
    shape = op.broadcast(op.array(real).shape, op.array(imag).shape)
    wide = "float64" in (op.array(real).dtype, op.array(imag).dtype)
    return op.maps(shape, "complex128" if wide else "complex64", 0)


@rule(*(f"compat.v1.to_{kind}" for kind in ("bfloat16", "double", "float", "int32", "int64")))
def to_dtype(op: Function, x: Any) -> Inference:
    """The elements in another dtype; no arithmetic."""
    kind = op.function_name.rpartition("_")[2]
    return op.free(op.array(x).shape, {"double": "float64", "float": "float32"}.get(kind, kind))


@rule("compat.v1.to_complex64", "compat.v1.to_complex128")
def to_complex(op: Function, x: Any) -> Inference:
    return op.free(op.array(x).shape, op.function_name.rpartition("_")[2])


@rule("keras.backend.cast_to_floatx")
def cast_to_floatx(op: Function, x: Any) -> Inference:
    return op.free(op.array(x).shape, "float32")


@rule("bitcast")
def bitcast(op: Function, input: Any, type: Any) -> Inference:
    return op.like("View", {"dtype": type}, op.array(input))


@rule("where")
def where(op: Function, condition: Any, x: Any = None, y: Any = None) -> Inference:
    """x where the condition holds, else y; without them, where it holds."""
    condition = op.array(condition)
    if x is None and y is None:
        return op.counted([((None, len(condition.shape)), "int64")], product(*condition.shape))
    return op.like("Where", {}, condition, op.array(x, x, y), op.array(y, x, y))


@rule("keras.backend.switch")
def switch(op: Function, condition: Any, then_expression: Any, else_expression: Any) -> Inference:
    then = op.array(then_expression)
    return op.maps(then.shape, then.dtype)


@rule(
    "debugging.check_numerics",
    "debugging.assert_all_finite",
    "compat.v1.Print",
    "keras.backend.print_tensor",
    "check_pinned",
    "grad_pass_through",
    "guarantee_const",
    "keras.backend.stop_gradient",
)
def itself(
    op: Function,
    tensor: Any,
    data: Any = None,
    message: Any = None,
    summarize: Any = None,
    first_n: Any = None,
    msg: Any = None,
) -> Inference:
    """The tensor, which is looked at."""
    tensor = op.array(tensor)
    return op.free(tensor.shape, tensor.dtype)._replace(values=(getattr(tensor, "value", None),))


@rule("ensure_shape")
def ensure_shape(op: Function, x: Any, shape: Any) -> Inference:
    """The tensor, of which more sizes are known now."""
    x = op.array(x)
    if shape is None:
        return op.free(x.shape, x.dtype)
    sizes = shape if isinstance(shape, (list, tuple)) else op.sizes(shape)
    if len(sizes) != len(x.shape):
        raise op.refuse(f"wants a tensor of rank {len(sizes)}", x.shape)
    return op.free(
        tuple(a if b is None else b for a, b in zip(x.shape, sizes, strict=True)), x.dtype
    )


@rule("identity_n", "tuple")
def identity_n(op: Function, input: Any) -> Inference:
    listed = input if isinstance(input, (list, tuple)) else [input]
    arrays = [op.array(each) for each in listed]
    return op.counted([(each.shape, each.dtype) for each in arrays], 0)


@rule("nn.dropout")
def dropout(
    op: Function, x: Any, rate: Any = None, noise_shape: Any = None, keep_prob: Any = None
) -> Inference:
    """Elements dropped and the others scaled: drawn, compared and multiplied."""
    x = op.array(x)
    return op.maps(x.shape, x.dtype, 3)


@rule("keras.backend.dropout")
def backend_dropout(op: Function, x: Any, level: Any, noise_shape: Any = None) -> Inference:
    return dropout(op, x, level)


@rule("math.is_non_decreasing", "math.is_strictly_increasing")
def is_increasing(op: Function, x: Any) -> Inference:
    """Each element against the one before, and whether all are so."""
    return op.reduces(op.array(x), (), "bool", 2)


@rule(
    "quantization.fake_quant_with_min_max_args",
    "quantization.fake_quant_with_min_max_vars",
    "quantization.fake_quant_with_min_max_vars_per_channel",
    "quantization.quantize_and_dequantize_v2",
    "quantization.quantize_and_dequantize",
    "quantization.dequantize",
)
def fake_quant(
    op: Function,
    inputs: Any,
    min: Any = None,
    max: Any = None,
    num_bits: Any = 8,
    narrow_range: Any = False,
    input_min: Any = None,
    input_max: Any = None,
    min_range: Any = None,
    max_range: Any = None,
    signed_input: Any = True,
    range_given: Any = False,
    round_mode: Any = None,
    mode: Any = None,
    axis: Any = None,
    dtype: Any = "float32",
) -> Inference:
    """Elements bounded, scaled, rounded and scaled back: four FLOPs each."""
    x = op.array(inputs)
    dtype = x.dtype if own_dtype(inputs).startswith("float") else "float32"
    return op.maps(x.shape, dtype, 4)


@rule("math.invert_permutation")
def invert_permutation(op: Function, x: Any) -> Inference:
    return op.free(op.array(x).shape, op.array(x).dtype)
