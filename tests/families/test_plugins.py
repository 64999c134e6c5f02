"""Families of other packages, by their entry points, in processes of their own."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

import archi

FAMILY = """
    from archi.families import Int, Paper, Published, family
    from archi.layers import Conv2D, Dense, GlobalAveragePooling2D

    @family(
        "tinynet-{depth}",
        paper=Paper("Tiny nets", "Me", 2026, "https://example.org"),
        input=(32, 32, 3),
        classes=10,
        options={"depth": Int(1, 50), "width": Int(1, 512, default=16)},
        catalogue=("tinynet-2", "tinynet-8"),
        published=(Published("tinynet-2", "params", "2.94K", "its README"),),
    )
    def tinynet(x, depth, width, classes, top):
        for number in range(depth):
            x = Conv2D(width, 3, padding="same", name=f"conv{number + 1}")(x)
        return Dense(classes, name="logits")(GlobalAveragePooling2D(name="pool")(x)) if top else x

    @family(
        "flatnet",
        paper=Paper("Flat", "Me", 2026, "https://example.org"),
        input=(8, 8, 3),
        classes=2,
    )
    def flatnet(x, classes, top):
        return Dense(classes, name="logits")(GlobalAveragePooling2D(name="pool")(x))
"""


@pytest.fixture
def run(tmp_path):
    """Run archi where a package is installed that has these entry points and this module."""

    def run(*command: str, entries: str, module: str = FAMILY) -> subprocess.CompletedProcess:
        (tmp_path / "tinynets.py").write_text(textwrap.dedent(module))
        info = tmp_path / "tiny_nets-1.0.dist-info"
        info.mkdir(exist_ok=True)
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: tiny-nets\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[archi.families]\n{entries}\n")
        folders = [str(Path(archi.__file__).parents[1]), str(tmp_path)]
        env = {**os.environ, "PYTHONPATH": os.pathsep.join(folders), "COLUMNS": "200"}
        return subprocess.run(
            [sys.executable, "-m", "archi", *command],
            env=env, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip

    return run


GOOD = "tinynet = tinynets:tinynet\nflat = tinynets:flatnet"


@pytest.mark.parametrize(
    ("command", "shown"),
    [
        (["list", "tiny"], "tinynet-8"),
        (["list", "--family", "flat"], "flatnet"),
        (["info", "tinynet"], "Tiny nets"),
        (["info", "tinynet-2"], "equal as printed"),
        (["summary", "tinynet-2"], "2,938"),
        (["summary", "TinyNet-3,width=4,input=16x16x3"], "conv3"),
        (["summary", "flatnet"], "logits"),
        (["fit", "tinynet", "--params", "10k"], "tinynet-5"),
        (["compare", "tinynet-2", "resnet18"], "tinynet-2"),
        (["check", "tinynet-2", "--params", "2938"], "2,938"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else value,
)
def test_commands_find_them(run, command, shown):
    done = run(*command, entries=GOOD)
    assert (done.returncode, done.stderr) == (0, "")
    assert shown in done.stdout


def test_a_wrong_name_suggests_theirs(run):
    done = run("summary", "tinynt-2", entries=GOOD)
    assert done.returncode == 2
    assert "did you mean tinynet-2" in done.stderr


def test_the_form_of_a_name_is_theirs_to_check(run):
    done = run("summary", "tinynet-51", entries=GOOD)
    assert "depth must be a whole number from 1 to 50, not '51'" in done.stderr
    assert "try tinynet-50" in done.stderr


def test_archi_s_own_names_do_not_look_at_them(run):
    """A package that is broken spoils only what needs it."""
    done = run("summary", "wrn-16-2", "--depth", "1", entries="bad = no_such_module:x")
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("entries", "module", "message"),
    [
        (
            "bad = no_such_module:x",
            "",
            "the family 'bad', of the entry point 'no_such_module:x', can't be loaded: "
            "ModuleNotFoundError: No module named 'no_such_module'",
        ),
        (
            "bad = tinynets:x",
            "raise SystemExit('bye')",
            "the family 'bad', of the entry point 'tinynets:x', can't be loaded: SystemExit: bye",
        ),
        (
            "bad = tinynets:x",
            "x = 3",
            "the family 'bad', of the entry point 'tinynets:x', is int; @family(...) makes one",
        ),
        (
            "resnet = tinynets:tinynet",
            FAMILY,
            "the family 'resnet' is declared twice: by archi and tinynets:tinynet",
        ),
    ],
)
def test_what_is_wrong_with_one_is_one_message(run, entries, module, message):
    done = run("list", entries=entries, module=module)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith(f"Error: {message}\n")
    if "twice" not in message:
        assert done.stderr.endswith("  it is of the package tiny-nets\n")
