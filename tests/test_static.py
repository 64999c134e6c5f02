"""The static road: no framework is imported, and everything static works without one."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

import archi

SOURCE = Path(archi.__file__).parent
STATIC_COMMANDS = [
    ["summary", "resnet50"],
    ["summary", "nasnet-mobile", "--depth", "2"],
    ["summary", "wrn-28-10", "--format", "json"],
    ["summary", "wrn-28-10", "--format", "csv"],
    ["summary", "wrn-28-10", "--format", "markdown"],
    ["summary", "resnet51"],
    ["summary", "resnet18", "--dtype", "mixed_float16", "--optimizer", "adam"],
    ["list"],
    ["info", "wrn"],
    ["fit", "wrn", "--params", "36.5M"],
    ["export", "resnet18", "-o", "net.json"],
    ["export", "resnet18", "-o", "net.py"],
    ["plot", "resnet18"],
    ["plot", "nasnet-mobile", "-o", "net.png", "-o", "net.svg", "-o", "net.pdf", "-o", "net.html"],
    ["compare", "nasnet-mobile", "xception"],
    ["diff", "resnet50", "resnet101"],
    ["--help"],
    ["verify", "--help"],
    ["scan", "nothing.keras"],
    ["check", "wrn-28-10", "--params", "36.5M"],
]
HEAVY = {"tensorflow", "keras", "numpy", "jax", "torch", "h5py", "pydot"}


def run(code: str, *args: str, cwd: Path, **env: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-c", code, *args],
        cwd=cwd,
        env={**os.environ, **env},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


REPORT_MODULES = """
import sys
from archi.cli import main
try:
    main()
finally:
    print("MODULES", *{name.partition(".")[0] for name in sys.modules}, file=sys.stderr)
"""


@pytest.mark.parametrize("command", STATIC_COMMANDS, ids=" ".join)
def test_static_commands_import_nothing_heavy(command, tmp_path):
    done = run(REPORT_MODULES, *command, cwd=tmp_path)
    modules = set(done.stderr.rpartition("MODULES")[2].split())
    assert "archi" in modules
    assert modules & HEAVY == set()


def test_every_command_is_static_or_known_to_need_keras():
    from archi.cli import main

    tried = {command[0] for command in STATIC_COMMANDS}
    assert set(main.list_commands(None)) == tried - {"--help"}


def test_one_family_is_imported_for_one_spec(tmp_path):
    code = """
import sys, archi
archi.load("xception")
print(*sorted(m for m in sys.modules if m.startswith("archi.families.vision.") and "._" not in m))
"""
    assert run(code, cwd=tmp_path).stdout.split() == ["archi.families.vision.xception"]


WITHOUT_KERAS = """
import sys
for name in ("tensorflow", "keras", "numpy"):
    sys.modules[name] = None  # what an import finds where the package is missing
from archi.cli import main
main()
"""


@pytest.mark.parametrize("command", STATIC_COMMANDS[:5] + STATIC_COMMANDS[6:11], ids=" ".join)
def test_static_commands_work_without_tensorflow(command, tmp_path):
    done = run(WITHOUT_KERAS, *command, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    "command",
    [["verify", "wrn-16-1"], ["verify", "--all"], ["export", "wrn-16-1", "-o", "net.keras"]],
    ids=" ".join,
)
def test_commands_that_need_keras_say_so(command, tmp_path):
    done = run(WITHOUT_KERAS, *command, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stdout == ""
    first, second = done.stderr.splitlines()
    assert first.startswith("Error: this needs real Keras, which can't be imported: ")
    assert "pip install 'archi-inspector[tensorflow]'" in second or "Python 3.10 to 3.13" in second
    assert list(tmp_path.iterdir()) == []


def test_only_the_bridge_imports_keras():
    for path in SOURCE.rglob("*.py"):
        tree = ast.parse(path.read_text("utf-8"))
        checking = {
            inner
            for node in ast.walk(tree)
            if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
            for inner in ast.walk(node)
        }
        for node in ast.walk(tree):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            heavy = {name.partition(".")[0] for name in names} & (HEAVY - {"pydot"})
            if path.name == "_hdf5_child.py":  # runs in a process of its own
                heavy -= {"h5py"}
            assert not heavy or path.parent.name == "bridge" or node in checking, path
