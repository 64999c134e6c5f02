"""Rules over the members of a .keras archive."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from archi.containers.archive import DEFLATED, INFLATED, Archive, Member
from archi.errors import ReadError, quote
from archi.scanning.findings import Found, rule
from archi.units import file_size, times

# A member that is a bomb to Keras 3.15, but for the size, which is 256 MiB or 4 GiB there.
BOMB_SIZE = 64 << 20
BOMB_RATIO = 100
NPY_HEADER = 4096  # bytes; those of arrays without fields are 128
ARRAYS = 20_000  # looked at
OBJECTS = re.compile(rb"'[|<>=]?O\d?'")
PICKLE = re.compile(rb"\x80[\2-\5]")  # what NumPy takes for a pickle as a whole
# What Keras writes and reads (`saving/saving_lib.py` of 3.15): the weights as one file or in
# parts, and below `assets/` what layers keep in files, such as vocabularies.
EXPECTED = re.compile(
    r"metadata\.json|config\.json|assets/.*"
    r"|model\.weights\.(h5|npz|json)|model_\d{5}\.weights\.h5",
    re.DOTALL,
)
# Endings of code, and of pickles, which are code: no layer of Keras has such an asset.
CODE = (
    ".bat", ".cmd", ".com", ".dll", ".dylib", ".exe", ".jar", ".joblib", ".js", ".pickle", ".pkl",
    ".ps1", ".py", ".pyc", ".pyd", ".sh", ".so",
)  # fmt: skip


@rule(
    "zip-traversal",
    looks_at="archive",
    severity="high",
)
def zip_traversal(archive: Archive) -> Iterator[Found]:
    """A member that leads out of the archive.

    Keras unpacks archives that have assets into a folder. A name with .., an absolute one or a
    link could write elsewhere, with another tool if not with Keras.
    """
    for member in archive.members:
        if member.is_link:
            yield Found("it unpacks to a symbolic link", member.name)
        elif member.escapes:
            yield Found("its name leads out of the folder it is unpacked into", member.full_name)


@rule(
    "zip-bomb",
    looks_at="archive",
    severity="medium",
    fixed_in="3.15.0",
)
def zip_bomb(archive: Archive) -> Iterator[Found]:
    """A member that unpacks to far more than is stored.

    Keras reads members into memory and unpacks assets to disk. Keras 3.15 and later refuse
    members that grow more than a hundredfold, to more than 256 MiB.
    """
    for member in archive.members:
        if member.size > BOMB_SIZE and member.size > BOMB_RATIO * member.packed:
            growth = times(member.size / max(1, member.packed))
            yield Found(f"it unpacks to {file_size(member.size)}, {growth} its size", member.name)
    for member in archive.overlaps():
        yield Found("it shares its bytes with another member", member.name)


@rule(
    "duplicate-member",
    looks_at="archive",
    severity="medium",
)
def duplicate_member(archive: Archive) -> Iterator[Found]:
    """Two members with one name.

    Keras reads the last of them; what another tool shows or checks may be the first.
    """
    for name, count in Counter(member.name for member in archive.members).items():
        if count > 1:
            yield Found(f"it is there {count} times; Keras reads the last", name)


@rule(
    "unexpected-member",
    looks_at="archive",
    severity="low",
)
def unexpected_member(archive: Archive) -> Iterator[Found]:
    """A member that Keras has no use for.

    Keras neither writes nor reads it: code, pickles and programs may be handed on this way, to
    be run by something else that unpacks the archive. What layers keep in files is below
    assets/, and no layer of Keras keeps code there.
    """
    for name in dict.fromkeys(member.name for member in archive.members):
        if not EXPECTED.fullmatch(name):
            yield Found("Keras neither writes nor reads it", name)
        elif name.lower().endswith(CODE):
            yield Found("it is code by its name, which no layer of Keras has as an asset", name)


@rule(
    "npz-pickle",
    looks_at="archive",
    severity="high",
    fixed_in="3.9.0",
)
def npz_pickle(archive: Archive) -> Iterator[Found]:
    """Pickled objects in an array file.

    An array of Python objects is stored as a pickle, which can run any code when it is read.
    Keras up to 3.8 reads weights in the .npz format that way.
    """
    problem: ReadError | None = None
    left = _Left()
    for member in archive.members:
        if not member.name.endswith((".npy", ".npz")):
            continue
        try:
            for name in _pickled(archive, member, left):
                yield Found("NumPy unpickles it, which can run any code", name)
        except ReadError as error:
            problem = problem or error
        if left.arrays < 0 or left.bytes < 0:
            break
    if problem:
        raise problem


class _Left:
    """How many arrays may still be looked at, and how many bytes inflated for it."""

    def __init__(self) -> None:
        self.arrays, self.bytes = ARRAYS, INFLATED

    def take(self, archive: Archive, arrays: int, size: int = 0) -> None:
        self.arrays -= arrays
        self.bytes -= size
        if self.arrays < 0 or self.bytes < 0:
            what = "it has more arrays than archi looks at"
            raise ReadError(f"can't read {quote(archive.path, 80)}: {what}")


def _pickled(archive: Archive, member: Member, left: _Left) -> Iterator[str]:
    """Yield the names of what NumPy would unpickle in a file of arrays."""
    left.take(archive, 1)
    head = archive.start_of(member, NPY_HEADER)
    if _unpickles(head):
        yield member.name
    elif head.startswith(b"PK"):
        # A hundred for what opening one costs.
        left.take(archive, 100, member.size if member.method == DEFLATED else 0)
        with Archive.within(archive, member) as inner:
            left.take(archive, len(inner.members))
            for array in inner.members:
                if _unpickles(inner.start_of(array, NPY_HEADER)):
                    yield f"{member.name}/{array.name}"


def _unpickles(head: bytes) -> bool:
    """Whether NumPy, given a file that starts so, would unpickle something if it may."""
    described = head.partition(b"'descr':")[2].partition(b"'fortran_order'")[0]
    is_array = head.startswith(b"\x93NUMPY")
    return bool(is_array and OBJECTS.search(described)) or bool(PICKLE.match(head))
