"""`archi plot`: a network as a picture."""

from __future__ import annotations

import click

from archi.cli._shared import Target, load_target, print_text, target_options, terminal, write_file


@click.command()
@click.argument("target", type=Target())
@click.option(
    "-o",
    "--output",
    "outputs",
    multiple=True,
    type=click.Path(dir_okay=False),
    metavar="FILE",
    help="A file to write: .png, .svg, .pdf, .html, .dot or .mmd. May be given several times.",
)
@click.option(
    "--level",
    type=click.Choice(["stage", "block", "layer"]),
    help="How much a box stands for.  [default: block; stage in the terminal]",
)
@click.option(
    "--style",
    type=click.Choice(["archi", "keras"]),
    default="archi",
    show_default=True,
    help="keras draws what keras.utils.plot_model draws.",
)
@click.option(
    "--fold",
    type=click.IntRange(1, 100),
    metavar="N",
    help="Columns a tall picture is folded into; rows at stage level.",
)
@click.option(
    "--dpi",
    type=click.IntRange(10, 1200),
    default=192,
    show_default=True,
    help="Pixels an inch of a PNG; a box's text is 9 points high.",
)
@target_options
def command(
    target: str,
    outputs: tuple[str, ...],
    level: str | None,
    style: str,
    fold: int | None,
    dpi: int,
    input: str | None,
    classes: str | None,
    batch: int | None,
) -> None:
    """Draw TARGET.

    Without -o, the stages are drawn in the terminal.

    \b
    stage   one box a stage; a stack stands for blocks that repeat
    block   layers fused into steps (conv, BN, ReLU), coloured by what they do;
            of NASNets, the order of the cells, and each kind of cell once
    layer   every layer

    \b
    archi plot resnet34
    archi plot resnet34 -o net.png
    archi plot nasnet-large -o nasnet.html
    archi plot wrn-28-10 --level stage -o wrn.svg -o wrn.pdf
    """
    from archi.drawing.plot import Plot
    from archi.render.pictures import writer
    from archi.render.pictures._terminal import terminal as draw

    write = [(path, writer(path)) for path in outputs]
    graph = load_target(target, input, classes, batch)
    if not outputs:
        diagram = Plot(graph, level or "stage").diagram
        print_text(draw(diagram, **terminal()))
        return
    plot = Plot(graph, level or "block", folds=fold, dpi=dpi)
    for path, render in write:
        write_file(path, render(plot))
