"""The command line. One command a file, imported when it is called.

A command file defines `command`; its name is the file's. Adding a file adds a command.
"""

from __future__ import annotations

import gc
import os
from importlib import import_module
from typing import Any

import click

from archi.errors import ArchiError, one_of


class Commands(click.Group):
    """The root group: finds commands in this folder and prints archi's errors."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        files = os.listdir(os.path.dirname(__file__))
        return sorted(f[:-3] for f in files if f.endswith(".py") and not f.startswith("_"))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.list_commands(ctx):
            return None
        command: click.Command = import_module(f"archi.cli.{cmd_name}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if not args[0].startswith("-") and args[0] not in self.list_commands(ctx):
            raise click.UsageError(self._unknown(args[0], ctx), ctx)
        return super().resolve_command(ctx, args)

    def _unknown(self, name: str, ctx: click.Context) -> str:
        from difflib import get_close_matches

        near = get_close_matches(name, self.list_commands(ctx))
        hint = f" Did you mean {one_of(near)}?" if near else ""
        return f"No such command {name[:40]!r}.{hint}"

    def invoke(self, ctx: click.Context) -> Any:
        # Networks are cyclic and live until the process ends; the default threshold of
        # 700 allocations would look through all of one again and again as it grows.
        gc.set_threshold(200_000)
        try:
            return super().invoke(ctx)
        except ArchiError as error:
            click.echo(f"Error: {error}", err=True)
            ctx.exit(error.exit_code)
        except KeyboardInterrupt:
            ctx.exit(130)  # as a shell reports it; 1 would say that a check did not hold


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="archi-inspector", prog_name="archi")
def main() -> None:
    """What a neural network is made of: its layers, shapes, parameters, MACs and FLOPs.

    A TARGET is a spec: a name and options, as in resnet50, wrn-28-10,
    nasnet-a-7@1920 or resnet50,classes=10,input=32x32x3. Names ignore case; - and _
    are the same. `archi list` shows every name, `archi info NAME` its options.
    Or it is a model file (model.keras, model.json, model.h5), read without running
    anything in it, or a Python object: mypkg.models:build or net.py:build,width=2,
    a keras.Model or a function that returns one.

    \b
    archi summary resnet50             the layer table and totals
    archi summary wrn-28-10 --depth 2  folded into blocks
    archi plot resnet34 -o net.png     its picture
    archi compare wrn-28-10 wrn-40-4   side by side
    archi diff resnet50 resnet101      what changed, layer by layer
    archi fit wrn --params 10M         the variants nearest a budget
    archi check                        what pyproject.toml says must hold
    archi scan model.keras             what in a file is dangerous to load
    archi verify wrn-28-10             compared with real Keras
    archi export resnet50 -o r.keras   the real model in a file

    Exit codes: 0 fine, 1 a check did not hold, 2 wrong usage or input, 3 (verify)
    equal, but this machine could not run it.
    """
