"""What archi has rules for: the layers of Keras and its operations."""

from __future__ import annotations

import inspect
from typing import Any

from archi.layers import layer_classes
from archi.ops import operation_classes
from archi.report import Column, Note, Part, Report, Table
from archi.twin.serial import FOREIGN

COLUMNS = [Column("class", "Class", "type"), Column("group", "Group"), Column("about", "What")]


def coverage() -> Report:
    """Return every layer and operation that has a static twin, and the layers that have none."""
    layers, operations = (_entries(found) for found in (layer_classes(), operation_classes()))
    data = {"schema": 1, "layers": layers, "operations": operations, "without_twin": FOREIGN}
    missing = [f"{name} {why}" for name, why in sorted(FOREIGN.items())]
    parts: list[Part] = [
        _table(layers, "Layers"),
        Note(f"Shown as far as a file tells of them, and uncounted: {'; '.join(missing)}."),
        _table(operations, "Operations of keras.ops"),
    ]
    return Report(f"{len(layers)} layers, {len(operations)} operations", data, parts)


def _entries(classes: dict[str, Any]) -> list[dict[str, str]]:
    return [
        {
            "class": name,
            "group": twin.__module__.rpartition(".")[2],
            "about": inspect.cleandoc(twin.__doc__ or "").partition("\n\n")[0].replace("\n", " "),
        }
        for name, twin in sorted(classes.items(), key=lambda item: (item[1].__module__, item[0]))
    ]


def _table(entries: list[dict[str, str]], title: str) -> Table:
    return Table(COLUMNS, [tuple(entry.values()) for entry in entries], title)
