"""`archi check`: assertions on networks, for CI."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from archi.cli._shared import (
    Target,
    emit,
    format_option,
    load_target,
    output_option,
    target_options,
)
from archi.errors import ArchiError
from archi.files import unwritable, write_file

if TYPE_CHECKING:
    from archi.checks.evaluate import Check
    from archi.graph import Graph

HELP = {
    "params": "Parameters: 36.5M (holds as rounded), 36479194, '<=37M', 36.5M±1%, 36M..37M.",
    "layers": "Layers, as model.layers counts them.",
    "trainable_params": "Those that training changes.",
    "non_trainable_params": "Those it does not, such as moving averages.",
    "macs": "Multiply–accumulates of one sample, such as '<=5.3G'.",
    "flops": "Floating-point operations of one sample.",
    "weight_bytes": "Size of the weights, such as '<=150MB'.",
    "activation_bytes": "Size of all activations together.",
    "peak_activation_bytes": "Size of the activations alive at once.",
    "receptive_field": "Input pixels one unit sees, such as 483x483.",
    "depth": "Layers with a kernel on the longest path.",
    "output": "Shape without the batch axis: 10 or 7x7x512.",
    "input_shape": "Shape without the batch axis: 224x224x3.",
}
KINDS = {"count": "FIGURE", "bytes": "SIZE", "shape": "SHAPE"}


def metric_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add an option for every metric; each may be given several times."""
    from archi.checks.metrics import METRICS

    for metric in reversed(METRICS.values()):
        option = click.option(
            f"--{metric.word}",
            metric.name,
            multiple=True,
            metavar=KINDS[metric.kind],
            help=HELP.get(metric.name, f"{metric.word.replace('-', ' ').capitalize()}."),
        )
        command = option(command)
    return command


@click.command()
@click.argument("target", type=Target(), required=False)
@metric_options
@click.option(
    "--config",
    type=click.Path(dir_okay=False),
    metavar="FILE",
    help="Where to read [tool.archi.checks]; the nearest pyproject.toml unless given.",
)
@click.option("--update", is_flag=True, help="Rewrite the lock figures in the file.")
@click.option(
    "--junit",
    type=click.Path(dir_okay=False, readable=False),
    metavar="FILE",
    help="Also write the result as JUnit XML.",
)
@target_options
@format_option
@output_option("-o", "--output-file")
@click.pass_context
def command(
    ctx: click.Context,
    target: str | None,
    config: str | None,
    update: bool,
    junit: str | None,
    input: str | None,
    classes: str | None,
    batch: int | None,
    sequence: int | None,
    format: str,
    output_file: str | None,
    **wanted: tuple[str, ...],
) -> None:
    """Hold a network against figures: exits with 1 where one is not as wanted.

    A rounded figure checks to its own precision: 36.5M holds for 36,450,000 to
    36,549,999. Put '<' and '>' in quotes, for the shell.

    Without a TARGET, checks what [tool.archi.checks] of pyproject.toml lists:

    \b
    [tool.archi.checks]
    wrn-28-10 = { params = "36.5M", macs = "<=5.3G", output = 10 }
    [tool.archi.checks."resnet50,classes=10"]
    params = "<=24M"
    lock = { params = 23608202, layers = 177 }  # kept by archi check --update

    \b
    archi check wrn-28-10 --params 36.5M --macs '<=5.3G' --output 10
    archi check
    archi check --junit checks.xml --format json
    """
    from archi.checks.evaluate import checks_report

    assertions = {name: figures for name, figures in wanted.items() if figures}
    _check_usage(ctx, target, config, update, bool(assertions), (input, classes, batch, sequence))

    def load(name: str) -> Graph:
        return load_target(name, input, classes, batch, sequence)

    if target is not None:
        checks = _check_target(target, assertions, load)
    else:
        checks = _check_file(config, update, load)
    if junit is not None:
        from archi.checks.junit import junit as junit_xml

        write_file(junit, junit_xml(checks).encode())
    report = checks_report(checks)
    emit(report, format, output_file)
    if _on_github():
        from archi.checks.github import failures
        from archi.render import render

        _annotate(failures(checks, os.environ.get("GITHUB_WORKSPACE", "")))
        _summarize(render(report, "markdown"))
    ctx.exit(0 if all(check.ok for check in checks) else 1)


def _check_usage(
    ctx: click.Context,
    target: str | None,
    config: str | None,
    update: bool,
    asserted: bool,
    options: tuple[object, ...],
) -> None:
    """Refuse what would check nothing, or something else than was meant."""
    if target is not None and (config or update):
        raise click.UsageError("A TARGET is checked without --config and --update.", ctx)
    if target is not None and not asserted:
        raise click.UsageError("Say what to check, as in --params 36.5M.", ctx)
    if target is None and asserted:
        raise click.UsageError("Say which network: a TARGET such as wrn-28-10.", ctx)
    if update and any(option is not None for option in options):
        raise click.UsageError("--update takes the targets as the file has them.", ctx)


def _check_target(
    target: str, wanted: dict[str, tuple[str, ...]], load: Callable[[str], Graph]
) -> list[Check]:
    from archi.checks.evaluate import evaluate
    from archi.checks.metrics import METRICS, assertion

    assertions = []
    for name, texts in wanted.items():
        try:
            assertions += [assertion(name, text) for text in texts]
        except ArchiError as error:
            error.message = f"--{METRICS[name].word}: {error.message}"
            raise
    return evaluate(target, load(target), assertions)


def _check_file(config: str | None, update: bool, load: Callable[[str], Graph]) -> list[Check]:
    from archi.checks.file import ChecksError, ChecksFile, find_config
    from archi.checks.update import check_file, update_locks

    try:
        file = ChecksFile(config or find_config())
        folder = os.path.dirname(os.path.abspath(file.file))

        def load_there(target: str) -> Graph:
            with _working_in(folder):  # the targets are the project's
                return load(target)

        found = check_file(file, load_there, filling=update)
    except ChecksError as error:
        if _on_github():
            from archi.checks.github import command

            workspace = os.environ.get("GITHUB_WORKSPACE", "")
            _annotate([command(text, place, workspace) for place, text in error.problems])
        raise
    if not update:
        return [each.check for each in found]
    checks, changed = update_locks(file, found)
    text = f"{changed:,} figure{'s' * (changed != 1)} updated" if changed else "nothing to update"
    click.echo(f"{file.shown}: {text}", err=True)
    return checks


@contextmanager
def _working_in(folder: str) -> Iterator[None]:
    before = os.getcwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


def _on_github() -> bool:
    return os.environ.get("GITHUB_ACTIONS") == "true"


def _annotate(commands: list[str]) -> None:
    for each in commands:
        click.echo(each, err=True)


def _summarize(markdown: str) -> None:
    """Add to the page that GitHub shows for the job; checks hold whether it is there or not."""
    path = os.environ.get("GITHUB_STEP_SUMMARY")
    if not path:
        return
    try:
        with open(path, "a", encoding="utf-8") as file:
            file.write(markdown + "\n")
    except OSError as error:
        click.echo(f"Warning: {unwritable(path, error)}", err=True)
