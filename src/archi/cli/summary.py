"""`archi summary`: the layer table and totals."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING

import click

from archi.cli._shared import Target, emit, load_target, output_options, target_options, warn_of
from archi.errors import ReadError

if TYPE_CHECKING:
    from archi.scanning import Scan

# Keys of `archi.analysis.memory`, which is imported when there is something to compute.
DTYPES = ("float32", "float16", "bfloat16", "mixed_float16", "int8")
OPTIMIZERS = ("sgd", "momentum", "adam")


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
    "trainable_params, params_share, macs, macs_share, flops, activation_bytes, live_bytes, "
    "moved_bytes, intensity, receptive_field, effective_stride, effective_padding, inputs.",
)
@click.option(
    "--dtype",
    type=click.Choice(DTYPES),
    help="Dtype policy of the whole network, in place of its own, for all bytes.",
)
@click.option(
    "--optimizer",
    type=click.Choice(OPTIMIZERS),
    help="Add the memory that training takes with this optimizer.",
)
@click.option("--scan", is_flag=True, help="Add what `archi scan` finds in a model file.")
@output_options
def command(
    target: str,
    input: str | None,
    classes: str | None,
    batch: int | None,
    sequence: int | None,
    depth: int | None,
    columns: str | None,
    dtype: str | None,
    optimizer: str | None,
    scan: bool,
    format: str,
    output: str | None,
) -> None:
    """Show the layers of TARGET, its totals and its stages.

    Shapes leave the batch axis out. Params are exact; MACs, FLOPs and activations are for
    one sample unless --batch is given. Percentages are shares of the whole network. A layer is
    connected to the row above unless it says otherwise.

    \b
    archi summary resnet50
    archi summary wrn-28-10 --depth 1
    archi summary nasnet-a-7@1920 --format json -o nasnet.json
    archi summary resnet50,classes=10 --input 32x32x3
    archi summary resnet50 --dtype mixed_float16 --optimizer adam --batch 32
    archi summary model.keras --scan
    """
    from archi.analysis.summary import summarize

    # First, so that what the scan takes is free again before the network takes it.
    found = _scan(target) if scan else None
    graph = load_target(target, input, classes, batch, sequence, warns=found is None)
    keys = [key.strip() for key in columns.split(",")] if columns else None
    report = summarize(graph, depth=depth, columns=keys, dtype=dtype, optimizer=optimizer)
    if scan:
        if found is None:
            raise click.UsageError("--scan is for model files")
        from archi.scanning.report import with_findings

        if isinstance(found, ReadError):
            raise found
        warn_of(found.findings, target)
        report = with_findings(report, found)
    emit(report, format, output)


def _scan(target: str) -> Scan | ReadError | None:
    """Return what a scan of a model file finds, or why it can't; None of what is no file."""
    from archi.scanning import scan
    from archi.target import is_file

    if not is_file(target):
        return None
    gc.disable()  # what a config turns into has no cycles, and is large
    try:
        return scan(target)
    except ReadError as error:
        return error
