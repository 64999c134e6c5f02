"""What GitHub shows beside a line of a pull request: workflow commands.

The runner takes them from both streams of a step, and archi writes them to standard
error. Escapes as in https://github.com/actions/toolkit, packages/core/src/command.ts.
"""

from __future__ import annotations

import os

from archi.checks.evaluate import Check, Place
from archi.errors import printable


def failures(checks: list[Check], workspace: str = "") -> list[str]:
    """Return a command for each check that failed.

    Files are named from `workspace`, the repository's folder, where they are inside it.
    """
    return [
        command(f"{check.target}: {check.sentence}", check.place, workspace)
        for check in checks
        if not check.ok
    ]


def command(message: str, place: Place | None, workspace: str = "") -> str:
    """Return one `::error` command."""
    properties = {"title": "archi check"}
    if place:
        file = _from(workspace, place.file)
        properties = {"file": file, "line": str(place.line), **properties}
    listed = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    return f"::error {listed}::{_data(message)}"


def _from(workspace: str, file: str) -> str:
    if not workspace:
        return file
    inside = os.path.relpath(os.path.realpath(file), os.path.realpath(workspace))
    return file if inside.startswith(os.pardir) else inside.replace(os.sep, "/")


def _data(text: str) -> str:
    lines = [printable(line) for line in text.split("\n")]
    return "\n".join(lines).replace("%", "%25").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
