"""The docs are true: every command is there, and every output shown is what it prints."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import examples
import pytest

from archi.cli import main

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def sessions():
    """Every (command, shown output, pyproject.toml) of the console blocks.

    The file is what the last block before it shows that starts with `# pyproject.toml`.
    """
    return list(_sessions())


def _sessions():
    for page in PAGES:
        project = ""
        for kind, block in re.findall(r"^```(\w+)\n(.*?)^```", page.read_text(), re.M | re.S):
            if kind == "toml" and block.startswith("# pyproject.toml\n"):
                project = block
            for part in re.split(r"^\$ ", block, flags=re.M)[1:] if kind == "console" else ():
                command, _, shown = part.partition("\n")
                yield pytest.param(command, shown, project, id=f"{page.name}: {command}")


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


@pytest.mark.parametrize(("command", "shown", "project"), sessions())
def test_shown_output_is_real(archi, command, shown, project, tmp_path, request, monkeypatch):
    words = [word for part in shlex.split(command) for word in expand(part)]
    assert words[0] == "archi"
    if words[1] == "verify":
        request.getfixturevalue("keras")
    monkeypatch.chdir(tmp_path)
    if project:
        (tmp_path / "pyproject.toml").write_text(project)
    examples.make(words, tmp_path)
    done = archi(*words[1:], COLUMNS="80")
    assert re.fullmatch(pattern(shown), done.stdout + done.stderr), done.stdout + done.stderr


def test_every_command_is_documented():
    text = (ROOT / "docs" / "commands.md").read_text()
    documented = re.findall(r"^## archi (\w+)$", text, re.M)
    assert sorted(documented) == main.list_commands(None)


def test_links_lead_somewhere():
    for page in PAGES:
        for link in re.findall(r"\]\(([^)#:]+)\)", page.read_text()):
            assert (page.parent / link).exists(), f"{page.name}: {link}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_python_examples_run(page, request, tmp_path, monkeypatch):
    """All python blocks of a page but fragments (those with `...`), one after the other."""
    blocks = re.findall(r"^```python\n(.*?)^```", page.read_text(), re.M | re.S)
    whole = [block for block in blocks if "    ..." not in block]
    if any("to_keras" in block for block in whole):
        request.getfixturevalue("keras")
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    for block in whole:
        exec(block, names)
