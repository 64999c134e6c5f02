"""`archi compare`: several networks side by side."""

from __future__ import annotations

import click

from archi.cli._shared import Target, emit, load_target, output_options, target_options
from archi.errors import ArchiError, one_of, quote
from archi.files import write_file

CHARTS = (".png", ".svg", ".pdf")


@click.command()
@click.argument("targets", type=Target(), nargs=-1, required=True, metavar="TARGET...")
@click.option(
    "--sort",
    type=click.Choice(["params", "macs", "memory", "layers", "depth", "name"]),
    help="Largest first; names from a to z.  [default: as given]",
)
@click.option(
    "--by",
    type=click.Choice(["stage", "type"]),
    default="stage",
    show_default=True,
    help="What the lower tables split by: resolution, or type of layer.",
)
@click.option(
    "--chart",
    type=click.Path(dir_okay=False, readable=False),
    metavar="FILE",
    help="Also draw params against MACs into FILE: .png, .svg or .pdf.",
)
@target_options
@output_options
def command(
    targets: tuple[str, ...],
    sort: str | None,
    by: str,
    chart: str | None,
    input: str | None,
    classes: str | None,
    batch: int | None,
    sequence: int | None,
    format: str,
    output: str | None,
) -> None:
    """Compare networks: totals side by side, and what each spends where.

    Ratios are to the first TARGET. Memory is what activations take at once at inference,
    for one sample unless --batch is given, as are MACs. /4 is where a quarter of the
    input's resolution is left, with the sizes the networks have there.

    \b
    archi compare nasnet-mobile xception
    archi compare wrn-{16,22,28,40}-{4,8,10} --sort macs
    archi compare resnet50 resnet50v2 --by type
    archi compare resnet{18,34,50,101,152} --chart resnets.svg
    """
    from archi.analysis.compare import compare

    if chart is not None and not chart.lower().endswith(CHARTS):
        raise ArchiError(
            f"can't draw a chart into {quote(chart, 80)}: the ending says the format",
            hint=f"end the name in {one_of([*CHARTS])}",
        )
    graphs = [load_target(target, input, classes, batch, sequence) for target in targets]
    report = compare(graphs, sort=sort, by=by)
    if chart is not None:
        from archi.pictures.chart import Chart
        from archi.pictures.formats import writer

        write_file(chart, writer(chart)(Chart(graphs)))
    emit(report, format, output)
