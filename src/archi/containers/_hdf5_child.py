"""The child process of `_hdf5`: opens HDF5 files with h5py and says what is in them.

Run as a script: reads its task as JSON on standard input and writes the answer to
standard output, a line of JSON and then the texts of the attributes. It limits its own
memory, time and files first, so that libhdf5, whatever it is led to do, can't take more,
open another file or write one.
"""

from __future__ import annotations

import codecs
import json
import math
import os
import sys
from collections.abc import Iterator
from functools import partial
from typing import Any

MEMORY = 192 << 20  # bytes beyond what is there when everything is imported
SECONDS = 3  # of the processor
OBJECTS = 100_000
DEPTH = 100
LARGEST = 1 << 63  # bytes that a dataset is said to declare; there can be 600 digits of them
TEXT = 1024  # characters of a path
ATTRIBUTE = 16 << 20  # bytes


class Unreadable(Exception):
    """The file is no HDF5 file, or beyond a bound."""


def main() -> None:
    """Answer one task."""
    task = json.load(sys.stdin)
    sys.path[:] = task["packages"]
    from archi.errors import ArchiError

    texts: list[bytes] = []
    try:
        import h5py

        answer: dict[str, Any] = {"files": _read_all(h5py, task, texts)}
    except ImportError:
        answer = {"error": "h5py is needed for HDF5 files; pip install h5py"}
    except ArchiError as error:
        answer = {"error": _words(error)}
    with open(1, "wb", closefd=False) as out:
        out.write(json.dumps(answer).encode() + b"\n")
        out.writelines(texts)


def _read_all(h5py: Any, task: dict[str, Any], texts: list[bytes]) -> list[dict[str, Any]]:
    from archi.containers.archive import Archive
    from archi.containers.regular import open_regular

    wanted = task["attributes"]
    if task["members"] == [""]:
        with open_regular(task["path"]) as file:
            _limit()
            return [_read(h5py, lambda: file, wanted, texts)]
    with Archive(task["path"]) as archive:
        _limit()
        members = [archive.find(name) for name in task["members"]]
        opened = [partial(archive.open, member) for member in members if member]
        return [_read(h5py, each, wanted, texts) for each in opened]


def _read(h5py: Any, opened: Any, wanted: list[str], texts: list[bytes]) -> dict[str, Any]:
    """Return what is in a file, as far as it can be read."""
    from archi.errors import ArchiError

    found: dict[str, Any] = {"attributes": [], "datasets": [], "oddities": [], "problem": ""}
    try:
        _look(h5py, opened(), wanted, texts, found)
    except ArchiError as error:
        found["problem"] = _words(error)
    except Unreadable as error:
        found["problem"] = str(error)
    except MemoryError:
        found["problem"] = "HDF5 needs more memory for it than it gets"
    except (OSError, RuntimeError, ValueError, TypeError, LookupError, ArithmeticError) as error:
        found["problem"] = f"HDF5 can't read it: {error}"
    return found


def _words(error: Any) -> str:
    """Return an error's message without the name of the file in front."""
    return str(error.message.partition("': ")[2] or error.message)


def _look(
    h5py: Any, source: Any, wanted: list[str], texts: list[bytes], found: dict[str, Any]
) -> None:
    length = source.seek(0, os.SEEK_END)
    source.seek(0)
    with h5py.File(source, "r") as file:
        for kind, *facts in _objects(h5py, file.id, length):
            if kind == "dataset":
                found["datasets"].append(facts)
            else:
                found["oddities"].append([kind, *facts])
        for name in wanted:
            text = _text(h5py, file, name)
            if text is not None:
                texts.append(text)
                found["attributes"].append([name, len(text)])


def _limit() -> None:
    """Take from this process what it no longer needs, once its file is open."""
    for codec in ("ascii", "latin-1", "utf-8"):  # a codec is a file, read when first used
        codecs.lookup(codec)
    try:
        import resource
    except ImportError:  # Windows: the clock of the parent is all there is
        return
    limits = {
        "RLIMIT_AS": _address_space() + MEMORY,
        "RLIMIT_CPU": SECONDS,
        "RLIMIT_FSIZE": 0,
        "RLIMIT_CORE": 0,
        "RLIMIT_NOFILE": 0,  # those that are open stay open
    }
    for name, limit in limits.items():
        number = getattr(resource, name, None)
        if number is not None:
            try:
                resource.setrlimit(number, (limit, limit))
            except (OSError, ValueError):
                continue  # macOS has no RLIMIT_AS to set


def _address_space() -> int:
    try:
        with open("/proc/self/statm", "rb") as file:
            return int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError):
        return 1 << 30


def _text(h5py: Any, file: Any, name: str) -> bytes | None:
    """Return the text of a root attribute, None without one."""
    if not h5py.h5a.exists(file.id, name.encode()):
        return None
    attribute = h5py.h5a.open(file.id, name.encode())
    is_text = attribute.get_type().get_class() == h5py.h5t.STRING
    if not is_text or attribute.get_space().get_simple_extent_npoints() != 1:
        raise Unreadable(f"its attribute {name} is no text")
    if attribute.get_storage_size() > ATTRIBUTE:
        raise Unreadable(f"its attribute {name} is larger than archi reads")
    value = file.attrs[name]
    value = value if isinstance(value, (bytes, str)) else value.item()
    text = value.encode(errors="surrogateescape") if isinstance(value, str) else bytes(value)
    if len(text) > ATTRIBUTE:
        raise Unreadable(f"its attribute {name} is larger than archi reads")
    return text


def _objects(h5py: Any, root: Any, length: int) -> Iterator[list[Any]]:
    """Yield what is in the file, each object once, by however many names it has."""
    seen = {_address(h5py, root)}
    stack = [(root, "", 0)]
    count = 0
    while stack:
        group, path, depth = stack.pop()
        for name in group:
            count += 1
            if count > OBJECTS:
                raise Unreadable(f"it has more objects than archi reads, {OBJECTS:,}")
            shown = f"{path}/{name.decode('utf-8', 'backslashreplace')}"[:TEXT]
            link = group.links.get_info(name)
            if link.type != h5py.h5l.TYPE_HARD:
                yield _link(h5py, group, name, link, shown)
                continue
            found = h5py.h5o.open(group, name)
            address = _address(h5py, found)
            if address in seen:
                continue
            seen.add(address)
            if isinstance(found, h5py.h5g.GroupID):
                if depth == DEPTH:
                    raise Unreadable(f"it has groups more than {DEPTH} deep")
                stack.append((found, shown, depth + 1))
            elif isinstance(found, h5py.h5d.DatasetID):
                yield from _dataset(h5py, found, shown, length)


def _link(h5py: Any, group: Any, name: bytes, link: Any, shown: str) -> list[Any]:
    value = group.links.get_val(name)
    if link.type == h5py.h5l.TYPE_SOFT:
        return ["soft-link", shown, value.decode("utf-8", "backslashreplace")[:TEXT]]
    parts = [part.decode("utf-8", "backslashreplace")[:TEXT] for part in value]
    return ["external-link", shown, ":".join(parts)]


def _dataset(h5py: Any, dataset: Any, shown: str, length: int) -> Iterator[list[Any]]:
    made = dataset.get_create_plist()
    if made.get_layout() == h5py.h5d.VIRTUAL:
        sources = {
            made.get_virtual_filename(i)[:TEXT] for i in range(min(made.get_virtual_count(), 100))
        }
        yield ["virtual", shown, ", ".join(sorted(sources))]
        yield ["dataset", shown, None, "", 0, 0]
        return
    for i in range(min(made.get_external_count(), 100)):
        name = made.get_external(i)[0]
        yield ["external-storage", shown, name.decode("utf-8", "backslashreplace")[:TEXT]]
    shape = dataset.shape
    kind = dataset.get_type()
    size = kind.get_size()
    stored = min(dataset.get_storage_size(), length)
    declared = min(math.prod(shape or ()) * size, LARGEST)
    yield ["dataset", shown, shape, _dtype(kind), declared, stored]


def _dtype(kind: Any) -> str:
    try:
        return str(kind.dtype)[:100]
    except (TypeError, ValueError):
        return ""


def _address(h5py: Any, found: Any) -> Any:
    info = h5py.h5o.get_info(found)
    return info.fileno, info.addr


if __name__ == "__main__":
    main()
