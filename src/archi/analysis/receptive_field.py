"""Receptive fields: which pixels of the input one position of a layer's output depends on.

Araujo, Norris and Sim: Computing Receptive Fields of Convolutional Neural Networks,
Distill 2019 (distill.pub/2019/computing-receptive-fields). Position i of an output depends
on `size` pixels from i × `stride` - `padding` on, in each spatial dimension; where paths
meet, on the smallest region that holds those of all paths. A region is not cut off at the
edges of the image, so it may be larger than the image.
"""

from __future__ import annotations

from functools import cache, reduce
from typing import NamedTuple

from archi.errors import LayerError
from archi.graph import COUNT, Graph, Node, Shape
from archi.twin.layer import ITSELF, UNEVEN, Reach


class Axis(NamedTuple):
    """The regions along one spatial axis, in pixels; `padding` None where it is unknown."""

    size: int
    stride: int
    padding: int | None


class Field(NamedTuple):
    """The regions that positions of a tensor depend on, an Axis for each spatial dimension.

    There are no axes where there is no such region: `why` says it, and is empty for what
    depends on no image at all. `image` are the spatial sizes of the input they lie in.
    """

    axes: tuple[Axis, ...] = ()
    why: str = ""
    image: Shape = ()

    @property
    def size(self) -> tuple[int, ...] | None:
        """Pixels in each spatial dimension that one position depends on."""
        return tuple(axis.size for axis in self.axes) or None

    @property
    def stride(self) -> tuple[int, ...] | None:
        """Pixels from the region of one position to that of the next."""
        return tuple(axis.stride for axis in self.axes) or None

    @property
    def padding(self) -> tuple[int, ...] | None:
        """Pixels by which the region of the first position begins before the image."""
        known = tuple(axis.padding for axis in self.axes if axis.padding is not None)
        return known if self.axes and len(known) == len(self.axes) else None


NO_IMAGE = Field()


def receptive_fields(graph: Graph) -> dict[Node, Field]:
    """Return the field of every call's outputs. Time is linear in the calls."""
    first = 1 if graph.data_format == "channels_last" else 2
    fields: dict[Node, Field] = {}
    for node in graph.nodes:
        fields[node] = _through(node, fields, first) if node.inputs else _of_input(node, first)
    return fields


def _of_input(node: Node, first: int) -> Field:
    """Every pixel by itself; a vector is no image, nor is what is there without an input."""
    shape = node.outputs[0].shape
    rank = len(shape) - 2
    if rank < 1 or node.layer.stands_alone:
        return NO_IMAGE
    return Field((Axis(1, 1, 0),) * rank, image=shape[first : first + rank])


def _through(node: Node, fields: dict[Node, Field], first: int) -> Field:
    """Return the field of a call's outputs from those of its inputs."""
    before = [fields[tensor.node] for tensor in node.inputs]
    field = before[0] if len(before) == 1 else _meeting(before, node.layer.name)
    if not field.axes:
        return field
    shapes = [tensor.shape for tensor in node.inputs if fields[tensor.node].axes]
    try:
        reach = node.layer.reach(shapes, _axes_from(first, len(field.axes)))
    except LayerError:  # a call in a file that its twin refuses
        reach = None
    if reach is ITSELF:
        return field
    if reach is UNEVEN:
        return Field(why=f"unlike regions from {node.layer.name} on")
    if reach is None:
        return Field(why=f"unbounded from {node.layer.name} on")
    axes = tuple([_seen_through(axis, each) for axis, each in zip(field.axes, reach, strict=True)])
    if any(max(axis.size, axis.stride, abs(axis.padding or 0)) >= COUNT for axis in axes):
        return Field(why=f"larger than 2**63 from {node.layer.name} on")
    return Field(axes, image=field.image)


@cache
def _axes_from(first: int, rank: int) -> tuple[int, ...]:
    return tuple(range(first, first + rank))


def _meeting(fields: list[Field], name: str) -> Field:
    """Return the field of what several paths come together in; vectors add nothing to it."""
    for field in fields:
        if field.why:
            return field
    fields = [field for field in fields if field.axes]
    if any(field.image != fields[0].image for field in fields):
        return Field(why=f"inputs of different sizes meet in {name}")
    return reduce(lambda one, other: _union(one, other, name), fields) if fields else NO_IMAGE


def _seen_through(axis: Axis, reach: Reach) -> Axis:
    """Return what a position sees through a window: r + (k-1)·S, s·S and P + p·S."""
    unknown = axis.padding is None or reach.before is None
    return Axis(
        axis.size + (reach.span - 1) * axis.stride,
        axis.stride * reach.stride,
        None if unknown else (axis.padding or 0) + (reach.before or 0) * axis.stride,
    )


def _union(one: Field, other: Field, name: str) -> Field:
    """Return the field of what two paths come together in."""
    if one is other or one.why or one == other:
        return one
    if one.stride != other.stride:
        return Field(why=f"paths of different strides meet in {name}")
    if one.padding is None or other.padding is None:
        return Field(why=f"the padding of the paths that meet in {name} is unknown")
    axes = tuple(map(_hull, one.axes, other.axes))
    return Field(axes, image=one.image)


def _hull(one: Axis, other: Axis) -> Axis:
    """Return the smallest regions that hold both."""
    a, b = one.padding or 0, other.padding or 0
    padding = max(a, b)
    return Axis(max(one.size - a, other.size - b) + padding, one.stride, padding)


def last_field(graph: Graph, fields: dict[Node, Field]) -> Field:
    """Return the field at the end of the network, before it becomes a vector.

    From the outputs back, past what has no positions of its own (vectors, and the single
    position that global pooling leaves). Of several ends the one that sees most.
    """
    first = 1 if graph.data_format == "channels_last" else 2
    ends: list[Field] = []
    seen: set[Node] = set()
    pending = [tensor.node for tensor in reversed(graph.outputs)]
    while pending:
        node = pending.pop()
        if node in seen:
            continue
        seen.add(node)
        field = fields[node]
        if field.axes or (field.why and _has_positions(node, first)):
            ends.append(field)
        else:
            pending += [tensor.node for tensor in reversed(node.inputs)]
    return max(ends, key=lambda field: (bool(field.why), field.size or ()), default=NO_IMAGE)


def _has_positions(node: Node, first: int) -> bool:
    """Whether an output has more than one position along some spatial axis."""
    shape = node.outputs[0].shape
    return any(size != 1 for size in shape[first : first + len(shape) - 2])
