"""What is told of an HDF5 file, whichever way it was read."""

from __future__ import annotations

from typing import NamedTuple

# Of the root, what Keras and its older versions read.
ATTRIBUTES = ("keras_version", "backend", "model_config", "training_config")


class Dataset(NamedTuple):
    """A dataset: its path, shape and NumPy type. Sizes in bytes.

    `declared` is what its elements take in memory, `stored` what the file holds of them.
    The shape of a virtual dataset is not looked up, since that opens other files.
    """

    path: str
    shape: tuple[int, ...] | None
    dtype: str
    declared: int
    stored: int


class Oddity(NamedTuple):
    """Something that a weights file has no use for, such as a link to another file.

    `kind` is `external-storage`, `external-link`, `soft-link` or `virtual`; `target` is
    what it leads to.
    """

    kind: str
    path: str
    target: str


class Contents(NamedTuple):
    """What one HDF5 file holds. `attributes` are those of the root that Keras reads.

    `problem` says why there may be more in it, where it could not be read to its end.
    """

    attributes: dict[str, str]
    datasets: list[Dataset]
    oddities: list[Oddity]
    problem: str = ""


Found = dict[str, Contents]
