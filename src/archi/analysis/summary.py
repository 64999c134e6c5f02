"""The summary of one network: its layer table, totals and stages."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from archi.analysis.counts import Counts, LayerCount, Totals, count, ratio
from archi.analysis.facts import facts
from archi.analysis.memory import most, total, training
from archi.analysis.receptive_field import Field
from archi.analysis.stages import Group, blocks, fold_repeats, stage_resolution, stages
from archi.errors import ArchiError, one_of, quote
from archi.graph import UNKNOWN, Graph, Shape, Tensor, collector_at_rest
from archi.report import Column, Note, Part, Report, Table
from archi.units import sizes

if TYPE_CHECKING:
    from archi.analysis.open_sizes import Opened


class Row(NamedTuple):
    """A row of the table: a layer, or a folded group of them."""

    name: str
    type: str
    output_shapes: list[Shape]
    params: int | None
    trainable_params: int | None
    macs: int | None
    flops: int | None
    inputs: list[str] | None  # None where it is just the row above
    layers: int
    block: str
    activation_bytes: int | None
    live_bytes: int | None
    moved_bytes: int | None
    field: Field


REASONS = 5  # shown for what is not counted
Getter = Callable[[Row, Totals], Any]
COLUMNS: dict[str, tuple[Column, Getter]] = {
    column.key: (column, getter)
    for column, getter in (
        (Column("name", "Layer", "name"), lambda row, _: row.name),
        (Column("class", "Type", "type"), lambda row, _: row.type),
        (Column("block", "Block", "name"), lambda row, _: row.block),
        (Column("layers", "Layers", "count"), lambda row, _: row.layers),
        (Column("output_shape", "Output", "shapes"), lambda row, _: row.output_shapes),
        (Column("params", "Params", "count"), lambda row, _: row.params),
        (Column("trainable_params", "Trainable", "count"), lambda row, _: row.trainable_params),
        (Column("params_share", "", "share"), lambda row, all: share(row.params, all.params)),
        (Column("macs", "MACs", "amount"), lambda row, _: row.macs),
        (Column("macs_share", "", "share"), lambda row, all: share(row.macs, all.macs)),
        (Column("flops", "FLOPs", "amount"), lambda row, _: row.flops),
        (Column("activation_bytes", "Activations", "bytes"), lambda row, _: row.activation_bytes),
        (Column("live_bytes", "Live", "bytes"), lambda row, _: row.live_bytes),
        (Column("moved_bytes", "Moved", "bytes"), lambda row, _: row.moved_bytes),
        (
            Column("intensity", "FLOPs/byte", "decimal"),
            lambda row, _: ratio(row.flops, row.moved_bytes),
        ),
        (Column("receptive_field", "Sees", "size"), lambda row, _: row.field.size),
        (Column("effective_stride", "Stride", "size"), lambda row, _: row.field.stride),
        (Column("effective_padding", "Padding", "size"), lambda row, _: row.field.padding),
        (Column("inputs", "Connected to", "names"), lambda row, _: row.inputs),
    )
}
LAYER_COLUMNS = (
    "name", "class", "output_shape", "params", "params_share", "macs", "macs_share", "inputs",
)  # fmt: skip
OPTIONAL = {"layers", "params_share", "macs_share", "inputs"}  # unless they are asked for
FOLDED_COLUMNS = (*LAYER_COLUMNS[:2], "layers", *LAYER_COLUMNS[2:])


def share(part: int | None, whole: int | None) -> float | None:
    """Return part / whole; None where unknown, 0 of nothing."""
    return None if part is None or whole is None else part / whole if whole else 0.0


def summarize(
    graph: Graph,
    *,
    depth: int | None = None,
    columns: list[str] | None = None,
    dtype: str | None = None,
    optimizer: str | None = None,
) -> Report:
    """Return the summary report of a graph.

    `depth` folds the table: 1 gives stages, 2 blocks, None (or more) every layer; the
    JSON always has every layer. `columns` are keys of `COLUMNS`. `dtype`, a key of
    `memory.PRECISIONS`, stands in for the network's own dtypes in all bytes. With an
    `optimizer`, a key of `memory.OPTIMIZERS`, the memory of training is there too.

    Raises ArchiError for an unknown column, dtype or optimizer.
    """
    with collector_at_rest():
        return _summarized(graph, depth, columns, dtype, optimizer)


def _summarized(
    graph: Graph,
    depth: int | None,
    columns: list[str] | None,
    dtype: str | None,
    optimizer: str | None,
) -> Report:
    counts = count(graph, dtype)
    found = _opened(graph)
    if found is not None:
        counts = _without_open(counts, found)
    trained = training(graph, optimizer, dtype) if optimizer else None
    groups = stages(graph, counts.layers)
    rows = _rows(graph, counts, groups, depth)
    folded = depth in (1, 2)
    keys = columns or list(FOLDED_COLUMNS if folded else LAYER_COLUMNS)
    unknown = [key for key in keys if key not in COLUMNS]
    if unknown:
        raise ArchiError(
            f"there is no column {quote(unknown[0])}", hint=f"columns are {one_of(list(COLUMNS))}"
        )
    chosen = [COLUMNS[key] for key in keys]
    table = Table(
        [column._replace(optional=not columns and column.key in OPTIONAL) for column, _ in chosen],
        [tuple(getter(row, counts.totals) for _, getter in chosen) for row in rows],
    )
    parts: list[Part] = [table, *_warnings(counts), facts(graph, counts, dtype, trained, found)]
    if depth != 1:
        parts.append(_stage_table(graph, groups, counts.totals))
    data = _data(graph, counts, groups)
    data |= found.data() if found else {}
    extra = {"dtype": dtype, "training": trained and trained._asdict()}
    data |= {key: value for key, value in extra.items() if value}
    return Report(_title(graph), data, parts)


def _opened(graph: Graph) -> Opened | None:
    """Return what is open of a network; most have nothing to look at twice."""
    shapes = graph.opened or [tensor.shape for tensor in graph.inputs]
    if not any(None in shape[1:] for shape in shapes):
        return None
    from archi.analysis.open_sizes import opened

    return opened(graph)


def _without_open(counts: Counts, found: Opened) -> Counts:
    """Return the counts without sums that leave out what is open, and no layer called unknown
    that is known at every length.
    """
    if not found.totals or not any(row.why for row in counts.uncounted):
        return counts
    rows = [
        row if row.layer.name in found.uncounted or row.params is None else row._replace(open=True)
        for row in counts.layers
    ]
    if not any(row.open and row.flops is None for row in rows):
        return counts
    totals = counts.totals._replace(macs=None, flops=None, intensity=None)
    return counts._replace(layers=rows, totals=totals)


def _title(graph: Graph) -> str:
    inputs = ", ".join(sizes(tensor.shape) for tensor in graph.inputs)
    outputs = ", ".join(sizes(tensor.shape) for tensor in graph.outputs)
    batch = f", batch {graph.batch}" if graph.batch > 1 else ""
    return f"{graph.title}   {inputs} → {outputs}{batch}"


def _rows(graph: Graph, counts: Counts, groups: list[Group], depth: int | None) -> list[Row]:
    if depth == 1:
        return _folded_rows([[group] for group in groups], deepest=False)
    if depth == 2:
        return _folded_rows(fold_repeats(blocks(counts.layers)), deepest=True)
    return _layer_rows(counts.layers)


def _layer_rows(layers: list[LayerCount]) -> list[Row]:
    rows = []
    above = ""
    listed = {each.layer.name for each in layers}
    for each in layers:
        name = each.layer.name
        inputs = [name for name in each.inputs if name in listed]
        rows.append(
            Row(
                name=name,
                type=each.layer.class_name,
                output_shapes=each.output_shapes,
                params=each.params,
                trainable_params=each.trainable_params,
                macs=each.macs,
                flops=each.flops,
                inputs=None if inputs in ([above], []) else inputs,
                layers=1,
                block=each.scope.path if each.scope else "",
                activation_bytes=each.activation_bytes,
                live_bytes=each.live_bytes,
                moved_bytes=each.moved_bytes,
                field=each.field,
            )
        )
        above = name
    return rows


def _folded_rows(folded: list[list[Group]], *, deepest: bool) -> list[Row]:
    home = {row.layer.name: group.name for same in folded for group in same for row in group.rows}
    rows = []
    above = ""
    for same in folded:
        first, last = same[0], same[-1]
        inputs = _group_inputs(first, home)
        layers = [row for group in same for row in group.rows]
        rows.append(
            Row(
                name=first.name if first is last else f"{first.name} … {_leaf(last)}",
                type=_type(first, len(same), deepest),
                output_shapes=[last.output_shape],
                params=total(group.params for group in same),
                trainable_params=total(group.trainable_params for group in same),
                macs=_times(first.macs, len(same)),
                flops=_times(first.flops, len(same)),
                inputs=None if inputs in ([above], []) else inputs,
                layers=len(layers),
                block=first.name,
                activation_bytes=total(row.activation_bytes for row in layers),
                live_bytes=most(row.live_bytes for row in layers),
                moved_bytes=total(row.moved_bytes for row in layers),
                field=last.rows[-1].field,
            )
        )
        above = last.name
    return rows


def _group_inputs(group: Group, home: dict[str, str]) -> list[str]:
    """Name the groups that this one reads, each once, in the order it reads them."""
    read = [home.get(name) for row in group.rows for name in row.inputs]
    return [name for name in dict.fromkeys(read) if name not in (None, group.name)]


def _leaf(group: Group) -> str:
    return group.scope.name if group.scope else group.name


def _type(group: Group, repeats: int, deepest: bool) -> str:
    if len(group.rows) == 1 and not group.scope:
        return group.rows[0].layer.class_name
    if deepest:
        kind = group.scope.kind if group.scope else ""
        return f"{kind or 'block'} ×{repeats}" if repeats > 1 else kind or "block"
    kinds = [f"{kind} ×{number}" if number > 1 else kind for kind, number in group.kinds]
    return ", ".join(kinds) or _classes(group)


def _classes(group: Group) -> str:
    """Say what a stage without blocks is by its weighted layers, `Conv2D` or `3 layers`."""
    classes = dict.fromkeys(row.layer.class_name for row in group.rows if row.macs != 0)
    return ", ".join(classes) or f"{len(group.rows)} layers"


def _times(value: int | None, factor: int) -> int | None:
    return None if value is None else value * factor


def _stage_table(graph: Graph, groups: list[Group], totals: Totals) -> Table:
    columns = [
        Column("name", "Stage", "name"),
        Column("blocks", "Blocks"),
        Column("resolution", "Resolution", "size"),
        Column("layers", "Layers", "count"),
        Column("params", "Params", "count"),
        Column("params_share", "", "share"),
        Column("macs", "MACs", "amount"),
        Column("macs_share", "", "share"),
    ]
    rows = [
        (
            group.name,
            _type(group, 1, deepest=False),
            stage_resolution(graph, group),
            len(group.rows),
            group.params,
            share(group.params, totals.params),
            group.macs,
            share(group.macs, totals.macs),
        )
        for group in groups
    ]
    return Table(columns, rows, title="Stages")


def _warnings(counts: Counts) -> list[Note]:
    reasons: dict[str, list[str]] = {}
    for row in counts.uncounted:
        reasons.setdefault(row.why, []).append(row.layer.name)
    notes = [f"Not counted: {_some(names)} ({why})" for why, names in reasons.items()]
    if len(notes) > REASONS:
        left = sum(len(names) for names in [*reasons.values()][REASONS:])
        notes[REASONS:] = [f"Not counted either: {left:,} more, for other reasons"]
    return [Note(note, warning=True) for note in notes]


def _some(names: list[str]) -> str:
    more = f" and {len(names) - 5:,} more" if len(names) > 5 else ""
    return ", ".join(names[:5]) + more


def _data(graph: Graph, counts: Counts, groups: list[Group]) -> dict[str, Any]:
    """The contract's JSON of `archi summary`."""
    return {
        "schema": 1,
        "model": graph.title,
        "source": graph.source,
        "inputs": [_tensor(tensor) for tensor in graph.inputs],
        "outputs": [_tensor(tensor) for tensor in graph.outputs],
        "totals": counts.totals._asdict(),
        "uncounted": [
            {"layer": row.layer.name, "class": row.layer.class_name, "why": row.why}
            for row in counts.uncounted
        ],
        "stages": [
            {
                "name": group.name,
                "resolution": stage_resolution(graph, group),
                "layers": len(group.rows),
                "params": group.params,
                "macs": group.macs,
            }
            for group in groups
        ],
        "layers": [_layer(row) for row in counts.layers],
    }


def _tensor(tensor: Tensor) -> dict[str, Any]:
    shape = _shape(tensor.shape)
    return {"name": tensor.node.layer.name, "shape": shape, "dtype": tensor.dtype}


def _shape(shape: Shape) -> Shape | None:
    return None if shape is UNKNOWN else shape


def _layer(row: LayerCount) -> dict[str, Any]:
    shapes = list(map(_shape, row.output_shapes))
    return {
        "name": row.layer.name,
        "class": row.layer.class_name,
        "block": row.scope.path if row.scope else "",
        "output_shape": shapes[0] if len(shapes) == 1 else shapes,
        "params": row.params,
        "trainable_params": row.trainable_params,
        "macs": row.macs,
        "flops": row.flops,
        "inputs": row.inputs,
        "activation_bytes": row.activation_bytes,
        "live_bytes": row.live_bytes,
        "moved_bytes": row.moved_bytes,
        "intensity": row.intensity,
        "receptive_field": row.field.size,
        "effective_stride": row.field.stride,
        "effective_padding": row.field.padding,
    }
