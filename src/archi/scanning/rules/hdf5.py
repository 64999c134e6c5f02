"""Rules over what an HDF5 file holds.

Keras 3.15 refuses all of these when it reads weights (`saving/saving_lib.py`,
safe_get_h5_group and safe_get_h5_dataset); Keras 3.13.2 refused external storage alone.
"""

from __future__ import annotations

from collections.abc import Iterator

from archi.containers.hdf5 import Contents
from archi.errors import quote
from archi.scanning.findings import Found, rule
from archi.units import file_size

# Keras 3.15 refuses what takes more than 4 GiB and a thousand times what is stored.
BOMB_SIZE = 1 << 30
BOMB_RATIO = 100


def _oddities(contents: Contents, kind: str, words: str) -> Iterator[Found]:
    for each in contents.oddities:
        if each.kind == kind:
            yield Found(words.format(quote(each.target, 80)), each.path)


@rule(
    "h5-external-storage",
    looks_at="hdf5",
    severity="high",
    cve=("CVE-2026-1669",),
    fixed_in="3.13.2",
)
def h5_external_storage(contents: Contents) -> Iterator[Found]:
    """A dataset whose content is another file.

    HDF5 reads the bytes of any file as the values of such a dataset, so the content of a file
    of the machine that loads the model becomes weights, which may be handed on.
    """
    yield from _oddities(contents, "external-storage", "the bytes of the file {} become its values")


@rule("h5-external-link", looks_at="hdf5", severity="high", fixed_in="3.15.0")
def h5_external_link(contents: Contents) -> Iterator[Found]:
    """A link into another HDF5 file.

    HDF5 follows it on the machine that loads the model: what that file holds becomes weights,
    and a pipe or a device in its place hangs the loading.
    """
    yield from _oddities(contents, "external-link", "it leads to {}, which is opened and read")


@rule("h5-soft-link", looks_at="hdf5", severity="low", fixed_in="3.15.0")
def h5_soft_link(contents: Contents) -> Iterator[Found]:
    """A link to another path in the file.

    Keras writes none. It can make weights stand where other tools do not see them, and lead on
    through a link into another file.
    """
    yield from _oddities(contents, "soft-link", "it leads to {}")


@rule("h5-virtual", looks_at="hdf5", severity="high", fixed_in="3.15.0")
def h5_virtual(contents: Contents) -> Iterator[Found]:
    """A dataset made of parts of other HDF5 files.

    HDF5 opens and reads those files on the machine that loads the model, and their content
    becomes weights.
    """
    yield from _oddities(contents, "virtual", "its values are read from {}")


@rule(
    "h5-shape-bomb",
    looks_at="hdf5",
    severity="medium",
    cve=("CVE-2026-0897", "CVE-2026-12570"),
    fixed_in="3.15.0",
)
def h5_shape_bomb(contents: Contents) -> Iterator[Found]:
    """A dataset that declares far more values than are stored.

    Reading it takes all memory: HDF5 fills what is not stored.
    """
    for each in contents.datasets:
        if each.declared > BOMB_SIZE and each.declared > BOMB_RATIO * each.stored:
            sizes = f"{file_size(each.declared)} in memory of {file_size(each.stored)} stored"
            yield Found(f"its values take {sizes}", each.path)
