"""What is in an HDF5 file: attributes, shapes and types, never the contents of a dataset.

libhdf5 can hang, crash or take all memory on a crafted file, so it runs in a child process
(`_hdf5_child`) that is limited in memory, time and files, and says what it found as JSON.
Whatever becomes of it, the answer here is contents or one clear ReadError.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from archi.containers._hdf5_contents import ATTRIBUTES, Contents, Dataset, Found, Oddity
from archi.containers.json import LIMIT, parse
from archi.containers.regular import open_regular
from archi.errors import ReadError, printable, quote

__all__ = ["Contents", "Dataset", "quick_contents", "read_contents", "read_partly"]

SECONDS = 3.5  # of the child, on the clock
ANSWER = 5 * LIMIT  # bytes: what JSON says of the objects, and four attributes
_CHILD = os.path.join(os.path.dirname(__file__), "_hdf5_child.py")
_PACKAGES = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def read_contents(path: str | os.PathLike[str], members: Sequence[str] = ("",)) -> Found:
    """Return what members of a zip archive that are HDF5 hold, or "" for the file itself.

    Raises ReadError where one can't be read to its end within the limits.
    """
    found = read_partly(path, members, SECONDS)
    for contents in found.values():
        if contents.problem:
            raise _error(os.fspath(path), contents.problem)
    return found


def quick_contents(path: str | os.PathLike[str], members: Sequence[str] = ("",)) -> Found:
    """Return the same, without a child process for files that are plainly harmless.

    Those are files as Keras and h5py write them, with nothing in them to look at twice.
    """
    from archi.containers.hdf5_plain import plain_contents

    known = plain_contents(path, members)
    others = [name for name in members if name not in known]
    return known | (read_contents(path, others) if others else {})


def read_partly(path: str | os.PathLike[str], members: Sequence[str], seconds: float) -> Found:
    """Return what could be read of each, from one child process.

    Raises ReadError where that does not answer, since libhdf5 hangs or crashes on one.
    """
    name = os.fspath(path)
    open_regular(name).close()
    task = {"path": os.path.abspath(name), "members": list(members), "attributes": ATTRIBUTES}
    answer = _run_child(name, {**task, "packages": [_PACKAGES, *sys.path]}, seconds)
    head, _, rest = answer.partition(b"\n")
    try:
        found = parse(head, "the answer")
        if "error" not in found:
            return dict(zip(members, _contents(found["files"], rest), strict=True))
        why = _shown(found["error"])
    except (ReadError, LookupError, TypeError, ValueError):
        why = "HDF5 gives no answer"
    raise _error(name, why)


def _contents(files: list[dict[str, Any]], rest: bytes) -> list[Contents]:
    found = []
    for file in files:
        attributes = {}
        for name, length in file["attributes"]:
            attributes[name] = rest[:length].decode(errors="replace")
            rest = rest[length:]
        datasets = [
            Dataset(path, None if shape is None else tuple(shape), *others)
            for path, shape, *others in file["datasets"]
        ]
        oddities = [Oddity(*each) for each in file["oddities"]]
        found.append(Contents(attributes, datasets, oddities, _shown(file["problem"])))
    return found


def _shown(words: object) -> str:
    return printable(str(words)[:200])


def _run_child(name: str, task: dict[str, Any], seconds: float) -> bytes:
    """Return what the child says. Raises ReadError where it does not, or not in time.

    It gets no environment and finds packages where this process does. It starts without
    `site`, which would look for them again.
    """
    import subprocess
    import threading

    child = subprocess.Popen(
        [sys.executable, "-I", "-S", _CHILD],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**_needed_environment(), "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
        cwd=os.path.dirname(_CHILD),
    )
    late: list[bool] = []

    def kill() -> None:
        late.append(True)
        child.kill()

    timer = threading.Timer(seconds, kill)
    timer.start()
    try:
        assert child.stdin is not None
        assert child.stdout is not None
        with suppress(BrokenPipeError):  # it ended, which its answer shows
            child.stdin.write(json.dumps(task).encode())
            child.stdin.close()
        answer = child.stdout.read(ANSWER + 1)
    finally:
        timer.cancel()
        child.kill()
        status = child.wait()
        for pipe in (child.stdin, child.stdout):
            if pipe:
                pipe.close()
    if late:
        raise _error(name, f"HDF5 gives no answer within {seconds:g} s")
    if len(answer) > ANSWER:
        raise _error(name, "it has more attributes or objects than archi reads")
    if not answer:
        how = f"signal {-status}" if status < 0 else f"exit code {status}"
        raise _error(name, f"HDF5 can't read it and ended with {how}")
    return answer


def _needed_environment() -> dict[str, str]:
    """Return the variables that Python needs to start, on Windows and where it is wrapped."""
    needed = ("SYSTEMROOT", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "OPENBLAS_CORETYPE")
    return {key: os.environ[key] for key in needed if key in os.environ}


def _error(name: str, problem: str) -> ReadError:
    return ReadError(f"can't read {quote(name, 80)}: {problem}")
