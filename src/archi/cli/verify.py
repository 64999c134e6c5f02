"""`archi verify`: static numbers against real Keras."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from archi.cli._shared import Target, emit, load_target, output_options, target_options

if TYPE_CHECKING:
    from archi.bridge.verify import Verification


NOT_RUN = 3  # the exit code where all is equal and the machine can't run it


@click.command()
@click.argument("target", type=Target(), required=False)
@click.option("--all", "everything", is_flag=True, help="Verify every name `archi list` shows.")
@click.option("--no-run", is_flag=True, help="Only compare; no forward pass, no training step.")
@target_options
@output_options
@click.pass_context
def command(
    ctx: click.Context,
    target: str | None,
    everything: bool,
    no_run: bool,
    input: str | None,
    classes: str | None,
    batch: int | None,
    sequence: int | None,
    format: str,
    output: str | None,
) -> None:
    """Build TARGET in real Keras and prove archi's numbers equal to it.

    Compares every layer's name, class, output shapes and weights, and the counts; then
    runs one forward pass on random input and one training step. Exits with 1 where
    anything differs or fails, with 3 where all is equal but can't be run on this
    machine. Needs TensorFlow.

    \b
    archi verify wrn-28-10
    archi verify nasnet-large --no-run
    archi verify --all
    """
    if everything == (target is not None):
        raise click.UsageError("Give a TARGET or --all.", ctx)
    from archi.bridge.report import catalogue_report, verification_report
    from archi.bridge.verify import verify

    if target is not None:
        found = verify(load_target(target, input, classes, batch, sequence), run=not no_run)
        emit(verification_report(found), format, output)
        results = [found]
    else:
        results = list(_verify_all(input, classes, batch, sequence, run=not no_run))
        emit(catalogue_report(results), format, output)
    if not all(found.ok for found in results):
        ctx.exit(1)
    ctx.exit(NOT_RUN if any(found.not_run for found in results) else 0)


def _verify_all(
    input: str | None,
    classes: str | None,
    batch: int | None,
    sequence: int | None,
    *,
    run: bool,
) -> Iterator[Verification]:
    from rich.console import Console
    from rich.progress import track

    from archi.bridge.model import forget, import_keras
    from archi.bridge.verify import verify
    from archi.families.registry import catalogue

    import_keras()  # before the progress bar, so that a missing Keras is the only message
    names = catalogue()
    for name in track(names, "Verifying", console=Console(stderr=True)):
        yield verify(load_target(name, input, classes, batch, sequence), run=run)
        forget()
