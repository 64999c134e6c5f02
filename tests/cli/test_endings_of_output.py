"""`-o FILE`: the ending of the name says the format, in every command that reports."""

from __future__ import annotations

import json

import pytest

COMMANDS = {
    "summary": ["resnet18"],
    "list": ["resnet18"],
    "info": ["resnet18"],
    "compare": ["resnet18", "resnet34"],
    "diff": ["resnet18", "resnet34"],
    "check": ["resnet18", "--params", "11.7M"],
    "fit": ["wrn", "--params", "1M"],
}


@pytest.mark.parametrize("command", COMMANDS)
def test_the_ending_says_the_format(archi, command, tmp_path):
    for ending, starts in ((".json", "{"), (".csv", ""), (".md", ""), (".txt", ""), ("", "")):
        path = tmp_path / f"out{ending}"
        done = archi(command, *COMMANDS[command], "-o", str(path))
        assert (done.exit_code, done.stdout, done.stderr.count("Warning")) == (0, "", 0)
        text = path.read_text("utf-8")
        format = {".json": "json", ".csv": "csv", ".md": "markdown"}.get(ending, "table")
        assert text == archi(command, *COMMANDS[command], "--format", format).stdout
        assert text.startswith(starts)


def test_format_wins_and_a_clash_is_said(archi, tmp_path):
    path = tmp_path / "net.json"
    done = archi("summary", "resnet18", "--format", "csv", "-o", str(path))
    assert "gets csv, as --format says" in done.stderr
    assert path.read_text("utf-8").startswith("name,")
    done = archi("summary", "resnet18", "--format", "json", "-o", str(path))
    assert done.stderr == ""
    assert json.loads(path.read_text("utf-8"))["model"] == "resnet18"
