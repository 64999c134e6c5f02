"""What docs/adding.md says is enough: each thing added by one new file works at once."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

LAYER = '''
"""Layers that scale."""

from archi.graph import Inference, Shape, Weight
from archi.twin.arguments import Integer
from archi.twin.layer import Layer, arg


class Scaled(Layer):
    """Each channel times a weight, and the whole times a number."""

    times: int = arg(Integer(), 1)

    def infer(self, x: Shape) -> Inference:
        return Inference((x,), (Weight("scale", (self.known(x, -1),)),), 0, None)
'''

FAMILY = '''
"""Scaled nets: a convolution and a scale. An example of the tests; nobody has published it."""

from archi.families.registry import Paper, family
from archi.families.options import Int
from archi.layers import Conv2D, Dense, GlobalAveragePooling2D, Scaled


@family(
    "scalednet-{width}",
    paper=Paper("Scaled nets", "A. Reader", 2026, "https://example.org"),
    input=(32, 32, 3),
    classes=10,
    options={"width": Int(1, 512, help="channels")},
    catalogue=("scalednet-8",),
)
def scalednet(x, width, classes, top):
    """Return the output tensor."""
    x = Scaled(name="scale")(Conv2D(width, 3, name="conv")(x))
    return Dense(classes, name="head")(GlobalAveragePooling2D(name="pool")(x)) if top else x
'''


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    """A copy of archi with the files of docs/adding.md, a layer and a family."""
    folder = tmp_path_factory.mktemp("house")
    keep_out = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "src" / "archi", folder / "src" / "archi", ignore=keep_out)
    page = (ROOT / "docs" / "adding.md").read_text("utf-8")
    files = dict(re.findall(r"^```python\n# (\S+)\n(.*?)^```", page, re.M | re.S))
    files["src/archi/layers/scaling.py"] = LAYER
    files["src/archi/families/vision/scalednet.py"] = FAMILY
    for name, text in files.items():
        assert not (folder / name).exists()
        (folder / name).write_text(text)
    return folder


@pytest.mark.parametrize(
    ("command", "shown"),
    [
        ("summary scalednet-8", "Scaled"),
        ("list scalednet", "scalednet-8"),
        ("summary scalednet-8 --format tsv", "scale\tScaled"),
        ("count scalednet-8", "322"),  # 3·3·3·8 + 8, 8, 8·10 + 10
        ("--help", "count"),
    ],
)
def test_one_new_file_is_enough(house, command, shown):
    assert shown in run(house, command)


def test_one_new_file_is_a_format_of_pictures(house, tmp_path):
    run(house, f"plot scalednet-8 --level layer -o {tmp_path / 'net.txt'}")
    assert "conv\nscale\npool" in (tmp_path / "net.txt").read_text("utf-8")


def run(house, command):
    find = f"import sys; sys.path.insert(0, {str(house / 'src')!r})"
    code = f"{find}; from archi.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code, *command.split()], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
