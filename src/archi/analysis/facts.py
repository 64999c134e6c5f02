"""The totals of one network as facts: one line each, with its unit and its convention."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archi.analysis.counts import Counts, Totals
from archi.analysis.memory import Training
from archi.errors import printable
from archi.graph import Graph
from archi.report import Fact, Facts
from archi.units import file_size, si, whole, with_unit

if TYPE_CHECKING:
    from archi.analysis.open_sizes import Opened

Line = tuple[str, str, str]  # label, value, remark


def facts(
    graph: Graph,
    counts: Counts,
    dtype: str | None,
    training: Training | None,
    opened: Opened | None = None,
) -> Facts:
    """Return the totals for people.

    `training` adds the memory that training takes, `opened` the totals at every length.
    """
    totals = counts.totals
    per = f"for a batch of {graph.batch}" if graph.batch > 1 else "for one sample"
    params, macs, flops = (_missing(counts, name) for name in ("params", "macs", "flops"))
    lines: list[Line] = [
        ("Params", whole(totals.params), f"{si(totals.params)}{params}"),
        ("  trainable", whole(totals.trainable_params), ""),
        ("  non-trainable", whole(totals.non_trainable_params), ""),
    ]
    costs: list[Fact] = [
        *_amount("MACs", totals.macs, opened, f"{per}{macs}"),
        *_amount("FLOPs", totals.flops, opened, f"2 × MACs + the rest{flops}"),
        *([Fact("  where", opened.words)] if opened and opened.totals else ()),
    ]
    others: list[Line] = [
        _intensity(totals),
        (
            "Weights",
            file_size(totals.weight_bytes),
            f"{_stored(dtype)}, without optimizer state{params}",
        ),
        _activations(totals),
        *(_training(training) if training else ()),
        _field(counts),
        ("Layers", f"{totals.layers:,}", f"{totals.depth} with a kernel on the longest path"),
    ]
    return Facts([*map(_quantity, lines), *costs, *map(_quantity, others)])


def _quantity(line: Line) -> Fact:
    return Fact(*line, quantity=True)


def _amount(label: str, value: int | None, opened: Opened | None, remark: str) -> list[Fact]:
    """MACs or FLOPs: `4.09 GMACs for one sample`, and below what they are at any length."""
    at_any = opened.written(label.lower()) if opened else ""
    colon = ":" if label == "FLOPs" else ""
    if value is not None:
        line = Fact(label, whole(value), f"{with_unit(value, label)}{colon} {remark}", True)
    else:
        line = Fact(label, "open" if at_any else "?", remark, True)
    return [line, Fact("  at any length", at_any)] if at_any else [line]


def _missing(counts: Counts, name: str) -> str:
    """Say which layers a sum leaves out."""
    names = [row.layer.name for row in counts.layers if getattr(row, name) is None and not row.open]
    more = f" and {len(names) - 1:,} more" if len(names) > 1 else ""
    return f", without {printable(names[0])}{more}" if names else ""


def _stored(dtype: str | None) -> str:
    return f"by {dtype}" if dtype else "as stored"


def _bytes(size: int | None) -> str:
    return "?" if size is None else file_size(size)


def _intensity(totals: Totals) -> Line:
    value = "?" if totals.intensity is None else f"{totals.intensity:.1f}"
    return ("Intensity", value, f"FLOPs for each byte; {_bytes(totals.moved_bytes)} moved")


def _activations(totals: Totals) -> Line:
    peak = totals.peak_activation_bytes
    once = "" if peak is None else f"{file_size(peak)} of them at once, at inference"
    return ("Activations", _bytes(totals.activation_bytes), once)


def _training(training: Training) -> list[Line]:
    per = f"a batch of {training.batch}" if training.batch > 1 else "one sample"
    return [
        ("Training", _bytes(training.total_bytes), f"{per}, with the weights"),
        ("  gradients", _bytes(training.gradient_bytes), ""),
        ("  optimizer", _bytes(training.optimizer_bytes), training.optimizer),
        ("  activations", _bytes(training.activation_bytes), "kept for the gradients"),
    ]


def _field(counts: Counts) -> Line:
    """The receptive field at the end; a reason where it has no size."""
    field = counts.field
    if not field.size or not field.stride:
        return ("Receptive field", "none", field.why or "there is no image")
    stride = "×".join(map(str, field.stride))
    return ("Receptive field", "×".join(map(str, field.size)), f"pixels, one every {stride}")
