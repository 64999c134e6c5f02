"""`archi info`: all about one architecture."""

from __future__ import annotations

import click
from click.shell_completion import CompletionItem

from archi.cli._shared import Target, emit, output_options


class FamilyOrTarget(Target):
    """A family's name, or a target."""

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        from archi.families.registry import family_files

        names = [name.replace("_", "-") for name in family_files()]
        start = incomplete.lower().replace("_", "-")
        found = [CompletionItem(name) for name in names if name.startswith(start)]
        return found + super().shell_complete(ctx, param, incomplete)


@click.command()
@click.argument("name", type=FamilyOrTarget())
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
    from archi.catalogue.report import describe

    emit(describe(name), format, output)
