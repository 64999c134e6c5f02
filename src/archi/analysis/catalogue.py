"""What archi knows: the list of architectures, and all about one of them."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Any

from archi.analysis.counts import Totals, count
from archi.families._options import REQUIRED
from archi.families._registry import Family, Paper, Published, families
from archi.report import Column, Fact, Facts, Note, Part, Report, Table
from archi.spec import Spec, parse
from archi.units import figure, si

METRICS = {
    "params": "params",
    "trainable_params": "trainable params",
    "macs": "MACs",
    "depth": "weighted layers",
}


def list_architectures(pattern: str = "") -> Report:
    """Return the catalogue report, of names that match `pattern` if it is given.

    A pattern with `*` or `?` matches the whole name, another one a part of it; case and
    `_`/`-` are ignored.
    """
    specs = [
        parse(name)
        for family in families()
        for name in family.catalogue
        if _matches(name, pattern) or _matches(family.name, pattern)
    ]
    entries = [(spec, count(spec.build()).totals) for spec in specs]
    columns = [
        Column("name", "Name", "name"),
        Column("params", "Params", "count"),
        Column("macs", "MACs", "amount"),
        Column("input", "Input", "size"),
        Column("template", "Template", "name"),
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
        parts.append(Note(f"No architecture matches {pattern}.", warning=True))
    parts.append(Note("A template names many more: try archi info wrn, archi summary wrn-22-4."))
    data = {"schema": 1, "architectures": [_entry(*entry) for entry in entries]}
    return Report(f"{len(rows)} architecture{'s' * (len(rows) != 1)}", data, parts)


def _matches(name: str, pattern: str) -> bool:
    name, pattern = (text.lower().replace("_", "-") for text in (name, pattern))
    if set(pattern) & set("*?["):
        return fnmatchcase(name, pattern)
    return pattern in name


def _entry(spec: Spec, totals: Totals) -> dict[str, Any]:
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
    values = parse(published.spec).values
    return all(values[v] == spec.values[v] for v in spec.family.variables)


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
    if spec is not None:
        totals = spec.build().totals
        facts += [
            Fact("This one", str(spec)),
            Fact("  params", f"{totals.params:,} ({totals.trainable_params:,} trainable)"),
            Fact("  MACs", f"{totals.macs:,} ({si(totals.macs)})"),
        ]
    return Facts(facts)


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
    computed = getattr(count(parse(published.spec).build()).totals, published.metric)
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
        "name": str(spec) if spec else family.name,
        "family": family.name,
        "template": family.template.text,
        "also": [template.text for template in family.also],
        "about": family.about,
        "paper": family.paper._asdict(),
        "architectures": list(dict.fromkeys([*family.presets, *family.catalogue])),
        "options": _options(family),
        "published": compared,
        "recipe": family.recipe,
        "totals": spec.build().totals._asdict() if spec else None,
    }
