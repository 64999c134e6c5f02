"""A zip archive such as `model.keras`, read without extracting anything.

Members are what Python's `zipfile` takes them to be, since that is what Keras reads with:
the end record nearest the end of the file counts, of two members with one name the last
is read. What makes a file suspicious (such names, links, overlaps) is there to be asked
for; what makes reading it unbounded or ambiguous (data in front, two names for one member,
other methods than stored and deflated, encryption, sizes beyond a limit) is refused.

The format: PKWARE's APPNOTE.TXT, version 6.3.10.
"""

from __future__ import annotations

import io
import os
import stat
import struct
import zlib
from typing import Any, BinaryIO, NamedTuple

from archi.containers.regular import open_regular
from archi.errors import ReadError, printable, quote
from archi.units import file_size

MEMBERS = 10_000
DIRECTORY = 4 << 20  # bytes of the central directory
INFLATED = 64 << 20  # bytes of a deflated member that is opened as a file
STORED, DEFLATED = 0, 8
NEWEST = 63  # tenths: the version of the format that `zipfile` still reads

_END = struct.Struct("<4s4H2LH")
_END64_LOCATOR = struct.Struct("<4sLQL")
_END64 = struct.Struct("<4sQ2H2L4Q")
_ENTRY = struct.Struct("<4s4B4HL2L5H2L")
_LOCAL = struct.Struct("<4s2B4HL2L2H")
_MAX32, _MAX64 = 0xFFFFFFFF, 0xFFFFFFFFFFFFFFFF
_ENCRYPTED, _PATCHED, _STRONGLY_ENCRYPTED, _UTF8 = 0x1, 0x20, 0x40, 0x800
_ZIP64, _UNICODE_NAME = 0x0001, 0x7075  # extra fields


class Member(NamedTuple):
    """One member, as the central directory has it. Sizes in bytes.

    `full_name` is all of the name in the file, of which `zipfile` and `name` leave off
    what follows a zero byte. `start` and `end` are where the local header begins in the
    file, and the least at which the packed data can end.
    """

    name: str
    full_name: str
    size: int
    packed: int
    method: int
    flags: int
    crc: int
    mode: int
    start: int
    end: int

    @property
    def is_link(self) -> bool:
        """Whether it unpacks to a symbolic link."""
        return stat.S_ISLNK(self.mode)

    @property
    def is_folder(self) -> bool:
        """Whether it is a folder, which has no content."""
        return self.name.endswith("/")

    @property
    def escapes(self) -> bool:
        """Whether its name leads, somewhere, out of the folder it is unpacked into."""
        parts = self.full_name.replace("\\", "/").split("/")
        drive = len(parts[0]) > 1 and parts[0][1] == ":"
        return drive or not parts[0] or ".." in parts or "\0" in self.full_name


class Archive:
    """An open archive; a context manager that closes it. Raises ReadError.

    `members` are in the order of the central directory.
    """

    def __init__(self, path: str | os.PathLike[str], file: BinaryIO | None = None) -> None:
        self.path = os.fspath(path)
        self.file = file or open_regular(path)
        try:
            self.length = self.file.seek(0, os.SEEK_END)
            self.members = self._entries(self._directory())
        except BaseException:
            self.file.close()
            raise

    def __enter__(self) -> Archive:
        return self

    def __exit__(self, *exception: object) -> None:
        self.file.close()

    @classmethod
    def within(cls, outer: Archive, member: Member) -> Archive:
        """Return the archive that a member is, such as an .npz file."""
        return cls(f"{outer.path}/{member.name}", outer.open(member))

    def find(self, name: str) -> Member | None:
        """Return the member that a reader gets by this name: the last of several."""
        return next((m for m in reversed(self.members) if m.name == name), None)

    def read(self, member: Member, limit: int) -> bytes:
        """Return a member's content. Raises ReadError for more than `limit` bytes."""
        start = self._content(member)
        if max(member.size, member.packed - _slack(member.packed)) > limit:
            raise self._error(
                f"{quote(member.name)} is larger than {file_size(limit)}, the most archi reads"
            )
        packed = self._at(start, min(member.packed, self.length - start))
        content = packed[: member.size]
        if member.method == DEFLATED:
            try:
                # A limit of 0 would be none.
                content = zlib.decompressobj(-15).decompress(packed, member.size or 1)
            except zlib.error as error:
                why = printable(str(error))
                raise self._error(f"{quote(member.name)} can't be inflated: {why}") from None
            content = content[: member.size]
        if zlib.crc32(content) != member.crc:
            raise self._error(f"{quote(member.name)} is damaged: its checksum is not the one noted")
        return content

    def start_of(self, member: Member, length: int) -> bytes:
        """Return the first bytes of a member, up to `length`; its checksum is not looked at."""
        start = self._content(member)
        length = min(length, member.size)
        packed = self._at(start, min(member.packed, length + _slack(length), self.length - start))
        if member.method == STORED:
            return packed[:length]
        try:
            return zlib.decompressobj(-15).decompress(packed, length or 1)[:length]
        except zlib.error:
            raise self._error(f"{quote(member.name)} can't be inflated") from None

    def open(self, member: Member, limit: int = INFLATED) -> BinaryIO:
        """Return a member as a file to seek and read in, which stays open with the archive.

        What is stored is read where it is; what is deflated is inflated into memory, up to
        `limit` bytes.
        """
        if member.method == DEFLATED:
            return io.BytesIO(self.read(member, limit))
        start = self._content(member)
        length = min(member.size, member.packed, self.length - start)
        return io.BufferedReader(_Part(self.file, start, length))

    def overlaps(self) -> list[Member]:
        """Return the members that share bytes of the file with another, as zip bombs do."""
        found, last = [], None
        for member in sorted(self.members, key=lambda m: (m.start, m.end)):
            if last and member.start < last.end:
                found.append(member)
            if not last or member.end > last.end:
                last = member
        return found

    def _directory(self) -> bytes:
        """Return the central directory."""
        length = self.length
        # The end record and after it a comment, of at most 64 KiB.
        tail_start = max(0, length - _END.size - (1 << 16))
        tail = self._at(tail_start, length - tail_start)
        found = len(tail) - _END.size
        if found < 0 or tail[found : found + 4] != b"PK\5\6" or tail[-2:] != b"\0\0":
            found = tail.rfind(b"PK\5\6")
        if found < 0 or len(tail) - found < _END.size:
            raise self._error("it is no zip archive")
        _, _, _, _, count, size, offset, _ = _END.unpack_from(tail, found)
        end = tail_start + found
        # A locator stands right before the end record, and the 64-bit record before that.
        end64 = end - _END64_LOCATOR.size - _END64.size
        if end64 >= 0:
            record = self._at(end64, _END64.size + _END64_LOCATOR.size)
            locator = _END64_LOCATOR.unpack_from(record, _END64.size)
            if locator[0] == b"PK\6\7" and record[:4] == b"PK\6\6":
                _, _, _, _, _, _, _, count, size, offset = _END64.unpack_from(record)
                end = end64
        if size > DIRECTORY or count > MEMBERS:
            raise self._error(f"it has more members than archi reads, {MEMBERS:,}")
        if size > end:
            raise self._error("it is damaged: its directory begins before the file does")
        if end - size != offset:
            # `zipfile` would go on, but other readers may take the file for something else.
            raise self._error("other data stand in front of the archive")
        return self._at(end - size, size)

    def _entries(self, directory: bytes) -> list[Member]:
        members: list[Member] = []
        at = 0
        while at < len(directory):
            if len(directory) - at < _ENTRY.size or directory[at : at + 4] != b"PK\1\2":
                raise self._error("it is damaged: its directory has something else than members")
            if len(members) == MEMBERS:
                raise self._error(f"it has more members than archi reads, {MEMBERS:,}")
            fields = _ENTRY.unpack_from(directory, at)
            name, extra, comment = fields[12:15]
            at += _ENTRY.size
            raw_name, raw_extra = directory[at : at + name], directory[at + name :][:extra]
            members.append(self._member(fields, raw_name, raw_extra))
            at += name + extra + comment
        return members

    def _member(self, fields: tuple[Any, ...], raw_name: bytes, extra: bytes) -> Member:
        flags, method, crc, packed, size = fields[5], fields[6], *fields[9:12]
        mode, offset = fields[17] >> 16, fields[18]
        full_name = self._name(raw_name, flags)
        if fields[3] > NEWEST:
            raise self._error(f"{quote(full_name)} is of a newer kind of zip archive")
        found = self._extra_fields(extra)
        if _ZIP64 in found:
            # A number that did not fit is there, in this order, in 64 bits.
            numbers = io.BytesIO(found[_ZIP64])
            size = self._long(numbers) if size in (_MAX32, _MAX64) else size
            packed = self._long(numbers) if packed == _MAX32 else packed
            offset = self._long(numbers) if offset == _MAX32 else offset
        other = found.get(_UNICODE_NAME)  # version, CRC of the other name, name
        if other and other[5:] != full_name.encode():
            raise self._error(f"{quote(full_name)} has two names, and readers differ on which")
        end = offset + _LOCAL.size + len(raw_name) + packed
        name = full_name.partition("\0")[0]
        return Member(name, full_name, size, packed, method, flags, crc, mode, offset, end)

    def _name(self, raw: bytes, flags: int) -> str:
        try:
            return raw.decode("utf-8" if flags & _UTF8 else "cp437")
        except UnicodeDecodeError:
            raise self._error("it has a member whose name is not UTF-8") from None

    def _extra_fields(self, extra: bytes) -> dict[int, bytes]:
        found: dict[int, bytes] = {}
        while len(extra) >= 4:
            kind, length = struct.unpack_from("<HH", extra)
            if length + 4 > len(extra) or kind in found:
                raise self._error("it is damaged: a member's extra fields are not right")
            found[kind] = extra[4 : length + 4]
            extra = extra[length + 4 :]
        return found

    def _long(self, numbers: BinaryIO) -> int:
        raw = numbers.read(8)
        if len(raw) < 8:
            raise self._error("it is damaged: a member's 64-bit sizes are missing")
        return int.from_bytes(raw, "little")

    def _content(self, member: Member) -> int:
        """Return where a member's packed content starts, if it can be read at all."""
        shown = quote(member.name)
        if member.flags & (_ENCRYPTED | _STRONGLY_ENCRYPTED):
            raise self._error(f"{shown} is encrypted")
        if member.method not in (STORED, DEFLATED) or member.flags & _PATCHED:
            raise self._error(f"{shown} is neither stored nor deflated")
        header = self._at(member.start, _LOCAL.size)
        if len(header) < _LOCAL.size or header[:4] != b"PK\3\4":
            raise self._error(f"{shown} is damaged: it has no header")
        fields = _LOCAL.unpack(header)
        name, extra = fields[10:12]
        start = member.start + _LOCAL.size
        if self._name(self._at(start, name), fields[3]) != member.full_name:
            raise self._error(f"{shown} has another name at its content")
        if start + name + extra > self.length:
            raise self._error(f"{shown} is damaged: it ends before its content")
        return start + int(name) + int(extra)

    def _at(self, start: int, length: int) -> bytes:
        self.file.seek(start)
        return self.file.read(length)

    def _error(self, problem: str) -> ReadError:
        return ReadError(f"can't read {quote(self.path, 80)}: {problem}")


class _Part(io.RawIOBase):
    """A part of a file, as a file."""

    def __init__(self, file: BinaryIO, start: int, length: int) -> None:
        self.file, self.start, self.length, self.at = file, start, length, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self.at, os.SEEK_END: self.length}[whence]
        self.at = max(0, base + offset)
        return self.at

    def readinto(self, buffer: Any) -> int:
        view = memoryview(buffer)
        wanted = max(0, min(len(view), self.length - self.at))
        self.file.seek(self.start + self.at)
        content = self.file.read(wanted)
        view[: len(content)] = content
        self.at += len(content)
        return len(content)


def _slack(packed: int) -> int:
    """Return how much longer than its content a deflated member of this size can be.

    Five bytes for each stored block, which holds up to 64 KiB but is often shorter.
    """
    return packed // 1000 + 1024
