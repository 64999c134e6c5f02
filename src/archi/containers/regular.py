"""Opening files: regular ones only, and never more of them than a caller asks for."""

from __future__ import annotations

import os
import stat
from typing import BinaryIO

from archi.errors import ReadError, printable, quote
from archi.units import file_size

# A pipe without a writer would block `open` for ever, and a device may act on being opened.
_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
_KINDS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


def open_regular(path: str | os.PathLike[str]) -> BinaryIO:
    """Open a regular file for reading, or what a link to one leads to. Raises ReadError."""
    name = os.fspath(path)
    try:
        _check(name, os.stat(name))  # looked at before it is opened
        descriptor = os.open(name, _FLAGS)
        try:
            _check(name, os.fstat(descriptor))  # and what was opened in the end
            return open(descriptor, "rb")
        except BaseException:
            os.close(descriptor)
            raise
    except OSError as error:
        why = printable(error.strerror or str(error))
        raise ReadError(f"can't read {quote(name, 80)}: {why}") from None
    except ValueError:  # a zero byte in the name
        raise ReadError(f"can't read {quote(name, 80)}: no file can have that name") from None


def read_whole(file: BinaryIO, limit: int, what: str) -> bytes:
    """Return all that is left of a file. Raises ReadError for more than `limit` bytes."""
    content = file.read(limit + 1)
    if len(content) > limit:
        raise ReadError(f"{what} is larger than {file_size(limit)}, the most archi reads")
    return content


def _check(name: str, status: os.stat_result) -> None:
    if stat.S_ISREG(status.st_mode):
        return
    kind = next((words for is_kind, words in _KINDS if is_kind(status.st_mode)), "no file")
    raise ReadError(f"can't read {quote(name, 80)}: it is {kind}")
