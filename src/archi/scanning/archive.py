"""Rules over the members of a .keras archive."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from archi.errors import ReadError
from archi.readers._archive import Archive, Member
from archi.scanning._findings import Found, rule
from archi.units import file_size, times

# A member that is a bomb to Keras 3.15, but for the size, which is 256 MiB or 4 GiB there.
BOMB_SIZE = 64 << 20
BOMB_RATIO = 100
NPY_HEADER = 4096  # bytes; those of arrays without fields are 128
NPZ_MEMBERS = 1000  # looked at
OBJECTS = re.compile(r"'[|<>=]?O\d?'")
PICKLE = re.compile(rb"\x80[\2-\5]")  # what NumPy takes for a pickle as a whole


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
    for member in archive.members:
        if member.name.endswith(".npy"):
            yield from _pickled(archive, member, member.name)
        elif member.name.endswith(".npz"):
            try:
                with Archive.within(archive, member) as arrays:
                    for array in arrays.members[:NPZ_MEMBERS]:
                        yield from _pickled(arrays, array, f"{member.name}/{array.name}")
            except ReadError:
                continue  # no archive, so nothing that NumPy would read either


def _pickled(archive: Archive, member: Member, where: str) -> Iterator[Found]:
    head = archive.start_of(member, NPY_HEADER)
    described = head.partition(b"'descr':")[2].partition(b"'fortran_order'")[0]
    is_objects = head.startswith(b"\x93NUMPY") and OBJECTS.search(described.decode("latin-1"))
    if is_objects or PICKLE.match(head):
        yield Found("NumPy unpickles it, which can run any code", where)
