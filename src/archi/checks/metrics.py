"""What can be asserted of a network: its metrics, and the figures they are held against.

    params, layers, macs …       a count: `36.5M`, `36479194`, `<=37M` (see archi.bounds)
    weight_bytes …               bytes, the same with a unit: `146MB`, `<=150MB`
    output, input_shape,         shapes without the batch axis: `10`, `7x7x512`; several
    receptive_field              are separated by commas; `?` is a size that is left open

Every whole number among the totals is a metric.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, NamedTuple

from archi.analysis.counts import Counts, Totals, count
from archi.bounds import Bound, bound, exactly
from archi.errors import ArchiError, one_of, quote
from archi.graph import Graph
from archi.settings import has_open_length
from archi.units import file_size, si

Sizes = tuple[int | None, ...]
Actual = int | tuple[Sizes, ...]

MAX_LENGTH = 256
TIMES = re.compile("[x×X]")
BYTES = re.compile(r"(?<=[0-9KMGTkmgt. ])[bB](?![0-9A-Za-z])")
PREFIX = re.compile("[KMGT]")
SHAPE_HINT = "try 10 or 7x7x512; the batch axis is left out"


class Metric(NamedTuple):
    """One thing to assert. `kind` is `count`, `bytes` or `shape`."""

    name: str
    kind: str

    @property
    def word(self) -> str:
        """The name as people write it: `trainable-params`."""
        return self.name.replace("_", "-")


class Shapes(NamedTuple):
    """The shapes that are wanted, one for each input or output."""

    value: tuple[Sizes, ...]

    def holds(self, actual: tuple[Sizes, ...]) -> bool:
        """Whether the shapes are these, unknown sizes where `?` was written."""
        return actual == self.value

    def __str__(self) -> str:
        return shapes_text(self.value)


class Assertion(NamedTuple):
    """A metric and what it should be; a locked one is an exact figure."""

    metric: Metric
    wanted: Bound | Shapes
    locked: bool = False

    @property
    def text(self) -> str:
        """What is wanted, as people write it."""
        if self.exact is not None:
            return f"{self.exact:,}"
        text = str(self.wanted)
        return (
            PREFIX.sub(r"\g<0>B", text).replace("KB", "kB") if self.metric.kind == "bytes" else text
        )

    @property
    def exact(self) -> int | None:
        """The one count that holds; None where several do, and for shapes."""
        value = self.wanted.value
        return value if isinstance(value, int) and str(self.wanted) == str(value) else None


def _metrics() -> dict[str, Metric]:
    found = {}
    for name in ("params", *Totals._fields):
        declared = Totals.__annotations__[name].__forward_arg__
        if "tuple" in declared:
            found[name] = Metric(name, "shape")
        elif declared.startswith("int"):
            found[name] = Metric(name, "bytes" if name.endswith("_bytes") else "count")
    return found | {name: Metric(name, "shape") for name in ("output", "input_shape")}


METRICS = _metrics()
SUMS = {  # sums over the layers, and what of a layer they need to know
    "macs": "macs",
    "flops": "flops",
    "params": "params",
    "trainable_params": "params",
    "non_trainable_params": "params",
    "weight_bytes": "params",
}


def metric(name: str) -> Metric:
    """Return the metric of that name; `-` and `_` are the same. Raises ArchiError."""
    found = METRICS.get(name.lower().replace("-", "_"))
    if found is None:
        raise ArchiError(
            f"there is no metric {quote(name)}",
            source=name,
            span=(0, len(name)),
            hint=_suggest(name),
        )
    return found


def _suggest(name: str) -> str:
    if name == "input":
        return "input-shape checks it; to set it, the target is resnet50,input=32x32x3"
    from difflib import get_close_matches

    words = [each.word for each in METRICS.values()]
    near = get_close_matches(name.lower().replace("_", "-")[:64], words, cutoff=0.6)
    return f"did you mean {one_of(near)}?" if near else f"metrics are {', '.join(words)}"


def assertion(name: str, wanted: object, *, locked: bool = False) -> Assertion:
    """Return the assertion that a metric is `wanted`: text, or a whole number.

    Raises ArchiError for an unknown metric or a figure that means nothing; where that is
    text, the error points into it.
    """
    found = metric(name)
    if isinstance(wanted, bool) or not isinstance(wanted, (int, str)):
        raise ArchiError(
            f"{found.word} is held against a whole number or text, not {_described(wanted)}",
            hint=_example(found),
        )
    if isinstance(wanted, int) and wanted < 0:
        raise ArchiError(f"{found.word} can't be negative", hint=_example(found))
    if found.kind == "shape":
        return Assertion(found, _shapes(str(wanted)), locked)
    if isinstance(wanted, int):
        return Assertion(found, exactly(wanted), locked)
    if locked:
        raise ArchiError(
            f"a locked figure is a whole number in full, not {quote(wanted)}",
            hint=f"for a rounded figure or a limit, write {found.word} outside of lock",
        )
    return Assertion(found, _bytes(wanted) if found.kind == "bytes" else bound(wanted), locked)


def _described(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:g}"
    return {"dict": "a table", "list": "a list"}.get(type(value).__name__, quote(str(value)))


def _example(found: Metric) -> str:
    if found.kind == "shape":
        return SHAPE_HINT
    figure = "<=150MB" if found.kind == "bytes" else "<=37M"
    exact = "146MB" if found.kind == "bytes" else "36.5M"
    return f'try 36479194, "{exact}" or "{figure}"'


def _bytes(text: str) -> Bound:
    """Return a bound on bytes: `146MB` is 146M, and `512 B` is 512."""
    try:
        return bound(BYTES.sub(" ", text))  # as long as it was, for the caret
    except ArchiError as error:
        hint = "try 146MB, '<=150MB' or 145988584; units are decimal: 1 MB is 1,000,000 bytes"
        message = error.message
        if error.span and error.source:
            quoted = text[slice(*error.span)].strip()
            message = f"{quote(quoted)} is not a size in bytes" if quoted else message
        raise ArchiError(message, source=text, span=error.span, hint=hint) from None


def _shapes(text: str) -> Shapes:
    if len(text) > MAX_LENGTH:
        raise ArchiError(f"a shape of {len(text):,} characters is too long")
    shapes = []
    at = 0
    for part in text.split(","):
        shapes.append(_sizes(text, part, at))
        at += len(part) + 1
    return Shapes(tuple(shapes))


def _sizes(text: str, part: str, at: int) -> Sizes:
    words = [word.strip() for word in TIMES.split(part.strip().strip("()"))]
    if words == ["scalar"]:
        return ()
    if not all(word == "?" or (word.isascii() and word.isdigit()) for word in words):
        start = at + len(part) - len(part.lstrip())
        span = (start, max(start + 1, start + len(part.strip())))
        raise ArchiError(f"{quote(part.strip())} is not a shape", source=text, span=span,
                         hint=SHAPE_HINT)  # fmt: skip
    return tuple(None if word == "?" else int(word) for word in words)


def shapes_text(shapes: Iterable[Sizes]) -> str:
    """Return shapes as text: `7×7×512`, `10, 4`."""
    return ", ".join(
        "×".join("?" if size is None else str(size) for size in shape) or "scalar"
        for shape in shapes
    )


class Measured(NamedTuple):
    """A network's figures by metric; None is unknown, and `why` may say more of it."""

    figures: dict[str, Actual | None]
    why: dict[str, str]


def measure(graph: Graph) -> Measured:
    """Return every metric's figure. A sum that leaves out a layer is unknown."""
    counts = count(graph)
    totals = counts.totals._asdict().items()
    figures = {name: _figure(value) for name, value in totals if name in METRICS}
    figures["output"] = tuple(tensor.shape[1:] for tensor in graph.outputs)
    figures["input_shape"] = tuple(tensor.shape[1:] for tensor in graph.inputs)
    why = {name: _uncounted(counts, part) for name, part in SUMS.items()}
    lengths = [t.node.layer.name for t in graph.inputs if has_open_length(t.shape)]
    if lengths:
        is_open = f"the length of {quote(lengths[0])} is open; set it with --sequence"
        why.update((name, is_open) for name in ("macs", "flops") if why[name])
    figures.update((name, None) for name, reason in why.items() if reason)
    return Measured(figures, why)


def _figure(total: Any) -> Actual | None:
    return (tuple(total),) if isinstance(total, (tuple, list)) else total


def _uncounted(counts: Counts, name: str) -> str:
    rows = [row for row in counts.layers if getattr(row, name) is None]
    if not rows:
        return ""
    more = f" and {len(rows) - 1:,} more" if len(rows) > 1 else ""
    return f"not counted: {rows[0].layer.name}{more} ({rows[0].why})"


def off_by(wanted: Bound, actual: int, kind: str) -> str:
    """Say how far a count is from the figure, or from the limit it passes: `+1.3 M (+3.6%)`."""
    edge = wanted.value
    if ".." in wanted.text:  # a range's value is its middle
        edge += wanted.tolerance if actual > wanted.value else -wanted.tolerance
    by = actual - edge
    if not by:
        return "exactly the limit"
    size = file_size(abs(by)) if kind == "bytes" else si(abs(by))
    sign = "+" if by > 0 else "-"
    share = abs(by / edge) if edge else 0.0
    return f"{sign}{size} ({sign}{share:.1%})" if 0.0005 <= share < 10 else f"{sign}{size}"
