"""Cases of recurrent layers and their cells.

The twins are narrower than Keras, which looks at no more than some sizes before there are
numbers: they want states of the right number and sizes, inputs that are vectors at every
step, and features as many as at the first call; a ConvLSTM with filters, cells in a stack.
"""

from __future__ import annotations

from typing import Any

from support.layer_cases._table import (
    HE,
    L1,
    L2,
    MAX_NORM,
    NON_NEG,
    full,
    has_macs,
    inner,
    on,
    refuses,
    takes,
)

SEQUENCE = (None, 7, 3)
STATE = (None, 4)
OBJECTS: dict[str, Any] = {
    "kernel_initializer": HE,
    "recurrent_initializer": "glorot_uniform",
    "bias_initializer": "ones",
    "kernel_regularizer": L2,
    "recurrent_regularizer": L1,
    "bias_regularizer": L1,
    "kernel_constraint": MAX_NORM,
    "recurrent_constraint": NON_NEG,
    "bias_constraint": NON_NEG,
}
GATES = {"activation": "relu", "recurrent_activation": "hard_sigmoid"}
RATES = {"dropout": 0.25, "recurrent_dropout": 0.5, "seed": 3}
SETTINGS = {
    "return_sequences": True,
    "return_state": True,
    "go_backwards": True,
    "stateful": True,
    "unroll": True,
}
OWN: dict[str, dict[str, Any]] = {  # what a layer has in common with its cell
    "SimpleRNN": {"units": 4, "activation": "relu", "use_bias": False, **OBJECTS, **RATES},
    "GRU": {"units": 4, **GATES, "use_bias": False, **OBJECTS, **RATES, "reset_after": False},
    "LSTM": {"units": 4, **GATES, "use_bias": False, **OBJECTS, **RATES, "unit_forget_bias": False},
}
STATES = {"SimpleRNN": 1, "GRU": 1, "LSTM": 2}

for _layer, _own in OWN.items():
    _older = {} if _layer == "SimpleRNN" else {"implementation": 1}
    _cudnn = {} if _layer == "SimpleRNN" else {"use_cudnn": False}
    _states = [STATE] * STATES[_layer]
    full(
        _layer,
        (2, 7, 3),
        **_own,
        **SETTINGS,
        **_cudnn,
        **_older,
        activity_regularizer=L2,
        zero_output_for_mask=True,
    )
    takes(_layer, SEQUENCE, units=4)
    takes(_layer, SEQUENCE, units=4, return_sequences=True)
    takes(_layer, SEQUENCE, units=4, return_state=True, go_backwards=True)
    takes(_layer, SEQUENCE, units=4, return_state=True, return_sequences=True)
    takes(_layer, (None, None, 3), units=4, return_sequences=True)
    takes(_layer, (2, 7, 3), units=4, stateful=True, return_sequences=True)
    takes(_layer, on(SEQUENCE, initial_state=_states), units=4, return_state=True)
    takes(_layer, on(SEQUENCE, _states), units=4)
    takes(_layer, on(SEQUENCE, mask=(None, 7)), units=4)
    takes(_layer, on(sequences=SEQUENCE, training=True), units=4)
    takes(_layer, SEQUENCE, (None, 9, 3), (None, 9, None), units=4)
    takes(_layer, SEQUENCE, units=4, activation=None, dtype="mixed_float16")
    takes(_layer, SEQUENCE, units=4, trainable=False)
    takes(_layer, SEQUENCE, units=1, activation="softmax", name="mine")
    refuses(_layer, SEQUENCE)
    refuses(_layer, (None, 7), units=4)
    refuses(_layer, (None, 7, 5, 3), units=4)
    refuses(_layer, (None, 7, None), units=4)
    refuses(_layer, [SEQUENCE], units=4)
    refuses(_layer, SEQUENCE, units=0)
    refuses(_layer, SEQUENCE, units=2.5)
    refuses(_layer, SEQUENCE, units=4, stateful=True)
    refuses(_layer, SEQUENCE, units=4, activation="relux")
    refuses(_layer, SEQUENCE, units=4, dropout="much")
    refuses(_layer, SEQUENCE, units=4, recurrent_initializer="nonsense")
    refuses(_layer, SEQUENCE, units=4, cell=4)
    _cell = f"{_layer}Cell"
    full(_cell, on((None, 3), _states), **_own, **_older)
    takes(_cell, on((None, 3), _states), units=4)
    takes(_cell, on((None, 3), states=_states, training=True), units=4)
    takes(_cell, on((2, 3), _states), units=4, dtype="mixed_float16")
    takes(_cell, on((None, 3), _states), on((None, 3), _states), units=4)
    refuses(_cell, (None, 3), units=4)
    refuses(_cell, on((None, 3), [(None, 5)] * STATES[_layer]), units=4)
    refuses(_cell, on((None, None), _states), units=4)
    refuses(_cell, on((None, 3), _states), units=-1)
    refuses(_cell, on((None, 3), _states), units=4, return_state=True)
for _layer in ("GRU", "LSTM"):
    takes(_layer, SEQUENCE, units=4, recurrent_activation=None)
    refuses(_layer, SEQUENCE, units=4, use_cudnn="never")
takes("GRU", SEQUENCE, units=4, reset_after=False)
takes("GRU", on(SEQUENCE, initial_state=STATE), units=4)
takes("GRUCell", on((None, 3), STATE), units=4)
takes("SimpleRNNCell", on(sequence=(None, 3), states=STATE), units=4)
takes("LSTMCell", on(inputs=(None, 3), states=[STATE, STATE]), units=4)

LSTM_CELL = inner("LSTMCell", units=4)
CELLS = [LSTM_CELL, inner("GRUCell", units=5), inner("SimpleRNNCell", units=2)]
full("RNN", (2, 7, 3), cell=LSTM_CELL, **SETTINGS, zero_output_for_mask=True)
takes("RNN", SEQUENCE, cell=LSTM_CELL)
takes("RNN", SEQUENCE, cell=CELLS, return_state=True)
takes("RNN", (None, None, 3), cell=CELLS, return_sequences=True)
takes("RNN", SEQUENCE, cell=inner("StackedRNNCells", cells=CELLS[:2], name="both"))
takes("RNN", on(SEQUENCE, initial_state=[STATE, STATE]), cell=LSTM_CELL)
takes("RNN", on(SEQUENCE, initial_state=[[STATE, STATE], (None, 5)]), cell=CELLS[:2])
takes("RNN", SEQUENCE, cell=inner("GRUCell", units=4, trainable=False, name="cell"))
takes("RNN", SEQUENCE, cell=inner("GRUCell", units=4, dtype="float16"))
takes("RNN", SEQUENCE, cell=LSTM_CELL, trainable=False)
takes("RNN", SEQUENCE, (None, 2, None), cell=LSTM_CELL)
refuses("RNN", SEQUENCE)
refuses("RNN", SEQUENCE, cell=inner("Dense", units=4))
refuses("RNN", SEQUENCE, cell=4)
refuses("RNN", SEQUENCE, cell=[])
refuses("RNN", SEQUENCE, cell=[LSTM_CELL, 4])
refuses("RNN", (None, 7, None), cell=LSTM_CELL)
refuses("RNN", SEQUENCE, cell=LSTM_CELL, stateful=True)
refuses("RNN", SEQUENCE, cell=LSTM_CELL, units=4)

full("StackedRNNCells", on((None, 3), [[STATE, STATE], (None, 5), (None, 2)]), cells=CELLS)
takes("StackedRNNCells", on((None, 3), states=[[STATE, STATE]]), cells=[LSTM_CELL])
takes("StackedRNNCells", on((2, 3), [(2, 5), (2, 2)]), cells=CELLS[1:], trainable=False)
refuses("StackedRNNCells", on((None, 3), [[STATE, STATE], STATE]), cells=CELLS[:2])
refuses("StackedRNNCells", (None, 3), cells=CELLS)
refuses("StackedRNNCells", on((None, 3), [STATE]), cells=[inner("Dense", units=4)])
refuses("StackedRNNCells", on((None, 3), [STATE]))

SIZES = (8, 9, 6)
for _rank in (1, 2, 3):
    _layer = f"ConvLSTM{_rank}D"
    _base = {"filters": 2, "kernel_size": 3}
    _last, _first = (None, 4, *SIZES[:_rank], 3), (None, 4, 3, *SIZES[:_rank])
    full(
        _layer,
        (2, *_first[1:]),
        **_base,
        strides=2,
        padding="same",
        data_format="channels_first",
        dilation_rate=1,
        **GATES,
        use_bias=False,
        **OBJECTS,
        **RATES,
        unit_forget_bias=False,
        activity_regularizer=L2,
        **SETTINGS,
        zero_output_for_mask=True,
    )
    takes(_layer, _last, **_base)
    takes(_layer, _last, **_base, return_sequences=True, return_state=True)
    takes(_layer, _last, filters=2, kernel_size=tuple(range(1, _rank + 1)), padding="SAME")
    takes(_layer, _last, **_base, dilation_rate=2)
    takes(_layer, _last, **_base, strides=2, trainable=False)
    takes(_layer, _first, **_base, data_format="channels_first", return_sequences=True)
    takes(_layer, (None, None, *SIZES[:_rank], 3), **_base)
    takes(_layer, (2, *_last[1:]), **_base, stateful=True)
    takes(_layer, _last, (None, 9, *SIZES[:_rank], 3), **_base)
    refuses(_layer, _last[:-1], **_base)
    refuses(_layer, (None, 4, None, *SIZES[1:_rank], 3), **_base)
    refuses(_layer, (None, 4, *SIZES[:_rank], None), **_base)
    refuses(_layer, (None, 4, 2, *SIZES[1:_rank], 3), **_base)
    refuses(_layer, _last, **_base, stateful=True)
    refuses(_layer, _last, **_base, padding="causal")
    refuses(_layer, _last, **_base, strides=2, dilation_rate=2)
    refuses(_layer, _last, filters=2)

for _layer in ("SimpleRNN", "GRU", "LSTM"):
    has_macs(_layer, (None, None, 3), units=4)
    has_macs(f"{_layer}Cell", None)
has_macs("RNN", (None, None, 3), cell=CELLS)
has_macs("StackedRNNCells", None)
for _rank in (1, 2, 3):
    has_macs(f"ConvLSTM{_rank}D", (None, None, *SIZES[:_rank], 3), filters=2, kernel_size=3)
