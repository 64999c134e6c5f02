"""Scanning one file: which parts of it are looked at, by which rules."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from archi.containers.archive import Archive
from archi.containers.foreign import by_content, refuse_foreign, refuse_missing
from archi.containers.hdf5 import SECONDS, Contents, read_partly
from archi.containers.hdf5_plain import plain_contents
from archi.containers.json import LIMIT, Duplicate, parse
from archi.containers.regular import open_regular, read_whole
from archi.containers.savedmodel import (
    GRAPH,
    METADATA,
    ROOT,
    KerasObject,
    SavedModel,
    is_savedmodel,
    plain,
)
from archi.errors import ReadError, printable, quote
from archi.scanning._objects import HDF5_CONFIGS, WHERE, Object, objects
from archi.scanning.findings import SEVERITIES, Finding, Found, Rule, Scan, finding, rules_for

if TYPE_CHECKING:
    from archi.readers import Source

FINDINGS = 1000  # that are shown, the worst of them
OBJECTS = 200_000  # the largest config that is read has half as many
CONFIG, WEIGHTS = "config.json", "model.weights.h5"
WORST = ("high",)  # what a quick scan looks for
H5_MEMBERS = 50  # weights in parts are as many members
H5_SIGNATURE = b"\x89HDF\r\n\x1a\n"


def scan(path: str | os.PathLike[str]) -> Scan:
    """Return everything that the rules find in a model file, HDF5 read by libhdf5 itself.

    Raises ReadError where nothing is found and the file, or a part of it, can't be read.
    """
    return _Scanning(os.fspath(path)).result()


def quick_scan(path: str | os.PathLike[str], *, source: Source | None = None) -> list[Finding]:
    """Return what `scan` finds of high severity, without a child process if possible.

    HDF5 as Keras writes it is read right here; a child is asked about any other. What is in
    `source`, as a reader gave it, is not read again. Raises ReadError.
    """
    scanning = _Scanning(os.fspath(path), quick=True, source=source)
    return [found for found in scanning.result().findings if found.severity in WORST]


def kind_of(path: str | os.PathLike[str]) -> str:
    """Return which reader of Keras takes a file: `keras`, `hdf5`, `json` or `savedmodel`.

    Keras goes by the ending of the name; files called .keras from before Keras 2.13 are HDF5.
    Files with any other ending are what they start like. Raises ReadError, too for what no
    Keras reads; of zip archives its members are looked at first.
    """
    if is_savedmodel(os.fspath(path)):
        return "savedmodel"
    refuse_missing(os.fspath(path))
    with open_regular(path) as file:
        start = file.read(8)
    if not start:
        raise ReadError(f"can't read {quote(os.fspath(path), 80)}: it is empty")
    if not start.startswith(b"PK"):
        refuse_foreign(os.fspath(path))
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

    def __init__(self, path: str, quick: bool = False, source: Source | None = None) -> None:
        self.path, self.quick, self.source = path, quick, source
        self.kind = ""
        self.findings: dict[str, list[Finding]] = {severity: [] for severity in SEVERITIES}
        self.errors: list[ReadError] = []
        self.beyond: list[str] = []  # what is never looked at, in words
        self.count = self.objects = 0
        self.told: set[tuple[str, ...]] | None = None  # what is found again is not told of again

    def result(self) -> Scan:
        parts = {
            "keras": self._keras,
            "hdf5": self._hdf5,
            "json": self._json,
            "savedmodel": self._savedmodel,
        }
        self.kind = kind_of(self.path)
        parts[self.kind]()
        if self.errors and not self.count:
            raise self.errors[0]
        worst_first = [found for each in SEVERITIES for found in self.findings[each]][:FINDINGS]
        unread = [*(error.message for error in self.errors), *self.beyond]
        return Scan(self.path, worst_first, unread, self.count - len(worst_first))

    def _keras(self) -> None:
        with Archive(self.path) as archive:
            self._apply(rules_for("archive"), archive)
            # libhdf5 is gone again before the config takes memory here.
            names = dict.fromkeys(m.name for m in archive.members if m.name.endswith(".h5"))
            self._weights(list(names))
            try:
                config = archive.find(CONFIG)
                if config is None:
                    known = by_content(self.path, archive.file)
                    what = f"it {known.what}" if known else "it is no .keras file"
                    self._give_up(f"it has no {CONFIG}; {what}")
                elif not self._at_hand(CONFIG):
                    self._text(archive.read(config, LIMIT), CONFIG)
            except ReadError as error:
                self.errors.append(error)

    def _hdf5(self) -> None:
        for contents in self._contents([""]).values():
            self._apply(rules_for("hdf5"), contents)
            for name, text in contents.attributes.items():
                if name in HDF5_CONFIGS and not self._at_hand(name):
                    self._text(text, name)

    def _json(self) -> None:
        if not self._at_hand("config"):
            with open_regular(self.path) as file:
                self._text(read_whole(file, LIMIT, quote(self.path, 80)), "config")

    def _savedmodel(self) -> None:
        """Look at the config of every object of Keras: Keras 2 makes each from its own.

        The model's, which comes first, has those of its layers in it as well.
        """
        found = SavedModel(self.path).objects
        if not found:
            self._give_up("it is a SavedModel without Keras's config, TensorFlow's graph alone")
        for each in sorted(found, key=lambda each: each.number != ROOT):
            self._saved_object(each)
        self.beyond.append(
            f"{GRAPH} and the variables: the graph in there, which TensorFlow runs, can read and "
            "write files"
        )

    def _saved_object(self, each: KerasObject) -> None:
        container = f"{METADATA}: {each.path}"
        document = plain(self._parsed(each.metadata, container))
        again = document.pop("model_config", None) if isinstance(document, dict) else None
        # In a list an object has its name among the places, as in the model it would.
        self._objects(document if each.number == ROOT else [document], container)
        self.told = self._all_told() if self.told is None else self.told
        self._objects(again, container)

    def _all_told(self) -> set[tuple[str, ...]]:
        return {_key(found) for alike in self.findings.values() for found in alike}

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
                self._apply(rules_for("hdf5"), contents, f"{name}: ")

    def _contents(self, names: list[str], seconds: float = SECONDS) -> dict[str, Contents]:
        """Return what these HDF5 files hold, and note what can't be read of them."""
        at_hand = self.source.contents if self.source else {}
        found = {name: at_hand[name] for name in names if name in at_hand}
        unknown = [name for name in names if name not in found]
        if self.quick and unknown:
            found |= plain_contents(self.path, unknown)
            unknown = [name for name in unknown if name not in found]
        if unknown:
            try:
                found |= read_partly(self.path, unknown, seconds)
            except ReadError as error:
                self.errors.append(error)
        for contents in found.values():
            if contents.problem:
                self._give_up(contents.problem)
        return found

    def _at_hand(self, container: str) -> bool:
        """Look at the config in a container if it was read before; return whether it was."""
        if not self.source or self.source.container != container:
            return False
        self._objects(self.source.document, container)
        return True

    def _text(self, text: str | bytes, container: str) -> None:
        self._objects(self._parsed(text, container), container)

    def _parsed(self, text: str | bytes, container: str) -> Any:
        """Return what a config's text says, looked at as text, None where it says nothing."""
        duplicates: list[Duplicate] = []
        try:
            what = f"{printable(container)} of {quote(self.path, 80)}"
            document = parse(text, what, None if self.quick else duplicates)
        except ReadError as error:
            self.errors.append(error)
            return None
        self._apply(rules_for("document"), (document, duplicates, container))
        return document

    def _objects(self, document: Any, container: str) -> None:
        rules = rules_for("object", WORST if self.quick else SEVERITIES)  # there are many objects
        for each in objects(document, container):
            self.objects += 1
            if self.objects > OBJECTS:
                self._give_up(f"{container} has more objects than archi looks at, {OBJECTS:,}")
                return
            self._apply(rules, each)

    def _apply(self, rules: list[Rule], thing: Any, prefix: str = "") -> None:
        """Note what rules find in a thing, and what they could not look at."""
        for rule in rules:
            try:
                for found in rule.check(thing):
                    self._note(rule, found, thing, prefix)
            except ReadError as error:
                self.errors.append(error)

    def _note(self, rule: Rule, found: Found, thing: Any, prefix: str) -> None:
        alike = self.findings[found.severity or rule.severity]
        if len(alike) == FINDINGS:
            self.count += 1
            return
        where = thing.where if isinstance(thing, Object) else prefix + found.where
        made = finding(rule, found, where[:WHERE])
        if self.kind == "savedmodel":  # which Keras 3 does not read and Keras 2 refuses nothing of
            made = made._replace(fixed_in=None)
        if self.told is not None:
            if _key(made) in self.told:
                return
            self.told.add(_key(made))
        self.count += 1
        alike.append(made)

    def _give_up(self, problem: str) -> None:
        self.errors.append(ReadError(f"can't read {quote(self.path, 80)}: {problem}"))


def _key(found: Finding) -> tuple[str, ...]:
    """Return what two findings at one layer have alike, wherever that layer is told to be."""
    return found.rule, found.where.rpartition("/")[2], found.detail
