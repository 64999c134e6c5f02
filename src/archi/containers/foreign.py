"""Files that archi does not read: what they are, by their first bytes and by their names.

People try what they have: a network in another framework's format, or the weights alone.
Each format is one row of `FORMATS`, from the most certain to the least; nothing in such a
file is read beyond the bytes that tell what it is.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from typing import BinaryIO, NamedTuple

from archi.containers.archive import Archive
from archi.containers.regular import open_regular
from archi.errors import ReadError, quote

READ = (
    "archi reads .keras, .h5 and .json files of Keras, a SavedModel folder that Keras 2 wrote, "
    "and Python code such as net.py:build"
)
WEIGHTS_ALONE = "holds weights alone"
ELSEWHERE = f"the code or config says what the network is; {READ}"
START = 512  # bytes of a file that are looked at
END = 8  # and of its end
_SAFETENSORS = 100_000_000  # bytes of a header, the most that safetensors itself takes


class Format(NamedTuple):
    """A format that archi does not read: what a file of it is, and what to do instead.

    `what` follows the name of the file, as in "'a.onnx' is an ONNX model". `starts` matches
    the first bytes, None where these tell nothing.
    """

    what: str
    endings: tuple[str, ...]
    starts: re.Pattern[bytes] | Callable[[bytes, bytes, int], bool] | None = None
    instead: str = READ

    def begins(self, start: bytes, end: bytes, size: int) -> bool:
        """Whether a file of this size, with these first and last bytes, is of this format."""
        if self.starts is None:
            return False
        if isinstance(self.starts, re.Pattern):
            return self.starts.match(start) is not None
        return self.starts(start, end, size)


def _is_safetensors(start: bytes, end: bytes, size: int) -> bool:
    """The length of a JSON object, in 64 bits, and that object."""
    length = int.from_bytes(start[:8], "little")
    return start[8:10] in (b'{"', b"{}") and length <= min(_SAFETENSORS, size - 8)


def _is_checkpoint_index(start: bytes, end: bytes, size: int) -> bool:
    """A table of LevelDB ends in its magic number, and TensorFlow's indices are such."""
    return end == b"\x57\xfb\x80\x8b\x24\x75\x47\xdb"


# Sources of the first bytes: onnx.proto (ir_version is field 1 and 3 or more; the graph, the
# producer and the versions are the fields that can follow), TensorFlow Lite's schema (its file
# identifier), GGUF's and safetensors' own descriptions, torch/serialization.py (MAGIC_NUMBER),
# `pickletools`, NumPy's lib/format.py, TensorFlow's saved_model.proto, RFC 1952.
FORMATS = (
    Format(
        "is an ONNX model, which archi does not read",
        (".onnx", ".ort"),
        re.compile(rb"\x08[\x03-\x20][\x12\x1a\x22\x28\x32\x3a\x42]|.{4}ORTM", re.DOTALL),
    ),
    Format(
        "is a TensorFlow Lite model, which archi does not read",
        (".tflite", ".lite"),
        re.compile(rb".{4}TFL3", re.DOTALL),
    ),
    Format(
        f"{WEIGHTS_ALONE}, of a language model in the GGUF format",
        (".gguf", ".ggml"),
        re.compile(rb"GGUF"),
        ELSEWHERE,
    ),
    Format(
        f"{WEIGHTS_ALONE}, in the safetensors format",
        (".safetensors",),
        _is_safetensors,
        ELSEWHERE,
    ),
    Format(
        f"{WEIGHTS_ALONE}: it is the index of a TensorFlow checkpoint",
        (".index",),
        _is_checkpoint_index,
        ELSEWHERE,
    ),
    Format(
        "is a file of PyTorch, a pickle: reading it runs code, which archi never does",
        (".pt", ".pth", ".ptl"),
        re.compile(rb"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19\x2e"),
        ELSEWHERE,
    ),
    Format(
        "is a Python pickle: reading it runs code, which archi never does",
        (".pkl", ".pickle", ".joblib", ".dill"),
        re.compile(rb"\x80[\x02-\x05][\x80-\x95\]\x7d(cKX}]"),
    ),
    Format(
        f"{WEIGHTS_ALONE}, as arrays of NumPy",
        (".npz", ".npy"),
        re.compile(rb"\x93NUMPY"),
        ELSEWHERE,
    ),
    Format(
        "is a pointer of Git LFS, not the file itself",
        (),
        re.compile(rb"version https://git-lfs"),
        "`git lfs pull` puts the file in its place",
    ),
    Format(
        "is a web page, not a model",
        (".html", ".htm"),
        re.compile(rb"\s*<(!doctype )?html", re.IGNORECASE),
        "was the page about a file saved in place of the file itself?",
    ),
    Format(
        "is a compressed file",
        (".gz", ".tgz", ".bz2", ".xz", ".zst", ".7z", ".tar", ".rar"),
        re.compile(
            rb"\x1f\x8b\x08|BZh\d|\xfd7zXZ\x00|\x28\xb5\x2f\xfd|7z\xbc\xaf\x27\x1c|Rar!"
            rb"|.{257}ustar",
            re.DOTALL,
        ),
        "unpack it first; archi reads what is in it",
    ),
    Format(
        "is a Keras config in YAML, which Keras 2's to_yaml() wrote and nothing reads now",
        (".yaml", ".yml"),
        re.compile(rb"(backend|class_name|config|keras_version): *[\w'\"\n]"),
        "the same model's to_json() is a .json file that archi reads",
    ),
    # From here on the name alone tells, or almost.
    Format(f"{WEIGHTS_ALONE}, of a Keras model", (".weights.h5",), instead=ELSEWHERE),
    Format(
        f"{WEIGHTS_ALONE}, as a checkpoint",
        (".ckpt", ".weights", ".caffemodel", ".params", ".pdparams", ".bin", ".msgpack"),
        instead=ELSEWHERE,
    ),
    Format(
        "is a graph of TensorFlow without Keras's config, which archi does not read",
        (".pb", ".pbtxt", ".meta"),
        re.compile(rb"\x08\x01\x12.{1,5}\x0a", re.DOTALL),
    ),
    Format(
        "is a model in another framework's format, which archi does not read",
        (".mlmodel", ".mlpackage", ".prototxt", ".engine", ".trt", ".plan", ".pte", ".mar"),
    ),
)
_PYTORCH, _NUMPY = FORMATS[5], FORMATS[7]
_SAVEDMODEL = Format(
    "is a SavedModel in a zip archive",
    (),
    instead="unpack it first; archi reads the folder where Keras 2 wrote it",
)
_PARTS = re.compile(r"\.data-\d{5}-of-\d{5}$")  # of a TensorFlow checkpoint


def by_name(path: str) -> Format | None:
    """Return the format that the ending of a file's name means."""
    name = os.path.basename(path).lower()
    if _PARTS.search(name):
        return by_name("model.ckpt")
    return next((each for each in FORMATS if each.endings and name.endswith(each.endings)), None)


def by_content(path: str, file: BinaryIO) -> Format | None:
    """Return the format of an open file by its first bytes and its last.

    Of a zip archive its members tell. Raises ReadError for a damaged one.
    """
    start, end, size = _ends(file)
    if start.startswith(b"PK\3\4"):
        return _of_archive(path)
    return next((each for each in FORMATS if each.begins(start, end, size)), None)


def refuse_missing(path: str) -> None:
    """Raise ReadError where there is no file, and archi would not read it if it were there."""
    named = by_name(path)
    if named and not os.path.lexists(path):
        hint = f"by its name it {named.what}"
        raise ReadError(f"there is no file {quote(path, 80)}", hint=hint)


def refuse_foreign(path: str) -> None:
    """Raise ReadError where a file is of a format that archi does not read.

    Its first bytes tell, and where these are of no format, its name.
    """
    with open_regular(path) as file:
        found = by_content(path, file)
        start = file.read(START)
    if found is None and not _may_be_read(start):
        found = by_name(path)
    if found:
        raise ReadError(f"{quote(path, 80)} {found.what}", hint=found.instead)


def _ends(file: BinaryIO) -> tuple[bytes, bytes, int]:
    """Return a file's first bytes, its last ones and its size; it is at its start then."""
    file.seek(0)
    start = file.read(START)
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - END))
    end = file.read(END)
    file.seek(0)
    return start, end, size


def _of_archive(path: str) -> Format | None:
    """Return what a zip archive is by its members, None for a model of Keras or any other."""
    try:
        with Archive(path) as archive:
            names = [member.name for member in archive.members]
    except ReadError:  # which its reader says
        return None
    if not names or "config.json" in names:
        return None
    if any(name.rpartition("/")[2] == "data.pkl" for name in names):
        return _PYTORCH
    if all(name.endswith(".npy") for name in names):
        return _NUMPY
    if any(name.rpartition("/")[2] == "saved_model.pb" for name in names):
        return _SAVEDMODEL
    return None


def _may_be_read(start: bytes) -> bool:
    """Whether a file that begins so may be a zip archive, HDF5 or JSON, whatever its name.

    An empty one is nothing, which is said elsewhere.
    """
    text = start.removeprefix(b"\xef\xbb\xbf").lstrip()
    return start.startswith((b"PK", b"\x89HDF\r\n\x1a\n")) or (text[:1] in b"{[")
