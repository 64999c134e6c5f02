"""Families: what a family file declares, and how a name finds its file.

There is no list of families: every file in a folder here (`vision/`) that does not start
with `_` declares one with `@family(...)`. A name is looked up by importing the files whose
names are most like it first, so that one spec costs one import.

Other packages bring families of their own by entry points of the group `archi.families`,
each of which names an object that `@family(...)` made. They are looked at after archi's.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple

from archi.errors import FamilyError, printable, quote
from archi.families.elsewhere import IGNORED, KERAS, Name, bare, find_name, read_name
from archi.families.options import COMMON, REQUIRED, BadValue, Int, Option, Size
from archi.graph import Graph, Tensor, building

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

PLUGINS = "archi.families"  # the group of entry points of other packages


class Paper(NamedTuple):
    """Where an architecture was published."""

    title: str
    authors: str
    year: int
    url: str


class Published(NamedTuple):
    """A figure somebody published for one spec, as printed, and where.

    `metric` is one of `analysis.index.Figures` (`params`, `trainable_params`, `macs`, …). `note`
    says why the figure differs from what archi computes; there is one exactly where it does.
    """

    spec: str
    metric: str
    figure: str
    source: str
    note: str = ""


class Match(NamedTuple):
    """A name that fits a family: the text and span of each variable, a preset, or a spec.

    `spec` is what another library's name means here.
    """

    variables: dict[str, tuple[str, tuple[int, int]]]
    preset: str = ""
    spec: str = ""


class Template:
    """A name with variables, `wrn-{depth}-{width}[-b{blocks}]`; an optional end in brackets.

    Case, spaces, parentheses, `-` and `_` are ignored when matching, but two numbers
    need something between them.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.required, _, optional = text.partition("[")
        self.optional = optional.rstrip("]")

    def match(self, name: str, options: Mapping[str, Option]) -> Match | None:
        """Match a whole name, spans counting from its start."""
        for pattern in filter(None, (self.required + self.optional, self.required)):
            variables = _match(pattern, name, options)
            if variables is not None:
                return Match(variables)
        return None

    def write(self, values: Mapping[str, str], defaults: Mapping[str, str]) -> str:
        """Return the name with these variables, the optional part only where it is needed."""
        keep = any(values[v] != defaults.get(v) for v in variables_of(self.optional))
        pattern = self.required + (self.optional if keep else "")
        return pattern.format_map(values)


def variables_of(pattern: str) -> list[str]:
    """Return the names of the variables in a template."""
    return [part.partition("}")[0] for part in pattern.split("{")[1:]]


def _match(
    pattern: str, name: str, options: Mapping[str, Option]
) -> dict[str, tuple[str, tuple[int, int]]] | None:
    found: dict[str, tuple[str, tuple[int, int]]] = {}
    at = 0
    for i, part in enumerate(pattern.split("{")):
        variable, _, literal = part.rpartition("}") if i else ("", "", part)
        if variable:
            start = at = _skip(name, at, IGNORED)
            at = _skip(name, at, options[variable].alphabet)
            if at == start:
                return None
            found[variable] = (name[start:at], (start, at))
        for character in literal:
            if character not in IGNORED:
                at = _skip(name, at, IGNORED)
                if name[at : at + 1].lower() != character:
                    return None
                at += 1
    return found if _skip(name, at, IGNORED) == len(name) else None


def _skip(text: str, at: int, alphabet: str) -> int:
    while at < len(text) and text[at] in alphabet:
        at += 1
    return at


class Family:
    """An architecture family: its names, options, paper, figures and builder.

    `applications` are the calls of functions of `keras.applications` whose models equal
    specs of this family layer by layer: `{"xception": "Xception()"}`. `elsewhere` are the names
    that other libraries give to its networks, and the specs of these: `{"timm": {"legacy_xception":
    "xception"}}`; a spec that has as many params, and its images. `missing` are patterns of names
    of networks that are like these, and why they are not built. No network has more params than
    `most`: one of which each option can be meant may be a monster of them together.
    """

    def __init__(
        self,
        function: Callable[..., Tensor],
        template: str,
        *,
        paper: Paper,
        input: tuple[int, int, int],
        classes: int,
        options: Mapping[str, Option] | None = None,
        also: tuple[str, ...] = (),
        presets: Mapping[str, Mapping[str, Any]] | None = None,
        catalogue: tuple[str, ...] = (),
        published: tuple[Published, ...] = (),
        recipe: Mapping[str, str] | None = None,
        applications: Mapping[str, str] | None = None,
        elsewhere: Mapping[str, Mapping[str, str]] | None = None,
        missing: Mapping[str, str] | None = None,
        most: int = 10**11,
    ) -> None:
        self.function = function
        self.name = function.__module__.rpartition(".")[2]
        self.template = Template(template)
        self.also = tuple(map(Template, also))
        self.paper = paper
        self.presets = dict(presets or {})
        self.published = published
        self.recipe = dict(recipe or {})
        self.applications = dict(applications or {})
        self.elsewhere = {KERAS: self._applications(), **(elsewhere or {})}
        self.missing = dict(missing or {})
        self.most = most
        common = {
            **COMMON,
            "input": Size(input, COMMON["input"].help),
            "classes": Int(1, default=classes, help=COMMON["classes"].help),
        }
        self.options: dict[str, Option] = {**(options or {}), **common}
        self.variables = variables_of(template.replace("[", ""))
        self.catalogue = catalogue or self._every_name()

    def _every_name(self) -> tuple[str, ...]:
        """Every value of a template's one variable, or its text where it has none."""
        if not self.variables:
            return (self.template.text,)
        (variable,) = self.variables
        return tuple(self.write_name({variable: v}) for v in self.options[variable].values)

    def _applications(self) -> dict[str, str]:
        """Return the specs of the functions of `keras.applications`, of each the plainest."""
        functions: dict[str, str] = {}
        for spec, call in self.applications.items():
            functions.setdefault(call.partition("(")[0], spec)
        return functions

    @property
    def about(self) -> str:
        """The family file's docstring: what it is, its source, how it deviates."""
        return (import_module(self.function.__module__).__doc__ or "").strip()

    @property
    def defaults(self) -> dict[str, Any]:
        """Default values of the options that have one."""
        return {k: o.default for k, o in self.options.items() if o.default is not REQUIRED}

    @property
    def starts(self) -> list[str]:
        """What names of this family begin with, the file's name first."""
        texts = [template.text.partition("{")[0] for template in (self.template, *self.also)]
        return list(dict.fromkeys([self.name.replace("_", "-"), *(t.strip("-") for t in texts)]))

    def key(self, text: str) -> str:
        """Return the option `text` means whatever its case; `text` itself if there is none."""
        bare = text.strip().lower().replace("-", "_")
        return next((key for key in self.options if key.lower() == bare), bare)

    def match(self, name: str) -> Match | None:
        """Match a name against the presets and templates of this family."""
        for preset in self.presets:
            if _match(preset, name, {}) is not None:
                return Match({}, preset)
        for template in (self.template, *self.also):
            match = template.match(name, self.options)
            if match is not None:
                return match
        return None

    def accepts(self, match: Match) -> bool:
        """Whether the variables of a matched name have values they can have."""
        return not self.refused(match)

    def refused(self, match: Match) -> int:
        """Return how many variables of a matched name have values they can't have."""
        bad = 0
        for variable, (text, _) in match.variables.items():
            try:
                self.options[variable].parse(text.strip())
            except BadValue:
                bad += 1
        return bad

    def write_name(self, values: Mapping[str, Any]) -> str:
        """Return the canonical name for these values of the variables."""
        return self.template.write(
            {v: self.options[v].write(values[v]) for v in self.variables},
            {v: self.options[v].write(d) for v, d in self.defaults.items() if v in self.variables},
        )

    def build(self, values: Mapping[str, Any], title: str, batch: int | None = None) -> Graph:
        """Return the network with these option values.

        Raises LayerError where the input is too small for it.
        """
        from archi.layers.core import Input

        height, width, channels = values["input"]
        first = values["data_format"] == "channels_first"
        with building(values["data_format"]):
            shape = (channels, height, width) if first else (height, width, channels)
            inputs = Input(shape, batch_size=batch)
            passed = {k: v for k, v in values.items() if k not in ("input", "data_format")}
            outputs = self.function(inputs, **passed)
            name = "".join(c if c.isalnum() else "_" for c in title.partition(",")[0])
            return Graph(inputs, outputs, name=name, title=title)


def family(template: str, **declared: Any) -> Callable[[Callable[..., Tensor]], Family]:
    """Declare the family that the decorated builder builds; see `Family` for the arguments.

    The builder takes the input tensor, `classes`, `top` and the family's own options,
    and returns the output tensor.
    """

    def declare(function: Callable[..., Tensor]) -> Family:
        return Family(function, template, **declared)

    return declare


@cache
def family_files() -> dict[str, str]:
    """Return the folder of every family file by its name, sorted by it.

    Raises RuntimeError for a name that two folders have.
    """
    found: dict[str, str] = {}
    here = os.path.dirname(__file__)
    for folder in sorted(each.name for each in os.scandir(here) if each.is_dir()):
        for file in os.listdir(os.path.join(here, folder)):
            name, suffix = os.path.splitext(file)
            if suffix != ".py" or name.startswith("_"):
                continue
            if name in found:
                raise RuntimeError(f"{name} is a family of {found[name]}/ and of {folder}/")
            found[name] = folder
    return dict(sorted(found.items()))


@cache
def load_family(file: str) -> Family:
    """Return the family that the file of this name declares."""
    module = import_module(f"archi.families.{family_files()[file]}.{file}")
    found = [value for value in vars(module).values() if isinstance(value, Family)]
    if len(found) != 1:
        raise RuntimeError(f"{module.__file__} declares {len(found)} families; it must be one")
    return found[0]


@cache
def plugins() -> list[Family]:
    """Return the families of other packages, by the names of their entry points.

    Raises FamilyError for an entry point that can't be loaded or is no family, and for a
    family whose name another has.
    """
    from importlib.metadata import entry_points  # slow to import, and seldom needed

    found: dict[str, str] = dict.fromkeys(family_files(), "archi")
    loaded = []
    for entry in sorted(entry_points(group=PLUGINS), key=lambda entry: entry.name):
        family = _load_plugin(entry)
        family.name = entry.name  # several may be declared in one file
        if family.name in found:
            both = f"{found[family.name]} and {entry.value}"
            raise FamilyError(f"the family {quote(family.name)} is declared twice: by {both}")
        found[family.name] = entry.value
        loaded.append(family)
    return loaded


def _load_plugin(entry: EntryPoint) -> Family:
    what = f"the family {quote(entry.name)}, of the entry point {quote(entry.value, 80)},"
    hint = f"it is of the package {printable(entry.dist.name)}" if entry.dist else ""
    try:
        family = entry.load()
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # another package's code may raise anything
        why = printable(f"{type(error).__name__}: {error}"[:200])
        raise FamilyError(f"{what} can't be loaded: {why}", hint=hint) from None
    if not isinstance(family, Family):
        raise FamilyError(f"{what} is {type(family).__name__}; @family(...) makes one", hint=hint)
    return family


def families() -> list[Family]:
    """Return every family, archi's by file name and then those of other packages."""
    return [*map(load_family, family_files()), *plugins()]


def find(name: str) -> tuple[Family, Match] | None:
    """Return the family a name belongs to and how it matched, or None.

    `resnet20` has the form of `resnet{depth}` but no depth of that family; it is another's
    name. What is no name of archi's may be one of another library. Where no family takes the
    values in a name, the one is meant that refuses fewest of them.
    """
    forms = []
    wanted = read_name(name)
    for family in _likely_first(wanted):
        match = None if wanted.library else family.match(name)
        if match is not None and family.accepts(match):
            return family, match
        spec = find_name(wanted, family.elsewhere)
        if spec:
            return family, Match({}, spec=spec)
        if match is not None:
            forms.append((family, match))
    return min(forms, key=lambda form: form[0].refused(form[1]), default=None)


def family_called(text: str) -> Family | None:
    """Return the family of this name, or whose networks' names begin with it, or None.

    Of several families with one beginning, the first by name is meant.
    """
    by_name = {bare(family.name): family for family in families()}
    by_start = {bare(start): family for family in families()[::-1] for start in family.starts}
    return {**by_start, **by_name}.get(bare(text))


def _likely_first(name: Name) -> Iterator[Family]:
    wanted = bare(name.text.rpartition("/")[2] if name.library else name.text)

    def likeness(file: str) -> int:
        alike = 0
        for a, b in zip(wanted, bare(file), strict=False):
            if a != b:
                break
            alike += 1
        return alike

    yield from map(load_family, sorted(family_files(), key=likeness, reverse=True))
    yield from plugins()


def catalogue() -> list[str]:
    """Return the spec of every named architecture archi lists, family by family."""
    return [spec for each in families() for spec in each.catalogue]
