"""Writing files: whole or not at all."""

from __future__ import annotations

import os

from archi.errors import ArchiError, printable, quote


def write_file(path: str, content: bytes) -> None:
    """Write a whole file or nothing: beside it first, then renamed. Raises ArchiError.

    What is no regular file (a pipe, /dev/stdout) is written to and stays what it is.
    """
    try:
        if os.path.exists(path) and not os.path.isfile(path):
            with open(path, "wb") as file:
                file.write(content)
        else:
            _replace(os.path.realpath(path), content)
    except OSError as error:
        raise unwritable(path, error) from None


def _replace(path: str, content: bytes) -> None:
    beside = os.path.join(os.path.dirname(path), f".archi-{os.getpid()}.part")
    try:
        with open(beside, "xb") as file:
            file.write(content)
        if os.path.exists(path):
            os.chmod(beside, os.stat(path).st_mode)
        os.replace(beside, path)
    except BaseException:
        if os.path.exists(beside):
            os.unlink(beside)
        raise


def unwritable(path: str, error: OSError) -> ArchiError:
    """Return the error for a file that can't be written."""
    return ArchiError(f"can't write {quote(path, 80)}: {printable(error.strerror or str(error))}")


def unreadable(path: str, error: OSError) -> ArchiError:
    """Return the error for a file that can't be read."""
    return ArchiError(f"can't read {quote(path, 80)}: {printable(error.strerror or str(error))}")
