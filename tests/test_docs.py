"""The docs are true: every command is there, and every output shown is what it prints."""

from __future__ import annotations

import re
import shlex
import sys
from pathlib import Path

import pytest
from support import examples

from archi.checks._toml import toml_loads
from archi.cli import main
from archi.families.registry import plugins

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def sessions():
    """Every (command, shown output, files) of the console blocks.

    The files are what the blocks before it show that start with the name of one, as in
    `# pyproject.toml`; the last of a name counts.
    """
    return list(_sessions())


def _sessions():
    for page in PAGES:
        files: dict[str, str] = {}
        for kind, block in re.findall(
            r"^```(\w+)\n(.*?)^```", page.read_text("utf-8"), re.M | re.S
        ):
            name = re.match(r"# (\S+\.(?:toml|py))\n", block)
            if name:
                files = {**files, name[1]: block}
            for part in re.split(r"^\$ ", block, flags=re.M)[1:] if kind == "console" else ():
                command, _, shown = part.partition("\n")
                yield pytest.param(command, shown, files, id=f"{page.name}: {command}")


def pattern(shown: str) -> str:
    """A line `...` stands for any lines, `...` inside a line for anything."""
    lines = []
    for line in shown.splitlines():
        anything = ".*".join(re.escape(part) for part in line.split("..."))
        lines.append("(.*\n)*?" if line == "..." else anything + "\n")
    return "".join(lines)


def expand(word: str) -> list[str]:
    """Expand braces as shells do: `a{b,c}` to `ab` and `ac`."""
    match = re.search(r"\{([^{}]*,[^{}]*)\}", word)
    if not match:
        return [word]
    heads = (word[: match.start()] + each for each in match[1].split(","))
    return [full for head in heads for full in expand(head + word[match.end() :])]


@pytest.fixture
def written(tmp_path, monkeypatch):
    """Write files into the folder that is the current one; what is imported is forgotten after."""
    before = set(sys.modules)
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.chdir(tmp_path)

    def write(files: dict[str, str]) -> None:
        for name, text in files.items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(text)
        entries = toml_loads(files.get("pyproject.toml", "")).get("project", {})
        if "entry-points" in entries:  # what an installer makes of it
            _install(tmp_path, entries["entry-points"])

    yield write
    plugins.cache_clear()
    for name in set(sys.modules) - before:
        if str(getattr(sys.modules[name], "__file__", "")).startswith(str(tmp_path)):
            del sys.modules[name]


def _install(folder: Path, entry_points: dict[str, dict[str, str]]) -> None:
    info = folder / "example-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: example\nVersion: 1.0\n")
    lines = []
    for group, entries in entry_points.items():
        lines += [f"[{group}]", *(f"{name} = {value}" for name, value in entries.items())]
    (info / "entry_points.txt").write_text("\n".join(lines))
    sys.path.insert(0, str(folder))
    plugins.cache_clear()


@pytest.mark.parametrize(("command", "shown", "files"), sessions())
def test_shown_output_is_real(archi, command, shown, files, tmp_path, request, written):
    words = [word for part in shlex.split(command) for word in expand(part)]
    assert words[0] == "archi"
    if words[1] == "verify" or any("import keras" in text for text in files.values()):
        request.getfixturevalue("keras")
    written(files)
    examples.make(words, tmp_path)
    done = archi(*words[1:], COLUMNS="80")
    assert re.fullmatch(pattern(shown), done.stdout + done.stderr), done.stdout + done.stderr


def test_every_command_is_documented():
    text = (ROOT / "docs" / "commands.md").read_text("utf-8")
    documented = re.findall(r"^## archi (\w+)$", text, re.M)
    assert sorted(documented) == main.list_commands(None)


def test_links_lead_somewhere():
    for page in PAGES:
        for link in re.findall(r"\]\(([^)#:]+)\)", page.read_text("utf-8")):
            assert (page.parent / link).exists(), f"{page.name}: {link}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_python_examples_run(page, request, tmp_path, monkeypatch):
    """All python blocks of a page but fragments (those with `...`), one after the other."""
    blocks = re.findall(r"^```python\n(.*?)^```", page.read_text("utf-8"), re.M | re.S)
    whole = [block for block in blocks if not re.search(r"\s\.\.\.$", block, re.M)]
    if any("to_keras" in block or "import keras" in block for block in whole):
        request.getfixturevalue("keras")
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {"__name__": page.stem}
    for block in whole:
        exec(block, names)
