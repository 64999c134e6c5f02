"""`archi export`: a network as a file Keras reads."""

from __future__ import annotations

import os

import click

from archi.cli._shared import Target, load_target, target_options
from archi.errors import ArchiError, one_of, quote
from archi.files import unwritable, write_file
from archi.graph import Graph


def export_json(graph: Graph, path: str) -> None:
    """Write what `model.to_json()` gives."""
    from archi.bridge.config import functional_json

    write_file(path, functional_json(graph).encode())


def export_keras(graph: Graph, path: str) -> None:
    """Write a `.keras` file with initialised weights."""
    from archi.bridge.model import save_keras

    try:
        save_keras(graph, path)
    except OSError as error:
        raise unwritable(path, error) from None


def export_python(graph: Graph, path: str) -> None:
    """Write Keras code that builds the network."""
    from archi.bridge.code import keras_code

    write_file(path, keras_code(graph).encode())


WRITERS = {".json": export_json, ".keras": export_keras, ".py": export_python}


@click.command()
@click.argument("target", type=Target())
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(dir_okay=False, readable=False),
    metavar="FILE",
    help="The file to write, ending in .json, .keras or .py.",
)
@target_options
def command(
    target: str,
    output: str,
    input: str | None,
    classes: str | None,
    batch: int | None,
    sequence: int | None,
) -> None:
    """Write TARGET as a file that Keras reads.

    \b
    .json   the config, as model.to_json() gives it; needs no TensorFlow
    .keras  the real model with freshly initialised weights; needs TensorFlow
    .py     Keras code to read and change; needs no TensorFlow

    \b
    archi export resnet50 -o resnet50.json
    archi export wrn-28-10,classes=100 -o wrn.keras
    archi export fmnist-resnet50 -o net.py
    """
    suffix = os.path.splitext(output)[1].lower()
    if suffix not in WRITERS:
        raise ArchiError(
            f"can't export to {quote(output)}: the ending says the format",
            hint=f"end the name in {one_of(list(WRITERS))}",
        )
    WRITERS[suffix](load_target(target, input, classes, batch, sequence), output)
