"""Recurrent layers and their cells (`keras/src/layers/rnn`).

MACs are those of the kernels for every step of the sequence. Each step costs one FLOP for
each element of what is added, multiplied, or goes through an activation: the definitions
of `_SimpleStep`, `_GRUStep` and `_LSTMStep` say what there is.
"""

from __future__ import annotations

from typing import Any

from archi.graph import Shape, Weight, is_list
from archi.layers._recurrence import Cell, Recurrent, Step, Stepper
from archi.twin.arguments import (
    Activation,
    Boolean,
    Choice,
    DataFormat,
    Integer,
    Kind,
    Number,
    Window,
    arg,
)
from archi.twin.layer import Layer, product, total
from archi.twin.objects import CONSTRAINT, INITIALIZER, REGULARIZER
from archi.twin.spatial import Spatial
from archi.twin.wrapping import Holder, LayerArgument, LayersArgument, owned


class _Cudnn(Kind):
    """Whether to use cuDNN: "auto", True or False."""

    def parse(self, value: Any, layer: type[Layer]) -> bool | str:
        if value != "auto" and type(value) is not bool:
            raise ValueError("'auto', True or False")
        return value  # type: ignore[no-any-return]


class _SimpleStep(Stepper):
    """h = activation(x·W + b + h·U)."""

    units: int
    activation: str
    use_bias: bool

    def step(self, x: Shape) -> Step:
        units = self.units
        kernels = self.kernels(x, units)
        bias = (Weight("bias", (units,)),) if self.use_bias else ()
        each = 1 + self.use_bias + (self.activation != "linear")
        return self.units_step(kernels, bias, each, states=1)

    def kernels(self, x: Shape, width: int) -> tuple[Weight, ...]:
        """Return the kernels that give `width` from the input and from the state."""
        if len(x) != 2:
            raise self.refuse("takes steps of 2 dimensions, batch first", x)
        kernel = Weight("kernel", (self.known(x, -1), width))
        return kernel, Weight("recurrent_kernel", (self.units, width))

    def units_step(
        self, kernels: tuple[Weight, ...], bias: tuple[Weight, ...], each: int, states: int
    ) -> Step:
        """Return a step that costs `each` FLOPs for each unit."""
        macs = sum(kernel.size for kernel in kernels)
        shape = (self.units,)
        return Step(
            (*kernels, *bias),
            macs,
            each * self.units,
            shape,
            (shape,) * states,
            gates=(kernels[0].shape[-1:],),
            dtypes=(self.output_dtype,) * (1 + states),
        )


class _GRUStep(_SimpleStep):
    """Gates z and r, a candidate g, and h = z·h + (1 - z)·g.

    With `reset_after`, g = activation(x·W + b + r·(h·U + c)) and all three have a second
    bias c; without, g = activation(x·W + b + (r·h)·U).
    """

    recurrent_activation: str
    reset_after: bool

    def step(self, x: Shape) -> Step:
        kernels = self.kernels(x, 3 * self.units)
        biases = (2,) if self.reset_after else ()
        bias = (Weight("bias", (*biases, 3 * self.units)),) if self.use_bias else ()
        each = (
            3 * self.use_bias * (1 + self.reset_after)
            + 3  # x·W + h·U
            + 2 * (self.recurrent_activation != "linear")
            + 1  # what r multiplies
            + (self.activation != "linear")
            + 4  # 1 - z, two products and their sum
        )
        return self.units_step(kernels, bias, each, states=1)


def lstm_cost(activation: str, recurrent_activation: str, use_bias: bool) -> int:
    """Return the FLOPs of a step of an LSTM for each unit.

    Gates i, f and o and a candidate g; c = f·c + i·g and h = o·activation(c).
    """
    return (
        4 * (1 + use_bias)  # x·W + h·U + b
        + 3 * (recurrent_activation != "linear")
        + 2 * (activation != "linear")
        + 4  # three products and a sum
    )


class _LSTMStep(_SimpleStep):
    """Gates i, f and o, a candidate g, and two states; `lstm_cost` has the formulas."""

    recurrent_activation: str

    def step(self, x: Shape) -> Step:
        kernels = self.kernels(x, 4 * self.units)
        bias = (Weight("bias", (4 * self.units,)),) if self.use_bias else ()
        each = lstm_cost(self.activation, self.recurrent_activation, self.use_bias)
        return self.units_step(kernels, bias, each, states=2)


class SimpleRNNCell(_SimpleStep, Cell):
    """One step of a SimpleRNN."""

    inputs_name = "sequence"

    units: int = arg(Integer(1))
    activation: str = arg(Activation(), "tanh")
    use_bias: bool = arg(Boolean(), True)
    kernel_initializer: Any = arg(INITIALIZER, "glorot_uniform")
    recurrent_initializer: Any = arg(INITIALIZER, "orthogonal")
    bias_initializer: Any = arg(INITIALIZER, "zeros")
    kernel_regularizer: Any = arg(REGULARIZER, None)
    recurrent_regularizer: Any = arg(REGULARIZER, None)
    bias_regularizer: Any = arg(REGULARIZER, None)
    kernel_constraint: Any = arg(CONSTRAINT, None)
    recurrent_constraint: Any = arg(CONSTRAINT, None)
    bias_constraint: Any = arg(CONSTRAINT, None)
    dropout: float = arg(Number(0, 1), 0.0)
    recurrent_dropout: float = arg(Number(0, 1), 0.0)
    seed: int | None = arg(Integer(optional=True), None)


class GRUCell(_GRUStep, Cell):
    """One step of a GRU."""

    units: int = arg(Integer(1))
    activation: str = arg(Activation(), "tanh")
    recurrent_activation: str = arg(Activation(), "sigmoid")
    use_bias: bool = arg(Boolean(), True)
    kernel_initializer: Any = arg(INITIALIZER, "glorot_uniform")
    recurrent_initializer: Any = arg(INITIALIZER, "orthogonal")
    bias_initializer: Any = arg(INITIALIZER, "zeros")
    kernel_regularizer: Any = arg(REGULARIZER, None)
    recurrent_regularizer: Any = arg(REGULARIZER, None)
    bias_regularizer: Any = arg(REGULARIZER, None)
    kernel_constraint: Any = arg(CONSTRAINT, None)
    recurrent_constraint: Any = arg(CONSTRAINT, None)
    bias_constraint: Any = arg(CONSTRAINT, None)
    dropout: float = arg(Number(0, 1), 0.0)
    recurrent_dropout: float = arg(Number(0, 1), 0.0)
    reset_after: bool = arg(Boolean(), True)
    seed: int | None = arg(Integer(optional=True), None)
    implementation: int = arg(Integer(0), 2, written=False)


class LSTMCell(_LSTMStep, Cell):
    """One step of an LSTM."""

    units: int = arg(Integer(1))
    activation: str = arg(Activation(), "tanh")
    recurrent_activation: str = arg(Activation(), "sigmoid")
    use_bias: bool = arg(Boolean(), True)
    kernel_initializer: Any = arg(INITIALIZER, "glorot_uniform")
    recurrent_initializer: Any = arg(INITIALIZER, "orthogonal")
    bias_initializer: Any = arg(INITIALIZER, "zeros")
    unit_forget_bias: bool = arg(Boolean(), True)
    kernel_regularizer: Any = arg(REGULARIZER, None)
    recurrent_regularizer: Any = arg(REGULARIZER, None)
    bias_regularizer: Any = arg(REGULARIZER, None)
    kernel_constraint: Any = arg(CONSTRAINT, None)
    recurrent_constraint: Any = arg(CONSTRAINT, None)
    bias_constraint: Any = arg(CONSTRAINT, None)
    dropout: float = arg(Number(0, 1), 0.0)
    recurrent_dropout: float = arg(Number(0, 1), 0.0)
    seed: int | None = arg(Integer(optional=True), None)
    implementation: int = arg(Integer(0), 2, written=False)


class _CellsArgument(LayersArgument):
    """A list of cells, at least one."""

    def parse(self, value: Any, layer: type[Layer]) -> tuple[Layer, ...]:
        cells = super().parse(value, layer)
        if not cells or not all(isinstance(cell, Cell) for cell in cells):
            raise ValueError("a list of cells, such as [LSTMCell(8)]")
        return cells


class StackedRNNCells(Cell, Holder):
    """Cells of which each takes what the one before gives, as one cell."""

    cells: tuple[Cell, ...] = arg(_CellsArgument())

    @property
    def inner(self) -> tuple[Layer, ...]:
        return self.cells

    def step(self, x: Shape) -> Step:
        steps = []
        for cell in self.cells:
            steps.append((cell, cell.step(x)))
            x = (x[0], *steps[-1][1].output)
        return Step(
            tuple([weight for cell, step in steps for weight in owned(cell, step.weights)]),
            total(*[step.macs for _, step in steps]),
            total(*[step.elementwise for _, step in steps]),
            x[1:],
            tuple([state for _, step in steps for state in step.states]),
            tuple([gate for _, step in steps for gate in step.gates]),
            (
                steps[-1][1].dtypes[0],
                *[dtype for _, step in steps for dtype in step.dtypes[1:]],
            ),
        )

    def build(self, x: Shape) -> None:
        super().build(x)
        for cell in self.cells:
            cell.build(x)
            x = (*x[:1], *cell.step(x).output)


class _CellArgument(LayerArgument):
    """A cell, or a list of cells that become one."""

    def parse(self, value: Any, layer: type[Layer]) -> Layer:
        cell: Layer = StackedRNNCells(value) if is_list(value) else super().parse(value, layer)
        if not isinstance(cell, Cell):
            raise ValueError("a cell, such as LSTMCell(8)")
        return cell


class RNN(Recurrent, Holder):
    """A cell over the steps of a sequence."""

    cell: Cell = arg(_CellArgument())
    return_sequences: bool = arg(Boolean(), False)
    return_state: bool = arg(Boolean(), False)
    go_backwards: bool = arg(Boolean(), False)
    stateful: bool = arg(Boolean(), False)
    unroll: bool = arg(Boolean(), False)
    zero_output_for_mask: bool = arg(Boolean(), False)

    @property
    def inner(self) -> tuple[Layer, ...]:
        return (self.cell,)

    @property
    def nests_outputs(self) -> bool:
        return isinstance(self.cell, StackedRNNCells)

    def step(self, x: Shape) -> Step:
        step = self.cell.step(x)
        return step._replace(weights=owned(self.cell, step.weights))

    def build(self, x: Shape) -> None:
        super().build(x)
        self.cell.build((*x[:1], *x[2:]))


class SimpleRNN(_SimpleStep, Recurrent):
    """A recurrence whose output is its state."""

    units: int = arg(Integer(1))
    activation: str = arg(Activation(), "tanh")
    use_bias: bool = arg(Boolean(), True)
    kernel_initializer: Any = arg(INITIALIZER, "glorot_uniform")
    recurrent_initializer: Any = arg(INITIALIZER, "orthogonal")
    bias_initializer: Any = arg(INITIALIZER, "zeros")
    kernel_regularizer: Any = arg(REGULARIZER, None)
    recurrent_regularizer: Any = arg(REGULARIZER, None)
    bias_regularizer: Any = arg(REGULARIZER, None)
    activity_regularizer: Any = arg(REGULARIZER, None)
    kernel_constraint: Any = arg(CONSTRAINT, None)
    recurrent_constraint: Any = arg(CONSTRAINT, None)
    bias_constraint: Any = arg(CONSTRAINT, None)
    dropout: float = arg(Number(0, 1), 0.0)
    recurrent_dropout: float = arg(Number(0, 1), 0.0)
    return_sequences: bool = arg(Boolean(), False)
    return_state: bool = arg(Boolean(), False)
    go_backwards: bool = arg(Boolean(), False)
    stateful: bool = arg(Boolean(), False)
    unroll: bool = arg(Boolean(), False)
    seed: int | None = arg(Integer(optional=True), None, written=False)
    zero_output_for_mask: bool = arg(Boolean(), False)

    def validate(self) -> None:
        self.activity_regularizer = None  # Keras takes one and forgets it


class GRU(_GRUStep, Recurrent):
    """Gated recurrent units."""

    units: int = arg(Integer(1))
    activation: str = arg(Activation(), "tanh")
    recurrent_activation: str = arg(Activation(), "sigmoid")
    use_bias: bool = arg(Boolean(), True)
    kernel_initializer: Any = arg(INITIALIZER, "glorot_uniform")
    recurrent_initializer: Any = arg(INITIALIZER, "orthogonal")
    bias_initializer: Any = arg(INITIALIZER, "zeros")
    kernel_regularizer: Any = arg(REGULARIZER, None)
    recurrent_regularizer: Any = arg(REGULARIZER, None)
    bias_regularizer: Any = arg(REGULARIZER, None)
    activity_regularizer: Any = arg(REGULARIZER, None)
    kernel_constraint: Any = arg(CONSTRAINT, None)
    recurrent_constraint: Any = arg(CONSTRAINT, None)
    bias_constraint: Any = arg(CONSTRAINT, None)
    dropout: float = arg(Number(0, 1), 0.0)
    recurrent_dropout: float = arg(Number(0, 1), 0.0)
    seed: int | None = arg(Integer(optional=True), None)
    return_sequences: bool = arg(Boolean(), False)
    return_state: bool = arg(Boolean(), False)
    go_backwards: bool = arg(Boolean(), False)
    stateful: bool = arg(Boolean(), False)
    unroll: bool = arg(Boolean(), False)
    reset_after: bool = arg(Boolean(), True)
    use_cudnn: Any = arg(_Cudnn(), "auto", written=False)
    implementation: int = arg(Integer(0), 2, written=False)
    zero_output_for_mask: bool = arg(Boolean(), False)


class LSTM(_LSTMStep, Recurrent):
    """Long short-term memory."""

    units: int = arg(Integer(1))
    activation: str = arg(Activation(), "tanh")
    recurrent_activation: str = arg(Activation(), "sigmoid")
    use_bias: bool = arg(Boolean(), True)
    kernel_initializer: Any = arg(INITIALIZER, "glorot_uniform")
    recurrent_initializer: Any = arg(INITIALIZER, "orthogonal")
    bias_initializer: Any = arg(INITIALIZER, "zeros")
    unit_forget_bias: bool = arg(Boolean(), True)
    kernel_regularizer: Any = arg(REGULARIZER, None)
    recurrent_regularizer: Any = arg(REGULARIZER, None)
    bias_regularizer: Any = arg(REGULARIZER, None)
    activity_regularizer: Any = arg(REGULARIZER, None)
    kernel_constraint: Any = arg(CONSTRAINT, None)
    recurrent_constraint: Any = arg(CONSTRAINT, None)
    bias_constraint: Any = arg(CONSTRAINT, None)
    dropout: float = arg(Number(0, 1), 0.0)
    recurrent_dropout: float = arg(Number(0, 1), 0.0)
    seed: int | None = arg(Integer(optional=True), None)
    return_sequences: bool = arg(Boolean(), False)
    return_state: bool = arg(Boolean(), False)
    go_backwards: bool = arg(Boolean(), False)
    stateful: bool = arg(Boolean(), False)
    unroll: bool = arg(Boolean(), False)
    use_cudnn: Any = arg(_Cudnn(), "auto", written=False)
    implementation: int = arg(Integer(0), 2, written=False)
    zero_output_for_mask: bool = arg(Boolean(), False)


class _ConvLSTM(Recurrent, Spatial):
    """ConvLSTM1D, 2D and 3D: an LSTM whose products are convolutions.

    The one over the input is as the arguments say, the one over the state keeps its size.
    """

    filters: int = arg(Integer(1))
    kernel_size: tuple[int, ...] = arg(Window())
    strides: tuple[int, ...] = arg(Window(), 1)
    padding: str = arg(Choice("valid", "same", any_case=True), "valid")
    data_format: str = arg(DataFormat(), None)
    dilation_rate: tuple[int, ...] = arg(Window(), 1)
    activation: str = arg(Activation(), "tanh")
    recurrent_activation: str = arg(Activation(), "sigmoid")
    use_bias: bool = arg(Boolean(), True)
    kernel_initializer: Any = arg(INITIALIZER, "glorot_uniform")
    recurrent_initializer: Any = arg(INITIALIZER, "orthogonal")
    bias_initializer: Any = arg(INITIALIZER, "zeros")
    unit_forget_bias: bool = arg(Boolean(), True)
    kernel_regularizer: Any = arg(REGULARIZER, None)
    recurrent_regularizer: Any = arg(REGULARIZER, None)
    bias_regularizer: Any = arg(REGULARIZER, None)
    activity_regularizer: Any = arg(REGULARIZER, None)
    kernel_constraint: Any = arg(CONSTRAINT, None)
    recurrent_constraint: Any = arg(CONSTRAINT, None)
    bias_constraint: Any = arg(CONSTRAINT, None)
    dropout: float = arg(Number(0, 1), 0.0)
    recurrent_dropout: float = arg(Number(0, 1), 0.0)
    seed: int | None = arg(Integer(optional=True), None)
    return_sequences: bool = arg(Boolean(), False)
    return_state: bool = arg(Boolean(), False)
    go_backwards: bool = arg(Boolean(), False)
    stateful: bool = arg(Boolean(), False)
    unroll: bool = arg(Boolean(), False)
    zero_output_for_mask: bool = arg(Boolean(), False)

    def validate(self) -> None:
        if max(self.strides) > 1 and max(self.dilation_rate) > 1:
            raise self.refuse("strides and dilation_rate can't both be over 1", self.strides)

    def step(self, x: Shape) -> Step:
        _, _, spatial = self.split(x)
        if None in spatial:
            raise self.refuse("wants an input whose spatial sizes are known", x)
        channels = self.known(x, -1 if self.data_format == "channels_last" else -1 - self.rank)
        out = self.slide(
            x, spatial, self.kernel_size, self.strides, self.padding, self.dilation_rate
        )
        width = 4 * self.filters
        kernels = (
            Weight("kernel", (*self.kernel_size, channels, width)),
            Weight("recurrent_kernel", (*self.kernel_size, self.filters, width)),
        )
        bias = (Weight("bias", (width,)),) if self.use_bias else ()
        state = self.join(None, self.filters, out)[1:]
        each = lstm_cost(self.activation, self.recurrent_activation, self.use_bias)
        return Step(
            (*kernels, *bias),
            product(sum(kernel.size for kernel in kernels), *out),
            product(each, *state),
            state,
            (state, state),
            (self.join(None, width, out)[1:],),
            (self.output_dtype,) * 3,
        )


class ConvLSTM1D(_ConvLSTM):
    """A convolutional LSTM over a sequence of sequences."""

    rank = 1
    input_rank = 4


class ConvLSTM2D(_ConvLSTM):
    """A convolutional LSTM over a sequence of images."""

    rank = 2
    input_rank = 5


class ConvLSTM3D(_ConvLSTM):
    """A convolutional LSTM over a sequence of volumes."""

    rank = 3
    input_rank = 6
