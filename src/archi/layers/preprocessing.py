"""Preprocessing (`keras/src/layers/preprocessing`): of numbers, categories, text, images, sound.

Tables, hashing, bucketing and encoding are no arithmetic and cost nothing. Nothing is ever
read from a vocabulary's file. Augmentation is in `augmentation.py`.
"""

from __future__ import annotations

from typing import Any, ClassVar

from archi.graph import Inference, Node, Shape, Weight
from archi.layers._images import ImageLayer
from archi.layers._ranges import Array, Pair, Text, Word, array_shape, numbers
from archi.twin.arguments import (
    Boolean,
    Choice,
    DataFormat,
    DTypeName,
    DTypePolicy,
    Integer,
    Interpolation,
    Kind,
    Number,
    arg,
)
from archi.twin.layer import ITSELF, Elementwise, Kept, Layer, Reach, product, scaled
from archi.twin.spatial import Spatial

# ---------------------------------------------------------------------------------------------
# Numbers
# ---------------------------------------------------------------------------------------------


class Rescaling(Elementwise):
    """Every element times `scale` plus `offset`, two FLOPs an element whatever they are."""

    has_build_config = True
    cost = 2

    scale: Any = arg(Array(objects=True))
    offset: Any = arg(Array(objects=True), 0.0)

    def kept(self) -> Kept:
        return Kept(inputs=False, outputs=False)


class _KeptAxes(Kind):
    """The axes that have a mean of their own: an axis, several, or None for none."""

    def parse(self, value: Any, layer: type[Layer]) -> tuple[int, ...]:
        axes = () if value is None else value if isinstance(value, (list, tuple)) else (value,)
        if not all(type(axis) is int for axis in axes):
            raise ValueError("an axis, a list of axes, or None")
        return tuple(axes)


class Normalization(Layer):
    """A shift and a scale by the mean and variance of the data, two FLOPs an element.

    They are weights where they are still to be learnt from data, by `adapt`.
    """

    axis: tuple[int, ...] = arg(_KeptAxes(), -1)
    mean: Any = arg(Array(optional=True), None)
    variance: Any = arg(Array(optional=True), None)
    invert: bool = arg(Boolean(), False)

    def validate(self) -> None:
        given = self.mean, self.variance
        if (self.mean is None) != (self.variance is None):
            raise self.refuse("takes both mean and variance, or neither", given)
        if self.mean is None:
            return
        shape = array_shape(self.mean)
        if shape != array_shape(self.variance):
            raise self.refuse("mean and variance must be of one shape", given)
        if len(shape) > len(self.axis):
            raise self.refuse(f"mean has at most {len(self.axis)} dimensions, its axes", self.mean)

    def infer(self, x: Shape) -> Inference:
        # Keras looks at the shape of the first call alone.
        weights = self.weights if self.nodes else self._weights_for(x)
        return Inference((x,), weights, macs=0, elementwise=scaled(2, x))

    def _weights_for(self, x: Shape) -> tuple[Weight, ...]:
        axes = sorted({axis % len(x) for axis in self.axis if -len(x) <= axis < len(x)})
        if len(axes) < len(self.axis):
            raise self.refuse(f"wants an input that has the axes {self.axis}, each once", x)
        sizes = tuple(self.known(x, axis) for axis in axes)
        if self.mean is None:
            return (
                Weight("mean", sizes, trainable=False),
                Weight("variance", sizes, trainable=False),
                Weight("count", (), trainable=False, dtype="int64"),
            )
        shape = array_shape(self.mean)
        kept = sizes[len(sizes) - len(shape) :]
        if any(own not in (1, size) for own, size in zip(shape, kept, strict=True)):
            raise self.refuse(f"wants an input that its mean of shape {shape} fits", x)
        return ()

    def kept(self) -> Kept:
        return Kept(inputs=False, outputs=False)

    def reach(self, shapes: list[Shape], spatial: tuple[int, ...]) -> tuple[Reach, ...] | None:
        return ITSELF


# ---------------------------------------------------------------------------------------------
# Categories
# ---------------------------------------------------------------------------------------------

ENCODINGS = ("one_hot", "multi_hot", "count")


class _OutputMode(Choice):
    """How categories are given, also by the names of older versions of Keras."""

    older: ClassVar[dict[str, str]] = {"binary": "multi_hot", "tf-idf": "tf_idf"}

    def parse(self, value: Any, layer: type[Layer]) -> str:
        word = self.older.get(value, value) if isinstance(value, str) else value
        return super().parse(word if word in self.values else value, layer)


class _Salt(Pair):
    """What sets one hash apart from another: one number or two, optionally None."""

    def __init__(self) -> None:
        super().__init__(one=True)

    def parse(self, value: Any, layer: type[Layer]) -> Any:
        return None if value is None else super().parse(value, layer)


class _Categories(Layer):
    """A layer that gives categories, as their numbers or encoded in a vector."""

    output_mode: str
    sparse: bool

    def check_sparse(self) -> None:
        """Raise LayerError where numbers are to be sparse."""
        if self.sparse and self.output_mode == "int":
            raise self.refuse("sparse is for encoded outputs alone", self.output_mode)

    def encoded(self, x: Shape, depth: int | None) -> Shape:
        """Return the shape of encoded categories, by what Keras says of it."""
        if self.output_mode == "one_hot" and (len(x) < 2 or x[-1] != 1):
            return (*x, depth)
        return (*x[:-1], depth)

    def gives(self, output: Shape, dtype: str | None = None) -> Inference:
        """Return what is said of a call whose output has this shape, and this dtype."""
        dtypes = (dtype,) if dtype else ()
        return Inference((output,), (), macs=0, elementwise=0, dtypes=dtypes)

    def kept(self) -> Kept:
        return Kept(inputs=False, outputs=False)


class CategoryEncoding(_Categories):
    """Whole numbers below `num_tokens`, encoded."""

    num_tokens: int = arg(Integer(1))
    output_mode: str = arg(_OutputMode(*ENCODINGS), "multi_hot")
    sparse: bool = arg(Boolean(), False)

    def infer(self, x: Shape) -> Inference:
        return self.gives(self.encoded(x, self.num_tokens))

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        del config["sparse"]  # Keras does not write it
        return config


class _Boundaries(Kind):
    """Where buckets meet: numbers, or None."""

    def parse(self, value: Any, layer: type[Layer]) -> tuple[float, ...] | None:
        if value is None:
            return None
        if not isinstance(value, (list, tuple)) or len(numbers(value)) != len(value):
            raise ValueError("a list of numbers")
        return tuple(value)


class Discretization(_Categories):
    """Numbers in buckets, between `bin_boundaries` given or to be learnt by `adapt`."""

    trainable = True
    activity_regularizer = None
    bin_boundaries: tuple[float, ...] | None = arg(_Boundaries(), None)
    num_bins: int | None = arg(Integer(0, optional=True), None)
    epsilon: float = arg(Number(), 0.01)
    output_mode: str = arg(Choice("int", *ENCODINGS), "int")
    sparse: bool = arg(Boolean(), False)
    dtype: str = arg(DTypeName(), None)

    def validate(self) -> None:
        # Both are in the config of a layer that has learnt its boundaries.
        if self.bin_boundaries is None and self.num_bins is None:
            raise self.refuse("needs bin_boundaries or num_bins", None)
        self.check_sparse()

    def infer(self, x: Shape) -> Inference:
        if self.output_mode == "int":
            return self.gives(x, "int32")
        learnt = self.bin_boundaries is None
        depth = self.num_bins if learnt else len(self.bin_boundaries or ()) + 1
        if self.output_mode == "one_hot":
            return self.gives(self.encoded(x, depth))
        # Keras takes axis 1 for the one that is encoded.
        return self.gives((x[0], *x[2:], depth) if len(x) > 1 else (depth,))


class _GivenPolicy(DTypePolicy):
    """A dtype policy; None stays None, for the layer to choose."""

    def parse(self, value: Any, layer: type[Layer]) -> Any:
        return None if value is None else super().parse(value, layer)


class _Scalar(Kind):
    """A text or a number, or None."""

    def parse(self, value: Any, layer: type[Layer]) -> Any:
        if value is not None and type(value) not in (str, int, float):
            raise ValueError("a text or a number")
        return value


class Hashing(_Categories):
    """Categories spread over `num_bins`."""

    num_bins: int = arg(Integer(1))
    mask_value: Any = arg(_Scalar(), None)
    salt: tuple[int, int] | None = arg(_Salt(), None)
    output_mode: str = arg(Choice("int", *ENCODINGS), "int")
    sparse: bool = arg(Boolean(), False)
    dtype: Any = arg(_GivenPolicy(), None)

    def validate(self) -> None:
        numbered = self.output_mode == "int"
        self.dtype = self.dtype or ("int64" if numbered else "float32")
        if numbered and self.dtype not in ("int32", "int64"):
            raise self.refuse("dtype must be int32 or int64 where it gives numbers", self.dtype)
        self.check_sparse()

    def infer(self, x: Shape) -> Inference:
        output = x if self.output_mode == "int" else (*x[:-1], self.num_bins)
        return self.gives(output, self.weight_dtype)


class _GivenName(DTypeName, _GivenPolicy):
    """A dtype policy of which a config holds the name alone; None is for the layer to choose."""


class HashedCrossing(_Categories):
    """Two categories together, spread over `num_bins`."""

    merges = True
    trainable = True
    activity_regularizer = None
    num_bins: int = arg(Integer(1))
    output_mode: str = arg(Choice("int", "one_hot"), "int")
    sparse: bool = arg(Boolean(), False)
    dtype: Any = arg(_GivenName(), None)

    def validate(self) -> None:
        self.dtype = self.dtype or ("int64" if self.output_mode == "int" else "float32")

    def infer(self, *shapes: Shape) -> Inference:
        x = shapes[0]
        if len(shapes) != 2 or shapes[1] != x or x not in ((x[:1]), (*x[:1], 1)) or not x:
            raise self.refuse("wants two inputs of shape (batch,) or (batch, 1)", list(shapes))
        return self.gives(x if self.output_mode == "int" else self.encoded(x, self.num_bins))


# ---------------------------------------------------------------------------------------------
# Tables
# ---------------------------------------------------------------------------------------------


class _Terms(Kind):
    """A vocabulary: a list of texts or of whole numbers, the path of a file, or None."""

    def __init__(self, item: type) -> None:
        self.item = item

    def parse(self, value: Any, layer: type[Layer]) -> tuple[Any, ...] | str | None:
        if value is None or isinstance(value, str):
            return value
        if (
            not isinstance(value, (list, tuple))
            or not value
            or not all(type(term) is self.item for term in value)
        ):
            what = "texts" if self.item is str else "whole numbers"
            raise ValueError(f"a list of {what}, or the path of a file")
        return tuple(value)


class _Lookup(_Categories):
    """Terms by their numbers in a vocabulary: given, in a file, or to be learnt by `adapt`.

    Before the terms come a number for masked inputs, where there are any, and
    `num_oov_indices` for terms that are not in the vocabulary.
    """

    max_tokens: int | None
    num_oov_indices: int
    mask_token: Any
    oov_token: Any
    vocabulary: Any
    vocabulary_size: int | None
    idf_weights: tuple[float, ...] | None
    invert: bool
    pad_to_max_tokens: bool

    def validate(self) -> None:
        if self.pad_to_max_tokens and self.max_tokens is None:
            raise self.refuse("needs max_tokens to pad to them", None)
        if self.invert and self.output_mode != "int":
            raise self.refuse("output_mode must be 'int' where it inverts", self.output_mode)
        if self.invert and self.oov_token is None:
            raise self.refuse("needs an oov_token to invert", None)
        if self.idf_weights is not None and self.output_mode != "tf_idf":
            raise self.refuse("idf_weights are for output_mode 'tf_idf'", self.output_mode)
        self.check_sparse()
        if self.vocabulary is not None:
            self._learn()

    def _learn(self) -> None:
        """Check the vocabulary and count it. That of a file stays unknown."""
        weights = self.idf_weights
        if self.output_mode == "tf_idf" and weights is None:
            raise self.refuse("needs idf_weights with its vocabulary", None)
        if isinstance(self.vocabulary, str):
            if self.output_mode == "tf_idf":
                raise self.refuse("takes no file where output_mode is 'tf_idf'", self.vocabulary)
            self.vocabulary = None  # as Keras's config has it: the file goes into the archive
            return
        if weights is not None and len(weights) != len(self.vocabulary):
            raise self.refuse("wants as many idf_weights as terms", len(weights))
        size = self.terms_begin + len(self._terms())
        if self.max_tokens is not None and size > self.max_tokens:
            raise self.refuse(f"has room for {self.max_tokens} terms, max_tokens", size)
        fixed = self.output_mode != "int" and not self.pad_to_max_tokens
        if fixed and self.vocabulary_size not in (None, size):
            raise self.refuse(f"has {size} terms, and vocabulary_size", self.vocabulary_size)
        self.vocabulary_size = size

    def _terms(self) -> tuple[Any, ...]:
        """Return the vocabulary without what may come first. Raises LayerError."""
        masks = (self.mask_token,) * (self.terms_begin - self.num_oov_indices)
        special = (*masks, *(self.oov_token,) * self.num_oov_indices)
        found = self.vocabulary[: self.terms_begin] == special
        terms: tuple[Any, ...] = self.vocabulary[self.terms_begin if found else 0 :]
        if not terms:
            raise self.refuse("wants a term besides the special ones", self.vocabulary)
        known = set(terms)
        if len(known) < len(terms):
            raise self.refuse("wants each term once", self.vocabulary)
        reserved = {self.mask_token} | ({self.oov_token} if self.invert else set())
        if reserved & known:
            raise self.refuse(f"wants {special} first or not at all", self.vocabulary)
        return terms

    @property
    def terms_begin(self) -> int:
        """The number of the first term."""
        masked = self.mask_token is not None and self.output_mode == "int"
        return masked + self.num_oov_indices

    def infer(self, x: Shape) -> Inference:
        if self.output_mode == "int":
            return self.gives(x, "int64")
        return self.encode(x)

    def encode(self, x: Shape) -> Inference:
        """Return what is said of encoded terms; tf-idf is a product for each element."""
        depth = self.max_tokens if self.pad_to_max_tokens else self.vocabulary_size
        inference = self.gives(self.encoded(x, depth), "float32")
        cost = scaled(1, inference.outputs[0]) if self.output_mode == "tf_idf" else 0
        return inference._replace(elementwise=cost)


class _Table(_Lookup):
    """A lookup whose policy is none of its own: what it is given is forgotten."""

    activity_regularizer = None

    def validate(self) -> None:
        self.trainable = True
        self.dtype = "float32"
        super().validate()

    def build_config(self, call: Node) -> dict[str, Any] | None:
        return {}


TABLE_MODES = ("int", *ENCODINGS, "tf_idf")


class IntegerLookup(_Table):
    """Whole numbers by their place in a vocabulary."""

    max_tokens: int | None = arg(Integer(2, optional=True), None)
    num_oov_indices: int = arg(Integer(0), 1)
    mask_token: int | None = arg(Integer(optional=True), None)
    oov_token: int | None = arg(Integer(optional=True), -1)
    vocabulary: Any = arg(_Terms(int), None)
    vocabulary_dtype: str = arg(Choice("int64"), "int64")
    idf_weights: tuple[float, ...] | None = arg(_Boundaries(), None)
    invert: bool = arg(Boolean(), False)
    output_mode: str = arg(_OutputMode(*TABLE_MODES), "int")
    sparse: bool = arg(Boolean(), False)
    pad_to_max_tokens: bool = arg(Boolean(), False)
    oov_method: str = arg(Choice("floormod", "farmhash"), "floormod", omit=True)
    salt: tuple[int, int] | None = arg(_Salt(), None, omit=True)
    vocabulary_size: int | None = arg(Integer(0, optional=True), None)

    def validate(self) -> None:
        if self.salt and self.oov_method != "farmhash":
            raise self.refuse("salt is for oov_method 'farmhash'", self.oov_method)
        super().validate()


class StringLookup(_Table):
    """Texts by their place in a vocabulary."""

    max_tokens: int | None = arg(Integer(2, optional=True), None)
    num_oov_indices: int = arg(Integer(0), 1)
    mask_token: str | None = arg(Text(optional=True), None)
    oov_token: str | None = arg(Text(optional=True), "[UNK]")
    vocabulary: Any = arg(_Terms(str), None)
    idf_weights: tuple[float, ...] | None = arg(_Boundaries(), None)
    invert: bool = arg(Boolean(), False)
    output_mode: str = arg(_OutputMode(*TABLE_MODES), "int")
    pad_to_max_tokens: bool = arg(Boolean(), False)
    sparse: bool = arg(Boolean(), False)
    encoding: str = arg(Text(), "utf-8")
    salt: tuple[int, int] | None = arg(_Salt(), None, omit=True)
    oov_method: str = arg(Choice("floormod", "farmhash"), "floormod", omit=True)
    vocabulary_size: int | None = arg(Integer(0, optional=True), None)


class _Ngrams(Kind):
    """How many words make a term: up to a number, or the numbers in a list; None for one."""

    def parse(self, value: Any, layer: type[Layer]) -> Any:
        several = isinstance(value, (list, tuple))
        if value is not None and not all(type(n) is int for n in (value if several else [value])):
            raise ValueError("a whole number or a list of them")
        return tuple(value) if several else value


class TextVectorization(_Lookup):
    """Texts made even, split into terms, and these by their place in a vocabulary."""

    composed = True
    num_oov_indices = 1
    mask_token = ""
    oov_token = "[UNK]"
    invert = False

    max_tokens: int | None = arg(Integer(2, optional=True), None)
    standardize: str | None = arg(
        Word("lower_and_strip_punctuation", "lower", "strip_punctuation"),
        "lower_and_strip_punctuation",
    )
    split: str | None = arg(Word("whitespace", "character"), "whitespace")
    ngrams: Any = arg(_Ngrams(), None)
    output_mode: str = arg(_OutputMode(*TABLE_MODES), "int")
    output_sequence_length: int | None = arg(Integer(1, optional=True), None)
    pad_to_max_tokens: bool = arg(Boolean(), False)
    vocabulary: Any = arg(_Terms(str), None)
    idf_weights: tuple[float, ...] | None = arg(_Boundaries(), None)
    sparse: bool = arg(Boolean(), False)
    ragged: bool = arg(Boolean(), False)
    encoding: str = arg(Text(), "utf-8")
    vocabulary_size: int | None = arg(Integer(0, optional=True), None)

    def validate(self) -> None:
        if self.output_mode != "int" and self.output_sequence_length is not None:
            raise self.refuse(
                "output_sequence_length is for output_mode 'int'", self.output_sequence_length
            )
        if self.output_mode != "int" and self.ragged:
            raise self.refuse("ragged is for output_mode 'int'", self.output_mode)
        self._from_file = isinstance(self.vocabulary, str)
        super().validate()

    def infer(self, x: Shape) -> Inference:
        if self.split is not None and x[1:] not in ((), (1,)):
            raise self.refuse("wants texts, of shape (batch,) or (batch, 1)", x)
        if self.output_mode == "int":
            return self.gives((*x[:1], self.output_sequence_length), "int64")
        if self.split is not None:
            return self.encode((*x, None))
        return self.encode(x if len(x) > 1 else (*x, 1))

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        # Keras writes how many there are now, whatever it was told there would be.
        empty = None if self._from_file else self.terms_begin
        config["vocabulary_size"] = self.vocabulary_size if self.vocabulary else empty
        return config


# ---------------------------------------------------------------------------------------------
# Images
# ---------------------------------------------------------------------------------------------

# How many pixels an interpolation reads for each it gives.
TAPS = {"nearest": 0, "bilinear": 2**2, "bicubic": 4**2, "lanczos3": 6**2, "lanczos5": 10**2}


class Resizing(ImageLayer):
    """Images of another size: one FLOP for every pixel that a pixel is interpolated from."""

    height: int = arg(Integer(1))
    width: int = arg(Integer(1))
    interpolation: str = arg(Interpolation(*TAPS), "bilinear")
    crop_to_aspect_ratio: bool = arg(Boolean(), False)
    pad_to_aspect_ratio: bool = arg(Boolean(), False)
    fill_mode: str = arg(Choice("constant"), "constant")
    fill_value: float = arg(Number(), 0.0)
    antialias: bool = arg(Boolean(), False, omit=True)
    data_format: str = arg(DataFormat(), None)

    def validate(self) -> None:
        if self.crop_to_aspect_ratio and self.pad_to_aspect_ratio:
            raise self.refuse("can't both crop and pad to the aspect ratio", True)

    def infer(self, x: Shape) -> Inference:
        output = self.with_size(x, self.height, self.width)
        if self.antialias and self._shrinks(x):
            why = "an antialiased window is as wide as the image shrinks"
            return Inference((output,), (), 0, None, why)
        return Inference((output,), (), 0, scaled(TAPS.get(self.interpolation, 0), output))

    def _shrinks(self, x: Shape) -> bool:
        """Whether a side becomes smaller, or may."""
        before = [x[axis] for axis in self.image_axes]
        pairs = zip(before, (self.height, self.width), strict=True)
        return any(size is None or size > new for size, new in pairs)


class CenterCrop(ImageLayer):
    """The middle of an image; an image too small for it is cut to its shape and enlarged."""

    height: int = arg(Integer(1))
    width: int = arg(Integer(1))
    data_format: str = arg(DataFormat(), None)

    def infer(self, x: Shape) -> Inference:
        output = self.with_size(x, self.height, self.width)
        cost = 0 if self._fits(x) else TAPS["bilinear"]
        return Inference((output,), (), macs=0, elementwise=scaled(cost, output))

    def _sides(self, x: Shape) -> list[tuple[int | None, int]]:
        """Return height and width, each before and after."""
        before = [x[axis] for axis in self.image_axes]
        return list(zip(before, (self.height, self.width), strict=True))

    def _fits(self, x: Shape) -> bool:
        return all(size is None or size >= new for size, new in self._sides(x))

    def reach(self, shapes: list[Shape], spatial: tuple[int, ...]) -> tuple[Reach, ...] | None:
        (x,) = shapes
        if len(x) != 4 or spatial != self.spatial_axes or not self._fits(x):
            return None
        return tuple(
            Reach(1, 1, None if size is None else -((size - new) // 2))
            for size, new in self._sides(x)
        )


# ---------------------------------------------------------------------------------------------
# Sound
# ---------------------------------------------------------------------------------------------

POWER = 3  # of a complex value: two squares and their sum


class MelSpectrogram(Layer):
    """Sound by time and pitch: a windowed Fourier transform, its power, and a matrix product.

    The product with the mel scale's matrix is its MACs. The Fourier transform of N values
    counts 2.5 N log2 N FLOPs, as FFTW counts it (fftw.org/speed/method.html).
    """

    fft_length: int = arg(Integer(1), 2048)
    sequence_stride: int = arg(Integer(1), 512)
    sequence_length: int | None = arg(Integer(0, optional=True), None)
    window: str | None = arg(Word("hann", "hamming"), "hann")
    sampling_rate: float = arg(Number(0), 16000)
    num_mel_bins: int = arg(Integer(1), 128)
    min_freq: float = arg(Number(0), 20.0)
    max_freq: float | None = arg(Number(0, optional=True), None)
    power_to_db: bool = arg(Boolean(), True)
    top_db: float = arg(Number(), 80.0)
    mag_exp: float = arg(Number(), 2.0)
    min_power: float = arg(Number(), 1e-10)
    ref_power: float = arg(Number(), 1.0)

    def validate(self) -> None:
        self.sequence_length = self.sequence_length or self.fft_length
        if self.sequence_length > self.fft_length:
            raise self.refuse(
                f"sequence_length must be at most {self.fft_length}, fft_length",
                self.sequence_length,
            )
        if not self.max_freq:
            self.max_freq = int(self.sampling_rate / 2)

    def infer(self, x: Shape) -> Inference:
        if len(x) not in (1, 2):
            raise self.refuse("wants sound, of shape (batch, samples) or (samples,)", x)
        samples, stride = x[-1], self.sequence_stride
        frames = None if samples is None else (samples + stride + 1) // stride
        output = (*x[:-1], self.num_mel_bins, frames)
        bins = self.fft_length // 2 + 1
        # Magnitude: a root; to its power; a logarithm, scaled and shifted.
        each = self._transform() + bins * (POWER + 2) + self.num_mel_bins * 3 * self.power_to_db
        macs = product(bins, self.num_mel_bins, frames)
        return Inference((output,), (), macs, product(each, frames))

    def _transform(self) -> int:
        """Return the FLOPs of one frame's window and Fourier transform."""
        windowed = self.sequence_length or 0 if self.window else 0
        return windowed + 5 * self.fft_length * (self.fft_length - 1).bit_length() // 2

    def kept(self) -> Kept:
        return Kept(inputs=False, outputs=False)


# Those of `scipy.signal.get_window` that need no parameter.
WINDOWS = """
    barthann bartlett blackman blackmanharris bohman boxcar cosine exponential flattop hamming
    hann lanczos nuttall parzen taylor triang tukey
    """.split()  # noqa: SIM905


class _Window(Word):
    """The name of a window, its values as a list, or None."""

    def parse(self, value: Any, layer: type[Layer]) -> Any:
        if isinstance(value, (list, tuple)):
            if value and len(numbers(value)) == len(value):
                return tuple(value)
            raise ValueError("the name of a window, a list of numbers, or None")
        return super().parse(value, layer)


class STFTSpectrogram(Spatial):
    """Sound by time and frequency: convolutions with the waves of a Fourier transform.

    Their kernels are weights, which train unless the layer is frozen. `mode` is what is
    made of their real and imaginary results.
    """

    rank = 1

    mode: str = arg(Choice("log", "magnitude", "psd", "real", "imag", "angle", "stft"), "log")
    frame_length: int = arg(Integer(1), 256)
    frame_step: int | None = arg(Integer(1, optional=True), None)
    fft_length: int | None = arg(Integer(1, optional=True), None)
    window: Any = arg(_Window(*WINDOWS), "hann")
    periodic: bool = arg(Boolean(), False)
    scaling: str | None = arg(Word("density", "spectrum"), "density")
    padding: str = arg(Choice("valid", "same"), "valid")
    expand_dims: bool = arg(Boolean(), False)
    data_format: str = arg(DataFormat(), None)

    # FLOPs for each real and imaginary value together, by mode.
    costs: ClassVar[dict[str, int]] = {
        "real": 0,
        "imag": 0,
        "stft": 0,
        "angle": 1,
        "psd": POWER + 1,
        "magnitude": POWER + 1,
        "log": POWER + 2,
    }

    def validate(self) -> None:
        length = self.frame_length
        if self.frame_step is not None and self.frame_step > length:
            raise self.refuse(f"frame_step must be at most {length}, frame_length", self.frame_step)
        if self.fft_length is not None and self.fft_length < length:
            raise self.refuse(
                f"fft_length must be at least {length}, frame_length", self.fft_length
            )
        if isinstance(self.window, tuple) and len(self.window) != length:
            raise self.refuse(f"window must be of {length} numbers, frame_length", self.window)
        if self.step == 0:
            raise self.refuse("needs a frame_step for frames of length 1", None)

    @property
    def step(self) -> int:
        """How many samples lie between one frame and the next."""
        return self.frame_step or self.frame_length // 2

    @property
    def frequencies(self) -> int:
        """How many frequencies the Fourier transform tells apart."""
        return (self.fft_length or 1 << (self.frame_length - 1).bit_length()) // 2 + 1

    def infer(self, x: Shape) -> Inference:
        batch, channels, spatial = self.split(x)
        if channels is None:
            raise self.refuse("wants an input whose channels are known", x)
        (frames,) = self.slide(x, spatial, (self.frame_length,), (self.step,), self.padding)
        each = channels * self.frequencies
        parts = [self.mode] if self.mode in ("real", "imag") else ["real", "imag"]
        shape = (self.frame_length, 1, self.frequencies)
        macs = product(len(parts) * self.frame_length, each, frames)
        inner = (self.join(batch, each, (frames,)),) * len(parts) if len(parts) > 1 else ()
        return Inference(
            (self._output(batch, channels, frames),),
            tuple(Weight(f"{part}_kernel", shape) for part in parts),
            macs,
            product(self.costs[self.mode], each, frames) if self.costs[self.mode] else 0,
            inner=inner,
        )

    def _output(self, batch: int | None, channels: int, frames: int | None) -> Shape:
        frequencies = self.frequencies * (2 if self.mode == "stft" else 1)
        if not self.expand_dims:
            return self.join(batch, channels * frequencies, (frames,))
        if self.data_format == "channels_last":
            return (batch, frames, frequencies, channels)
        return (batch, channels, frames, frequencies)

    def kept(self) -> Kept:
        return Kept(inputs=True, outputs=self.costs[self.mode] > 0)

    def reach(self, shapes: list[Shape], spatial: tuple[int, ...]) -> tuple[Reach, ...] | None:
        if self.expand_dims:
            return None
        return self.window_reach(
            shapes[0], spatial, (self.frame_length,), (self.step,), self.padding
        )
