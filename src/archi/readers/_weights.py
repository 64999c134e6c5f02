"""Weights that a file holds for layers archi has no rule for: their shapes, by place.

The HDF5 in a file is opened when the first such layer is met, and then only its headers
are read. What of the weights trains no file says: all count as trainable but the moving
statistics of normalisations, where these have names, and the weights of frozen layers.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from functools import cached_property

from archi.containers.hdf5 import Contents, Dataset, quick_contents
from archi.errors import ReadError, printable
from archi.graph import Weight, is_countable
from archi.twin.arguments import DType

MEMBER = "model.weights.h5"  # of a `.keras` file
STATISTICS = ("moving_mean", "moving_variance")
OPTIMIZER = "optimizer/"
ALIKE = 1000  # datasets that are looked through for one layer
_LEGACY = "model_weights"  # the group of all layers in legacy files
_OWN = "top_level_model_weights"  # the group of what belongs to no layer in legacy files
_VARIABLES = "vars"  # the group of a layer's own weights in Keras 3's files

# A layer's own names, from the outermost model to it.
Names = tuple[str, ...]
Found = tuple[Weight, ...]


class Weights:
    """What is known of the weights in a file; this one knows nothing."""

    why = ""  # why nothing is known

    def of(self, store: str, names: Names, trainable: bool) -> Found | None:
        """Return the weights of a layer, None where they are unknown.

        `store` is its place in a `.keras` file, `layers/dense_1`; legacy `.h5` files keep
        weights by the names of layers.
        """
        return None

    def groups(self) -> dict[str, Found]:
        """Return the weights of all layers by where the file has them; "" is the model's own."""
        return {}

    def classes(self) -> dict[str, str]:
        """Return the classes of layers by where the file has them, where it says so."""
        return {}


class _StoredWeights(Weights):
    """Weights in HDF5, an index of their paths."""

    def _contents(self) -> Contents:
        """Return what the HDF5 holds. Raises ReadError."""
        raise NotImplementedError

    @cached_property
    def _datasets(self) -> dict[str, Dataset]:
        """The datasets of the model's own layers by their paths, in order."""
        try:
            found = self._contents().datasets
        except ReadError as error:
            self.why = f"its weights can't be read: {error.message}"
            found = []
        paths = {dataset.path.lstrip("/"): dataset for dataset in found}
        return {path: paths[path] for path in sorted(paths) if not path.startswith(OPTIMIZER)}

    @cached_property
    def _paths(self) -> list[str]:
        return list(self._datasets)

    def below(self, group: str) -> Iterator[tuple[str, Dataset]]:
        """Yield the datasets below a group, by their paths from there."""
        start = f"{group}/"
        for index in range(bisect_left(self._paths, start), len(self._paths)):
            path = self._paths[index]
            if not path.startswith(start):
                return
            yield path[len(start) :], self._datasets[path]


class KerasWeights(_StoredWeights):
    """The weights of a `.keras` file, of a model with layers or one that only code knows."""

    def __init__(self, path: str) -> None:
        self.path = path

    def _contents(self) -> Contents:
        return quick_contents(self.path, [MEMBER])[MEMBER]

    def of(self, store: str, names: Names, trainable: bool) -> Found | None:
        if next(self.below("layers"), None) is None:  # it keeps its weights otherwise
            return None
        return _weights(self.below(store), trainable)

    def groups(self) -> dict[str, Found]:
        found: dict[str, list[tuple[str, Dataset]]] = {}
        for path, dataset in self._datasets.items():
            group, _, name = path.rpartition("/")
            owner = group.removesuffix(_VARIABLES).rstrip("/")
            found.setdefault(owner, []).append((f"{_VARIABLES}/{name}", dataset))
        known = {owner: _weights(iter(each), True) for owner, each in found.items()}
        return {owner: weights for owner, weights in known.items() if weights}


class LegacyWeights(_StoredWeights):
    """The weights of a legacy `.h5` file: `/model_weights`, by layer and by their names."""

    def __init__(self, contents: Contents) -> None:
        self.contents = contents

    def _contents(self) -> Contents:
        return self.contents

    def of(self, store: str, names: Names, trainable: bool) -> Found | None:
        if not self._datasets:
            return None
        if len(names) == 1:
            return _weights(self.below(f"{_LEGACY}/{names[0]}"), trainable)
        # All layers of a model are in one group.
        inner = f"/{names[-1]}/"
        near = self._by_segment.get((names[0], names[-1].rpartition("/")[2]), [])
        if "/" in names[-1] and len(near) > ALIKE:
            return None
        within = ((path, each) for path, each in near if inner in f"/{path}")
        return _weights(within, trainable)

    def groups(self) -> dict[str, Found]:
        """In these files the layers of the model have groups; inside, names are paths.

        `block/net/block/dense/kernel` is of `block/dense` in the model `net`.
        """
        found: dict[str, list[tuple[str, Dataset]]] = {}
        for path, dataset in self.below(_LEGACY):
            group, _, inside = path.partition("/")
            names, _, name = inside.rpartition("/")
            before, _, within = f"/{names}/".partition(f"/{group}/")
            rest = (within if within or f"/{names}/".endswith(f"/{group}/") else before).strip("/")
            owner = "" if group == _OWN else f"{group}/{rest}".rstrip("/")
            found.setdefault(owner, []).append((name, dataset))
        known = {owner: _weights(iter(each), True) for owner, each in found.items()}
        return {owner: weights for owner, weights in known.items() if weights}

    @cached_property
    def _by_segment(self) -> dict[tuple[str, str], list[tuple[str, Dataset]]]:
        """The datasets of a layer's group by each part of their paths in it."""
        found: dict[tuple[str, str], list[tuple[str, Dataset]]] = {}
        for path, dataset in self.below(_LEGACY):
            group, _, rest = path.partition("/")
            for segment in set(rest.split("/")[:-1]):
                found.setdefault((group, segment), []).append((rest, dataset))
        return found


def _weights(datasets: Iterator[tuple[str, Dataset]], trainable: bool) -> Found | None:
    """Return datasets as weights, None where the shape of one is unknown."""
    found = []
    for path, dataset in datasets:
        if _is_seed(path, dataset):
            continue
        if dataset.shape is None or not is_countable(dataset.shape):
            return None
        # Some files, of every version, have `:0` after a name.
        name = printable(path.removesuffix(":0"))
        trains = trainable and name.rpartition("/")[2] not in STATISTICS
        found.append(Weight(name, dataset.shape, trains, _dtype(dataset.dtype)))
    return tuple(found)


def _is_seed(path: str, dataset: Dataset) -> bool:
    """Whether it is the state of a seed generator, which is no parameter."""
    return dataset.shape == (2,) and "int" in dataset.dtype and "seed" in path


def _dtype(name: str) -> str | None:
    """Return a dtype that Keras has, too; None has the layer's own stand in."""
    return name if name in DType.names else None
