"""What archi knows: the list of architectures, and all about one of them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, NamedTuple

from archi.bounds import bound
from archi.catalogue.index import Figures, figures
from archi.errors import ArchiError, one_of, quote
from archi.families.options import REQUIRED
from archi.families.registry import Family, Paper, Published, families, family_called, find
from archi.families.unknown import near_words
from archi.report import Column, Fact, Facts, Note, Part, Report, Table
from archi.spec import Spec, parse
from archi.units import figure, si, whole

if TYPE_CHECKING:
    from archi.analysis.counts import Totals

METRICS = {
    "params": "params",
    "trainable_params": "trainable params",
    "macs": "MACs",
    "depth": "depth",
    "weighted_layers": "layers with weights",
}


class Entry(NamedTuple):
    """One architecture in the list."""

    spec: Spec
    figures: Figures


SORTS: dict[str, Callable[[Entry], Any]] = {
    "name": lambda entry: _natural(str(entry.spec)),
    "family": lambda entry: _natural(entry.spec.family.name),
    "params": lambda entry: entry.figures.params,
    "macs": lambda entry: entry.figures.macs,
    "input": lambda entry: entry.spec.values["input"],
    "template": lambda entry: _natural(entry.spec.family.template.required),
    "paper": lambda entry: _cite(entry.spec.family.paper),
    "year": lambda entry: entry.spec.family.paper.year,
}


def _natural(text: str) -> list[tuple[bool, int, str]]:
    """Return a key by which `resnet50` comes before `resnet101`."""
    parts = re.split("([0-9]+)", text)
    return [(part.isdigit(), int(part) if part.isdigit() else 0, part) for part in parts]


def list_architectures(
    pattern: str = "",
    *,
    family: str = "",
    params: str = "",
    macs: str = "",
    sort: str = "",
    reverse: bool = False,
) -> Report:
    """Return the catalogue report, of names that match `pattern` if it is given.

    A pattern with `*` or `?` matches the whole name, another one a part of it; case and
    `_`/`-` are ignored. `family` is the name of one, `params` and `macs` are bounds such as
    `<5M` (see archi.bounds). `sort` is a key of SORTS; without it families come one after
    another, each in its paper's order.

    Raises ArchiError for an unknown family or column, or a bound that means nothing.
    """
    entries = [
        Entry(parse(name), figures(name))
        for each in _of_family(family)
        for name in each.catalogue
        if _matches(name, pattern) or _matches(each.name, pattern)
    ]
    for text, key in ((params, "params"), (macs, "macs")):
        if text:
            wanted = bound(text)
            entries = [e for e in entries if wanted.holds(getattr(e.figures, key))]
    if sort:
        if sort not in SORTS:
            raise ArchiError(f"there is no column {quote(sort)}", hint=f"try {one_of([*SORTS])}")
        entries.sort(key=SORTS[sort])
    if reverse:
        entries.reverse()
    return _list_report(entries, pattern)


def _of_family(name: str) -> list[Family]:
    if not name:
        return families()
    found = [each for each in families() if _same(each.name, name)]
    if not found:
        known = [each.name.replace("_", "-") for each in families()]
        near = near_words(name, known)
        hint = f"did you mean {one_of(near)}?" if near else f"try {one_of(known)}"
        raise ArchiError(f"there is no family {quote(name)}", hint=hint)
    return found


def _list_report(entries: list[Entry], pattern: str) -> Report:
    columns = [
        Column("name", "Name", "name"),
        Column("params", "Params", "count"),
        Column("macs", "MACs", "amount"),
        Column("input", "Input", "size"),
        Column("template", "Template", "name", optional=True),
        Column("paper", "Paper"),
    ]
    rows = [
        (
            str(spec),
            totals.params,
            totals.macs,
            spec.values["input"],
            spec.family.template.required,
            _cite(spec.family.paper),
        )
        for spec, totals in entries
    ]
    parts: list[Part] = [Table(columns, rows)]
    if not rows:
        matching = f" matches {pattern}" if pattern else " is within these bounds"
        parts.append(Note(f"No architecture{matching}.", warning=True))
    parts.append(Note("A template names many more: try archi info wrn, archi summary wrn-22-4."))
    data = {"schema": 1, "architectures": [_entry(*entry) for entry in entries]}
    return Report(f"{len(rows)} architecture{'s' * (len(rows) != 1)}", data, parts)


def published_report(pattern: str = "", *, family: str = "") -> Report:
    """Return every published figure beside the computed one, and how many are equal.

    `pattern` and `family` are those of `list_architectures`.
    """
    compared = [
        {"family": each.name, **_compare(published)}
        for each in _of_family(family)
        for published in each.published
        if _matches(published.spec, pattern) or _matches(each.name, pattern)
    ]
    counts = Counter(each["verdict"].partition(",")[0] for each in compared)
    facts = [
        Fact("Equal", f"{counts['equal']:,}", "to the last digit, printed in full", quantity=True),
        Fact("Equal as printed", f"{counts['equal as printed']:,}", "when rounded to the digits "
             "that were printed", quantity=True),
        Fact("Differ", f"{counts['differs']:,}", "the reason stands with the source",
             quantity=True),
    ]  # fmt: skip
    data = {"schema": 1, "verdicts": dict(counts), "published": compared}
    title = f"{len(compared):,} published figure{'s' * (len(compared) != 1)}"
    return Report(title, data, [Facts(facts), _published_table(compared)])


def _matches(name: str, pattern: str) -> bool:
    name, pattern = (text.lower().replace("_", "-") for text in (name, pattern))
    if set(pattern) & set("*?["):
        return fnmatchcase(name, pattern)
    return pattern in name


def _entry(spec: Spec, totals: Figures) -> dict[str, Any]:
    return {
        "name": str(spec),
        "family": spec.family.name,
        "template": spec.family.template.text,
        "params": totals.params,
        "trainable_params": totals.trainable_params,
        "macs": totals.macs,
        "input": spec.values["input"],
        "classes": spec.values["classes"],
        "paper": spec.family.paper.url,
    }


def _cite(paper: Paper) -> str:
    first, *others = paper.authors.split(", ")
    if len(others) == 1:
        return f"{first} & {others[0]} {paper.year}"
    return f"{first}{' et al.' if others else ''} {paper.year}"


def describe(name: str) -> Report:
    """Return all about a family (`wrn`) or one architecture (`wrn-28-10`).

    Raises SpecError for a name that is neither.
    """
    family = next((f for f in families() if _same(f.name, name)), None)
    if family is None and find(name) is None:
        family = family_called(name)  # what its names begin with
    spec = None
    if family is None:
        spec = parse(name)
        family = spec.family
    compared = [_compare(p) for p in family.published if spec is None or _alike(p, spec)]
    title, _, about = family.about.partition("\n")
    parts: list[Part] = [
        _names(family, spec),
        *(Note(" ".join(text.split())) for text in about.strip().split("\n\n")),
        _options_table(family),
    ]
    if compared:
        parts.append(_published_table(compared))
    if family.recipe:
        recipe = [Fact(label, text) for label, text in family.recipe.items()]
        parts.append(Facts(recipe, title="Published training recipe"))
    return Report(title.rstrip("."), _data(family, spec, compared), parts)


def _alike(published: Published, spec: Spec) -> bool:
    """Whether a figure is about the named network, whatever its options."""
    return _same_network(published.spec, spec)


def _same(name: str, given: str) -> bool:
    return name.replace("_", "-") == given.strip().lower().replace("_", "-")


def _names(family: Family, spec: Spec | None) -> Facts:
    paper = family.paper
    facts = [
        Fact("Paper", f"{paper.authors}: {paper.title} ({paper.year})"),
        Fact("Link", paper.url),
        Fact("Template", family.template.text),
    ]
    if family.also:
        facts.append(Fact("Also", ", ".join(template.text for template in family.also)))
    facts.append(Fact("Named", ", ".join(dict.fromkeys([*family.presets, *family.catalogue]))))
    for library, names in _elsewhere(family, spec).items():
        facts.append(Fact(f"In {library}", ", ".join(names)))
    if spec is not None:
        totals = _totals(spec)
        facts += [
            Fact("This one", spec.title if spec.title == str(spec) else f"{spec.title} = {spec}"),
            Fact(
                "  params", f"{whole(totals.params)} ({whole(totals.trainable_params)} trainable)"
            ),
            Fact("  MACs", f"{whole(totals.macs)} ({si(totals.macs)})"),
        ]
    return Facts(facts)


def _elsewhere(family: Family, spec: Spec | None) -> dict[str, dict[str, str]]:
    """Return what other libraries call the family's networks, or this one, and the specs.

    Names that archi itself understands as these networks are among them.
    """
    return {
        library: known
        for library, names in family.elsewhere.items()
        if (known := {n: s for n, s in names.items() if spec is None or _same_network(s, spec)})
    }


def _same_network(text: str, spec: Spec) -> bool:
    """Whether a spec is of the named network, whatever its options."""
    values = parse(text).values
    return all(values[v] == spec.values[v] for v in spec.family.variables)


def _options_table(family: Family) -> Table:
    columns = [
        Column("option", "Option"),
        Column("default", "Default"),
        Column("values", "Values"),
        Column("help", "Meaning"),
    ]
    rows = [
        (entry["name"], entry["default"] or "in the name", entry["values"], entry["help"])
        for entry in _options(family)
    ]
    return Table(columns, rows, title="Options")


def _options(family: Family) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "default": None if option.default is REQUIRED else option.write(option.default),
            "values": option.wanted,
            "help": option.help,
        }
        for name, option in family.options.items()
    ]


def _compare(published: Published) -> dict[str, Any]:
    """Return a published figure beside the computed one, with a verdict."""
    computed = getattr(figures(published.spec), published.metric)
    printed = figure(published.figure)
    if printed.holds(computed):
        verdict = "equal as printed" if printed.tolerance else "equal"
    else:
        verdict = f"differs, {computed / printed.value - 1:+.1%}"
    return {
        "spec": published.spec,
        "metric": published.metric,
        "published": published.figure,
        "computed": computed,
        "verdict": verdict,
        "note": published.note,
        "source": published.source,
    }


def _published_table(compared: list[dict[str, Any]]) -> Table:
    columns = [
        Column("spec", "Spec", "name"),
        Column("metric", "Figure"),
        Column("published", "Published"),
        Column("computed", "Computed", "count"),
        Column("verdict", "Verdict", "verdict"),
        Column("source", "Source"),
    ]
    rows = [
        (
            each["spec"],
            METRICS[each["metric"]],
            each["published"],
            each["computed"],
            each["verdict"],
            f"{each['source']} ({each['note']})" if each["note"] else each["source"],
        )
        for each in compared
    ]
    return Table(columns, rows, title="Published figures")


def _data(family: Family, spec: Spec | None, compared: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "schema": 1,
        "name": spec.title if spec else family.name,
        "family": family.name,
        "template": family.template.text,
        "also": [template.text for template in family.also],
        "elsewhere": _elsewhere(family, spec),
        "about": family.about,
        "paper": family.paper._asdict(),
        "architectures": list(dict.fromkeys([*family.presets, *family.catalogue])),
        "options": _options(family),
        "published": compared,
        "recipe": family.recipe,
        "totals": _totals(spec)._asdict() if spec else None,
    }


def _totals(spec: Spec) -> Totals:
    from archi.analysis.counts import count  # most of a listing is in the index

    return count(spec.build()).totals
