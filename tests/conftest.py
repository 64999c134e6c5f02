"""Shared fixtures: the command line run in this process, and real Keras where it is."""

from __future__ import annotations

import os

import parity
import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


@pytest.fixture
def archi(monkeypatch):
    """Run an archi command; returns click's result with separate stdout and stderr."""
    from click.testing import CliRunner

    from archi.cli import main

    for name in ("COLUMNS", "GITHUB_ACTIONS"):
        monkeypatch.delenv(name, raising=False)

    def run(*args: str, **env: str):
        return CliRunner().invoke(main, args, env=env, catch_exceptions=False)

    return run


@pytest.fixture(scope="session")
def keras():
    """Real Keras; tests that ask for it are skipped where it can't be imported."""
    return parity.any_keras()


@pytest.fixture(scope="session")
def twin_keras():
    """Real Keras of the version whose layers the twins follow in every detail."""
    return parity.keras()
