"""Functions that only move elements: free. Many of them know sizes by the graph's own."""

from __future__ import annotations

from itertools import zip_longest
from typing import Any

from archi.graph import Inference, Shape, is_list
from archi.tensorflow._arguments import read_key
from archi.tensorflow.function import Function, as_shape, rule
from archi.twin.layer import product
from archi.twin.sizes import value_of


@rule("shape", "keras.backend.shape")
def shape(op: Function, input: Any, out_type: Any = None) -> Inference:
    """The sizes of a tensor as a tensor."""
    x = op.array(input)
    return op.free((len(x.shape),), out_type or "int32")._replace(values=(tuple(x.shape),))


@rule("shape_n")
def shape_n(op: Function, input: Any, out_type: Any = "int32") -> Inference:
    shapes = [op.array(each).shape for each in input]
    found = op.counted([((len(each),), out_type) for each in shapes], 0)
    return found._replace(values=tuple(tuple(each) for each in shapes))


@rule("size")
def size(op: Function, input: Any, out_type: Any = None) -> Inference:
    count = product(*op.array(input).shape)
    return op.free((), out_type or "int32")._replace(values=(count,))


@rule("rank")
def rank(op: Function, input: Any) -> Inference:
    return op.free((), "int32")._replace(values=(len(op.array(input).shape),))


@rule("broadcast_dynamic_shape")
def broadcast_dynamic_shape(op: Function, shape_x: Any, shape_y: Any) -> Inference:
    shape = op.broadcast(op.sizes(shape_x), op.sizes(shape_y))
    return op.free((len(shape),), "int32")._replace(values=(shape,))


@rule("reshape")
def reshape(op: Function, tensor: Any, shape: Any) -> Inference:
    """The same elements in a shape of which sizes may be the graph's own, or unknown."""
    x = op.array(tensor)
    found = op.free(_reshaped(op, x.shape, op.sizes(shape)), x.dtype)
    value = value_of(tensor)
    flat = isinstance(value, tuple) and len(found.outputs[0]) == 1
    return found._replace(values=(value,)) if flat else found


def _reshaped(op: Function, old: Shape, new: Shape) -> Shape:
    """Return a new shape with the one size that follows from the others."""
    unknown = [place for place, length in enumerate(new) if length in (None, -1)]
    fixed = product(*(length for length in new if length not in (None, -1)))
    count = product(*old)
    if count is None or (unknown and not fixed):
        return tuple(None if length == -1 else length for length in new)
    if len(unknown) == 1 and fixed and count % fixed == 0:
        return tuple(count // fixed if length in (None, -1) else length for length in new)
    if not unknown and fixed == count:
        return new
    if len(unknown) < 2:
        raise op.refuse(f"wants as many elements as {list(new)} has", list(old))
    return tuple(None if length == -1 else length for length in new)


@rule("keras.backend.flatten")
def flatten(op: Function, x: Any) -> Inference:
    x = op.array(x)
    return op.free((product(*x.shape),), x.dtype)


@rule("keras.backend.batch_flatten")
def batch_flatten(op: Function, x: Any) -> Inference:
    x = op.array(x)
    return op.free((x.shape[0], product(*x.shape[1:])), x.dtype)


@rule("keras.backend.repeat")
def backend_repeat(op: Function, x: Any, n: Any) -> Inference:
    """Vectors n times over along a new axis after the batch."""
    x = op.array(x)
    return op.free((x.shape[0], op.size(n), *x.shape[1:]), x.dtype)


@rule("transpose")
def transpose(op: Function, a: Any, perm: Any = None, conjugate: Any = False) -> Inference:
    return op.like("Transpose", {"axes": op.axes(perm)}, a)


@rule("linalg.matrix_transpose", "linalg.adjoint")
def matrix_transpose(op: Function, a: Any, conjugate: Any = False) -> Inference:
    """Matrices with rows for columns."""
    x = op.array(a)
    if len(x.shape) < 2:
        raise op.refuse("wants matrices", x.shape)
    return op.free((*x.shape[:-2], x.shape[-1], x.shape[-2]), x.dtype)


@rule("expand_dims")
def expand_dims(op: Function, input: Any, axis: Any) -> Inference:
    return op.like("ExpandDims", {"axis": op.axes(axis)}, input)


@rule("squeeze")
def squeeze(op: Function, input: Any, axis: Any = None) -> Inference:
    return op.like("Squeeze", {"axis": op.axes(axis) or None}, input)


@rule("tile", "keras.backend.tile")
def tile(op: Function, input: Any, multiples: Any) -> Inference:
    """The tensor several times over along each axis."""
    x = op.array(input)
    times = op.sizes(multiples, len(x.shape))
    if len(times) != len(x.shape):
        raise op.refuse(f"wants {len(x.shape)} multiples", list(times))
    return op.free(tuple(map(product, x.shape, times)), x.dtype)


@rule("repeat", "keras.backend.repeat_elements")
def repeat(op: Function, input: Any, repeats: Any, axis: Any = None) -> Inference:
    """Each element so many times; how often may be in the numbers."""
    x = op.array(input)
    if axis is None:
        x = as_shape(x, (product(*x.shape),))
    place = op.axis_of(op.axes(axis or 0), len(x.shape))
    times = value_of(repeats)
    length = product(x.shape[place], times) if isinstance(times, int) else None
    if isinstance(times, tuple):
        known = None if None in times else sum(map(int, times))  # type: ignore[arg-type]
        length = product(x.shape[place], times[0]) if len(times) == 1 else known
    return op.free((*x.shape[:place], length, *x.shape[place + 1 :]), x.dtype)


@rule("broadcast_to")
def broadcast_to(op: Function, input: Any, shape: Any) -> Inference:
    x, sizes = op.array(input), op.sizes(shape)
    op.broadcast(x.shape, sizes)
    return op.free(sizes, x.dtype)


@rule("pad")
def pad(
    op: Function, tensor: Any, paddings: Any, mode: Any = "CONSTANT", constant_values: Any = 0
) -> Inference:
    """Elements before and after each axis; how many may be in the numbers."""
    x = op.array(tensor)
    if not is_list(paddings):
        return op.free((None,) * len(x.shape), x.dtype)
    if len(paddings) != len(x.shape):
        raise op.refuse(f"wants a tensor of rank {len(paddings)}", x.shape)
    pairs = [op.sizes(pair, 2) for pair in paddings]
    sizes = (_sum(length, *pair) for length, pair in zip(x.shape, pairs, strict=True))
    return op.free(tuple(sizes), x.dtype)


def _sum(*terms: int | None) -> int | None:
    return None if None in terms else sum(terms)  # type: ignore[arg-type]


def _padded(op: Function, x: Any, padding: Any, data_format: Any, axes: int) -> Inference:
    """Return the inference of zeros around each of the axes of positions."""
    x = op.array(x)
    first = 2 if data_format == "channels_first" else 1
    shape = list(x.shape)
    for place in range(axes):
        shape[first + place] = _sum(shape[first + place], *padding[place])
    return op.free(tuple(shape), x.dtype)


@rule("keras.backend.temporal_padding")
def temporal_padding(op: Function, x: Any, padding: Any = (1, 1)) -> Inference:
    return _padded(op, x, [padding], None, 1)


@rule("keras.backend.spatial_2d_padding")
def spatial_2d_padding(
    op: Function, x: Any, padding: Any = ((1, 1), (1, 1)), data_format: Any = None
) -> Inference:
    return _padded(op, x, padding, data_format, 2)


@rule("keras.backend.spatial_3d_padding")
def spatial_3d_padding(
    op: Function, x: Any, padding: Any = ((1, 1), (1, 1), (1, 1)), data_format: Any = None
) -> Inference:
    return _padded(op, x, padding, data_format, 3)


@rule("concat", "keras.backend.concatenate")
def concat(op: Function, values: Any, axis: Any = -1) -> Inference:
    """Tensors, and lists of the graph's own sizes, side by side."""
    parts = [op.array(each, values) for each in (values if is_list(values) else [values])]
    place = op.axes(axis)
    if len(parts) == 1:
        return op.free(parts[0].shape, parts[0].dtype)
    found = op.like("Concatenate", {"axis": place}, parts)
    if any(value_of(each) is not None for each in values):
        sizes = [op.sizes(value, part.shape[0]) for value, part in zip(values, parts, strict=True)]
        return found._replace(values=(tuple([n for part in sizes for n in part]),))
    return found


@rule("stack", "parallel_stack")
def stack(op: Function, values: Any, axis: Any = 0) -> Inference:
    """Tensors along a new axis; of sizes, a shape."""
    listed = values if is_list(values) else [values]
    parts = [op.array(each, values) for each in listed]
    found = op.like("Stack", {"axis": op.axes(axis)}, parts)
    scalars = all(not part.shape for part in parts)
    return found._replace(values=(value_of(listed),)) if scalars else found


@rule("split")
def split(
    op: Function, value: Any, num_or_size_splits: Any, axis: Any = 0, num: Any = None
) -> Inference:
    """So many equal parts, or parts of given sizes, one of which may be what is left."""
    x = op.array(value)
    place = op.axis_of(op.axes(axis), len(x.shape))
    length = x.shape[place]
    parts = _parts(op, length, num_or_size_splits, num)
    outputs = [((*x.shape[:place], part, *x.shape[place + 1 :]), x.dtype) for part in parts]
    return op.counted(outputs, 0)


def _parts(op: Function, length: int | None, wanted: Any, num: Any) -> list[int | None]:
    known = value_of(wanted)
    if isinstance(known, int):
        if known < 1 or (length is not None and length % known):
            raise op.refuse(f"wants a size that {known} divides", length)
        return op.several(None if length is None else length // known, known)
    sizes = list(op.sizes(wanted, num))
    if sizes.count(-1) == 1:
        others = _sum(*(size for size in sizes if size != -1))
        left = None if None in (length, others) else length - others  # type: ignore[operator]
        return [left if size == -1 else size for size in sizes]
    return sizes


@rule("unstack")
def unstack(op: Function, value: Any, num: Any = None, axis: Any = 0) -> Inference:
    x = op.array(value)
    found = op.like("Unstack", {"num": op.size(num), "axis": op.axes(axis)}, x)
    known = value_of(value)
    return found._replace(values=known) if isinstance(known, tuple) else found


@rule("slice")
def slice_(op: Function, input_: Any, begin: Any, size: Any) -> Inference:
    """The part that begins somewhere; a size of -1 is all that is left."""
    x = op.array(input_)
    rank = len(x.shape)
    starts, sizes = op.sizes(begin, rank), op.sizes(size, rank)
    if len(starts) != rank or len(sizes) != rank:
        raise op.refuse(f"wants {rank} places and sizes", [list(starts), list(sizes)])
    shape = tuple(
        n if n != -1 else (None if None in (whole, start) else whole - start)  # type: ignore[operator]
        for whole, start, n in zip(x.shape, starts, sizes, strict=True)
    )
    found = op.free(shape, x.dtype)
    known = value_of(input_)
    if isinstance(known, tuple) and starts[0] is not None and shape[0] is not None:
        return found._replace(values=(known[starts[0] : starts[0] + shape[0]],))
    return found


@rule("__operators__.getitem")
def getitem(op: Function, tensor: Any, slice_spec: Any) -> Inference:
    """`x[key]`, of which indices and bounds may be tensors."""
    x = op.array(tensor)
    key = read_key(slice_spec)
    keys = list(key) if is_list(key) else [key]
    taken = sum(not (each is None or each is Ellipsis) for each in keys)
    if not any(each is Ellipsis for each in keys):
        keys.append(Ellipsis)
    left, shape = list(x.shape), []
    if taken > len(left):
        raise op.refuse("has more indices than the input has axes", len(left))
    for place, each in enumerate(keys):
        if each is Ellipsis:
            count = len(left) - sum(
                not (item is None or item is Ellipsis) for item in keys[place + 1 :]
            )
            shape += left[:count]
            del left[:count]
        elif each is None:
            shape.append(1)
        elif isinstance(each, slice):
            shape.append(_length(left.pop(0), each))
        else:
            op.size(each)
            left.pop(0)
    found = op.free(tuple(shape), x.dtype)
    known = value_of(tensor)
    return found._replace(values=(_item(known, keys[0]),)) if isinstance(known, tuple) else found


def _length(size: int | None, key: slice) -> int | None:
    """Return how many a slice takes, None where a bound or the size is unknown."""
    bounds = [_bound(each) for each in (key.start, key.stop, key.step)]
    if any(each is False for each in bounds) or size is None:
        return None
    return len(range(*slice(*bounds).indices(size)))


def _bound(bound: Any) -> Any:
    """Return a bound of a slice, False where it is unknown."""
    if bound is None:
        return None
    known = value_of(bound)
    return known if isinstance(known, int) else False


def _item(known: Shape, key: Any) -> Any:
    if isinstance(key, slice):
        bounds = [_bound(each) for each in (key.start, key.stop, key.step)]
        return None if any(each is False for each in bounds) else known[slice(*bounds)]
    place = value_of(key)
    return known[place] if isinstance(place, int) and -len(known) <= place < len(known) else None


@rule("strided_slice")
def strided_slice(
    op: Function,
    input_: Any,
    begin: Any,
    end: Any,
    strides: Any = None,
    begin_mask: Any = 0,
    end_mask: Any = 0,
    ellipsis_mask: Any = 0,
    new_axis_mask: Any = 0,
    shrink_axis_mask: Any = 0,
) -> Inference:
    """`x[key]`, the key in numbers: a bit of a mask says what is special of an axis."""
    starts, ends = op.sizes(begin), op.sizes(end)
    steps = (1,) * len(starts) if strides is None else op.sizes(strides)
    masks = [begin_mask, end_mask, ellipsis_mask, new_axis_mask, shrink_axis_mask]
    masks = [int(mask or 0) for mask in masks]
    key: list[Any] = []
    for place, bounds in enumerate(zip(starts, ends, steps, strict=True)):
        first, last, dots, new, one = (mask >> place & 1 for mask in masks)
        if dots or new:
            key.append(Ellipsis if dots else None)
        elif one:
            key.append(0 if bounds[0] is None else bounds[0])
        else:
            start, stop, step = bounds
            open_ = Ellipsis  # no number: an unknown bound
            key.append(
                slice(
                    None if first else open_ if start is None else start,
                    None if last else open_ if stop is None else stop,
                    open_ if step is None else step,
                )
            )
    return getitem(op, input_, key)


@rule("nn.embedding_lookup")
def embedding_lookup(
    op: Function, params: Any, ids: Any, max_norm: Any = None, partition_strategy: Any = None
) -> Inference:
    """Rows of a matrix by their numbers."""
    return gather(op, params, ids)


@rule("gather", "keras.backend.gather")
def gather(
    op: Function,
    params: Any,
    indices: Any,
    validate_indices: Any = None,
    axis: Any = None,
    batch_dims: Any = 0,
) -> Inference:
    """Slices along an axis by their places."""
    params = params[0] if is_list(params) and len(params) == 1 else params
    x, places = op.array(params), op.array(indices)
    if not x.shape:
        raise op.refuse("wants a tensor that has axes", x.shape)
    batch = op.whole(batch_dims or 0, "batch_dims")
    batch += len(places.shape) if batch < 0 else 0
    at = batch if axis is None else op.axis_of(op.axes(axis), len(x.shape))
    common = tuple(a if b is None else b for a, b in zip(x.shape, places.shape, strict=False))
    shape = (*common[:batch], *x.shape[batch:at], *places.shape[batch:], *x.shape[at + 1 :])
    found = op.free(shape, x.dtype)
    known, place = value_of(params), value_of(indices)
    if isinstance(known, tuple) and place is not None:
        one = _item(known, place) if isinstance(place, int) else None
        many = tuple(known[i] for i in place if i is not None) if isinstance(place, tuple) else one
        return found._replace(values=(many,))
    return found


@rule("batch_gather")
def batch_gather(op: Function, params: Any, indices: Any) -> Inference:
    places = op.array(indices)
    return gather(op, params, indices, batch_dims=len(places.shape) - 1)


@rule("gather_nd")
def gather_nd(op: Function, params: Any, indices: Any, batch_dims: Any = 0) -> Inference:
    """Slices by several indices each."""
    x, places = op.array(params), op.array(indices)
    batch = op.whole(batch_dims or 0, "batch_dims")
    depth = places.shape[-1] if places.shape else None
    if depth is None:
        raise op.refuse("wants indices whose last size is known", places.shape)
    return op.free((*places.shape[:-1], *x.shape[batch + depth :]), x.dtype)


@rule("boolean_mask")
def boolean_mask(op: Function, tensor: Any, mask: Any, axis: Any = None) -> Inference:
    """What a mask leaves; how much that is, is in the numbers."""
    x, seen = op.array(tensor), op.array(mask)
    at = op.whole(axis or 0, "the axis")
    return op.free((*x.shape[:at], None, *x.shape[at + len(seen.shape) :]), x.dtype)


@rule("reverse", "keras.backend.reverse")
def reverse(op: Function, tensor: Any, axis: Any) -> Inference:
    x = op.array(tensor)
    return op.free(x.shape, x.dtype)


@rule("reverse_sequence", "random.shuffle")
def reverse_sequence(
    op: Function,
    input: Any,
    seq_lengths: Any = None,
    seq_axis: Any = None,
    batch_axis: Any = None,
    seq_dim: Any = None,
    batch_dim: Any = None,
) -> Inference:
    x = op.array(input)
    return op.free(x.shape, x.dtype)


@rule("roll", "signal.fftshift", "signal.ifftshift")
def roll(op: Function, input: Any, shift: Any = None, axis: Any = None) -> Inference:
    x = op.array(input)
    return op.free(x.shape, x.dtype)


@rule("meshgrid")
def meshgrid(op: Function, *args: Any, indexing: str = "xy", **_: Any) -> Inference:
    """Each vector along an axis of its own, and repeated along the others."""
    vectors = [op.array(each) for each in args]
    sizes = [product(*each.shape) for each in vectors]
    if indexing == "xy" and len(sizes) > 1:
        sizes[:2] = sizes[1::-1]
    return op.counted([(tuple(sizes), each.dtype) for each in vectors], 0)


@rule("nn.depth_to_space", "nn.space_to_depth")
def depth_to_space(
    op: Function, input: Any, block_size: Any, data_format: Any = "NHWC"
) -> Inference:
    """Channels as blocks of positions, or the other way round."""
    first = str(data_format).startswith("NC")
    name = "DepthToSpace" if "depth_to" in op.function_name else "SpaceToDepth"
    config = {
        "block_size": op.whole(block_size, "block_size"),
        "data_format": "channels_first" if first else "channels_last",
    }
    return op.like(name, config, input)


@rule("space_to_batch", "space_to_batch_nd", "nn.space_to_batch")
def space_to_batch(
    op: Function, input: Any, block_shape: Any = None, paddings: Any = None, block_size: Any = None
) -> Inference:
    """Blocks of positions as samples."""
    x = op.array(input)
    blocks = op.sizes(block_shape) if block_shape is not None else (op.size(block_size),) * 2
    pairs = [op.sizes(pair, 2) for pair in paddings]
    moved = [
        None if None in (block, padded) else padded // block  # type: ignore[operator]
        for block, padded in zip(
            blocks, map(_sum, x.shape[1:], *zip(*pairs, strict=True)), strict=False
        )
    ]
    rest = x.shape[1 + len(moved) :]
    return op.free((product(x.shape[0], *blocks), *moved, *rest), x.dtype)


@rule("batch_to_space", "batch_to_space_nd")
def batch_to_space(
    op: Function, input: Any, block_shape: Any = None, crops: Any = None, block_size: Any = None
) -> Inference:
    """Samples as blocks of positions."""
    x = op.array(input)
    blocks = op.sizes(block_shape) if block_shape is not None else (op.size(block_size),) * 2
    blocks = blocks * 2 if block_shape is not None and not is_list(block_shape) else blocks
    gone = [_sum(*op.sizes(pair, 2)) for pair in crops]
    moved = [
        None if None in (n, block, cut) else n * block - cut  # type: ignore[operator]
        for n, block, cut in zip(x.shape[1:], blocks, gone, strict=False)
    ]
    factor, batch = product(*blocks), x.shape[0]
    samples = None if batch is None or not factor else batch // factor
    return op.free((samples, *moved, *x.shape[1 + len(moved) :]), x.dtype)


@rule("tensor_scatter_nd_update")
def scatter_update(op: Function, tensor: Any, indices: Any, updates: Any) -> Inference:
    """The tensor with other values at some places."""
    x = op.array(tensor)
    return op.free(x.shape, x.dtype)


@rule(*(f"tensor_scatter_nd_{kind}" for kind in ("add", "max", "min", "sub")))
def scatter_combine(op: Function, tensor: Any, indices: Any, updates: Any) -> Inference:
    """The tensor with values combined with others at some places: one FLOP for each of them."""
    x = op.array(tensor)
    return op.counted([(x.shape, x.dtype)], product(*op.array(updates).shape))


@rule("scatter_nd")
def scatter_nd(op: Function, indices: Any, updates: Any, shape: Any) -> Inference:
    """Zeros but for values at some places, summed."""
    x = op.array(updates)
    return op.counted([(op.sizes(shape), x.dtype)], product(*x.shape))


@rule("dynamic_stitch")
def dynamic_stitch(op: Function, indices: Any, data: Any) -> Inference:
    x, places = op.array(data[0]), op.array(indices[0])
    return op.free((None, *x.shape[len(places.shape) :]), x.dtype)


@rule("dynamic_partition")
def dynamic_partition(op: Function, data: Any, partitions: Any, num_partitions: Any) -> Inference:
    """The rows in as many parts; how many each has is in the numbers."""
    x, parts = op.array(data), op.array(partitions)
    shape = (None, *x.shape[len(parts.shape) :])
    return op.counted(op.several((shape, x.dtype), op.whole(num_partitions, "num_partitions")), 0)


@rule("unique")
def unique(op: Function, x: Any, out_idx: Any = "int32") -> Inference:
    x = op.array(x)
    return op.counted([((None,), x.dtype), (x.shape, out_idx)], 0)


@rule("unique_with_counts")
def unique_with_counts(op: Function, x: Any, out_idx: Any = "int32") -> Inference:
    x = op.array(x)
    return op.counted([((None,), x.dtype), (x.shape, out_idx), ((None,), out_idx)], 0)


@rule("unravel_index")
def unravel_index(op: Function, indices: Any, dims: Any) -> Inference:
    x = op.array(indices)
    return op.free((len(op.sizes(dims)), *x.shape), x.dtype)


@rule("compat.v1.setdiff1d")
def setdiff1d(op: Function, x: Any, y: Any, index_dtype: Any = "int32") -> Inference:
    x = op.array(x)
    return op.counted([((None,), x.dtype), ((None,), index_dtype)], 0)


@rule("linalg.diag")
def diag(
    op: Function,
    diagonal: Any,
    k: Any = 0,
    num_rows: Any = -1,
    num_cols: Any = -1,
    padding_value: Any = 0,
    align: Any = "",
) -> Inference:
    """Matrices with diagonals among zeros."""
    x = op.array(diagonal)
    low, high = (tuple(k) * 2)[:2] if is_list(k) else (k, k)
    outer = x.shape[:-1] if low == high else x.shape[:-2]
    length, rows, columns = x.shape[-1], op.size(num_rows), op.size(num_cols)
    least_rows = _sum(length, max(-high, 0))
    least_columns = _sum(length, max(low, 0))
    if rows == -1 and columns == -1:
        side = None if None in (least_rows, least_columns) else max(least_rows, least_columns)  # type: ignore[type-var]
        return op.free((*outer, side, side), x.dtype)
    return op.free(
        (*outer, least_rows if rows == -1 else rows, least_columns if columns == -1 else columns),
        x.dtype,
    )


@rule("linalg.diag_part")
def diag_part(
    op: Function, input: Any, k: Any = 0, padding_value: Any = 0, align: Any = ""
) -> Inference:
    """The diagonals of matrices."""
    x = op.array(input)
    low, high = (tuple(k) * 2)[:2] if is_list(k) else (k, k)
    rows, columns = x.shape[-2:]
    length = None
    if rows is not None and columns is not None:
        length = min(rows + min(high, 0), columns - max(low, 0))
    several = () if low == high else (high - low + 1,)
    return op.free((*x.shape[:-2], *several, length), x.dtype)


@rule("linalg.set_diag", "linalg.band_part")
def set_diag(
    op: Function,
    input: Any,
    diagonal: Any = None,
    num_upper: Any = None,
    k: Any = 0,
    align: Any = "",
    num_lower: Any = None,
) -> Inference:
    """Matrices with other elements on their diagonals, or with zeros off a band."""
    x = op.array(input)
    return op.free(x.shape, x.dtype)


@rule("linalg.tensor_diag")
def tensor_diag(op: Function, diagonal: Any) -> Inference:
    x = op.array(diagonal)
    return op.free(x.shape * 2, x.dtype)


@rule("linalg.tensor_diag_part")
def tensor_diag_part(op: Function, input: Any) -> Inference:
    x = op.array(input)
    half = len(x.shape) // 2
    pairs = zip_longest(x.shape[:half], x.shape[half:])
    return op.free(tuple(b if a is None else a for a, b in pairs), x.dtype)
