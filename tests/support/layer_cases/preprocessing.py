"""Preprocessing of numbers, categories, text, images and sound.

Left out on purpose, for there the twin is narrower than Keras, which looks at nothing before
it runs: images that are none, sound of more than two axes, texts of more than one, scales
that do not fit, sizes and lengths below 1, frequencies below 0, words that name no
interpolation, numbers that are texts, and terms of a vocabulary or a mask that are neither
texts nor whole numbers as their layer wants them. Neither are functions taken for
`standardize` and `split`, nor what HashedCrossing forgets. A Discretization may have both
its boundaries and their number, as in the config of one that has learnt them. And
Normalization wants each axis once.
"""

from __future__ import annotations

from support.layer_cases._table import FORMATS, costs, first, full, has_macs, last, refuses, takes

# -- numbers ----------------------------------------------------------------------------------

full("Rescaling", (None, 5), scale=[0.1] * 5, offset=[1, 2, 3, 4, 5])
takes("Rescaling", last(2), scale=1 / 255)
takes("Rescaling", (None, None, None, 3), scale=2, offset=-1)
takes("Rescaling", last(2, channels=3), scale=(0.1, 0.2, 0.3), offset=[[1.0, 2.0, 3.0]])
takes("Rescaling", (None, 5), (None, 4, 3), scale=0.5)
takes("Rescaling", (4,), scale=0.5)
takes("Rescaling", last(2), input_dtype="uint8", scale=0.5)
takes("Rescaling", last(2), scale=0.5, dtype="float16")
refuses("Rescaling", (None, 5))
refuses("Rescaling", (None, 5), scale=1.0, shift=1.0)
costs(2 * 8 * 9 * 4, "Rescaling", last(2), scale=1 / 255)

full(
    "Normalization", (None, 3, 4), axis=(1, 2), mean=[[0.5] * 4], variance=[[2.0] * 4], invert=True
)
takes("Normalization", (None, 5))
takes("Normalization", last(2))
takes("Normalization", first(2), axis=1)
takes("Normalization", (None, 3, 4), axis=[-1, 1])
takes("Normalization", (None, 3, None), axis=-2)
takes("Normalization", (None, 3, 4), axis=None)
takes("Normalization", (None, 3, 4), axis=())
takes("Normalization", (6, 4), axis=0)
takes("Normalization", (None, 3, 4), mean=0.5, variance=2)
takes("Normalization", (None, 3, 4), axis=None, mean=0.5, variance=2)
takes("Normalization", (None, 3, 4), mean=[1.0, 2.0, 3.0, 4.0], variance=[1, 1, 1, 1])
takes("Normalization", (None, 3, 4), mean=[1.0], variance=[1])
takes("Normalization", (None, 3, 4), axis=(1, 2), mean=[[1.0], [2.0], [3.0]], variance=[[1]] * 3)
takes("Normalization", (None, 3, 4), axis=(1, 2), mean=[1, 2, 3, 4], variance=[1, 1, 1, 1])
takes("Normalization", (None, 5), (None, 3, 5))
takes("Normalization", (None, 5), (None, 3, None))
takes("Normalization", (None, 5), invert=True, dtype="mixed_float16", trainable=False)
takes("Normalization", (None, 5), input_dtype="int32")
refuses("Normalization", (None, None))
refuses("Normalization", (None, 5), axis=0)
refuses("Normalization", (None, 5), axis=2)
refuses("Normalization", (None, 5), axis=-3)
refuses("Normalization", (None, 5), axis="last")
refuses("Normalization", (None, 5), mean=1.0)
refuses("Normalization", (None, 5), variance=1.0)
refuses("Normalization", (None, 5), mean=1.0, variance=[1.0])
refuses("Normalization", (None, 5), mean=[1.0, 2.0], variance=[1.0, 1.0])
refuses("Normalization", (None, 5), mean=[[1.0] * 5], variance=[[1.0] * 5])
refuses("Normalization", (None, 5), axis=None, mean=[1.0], variance=[1.0])
refuses("Normalization", (None, 5), mean=[[1.0], [1.0, 2.0]], variance=[[1.0], [1.0, 2.0]])
refuses("Normalization", (None, None), mean=1.0, variance=1.0)
costs(2 * 8 * 9 * 4, "Normalization", last(2))
costs(2 * 5, "Normalization", (None, 5), mean=0.5, variance=2.0)

# -- categories -------------------------------------------------------------------------------

ENCODED = ("one_hot", "multi_hot", "count")
SHAPES = ((None,), (None, 1), (None, 3), (None, None), (4, 3), (None, 3, 1), (None, 3, 2))

full("CategoryEncoding", (None, 3), num_tokens=7, output_mode="count", sparse=True)
for _mode in (*ENCODED, "binary"):
    for _shape in SHAPES:
        takes("CategoryEncoding", _shape, input_dtype="int32", num_tokens=5, output_mode=_mode)
takes("CategoryEncoding", (None, 3), (None, 1), num_tokens=5, output_mode="one_hot")
takes("CategoryEncoding", (None, 3), num_tokens=1, dtype="float16")
takes("CategoryEncoding", (None, 3), num_tokens=4, dtype="int64")
refuses("CategoryEncoding", (None, 3))
refuses("CategoryEncoding", (None, 3), num_tokens=0)
refuses("CategoryEncoding", (None, 3), num_tokens=-1)
refuses("CategoryEncoding", (None, 3), num_tokens="many")
refuses("CategoryEncoding", (None, 3), num_tokens=5, output_mode="int")
refuses("CategoryEncoding", (None, 3), num_tokens=5, output_mode="tf_idf")
refuses("CategoryEncoding", (None, 3), num_tokens=5, depth=3)

BINS = {"bin_boundaries": [0.0, 1.0, 2.5]}
full(
    "Discretization",
    (None, 3),
    bin_boundaries=None,
    num_bins=7,
    epsilon=0.1,
    output_mode="count",
    sparse=True,
    dtype="float16",
)
for _mode in ("int", *ENCODED):
    for _shape in SHAPES:
        takes("Discretization", _shape, **BINS, output_mode=_mode)
takes("Discretization", (None, 3), bin_boundaries=(0, 1), output_mode="one_hot", sparse=True)
takes("Discretization", (None, 3), bin_boundaries=[], output_mode="one_hot")
takes("Discretization", (None, 3), num_bins=4, output_mode="one_hot")
takes("Discretization", (None, 3), num_bins=0)
takes("Discretization", (None, 3), num_bins=4, dtype="float16", output_mode="multi_hot")
takes("Discretization", (None, 3), num_bins=4, dtype="float16")
takes("Discretization", (None, 3), num_bins=4, dtype="mixed_float16", output_mode="multi_hot")
takes("Discretization", (None, 3), num_bins=4, dtype="float64", input_dtype="float64")
refuses("Discretization", (None, 3))
refuses("Discretization", (None, 3), num_bins=-1)
refuses("Discretization", (None, 3), num_bins="many")
refuses("Discretization", (None, 3), **BINS, output_mode="tf_idf")
refuses("Discretization", (None, 3), **BINS, output_mode="binary")
refuses("Discretization", (None, 3), **BINS, sparse=True)
refuses("Discretization", (None, 3), **BINS, trainable=False)
refuses("Discretization", (None, 3), **BINS, bins=3)

full(
    "Hashing",
    (None, 3),
    num_bins=7,
    mask_value="",
    salt=(133, 137),
    output_mode="count",
    sparse=True,
    dtype="float16",
)
for _mode in ("int", *ENCODED):
    for _shape in SHAPES:
        takes("Hashing", _shape, input_dtype="string", num_bins=4, output_mode=_mode)
takes("Hashing", (None, 3), input_dtype="int64", num_bins=4, mask_value=0, salt=133)
takes("Hashing", (None, 3), num_bins=1, dtype="int32", salt=[1, 2])
takes("Hashing", (None, 3), num_bins=4, dtype="mixed_float16", output_mode="one_hot")
takes("Hashing", (None, 3), num_bins=4, dtype="int64", output_mode="one_hot")
refuses("Hashing", (None, 3))
refuses("Hashing", (None, 3), num_bins=0)
refuses("Hashing", (None, 3), num_bins=-1)
refuses("Hashing", (None, 3), num_bins=None)
refuses("Hashing", (None, 3), num_bins=4, dtype="float32")
refuses("Hashing", (None, 3), num_bins=4, output_mode="tf_idf")
refuses("Hashing", (None, 3), num_bins=4, sparse=True)
refuses("Hashing", (None, 3), num_bins=4, salt=(1, 2, 3))
refuses("Hashing", (None, 3), num_bins=4, salt="salt")
refuses("Hashing", (None, 3), num_bins=4, bins=4)

full("HashedCrossing", [(None, 1), (None, 1)], num_bins=7, output_mode="one_hot", sparse=True)
for _mode in ("int", "one_hot"):
    takes("HashedCrossing", [(None, 1), (None, 1)], num_bins=4, output_mode=_mode)
    takes("HashedCrossing", [(None,), (None,)], num_bins=4, output_mode=_mode)
    takes("HashedCrossing", [(4, 1), (4, 1)], num_bins=4, output_mode=_mode)
takes("HashedCrossing", [(None, 1), (None, 1)], input_dtype="string", num_bins=4)
takes("HashedCrossing", [(None, 1), (None, 1)], num_bins=4, dtype="int32")
takes("HashedCrossing", [(None, 1), (None, 1)], num_bins=4, output_mode="one_hot", dtype="float16")
takes("HashedCrossing", [(None, 1)] * 2, num_bins=4, output_mode="one_hot", dtype="mixed_float16")
refuses("HashedCrossing", [(None, 1), (None, 1)])
refuses("HashedCrossing", [(None, 1), (None, 1)], num_bins=4, output_mode="count")
refuses("HashedCrossing", [(None, 1), (None, 2)], num_bins=4)
refuses("HashedCrossing", [(None, 1)], num_bins=4)
refuses("HashedCrossing", [(None, 1)] * 3, num_bins=4)
refuses("HashedCrossing", (None, 1), num_bins=4)

# -- tables -----------------------------------------------------------------------------------

TABLES = {  # by layer: a vocabulary, what it is called on, special terms
    "IntegerLookup": ([12, 36, 1138, 42], "int64", {"mask_token": 0, "oov_token": -2}),
    "StringLookup": (["a", "b", "c", "d"], "string", {"mask_token": "", "oov_token": "?"}),
}
IDF = [0.25, 0.75, 0.6, 0.4]
full(
    "IntegerLookup",
    (None, 3),
    max_tokens=9,
    num_oov_indices=2,
    mask_token=0,
    oov_token=-2,
    vocabulary=[12, 36, 1138, 42],
    vocabulary_dtype="int64",
    idf_weights=IDF,
    invert=False,
    output_mode="tf_idf",
    sparse=True,
    pad_to_max_tokens=True,
    oov_method="farmhash",
    salt=[1, 2],
)
full(
    "StringLookup",
    (None, 3),
    input_dtype="string",
    max_tokens=9,
    num_oov_indices=2,
    mask_token="",
    oov_token="?",
    vocabulary=["a", "b", "c", "d"],
    idf_weights=IDF,
    invert=False,
    output_mode="tf_idf",
    pad_to_max_tokens=True,
    sparse=True,
    encoding="ascii",
    salt=(1, 2),
)


def table_cases(layer: str, terms: list, dtype: str, special: dict) -> None:
    x = (None, 3)
    mask, oov = special["mask_token"], special["oov_token"]
    for shape in SHAPES:
        for mode in ("int", "one_hot", "multi_hot"):
            takes(layer, shape, input_dtype=dtype, vocabulary=terms, output_mode=mode)
    for mode in ("int", "multi_hot"):
        takes(layer, x, vocabulary=terms, **special, output_mode=mode)
        takes(layer, x, vocabulary=terms, **special, num_oov_indices=0, output_mode=mode)
        takes(layer, x, vocabulary=terms, **special, num_oov_indices=3, output_mode=mode)
        takes(layer, x, vocabulary=tuple(terms), max_tokens=9, output_mode=mode)
        takes(layer, x, vocabulary_size=9, output_mode=mode)
        takes(layer, x, vocabulary_size=5, vocabulary=terms, output_mode=mode)
    takes(layer, x)
    takes(layer, x, vocabulary_size=77, vocabulary=terms)
    takes(layer, x, output_mode="binary")
    takes(layer, x, output_mode="tf_idf")
    takes(layer, x, output_mode="tf-idf", idf_weights=IDF)
    takes(layer, x, output_mode="tf_idf", idf_weights=IDF, vocabulary=terms)
    takes(layer, x, output_mode="multi_hot", max_tokens=9, pad_to_max_tokens=True)
    takes(layer, x, output_mode="one_hot", vocabulary=terms, sparse=True)
    takes(layer, x, vocabulary=terms, invert=True)
    takes(layer, x, vocabulary=terms, invert=True, **special)
    takes(layer, x, vocabulary=[oov, *terms], oov_token=oov)
    takes(layer, x, vocabulary=[oov, *terms], oov_token=oov, output_mode="count")
    takes(layer, x, vocabulary=[oov, *terms], oov_token=oov, invert=True)
    takes(layer, x, vocabulary=[mask, oov, *terms], **special)
    takes(layer, x, vocabulary=[mask, oov, oov, *terms], **special, num_oov_indices=2)
    takes(layer, x, vocabulary=[*terms, oov], oov_token=oov)
    takes(layer, x, vocabulary=terms[:1], max_tokens=2)
    takes(layer, x, vocabulary=terms, max_tokens=5)
    takes(layer, x, vocabulary=[oov, *terms], oov_token=oov, max_tokens=5)
    takes(layer, x, vocabulary=terms, dtype="float16", trainable=False)
    takes(layer, x, (None, 4, 2), vocabulary=terms)
    takes(layer, x, vocabulary=terms, oov_token=None)
    refuses(layer, x, vocabulary=[])
    refuses(layer, x, vocabulary=[oov], oov_token=oov)
    refuses(layer, x, vocabulary=terms, max_tokens=4)
    refuses(layer, x, vocabulary=[*terms, terms[0]])
    refuses(layer, x, vocabulary=[*terms, mask], mask_token=mask)
    refuses(layer, x, vocabulary=[mask, *terms], mask_token=mask)
    refuses(layer, x, vocabulary=[*terms, oov], oov_token=oov, invert=True)
    refuses(layer, x, vocabulary=terms, oov_token=None, invert=True)
    refuses(layer, x, vocabulary=terms, max_tokens=1)
    refuses(layer, x, vocabulary=terms, num_oov_indices=-1)
    refuses(layer, x, vocabulary=terms, pad_to_max_tokens=True)
    refuses(layer, x, vocabulary=terms, output_mode="multi_hot", vocabulary_size=9)
    refuses(layer, x, vocabulary=terms, output_mode="embedding")
    refuses(layer, x, vocabulary=terms, output_mode="tf_idf")
    refuses(layer, x, vocabulary=terms, output_mode="tf_idf", idf_weights=IDF[:3])
    refuses(layer, x, vocabulary=terms, idf_weights=IDF)
    refuses(layer, x, vocabulary=terms, output_mode="one_hot", invert=True)
    refuses(layer, x, vocabulary=terms, sparse=True)
    refuses(layer, x, vocabulary=terms, oov_method="mod")
    refuses(layer, x, vocabulary=terms, activity_regularizer=None)
    refuses(layer, x, vocabulary=terms, tokens=9)
    costs(0, layer, x, vocabulary=terms)
    costs(0, layer, x, vocabulary=terms, output_mode="one_hot")
    costs(5, layer, x, vocabulary=terms, output_mode="tf_idf", idf_weights=IDF)


for _layer, _table in TABLES.items():
    table_cases(_layer, *_table)
takes("IntegerLookup", (None, 3), num_oov_indices=2, oov_method="farmhash", salt=5)
refuses("IntegerLookup", (None, 3), num_oov_indices=2, salt=5)
refuses("IntegerLookup", (None, 3), vocabulary_dtype="int32")
takes("StringLookup", (None, 3), num_oov_indices=2, salt=5)
takes("StringLookup", (None, 3), oov_method="farmhash", salt=5)
takes("StringLookup", (None, 3), vocabulary=["[UNK]", "a"])
takes("StringLookup", (None, 3), vocabulary=["", "[UNK]", "a"], mask_token="")
refuses("StringLookup", (None, 3), salt=(1, 2, 3))

WORDS = ["earth", "wind", "fire"]
full(
    "TextVectorization",
    (None, 1),
    input_dtype="string",
    max_tokens=9,
    standardize="lower",
    split="character",
    ngrams=2,
    output_mode="tf_idf",
    output_sequence_length=None,
    pad_to_max_tokens=True,
    vocabulary=WORDS,
    idf_weights=IDF[:3],
    sparse=True,
    ragged=False,
    encoding="ascii",
)
for _shape in ((None,), (None, 1), (4, 1)):
    for _split in (None, "whitespace"):
        for _mode in ("int", "one_hot", "binary"):
            takes(
                "TextVectorization",
                _shape,
                input_dtype="string",
                vocabulary=WORDS,
                split=_split,
                output_mode=_mode,
            )
takes("TextVectorization", (None, 4), split=None, vocabulary=WORDS)
takes("TextVectorization", (None, 4), split=None, vocabulary=WORDS, output_mode="multi_hot")
takes("TextVectorization", (None, 1))
takes("TextVectorization", (None, 1), output_mode="multi_hot")
takes("TextVectorization", (None, 1), output_mode="multi_hot", vocabulary_size=9)
takes("TextVectorization", (None, 1), vocabulary_size=9)
takes("TextVectorization", (None, 1), output_mode="count", max_tokens=9, pad_to_max_tokens=True)
takes("TextVectorization", (None, 1), output_sequence_length=7, vocabulary=WORDS)
takes("TextVectorization", (None, 1), output_sequence_length=7, ragged=True)
takes("TextVectorization", (None, 1), ragged=True, standardize=None)
takes("TextVectorization", (None, 1), standardize="strip_punctuation", ngrams=(1, 3))
takes("TextVectorization", (None, 1), vocabulary=["", "[UNK]", *WORDS])
takes("TextVectorization", (None, 1), vocabulary=["[UNK]", *WORDS], output_mode="count")
takes("TextVectorization", (None, 1), vocabulary=WORDS, dtype="float16", trainable=False)
takes("TextVectorization", (None, 1), vocabulary=WORDS, max_tokens=5)
refuses("TextVectorization", (None, 1), vocabulary=WORDS, max_tokens=4)
refuses("TextVectorization", (None, 1), vocabulary=["", *WORDS])
refuses("TextVectorization", (None, 1), vocabulary=[*WORDS, "wind"])
refuses("TextVectorization", (None, 1), max_tokens=1)
refuses("TextVectorization", (None, 1), standardize="upper")
refuses("TextVectorization", (None, 1), split="sentence")
refuses("TextVectorization", (None, 1), ngrams="two")
refuses("TextVectorization", (None, 1), ngrams=(1, 2.5))
refuses("TextVectorization", (None, 1), output_mode="words")
refuses("TextVectorization", (None, 1), output_mode="count", output_sequence_length=4)
refuses("TextVectorization", (None, 1), output_sequence_length="long")
refuses("TextVectorization", (None, 1), output_mode="count", ragged=True)
refuses("TextVectorization", (None, 1), sparse=True)
refuses("TextVectorization", (None, 1), pad_to_max_tokens=True)
refuses("TextVectorization", (None, 1), output_mode="tf_idf", vocabulary=WORDS)
refuses("TextVectorization", (None, 1), idf_weights=IDF)
refuses("TextVectorization", (None, 1), tokens=9)
costs(0, "TextVectorization", (None, 1), vocabulary=WORDS, output_mode="count")

# -- images -----------------------------------------------------------------------------------

IMAGES = (None, 8, 9, 3)
full(
    "Resizing",
    (None, 3, 8, 9),
    height=4,
    width=5,
    interpolation="nearest",
    crop_to_aspect_ratio=False,
    pad_to_aspect_ratio=True,
    fill_mode="constant",
    fill_value=0.5,
    antialias=True,
    data_format="channels_first",
    bounding_box_format="xyxy",
)
full(
    "CenterCrop",
    (None, 3, 8, 9),
    height=4,
    width=5,
    data_format="channels_first",
    bounding_box_format="xyxy",
)
for _layer in ("Resizing", "CenterCrop"):
    takes(_layer, IMAGES, height=4, width=5)
    takes(_layer, IMAGES, height=12, width=3, data_format="Channels_Last")
    takes(_layer, (4, None, None, None), height=4, width=5)
    takes(_layer, (None, 9, 3), height=4, width=5)
    takes(_layer, (None, 8, 9), height=4, width=5, data_format=FORMATS[1])
    takes(_layer, IMAGES, (None, 5, 6, 3), height=4, width=5)
    takes(_layer, IMAGES, height=4, width=5, dtype="float16")
    takes(_layer, IMAGES, input_dtype="uint8", height=4, width=5)
    refuses(_layer, IMAGES, height=4)
    refuses(_layer, IMAGES, height=4, width=5, data_format="NHWC")
    refuses(_layer, IMAGES, height=4, width=5, size=3)
for _interpolation in ("nearest", "bilinear", "bicubic", "lanczos3", "lanczos5"):
    takes("Resizing", IMAGES, height=4, width=5, interpolation=_interpolation)
takes("Resizing", IMAGES, height=4, width=5, crop_to_aspect_ratio=True)
refuses("CenterCrop", (None, 5), height=4, width=5)

_NEW = 4 * 5 * 3
for _interpolation, _taps in {
    "nearest": 0,
    "bilinear": 4,
    "bicubic": 16,
    "lanczos3": 36,
    "lanczos5": 100,
}.items():
    costs(_taps * _NEW, "Resizing", IMAGES, height=4, width=5, interpolation=_interpolation)
costs(4 * 20 * 20 * 3, "Resizing", IMAGES, height=20, width=20, antialias=True)
costs(None, "Resizing", IMAGES, height=4, width=20, antialias=True)
costs(None, "Resizing", (None, None, 9, 3), height=9, width=9, antialias=True)
costs(0, "CenterCrop", IMAGES, height=8, width=9)
costs(0, "CenterCrop", (None, None, None, 3), height=8, width=9)
costs(4 * 9 * 9 * 3, "CenterCrop", IMAGES, height=9, width=9)

# -- sound ------------------------------------------------------------------------------------

full(
    "MelSpectrogram",
    (None, 16000),
    fft_length=1024,
    sequence_stride=256,
    sequence_length=800,
    window="hamming",
    sampling_rate=8000,
    num_mel_bins=64,
    min_freq=30.0,
    max_freq=3500.0,
    power_to_db=False,
    top_db=60.0,
    mag_exp=1.0,
    min_power=1e-8,
    ref_power=2.0,
)
takes("MelSpectrogram", (None, 16000))
takes("MelSpectrogram", (None, None))
takes("MelSpectrogram", (4, 16000), window=None)
takes("MelSpectrogram", (16000,))
takes("MelSpectrogram", (None,))
takes("MelSpectrogram", (None, 100), sequence_stride=7, fft_length=64)
takes("MelSpectrogram", (None, 105), sequence_stride=7, fft_length=64, sequence_length=64)
takes("MelSpectrogram", (None, 104), sequence_stride=7, fft_length=64, sequence_length=0)
takes("MelSpectrogram", (None, 16000), (None, 8000), max_freq=0)
takes("MelSpectrogram", (None, 16000), sampling_rate=11025, dtype="float16")
refuses("MelSpectrogram", (None, 100), fft_length=64, sequence_length=65)
refuses("MelSpectrogram", (None, 100), sequence_stride=0)
refuses("MelSpectrogram", (None, 100), sampling_rate="fast")
refuses("MelSpectrogram", (None, 100), bins=3)
has_macs("MelSpectrogram", (None, None))

# Keras asks SciPy about windows that have a name.
PLAIN = {"window": None}
full(
    "STFTSpectrogram",
    (None, 2, 100),
    mode="stft",
    frame_length=24,
    frame_step=5,
    fft_length=64,
    window=[0.5] * 24,
    periodic=True,
    scaling="spectrum",
    padding="same",
    expand_dims=True,
    data_format="channels_first",
)
SOUND = (None, 1000, 2)
for _mode in ("log", "magnitude", "psd", "real", "imag", "angle", "stft"):
    takes("STFTSpectrogram", SOUND, **PLAIN, mode=_mode)
    takes("STFTSpectrogram", SOUND, **PLAIN, mode=_mode, expand_dims=True)
    takes("STFTSpectrogram", (None, 2, 1000), **PLAIN, mode=_mode, data_format=FORMATS[1])
takes("STFTSpectrogram", SOUND)
takes("STFTSpectrogram", SOUND, window="blackmanharris")
takes("STFTSpectrogram", SOUND, **PLAIN, padding="same", frame_step=7)
takes("STFTSpectrogram", SOUND, **PLAIN, frame_length=200)
takes("STFTSpectrogram", SOUND, **PLAIN, frame_length=200, fft_length=200, frame_step=200)
takes("STFTSpectrogram", SOUND, **PLAIN, frame_length=1, frame_step=1)
takes("STFTSpectrogram", (None, None, 2), **PLAIN)
takes("STFTSpectrogram", (4, 1000, 1), **PLAIN, scaling=None, trainable=False)
takes("STFTSpectrogram", SOUND, (None, 500, 2), **PLAIN)
takes("STFTSpectrogram", SOUND, (None, 500, 3), **PLAIN)
takes("STFTSpectrogram", SOUND, **PLAIN, dtype="mixed_float16")
refuses("STFTSpectrogram", (None, 1000), **PLAIN)
refuses("STFTSpectrogram", (None, 1000, None), **PLAIN)
refuses("STFTSpectrogram", (None, 100, 2), **PLAIN)
refuses("STFTSpectrogram", SOUND, **PLAIN, mode="power")
refuses("STFTSpectrogram", SOUND, **PLAIN, frame_step=0)
refuses("STFTSpectrogram", SOUND, **PLAIN, frame_step=257)
refuses("STFTSpectrogram", SOUND, **PLAIN, frame_length=1)
refuses("STFTSpectrogram", SOUND, **PLAIN, frame_length=0)
refuses("STFTSpectrogram", SOUND, **PLAIN, fft_length=255)
refuses("STFTSpectrogram", SOUND, **PLAIN, scaling="loud")
refuses("STFTSpectrogram", SOUND, **PLAIN, padding="causal")
refuses("STFTSpectrogram", SOUND, **PLAIN, data_format="NLC")
refuses("STFTSpectrogram", SOUND, **PLAIN, step=3)
refuses("STFTSpectrogram", SOUND, window="square")
refuses("STFTSpectrogram", SOUND, window="kaiser")
has_macs("STFTSpectrogram", (None, None, 2), **PLAIN)
_EACH = 7 * 2 * 129  # values of 7 frames, 2 channels, 129 frequencies
for _mode, _cost in {
    "real": 0,
    "imag": 0,
    "stft": 0,
    "angle": 1,
    "psd": 4,
    "magnitude": 4,
    "log": 5,
}.items():
    costs(_cost * _EACH, "STFTSpectrogram", (None, 1024, 2), **PLAIN, mode=_mode)
