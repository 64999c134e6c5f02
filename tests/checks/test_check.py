"""`archi check`: what holds, what does not, and how CI systems are told."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.networks import every_network

from archi import ArchiError, Graph
from archi.analysis.counts import Totals
from archi.checks.evaluate import Check, Place, checks_report, evaluate
from archi.checks.github import command, failures
from archi.checks.junit import junit
from archi.checks.metrics import METRICS, assertion, measure
from archi.graph import building
from archi.layers import Add, Conv2D, Dense, Flatten, Input
from archi.render import render

PROJECT = """\
[project]
name = "mine"  # é

[tool.archi.checks]
wrn-28-10 = { params = "36.5M", macs = "<=5.3G", output = 10 }  # as the paper says

[tool.archi.checks."resnet50,classes=10"]
params = "<=24M"   # fits the board
lock = { params = 23_528_522, macs = 3855945728, layers = 177 }
"""


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A folder to work in; call it with the text of its pyproject.toml."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "pyproject.toml"

    def write(text: str = PROJECT) -> Path:
        path.write_bytes(text.encode())
        return path

    return write


def verdicts(archi, *args, code=0):
    done = archi("check", *args, "--format", "json")
    assert done.exit_code == code, done.output
    found = json.loads(done.stdout)
    assert found["ok"] == (code == 0) == all(each["ok"] for each in found["checks"])
    return {f"{'lock.' * c['locked']}{c['metric']}": c["verdict"] for c in found["checks"]}


# --- one target on the command line -----------------------------------------------------


def test_the_example_of_the_issue(archi):
    done = archi("check", "wrn-28-10", "--params", "36.5M", "--macs", "<=5.3G", "--layers", "93",
                 "--output", "10", COLUMNS="80")  # fmt: skip
    assert (done.exit_code, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[0] == "4 checks of 1 network: all hold"
    assert [line.split() for line in lines[4:]] == [
        ["wrn-28-10", "params", "36.5M", "36,497,146", "ok"],
        ["wrn-28-10", "macs", "<=5.3G", "5,243,328,768", "ok"],
        ["wrn-28-10", "layers", "93", "93", "ok"],
        ["wrn-28-10", "output", "10", "10", "ok"],
    ]


def test_json_is_the_contracts(archi):
    done = archi("check", "wrn-28-10", "--params", "36.5M", "--output", "7x7", "--format", "json")
    found = json.loads(done.stdout)
    assert list(found) == ["schema", "ok", "checks"]
    assert (found["schema"], found["ok"], done.exit_code) == (1, False, 1)
    assert found["checks"][0] == {
        "target": "wrn-28-10", "metric": "params", "op": "==", "expected": 36500000,
        "actual": 36497146, "tolerance": 50000, "ok": True,
        "wanted": "36.5M", "locked": False, "verdict": "ok", "file": None, "line": None,
    }  # fmt: skip
    assert found["checks"][1]["expected"] == [7, 7]
    assert found["checks"][1]["actual"] == [10]


@pytest.mark.parametrize(
    ("option", "figure", "verdict"),
    [
        ("params", "36.4M", "failed, +97.1 K (+0.3%)"),
        ("params", "36497146", "ok"),
        ("params", "36497130", "failed, +16"),
        ("params", "36.6M", "failed, -103 K (-0.3%)"),
        ("params", "36.5M±1%", "ok"),
        ("params", "37M..38M", "failed, -503 K (-1.4%)"),
        ("params", "35M..36M", "failed, +497 K (+1.4%)"),
        ("params", "<36497146", "failed, exactly the limit"),
        ("params", "0", "failed, +36.5 M"),
        ("trainable-params", "36479194", "ok"),
        ("non-trainable-params", "17952", "ok"),
        ("layers", "93", "ok"),
        ("depth", ">26", "failed, exactly the limit"),
        ("macs", ">1T", "failed, -995 G (-99.5%)"),
        ("flops", "<=10.5G", "ok"),
        ("flops", "<=1G", "failed, +9.49 G (+949.5%)"),
        ("weight-bytes", "146MB", "ok"),
        ("weight-bytes", "146 mb", "ok"),
        ("weight-bytes", "145988584 B", "ok"),
        ("weight-bytes", "<=145MB", "failed, +989 kB (+0.7%)"),
        ("weight-bytes", "1B", "failed, +146 MB"),
        ("weight-bytes", "146MB±1MB", "ok"),
        ("output", "10", "ok"),
        ("output", "(10)", "ok"),
        ("output", "10,10", "failed, another shape"),
        ("output", "?", "failed, another shape"),
        ("input-shape", "32×32x3", "ok"),
        ("input-shape", "3x32x32", "failed, another shape"),
    ],
)
def test_a_failure_says_by_how_much(archi, option, figure, verdict):
    code = 0 if verdict == "ok" else 1
    found = verdicts(archi, "wrn-28-10", f"--{option}", figure, code=code)
    assert found == {option.replace("-", "_"): verdict}


def test_an_assertion_may_be_given_twice_and_both_count(archi):
    for figures in (("<=37M", ">37M"), (">37M", "<=37M")):
        args = [word for figure in figures for word in ("--params", figure)]
        done = archi("check", "wrn-28-10", *args, "--format", "csv")
        assert done.exit_code == 1
        assert [row["verdict"] == "ok" for row in csv.DictReader(io.StringIO(done.stdout))] == [
            figure == "<=37M" for figure in figures
        ]


def test_options_of_the_target_apply(archi):
    args = ["--input", "64x64x3", "--classes", "7", "--batch", "2"]
    wanted = ["--input-shape", "64x64x3", "--output", "7", "--macs", "<1G"]
    assert set(verdicts(archi, "resnet18", *args, *wanted).values()) == {"ok"}


@pytest.mark.parametrize(
    "args",
    [
        ["wrn-28-10"],
        ["--params", "36.5M"],
        ["wrn-28-10", "--params", "36.5M", "--update"],
        ["wrn-28-10", "--params", "36.5M", "--config", "x.toml"],
        ["--update", "--classes", "5"],
        ["wrn-28-10", "--params", "36.5X"],
        ["wrn-28-10", "--output", "ten"],
        ["wrn-28-10", "--parms", "36.5M"],
        ["wrn-27-10", "--params", "36.5M"],
        ["--config", "missing.toml"],
    ],
    ids=" ".join,
)
def test_wrong_use_is_exit_code_2(archi, project, args):
    before = project().read_bytes()
    done = archi("check", *args)
    assert (done.exit_code, done.stdout) == (2, "")
    assert re.search("^Error: ", done.stderr, re.M)
    assert project().read_bytes() == before


def test_a_wrong_figure_names_its_option(archi):
    assert archi("check", "wrn-28-10", "--params", "36.5X").stderr.startswith(
        "Error: --params: '36.5X' is not a figure\n  36.5X\n  ^^^^^\n"
    )


# --- metrics ----------------------------------------------------------------------------


def test_every_whole_number_of_the_totals_is_a_metric():
    whole = {
        name for name in Totals._fields
        if Totals.__annotations__[name].__forward_arg__ in ("int", "int | None")
    }  # fmt: skip
    sizes = {"receptive_field", "effective_stride", "effective_padding", "output", "input_shape"}
    assert whole | sizes == set(METRICS)
    assert METRICS["peak_activation_bytes"].kind == "bytes"
    assert METRICS["receptive_field"].kind == "shape"


@pytest.mark.parametrize("spec", every_network())
def test_what_is_measured_holds_exactly(spec):
    import archi

    graph = archi.load(spec)
    found = measure(graph)
    for name, figure in found.figures.items():
        if isinstance(figure, int):
            wanted = [assertion(name, figure), assertion(name, str(figure), locked=False)]
            off = assertion(name, figure + 1)
        elif figure is not None:
            text = ", ".join("x".join(map(str, shape)) for shape in figure)
            wanted = [assertion(name, text)]
            off = assertion(name, text + "x1")
        else:
            continue
        assert all(each.ok for each in evaluate(spec, graph, wanted))
        assert not evaluate(spec, graph, [off])[0].ok


def test_memory_and_receptive_fields_are_metrics():
    """Araujo et al. 2019 have 483 pixels for ResNet-50; a shape of two sizes is one, not two."""
    import archi

    graph = archi.load("resnet50")
    wanted = [
        assertion("peak-activation-bytes", "9.63MB"),
        assertion("receptive_field", "483x483"),
        assertion("receptive_field", "483"),
    ]
    verdicts = [check.verdict for check in evaluate("resnet50", graph, wanted)]
    assert verdicts == ["ok", "ok", "failed, another shape"]


def small() -> Graph:
    """Two inputs and two outputs, of sizes that are left open."""
    with building():
        a, b = Input((None, None, 3)), Input((None, None, 3))
        x = Conv2D(4, 3, padding="same", name="conv")(Add()([a, b]))
        return Graph([a, b], [x, Conv2D(2, 1)(x)], name="small")


def test_what_is_unknown_never_holds():
    graph = small()
    texts = {"macs": [">=0", "<=1T", "0"], "flops": [">=0"], "activation_bytes": [">=0"]}
    wanted = [assertion(name, text) for name, given in texts.items() for text in given]
    checks = evaluate("small", graph, wanted)
    assert not any(check.ok for check in checks)
    assert {check.verdict.partition(" (")[0] for check in checks} == {
        "failed, unknown, not counted: conv and 1 more", "failed, unknown",
        "failed, unknown, not counted: add and 2 more",
    }  # fmt: skip
    text = render(checks_report(checks), "json")
    assert [each["actual"] for each in json.loads(text)["checks"]] == [None] * 5


def test_shapes_of_several_tensors_and_open_sizes():
    wanted = [
        assertion("output", "?x?x4, ?x?x2"),
        assertion("input_shape", "?x?x3,?x?x3"),
        assertion("output", "?x?x4"),
        assertion("output", "8x8x4, ?x?x2"),
    ]
    checks = evaluate("small", small(), wanted)
    assert [check.ok for check in checks] == [True, True, False, False]
    data = json.loads(render(checks_report(checks), "json"))["checks"]
    assert data[0]["actual"] == [[None, None, 4], [None, None, 2]]
    with building():
        x = Input((2, 2))
        scalar = Graph(x, Dense(1)(Flatten()(x)))
    assert evaluate("s", scalar, [assertion("output", 1)])[0].ok


@pytest.mark.parametrize("value", [3.5, True, None, [1], {}, -1, b"5"])
def test_a_figure_is_a_whole_number_or_text(value):
    for name in METRICS:
        with pytest.raises(ArchiError):
            assertion(name, value)


@given(st.sampled_from(sorted(METRICS)), st.text(max_size=300))
def test_any_text_is_an_assertion_or_a_message(name, text):
    try:
        found = assertion(name, text)
    except ArchiError as error:
        message, span = error.message, error.span
        assert "\n" not in message
        assert span is None or 0 <= span[0] < span[1] <= len(text) + 1
    else:
        again = assertion(name, found.text.replace(",", "") if found.exact else found.text)
        assert again.wanted == found.wanted


# --- the checks of a project ------------------------------------------------------------


def test_the_nearest_pyproject_is_read(archi, project, tmp_path, monkeypatch):
    project()
    (tmp_path / "a" / "b").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "a" / "b")
    done = archi("check", "--format", "json")
    assert done.exit_code == 1
    assert {(c["file"], c["line"]) for c in json.loads(done.stdout)["checks"]} == {
        ("../../pyproject.toml", 5), ("../../pyproject.toml", 8), ("../../pyproject.toml", 9),
    }  # fmt: skip
    (tmp_path / "a" / "pyproject.toml").write_text("")
    assert "../pyproject.toml has no [tool.archi.checks]" in archi("check").stderr


def test_no_pyproject_is_a_message(archi, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("os.path.isfile", lambda path: False)
    done = archi("check")
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.startswith("Error: there is no pyproject.toml in this folder or above\n")


def test_a_lock_that_changed_fails_and_says_what_to_do(archi, project):
    project()
    done = archi("check", COLUMNS="100")
    assert done.exit_code == 1
    assert done.stdout.startswith("1 of 7 checks failed\n")
    assert re.search(
        r"lock.params +23,528,522 +23,608,202 +failed, \+79\.7 K \(\+0\.3%\)", done.stdout
    )
    assert "A locked figure changed. If that is meant: archi check --update\n" in done.stdout
    project(PROJECT.replace("23_528_522", "23608202").replace("<=24M", "<=20M"))
    assert "A locked figure changed" not in archi("check").stdout


def test_update_rewrites_locks_alone(archi, project):
    path = project()
    found = verdicts(archi, "--update")
    assert found["lock.params"] == "ok, was 23,528,522"
    assert path.read_text("utf-8") == PROJECT.replace("23_528_522", "23_608_202")
    before = path.stat().st_mtime_ns
    done = archi("check", "--update")
    assert (done.exit_code, done.stderr) == (0, "pyproject.toml: nothing to update\n")
    assert path.stat().st_mtime_ns == before


def test_update_leaves_budgets_and_exits_with_1_where_one_fails(archi, project):
    path = project(PROJECT.replace("<=24M", "<=20M"))
    done = archi("check", "--update")
    assert done.exit_code == 1
    assert done.stderr == "pyproject.toml: 1 figure updated\n"
    assert path.read_text("utf-8") == PROJECT.replace("<=24M", "<=20M").replace(
        "23_528_522", "23_608_202"
    )


def test_update_fills_in_a_lock_that_is_true(archi, project):
    path = project('[tool.archi.checks]\nresnet50 = { lock = true, macs = "<4G" } # x\n')
    done = archi("check")
    assert done.exit_code == 2
    assert done.stderr == (
        "Error: pyproject.toml:2: resnet50.lock: is not filled in\n"
        '  resnet50 = { lock = true, macs = "<4G" } # x\n'
        "               ^^^^\n"
        "  archi check --update writes the figures\n"
    )
    assert archi("check", "--update").stderr == "pyproject.toml: 3 figures updated\n"
    assert path.read_text("utf-8") == (
        "[tool.archi.checks]\nresnet50 = { lock = "
        '{ params = 25636712, macs = 3857973248, layers = 177 }, macs = "<4G" } # x\n'
    )
    assert set(verdicts(archi).values()) == {"ok"}


def test_update_keeps_a_locked_shape(archi, project):
    path = project("[tool.archi.checks.'resnet50,top=false']\nlock.output = 10\nlock.layers=1 #\n")
    archi("check", "--update")
    assert path.read_text("utf-8").splitlines()[1:] == [
        'lock.output = "7x7x2048"',
        "lock.layers=175 #",
    ]
    assert set(verdicts(archi).values()) == {"ok"}


def test_update_writes_nothing_where_the_file_has_a_problem(archi, project):
    path = project(PROJECT + "parms = 5\n")
    before = path.read_bytes()
    assert archi("check", "--update").exit_code == 2
    assert path.read_bytes() == before


def test_update_does_not_lock_what_is_unknown(archi, project, monkeypatch):
    from archi.checks import metrics

    real = metrics.count

    def count(graph):
        counts = real(graph)
        return counts._replace(totals=counts.totals._replace(activation_bytes=None))

    monkeypatch.setattr(metrics, "count", count)
    path = project("[tool.archi.checks.resnet18.lock]\nactivation-bytes = 5\nlayers = 1\n")
    assert verdicts(archi, "--update", code=1) == {
        "lock.activation_bytes": "failed, unknown", "lock.layers": "ok, was 1",
    }  # fmt: skip
    assert "activation-bytes = 5\n" in path.read_text("utf-8")


def test_targets_that_mean_nothing_are_told_with_their_place(archi, project):
    project('[tool.archi.checks]\nwrn-27-10 = { params = 5 }\n"xception,input=4x4x3".params = 5\n')
    done = archi("check")
    assert (done.exit_code, done.stdout) == (2, "")
    assert "pyproject.toml:2: wrn-27-10: depth must be" in done.stderr
    assert "  wrn-27-10 = { params = 5 }\n      ^^\n  try wrn-22-10 or wrn-28-10" in done.stderr
    assert 'pyproject.toml:3: "xception,input=4x4x3": block1_conv2 (Conv2D): ' in done.stderr


@pytest.mark.parametrize("width", [60, 80, 100, 140])
def test_the_table_fits_the_terminal(archi, project, width):
    project()
    assert max(map(len, archi("check", COLUMNS=str(width)).stdout.splitlines())) <= width


def test_csv_has_raw_numbers(archi, project):
    project()
    rows = list(csv.DictReader(io.StringIO(archi("check", "--format", "csv").stdout)))
    assert [row["wanted"] for row in rows] == [
        "36.5M", "<=5.3G", "10", "<=24M", "23528522", "3855945728", "177",
    ]  # fmt: skip
    assert rows[4]["metric"] == "lock.params"
    assert rows[4]["actual"] == "23608202"


# --- CI systems -------------------------------------------------------------------------


def test_junit_has_a_suite_a_target_and_a_case_a_metric(archi, project, tmp_path):
    project()
    assert archi("check", "--junit", "out.xml").exit_code == 1
    root = ElementTree.parse(tmp_path / "out.xml").getroot()
    assert (root.tag, root.get("tests"), root.get("failures")) == ("testsuites", "7", "1")
    suites = {suite.get("name"): [case.get("name") for case in suite] for suite in root}
    assert suites == {
        "wrn-28-10": ["params", "macs", "output"],
        "resnet50,classes=10": ["params", "lock.params", "lock.macs", "lock.layers"],
    }
    failed = root.findall(".//testcase[failure]")
    assert [case.get("line") for case in failed] == ["9"]
    message = "lock.params is 23,608,202, wanted 23,528,522: +79.7 K (+0.3%)"
    assert failed[0].find("failure").get("message") == message


names = st.text(st.characters(codec=None), max_size=20)


@given(names, names, st.booleans())
def test_junit_is_valid_whatever_the_names(target, why, ok):
    check = Check(target, assertion("macs", "<=5G"), 5 if ok else None, ok, why, Place(target, 3))
    root = ElementTree.fromstring(junit([check, check]).encode())
    assert [suite.get("tests") for suite in root] == ["2"]
    assert len(root.findall(".//failure")) == (0 if ok else 2)


def test_github_shows_failures_beside_their_line(archi, project, tmp_path):
    project(PROJECT.replace("[project]", "[project]\n"))
    summary = tmp_path / "summary.md"
    summary.write_text("before\n")
    env = {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(summary)}
    done = archi("check", "--format", "json", **env)
    assert json.loads(done.stdout)["ok"] is False
    assert done.stderr == (
        "::error file=pyproject.toml,line=10,title=archi check::resnet50,classes=10: lock.params "
        "is 23,608,202, wanted 23,528,522: +79.7 K (+0.3%25)\n"
    )
    assert summary.read_text("utf-8").startswith("before\n## 1 of 7 checks failed\n\n| Target |")
    assert archi("check", "--format", "json").stderr == ""


def test_github_shows_what_is_wrong_with_the_file(archi, project):
    project("[tool.archi.checks]\nwrn-27-10 = { parms = 5 }\n")
    done = archi("check", GITHUB_ACTIONS="true")
    assert done.exit_code == 2
    commands = [line for line in done.stderr.splitlines() if line.startswith("::error ")]
    assert [line.partition("::")[2].partition("::")[0] for line in commands] == [
        "error file=pyproject.toml,line=2,title=archi check"
    ] * 2
    assert "Error: pyproject.toml has 2 problems" in done.stderr


def test_a_summary_that_cannot_be_written_changes_nothing(archi):
    env = {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": "/nowhere/at/all.md"}
    done = archi("check", "wrn-28-10", "--params", "36.5M", **env)
    assert done.exit_code == 0
    assert done.stderr.startswith("Warning: can't write '/nowhere/at/all.md'")


def test_commands_are_escaped_and_paths_are_the_repositorys(tmp_path, monkeypatch):
    text = "100%\nof\r ::error::x \x1b[0m"
    assert command(text, None) == "::error title=archi check::100%25%0Aof\\r ::error::x \\x1b[0m"
    shown = command("m", Place("a,b:%\n.toml", 3))
    assert shown == "::error file=a%2Cb%3A%25%0A.toml,line=3,title=archi check::m"
    (tmp_path / "sub").mkdir()
    monkeypatch.chdir(tmp_path / "sub")
    check = Check("t", assertion("params", 5), 6, False, place=Place("pyproject.toml", 3))
    assert "file=sub/pyproject.toml," in failures([check], str(tmp_path))[0]
    assert "file=pyproject.toml," in failures([check], str(tmp_path / "other"))[0]
    assert failures([check._replace(ok=True)]) == []


def test_the_pre_commit_hook_runs_what_there_is(archi, project):
    text = (Path(__file__).parents[2] / ".pre-commit-hooks.yaml").read_text("utf-8")
    hook = dict(line[2:].split(": ", 1) for line in text.splitlines())
    assert hook["id"] == "archi-check"
    assert hook["pass_filenames"] == "false"
    program, *args = hook["entry"].split()
    assert program == "archi"
    project(PROJECT.replace("23_528_522", "23608202"))
    assert archi(*args).exit_code == 0
    assert all(re.search(hook["files"], name) for name in ("pyproject.toml", "a/b.py", "n.keras"))
    assert not re.search(hook["files"], "README.md")
    assert hook["files"] in (Path(__file__).parents[2] / "docs" / "ci.md").read_text("utf-8")
