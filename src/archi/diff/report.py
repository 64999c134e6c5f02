"""The report of what changed between two networks."""

from __future__ import annotations

from typing import Any

from archi.analysis.counts import LayerCount
from archi.diff._folding import every, fold
from archi.diff.difference import Change, Difference
from archi.graph import Graph
from archi.report import Column, Note, Part, Report, Table

LITTLE = 0.1  # share of the larger network's layers; where fewer are in both, that is said
MANIFOLD = 3  # times as many; less is a percentage
FIELDS = {"change": "kind"} | {key: key for key in ("layers", "what", "where", "params", "macs")}
LABELS = {"layers": "Layers", "params": "Params", "macs": "MACs"}


def diff_report(found: Difference, *, all: bool = False) -> Report:
    """Return the report of a difference; with `all`, every layer has a row of its own."""
    columns = [
        Column("change", "Change", "verdict"),
        *([] if all else [Column("layers", "Layers", "count")]),
        Column("what", "What"),
        Column("where", "Where", "name"),
        Column("params", "Params", "change"),
        Column("macs", "MACs", "amount_change"),
    ]
    rows = every(found) if all else fold(found)
    cells = [tuple(getattr(row, FIELDS[column.key]) for column in columns) for row in rows]
    table = Table(columns, cells)
    parts: list[Part] = [Note(_in_words(found)), table]
    if not found.equal:
        parts.append(_totals_table(found))
    parts += [Note(text) for text in _remarks(found)]
    if found.uncounted:
        names = ", ".join(found.uncounted[:5]) + ("…" if len(found.uncounted) > 5 else "")
        parts.append(Note(f"MACs or FLOPs are not counted for: {names}", warning=True))
    return Report(f"{found.a.title} → {found.b.title}", _data(found), parts)


def _in_words(found: Difference) -> str:
    """Say in a sentence how much differs."""
    if found.equal:
        return f"Equal: all {found.paired:,} layers have the same class, arguments and inputs."
    counts = []
    for kind in ("changed", "added", "removed", "moved", "renamed"):
        number = sum(change.kind == kind for change in found.changes)
        counts += [f"{number:,} {kind}"] if number else []
    touched = {id(c.before) for c in (*found.changes, *found.follows) if c.before and c.after}
    same = found.paired - len(touched)
    if found.follows:
        counts.append(f"{len(found.follows):,} with other shapes or costs in consequence")
    text = f"Layers: {', '.join(counts)}; {same:,} the same."
    if found.paired < LITTLE * max(totals.layers for totals in found.totals):
        text = f"These networks have next to nothing in common. {text}"
    return text


def _totals_table(found: Difference) -> Table:
    columns = [
        Column("total", ""),
        Column("from", "From", "count"),
        Column("to", "To", "count"),
        Column("gained", "Gained", "amount_change"),
        Column("lost", "Lost", "amount_change"),
        Column("change", "Change", "change"),
        Column("percent", ""),
    ]
    rows = []
    for name, each in _totals(found).items():
        before, after = each["a"], each["b"]
        gained, lost = each["gained"], each["lost"]
        ratio = _ratio(before, after)
        rows.append((LABELS[name], before, after, gained, lost, each["delta"], ratio))
    return Table(columns, rows, title="Totals")


def _ratio(before: int | None, after: int | None) -> str:
    """Return how much more or less it is: `+44.0%`, `×14.8`."""
    if not before or after is None or before == after:
        return ""
    ratio = after / before
    if ratio >= MANIFOLD:
        return f"×{ratio:.3g}"
    return f"{ratio - 1:+.1%}" if abs(ratio - 1) >= 0.0005 else "under 0.1%"


def _totals(found: Difference) -> dict[str, dict[str, int | None]]:
    """Return each total in both networks, and what the changes gained and lost of it.

    None where a layer's MACs are unknown: a sum without them says nothing.
    """
    before, after = (totals._asdict() for totals in found.totals)
    changes = [*found.changes, *found.follows]
    steps = {
        "layers": [(c.kind == "added") - (c.kind == "removed") for c in changes],
        "params": [change.params or 0 for change in changes],
        "macs": [change.macs or 0 for change in changes],
    }
    totals: dict[str, dict[str, int | None]] = {
        name: {
            "a": before[name],
            "b": after[name],
            "delta": _delta(before[name], after[name]),
            "gained": sum(step for step in values if step > 0),
            "lost": sum(step for step in values if step < 0),
        }
        for name, values in steps.items()
    }
    if found.uncounted:
        totals["macs"] = dict.fromkeys(totals["macs"])
    return totals


def _delta(before: int | None, after: int | None) -> int | None:
    return None if before is None or after is None else after - before


def _remarks(found: Difference) -> list[str]:
    remarks = []
    if found.renumbered:
        first, second = found.renumbered[0]
        number = len(found.renumbered)
        remarks.append(
            f"Not listed: {number:,} automatic {'names' if number > 1 else 'name'} numbered "
            f"differently ({first} is {second})."
        )
    if not found.complete:
        remarks.append(
            "These networks are too large and too different to be aligned exhaustively: some of "
            "what is added and removed may be the same."
        )
    return remarks


def _data(found: Difference) -> dict[str, Any]:
    """The JSON of `archi diff`."""
    return {
        "schema": 1,
        "a": _model(found.a),
        "b": _model(found.b),
        "equal": found.equal,
        "changes": [_change(change) for change in found.changes],
        "follows": [_change(change) for change in found.follows],
        "renumbered": [{"from": first, "to": second} for first, second in found.renumbered],
        "totals": _totals(found),
        "uncounted": found.uncounted,
        "complete": found.complete,
    }


def _model(graph: Graph) -> dict[str, Any]:
    return {"model": graph.title, "source": graph.source}


def _change(change: Change) -> dict[str, Any]:
    data: dict[str, Any] = {
        "kind": change.kind,
        "layer": change.name,
        "class": change.class_name,
        "block": change.row.scope.path if change.row and change.row.scope else "",
        "name": dict(zip(("from", "to"), change.names, strict=True)),
        "arguments": [
            {"name": argument.name, "from": argument.before, "to": argument.after}
            for argument in change.arguments
        ],
        "params": change.params,
        "macs": change.macs,
        "output_shape": {"from": _shape(change.before), "to": _shape(change.after)},
    }
    if change.kind == "moved":
        data["inputs"] = dict(zip(("from", "to"), change.reads, strict=True))
    return data


def _shape(row: LayerCount | None) -> Any:
    if row is None:
        return None
    return row.output_shapes[0] if len(row.output_shapes) == 1 else row.output_shapes
