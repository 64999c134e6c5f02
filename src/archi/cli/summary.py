"""`archi summary`: the layer table and totals."""

from __future__ import annotations

import click

from archi.cli._shared import Target, emit, load_target, output_options, target_options


@click.command()
@click.argument("target", type=Target())
@target_options
@click.option(
    "--depth",
    type=click.IntRange(1),
    metavar="N",
    help="Fold the table: 1 shows stages, 2 blocks, 3 every layer.",
)
@click.option(
    "--columns",
    metavar="KEYS",
    help="Columns to show: any of name, class, block, layers, output_shape, params, "
    "trainable_params, params_share, macs, macs_share, flops, inputs.",
)
@output_options
def command(
    target: str,
    input: str | None,
    classes: str | None,
    batch: int | None,
    depth: int | None,
    columns: str | None,
    format: str,
    output: str | None,
) -> None:
    """Show the layers of TARGET, its totals and its stages.

    Shapes leave the batch axis out. Params are exact; MACs and FLOPs are for one sample
    unless --batch is given. Percentages are shares of the whole network. A layer is
    connected to the row above unless it says otherwise.

    \b
    archi summary resnet50
    archi summary wrn-28-10 --depth 1
    archi summary nasnet-a-7@1920 --format json -o nasnet.json
    archi summary resnet50,classes=10 --input 32x32x3
    """
    from archi.analysis.summary import summarize

    graph = load_target(target, input, classes, batch)
    keys = [key.strip() for key in columns.split(",")] if columns else None
    emit(summarize(graph, depth=depth, columns=keys), format, output)
