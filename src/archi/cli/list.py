"""`archi list`: every architecture archi knows."""

from __future__ import annotations

import click

from archi.cli._shared import emit, output_options


@click.command()
@click.argument("pattern", default="")
@click.option("--family", default="", metavar="NAME", help="Only networks of this family.")
@click.option("--params", default="", metavar="BOUND", help="Only with params within '<5M'.")
@click.option("--macs", default="", metavar="BOUND", help="Only with MACs within '<600M'.")
@click.option(
    "--sort",
    default="",
    metavar="COLUMN",
    help="Sort by name, family, params, macs, input, template, paper or year.",
)
@click.option("--reverse", "-r", is_flag=True, help="From the last to the first.")
@click.option("--published", is_flag=True, help="Published figures beside the computed ones.")
@click.option("--layers", is_flag=True, help="The layers and operations of Keras it has rules for.")
@output_options
def command(
    pattern: str,
    family: str,
    params: str,
    macs: str,
    sort: str,
    reverse: bool,
    published: bool,
    layers: bool,
    format: str,
    output: str | None,
) -> None:
    """List the architectures archi knows, with their params and MACs.

    PATTERN is part of a name or family, or a whole name with * and ?. Counts are at the
    default input and classes. Every template names many more networks than are listed.
    BOUND is as in `archi check`: '<5M', '>=1G', 20M..30M, 25M±10%.

    \b
    archi list
    archi list resnet --params '<30M' --sort macs
    archi list 'wrn-*-10' --format csv
    archi list --published --family nasnet
    archi list --layers
    """
    from archi.catalogue.report import list_architectures, published_report

    if (published or layers) and (params or macs or sort or reverse):
        raise click.UsageError("--published and --layers can't be filtered or sorted so")
    if layers:
        from archi.catalogue.coverage import coverage

        report = coverage()
    elif published:
        report = published_report(pattern, family=family)
    else:
        report = list_architectures(
            pattern, family=family, params=params, macs=macs, sort=sort, reverse=reverse
        )
    emit(report, format, output)
