"""The variants of a family that a search goes through: which options, which values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Any, NamedTuple

from archi.errors import ArchiError, one_of, quote
from archi.families.options import COMMON, REQUIRED, BadValue, Bounded, Option
from archi.families.registry import Family
from archi.fit._formula import Place
from archi.spec import Spec, parse


class Axis(NamedTuple):
    """An option with evenly spaced values, of which those at `places` are tried.

    Places count from the one `start` steps above the option's minimum.
    """

    key: str
    option: Bounded
    places: Sequence[int]
    start: int = 0

    def value(self, place: int) -> Any:
        """Return the option's value at a place."""
        return self.option.at(self.start + place)

    @property
    def values(self) -> list[Any]:
        """The values tried."""
        return [self.value(place) for place in self.places]

    def up_to(self, place: int) -> Choice:
        """Return the values before a place, to be tried each on its own."""
        return Choice(self.key, [self.value(p) for p in self.places if p < place])

    def starting(self, place: int) -> Axis:
        """Return the axis from a place on."""
        return self._replace(
            places=[p - place for p in self.places if p >= place], start=self.start + place
        )


class Choice(NamedTuple):
    """An option of which each of the values is tried on its own."""

    key: str
    values: Sequence[Any]


class Space:
    """Every combination of the values of `axes` and `choices`; other options are in `base`.

    `named` are the family's named networks that are not among them: each is tried too.
    """

    def __init__(
        self,
        family: Family,
        base: Mapping[str, Any],
        axes: Sequence[Axis],
        choices: Sequence[Choice],
        names: Mapping[Spec, str],
        varied: Sequence[str],
    ) -> None:
        self.family = family
        self.base = dict(base)
        self.axes = list(axes)
        self.choices = list(choices)
        self.names = dict(names)
        self.named = [s for s in names if self._is_wanted(s, varied) and s not in self]

    @property
    def size(self) -> int:
        """Number of variants."""
        size = 1
        for axis in self.axes:
            size *= len(axis.places)
        for choice in self.choices:
            size *= len(choice.values)
        return size + len(self.named)

    def __contains__(self, spec: Spec) -> bool:
        return all(spec.values[key] == value for key, value in self.base.items()) and all(
            self._tries(key, spec.values[key]) for key in self.searched
        )

    @property
    def searched(self) -> dict[str, Sequence[Any]]:
        """The values tried of each searched option, in the family's order."""
        found: dict[str, Sequence[Any]] = {choice.key: choice.values for choice in self.choices}
        found |= {axis.key: axis.values for axis in self.axes}
        return {key: found[key] for key in self.family.options if key in found}

    def _tries(self, key: str, value: Any) -> bool:
        return value == self.base[key] if key in self.base else value in self.searched[key]

    def _is_wanted(self, spec: Spec, varied: Sequence[str]) -> bool:
        return all(self._tries(key, spec.values[key]) for key in varied)

    def slices(self) -> Iterator[dict[str, Any]]:
        """Every combination of the choices' values."""
        keys = [choice.key for choice in self.choices]
        for values in product(*(choice.values for choice in self.choices)):
            yield dict(zip(keys, values, strict=True))

    def spec(self, chosen: Mapping[str, Any], place: Place) -> Spec:
        """Return the variant with these choices at this place on the axes."""
        values = {**self.base, **chosen}
        for axis, steps in zip(self.axes, place, strict=True):
            values[axis.key] = axis.value(steps)
        return Spec(self.family, {key: values[key] for key in self.family.options})

    def split(self, axis: int, start: int | None) -> list[Space]:
        """Try an axis value by value up to place `start`, or all of it; the rest as it was."""
        whole = self.axes[axis]
        others = [*self.axes[:axis], *self.axes[axis + 1 :]]
        first = whole.up_to(whole.places[-1] + 1 if start is None else start)
        parts = [(others, [*self.choices, first])]
        if start is not None:
            rest = whole.starting(start)
            parts.append(([*self.axes[:axis], rest, *self.axes[axis + 1 :]], self.choices))
        spaces = [Space(self.family, self.base, *part, {}, ()) for part in parts]
        for space in spaces:
            space.names = self.names
        return [space for space in spaces if space.size]


def space(family: Family, fixed: Mapping[str, Any], vary: Mapping[str, str]) -> Space:
    """Return the variants of a family with the `fixed` options, and `vary` as text.

    `vary` maps keys to values, `1..12` or `33,131`, or to "" for all values. Raises
    ArchiError for values the option can't have.
    """
    base, axes, choices = {}, [], []
    vary = {family.key(key): text for key, text in vary.items()}
    for key in vary:
        if key not in family.options:
            known = ", ".join(family.options)
            raise ArchiError(f"{family.name} has no option {quote(key)}", hint=f"it has {known}")
    for key, option in family.options.items():
        if key in vary:
            values = _values(family, key, vary[key])
        elif key in fixed:
            values = [fixed[key]]
        elif option.search:
            values = option.search
        elif key in family.variables and option.default is REQUIRED:
            values = _every(option)
        else:
            values = [option.default]
        if len(values) == 1:
            base[key] = values[0]
        elif isinstance(option, Bounded) and option.step:
            axes.append(Axis(key, option, sorted({option.place(value) for value in values})))
        else:
            choices.append(Choice(key, values))
    return Space(family, base, axes, choices, _names(family, fixed), list(vary))


def _names(family: Family, fixed: Mapping[str, Any]) -> dict[Spec, str]:
    """The family's named networks on the fixed input and so on, none that `fixed` excludes."""
    names: dict[Spec, str] = {}
    for name in [*family.presets, *family.catalogue]:
        values = parse(name).values
        if all(values[key] == fixed[key] for key in fixed if key not in COMMON):
            names.setdefault(Spec(family, {**values, **fixed}), name)
    return names


def _every(option: Option) -> Sequence[Any]:
    """All values of an option, none where they can't be listed."""
    if isinstance(option, Bounded):
        return [option.at(place) for place in range(option.count)]
    return option.values


def _values(family: Family, key: str, text: str) -> Sequence[Any]:
    """The values that `--vary key=text` means. Raises ArchiError."""
    option = family.options[key]
    every = _every(option)
    low, dots, high = text.partition("..")
    if dots and isinstance(option, Bounded) and every:
        ends = _value(key, option, low, text, 0), _value(key, option, high, text, len(low) + 2)
        found = every[option.place(ends[0]) : option.place(ends[1]) + 1]
    elif text:
        starts = [0]
        for word in text.split(","):
            starts.append(starts[-1] + len(word) + 1)
        pairs = zip(text.split(","), starts, strict=False)
        found = list(dict.fromkeys(_value(key, option, word, text, at) for word, at in pairs))
    else:
        found = every
    if not found:
        hint = f"give them: --vary {key}=A,B; a value is {option.wanted}"
        problem = f"there are no values in {quote(text)}" if text else "its values can't be listed"
        raise ArchiError(f"can't vary {key}: {problem}", hint=hint)
    return found


def _value(key: str, option: Option, word: str, text: str, start: int) -> Any:
    try:
        return option.parse(word.strip())
    except BadValue as error:
        start += len(word) - len(word.lstrip())
        raise ArchiError(
            f"{key} must be {error.wanted}, not {quote(word.strip())}",
            source=text,
            span=(start, start + max(1, len(word.strip()))),
            hint=f"try {one_of([option.write(value) for value in error.near])}"
            if error.near
            else "",
        ) from None
