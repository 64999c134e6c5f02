"""Which variants of a family come nearest a budget."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from archi.bounds import Bound
from archi.errors import ArchiError, one_of, quote
from archi.families.registry import Family, families
from archi.fit._search import METRICS, Candidate, Found, Goals, Progress, Search
from archi.fit._space import Space, space
from archi.report import Column, Note, Part, Report, Table
from archi.spec import parse_family, parse_options
from archi.units import deviation

TITLES = {"params": "params", "macs": "MACs"}
FEW = 6  # values that are listed rather than given by their ends


class Query(NamedTuple):
    """What is asked: goals by metric, options fixed and options to vary, both as text.

    `like` is the network whose counts the goals `alike` are, if they are one's.
    """

    goals: Mapping[str, Bound]
    options: Mapping[str, str]
    vary: Mapping[str, str]
    top: int = 10
    like: str = ""
    alike: tuple[str, ...] = ()


def fit(text: str, query: Query, progress: Progress | None = None) -> Report:
    """Return the report on the variants nearest the goals, of a family or of all (no text).

    `text` is as `parse_family` takes it. `progress` is called with the number of families
    searched, of families, and of networks built.

    Raises ArchiError where text or options mean nothing, or nothing can be built.
    """
    spaces = _spaces(text, query)
    found = Search(Goals(dict(query.goals)), progress).run(spaces, query.top)
    if not found.candidates:
        raise next(iter(found.refused.values()))
    family = spaces[0].family if text else None
    parts: list[Part] = [_table(found.candidates, query, mixed=not family)]
    parts += _warnings(found, query)
    parts += [Note(_searched(spaces, found)), *_notes(found, query, mixed=not family)]
    return Report(_sentence(found.candidates[0], query), _data(family, found, query), parts)


def _spaces(text: str, query: Query) -> list[Space]:
    if text:
        family, fixed = parse_family(text)
        fixed |= parse_options(family, query.options)
        return [space(family, fixed, query.vary)]
    known = {family: {family.key(key) for key in query.vary} for family in families()}
    able = [family for family, keys in known.items() if keys <= set(family.options)]
    if not able:
        keys = ", ".join(query.vary)
        raise ArchiError(f"no family has the options to vary: {quote(keys)}")
    return [space(f, parse_options(f, query.options), query.vary) for f in able]


def _table(candidates: Sequence[Candidate], query: Query, mixed: bool) -> Table:
    columns = [Column("spec", "Spec", "name")]
    for metric, title, kind in (("params", "Params", "count"), ("macs", "MACs", "amount")):
        columns.append(Column(metric, title, kind))
        if metric in query.goals:
            to_limit = query.goals[metric].is_limit
            columns.append(
                Column(f"{metric}_off", "to limit" if to_limit else "off by", "deviation")
            )
    columns += [Column("input", "Input", "size")] if mixed else []
    columns.append(Column("name", "Known as", "name", optional=True))
    return Table(columns, [_row(candidate, query, mixed) for candidate in candidates])


def _row(candidate: Candidate, query: Query, mixed: bool) -> tuple[Any, ...]:
    cells: list[Any] = [str(candidate.spec)]
    for metric, actual in zip(METRICS, candidate.counts, strict=True):
        cells.append(actual)
        if metric in query.goals:
            cells.append(query.goals[metric].deviation(actual))
    cells += [candidate.spec.values["input"]] if mixed else []
    return (*cells, candidate.name)


def _sentence(best: Candidate, query: Query) -> str:
    """The answer in one line."""
    counts = dict(zip(METRICS, best.counts, strict=True))
    goal = _and(f"{bound} {TITLES[m]}" for m, bound in query.goals.items())
    if query.like:
        others = [f"{query.goals[m]} {TITLES[m]}" for m in query.goals if m not in query.alike]
        goal = _and([query.like, *others])
    has = _and(
        f"{counts[metric]:,} {TITLES[metric]}"
        + (
            f" ({deviation(bound.deviation(counts[metric]))})"
            if bound.distance(counts[metric])
            else ""
        )
        for metric, bound in query.goals.items()
    )
    if best.breaks:
        return f"No variant has {goal}; {best.spec} comes nearest: {has}"
    if best.error:
        return f"{best.spec} comes nearest to {goal}: {has}"
    return f"{best.spec} {'is as large as' if query.like else 'fits'} {goal}: {has}"


def _and(texts: Iterable[str]) -> str:
    return " and ".join(texts)


def _warnings(found: Found, query: Query) -> list[Part]:
    parts: list[Part] = []
    for metric, bound in query.goals.items():
        least, most = found.reach[metric]
        nearest = max(least, min(bound.aim, most))
        if nearest != bound.aim and not bound.holds(int(nearest)):
            parts.append(
                Note(
                    f"Out of reach: {bound} {TITLES[metric]}. What was searched has "
                    f"{f'{least:,} to ' * (least < most)}{most:,} {TITLES[metric]}.",
                    warning=True,
                )
            )
    if found.surprises:
        parts.append(
            Note(
                f"The counts of {found.surprises[0]} are not what those of its neighbours "
                "promise; nearer variants may have been missed.",
                warning=True,
            )
        )
    return parts


def _searched(spaces: Sequence[Space], found: Found) -> str:
    many = f"Searched {found.variants:,} variant{'s' * (found.variants != 1)} of "
    built = f"{found.built} network{'s were' if found.built != 1 else ' was'} built."
    if len(spaces) > 1:
        return f"{many}{len(spaces)} families; {built}"
    options = spaces[0].family.options
    tried = [
        f"{key} {_few([options[key].write(value) for value in values])}"
        for key, values in spaces[0].searched.items()
    ]
    where = f"{_name(spaces[0].family)}{': ' * bool(tried)}{', '.join(tried)}"
    return f"{many}{where}; {built}"


def _name(family: Family) -> str:
    return family.name.replace("_", "-")


def _few(values: Sequence[str]) -> str:
    if len(values) <= FEW:
        return one_of(list(values))
    return f"{values[0]}, {values[1]} … {values[-1]}"


def _notes(found: Found, query: Query, mixed: bool) -> list[Part]:
    texts = [
        f"{name.replace('_', '-')} can't be built so: {error.message}"
        for name, error in found.refused.items()
    ]
    if mixed and "input" not in query.options:
        texts.append(
            "Each family has its own input and classes here; --input and --classes make "
            "them comparable."
        )
    return [Note(text) for text in texts]


def _data(family: Family | None, found: Found, query: Query) -> dict[str, Any]:
    return {
        "schema": 1,
        "family": family.name if family else None,
        "goal": {metric: bound.value for metric, bound in query.goals.items()},
        "bounds": {metric: str(bound) for metric, bound in query.goals.items()},
        "like": query.like or None,
        "variants": found.variants,
        "built": found.built,
        "complete": not found.surprises,
        "candidates": [_entry(candidate, query) for candidate in found.candidates],
    }


def _entry(candidate: Candidate, query: Query) -> dict[str, Any]:
    counts = dict(zip(METRICS, candidate.counts, strict=True))
    return {
        "spec": str(candidate.spec),
        "family": candidate.spec.family.name,
        "name": candidate.name or None,
        **counts,
        "input": candidate.spec.values["input"],
        "error": candidate.error,
        "deviation": {m: bound.deviation(counts[m]) for m, bound in query.goals.items()},
    }
