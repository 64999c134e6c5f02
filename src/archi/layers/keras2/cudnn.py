"""Recurrences that ran on NVIDIA's cuDNN alone (`layers/rnn/cudnn_*.py` of 2.x)."""

from __future__ import annotations

from typing import Any

from archi.graph import Shape, Weight
from archi.layers._recurrence import Recurrent, Step
from archi.layers.rnn import GRU, LSTM
from archi.twin.arguments import Boolean, Integer, arg
from archi.twin.objects import CONSTRAINT, INITIALIZER, REGULARIZER


class _Cudnn(Recurrent):
    """What both have: two biases for each gate, one with the input and one with the state."""

    in_keras3 = False
    zero_output_for_mask = False

    units: int = arg(Integer(1))
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
    return_sequences: bool = arg(Boolean(), False)
    return_state: bool = arg(Boolean(), False)
    go_backwards: bool = arg(Boolean(), False)
    stateful: bool = arg(Boolean(), False)

    gates = 0
    like: type[Any]  # the layer that computes the same

    def step(self, x: Shape) -> Step:
        step: Step = self.like(self.units, name="like").step(x)
        *kernels, _ = step.weights
        bias = Weight("bias", (2 * self.gates * self.units,))
        extra = 0 if self.gates == 3 else self.gates * self.units  # the second bias of an LSTM
        elementwise = None if step.elementwise is None else step.elementwise + extra
        return step._replace(weights=(*kernels, bias), elementwise=elementwise)


class CuDNNGRU(_Cudnn):
    """Gated recurrent units, the reset gate after the product."""

    gates = 3
    like = GRU


class CuDNNLSTM(_Cudnn):
    """Long short-term memory with two biases."""

    gates = 4
    like = LSTM

    unit_forget_bias: bool = arg(Boolean(), True)
