"""Scanning one file: which parts of it are looked at, by which rules."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from archi.errors import ReadError, quote
from archi.readers._archive import Archive
from archi.readers._files import open_regular, read_whole
from archi.readers._hdf5 import SECONDS, Contents, read_partly
from archi.readers._hdf5_plain import plain_contents
from archi.readers._json import LIMIT, Duplicate, parse
from archi.scanning._findings import SEVERITIES, Finding, Scan, finding, rules_for
from archi.scanning._objects import HDF5_CONFIGS, WHERE, Object, objects

FINDINGS = 1000
OBJECTS = 200_000  # the largest config that is read has half as many
CONFIG, WEIGHTS = "config.json", "model.weights.h5"
H5_MEMBERS = 50  # weights in parts are as many members
H5_SIGNATURE = b"\x89HDF\r\n\x1a\n"


def scan(path: str | os.PathLike[str]) -> Scan:
    """Return everything that the rules find in a model file, HDF5 read by libhdf5 itself.

    Raises ReadError where nothing is found and the file, or a part of it, can't be read.
    """
    return _Scanning(os.fspath(path)).result()


def quick_scan(
    path: str | os.PathLike[str],
    *,
    document: Any = None,
    contents: Mapping[str, Contents] | None = None,
) -> list[Finding]:
    """Return what `scan` finds of high severity, without a child process if possible.

    HDF5 as Keras writes it is read right here; a child is asked about any other. What is at
    hand need not be read again: `document` is the parsed config of the file, `contents` has
    what is in HDF5 members by their names, "" for a file that is HDF5. Raises ReadError.
    """
    scanning = _Scanning(os.fspath(path), quick=True, document=document, contents=contents)
    return [found for found in scanning.result().findings if found.severity == "high"]


def kind_of(path: str | os.PathLike[str]) -> str:
    """Return which reader of Keras takes a file: `keras`, `hdf5` or `json`.

    Keras goes by the ending of the name; files called .keras from before Keras 2.13 are HDF5.
    Files with any other ending are what they start like. Raises ReadError.
    """
    with open_regular(path) as file:
        start = file.read(8)
    if not start:
        raise ReadError(f"can't read {quote(os.fspath(path), 80)}: it is empty")
    ending = os.path.splitext(os.fspath(path))[1].lower()
    if ending in (".h5", ".hdf5"):
        return "hdf5"
    if ending == ".json":
        return "json"
    if start == H5_SIGNATURE:
        return "hdf5"
    return "keras" if ending == ".keras" or start.startswith(b"PK") else "json"


class _Scanning:
    """One scan under way: what is at hand of the file, and what was found."""

    def __init__(
        self,
        path: str,
        quick: bool = False,
        document: Any = None,
        contents: Mapping[str, Contents] | None = None,
    ) -> None:
        self.path, self.quick, self.document = path, quick, document
        self.contents = dict(contents or {})
        self.findings: list[Finding] = []
        self.errors: list[ReadError] = []
        self.more = 0

    def result(self) -> Scan:
        parts = {"keras": self._keras, "hdf5": self._hdf5, "json": self._json}
        parts[kind_of(self.path)]()
        if self.errors and not self.findings:
            raise self.errors[0]
        order = sorted(self.findings, key=lambda found: SEVERITIES.index(found.severity))
        unread = [error.message for error in self.errors]
        return Scan(self.path, order, unread, self.more)

    def _keras(self) -> None:
        with Archive(self.path) as archive:
            self._apply("archive", archive)
            # libhdf5 is gone again before the config takes memory here.
            names = dict.fromkeys(m.name for m in archive.members if m.name.endswith(".h5"))
            self._weights(list(names))
            if self.document is not None:
                self._objects(self.document, CONFIG)
                return
            try:
                config = archive.find(CONFIG)
                if config is None:
                    self._give_up(f"it has no {CONFIG}, so it is no .keras file")
                else:
                    self._text(archive.read(config, LIMIT), CONFIG)
            except ReadError as error:
                self.errors.append(error)

    def _hdf5(self) -> None:
        for contents in self._contents([""]).values():
            self._apply("hdf5", contents)
            for name, text in contents.attributes.items():
                if name in HDF5_CONFIGS:
                    self._text(text, name)

    def _json(self) -> None:
        if self.document is not None:
            self._objects(self.document, "config")
            return
        with open_regular(self.path) as file:
            self._text(read_whole(file, LIMIT, quote(self.path, 80)), "config")

    def _weights(self, names: list[str]) -> None:
        """Look at the HDF5 members: first the one that Keras reads.

        Others may be there to make libhdf5 fail.
        """
        if len(names) > H5_MEMBERS:
            self._give_up(f"it has more HDF5 members than archi reads, {H5_MEMBERS}")
        main = [name for name in names if name == WEIGHTS]
        others = [name for name in names[:H5_MEMBERS] if name != WEIGHTS]
        groups = list(filter(None, [main, others]))
        for group in groups:
            for name, contents in self._contents(group, SECONDS / len(groups)).items():
                self._apply("hdf5", contents, f"{name}: ")

    def _contents(self, names: list[str], seconds: float = SECONDS) -> dict[str, Contents]:
        """Return what these HDF5 files hold, and note what can't be read of them."""
        found = {name: self.contents[name] for name in names if name in self.contents}
        if self.quick:
            found |= plain_contents(self.path, [name for name in names if name not in found])
        unknown = [name for name in names if name not in found]
        if unknown:
            try:
                found |= read_partly(self.path, unknown, seconds)
            except ReadError as error:
                self.errors.append(error)
        for contents in found.values():
            if contents.problem:
                self._give_up(contents.problem)
        return found

    def _text(self, text: str | bytes, container: str) -> None:
        duplicates: list[Duplicate] = []
        try:
            what = f"{container} of {quote(self.path, 80)}"
            document = parse(text, what, None if self.quick else duplicates)
        except ReadError as error:
            self.errors.append(error)
            return
        self._apply("document", (document, duplicates, container))
        self._objects(document, container)

    def _objects(self, document: Any, container: str) -> None:
        for number, each in enumerate(objects(document, container)):
            if number == OBJECTS:
                self._give_up(f"{container} has more objects than archi looks at, {OBJECTS:,}")
                return
            self._apply("object", each)

    def _apply(self, looks_at: str, thing: Any, prefix: str = "") -> None:
        """Note what the rules find in a thing, and what they could not look at."""
        for rule in rules_for(looks_at):
            try:
                for found in rule.check(thing):
                    if len(self.findings) == FINDINGS:
                        self.more += 1
                        continue
                    where = thing.where if isinstance(thing, Object) else prefix + found.where
                    self.findings.append(finding(rule, found, where[:WHERE]))
            except ReadError as error:
                self.errors.append(error)

    def _give_up(self, problem: str) -> None:
        self.errors.append(ReadError(f"can't read {quote(self.path, 80)}: {problem}"))
