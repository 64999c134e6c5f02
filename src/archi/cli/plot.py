"""`archi plot`: a network as a picture."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from archi.cli._shared import Target, load_target, print_text, target_options, terminal
from archi.errors import ArchiError, one_of
from archi.files import check_writable, write_file
from archi.pictures.diagrams import LEVELS
from archi.pictures.formats import suffixes, writer

if TYPE_CHECKING:
    from archi.pictures.diagrams.keras import Switches

KERAS_SWITCHES = {
    "shapes": "Input and output shapes.",
    "dtype": "Output dtypes.",
    "layer-names": "Names of layers beside their classes.",
    "layer-activations": "Activations of layers that have one.",
    "trainable": "Whether layers with weights are trainable.",
}


def keras_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the switches of `keras.utils.plot_model`."""
    nested = "Nested models as clusters. The networks archi builds have none."
    command = click.option("--expand-nested", is_flag=True, help=f"Of --style keras: {nested}")(
        command
    )
    for name, help in reversed(KERAS_SWITCHES.items()):
        option = click.option(f"--show-{name}", is_flag=True, help=f"Of --style keras: {help}")
        command = option(command)
    return command


@click.command()
@click.argument("target", type=Target())
@click.option(
    "-o",
    "--output",
    "outputs",
    multiple=True,
    type=click.Path(dir_okay=False, readable=False),
    metavar="FILE",
    help=f"A file to write: {one_of(suffixes())}. May be given several times.",
)
@click.option(
    "--level",
    type=click.Choice(LEVELS),
    help="How much a box stands for.  [default: block; stage in the terminal]",
)
@click.option(
    "--fold",
    type=click.IntRange(1, 100),
    metavar="N",
    help="Columns (from left to right: rows) of the picture; not for .dot and .mmd.  "
    "[default: as on a page]",
)
@click.option(
    "--rankdir",
    type=click.Choice(["TB", "LR"], case_sensitive=False),
    help="From top to bottom or from left to right.  [default: TB; LR for stages]",
)
@click.option(
    "--dpi",
    type=click.IntRange(10, 1200),
    help="Pixels an inch, for .png and .dot.  [default: 192; 96 for more than 40 megapixels]",
)
@click.option(
    "--style",
    type=click.Choice(["archi", "keras"]),
    default="archi",
    show_default=True,
    help="keras draws what keras.utils.plot_model draws.",
)
@keras_options
@target_options
def command(
    target: str,
    outputs: tuple[str, ...],
    level: str | None,
    fold: int | None,
    rankdir: str | None,
    dpi: int | None,
    style: str,
    expand_nested: bool,
    input: str | None,
    classes: str | None,
    batch: int | None,
    sequence: int | None,
    **switches: bool,
) -> None:
    """Draw TARGET.

    Without -o, the stages are drawn in the terminal.

    \b
    stage   one box a stage; a stack stands for blocks that repeat (/8: by all of them)
    block   layers fused into steps (conv, BN, ReLU), coloured by what they do;
            of NASNets the order of the cells, and each kind of cell once
    layer   every layer

    An .html file has all three, to pan, zoom, search and click. No picture needs
    Graphviz, a font or the internet.

    \b
    archi plot resnet34
    archi plot resnet34 -o net.png
    archi plot nasnet-large -o nasnet.html
    archi plot wrn-28-10 --level stage -o wrn.svg -o wrn.pdf
    archi plot resnet50 --style keras --show-shapes -o resnet50.dot
    """
    from archi.pictures.plot import Plot

    keras = keras_switches(style, level, outputs, expand_nested, switches)
    write = [(path, writer(path)) for path in outputs]
    for path in outputs:
        check_writable(path)
    if not outputs and (fold or rankdir or dpi):
        raise ArchiError(
            "--fold, --rankdir and --dpi are for pictures in files", hint="add -o net.png"
        )
    graph = load_target(target, input, classes, batch, sequence)
    if not outputs:
        from archi.pictures.terminal import terminal as draw

        print_text(draw(Plot(graph, level or "stage").diagram, **terminal()))
        return
    plot = Plot(graph, level or "block", keras=keras, rankdir=rankdir, folds=fold, dpi=dpi)
    drawn = [(path, render(plot)) for path, render in write]  # all of them or none
    for path, content in drawn:
        write_file(path, content)


def keras_switches(
    style: str,
    level: str | None,
    outputs: tuple[str, ...],
    expand_nested: bool,
    switches: dict[str, bool],
) -> Switches | None:
    """Return what Keras's style shows, None for archi's own. Raises ArchiError."""
    given = [name for name, on in {**switches, "expand_nested": expand_nested}.items() if on]
    if style != "keras":
        if given:
            option = f"--{given[0].replace('_', '-')}"
            raise ArchiError(f"{option} belongs to --style keras", hint="add --style keras")
        return None
    if level is not None:
        raise ArchiError("--level is for archi's own style; Keras's draws every layer")
    if not outputs:
        raise ArchiError("--style keras draws into a file", hint="add -o net.png")
    from archi.pictures.diagrams.keras import Switches

    return Switches(**switches)
