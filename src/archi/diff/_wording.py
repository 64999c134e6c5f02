"""How changes read: in words for one layer, and in patterns for the names of many."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Hashable

from archi.diff.difference import Change, Difference, argument_text
from archi.layers import Layer
from archi.twin.arguments import REQUIRED
from archi.units import sizes

PATTERNS = 3  # patterns of names in a cell
WIDE = 44  # columns of patterns; where there are stages to name, these are shorter
CLASSES = 3  # that are named where one argument changed in all
STAGES = 4  # that are named in a cell
SPREAD = 3  # single numbers in a pattern
LONGEST = 72  # characters of a layer's arguments


class Wording:
    """Words for changes. With `brief`, arguments are named but their values are not."""

    def __init__(self, found: Difference, *, brief: bool = False) -> None:
        self.brief = brief
        names = [change.names for change in found.changes if change.kind == "renamed"]
        self.same = {*found.renumbered, *names}  # pairs of names of one layer

    def key(self, change: Change) -> Hashable:
        """Return what is equal for changes that share a row."""
        if change.kind == "moved":
            alike = "" if self.brief else re.sub("[0-9]+", "0", self._reads([change]))
            return change.kind, change.class_name, alike
        if change.kind == "renamed":
            return change.kind
        return change.kind, self._arguments(change) or self.what(change)

    def what(self, change: Change, *others: Change) -> str:
        """Say what happened to one layer, or alike to several."""
        if change.kind == "changed":
            arguments = self._arguments(change)
            names = list(dict.fromkeys(each.class_name for each in (change, *others)))
            replaced = change.arguments[0].name == "class"  # which says the classes itself
            if replaced or len(names) > CLASSES:
                return arguments
            return f"{', '.join(names)} {arguments}"
        if change.kind in ("added", "removed") and change.row:
            return change.class_name if self.brief else call_text(change.row.layer)
        if change.kind == "moved":
            return f"{change.class_name} reads {self._reads([change, *others])}".strip()
        if change.kind == "follows" and change.before and change.after:
            shapes = [[sizes(s) for s in r.output_shapes] for r in (change.before, change.after)]
            return f"{change.class_name} {_from_to(*map(', '.join, shapes))}"
        sorts = {each.class_name for each in (change, *others)}
        text = change.class_name if len(sorts) == 1 else f"layers of {len(sorts)} classes"
        return text if _new_names([change, *others]) else f"{text}, such as {change.where}"

    def where(self, changes: list[Change]) -> str:
        """Say which layers a row is about."""
        if changes[0].kind == "renamed" and (text := _new_names(changes)):
            return text
        return whereabouts(changes)

    def _arguments(self, change: Change) -> str:
        if self.brief:
            return ", ".join(argument.name for argument in change.arguments)
        texts = [(a.name, _from_to(*a.text)) for a in change.arguments]
        return ", ".join(text if name == "class" else f"{name} {text}" for name, text in texts)

    def _reads(self, changes: list[Change]) -> str:
        if self.brief and len(changes) > 1:
            return "other layers"
        before, after = [], []
        for change in changes:
            first, second = change.reads
            if len(first) == len(second):
                pairs = zip(first, second, strict=True)
                other = [pair for pair in pairs if pair[0] != pair[1] and pair not in self.same]
                first, second = [pair[0] for pair in other], [pair[1] for pair in other]
            before += first
            after += second
        return _from_to(
            *(names_pattern(names) if names else "nothing" for names in (before, after))
        )


def _new_names(changes: list[Change]) -> str:
    """Return patterns of the old and new names, nothing where these would be too many."""
    names = [[str(change.names[i]) for change in changes] for i in (0, 1)]
    if any(len(_patterns(each)) > PATTERNS for each in names):
        return ""
    return " → ".join(map(names_pattern, names))


def _from_to(before: str, after: str) -> str:
    return f"{before} → {after}" if before != after else before


def call_text(layer: Layer) -> str:
    """Return a layer as Keras code without its name: `Conv2D(64, 3, strides=2)`."""
    written = []
    for key, value in layer.values().items():
        default = layer.defaults.get(key)
        if default is REQUIRED:
            written.append(argument_text(layer, key))
        elif value != default:
            written.append(f"{key}={argument_text(layer, key)}")
    inside = ", ".join(written)
    inside = inside if len(inside) <= LONGEST else f"{inside[: LONGEST - 1]}…"
    return f"{layer.class_name}({inside})"


def classes(changes: list[Change]) -> str:
    """Count the classes of layers: `Conv2D ×3, Add`."""
    counted = Counter(change.class_name for change in changes)
    return ", ".join(f"{name} ×{n}" if n > 1 else name for name, n in counted.items())


def whereabouts(changes: list[Change]) -> str:
    """Say which layers these are: patterns of their names, else their stages, else a span."""
    text = names_pattern([change.name for change in changes])
    if len(changes) > 1 and (" … " in text or len(text) > WIDE):
        stages = {c.row.scope.chain[0].name if c.row and c.row.scope else "": None for c in changes}
        if "" not in stages and len(stages) <= STAGES:
            return ", ".join(stages)
    return text


def span(names: list[str]) -> str:
    """Name the first and the last of several."""
    return names[0] if len(names) == 1 else f"{names[0]} … {names[-1]}"


def names_pattern(names: list[str]) -> str:
    """Return names with their numbers folded: `conv{2–4}_block1_{1,2}_conv`."""
    patterns = _patterns(names)
    if len(patterns) > PATTERNS:
        return span(names)
    return ", ".join(_pattern(words, numbers) for words, numbers in patterns.items())


def _patterns(names: list[str]) -> dict[tuple[str, ...], list[list[str]]]:
    """Group names by their text; return the numbers in each."""
    alike: dict[tuple[str, ...], list[list[str]]] = {}
    for name in names:
        pieces = re.split(r"([0-9]+)", name)  # text and numbers in turn
        alike.setdefault(tuple(pieces[::2]), []).append(pieces[1::2])
    return alike


def _pattern(words: tuple[str, ...], numbers: list[list[str]]) -> str:
    slots = [_numbers(list(dict.fromkeys(slot))) for slot in zip(*numbers, strict=True)]
    return "".join(word + slot for word, slot in zip(words, [*slots, ""], strict=True))


def _numbers(values: list[str]) -> str:
    if len(values) == 1:
        return values[0]
    order = sorted(values, key=lambda digits: (len(digits), digits))
    whole = int(order[-1]) - int(order[0]) == len(order) - 1 if len(order[-1]) < 10 else False
    if len(order) <= SPREAD and not (whole and len(order) > 2):
        return "{" + ",".join(order) + "}"
    return "{" + f"{order[0]}{'–' if whole else '…'}{order[-1]}" + "}"
