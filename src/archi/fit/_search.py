"""The nearest variants of families, best first and without a miss.

A queue holds boxes of variants, each with the best it could possibly contain, which its
family's exact formula gives (`_formula`). The most promising is taken out: a box of many
is halved, a box of one variant is built and put back with its real counts, and a variant
that comes out built is better than all that is left. So the first ones out are the nearest
of all, and few are built.

Two things are taken to be true of a family, and are tested of every one: off the places
where two channel counts may meet the formula is exact, and at those places the counts lie
between what it gives one step before and one step after. Every variant that comes out is
built, and `Found.surprises` tells of one that was not as foreseen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from heapq import heappop, heappush
from itertools import count, pairwise
from typing import Any, NamedTuple

from archi.bounds import Bound
from archi.errors import ArchiError
from archi.fit._formula import Counts, Formula, Place
from archi.fit._interpolation import Irregular, Sample, fit
from archi.fit._space import Axis, Space
from archi.spec import Spec

METRICS = ("params", "macs")
MAX_SLICES = 5_000  # combinations of values tried one by one
MAX_STEPS = 300_000  # boxes looked into
MAX_CALLS = 500_000  # layer calls of all networks built; half a minute's work

Rank = tuple[float, float, float]
Progress = Callable[[int, int, int], None]


class Goals:
    """What is sought of each metric."""

    def __init__(self, bounds: dict[str, Bound]) -> None:
        self.bounds = bounds
        self.pairs = [(METRICS.index(metric), bound) for metric, bound in bounds.items()]
        self.aims = [p for p in self.pairs if not p[1].is_limit] or self.pairs

    def rank(self, low: Counts, high: Counts) -> Rank:
        """Return the best rank any counts from `low` to `high` can have; less is better.

        First how far limits are broken, then how far figures are missed, then how near
        counts come to the figures, or to the limits where there are only those: each the
        most of any goal, as a fraction.
        """
        broken = missed = gap = 0.0
        for metric, bound in self.pairs:
            distance = bound.distance(_nearest(bound, low[metric], high[metric]))
            if bound.is_limit:
                broken = max(broken, distance)
            else:
                missed = max(missed, distance)
        for metric, bound in self.aims:
            gap = max(gap, bound.gap(_nearest(bound, low[metric], high[metric])))
        return broken, missed, gap


def _nearest(bound: Bound, low: int, high: int) -> Any:
    return max(low, min(bound.aim, high))


class Candidate(NamedTuple):
    """A built variant; `name` is its own in the catalogue, if it has one."""

    spec: Spec
    counts: Counts
    rank: Rank
    name: str

    @property
    def breaks(self) -> float:
        """By how much a limit is broken."""
        return self.rank[0]

    @property
    def error(self) -> float:
        """By how much the goal missed most is missed, as a fraction of it."""
        return max(self.rank[:2])


class Found(NamedTuple):
    """What a search found, nearest first, and what it went through.

    `reach` are the least and most of each metric among all variants. `refused` has the
    first error of each family none of whose variants can be built.
    """

    candidates: list[Candidate]
    variants: int
    built: int
    reach: dict[str, tuple[int, int]]
    refused: dict[str, ArchiError]
    surprises: list[Spec]


class Box(NamedTuple):
    """Variants of a slice: on each axis those from place number `low` to `high` of its list."""

    piece: Slice
    low: Place
    high: Place

    def halves(self) -> tuple[Box, Box]:
        """Cut the axis on which there are most values."""
        widths = [b - a for a, b in zip(self.low, self.high, strict=True)]
        axis = widths.index(max(widths))
        middle = (self.low[axis] + self.high[axis]) // 2
        high, low = list(self.high), list(self.low)
        high[axis], low[axis] = middle, middle + 1
        return self._replace(high=tuple(high)), self._replace(low=tuple(low))


class Slice:
    """The variants of a space for one choice of all that is no axis, and their formula."""

    def __init__(self, space: Space, chosen: dict[str, Any], formula: Formula) -> None:
        self.space = space
        self.chosen = chosen
        self.formula = formula
        self.places = [
            axis.places if degree else _usual(axis)
            for axis, degree in zip(space.axes, formula.degrees, strict=True)
        ]
        self.steps = [max((b - a for a, b in pairwise(p)), default=1) for p in self.places]

    @property
    def whole(self) -> Box:
        """The box of all."""
        return Box(self, (0,) * len(self.places), tuple(len(p) - 1 for p in self.places))

    def spec(self, box: Box) -> Spec:
        """Return the variant of a box of one."""
        return self.space.spec(self.chosen, self.ends(box)[0])

    def ends(self, box: Box) -> tuple[Place, Place]:
        """Return the first and last place of a box on each axis."""
        low = tuple(p[i] for p, i in zip(self.places, box.low, strict=True))
        high = tuple(p[i] for p, i in zip(self.places, box.high, strict=True))
        return low, high

    def between(self, box: Box) -> tuple[Counts, Counts]:
        """Return counts that all variants in the box lie between."""
        low, high = self.ends(box)
        if not self.formula.meets(low, high):
            return self.formula.between(low, high)
        before, after = self._beside(box, low, high)
        least, most = self.formula.between(before or low, after)
        return (least if before else (0, 0)), most

    def _beside(self, box: Box, low: Place, high: Place) -> tuple[Place, Place]:
        """The places one step beside the box where channels vary; no first one at the end."""
        before, after = list(low), list(high)
        moving = [axis for axis, moves in enumerate(self.formula.moving) if moves]
        for axis in moving:
            places, i, j = self.places[axis], box.low[axis], box.high[axis]
            step = self.steps[axis]
            before[axis] = places[i - 1] if i else max(low[axis] - step, 0)
            after[axis] = places[j + 1] if j + 1 < len(places) else high[axis] + step
        at_end = any(low[axis] == 0 for axis in moving)
        return () if at_end else tuple(before), tuple(after)


def _usual(axis: Axis) -> Sequence[int]:
    """The one value to try of an option that changes no counts: its default, if it may."""
    usual = [p for p in axis.places if axis.value(p) == axis.option.default]
    return usual or axis.places[:1]


class Exhausted(Exception):
    """More was built than a person would wait for."""


class Builder:
    """Builds variants, each once, until there have been `limit` layer calls."""

    def __init__(self) -> None:
        self.samples: dict[str, Sample | ArchiError] = {}
        self.calls = 0
        self.limit = MAX_CALLS

    @property
    def built(self) -> int:
        """How many networks were built so far."""
        return sum(isinstance(sample, Sample) for sample in self.samples.values())

    def __call__(self, spec: Spec) -> Sample:
        """Return what the variant shows.

        Raises ArchiError where it can't be built, Exhausted where it is one too many.
        """
        key = str(spec)
        if key not in self.samples:
            if self.calls > self.limit:
                raise Exhausted
            try:
                built = self.samples[key] = _sample(spec)
                self.calls += len(built.channels)
            except ArchiError as error:
                self.samples[key] = error
        sample = self.samples[key]
        if isinstance(sample, ArchiError):
            raise sample
        return sample


def _sample(spec: Spec) -> Sample:
    """Build a variant and count: the sums of `archi.load(spec).totals`, and no more of it."""
    graph = spec.build()
    params = sum(layer.params or 0 for layer in graph.layers)
    macs = sum(node.inference.macs or 0 for node in graph.nodes)
    first = graph.data_format == "channels_first"
    outputs = [tensor.shape for node in graph.nodes for tensor in node.outputs]
    shapes = [shape for shape in outputs if shape]  # a single number has no channels
    channels = tuple((s[1] if first and len(s) > 2 else s[-1]) or 0 for s in shapes)
    layers = tuple(layer.name for layer in graph.layers)
    for node in graph.nodes:  # nothing is left that refers to itself: freed at once, not by gc
        node.outputs = ()
        node.layer.nodes.clear()
    return Sample((params, macs), layers, channels)


class Search:
    """The queue, and what went through it."""

    def __init__(self, goals: Goals, progress: Progress | None = None) -> None:
        self.goals = goals
        self.progress = progress or (lambda done, total, built: None)
        self.build = Builder()
        self.queue: list[tuple[Any, ...]] = []
        self.serial = count()
        self.variants = 0
        self.reach: list[Counts] = []
        self.refused: dict[str, ArchiError] = {}
        self.surprises: list[Spec] = []

    def run(self, spaces: Sequence[Space], top: int) -> Found:
        """Return the `top` nearest variants; of those that keep within limits if any do."""
        self.build.limit = self.build.calls + MAX_CALLS
        try:
            return self._run(spaces, top)
        except Exhausted:
            raise ArchiError(
                f"too many large networks would have to be built; {self.build.built:,} were",
                hint="add a goal, or narrow an option with --vary KEY=LOW..HIGH",
            ) from None

    def _run(self, spaces: Sequence[Space], top: int) -> Found:
        for done, space in enumerate(spaces):
            self.progress(done, len(spaces), self.build.built)
            self._add(space)
        candidates: list[Candidate] = []
        for item in self._nearest_first():
            if len(candidates) == top or (candidates and item.breaks > candidates[0].breaks == 0):
                break
            candidates.append(item)
        return Found(
            candidates,
            self.variants,
            self.build.built,
            self._reach(),
            self.refused,
            self.surprises,
        )

    def _reach(self) -> dict[str, tuple[int, int]]:
        columns = zip(METRICS, zip(*self.reach, strict=True), strict=False)
        return {metric: (min(values), max(values)) for metric, values in columns}

    def _nearest_first(self) -> Iterator[Candidate]:
        for step in range(MAX_STEPS):
            if not self.queue:
                return
            item = heappop(self.queue)[-1]
            if isinstance(item, Candidate):
                yield item
            elif item.low == item.high:
                self._build(item)
            else:
                for half in item.halves():
                    self._push(half)
            if step % 256 == 0:
                self.progress(1, 1, self.build.built)
        raise ArchiError(
            "too many variants are about equally near",
            hint="add a goal, or narrow an option with --vary KEY=LOW..HIGH",
        )

    def _add(self, space: Space) -> None:
        """Queue every slice of a space and its named networks."""
        self.variants += space.size
        errors: list[ArchiError] = []
        before = len(self.queue)
        slices = self._slices(space, errors)
        for piece in slices:
            self._push(piece.whole)
            self.reach += piece.formula.between(*piece.ends(piece.whole))
        for spec in space.named:
            try:
                self._push_built(spec, self.build(spec).counts, space)
            except ArchiError as error:
                errors.append(error)
        if errors and len(self.queue) == before:
            self.refused[space.family.name] = errors[0]

    def _slices(self, space: Space, errors: list[ArchiError]) -> list[Slice]:
        """Fit a formula to every slice; an option without one is tried value by value."""
        found: list[Slice] = []
        choices = list(space.slices())
        if len(choices) > MAX_SLICES:
            keys = [choice.key for choice in space.choices]
            raise ArchiError(
                f"{len(choices):,} combinations of {', '.join(keys)} would have to be built",
                hint=f"narrow them, as in --vary {keys[-1]}=LOW..HIGH or --vary {keys[-1]}=A,B",
            )
        for chosen in choices:
            try:
                found.append(self._slice(space, chosen))
            except Irregular as irregular:
                parts = space.split(irregular.axis, irregular.start)
                return [piece for part in parts for piece in self._slices(part, errors)]
            except ArchiError as error:
                errors.append(error)
        return found

    def _slice(self, space: Space, chosen: dict[str, Any]) -> Slice:
        def build(place: Place) -> Sample:
            try:
                return self.build(space.spec(chosen, place))
            except ArchiError:
                moved = next((axis for axis, steps in enumerate(place) if steps), None)
                if moved is None:
                    raise  # the smallest can't be built
                raise Irregular(moved) from None

        return Slice(space, chosen, fit(build, tuple(a.places[-1] for a in space.axes)))

    def _build(self, box: Box) -> None:
        spec = box.piece.spec(box)
        try:
            counts = self.build(spec).counts
        except ArchiError:
            return  # nothing that could be used
        least, most = box.piece.between(box)
        if not all(a <= b <= c for a, b, c in zip(least, counts, most, strict=True)):
            self.surprises.append(spec)
        self._push_built(spec, counts, box.piece.space)

    def _push_built(self, spec: Spec, counts: Counts, space: Space) -> None:
        rank = self.goals.rank(counts, counts)
        self.reach.append(counts)
        name, text = space.names.get(spec, ""), str(spec)
        simplest = (not name, text.count(","), len(text), text)
        self._queue(rank, (1, *simplest), Candidate(spec, counts, rank, name))

    def _push(self, box: Box) -> None:
        self._queue(self.goals.rank(*box.piece.between(box)), (0,), box)

    def _queue(self, rank: Rank, order: tuple[Any, ...], item: Box | Candidate) -> None:
        """A box goes before a variant of its rank: it may hold another such."""
        heappush(self.queue, (rank, order, next(self.serial), item))
