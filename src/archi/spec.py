"""The spec language: `NAME[,key=value]...`, its errors, and its canonical form.

    spec   = name *( "," option )
    name   = letters, digits and any of `-` `_` `.` `@` `/` space; commas inside parentheses
    option = key "=" value
    key    = letters, digits, `-` and `_`
    value  = text without a comma

Names and keys ignore case; `_` and `-` are the same. `str(parse(text))` is canonical:
specs with the same values print the same, and print to a spec that parses back. What
somebody calls a network, `title`, is another thing: the name that was given, and what was
changed of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from archi.errors import SpecError, one_of, quote
from archi.families.elsewhere import bare, is_qualified
from archi.families.options import REQUIRED, BadValue
from archi.families.registry import Family, Match, family_called, find
from archi.graph import Graph

MAX_LENGTH = 256
PUNCTUATION = frozenset("-_.@ ()=,×/")


class Part(NamedTuple):
    """A piece of a spec and where it stands."""

    text: str
    span: tuple[int, int]


class Spec:
    """A parsed spec: a family and a value for each of its options.

    `called` is the name that it was given, where one was, and what that name alone means.
    """

    def __init__(
        self,
        family: Family,
        values: dict[str, Any],
        called: tuple[str, dict[str, Any]] | None = None,
    ) -> None:
        self.family = family
        self.values = values
        self.called = called

    def build(self, batch: int | None = None) -> Graph:
        """Return the network. Raises LayerError where the input is too small for it."""
        graph = self.family.build(self.values, self.title, batch)
        graph.source = {"kind": "spec", "target": str(self)}
        return graph

    def changed(self, values: dict[str, Any]) -> Spec:
        """Return this spec with other values of some options; it is called as this one is."""
        return Spec(self.family, {**self.values, **values}, self.called)

    @property
    def title(self) -> str:
        """What the network is called: as somebody named it, with what differs from that.

        Case and what says nothing are those of the canonical form. That form stands for a name
        of which a part was changed.
        """
        canonical = str(self)
        if self.called is None:
            return canonical
        name, base = self.called
        if any(self.values[v] != base[v] for v in self.family.variables):
            return canonical
        if bare(name) == bare(canonical.partition(",")[0]):
            return canonical
        return self._write(name, base)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Spec) and (self.family, self.values) == (
            other.family,
            other.values,
        )

    def __hash__(self) -> int:
        return hash(str(self))

    def __str__(self) -> str:
        """The shortest form: a preset or the template, with what differs from it.

        Of as short ones, a preset stands behind the template where nothing is left of what it
        adds to that: `mobilenet-0.75-192` of other images is no more than `mobilenet-0.75`.
        """
        family = self.family
        named = {v: self.values[v] for v in family.variables}
        base = {**family.defaults, **named}
        told: list[str] = []
        spent: list[str] = []
        for name, preset in family.presets.items():
            if all(self.values[v] == preset[v] for v in family.variables):
                added = [k for k, value in preset.items() if value != base.get(k, value)]
                gone = bool(added) and all(self.values[k] != preset[k] for k in added)
                form = self._write(name, {**family.defaults, **preset})
                (spent if gone else told).append(form)
        template = self._write(family.write_name(self.values), base)
        return min([*told, template, *spent], key=lambda form: form.count(","))

    def _write(self, name: str, base: Mapping[str, Any]) -> str:
        options = self.family.options
        changed = [k for k in options if self.values[k] != base[k]]
        return ",".join([name, *(f"{k}={options[k].write(self.values[k])}" for k in changed)])

    def __repr__(self) -> str:
        return f"<Spec {self}>"


def parse(text: str) -> Spec:
    """Return the spec that `text` means.

    Raises SpecError, which points at the place and says what would work.
    """
    _check_text(text)
    name, *options = _split(text)
    family, match = _find(text, name)
    values = _named(family, match, text)
    called = (name.text.strip(), dict(values))
    given = set(match.variables)
    for option in options:
        key, value = _key_and_value(text, option, family)
        if key in given:
            raise SpecError(f"{key} is given twice", source=text, span=option.span)
        given.add(key)
        values[key] = _value(family, key, value, text, hint=f"{key}=")
    return Spec(family, values, called)


def is_name(text: str) -> bool:
    """Whether a text that could be a path is a network's name: `google/vit-base-patch16-224`."""
    name = text.partition(",")[0]
    return len(text) <= MAX_LENGTH and (is_qualified(name) or find(name) is not None)


def _named(family: Family, match: Match, text: str) -> dict[str, Any]:
    """Return the values of all options that a name alone means."""
    if match.spec:
        return parse(match.spec).values
    values = {**family.defaults, **family.presets.get(match.preset, {})}
    for variable, (word, span) in match.variables.items():
        values[variable] = _value(family, variable, Part(word, span), text, match)
    return values


def with_options(spec: Spec, given: Mapping[str, str]) -> Spec:
    """Return `spec` with options given apart from it, as text.

    Raises SpecError that points into the option's key or value.
    """
    return spec.changed(parse_options(spec.family, given))


def parse_options(
    family: Family, given: Mapping[str, str], variables: bool = False
) -> dict[str, Any]:
    """Return the values of options given as text. Raises SpecError that points into them.

    With `variables`, those that are part of names may be among them.
    """
    values = {}
    for key, text in given.items():
        if not (variables and key in family.variables):
            _check_key(family, key, key, (0, len(key)))
        values[key] = _value(family, key, Part(text, (0, len(text))), text)
    return values


def parse_family(text: str) -> tuple[Family, dict[str, Any]]:
    """Return the family that `text` names, and the options it fixes.

    `text` is a family (`nasnet`), what its names begin with (`nasnet-a`) or one of its
    names, and options; those that are part of names may be among them, as in
    `wrn,width=10`. Of a name, the options of a preset are fixed but not the variables.

    Raises SpecError.
    """
    _check_text(text)
    name, *options = _split(text)
    family, preset = _find_family(text, name)
    fixed = {k: v for k, v in family.presets.get(preset, {}).items() if k not in family.variables}
    for option in options:
        key, value = _key_and_value(text, option, family, variables=True)
        fixed[key] = _value(family, key, value, text, hint=f"{key}=")
    return family, fixed


def _find_family(text: str, name: Part) -> tuple[Family, str]:
    family = family_called(name.text)
    if family is not None:
        return family, ""
    found = find(name.text)
    if found is None:
        from archi.families.unknown import explain_family

        message, hint = explain_family(name.text)
        raise SpecError(message, source=text, span=name.span, hint=hint)
    return found[0], found[1].preset


def _check_text(text: str) -> None:
    if not text.strip():
        raise SpecError("the spec is empty", hint="try resnet50; `archi list` shows all names")
    if len(text) > MAX_LENGTH:
        raise SpecError(
            f"the spec is {len(text):,} characters long; the limit is {MAX_LENGTH}",
            source=text,
            span=(MAX_LENGTH, len(text)),
        )
    for at, character in enumerate(text):
        if not (character.isascii() and character.isalnum()) and character not in PUNCTUATION:
            raise SpecError(
                f"a spec can't contain {_describe(character)}", source=text, span=(at, at + 1)
            )


def _describe(character: str) -> str:
    from unicodedata import name

    word = name(character, "").lower() or f"U+{ord(character):04X}"
    return f"{quote(character)} ({word})"


def _split(text: str) -> list[Part]:
    """Split at the commas outside parentheses. Raises SpecError for unbalanced ones."""
    parts = []
    start = opened = 0
    for at, character in enumerate(text):
        if character == "(":
            opened += 1
        elif character == ")":
            opened -= 1
        if opened not in (0, 1):
            raise SpecError("parentheses do not match", source=text, span=(at, at + 1))
        if character == "," and not opened:
            parts.append(Part(text[start:at], (start, at)))
            start = at + 1
    if opened:
        raise SpecError("a parenthesis is not closed", source=text, span=(len(text), len(text)))
    return [*parts, Part(text[start:], (start, len(text)))]


def _find(text: str, name: Part) -> tuple[Family, Match]:
    found = find(name.text)
    if found is None or not found[0].accepts(found[1]):
        from archi.families.unknown import explain, is_missing  # seldom needed

        if found is None or is_missing(name.text):
            message, hint = explain(name.text)
            raise SpecError(message, source=text, span=name.span, hint=hint)
    return found


def _key_and_value(
    text: str, option: Part, family: Family, variables: bool = False
) -> tuple[str, Part]:
    start, end = option.span
    raw, equals, value = option.text.partition("=")
    key = family.key(raw)
    if not equals:
        raise SpecError(
            f"an option is written key=value, not {quote(option.text.strip())}",
            source=text,
            span=(start, max(end, start + 1)),
            hint=f"{family.name} takes {', '.join(_free_options(family))}",
        )
    if not (variables and key in family.variables):
        _check_key(family, key, text, (start, start + len(raw)))
    left = len(value) - len(value.lstrip())
    at = start + len(raw) + 1 + left
    return key, Part(value.strip(), (at, max(at + 1, at + len(value.strip()))))


def _check_key(family: Family, key: str, text: str, span: tuple[int, int]) -> None:
    if key not in family.options:
        raise _unknown_option(text, key, span, family)
    if key in family.variables and family.options[key].default is REQUIRED:
        raise SpecError(
            f"{key} is part of the name, {family.template.text}", source=text, span=span
        )


def _unknown_option(text: str, key: str, span: tuple[int, int], family: Family) -> SpecError:
    from archi.families.unknown import near_words

    known = list(_free_options(family))
    near = [
        word.replace("-", "_") for word in near_words(key, [k.replace("_", "-") for k in known])
    ]
    hint = f"did you mean {one_of(near)}? " if near else ""
    return SpecError(
        f"{family.name} has no option {quote(key)}",
        source=text,
        span=span,
        hint=f"{hint}it takes {', '.join(known)}",
    )


def _free_options(family: Family) -> Iterator[str]:
    for key, option in family.options.items():
        if key not in family.variables or option.default is not REQUIRED:
            yield key


def _value(
    family: Family,
    key: str,
    part: Part,
    text: str,
    match: Match | None = None,
    hint: str = "",
) -> Any:
    """Parse one value; `match` is given for a variable of the name.

    `hint` is what stands before a value that is suggested.
    """
    try:
        return family.options[key].parse(part.text.strip())
    except BadValue as error:
        raise SpecError(
            f"{key} must be {error.wanted}, not {quote(part.text)}",
            source=text,
            span=part.span,
            hint=_instead(family, key, error.near, match, hint),
        ) from None


def _instead(
    family: Family, key: str, near: tuple[Any, ...], match: Match | None, hint: str
) -> str:
    """Say what would work: whole names for a variable, values for an option."""
    if not near:
        return ""
    option = family.options[key]
    if match is None:
        return f"try {one_of([hint + option.write(value) for value in near])}"
    values = {**family.defaults}
    for variable, (text, _) in match.variables.items():
        try:
            values[variable] = family.options[variable].parse(text.strip())
        except BadValue as error:
            if not error.near:
                return ""  # no name with that in it would work
            values[variable] = error.near[0]
    return f"try {one_of([family.write_name({**values, key: value}) for value in near])}"
