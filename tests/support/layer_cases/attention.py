"""Cases of attention.

The twins are narrower than Keras, which looks at no more than some sizes before there are
numbers: they want ranks that attention can be computed of, values for every query where
axes are not attended over, and axes that are not the heads.
"""

from __future__ import annotations

from support.layer_cases._table import (
    HE,
    L1,
    L2,
    MAX_NORM,
    NON_NEG,
    full,
    has_macs,
    on,
    refuses,
    takes,
)

QUERY, VALUE, KEY = (None, 5, 8), (None, 7, 6), (None, 7, 4)
OBJECTS = {
    "kernel_initializer": HE,
    "bias_initializer": "ones",
    "kernel_regularizer": L2,
    "bias_regularizer": L1,
    "activity_regularizer": L2,
    "kernel_constraint": MAX_NORM,
    "bias_constraint": NON_NEG,
}
HEADS = {"num_heads": 2, "key_dim": 3}

full(
    "MultiHeadAttention",
    on(QUERY, VALUE, KEY),
    **HEADS,
    value_dim=5,
    dropout=0.1,
    use_bias=False,
    output_shape=(3, 4),
    attention_axes=[1],
    sliding_window=2,
    flash_attention=False,
    **OBJECTS,
    use_gate=True,
    seed=3,
)
takes("MultiHeadAttention", on(QUERY, QUERY), **HEADS)
takes("MultiHeadAttention", on(QUERY, VALUE), **HEADS, value_dim=4)
takes("MultiHeadAttention", on(QUERY, VALUE, key=KEY), **HEADS, use_gate=True)
takes("MultiHeadAttention", on(query=QUERY, value=VALUE, key=KEY), **HEADS)
takes("MultiHeadAttention", on(QUERY, VALUE, return_attention_scores=True), **HEADS)
takes("MultiHeadAttention", on(QUERY, VALUE, use_causal_mask=True, training=True), **HEADS)
takes("MultiHeadAttention", on(QUERY, VALUE, attention_mask=(None, 5, 7)), **HEADS)
takes("MultiHeadAttention", on(QUERY, VALUE, query_mask=(None, 5), value_mask=None), **HEADS)
takes("MultiHeadAttention", on(QUERY, VALUE), **HEADS, output_shape=9)
takes("MultiHeadAttention", on(QUERY, VALUE), **HEADS, dtype="mixed_float16", use_gate=True)
takes("MultiHeadAttention", on((None, None, 8), (None, None, 8)), **HEADS)
takes("MultiHeadAttention", on((2, 5, 8), (2, 7, 8)), **HEADS)
takes("MultiHeadAttention", on(QUERY, VALUE), on((None, 9, 8), (None, 2, 6)), **HEADS)
for _axes in (None, 1, 2, (1, 2), [2], -2, (-3, -2)):
    _image = (None, 4, 5, 6)
    takes("MultiHeadAttention", on(_image, _image), **HEADS, attention_axes=_axes)
takes(
    "MultiHeadAttention",
    on((None, 4, 5, 3), (None, 4, 7, 3), return_attention_scores=True),
    **HEADS,
    attention_axes=2,
)
refuses("MultiHeadAttention", on(QUERY), **HEADS)
refuses("MultiHeadAttention", QUERY, **HEADS)
refuses("MultiHeadAttention", [QUERY, VALUE], **HEADS)
refuses("MultiHeadAttention", on(QUERY, VALUE, (None, 6, 4)), **HEADS)
refuses("MultiHeadAttention", on(QUERY, VALUE, (None, None, 4)), **HEADS)
refuses("MultiHeadAttention", on((None, 5, None), VALUE), **HEADS)
refuses("MultiHeadAttention", on(QUERY, (None, 7, None)), **HEADS)
refuses("MultiHeadAttention", on(QUERY, VALUE), **HEADS, flash_attention=True, dropout=0.5)
refuses("MultiHeadAttention", on(QUERY, VALUE), **HEADS, attention_axes="all")
refuses("MultiHeadAttention", on(QUERY, VALUE), **HEADS, sliding_window=0)
refuses("MultiHeadAttention", on(QUERY, VALUE), **HEADS, value_dim=0)
refuses("MultiHeadAttention", on(QUERY, VALUE), **HEADS, dropout=1.5)
refuses("MultiHeadAttention", on(QUERY, VALUE), **HEADS, output_shape=2.5)
refuses("MultiHeadAttention", on(QUERY, VALUE), num_heads=0, key_dim=3)
refuses("MultiHeadAttention", on(QUERY, VALUE), num_heads=2, key_dim=None)
refuses("MultiHeadAttention", on(QUERY, VALUE), num_heads=2)

GROUPS = {"head_dim": 3, "num_query_heads": 4, "num_key_value_heads": 2}
SOURCE = (None, 7, 8)
full(
    "GroupQueryAttention",
    on(QUERY, SOURCE, KEY),
    **GROUPS,
    dropout=0.1,
    use_bias=False,
    sliding_window=2,
    flash_attention=False,
    **OBJECTS,
    use_gate=True,
    seed=3,
)
takes("GroupQueryAttention", on(QUERY, QUERY), **GROUPS)
takes("GroupQueryAttention", on(QUERY, SOURCE, key=KEY), **GROUPS)
takes("GroupQueryAttention", on(query=QUERY, value=SOURCE), **GROUPS, use_gate=True)
takes("GroupQueryAttention", on(QUERY, SOURCE, return_attention_scores=True), **GROUPS)
takes("GroupQueryAttention", on(QUERY, SOURCE, use_causal_mask=True), **GROUPS)
takes("GroupQueryAttention", on(QUERY, SOURCE, attention_mask=(None, 5, 7)), **GROUPS)
takes("GroupQueryAttention", on((None, None, 8), (None, None, 8)), **GROUPS)
takes("GroupQueryAttention", on(QUERY, SOURCE), **{**GROUPS, "num_key_value_heads": 4})
takes("GroupQueryAttention", on(QUERY, SOURCE), on((None, 2, 8), (None, 3, 8)), **GROUPS)
refuses("GroupQueryAttention", on(QUERY, VALUE), **GROUPS)
refuses("GroupQueryAttention", on(QUERY, SOURCE, (None, 6, 8)), **GROUPS)
refuses("GroupQueryAttention", on(QUERY), **GROUPS)
refuses("GroupQueryAttention", on(QUERY, SOURCE), **{**GROUPS, "num_key_value_heads": 3})
refuses("GroupQueryAttention", on(QUERY, SOURCE), **GROUPS, flash_attention=True, dropout=0.5)
refuses("GroupQueryAttention", on(QUERY, SOURCE), **GROUPS, sliding_window=-1)
refuses("GroupQueryAttention", on(QUERY, SOURCE), head_dim=3, num_query_heads=4)

for _layer in ("Attention", "AdditiveAttention"):
    takes(_layer, [QUERY, (None, 7, 8)])
    takes(_layer, [QUERY, VALUE, (None, 7, 8)])
    takes(_layer, on([QUERY, VALUE, (None, 7, 8)], return_attention_scores=True))
    takes(_layer, on([QUERY, QUERY], use_causal_mask=True, training=True))
    takes(_layer, on([QUERY, SOURCE], mask=[(None, 5), (None, 7)]))
    takes(_layer, [(None, 4, 5, 8), (None, 4, 7, 8)])
    takes(_layer, [(None, None, 8), (None, None, 8)])
    takes(_layer, [QUERY, SOURCE], [SOURCE, QUERY])
    takes(_layer, [QUERY, SOURCE], dtype="mixed_bfloat16")
    refuses(_layer, QUERY)
    refuses(_layer, [QUERY])
    refuses(_layer, [QUERY] * 4)
    refuses(_layer, on(QUERY, SOURCE))
    refuses(_layer, [QUERY, SOURCE], use_scale=1.5, dropout="much")
    refuses(_layer, [QUERY, SOURCE], heads=2)
full("Attention", [QUERY, SOURCE], use_scale=True, score_mode="concat", dropout=0.5, seed=3)
takes("Attention", [QUERY, SOURCE], use_scale=True)
takes("Attention", [QUERY, SOURCE], score_mode="concat")
refuses("Attention", [QUERY, SOURCE], score_mode="additive")
full("AdditiveAttention", [QUERY, SOURCE], use_scale=False, dropout=0.5, seed=3)
takes("AdditiveAttention", [QUERY, SOURCE], use_scale=False)
refuses("AdditiveAttention", [(None, 5, None), (None, 7, None)])

has_macs("MultiHeadAttention", on(QUERY, (None, None, 8)), **HEADS)
has_macs("GroupQueryAttention", on(QUERY, (None, None, 8)), **GROUPS)
has_macs("Attention", [QUERY, (None, None, 8)])
has_macs("AdditiveAttention", [QUERY, (None, None, 8)])
