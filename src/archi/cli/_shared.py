"""Options that several commands take, and how a result is printed or written."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Any

import click
from click.shell_completion import CompletionItem

from archi.errors import ArchiError, printable, quote
from archi.graph import Graph
from archi.render import formats, render
from archi.report import Report


class Target(click.ParamType):
    """A TARGET as text; completes architecture names in the shell."""

    name = "target"

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        from archi.families._registry import catalogue, families

        names = [*catalogue(), *(preset for each in families() for preset in each.presets)]
        start = incomplete.lower().replace("_", "-")
        return [CompletionItem(name) for name in dict.fromkeys(names) if name.startswith(start)]


def target_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add --input, --classes and --batch, passed on as `options` and `batch`."""
    for option in (
        click.option(
            "--batch",
            type=click.IntRange(1, 1_000_000),
            metavar="N",
            help="Batch size; MACs and FLOPs are then for the whole batch.",
        ),
        click.option("--classes", metavar="N", help="Outputs of the classifier."),
        click.option("--input", metavar="HxWxC", help="Size of one image, such as 32x32x3."),
    ):
        command = option(command)
    return command


def output_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add --format and -o."""
    for option in (
        click.option(
            "-o",
            "--output",
            type=click.Path(dir_okay=False),
            metavar="FILE",
            help="Write to FILE instead of printing.",
        ),
        click.option(
            "--format",
            type=click.Choice(formats()),
            default="table",
            show_default=True,
            help="How to print the result.",
        ),
    ):
        command = option(command)
    return command


def load_target(
    target: str, input: str | None = None, classes: str | None = None, batch: int | None = None
) -> Graph:
    """Return the target's graph with the command line's options applied."""
    from archi.target import load

    given = {"input": input, "classes": classes}
    options = {key: text for key, text in given.items() if text is not None}
    return load(target, options=options, batch=batch)


def emit(report: Report, format: str, output: str | None) -> None:
    """Print a report, or write it to a file."""
    if output is not None:
        write_file(output, render(report, format).encode())
    else:
        options = terminal() if format == "table" else {}
        click.echo(render(report, format, **options), nl=False, color=True)


def terminal() -> dict[str, Any]:
    """Return how to draw a table on standard output: width, colours, characters.

    A pipe gets no colour and lines as wide as they need, unless COLUMNS says otherwise.
    """
    from rich.console import Console

    console = Console()
    columns = os.environ.get("COLUMNS", "")
    sized = console.is_terminal or columns.isdigit()
    colored = console.is_terminal and not console.no_color
    return {
        "width": console.width if sized else None,
        "color": console.color_system if colored else None,
        "ascii": not _can_print("×─█→", sys.stdout.encoding),
    }


def _can_print(text: str, encoding: str | None) -> bool:
    try:
        text.encode(encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def write_file(path: str, content: bytes) -> None:
    """Write a whole file or nothing: beside it first, then renamed. Raises ArchiError.

    What is no regular file (a pipe, /dev/stdout) is written to and stays what it is.
    """
    path = os.path.realpath(path)
    in_place = os.path.exists(path) and not os.path.isfile(path)
    beside = path if in_place else f"{path}.{os.getpid()}.part"
    try:
        with open(beside, "wb" if in_place else "xb") as file:
            file.write(content)
        if not in_place:
            os.replace(beside, path)
    except OSError as error:
        if not in_place and os.path.exists(beside):
            os.unlink(beside)
        raise unwritable(path, error) from None


def unwritable(path: str, error: OSError) -> ArchiError:
    """Return the error for a file that can't be written."""
    return ArchiError(f"can't write {quote(path, 80)}: {printable(error.strerror or str(error))}")
