"""Options that several commands take, and how a result is printed or written."""

from __future__ import annotations

import errno
import gc
import os
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource
from click.shell_completion import CompletionItem

from archi.errors import quote
from archi.files import unwritable, write_file
from archi.graph import Graph, collector_at_rest
from archi.render import format_of, formats, render
from archi.report import Report

if TYPE_CHECKING:
    from archi.readers import Source
    from archi.scanning import Finding


class Target(click.ParamType):
    """A TARGET as text; completes architecture names in the shell."""

    name = "target"

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        from archi.families.registry import catalogue, families

        names = [*catalogue(), *(preset for each in families() for preset in each.presets)]
        start = incomplete.lower().replace("_", "-")
        return [CompletionItem(name) for name in dict.fromkeys(names) if name.startswith(start)]


def _joined(ctx: click.Context, param: click.Parameter, given: tuple[str, ...]) -> str | None:
    """Return sizes of inputs as one text; `archi.settings` reads it."""
    return " ".join(given) if given else None


def target_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add --input, --classes, --batch and --sequence."""
    for option in (
        click.option(
            "--batch",
            type=click.IntRange(1, 1_000_000),
            metavar="N",
            help="Batch size; MACs, FLOPs and activations are then for the whole batch.",
        ),
        click.option("--classes", metavar="N", help="Outputs of the classifier."),
        click.option(
            "--sequence",
            type=click.IntRange(1, 1_000_000_000),
            metavar="N",
            help="Every length that inputs leave open on their first axis.",
        ),
        click.option(
            "--input",
            metavar="[NAME=]SIZES",
            multiple=True,
            callback=_joined,
            help="Size of one sample, such as 32x32x3; of one of several inputs NAME=20.",
        ),
    ):
        command = option(command)
    return command


def output_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add --format and -o."""
    return format_option(output_option("-o", "--output")(command))


def output_option(*names: str) -> Callable[..., Any]:
    """Return the option that writes to a file, under these names."""
    return click.option(
        *names,
        type=click.Path(dir_okay=False, readable=False),
        metavar="FILE",
        help="Write to FILE instead of printing; its ending says the format.",
    )


def format_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add --format."""
    return click.option(
        "--format",
        type=click.Choice(formats()),
        default="table",
        show_default=True,
        help="How to print the result.",
    )(command)


def load_target(
    target: str,
    input: str | None = None,
    classes: str | None = None,
    batch: int | None = None,
    sequence: int | None = None,
    *,
    warns: bool = True,
) -> Graph:
    """Return the target's graph with the command line's options applied.

    Where the target is a file that is not safe to load with Keras, one line says so, unless
    the caller knows better.
    """
    from archi.target import is_file, load, load_source, split_file

    length = None if sequence is None else str(sequence)
    given = {"input": input, "classes": classes, "sequence": length}
    options = {key: text for key, text in given.items() if text is not None}
    if not is_file(target):
        return load(target, options=options, batch=batch)
    from archi.readers import read_source

    gc.disable()  # it may be large, and lives as long as the process
    path, own = split_file(target)
    source = read_source(path)
    graph = load_source(source, options={**own, **options}, batch=batch)
    if warns:
        _scan_quickly(source)
    return graph


def _scan_quickly(source: Source) -> None:
    from archi.errors import ReadError
    from archi.scanning import quick_scan

    try:
        findings = quick_scan(source.path, source=source)
    except ReadError as error:
        click.echo(f"Warning: {error.message}; see archi scan", err=True)
        return
    warn_of(findings, source.path)


def warn_of(findings: list[Finding], path: str) -> None:
    """Print that a file is not safe to load with Keras, where findings of high severity say so."""
    from archi.scanning.report import warning

    worst = [found for found in findings if found.severity == "high"]
    if worst:
        click.echo(warning(worst, path), err=True)


def emit(report: Report, format: str, output: str | None) -> None:
    """Print a report, or write it to a file. Raises ArchiError where that can't be done.

    The ending of the file's name says the format, where `--format` does not.
    """
    with collector_at_rest():
        if output is not None:
            write_file(output, render(report, _format(format, output)).encode())
            return
        print_text(render(report, format, **(terminal() if format == "table" else {})))


def _format(format: str, output: str) -> str:
    said = format_of(output)
    if said in (None, format):
        return format
    source = click.get_current_context().get_parameter_source("format")
    if source is not ParameterSource.COMMANDLINE:
        return str(said)
    click.echo(f"Warning: {quote(output, 80)} gets {format}, as --format says", err=True)
    return format


def print_text(text: str) -> None:
    """Print a result. Raises ArchiError where standard output can't be written to."""
    try:
        click.echo(text, nl=False, color=True)
    except OSError as error:
        if error.errno == errno.EPIPE:  # the reader has had enough; click ends quietly
            raise
        raise unwritable("standard output", error) from None


def terminal() -> dict[str, Any]:
    """Return how to draw a table on standard output: width, colours, characters.

    A pipe gets no colour and lines as wide as they need, unless COLUMNS says otherwise.
    """
    is_terminal = sys.stdout is not None and sys.stdout.isatty()
    columns = os.environ.get("COLUMNS", "")
    width = int(columns[:6]) if columns.isascii() and columns.isdigit() else 0
    if not width and is_terminal:
        width = os.get_terminal_size(sys.stdout.fileno()).columns or 80
    return {
        "width": width or None,
        "color": _color_system() if is_terminal else None,
        "ascii": not _can_print("×─█→", getattr(sys.stdout, "encoding", None)),
    }


def _color_system() -> str | None:
    from rich.console import Console

    console = Console(width=80, height=25)  # or it would ask the terminal
    return None if console.no_color else console.color_system


def _can_print(text: str, encoding: str | None) -> bool:
    try:
        text.encode(encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True
