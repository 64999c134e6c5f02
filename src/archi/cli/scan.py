"""`archi scan`: what is dangerous in a model file."""

from __future__ import annotations

import os

import click

from archi.cli._shared import emit, output_options
from archi.files import write_file


@click.command()
@click.argument("file", type=click.Path())
@click.option(
    "--sarif",
    type=click.Path(dir_okay=False, readable=False),
    metavar="FILE",
    help="Also write the findings as SARIF, for code-scanning pages.",
)
@output_options
@click.pass_context
def command(
    ctx: click.Context, file: str, sarif: str | None, format: str, output: str | None
) -> None:
    """Show what in a model FILE would run code, read files or blow up when Keras loads it.

    FILE is a .keras, .h5 or .json file, or a SavedModel folder of Keras 2. Nothing in it is
    imported, executed, unpickled, unpacked or followed. Exits with 1 where anything is found.

    \b
    archi scan model.keras
    archi scan model.h5 --format json
    archi scan model.keras --sarif scan.sarif
    """
    from archi.scanning import scan
    from archi.scanning.report import scan_report

    found = scan(file)
    if sarif is not None:
        from archi.scanning.sarif import sarif as sarif_log

        write_file(sarif, sarif_log(found, os.environ.get("GITHUB_WORKSPACE", "")).encode())
    emit(scan_report(found), format, output)
    ctx.exit(0 if found.ok else 1)
