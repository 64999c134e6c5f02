"""Shared fixtures: the command line run in this process, and real Keras where it is."""

from __future__ import annotations

import gc
import os

import pytest
from hypothesis import settings
from support import parity

# The same examples every time, and time is not what they are about.
settings.register_profile("archi", derandomize=True, deadline=None)
settings.load_profile("archi")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

# Networks that Keras takes seconds to build, of families whose smaller ones are tested always.
LARGE = {
    "convnext-base",
    "convnext-large",
    "convnext-small",
    "convnext-xlarge",
    "densenet169",
    "densenet201",
    "densenet264",
    "efficientnet-b1",
    "efficientnet-b2",
    "efficientnet-b3",
    "efficientnet-b4",
    "efficientnet-b5",
    "efficientnet-b6",
    "efficientnet-b7",
    "efficientnet-v2-b1",
    "efficientnet-v2-b2",
    "efficientnet-v2-b3",
    "efficientnet-v2-l",
    "efficientnet-v2-m",
    "maxvit-b",
    "maxvit-l",
    "maxvit-s",
    "maxvit-xl",
    "preact-resnet1001",
    "resnet101v2",
    "resnet1202",
    "resnet152",
    "resnet152v2",
    "swin-b",
    "swin-l",
    "swin-s",
    "swin-v2-b",
    "swin-v2-l",
    "swin-v2-s",
    "vit-h-14",
    "vit-l-16",
    "vit-l-32",
}


@pytest.hookimpl(tryfirst=True)  # before tests are chosen by their markers
def pytest_collection_modifyitems(items):
    """Leave tests that build large networks with real Keras to the night."""
    for item in items:
        call = getattr(item, "callspec", None)  # what a test is parametrised with
        if call and "keras" in item.fixturenames and call.params.get("spec") in LARGE:
            item.add_marker(pytest.mark.nightly)


@pytest.fixture
def archi(monkeypatch):
    """Run an archi command; returns click's result with separate stdout and stderr."""
    from click.testing import CliRunner

    from archi.cli import main

    for name in ("COLUMNS", "GITHUB_ACTIONS"):
        monkeypatch.delenv(name, raising=False)

    def run(*args: str, **env: str):
        try:
            return CliRunner().invoke(main, args, env=env, catch_exceptions=False)
        finally:
            gc.enable()  # which commands leave to the end of the process

    return run


@pytest.fixture(scope="session")
def keras():
    """Real Keras; tests that ask for it are skipped where it can't be imported."""
    return parity.any_keras()


@pytest.fixture(scope="session")
def twin_keras():
    """Real Keras of the version whose layers the twins follow in every detail."""
    return parity.keras()
