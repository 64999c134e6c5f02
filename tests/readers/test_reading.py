"""Reading what may be hostile: every bound, each with one clear message."""

from __future__ import annotations

import gc
import io
import json
import random
import struct
import subprocess
import sys
import time
import zipfile

import h5py
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import fuzz, hostile

from archi.containers import hdf5 as _hdf5
from archi.containers import hdf5_plain as _hdf5_plain
from archi.containers.archive import Archive
from archi.containers.hdf5 import quick_contents, read_contents
from archi.containers.hdf5_plain import plain_contents
from archi.containers.json import DEPTH, DIGITS, LIMIT, Duplicate, parse
from archi.errors import ReadError
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
# One file a rule, and those that take the most.
ALL = [*hostile.FINDINGS, *hostile.BROKEN]
HEAVY = [c for c in ALL if c.name.startswith("very") or (not c.rule and c.suffix == ".json")]
QUICKLY_SHOWN = list({c.rule or c.name: c for c in [*hostile.FINDINGS, *HEAVY]}.values())
QUICKLY_SHOWN += [c for c in HEAVY if c not in QUICKLY_SHOWN]


def stays_within_limits(case, folder):
    path = case.write(folder)
    started = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", WHOLE_PROCESS, "scan", path],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    seconds = time.monotonic() - started
    errors, _, memory = done.stderr.rpartition("MEMORY")
    assert done.returncode == (1 if case.rule else 2)
    assert "Traceback" not in errors
    assert errors.startswith("Error: ") != bool(case.rule)
    assert bool(done.stdout) == bool(case.rule)
    assert (seconds < SECONDS, float(memory) < MEGABYTES) == (True, True), (seconds, memory)


@pytest.mark.parametrize("case", QUICKLY_SHOWN, ids=name)
def test_the_whole_process_stays_within_its_limits(case, tmp_path):
    stays_within_limits(case, tmp_path)


@pytest.mark.nightly
def test_the_whole_process_stays_within_its_limits_on_every_file(tmp_path):
    for case in ALL:
        stays_within_limits(case, tmp_path)


# --- JSON -----------------------------------------------------------------------------------

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**20), 10**20) | st.floats(-1e99, 1e99) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=30,
)


@given(value=VALUES, ascii=st.booleans(), indent=st.sampled_from([None, 1]))
def test_json_is_read_as_python_reads_it(value, ascii, indent):
    text = json.dumps(value, ensure_ascii=ascii, indent=indent)
    assert parse(text) == parse(text.encode()) == value


def test_json_may_start_with_a_byte_order_mark():
    assert parse(b'\xef\xbb\xbf{"a": 1}') == {"a": 1}


def nested(depth):
    return "[" * depth + "]" * depth


def test_json_bounds_are_exact():
    parse(nested(DEPTH))
    with pytest.raises(ReadError, match=f"nested more than {DEPTH} levels deep"):
        parse(nested(DEPTH + 1))
    assert parse("9" * DIGITS) == int("9" * DIGITS)
    with pytest.raises(ReadError, match=f"a number of more than {DIGITS} digits"):
        parse("9" * (DIGITS + 1))
    parse("[" + " " * (LIMIT - 2) + "]")
    with pytest.raises(ReadError, match=r"larger than 16\.8 MB"):
        parse("[" + " " * (LIMIT - 1) + "]")


def test_what_is_in_strings_counts_for_nothing():
    text = nested(DEPTH + 1) + "9" * (DIGITS + 1) + "NaN 1e999"
    assert parse(json.dumps([text])) == [text]
    tricky = ['"' + "[" * 500, "\\" + "]" * 500, '\\"', "\\\\", '\\\\"[', "[" * 3 * 10**5]
    assert parse(json.dumps(tricky)) == tricky


def test_large_exponents_are_fine_where_they_are_no_overflow():
    assert parse("[1e300, 1E-400, -1.5e+308]") == [1e300, 0.0, -1.5e308]


def test_a_pair_of_surrogates_is_a_character():
    assert parse(r'["\ud83d\ude00", "\\ud800"]') == ["😀", "\\ud800"]


def test_keys_that_are_there_twice_are_told():
    duplicates: list[Duplicate] = []
    value = parse('{"a": 1, "b": {"c": 1, "c": 2, "c": 3}, "a": 4}', duplicates=duplicates)
    assert value == {"a": 4, "b": {"c": 3}}
    assert duplicates == [(value["b"], "c"), (value, "a")]
    assert duplicates[0].owner is value["b"]


def test_reading_json_leaves_the_garbage_collector_as_it_was():
    assert gc.isenabled()
    with pytest.raises(ReadError):
        parse("{")
    assert gc.isenabled()


def test_models_of_keras_nested_deeply_are_not_too_deep(keras):
    with keras.StatelessScope(initialize_variables=False):
        network = keras.Sequential([keras.Input((4,)), keras.layers.Dense(4)])
        for _ in range(50):
            inner = keras.Input((4,))
            network = keras.Model(inner, network(inner))
        text = network.to_json()
    assert parse(text) == json.loads(text)


# --- zip archives -----------------------------------------------------------------------------

NAMES = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=20)


@given(
    members=st.lists(st.tuples(NAMES, st.binary(max_size=500), st.sampled_from([0, 8]))),
    comment=st.binary(max_size=50),
)
def test_an_archive_is_what_zipfile_says_it_is(members, comment, tmp_path_factory):
    path = tmp_path_factory.mktemp("zip") / "a.zip"
    with zipfile.ZipFile(path, "w") as file:
        for member, content, method in members:
            if member not in file.NameToInfo:
                file.writestr(zipfile.ZipInfo(member), content, method)
        file.comment = comment
    with Archive(path) as archive, zipfile.ZipFile(path) as file:
        assert [m.name for m in archive.members] == file.namelist()
        assert archive.overlaps() == []
        for member in archive.members:
            content = file.read(member.name)
            assert archive.find(member.name) == member
            assert archive.read(member, 500) == archive.open(member).read() == content
            assert archive.start_of(member, 10) == content[:10]


def test_archives_with_64_bit_sizes_are_read(tmp_path):
    path = tmp_path / "a.zip"
    with (
        zipfile.ZipFile(path, "w") as file,
        file.open("config.json", "w", force_zip64=True) as part,
    ):
        part.write(b"{}")
    data = path.read_bytes()
    end = data.rindex(b"PK\5\6")
    count, size, offset = struct.unpack_from("<HLL", data, end + 10)
    record = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, count, count, size, offset)
    locator = struct.pack("<4sLQL", b"PK\6\7", 0, end, 1)
    wide = data[: end + 8] + b"\xff" * 12 + data[end + 20 :]
    path.write_bytes(wide[:end] + record + locator + wide[end:])
    with Archive(path) as archive, zipfile.ZipFile(path) as file:
        assert file.namelist() == [m.name for m in archive.members] == ["config.json"]
        assert archive.read(archive.members[0], 10) == b"{}"


def test_damaged_archives_are_refused_or_read_as_zipfile_reads_them(tmp_path):
    path = tmp_path / "a.keras"
    hostile.archive(path, hostile.model(hostile.dense()))
    good = path.read_bytes()
    rng = random.Random(0)
    near = [at for at in range(len(good)) if good[at : at + 2] == b"PK"]
    read = 0
    for _ in range(1000):
        path.write_bytes(fuzz.mutate_bytes(good, rng, near))
        try:
            with Archive(path) as archive:
                mine = [(m.name, m.size, m.packed, m.start) for m in archive.members]
                contents = {m: archive.read(m, 1 << 20) for m in archive.members}
                overlaps = archive.overlaps()
        except ReadError:
            continue
        if overlaps:  # a scan names them; `zipfile` refuses them since Python 3.13
            continue
        with zipfile.ZipFile(path) as file:
            theirs = file.infolist()
            found = [(i.filename, i.file_size, i.compress_size, i.header_offset) for i in theirs]
            assert mine == found
            assert list(contents.values()) == [file.read(info) for info in theirs]
        read += 1
    assert read > 30


def test_a_stored_member_is_read_in_place(tmp_path):
    path = tmp_path / "a.keras"
    content = bytes(range(256)) * 100
    hostile.archive(path, {}, more=[("numbers", content)])
    with Archive(path) as archive:
        file = archive.open(archive.find("numbers"))
        assert file.seek(0, io.SEEK_END) == len(content)
        for at in (0, 5000, 25_590, 30_000):
            file.seek(at)
            assert file.read(20) == content[at : at + 20]
        file.seek(-3, io.SEEK_END)
        assert (file.read(), file.tell()) == (content[-3:], len(content))


def test_a_deflated_member_is_inflated_up_to_a_limit(tmp_path):
    path = tmp_path / "a.keras"
    hostile.archive(path, {})
    hostile.add_member(path, "zeros", hostile.deflated(2 << 20), 2 << 20)
    with Archive(path) as archive, pytest.raises(ReadError, match=r"larger than 1\.05 MB"):
        archive.open(archive.find("zeros"), 1 << 20)


# --- HDF5 ---------------------------------------------------------------------------------------

DTYPES = ("float32", "float16", "float64", "int8", "uint8", "int32", "uint32", "int64", "uint64")


def written(path):
    """A file with every kind of number that Keras writes; returns what is in it."""
    with h5py.File(path, "w") as file:
        file.attrs["keras_version"] = "3.15.1"
        file.attrs["model_config"] = b'{"a": "\xc3\xa9"}'
        file.attrs["backend"] = np.bytes_(b"tensorflow")
        for number, dtype in enumerate(DTYPES):
            shape = (3,) * (number % 4)
            dataset = file.create_dataset(f"layers/layer_{number}/vars/0", shape, dtype)
            dataset[...] = np.ones(shape, dtype)
            dataset.attrs["trainable"] = True
        for number in range(100):  # more than one node of names
            file.create_group(f"many/{number}")
    return {
        f"/layers/layer_{number}/vars/0": ((3,) * (number % 4), dtype)
        for number, dtype in enumerate(DTYPES)
    }


def test_hdf5_contents_are_those_written(tmp_path):
    path = tmp_path / "a.h5"
    wanted = written(path)
    contents = read_contents(path)[""]
    assert {each.path: (each.shape, each.dtype) for each in contents.datasets} == wanted
    assert contents.oddities == []
    assert contents.attributes == {
        "keras_version": "3.15.1", "backend": "tensorflow", "model_config": '{"a": "é"}',
    }  # fmt: skip
    for each in contents.datasets:
        size = np.dtype(each.dtype).itemsize * int(np.prod(each.shape))
        assert (each.declared, each.stored) == (size, size)


def same(plain, real):
    return (plain.attributes, sorted(plain.datasets), plain.oddities) == (
        real.attributes, sorted(real.datasets), real.oddities,
    )  # fmt: skip


def test_plain_files_are_read_without_libhdf5_and_read_the_same(tmp_path, monkeypatch):
    path = tmp_path / "a.h5"
    written(path)
    real = read_contents(path)[""]
    monkeypatch.setattr(_hdf5, "_run_child", None)
    assert same(quick_contents(path)[""], real)


@pytest.mark.parametrize("case", hostile.FINDINGS, ids=name)
def test_no_file_with_an_oddity_is_plain(case, tmp_path):
    path = case.write(tmp_path)
    if case.rule.startswith("h5-"):
        member = "" if case.suffix == ".h5" else case.where.partition(":")[0]
        assert plain_contents(path, [member]) == {}


def unusual(file):
    yield lambda: file.create_dataset("x", (3,), "float32", chunks=(1,))
    yield lambda: file.create_dataset("x", (3,), "float32", compression="gzip")
    yield lambda: file.create_dataset("x", (3,), ">f4")
    yield lambda: file.create_dataset("x", (3,), "bool")
    yield lambda: file.create_dataset("x", (3,), "complex64")
    yield lambda: file.create_dataset("x", (3,), h5py.string_dtype())
    yield lambda: file.create_dataset("x", (), "S3")
    yield lambda: file.create_dataset("x", dtype=h5py.Empty("f").dtype, shape=None)
    yield lambda: file.create_dataset("x", (1 << 40,), "uint8")
    yield lambda: file.__setitem__("x", np.dtype("f4"))
    yield lambda: file.__setitem__("x", file["layers"])
    yield lambda: file["layers"].create_group("x", track_order=True)


def test_whatever_is_out_of_the_ordinary_is_not_plain(tmp_path):
    path = tmp_path / "a.h5"
    count = 12
    for number in range(count):
        written(path)
        with h5py.File(path, "a") as file:
            list(unusual(file))[number]()
        assert plain_contents(path) == {}, number
    for libver in ("v108", "v110", "latest"):
        with h5py.File(path, "w", libver=libver) as file:
            file["x"] = np.ones(3, "float32")
        assert plain_contents(path) == {}
    with h5py.File(path, "w", userblock_size=512) as file:
        file["x"] = np.ones(3, "float32")
    assert plain_contents(path) == {}


def test_the_walker_takes_any_byte_in_a_header(tmp_path):
    path = tmp_path / "a.h5"
    written(path)
    good = path.read_bytes()
    for at in range(1200):  # superblock, root group, its names and attributes
        for value in (0, 255):
            path.write_bytes(good[:at] + bytes([value]) + good[at + 1 :])
            plain_contents(path)


def test_damaged_files_that_are_plain_are_so_to_libhdf5_too(tmp_path, monkeypatch):
    """A long run of this is in `fuzz`."""
    monkeypatch.setattr(_hdf5, "_run_child", fuzz.forked_child)
    path = tmp_path / "a.h5"
    written(path)
    good = path.read_bytes()
    rng = random.Random(0)
    plain = 0
    for _ in range(200):
        path.write_bytes(fuzz.mutate_hdf5(good, rng))
        contents = plain_contents(path).get("")
        if contents:
            try:
                real = read_contents(path)[""]
            except ReadError:  # libhdf5 checks more, such as what is free in a heap
                continue
            assert same(contents, real)
            plain += 1
    assert plain > 10


CHILDREN = {
    "import time; time.sleep(60)": "HDF5 gives no answer within 0.5 s",
    "while True: pass": "HDF5 gives no answer within 0.5 s",
    "import os; os.abort()": "HDF5 can't read it and ended with signal 6",
    "import sys; sys.exit(3)": "HDF5 can't read it and ended with exit code 3",
    "print('{')": "HDF5 gives no answer",
    "print('[]')": "HDF5 gives no answer",
    "print('{\"files\": [{}]}')": "HDF5 gives no answer",
    "print('{\"files\": []}')": "HDF5 gives no answer",
    'print(\'{"error": "it \\\\u001b[31m"}\')': r"it \\x1b\[31m",
    "print('x' * 100_000_000)": "more attributes or objects than archi reads",
}


@pytest.mark.parametrize("code", CHILDREN)
def test_whatever_becomes_of_the_child_is_one_message(code, tmp_path, monkeypatch):
    child = tmp_path / "child.py"
    child.write_text(code)
    monkeypatch.setattr(_hdf5, "_CHILD", str(child))
    monkeypatch.setattr(_hdf5, "SECONDS", 0.5 if "e: pass" in code or "sleep" in code else 5)
    path = tmp_path / "a.h5"
    written(path)
    with pytest.raises(ReadError, match=CHILDREN[code]):
        read_contents(path)


LIMITED = """
import sys
sys.path[:] = {path!r}
from archi.containers import _hdf5_child
import h5py
_hdf5_child._limit()
try:
    {code}
    print("done")
except BaseException as error:
    print(type(error).__name__, error)
"""


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("bytearray(1 << 30)", "MemoryError"),
        ("open('/etc/hostname')", "Too many open files"),
        ("__import__('os').write(1, b'')", "done"),
        ("__import__('socket').socket()", "Too many open files"),
    ],
)
def test_the_child_limits_itself(code, says):
    script = LIMITED.format(path=sys.path, code=code)
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert says in done.stdout


def test_the_child_runs_where_python_finds_nothing_by_itself(tmp_path, monkeypatch):
    """No environment, no working directory: packages are found where this process does."""
    path = tmp_path / "a.h5"
    written(path)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "h5py.py").write_text("raise SystemExit('not this one')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    assert read_contents("a.h5")[""].datasets


def test_the_walker_is_bounded(tmp_path, monkeypatch):
    path = tmp_path / "a.h5"
    written(path)
    for bound in ("OBJECTS", "DEPTH", "READS"):
        with monkeypatch.context() as patch:
            patch.setattr(_hdf5_plain, bound, 1)
            assert plain_contents(path) == {}
