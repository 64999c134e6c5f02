"""Imports run one way: the contracts of pyproject.toml hold, and notice what breaks them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("importlinter")
ROOT = Path(__file__).parent.parent


def lint(folder):
    """Run lint-imports on the copy of archi in a folder."""
    environment = {**os.environ, "PYTHONPATH": str(folder / "src")}
    code = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    return subprocess.run(
        [sys.executable, "-c", code, "--no-cache"],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def house(tmp_path):
    """A copy of what the contracts are about."""
    keep_out = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "src" / "archi", tmp_path / "src" / "archi", ignore=keep_out)
    (tmp_path / "tests" / "support").mkdir(parents=True)
    for name in ("pyproject.toml", "tests/support/machinery.py"):
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def test_imports_run_one_way(house):
    done = lint(house)
    assert done.returncode == 0, done.stdout
    assert "3 kept, 0 broken" in done.stdout


@pytest.mark.parametrize(
    ("file", "line", "said"),
    [
        ("graph.py", "from archi import report", "archi.graph -> archi.report"),
        ("twin/dtypes.py", "from archi.bridge import config", "archi.twin is not allowed to"),
        ("report.py", "def f():\n    from archi import render", "archi.report -> archi.render"),
        (
            "cli/info.py",
            "from archi.diff import _sides",
            "archi.cli.info imports archi.diff._sides",
        ),
        ("twin/policies.py", "from archi.twin import layer", "No cycles are allowed in archi.twin"),
    ],
)
def test_what_breaks_a_contract_is_noticed(house, file, line, said):
    path = house / "src" / "archi" / file
    path.write_text(f"{path.read_text('utf-8')}\n\n{line}\n")
    done = lint(house)
    assert done.returncode == 1
    assert said in " ".join(done.stdout.split())
