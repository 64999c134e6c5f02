"""The pytest fixture that archi ships: as other projects use it, and what it costs them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

import archi
from archi import ArchiError
from archi.checks._toml import toml_loads
from archi.checks.pytest_plugin import check

ROOT = Path(__file__).parents[2]
SOURCE = Path(archi.__file__).parent.parent


def entry_points() -> dict[str, str]:
    return toml_loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["entry-points"][
        "pytest11"
    ]


@pytest.fixture
def project(tmp_path):
    """Run pytest in a project of its own, in which archi is installed."""
    info = tmp_path / "site" / "archi_inspector-0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: archi-inspector\nVersion: 0\n")
    lines = [f"{name} = {value}" for name, value in entry_points().items()]
    (info / "entry_points.txt").write_text("\n".join(["[pytest11]", *lines]))

    def run(test: str, *args: str) -> subprocess.CompletedProcess:
        (tmp_path / "test_it.py").write_text(test)
        path = os.pathsep.join([str(tmp_path / "site"), str(SOURCE)])
        return subprocess.run(
            [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "no:xdist", *args],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": path, "COLUMNS": "80"},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return run


def test_a_projects_own_tests_use_the_fixture(project):
    done = project(
        "def test_size(archi_check):\n"
        '    archi_check("wrn-28-10", params="36.5M", macs="<=5.3G", output=10, layers=93)\n'
        '    archi_check("wrn-28-10", batch=2, macs="10.5G")\n'
    )
    assert done.returncode == 0, done.stdout
    assert "1 passed" in done.stdout


def test_a_failure_reads_well(project):
    done = project(
        'def test_size(archi_check):\n    archi_check("wrn-28-10", params="35M", output=10)\n',
        "-q",
    )
    assert done.returncode == 1
    assert (
        "    def test_size(archi_check):\n"
        '>       archi_check("wrn-28-10", params="35M", output=10)\n'
        "E       AssertionError: wrn-28-10 is not as wanted\n"
        "E         FAILED  params is 36,497,146, wanted 35M: +1.50 M (+4.3%)\n"
        "E         ok      output is 10, wanted 10\n"
        "\n"
        "test_it.py:2: AssertionError\n"
    ) in done.stdout


def test_a_mistake_points_at_the_call(project):
    done = project('def test_size(archi_check):\n    archi_check("wrn-28-10", parms="36M")\n', "-q")
    assert "E       archi.errors.ArchiError: parms: there is no metric 'parms'" in done.stdout
    assert "did you mean params?" in done.stdout
    assert "\ntest_it.py:2: ArchiError\n" in done.stdout
    assert "metrics.py" not in done.stdout


@pytest.mark.parametrize(
    ("target", "wanted", "message"),
    [
        ("wrn-27-10", {"params": 5}, "depth must be a whole number"),
        ("wrn-28-10", {}, "nothing is asserted"),
        ("wrn-28-10", {"params": 3.5}, "params is held against"),
        ("wrn-28-10", {"params": "36X"}, "params: '36X' is not a figure"),
        ("wrn-28-10", {"parms": 5}, "parms: there is no metric"),
    ],
)
def test_what_means_nothing_is_no_failed_assertion(target, wanted, message):
    with pytest.raises(ArchiError, match=f"^{re.escape(message)}"):
        check(target, **wanted)


def test_the_fixture_is_documented(project):
    done = project("", "--fixtures")
    assert "archi_check" in done.stdout
    assert 'archi_check("wrn-28-10", params="36.5M")' in done.stdout


def test_the_example_of_the_docs(project):
    page = (ROOT / "docs" / "ci.md").read_text("utf-8")
    test = re.search(r"^```python\n(.*?)^```", page, re.M | re.S)[1]
    assert "1 passed" in project(test).stdout
    shown = re.search(r"^    AssertionError: .*?\n\n", page, re.M | re.S)[0].split("\n")
    failed = project(test.replace("<=24M", "<=23M")).stdout
    assert [line for line in shown if line.strip() not in failed] == []
    assert len(shown) == 6  # a title, three figures, the end


UNUSED = """
import sys

PLUGIN = "archi.checks.pytest_plugin"

def test_nothing_is_imported(request):
    assert request.config.pluginmanager.get_plugin("archi") is sys.modules[PLUGIN]
    loaded = {m for m in sys.modules if m.partition(".")[0] in ("archi", "click", "rich")}
    assert loaded == {"archi", "archi.checks", PLUGIN}
"""


def test_it_is_inert_until_it_is_used(project):
    done = project(UNUSED)
    assert done.returncode == 0, done.stdout


def test_it_imports_pytest_alone():
    code = """
import pytest, sys
before = set(sys.modules)
import archi.checks.pytest_plugin
print(*sorted(set(sys.modules) - before))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["archi", "archi.checks", "archi.checks.pytest_plugin"]


def test_the_entry_point_leads_to_the_plugin():
    assert entry_points() == {"archi": "archi.checks.pytest_plugin"}
    assert EntryPoint("archi", "archi.checks.pytest_plugin", "pytest11").load().archi_check


def test_the_package_still_has_its_names():
    assert set(archi.__all__) <= set(dir(archi))
    assert all(getattr(archi, name) for name in archi.__all__)
    assert archi.Graph is type(archi.load("wrn-10-1"))
    with pytest.raises(AttributeError, match="module 'archi' has no attribute 'nothing'"):
        archi.nothing  # noqa: B018
