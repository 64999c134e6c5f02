"""Several networks side by side: their totals, and what each spends where.

Networks are aligned by how far the resolution has fallen, `/4` of the input and so on, so
that those with other input sizes or other names for their stages can be compared too.
"""

from __future__ import annotations

from collections.abc import Callable
from math import log2
from typing import Any, NamedTuple

from archi.analysis.counts import Counts, LayerCount, Totals, count
from archi.analysis.memory import total
from archi.analysis.stages import resolution, stage_resolution, stages
from archi.errors import ArchiError, one_of, quote
from archi.graph import Graph
from archi.report import Column, Note, Part, Report, Table
from archi.units import times

SORTS = ("params", "macs", "memory", "layers", "depth", "name")
GROUPINGS = ("stage", "type")
RATIOS = (
    "params", "macs", "flops", "layers", "depth",
    "weight_bytes", "activation_bytes", "peak_activation_bytes",
)  # fmt: skip
SIDE_BY_SIDE = 4  # more networks than this are rows, not columns, of the second tables,
SIDE_BY_SIDE_WIDTH = 60  # as are those with names longer than this together
ALIKE = 0.005  # MACs that differ by less are about the same
VECTOR = "vector"


class Entry(NamedTuple):
    """A network and its counts."""

    graph: Graph
    counts: Counts

    @property
    def totals(self) -> Totals:
        """The network's totals."""
        return self.counts.totals

    def figure(self, metric: str) -> int | None:
        """Return one of the totals; None for a sum that leaves out a layer."""
        if metric in ("macs", "flops") and self.counts.uncounted:
            return None
        value: int | None = getattr(self.totals, metric)
        return value


class Spent(NamedTuple):
    """What one network spends on one row: a resolution, or a type of layer."""

    params: int | None
    macs: int | None  # None where a layer is uncounted


NOTHING = Spent(0, 0)


def compare(graphs: list[Graph], *, sort: str | None = None, by: str = "stage") -> Report:
    """Return the comparison of networks; ratios are to the first one given.

    `sort` is one of `SORTS`, largest first (names from a to z), None for the order given;
    `by` is `stage`, resolutions, or `type`, classes of layers.

    Raises ArchiError for another `sort` or `by`, or where there is no network.
    """
    if not graphs:
        raise ArchiError("there is nothing to compare", hint="name two networks or more")
    for word, words in ((sort or SORTS[0], SORTS), (by, GROUPINGS)):
        if word not in words:
            raise ArchiError(f"can't compare by {quote(word)}", hint=f"try {one_of([*words])}")
    entries = [Entry(graph, count(graph)) for graph in graphs]
    first = entries[0]
    shown = sorted(entries, key=_order(sort)) if sort else entries
    parts: list[Part] = [_totals_table(shown, first), *_warnings(shown)]
    verdict = _verdict(*entries) if len(entries) == 2 else ""
    if verdict:
        parts.append(Note(verdict))
    parts += _spending_tables(shown, by)
    return Report(_title(entries), _data(shown, first), parts)


def _title(entries: list[Entry]) -> str:
    *others, last = _names(entries)
    names = f"{', '.join(others)} and {last}" if others else last
    batch = entries[0].graph.batch
    return (f"{len(entries)} networks" if len(entries) > SIDE_BY_SIDE else names) + (
        f", batch {batch}" if batch > 1 else ""
    )


def _warnings(entries: list[Entry]) -> list[Part]:
    return [
        Note(f"Not counted in {entry.graph.title}: {_few(entry.counts.uncounted)}", warning=True)
        for entry in entries
        if entry.counts.uncounted
    ]


def _few(rows: list[LayerCount]) -> str:
    more = f" and {len(rows) - 3:,} more" if len(rows) > 3 else ""
    return ", ".join(row.layer.name for row in rows[:3]) + more


def _names(entries: list[Entry]) -> list[str]:
    return [entry.graph.title for entry in entries]


def _order(sort: str) -> Callable[[Entry], Any]:
    if sort == "name":
        return lambda entry: entry.graph.title
    key = {"memory": "peak_activation_bytes"}.get(sort, sort)
    return lambda entry: -(entry.figure(key) or 0)


def _totals_table(entries: list[Entry], first: Entry) -> Table:
    columns = [
        Column("model", "Network", "name"),
        Column("params", "Params", "amount"),
        Column("params_ratio", "", "ratio"),
        Column("macs", "MACs", "amount"),
        Column("macs_ratio", "", "ratio"),
        Column("peak_activation_bytes", "Memory", "bytes"),
        Column("layers", "Layers", "count", optional=True),
        Column("depth", "Depth", "count"),
    ]
    rows = [
        (
            entry.graph.title,
            entry.totals.params,
            ratio(entry.totals.params, first.totals.params),
            entry.figure("macs"),
            ratio(entry.figure("macs"), first.figure("macs")),
            entry.totals.peak_activation_bytes,
            entry.totals.layers,
            entry.totals.depth,
        )
        for entry in entries
    ]
    return Table(columns, rows)


def ratio(value: int | None, first: int | None) -> float | None:
    """Return value / first; None where one is unknown or the first is 0."""
    return None if value is None or not first else value / first


def _verdict(a: Entry, b: Entry) -> str:
    """Say in a sentence which of two networks is larger, by how much and where."""
    ones, others = a.figure("macs"), b.figure("macs")
    if not ones or not others:
        return ""
    large, small = (a, b) if ones >= others else (b, a)
    name, other = large.graph.title, small.graph.title
    params = ratio(large.totals.params, small.totals.params)
    and_params = f" and {times(params)} the params" if params else ""
    more, less = abs(ones - others), min(ones, others)
    if more < ALIKE * less:
        return f"Both take about the same MACs; {name} has{and_params[4:]} of {other}."
    macs = times((less + more) / less)
    return f"{name} takes {macs} the MACs{and_params} of {other}.{_mostly(large, small, more)}"


def _mostly(large: Entry, small: Entry, more: int) -> str:
    """Say where more than half of a difference in MACs is, if it is in one place."""
    here, there = _by_resolution(large), _by_resolution(small)
    extra = {
        row: (spent.macs or 0) - (there.get(row, NOTHING).macs or 0) for row, spent in here.items()
    }
    most = max(extra, key=lambda row: extra[row])
    if 2 * extra[most] <= more or not isinstance(most, int):
        return ""
    return f" Most of what it does more is at 1/{most} of the input's resolution."


def _spending_tables(entries: list[Entry], by: str) -> list[Part]:
    spent = [_by_resolution(entry) if by == "stage" else _by_type(entry) for entry in entries]
    rows = list(dict.fromkeys(row for each in spent for row in each))
    if by == "stage":
        rows.sort(key=lambda row: (row == VECTOR, row if isinstance(row, int) else 0))
        labels = {row: _sized_label(row, entries) for row in rows}
    else:
        rows.sort(key=lambda row: -max(each.get(row, NOTHING).macs or 0 for each in spent))
        labels = {row: str(row) for row in rows}
    title = "resolution" if by == "stage" else "type of layer"
    tables: list[Part] = []
    for metric, word in (("macs", "MACs"), ("params", "Params")):
        values = [[getattr(each.get(row, NOTHING), metric) for row in rows] for each in spent]
        used = [i for i in range(len(rows)) if any(each[i] != 0 for each in values)]
        kept = {labels[rows[i]]: [each[i] for each in values] for i in used}
        tables.append(_spending_table(f"{word} by {title}", entries, kept))
    return tables


def _spending_table(title: str, entries: list[Entry], rows: dict[str, list[int | None]]) -> Table:
    """Return one metric by network and row; few networks are columns, many are rows."""
    names = _names(entries)
    if len(entries) <= SIDE_BY_SIDE and sum(map(len, names)) <= SIDE_BY_SIDE_WIDTH:
        columns = [Column("where", "", "text")]
        columns += [Column(name, name, "gauge", scale="all") for name in names]
        return Table(columns, [(label, *values) for label, values in rows.items()], title)
    columns = [Column("model", "", "name")]
    alone = not any("," in label for label in rows)  # one size at each fall
    columns += [Column(label, _heading(label, alone), "amount") for label in rows]
    values = zip(*rows.values(), strict=True)
    return Table(columns, [(name, *each) for name, each in zip(names, values, strict=True)], title)


def _heading(label: str, alone: bool) -> str:
    """Return `56×56` of `/4 (56×56)`, and `/4` where networks have several sizes."""
    fall, _, size = label.partition(" ")
    return size.strip("()") if alone and size else fall


def _by_resolution(entry: Entry) -> dict[int | str, Spent]:
    """Return what is spent at each fall of the resolution: 4 for a quarter of the input."""
    return _spend(entry, lambda row: _fall(entry.graph, row))


def _by_type(entry: Entry) -> dict[int | str, Spent]:
    return _spend(entry, lambda row: row.layer.class_name)


def _spend(entry: Entry, place: Callable[[LayerCount], int | str]) -> dict[int | str, Spent]:
    spent: dict[int | str, Spent] = {}
    for row in entry.counts.layers:
        key = place(row)
        before = spent.get(key, NOTHING)
        spent[key] = Spent(total([before.params, row.params]), total([before.macs, row.macs]))
    return spent


def _fall(graph: Graph, row: LayerCount) -> int | str:
    """Return how often the input's resolution holds the layer's, as a power of two."""
    images = [resolution(graph, tensor.shape) for tensor in graph.inputs]
    before = max(images, key=lambda sizes: [size or 0 for size in sizes])
    after = resolution(graph, row.output_shapes[-1])
    if not after:
        return VECTOR
    if not before or not before[0] or not after[0]:
        return "unknown"
    return 2 ** max(0, round(log2(before[0] / after[0])))


def _sized_label(row: int | str, entries: list[Entry]) -> str:
    """Return `/4 (56×56)`, with the sizes networks have there."""
    if not isinstance(row, int):
        return row
    sizes: dict[str, None] = {}
    for entry in entries:
        for each in entry.counts.layers:
            if each.macs and _fall(entry.graph, each) == row:
                size = resolution(entry.graph, each.output_shapes[-1])
                sizes["×".join("?" if n is None else str(n) for n in size)] = None
    shown = ", ".join(list(sizes)[:3]) + (" …" if len(sizes) > 3 else "")
    return f"/{row} ({shown})" if shown else f"/{row}"


def _data(entries: list[Entry], first: Entry) -> dict[str, Any]:
    """The contract's JSON of `archi compare`."""
    return {
        "schema": 1,
        "models": [
            {
                "model": entry.graph.title,
                "source": entry.graph.source,
                "totals": entry.totals._asdict(),
                "uncounted": [row.layer.name for row in entry.counts.uncounted],
                "stages": [
                    {
                        "name": group.name,
                        "resolution": stage_resolution(entry.graph, group),
                        "layers": len(group.rows),
                        "params": group.params,
                        "macs": group.macs,
                    }
                    for group in stages(entry.graph, entry.counts.layers)
                ],
                "by_resolution": [
                    {"fall": row, "params": spent.params, "macs": spent.macs}
                    for row, spent in _by_resolution(entry).items()
                ],
            }
            for entry in entries
        ],
        "ratios": [
            {
                "model": entry.graph.title,
                **{key: ratio(entry.figure(key), first.figure(key)) for key in RATIOS},
            }
            for entry in entries
        ],
    }
