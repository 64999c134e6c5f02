"""Changes that are alike as one row: whole blocks, one argument changed in many layers.

A row stands where the first of its changes is in the network.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable
from typing import NamedTuple

from archi.analysis.counts import total
from archi.analysis.stages import Group
from archi.diff._wording import Wording, classes, span, whereabouts
from archi.diff.difference import Change, Difference
from archi.graph import Graph, Scope

MANY = 30  # rows; where there are more, it no longer matters from what to what
RUN = 4  # connected layers in no block that are shown as one


class Row(NamedTuple):
    """A row of the table: what happened to how many layers, where, and what it costs."""

    kind: str
    layers: int
    what: str
    where: str
    params: int | None
    macs: int | None


Part = tuple[list[Change], Row]


def every(found: Difference) -> list[Row]:
    """Return a row for each change and each layer that follows one."""
    wording = Wording(found)
    changes = (*found.changes, *found.follows)
    return [_row([change], wording.what(change), change.where) for change in changes]


def fold(found: Difference) -> list[Row]:
    """Return few rows: whole blocks, then layers with the same change, then what follows."""
    parts = [
        *_blocks("removed", found.changes, found.a),
        *_blocks("added", found.changes, found.b),
    ]
    parts += _runs("removed", _without(found.changes, parts))
    parts += _runs("added", _without(found.changes, parts))
    rest = _without(found.changes, parts)
    alike = _alike(rest, Wording(found))
    if len(parts) + len(alike) > MANY:
        alike = _alike(rest, Wording(found, brief=True))
    order = {id(change): number for number, change in enumerate(found.changes)}
    # New names cost nothing: they come last, before what follows.
    parts = sorted(
        [*parts, *alike], key=lambda part: (part[1].kind == "renamed", order[id(part[0][0])])
    )
    return [*(row for _, row in parts), *_following(found.follows)]


def _without(changes: list[Change], parts: list[Part]) -> list[Change]:
    taken = {id(change) for part, _ in parts for change in part}
    return [change for change in changes if id(change) not in taken]


def _row(changes: list[Change], what: str, where: str) -> Row:
    return Row(
        kind=changes[0].kind,
        layers=len(changes),
        what=what,
        where=where,
        params=total(change.params for change in changes),
        macs=total(change.macs for change in changes),
    )


def _alike(changes: list[Change], wording: Wording) -> list[Part]:
    """Put together what reads alike, wherever in the network it is."""
    groups: dict[Hashable, list[Change]] = {}
    for change in changes:
        groups.setdefault(wording.key(change), []).append(change)
    return [
        (group, _row(group, wording.what(*group), wording.where(group)))
        for group in groups.values()
    ]


def _following(changes: list[Change]) -> list[Row]:
    if not changes:
        return []
    pairs = [(c.before, c.after) for c in changes if c.before and c.after]
    other = [
        name
        for name, differs in (
            ("shapes", any(x.output_shapes != y.output_shapes for x, y in pairs)),
            ("params", any(x.params != y.params for x, y in pairs)),
            ("MACs", any(x.macs != y.macs for x, y in pairs)),
        )
        if differs
    ]
    listed = " and ".join(filter(None, [", ".join(other[:-1]), *other[-1:]])) or "FLOPs"
    return [_row(changes, f"other {listed}", whereabouts(changes))]


# --- blocks the builder declared ------------------------------------------------------


def _blocks(kind: str, changes: list[Change], graph: Graph) -> list[Part]:
    """Whole blocks and stages that were added or removed; neighbours that are alike as one."""
    chains = {node.layer: node.scope.chain for node in reversed(graph.nodes) if node.scope}
    size = Counter(scope for chain in chains.values() for scope in chain)
    rows = [change.row for change in changes if change.kind == kind and change.row]
    gone = Counter(scope for row in rows for scope in chains.get(row.layer, ()))
    whole: dict[Scope, list[Change]] = {}
    for change in changes:
        chain = chains.get(change.row.layer, ()) if change.kind == kind and change.row else ()
        for scope in chain:
            if gone[scope] == size[scope] > 1:
                whole.setdefault(scope, []).append(change)
                break
    folded: list[dict[Scope, list[Change]]] = []
    for scope, members in whole.items():
        if folded and _same_sort(scope, members, *list(folded[-1].items())[-1]):
            folded[-1][scope] = members
        else:
            folded.append({scope: members})
    return [_block_part(blocks) for blocks in folded]


def _same_sort(scope: Scope, members: list[Change], other: Scope, others: list[Change]) -> bool:
    same = bool(scope.kind) and (scope.kind, scope.parent) == (other.kind, other.parent)
    return same and _signature(members) == _signature(others)


def _signature(changes: list[Change]) -> tuple[str, ...]:
    return tuple(sorted(change.class_name for change in changes))


def _block_part(blocks: dict[Scope, list[Change]]) -> Part:
    scopes = list(blocks)
    changes = [change for members in blocks.values() for change in members]
    first, last = scopes[0], scopes[-1]
    where = first.path if first is last else f"{first.path} … {last.name}"
    rows = [change.row for change in changes if change.row]
    inner = Group(first.path, first, rows).kinds if not first.kind else [(first.kind, len(scopes))]
    return changes, _row(changes, _times(inner) or classes(changes), where)


def _times(kinds: Iterable[tuple[str, int]]) -> str:
    return ", ".join(f"{kind} ×{number}" if number > 1 else kind for kind, number in kinds)


# --- runs of layers in no block ---------------------------------------------------------


def _runs(kind: str, changes: list[Change]) -> list[Part]:
    """Connected added or removed layers that no builder put into a block."""
    rows = {
        change.name: (change, change.row)
        for change in changes
        if change.kind == kind and change.row and change.row.scope is None
    }
    root = {name: name for name in rows}

    def find(name: str) -> str:
        while root[name] != name:
            root[name] = name = root[root[name]]
        return name

    for name, (_, row) in rows.items():
        for read in row.inputs:
            if read in rows:
                root[find(read)] = find(name)
    runs: dict[str, list[Change]] = {}
    for name, (change, _) in rows.items():
        runs.setdefault(find(name), []).append(change)
    return [
        (run, _row(run, classes(run), span([change.name for change in run])))
        for run in runs.values()
        if len(run) >= RUN
    ]
