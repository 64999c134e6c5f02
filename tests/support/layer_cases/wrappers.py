"""Cases of layers that hold others.

Narrower than Keras: both layers of a Bidirectional give the same shape, for Keras takes
that of one for both.
"""

from __future__ import annotations

from support.layer_cases._table import L2, full, has_macs, inner, last, on, refuses, takes

SEQUENCE = (None, 7, 3)
DENSE = inner("Dense", units=4)
CONV = inner("Conv2D", filters=4, kernel_size=3)
NORM = inner("BatchNormalization")

full("TimeDistributed", SEQUENCE, layer=DENSE)
takes("TimeDistributed", (None, None, 3), layer=DENSE)
takes("TimeDistributed", (2, 7, 5, 3), layer=DENSE, name="mine", trainable=False)
takes("TimeDistributed", (None, 7, *last(2)[1:]), layer=CONV)
takes("TimeDistributed", (None, None, *last(2)[1:]), layer=CONV)
takes("TimeDistributed", (None, 7, *last(2)[1:]), layer=NORM)
takes("TimeDistributed", (None, 7, *last(2)[1:]), layer=inner("Flatten"))
takes("TimeDistributed", SEQUENCE, layer=inner("Dropout", rate=0.5))
takes("TimeDistributed", SEQUENCE, layer=inner("Dense", units=4, trainable=False))
takes("TimeDistributed", SEQUENCE, layer=inner("Dense", units=4, dtype="float16"))
takes("TimeDistributed", SEQUENCE, layer=inner("Dense", units=4, kernel_regularizer=L2, name="d"))
takes("TimeDistributed", (None, 7, 8, 3), layer=inner("LSTM", units=2))
takes("TimeDistributed", (None, 7, 8, 3), layer=inner("TimeDistributed", layer=DENSE))
takes("TimeDistributed", on(SEQUENCE, mask=(None, 7)), layer=DENSE)
takes("TimeDistributed", on(inputs=SEQUENCE, training=True), layer=DENSE)
takes("TimeDistributed", SEQUENCE, (None, 9, 3), (None, 9, None), layer=DENSE)
takes("TimeDistributed", SEQUENCE, layer=DENSE, dtype="mixed_float16")
refuses("TimeDistributed", SEQUENCE)
refuses("TimeDistributed", (None, 7), layer=DENSE)
refuses("TimeDistributed", (None, 7, None), layer=DENSE)
refuses("TimeDistributed", SEQUENCE, layer=CONV)
refuses("TimeDistributed", SEQUENCE, layer="dense")
refuses("TimeDistributed", SEQUENCE, layer=None)
refuses("TimeDistributed", [SEQUENCE, SEQUENCE], layer=DENSE)
refuses("TimeDistributed", SEQUENCE, layer=inner("LSTMCell", units=4))
refuses("TimeDistributed", (None, 7, 8, 3), layer=inner("LSTM", units=2, return_state=True))
refuses("TimeDistributed", SEQUENCE, layer=DENSE, units=4)

full("SpectralNormalization", last(2), layer=CONV, power_iterations=2)
takes("SpectralNormalization", (None, 9), layer=DENSE)
takes("SpectralNormalization", (None, 9), layer=inner("Dense", units=4, trainable=False))
takes("SpectralNormalization", (None, 9), layer=inner("Dense", units=4, use_bias=False))
takes("SpectralNormalization", last(2), layer=inner("DepthwiseConv2D", kernel_size=3))
takes("SpectralNormalization", on((None, 9), training=True), layer=DENSE)
takes("SpectralNormalization", (None, 9), layer=DENSE, trainable=False, dtype="mixed_float16")
takes("SpectralNormalization", (None, 9), layer=inner("SpectralNormalization", layer=DENSE))
takes("SpectralNormalization", (None, 5, 9), (None, 9), (None, 3, None), layer=DENSE)
refuses("SpectralNormalization", (None, 9), layer=NORM)
refuses("SpectralNormalization", SEQUENCE, layer=inner("LSTM", units=4))
refuses("SpectralNormalization", SEQUENCE, layer=inner("TimeDistributed", layer=DENSE))
refuses("SpectralNormalization", last(2), layer=inner("SeparableConv2D", filters=2, kernel_size=3))
refuses("SpectralNormalization", (None, 9), layer=DENSE, power_iterations=0)
refuses("SpectralNormalization", (None, 9), (None, 8), layer=DENSE)
refuses("SpectralNormalization", (None, 9))

LSTM = inner("LSTM", units=4)
STATE = (None, 4)
full(
    "Bidirectional",
    SEQUENCE,
    layer=inner("LSTM", units=4, return_sequences=True),
    merge_mode="sum",
    weights=None,
    backward_layer=inner("LSTM", units=4, return_sequences=True, go_backwards=True, name="back"),
)
for _mode in ("sum", "mul", "ave", "concat", None):
    takes("Bidirectional", SEQUENCE, layer=LSTM, merge_mode=_mode)
    takes(
        "Bidirectional",
        (None, None, 3),
        layer=inner("GRU", units=4, return_sequences=True, return_state=True),
        merge_mode=_mode,
    )
takes("Bidirectional", SEQUENCE, layer=inner("LSTM", units=4, return_state=True, name="forward_a"))
takes("Bidirectional", SEQUENCE, layer=inner("SimpleRNN", units=4, seed=3))
takes("Bidirectional", SEQUENCE, layer=inner("RNN", cell=inner("GRUCell", units=4)))
takes(
    "Bidirectional",
    (None, 7, 8, 3),
    layer=inner("ConvLSTM1D", filters=4, kernel_size=3, data_format="channels_first"),
)
takes("Bidirectional", (2, 7, 3), layer=inner("LSTM", units=4, stateful=True))
takes("Bidirectional", on(SEQUENCE, initial_state=[STATE] * 4), layer=LSTM)
takes("Bidirectional", on(SEQUENCE, [STATE] * 2), layer=inner("GRU", units=4))
takes("Bidirectional", on(SEQUENCE, mask=(None, 7)), layer=LSTM)
takes("Bidirectional", SEQUENCE, (None, 9, 3), layer=LSTM)
takes("Bidirectional", SEQUENCE, layer=LSTM, trainable=False)
takes("Bidirectional", SEQUENCE, layer=inner("LSTM", units=4, trainable=False))
takes("Bidirectional", SEQUENCE, layer=inner("LSTM", units=4, dtype="mixed_float16"))
takes(
    "Bidirectional", SEQUENCE, layer=LSTM, backward_layer=inner("GRU", units=4, go_backwards=True)
)
refuses("Bidirectional", SEQUENCE)
refuses("Bidirectional", SEQUENCE, layer=DENSE)
refuses("Bidirectional", SEQUENCE, layer=LSTM, merge_mode="max")
refuses("Bidirectional", SEQUENCE, layer=LSTM, backward_layer=inner("LSTM", units=4))
refuses("Bidirectional", SEQUENCE, layer=inner("LSTM", units=4, go_backwards=True))
refuses("Bidirectional", SEQUENCE, layer=inner("LSTM", units=4, stateful=True))
refuses(
    "Bidirectional",
    SEQUENCE,
    layer=LSTM,
    backward_layer=inner("LSTM", units=4, go_backwards=True, return_sequences=True),
)
refuses("Bidirectional", (None, 7), layer=LSTM)
refuses("Bidirectional", (None, 7, None), layer=LSTM)

full("Pipeline", last(2), layers=[CONV, NORM, inner("Dropout", rate=0.5), inner("ReLU")])
takes("Pipeline", (None, 9), layers=[DENSE], name="mine")
takes("Pipeline", (None, None), layers=[inner("ReLU"), inner("Activation", activation="tanh")])
takes("Pipeline", (None, 9), layers=[inner("Dense", units=4, dtype="float16", trainable=False)])
takes("Pipeline", on((None, 9), training=False), layers=[DENSE])
takes("Pipeline", (None, 9), (None, 9), layers=[DENSE, inner("Dense", units=3)])
refuses("Pipeline", (None, 9), layers=[])
refuses("Pipeline", (None, 9), layers=[DENSE, CONV])
refuses("Pipeline", (None, 9), layers=3)
refuses("Pipeline", (None, 9))
refuses("Pipeline", (None, 9), layers=[DENSE], trainable=False)
refuses("Pipeline", (None, 9), layers=[DENSE], dtype="float16")

has_macs("TimeDistributed", (None, None, 3), layer=DENSE)
has_macs("SpectralNormalization", (None, None, 9), layer=DENSE)
has_macs("Bidirectional", (None, None, 3), layer=LSTM)
has_macs("Pipeline", (None, None, 9), layers=[DENSE])
