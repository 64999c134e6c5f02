"""`archi list`: every architecture archi knows."""

from __future__ import annotations

import click

from archi.cli._shared import emit, output_options


@click.command()
@click.argument("pattern", default="")
@output_options
def command(pattern: str, format: str, output: str | None) -> None:
    """List the architectures archi knows, with their params and MACs.

    PATTERN is part of a name or family, or a whole name with * and ?. Counts are at the
    default input and classes. Every template names many more networks than are listed.

    \b
    archi list
    archi list resnet
    archi list 'wrn-*-10' --format csv
    """
    from archi.analysis.catalogue import list_architectures

    emit(list_architectures(pattern), format, output)
