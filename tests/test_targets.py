"""Python targets without Keras: a person's own file, families in it, and what goes wrong."""

from __future__ import annotations

import os
import sys
import textwrap

import pytest

import archi as package
from archi import ArchiError

STATIC = """
    from archi import Graph
    from archi.families.options import Int
    from archi.families.registry import Paper, family
    from archi.layers import Conv2D, Dense, GlobalAveragePooling2D, Input

    @family(
        "mynet-{depth}",
        paper=Paper("My net", "Me", 2026, "https://example.org"),
        input=(32, 32, 3),
        classes=10,
        options={"depth": Int(1, 50), "width": Int(1, 512, default=16)},
        catalogue=("mynet-2",),
    )
    def mynet(x, depth, width, classes, top):
        for number in range(depth):
            x = Conv2D(width, 3, padding="same", name=f"conv{number + 1}")(x)
        return Dense(classes, name="logits")(GlobalAveragePooling2D(name="pool")(x)) if top else x

    def small(width=4, input=(8, 8, 3)):
        inputs = Input(input)
        return Graph(inputs, Dense(width)(inputs), name="small")

    made = small()

    class Maker:
        def __call__(self, width):
            return small(width)

        def build(self):
            return small(3)

    maker = Maker()
"""


@pytest.fixture
def write(tmp_path, monkeypatch):
    """Write a module in a folder that is the current one; what it imports is forgotten after."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    before = set(sys.modules)

    def write(name: str, text: str) -> None:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text))

    yield write
    for name in set(sys.modules) - before:
        del sys.modules[name]


@pytest.fixture
def mine(write):
    write("mynet.py", STATIC)


def error(target: str, **settings) -> str:
    with pytest.raises(ArchiError) as caught:
        package.load(target, **settings)
    return str(caught.value)


@pytest.mark.parametrize(
    ("target", "params"),
    [
        ("./mynet.py:mynet,depth=2", 28 * 16 + (9 * 16 + 1) * 16 + 17 * 10),
        ("mynet:mynet,depth=2", 28 * 16 + (9 * 16 + 1) * 16 + 17 * 10),
        ("mynet.py:mynet,depth=1,width=2,input=16x16x1,classes=3", 20 + 9),
        ("./mynet.py:mynet,depth=1,top=false", 28 * 16),
        ("./mynet.py:mynet,Depth=1,data-format=channels_first", 28 * 16 + 17 * 10),
        ("mynet:small", 16),
        ("mynet:small,width=2,input=4x4x7", 16),
        ("mynet:made", 16),
        ("mynet:maker,width=5", 20),
        ("mynet:maker.build", 12),
        ("mynet:Maker.build,self=none", 12),
    ],
)
def test_what_a_file_can_name(mine, target, params):
    graph = package.load(target)
    assert graph.totals.params == params
    assert graph.source == {"kind": "python", "target": target}


def test_options_of_the_command_line_are_a_family_s_options(mine):
    graph = package.load("./mynet.py:mynet,depth=1", options={"classes": 5, "input": (8, 8, 1)})
    assert graph.totals.params == 160 + 17 * 5
    assert package.load("./mynet.py:mynet,depth=1", batch=3).outputs[0].shape == (3, 10)


def test_no_framework_is_imported(mine, tmp_path):
    import subprocess

    code = """
import sys
from archi.cli import main
try:
    main()
finally:
    print("MODULES", *{name.partition(".")[0] for name in sys.modules}, file=sys.stderr)
"""
    for target in ("./mynet.py:mynet,depth=2", "mynet:small", "mynet:made"):
        done = subprocess.run(
            [sys.executable, "-c", code, "summary", target],
            cwd=tmp_path, capture_output=True, text=True, timeout=60, check=True,
        )  # fmt: skip
        modules = set(done.stderr.rpartition("MODULES")[2].split())
        assert "archi" in modules
        assert modules & {"tensorflow", "keras", "numpy", "jax", "torch"} == set()


def test_a_package_in_the_current_folder_comes_first(write):
    write("json/__init__.py", "")
    write("pkg/__init__.py", "")
    write("pkg/inner.py", "from pkg.other import made")
    write("pkg/other.py", textwrap.dedent(STATIC))
    assert package.load("pkg.inner:made").totals.params == 16


def test_a_file_finds_what_is_beside_it(write, tmp_path, monkeypatch):
    write("deep/mynet.py", STATIC)
    write("deep/net.py", "from mynet import small as build")
    assert package.load("deep/net.py:build").totals.params == 16
    monkeypatch.chdir("/")
    assert package.load(f"{tmp_path}/deep/net.py:build,width=2").totals.params == 8


def test_folders_are_looked_in_no_longer_than_the_code_runs(mine, tmp_path):
    before = list(sys.path)
    package.load("mynet:small")
    package.load("./mynet.py:small")
    assert "no argument" in error("mynet:small,depth=2")
    assert "there is no module" in error("nothing:small")
    assert sys.path == before


def test_a_file_may_have_the_name_of_a_module(write):
    before = sys.modules["textwrap"]
    write("textwrap.py", STATIC)
    assert package.load("./textwrap.py:made").totals.params == 16
    assert sys.modules["textwrap"] is before


PRINTS = """
    import os, sys
    print("while it is imported")
    from archi import Graph
    from archi.layers import Dense, Input

    def build():
        print("while it is called")
        os.write(1, b"past Python\\n")
        print("to stderr", file=sys.stderr)
        x = Input((4,))
        return Graph(x, Dense(2)(x))
"""


def test_what_code_prints_goes_to_stderr(write, tmp_path):
    import subprocess

    write("loud.py", PRINTS)
    done = subprocess.run(
        [sys.executable, "-m", "archi", "summary", "loud:build", "--format", "csv"],
        cwd=tmp_path, capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    assert done.stdout.splitlines()[0].startswith("name,class,")
    assert "while" not in done.stdout
    assert sorted(done.stderr.splitlines()) == [
        "past Python", "to stderr", "while it is called", "while it is imported",
    ]  # fmt: skip


BROKEN = """
    def build(width, *, depth=2):
        return helper(width)

    def helper(width):
        raise ValueError(f"no \\x1b[31mwidth\\n{width}")

    def leave():
        raise SystemExit("enough")

    def silent():
        raise KeyError

    def anything(*args, **kwargs):
        raise RuntimeError(sorted(kwargs))

    def number():
        return 3

    def positional(x, /):
        return x

    def nothing():
        pass

    class Model:
        width = 3
"""


@pytest.mark.parametrize(
    ("target", "message"),
    [
        (
            "broken:build,width=3",
            "'broken:build,width=3' raises ValueError: no \\x1b[31mwidth 3, at broken.py:6",
        ),
        ("broken:leave", "'broken:leave' raises SystemExit: enough, at broken.py:9"),
        ("broken:silent", "'broken:silent' raises KeyError, at broken.py:12"),
        (
            "broken:anything,b=1,a=2",
            "'broken:anything,b=1,a=2' raises RuntimeError: ['a', 'b'], at broken.py:15",
        ),
        (
            "broken:build,widht=3",
            "build has no argument 'widht'\n  did you mean width? it takes width, depth",
        ),
        ("broken:build", "build needs width\n  give it as broken:build,width=VALUE"),
        ("broken:number,x=1", "number has no argument 'x'\n  it takes no arguments"),
        ("broken:positional", "positional needs x"),
        (
            "broken:number",
            "'broken:number' is of class int\n"
            "  it is to be a keras.Model or an archi.Graph, or a function that returns one",
        ),
        (
            "broken:nothing",
            "'broken:nothing' is of class NoneType\n"
            "  it is to be a keras.Model or an archi.Graph, or a function that returns one",
        ),
        ("broken:Model.width,a=1", "'broken:Model.width' is not called and takes no arguments"),
        ("broken:bild", "'broken' has no 'bild'\n  did you mean build?"),
        ("broken:Model.heigth", "'broken' has no 'heigth'\n  a target is module:attribute"),
        ("brokn:build", "there is no module 'brokn'\n  did you mean broken?"),
        ("broken:build,width", "an argument is written key=value, not 'width'"),
        ("broken:build,a b=1", "an argument is written key=value, not 'a b=1'"),
        ("broken:build,a=1,a=2", "a is given twice in 'broken:build,a=1,a=2'"),
        ("./other.py:build", "there is no file './other.py'"),
        ("broken:", "'broken' has no ''\n  a target is module:attribute"),
        (
            "not a module:x",
            "'not a module' is no name of a module\n"
            "  a target is module:attribute, such as mypkg.models:build or ./net.py:build",
        ),
    ],
)
def test_what_goes_wrong_is_one_message(write, target, message):
    write("broken.py", BROKEN)
    assert error(target) == message


def test_a_module_that_cannot_be_imported(write, tmp_path):
    write("syntax.py", "x = 1\ndef build(:\n")
    assert error("syntax:build") == (
        "can't import 'syntax': SyntaxError: invalid syntax, at syntax.py:2"
    )
    assert error("./syntax.py:build").endswith("SyntaxError: invalid syntax, at syntax.py:2")
    write("leaves.py", "import sys\nsys.exit(3)\n")
    assert error("leaves:build") == "can't import 'leaves': SystemExit: 3, at leaves.py:2"
    write("needs.py", "\nimport no_such_package\n")
    assert error("needs:build") == (
        "can't import 'needs': ModuleNotFoundError: No module named 'no_such_package', "
        "at needs.py:2"
    )
    assert error("no.such.thing:build") == (
        f"there is no module 'no'\n  looked in {tmp_path}, then where Python looks"
    )
    write("pkg/__init__.py", "")
    write("pkg/models.py", "")
    assert error("pkg.modles:build") == "there is no module 'pkg.modles'\n  did you mean models?"
    assert sys.modules.keys() & {"syntax", "leaves", "needs", "pkg.modles"} == set()
    # A file that failed is tried anew.
    write("syntax.py", textwrap.dedent(STATIC))
    assert package.load("./syntax.py:made").totals.params == 16


def test_what_a_graph_says_cannot_be_set(mine):
    assert error("mynet:small", options={"input": (4, 4, 3)}) == (
        "input can't be set for a network written against archi.layers: it is what that says\n"
        "  let a function make it, and give it as mynet:small,input=VALUE"
    )
    assert "batch can't be set for" in error("mynet:made", batch=2)
    assert error("mynet:small", options={"classes": 2}) == (
        "classes can't be set for a Python object: it is what that says"
    )


def test_a_family_s_options_are_checked(mine):
    assert error("./mynet.py:mynet") == (
        "mynet-{depth} needs depth\n  give it as ./mynet.py:mynet,depth=VALUE"
    )
    assert error("./mynet.py:mynet,depth=51") == (
        "depth must be a whole number from 1 to 50, not '51'\n  51\n  ^^\n  try 50"
    )
    assert error("./mynet.py:mynet,depth=2,widht=3").startswith("mynet has no option 'widht'")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("3", 3),
        ("-1", -1),
        ("0.5", 0.5),
        ("1e-3", 1e-3),
        ("true", True),
        ("False", False),
        ("None", None),
        ("32x32x3", (32, 32, 3)),
        ("relu", "relu"),
        ("x", "x"),
        ("3x", "3x"),
        ("'32'", "32"),
        ('"a,b=c"', "a,b=c"),
        ("", ""),
    ],
)
def test_values_of_arguments(write, text, value):
    write("values.py", "def build(value):\n    raise ValueError(repr(value))\n")
    assert repr(value) in error(f"values:build,value={text}")


def test_a_python_file_without_an_attribute_is_explained(mine):
    assert error("./mynet.py") == (
        "'./mynet.py' is Python code; say what in it is the network\n  such as ./mynet.py:build"
    )
    assert error("mynet.py") == (
        "'mynet.py' is Python code; say what in it is the network\n  such as mynet.py:build"
    )


def test_a_family_of_a_file_takes_every_static_command(archi, mine, tmp_path):
    target = "./mynet.py:mynet,depth=2"
    for command in (
        ["summary", target, "--depth", "1"],
        ["plot", target, "-o", str(tmp_path / "net.svg")],
        ["compare", target, "mynet:small"],
        ["diff", target, "./mynet.py:mynet,depth=3"],
        ["check", target, "--params", "2938"],
        ["export", target, "-o", str(tmp_path / "net.json")],
        ["export", target, "-o", str(tmp_path / "net.py")],
    ):
        done = archi(*command)
        assert done.exit_code == 0, (command, done.stderr)


def test_checks_of_a_project_run_in_its_folder(archi, write, tmp_path, monkeypatch):
    write("mynet.py", STATIC)
    write("sub/file.txt", "")
    write("pyproject.toml", '[tool.archi.checks."mynet:small,width=2"]\nparams = 8\n')
    monkeypatch.chdir(tmp_path / "sub")
    done = archi("check")
    assert done.exit_code == 0, done.stderr
    assert os.getcwd() == str(tmp_path / "sub")


def test_the_fixture_of_pytest_takes_them(mine, archi_check):
    archi_check("mynet:small", params=16)
    with pytest.raises(AssertionError):
        archi_check("mynet:small", params=17)
