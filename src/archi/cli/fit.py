"""`archi fit`: which variants of a family come nearest a budget."""

from __future__ import annotations

import sys
from time import monotonic
from typing import TYPE_CHECKING

import click

from archi.cli._shared import Target, emit, load_target, output_options
from archi.cli.info import FamilyOrTarget

if TYPE_CHECKING:
    from rich.progress import Progress

    from archi.bounds import Bound


def once(ctx: click.Context, param: click.Parameter, given: tuple[str, ...]) -> str | None:
    """Take an option that may be given once; the last of several would silently win."""
    if len(given) > 1:
        raise click.BadParameter("given twice; a range is 4M..5M", ctx, param)
    return given[0] if given else None


@click.command()
@click.argument("family", type=FamilyOrTarget(), default="")
@click.option(
    "--params",
    metavar="N",
    multiple=True,
    callback=once,
    help="Parameters sought: 36.5M, '<=5M', 4M..5M, 5M±2%.",
)
@click.option(
    "--macs",
    metavar="N",
    multiple=True,
    callback=once,
    help="MACs sought, for one sample: 600M, '<=1G'.",
)
@click.option("--like", type=Target(), metavar="SPEC", help="As large as SPEC is.")
@click.option(
    "--by",
    type=click.Choice(["params", "macs", "both"]),
    default="params",
    show_default=True,
    help="What to take of --like.",
)
@click.option(
    "--vary",
    multiple=True,
    metavar="KEY[=VALUES]",
    help="Search an option too, or other values of it: KEY (all), KEY=1..12, KEY=33,131.",
)
@click.option(
    "--top",
    type=click.IntRange(1, 1000),
    default=10,
    show_default=True,
    metavar="N",
    help="Variants to show.",
)
@click.option("--classes", metavar="N", help="Outputs of the classifier.")
@click.option("--input", metavar="HxWxC", help="Size of one image, such as 32x32x3.")
@output_options
@click.pass_context
def command(
    ctx: click.Context,
    family: str,
    params: str | None,
    macs: str | None,
    like: str | None,
    by: str,
    vary: tuple[str, ...],
    top: int,
    classes: str | None,
    input: str | None,
    format: str,
    output: str | None,
) -> None:
    """Find the variants of FAMILY that come nearest a budget, nearest first.

    FAMILY is a family or the start of its names (wrn, nasnet-a), with options to fix
    (wrn,dropout=0.3); without it all families are searched. Figures are come near to,
    limits (<=5M) are kept; where there are only limits, the nearest to them are shown.
    Every network shown was built and counted, and none that is nearer was missed.

    \b
    archi fit wrn --params 36.5M
    archi fit nasnet-a --like xception
    archi fit wrn --params 10M --vary width=1..12 --vary blocks=33,131
    archi fit --params '<=5M' --macs '<=600M' --input 224x224x3 --classes 1000
    """
    goals = _goals({"params": params, "macs": macs})
    given = {"input": input, "classes": classes}
    options = {key: text for key, text in given.items() if text is not None}
    wanted = ("params", "macs") if by == "both" else (by,)
    if like is not None:
        from archi.analysis.counts import count

        totals = count(load_target(like, input, classes)).totals
        goals = _like(ctx, goals, {key: getattr(totals, key) for key in wanted})
    if not goals:
        raise click.UsageError("Give a budget: --params, --macs or --like.", ctx)
    from archi.fit.report import Query, fit

    alike = () if like is None else wanted
    query = Query(goals, options, _vary(ctx, vary), top, like or "", alike)
    with Meter() as meter:
        report = fit(family, query, meter.show)
    emit(report, format, output)


def _goals(texts: dict[str, str | None]) -> dict[str, Bound]:
    from archi.bounds import bound

    return {key: bound(text) for key, text in texts.items() if text is not None}


def _vary(ctx: click.Context, texts: tuple[str, ...]) -> dict[str, str]:
    vary: dict[str, str] = {}
    for text in texts:
        key, _, values = text.partition("=")
        if not key.strip():
            raise click.UsageError("--vary names an option: --vary KEY or --vary KEY=A,B.", ctx)
        if key in vary:
            raise click.UsageError(f"--vary {key} is given twice; try --vary {key}=A,B.", ctx)
        vary[key] = values
    return vary


def _like(ctx: click.Context, goals: dict[str, Bound], counts: dict[str, int]) -> dict[str, Bound]:
    from archi.bounds import exactly

    for key in counts:
        if key in goals:
            raise click.UsageError(f"--{key} and --like both say what {key} to seek.", ctx)
    return {**{key: exactly(count) for key, count in counts.items()}, **goals}


class Meter:
    """A progress bar on standard error, when it is a terminal and a second has passed."""

    def __init__(self) -> None:
        self.start = monotonic()
        self.bar: Progress | None = None

    def __enter__(self) -> Meter:
        return self

    def __exit__(self, *_: object) -> None:
        if self.bar is not None:
            self.bar.stop()

    def show(self, done: int, total: int, built: int) -> None:
        """Say how far it is."""
        if self.bar is None:
            if monotonic() - self.start < 1 or not sys.stderr.isatty():
                return
            self.bar = self._begin(total)
        self.bar.update(self.bar.task_ids[0], completed=done, total=total, built=built)

    def _begin(self, total: int) -> Progress:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

        columns = TextColumn("Searching"), BarColumn(), TextColumn("{task.fields[built]} built")
        bar = Progress(*columns, TimeElapsedColumn(), console=Console(stderr=True), transient=True)
        bar.add_task("", total=total, built=0)
        bar.start()
        return bar
