"""`archi diff`: what changed between two networks."""

from __future__ import annotations

import click

from archi.cli._shared import Target, emit, load_target, output_options, target_options


@click.command()
@click.argument("a", type=Target())
@click.argument("b", type=Target())
@click.option("--all", "everything", is_flag=True, help="Show every layer in a row of its own.")
@click.option("--exit-code", is_flag=True, help="Exit with 1 where the networks differ.")
@target_options
@output_options
@click.pass_context
def command(
    ctx: click.Context,
    a: str,
    b: str,
    everything: bool,
    exit_code: bool,
    input: str | None,
    classes: str | None,
    batch: int | None,
    sequence: int | None,
    format: str,
    output: str | None,
) -> None:
    """Show what changed from network A to network B, layer by layer.

    Layers are added, removed, changed (an argument), moved (they read other layers) or
    renamed; changes that are alike share a row, whole blocks too. A layer that is as it
    was but has other shapes or costs, because of a change before it, follows. Names that
    Keras counts out, such as activation_7, do not matter. --input, --classes and --batch
    apply to both networks.

    \b
    archi diff resnet50 resnet101
    archi diff wrn-28-10 wrn-28-10,dropout=0.3 --all
    archi diff nasnet-large nasnet-large,classes=10 --format json
    archi diff wrn-28-10 wrn-40-4 --exit-code > /dev/null || echo they differ
    """
    from archi.diff.difference import difference
    from archi.diff.report import diff_report

    networks = [load_target(target, input, classes, batch, sequence) for target in (a, b)]
    found = difference(*networks)
    emit(diff_report(found, all=everything), format, output)
    ctx.exit(1 if exit_code and not found.equal else 0)
