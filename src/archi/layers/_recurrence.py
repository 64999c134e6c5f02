"""What recurrent layers and cells share: a step, its states, and the steps of a sequence."""

from __future__ import annotations

from typing import Any, NamedTuple

from archi.graph import Inference, Shape, Weight, is_list
from archi.twin.layer import Kept, Layer, is_shape, product, repeated
from archi.twin.values import Constant


class Step(NamedTuple):
    """One step of a recurrence: weights, counts for one sample, shapes without the batch.

    `gates` is what the step computes on the way to its output and its new states, `dtypes`
    those of the output and of each state.
    """

    weights: tuple[Weight, ...]
    macs: int | None
    elementwise: int | None
    output: Shape
    states: tuple[Shape, ...]
    gates: tuple[Shape, ...]
    dtypes: tuple[str, ...]


class Stepper(Layer):
    """A layer that says what one of its steps is."""

    def step(self, x: Shape) -> Step:
        """Return a step on an input of this shape, batch first. Raises LayerError."""
        raise NotImplementedError

    def kept(self) -> Kept:
        return Kept(inputs=True, outputs=False)

    def check_states(self, given: Any, wanted: tuple[Shape, ...]) -> None:
        """Raise LayerError unless what a layer is called with are states of these shapes."""
        shapes = list(_flat(given))
        right = len(shapes) == len(wanted) and all(map(_fits, shapes, wanted))
        if not right:
            sizes = ", ".join(str((None, *shape)) for shape in wanted)
            raise self.refuse(f"wants states of {sizes}", given)


def _flat(value: Any) -> list[Any]:
    if isinstance(value, Constant):  # zeros, as code makes them for the first step
        return [value.shape]
    if is_list(value) and not (value and is_shape(value)):
        return [shape for item in value for shape in _flat(item)]
    return [value]


def _fits(given: Any, wanted: Shape) -> bool:
    if not is_shape(given) or len(given) != 1 + len(wanted):
        return False
    return all(None in pair or pair[0] == pair[1] for pair in zip(given[1:], wanted, strict=True))


class Cell(Stepper):
    """A layer that is one step: called on an input and the states, gives an output and states."""

    call_arguments = ("states", "training")
    wrappable = False

    @property
    def nests_outputs(self) -> bool:
        return True

    def infer(self, x: Shape, *, states: Any = None, **_: Any) -> Inference:
        step = self.step(x)
        self.check_states(states, step.states)
        outputs = tuple([(x[0], *shape) for shape in (step.output, *step.states)])
        inner = tuple([(x[0], *shape) for shape in step.gates])
        return Inference(
            outputs, step.weights, step.macs, step.elementwise, inner=inner, dtypes=step.dtypes
        )


class Recurrent(Stepper):
    """A layer that takes a sequence step by step."""

    composed = True
    inputs_name = "sequences"
    call_arguments = ("initial_state", "mask", "training")
    build_arguments = ("initial_state",)
    call_kwargs = {"training": False, "mask": None}
    input_rank = 3  # dimensions of a sequence, batch first

    return_sequences: bool
    return_state: bool
    go_backwards: bool
    stateful: bool
    zero_output_for_mask: bool

    @property
    def keeps_state(self) -> bool:
        return self.stateful

    def infer(self, x: Shape, *, initial_state: Any = None, **_: Any) -> Inference:
        if len(x) != self.input_rank:
            raise self.refuse(f"wants an input of {self.input_rank} dimensions, batch first", x)
        batch, length = x[:2]
        if self.stateful and batch is None:
            raise self.refuse("keeps its state, and wants an input whose batch size is known", x)
        step = self.step((batch, *x[2:]))
        if initial_state is not None:
            self.check_states(initial_state, step.states)
        states = tuple([(batch, *shape) for shape in step.states])
        steps = (length,) if self.return_sequences else ()
        made = [*step.gates, *(() if self.return_state else step.states)]
        return Inference(
            ((batch, *steps, *step.output), *(states if self.return_state else ())),
            step.weights,
            product(step.macs, length),
            repeated(step.elementwise, length),
            why="the length of its sequence is unknown",
            inner=tuple([(batch, *shape) for shape in made]),
            kept=tuple([(batch, length, *shape) for shape in (*step.gates, *step.states)]),
        )
