"""Reading what may be hostile: every bound, each with one clear message."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
import time
import zipfile

import h5py
import hostile
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archi.errors import ArchiError, ReadError
from archi.readers import _hdf5, _json
from archi.readers._archive import Archive
from archi.readers._files import open_regular
from archi.readers._hdf5 import quick_contents, read_contents
from archi.readers._hdf5_plain import plain_contents
from archi.readers._json import parse
from archi.scanning import scan

SECONDS, MEGABYTES = 5, 300


def name(case):
    return case.name


# --- what can't be read -----------------------------------------------------------------


@pytest.mark.parametrize("case", hostile.BROKEN, ids=name)
def test_what_cannot_be_read_is_one_clear_message(case, tmp_path):
    path = case.write(tmp_path)
    started = time.monotonic()
    with pytest.raises(ReadError, match=case.says) as caught:
        scan(path)
    assert time.monotonic() - started < SECONDS
    assert "\n" not in str(caught.value)
    assert str(caught.value).isprintable()


WHOLE_PROCESS = """
import re, resource, sys
from archi.cli import main
try:
    main()
finally:
    # ru_maxrss of a process starts with what the one that started it had.
    own = int(re.search(r"VmHWM:\\s*(\\d+) kB", open("/proc/self/status").read())[1])
    child = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    print("MEMORY", (own + child) / 1e3, file=sys.stderr)
"""


def run_scan(path, *options):
    started = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", WHOLE_PROCESS, "scan", path, *options],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    seconds = time.monotonic() - started
    errors, _, memory = done.stderr.rpartition("MEMORY")
    return done, errors, seconds, float(memory)


@pytest.mark.parametrize("case", [*hostile.BROKEN, *hostile.FINDINGS], ids=name)
def test_the_whole_process_stays_within_its_limits(case, tmp_path):
    done, errors, seconds, memory = run_scan(case.write(tmp_path))
    assert done.returncode == (1 if case.rule else 2)
    assert "Traceback" not in errors
    assert errors.startswith("Error: ") != bool(case.rule)
    assert bool(done.stdout) == bool(case.rule)
    assert (seconds < SECONDS, memory < MEGABYTES) == (True, True), (seconds, memory)
