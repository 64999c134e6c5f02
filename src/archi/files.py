"""Writing files: whole or not at all."""

from __future__ import annotations

import errno
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


def check_writable(path: str) -> None:
    """Raise ArchiError where a file can't be written, before the work for it is done."""
    folder = os.path.dirname(os.path.realpath(path))
    if not os.path.isdir(folder):
        problem = errno.ENOTDIR if os.path.exists(folder) else errno.ENOENT
    elif os.path.isdir(path):
        problem = errno.EISDIR
    elif not os.access(path if os.path.exists(path) else folder, os.W_OK):
        problem = errno.EACCES
    else:
        return
    raise unwritable(path, OSError(problem, os.strerror(problem)))


def _replace(path: str, content: bytes) -> None:
    if os.path.exists(path) and not os.access(path, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    # A name of its own for every write: others may be writing here, in this process too.
    beside = os.path.join(os.path.dirname(path), f".archi-{os.urandom(8).hex()}.part")
    with open(beside, "xb") as file:
        try:
            file.write(content)
            file.close()
            if os.path.exists(path):
                os.chmod(beside, os.stat(path).st_mode)
            os.replace(beside, path)
        except BaseException:
            os.unlink(beside)
            raise


def unwritable(path: str, error: OSError) -> ArchiError:
    """Return the error for a file that can't be written."""
    return ArchiError(f"can't write {quote(path, 80)}: {printable(error.strerror or str(error))}")


def unreadable(path: str, error: OSError) -> ArchiError:
    """Return the error for a file that can't be read."""
    return ArchiError(f"can't read {quote(path, 80)}: {printable(error.strerror or str(error))}")
