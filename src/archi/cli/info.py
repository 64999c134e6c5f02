"""`archi info`: all about one architecture."""

from __future__ import annotations

import click

from archi.cli._shared import Target, emit, output_options


@click.command()
@click.argument("name", type=Target())
@output_options
def command(name: str, format: str, output: str | None) -> None:
    """Tell all about a family or an architecture.

    NAME is a family (wrn) or an architecture (wrn-28-10). Shows its paper, the
    template of its names, options with their defaults, published figures beside the
    computed ones, and the published training recipe.

    \b
    archi info nasnet
    archi info wrn-28-10 --format json
    """
    from archi.analysis.catalogue import describe

    emit(describe(name), format, output)
