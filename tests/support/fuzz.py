"""Structure-aware fuzzing of everything that reads files: only ArchiError may come out.

    PYTHONPATH=tests python -m support.fuzz --inputs 100000 --seed 1

Inputs are the files of `hostile` and genuine ones, mutated in their zip structure, their
JSON or their HDF5 bytes. Each is given to all TARGETS. A traceback, a signal, more than
SECONDS or MEMORY, or anything of the file being run, is a failure; the input is kept.

The child process of HDF5 is forked from this one instead of started anew, with the same
limits, which makes an input take a few milliseconds.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import random
import signal
import struct
import sys
import tempfile
import time
import traceback
import warnings
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

import archi
from archi.analysis.compare import compare
from archi.analysis.summary import summarize
from archi.bridge.code import keras_code
from archi.bridge.config import functional_json
from archi.containers import _hdf5_child
from archi.containers import hdf5 as _hdf5
from archi.containers.hdf5_plain import plain_contents
from archi.diff.difference import difference
from archi.diff.report import diff_report
from archi.errors import ArchiError
from archi.layers import layer_classes
from archi.ops import operation_classes
from archi.pictures.formats import writer
from archi.pictures.plot import Plot
from archi.render import render
from archi.scanning import quick_scan, scan
from archi.scanning.report import scan_report
from archi.scanning.sarif import sarif
from support import hostile, protobuf

KERAS2 = Path(__file__).parent / "keras2"
SECONDS = 5
MEMORY = 2 << 30  # bytes of address space of this process
FORBIDDEN = {
    "exec", "compile", "import", "marshal.loads", "pickle.find_class", "os.system", "os.exec",
    "os.posix_spawn", "os.spawn", "subprocess.Popen", "socket.connect", "ctypes.dlopen",
    "os.remove", "os.rename", "os.mkdir", "os.symlink", "os.link", "shutil.rmtree",
}  # fmt: skip


# --- what is fuzzed ----------------------------------------------------------------------


def scanned(path: Path) -> None:
    """Answers, in every format; a quick scan finds what is of high severity."""
    found = scan(path)
    assert quick_scan(path) == [each for each in found.findings if each.severity == "high"]
    report = scan_report(found)
    json.loads(render(report, "json"))
    json.loads(sarif(found))
    for format in ("csv", "markdown"):
        assert_clean(render(report, format))


def plain_is_right(path: Path) -> None:
    """What is plainly harmless is so to libhdf5, too, and holds the same."""
    plain = plain_contents(path).get("")
    if plain is not None:
        real = _hdf5.read_contents(path)[""]
        assert not real.oddities
        assert plain.attributes == real.attributes
        assert sorted(plain.datasets) == sorted(real.datasets)


def shown(path: Path) -> None:
    """What can be loaded can be shown in every format."""
    graph = archi.load(str(path))
    report = summarize(graph)
    json.loads(render(report, "json"))
    for format in ("csv", "markdown", "table"):
        assert_clean(render(report, format))


def used(path: Path) -> None:
    """What can be loaded can be drawn, compared and exported, or one clear error says why not."""
    graph = archi.load(str(path))
    level, suffix = PICTURES[zlib.crc32(path.read_bytes()) % len(PICTURES)]
    writer(f"net{suffix}")(Plot(graph, level))
    assert difference(graph, graph).changes == []
    for one, other in ((graph, small()), (small(), graph)):
        json.loads(render(diff_report(difference(one, other)), "json"))
        json.loads(render(compare([one, other]), "json"))
    for export in (functional_json, keras_code):
        with suppress(ArchiError):
            assert_clean(export(graph))


PICTURES = list(product(("stage", "block", "layer"), (".svg", ".dot", ".mmd", ".html")))


@cache
def small() -> archi.Graph:
    return archi.load("resnet20")


# Whatever takes a path belongs here.
TARGETS: list[Callable[[Path], None]] = [scanned, shown, used]
HDF5_TARGETS: list[Callable[[Path], None]] = [plain_is_right]


def assert_clean(text: str) -> None:
    for line in text.split("\n"):
        assert line.isprintable(), ascii(line)


# --- mutations -----------------------------------------------------------------------------

NASTY_VALUES: list[Any] = [
    None, True, 0, -1, 1.5, 1e308, 2**63, 10**90, "", "x" * 999, "\x1b[31mred", "[bold]x", "‮evil",
    "=1+1", "a|b`c*", "../../x", "\0", "\ud83d\ude00", [], {}, [[]], [None], {"": {}}, "os",
    "keras", "function", "__lambda__", "Lambda", {"class_name": "__lambda__", "config": {}},
    {"class_name": None, "config": None}, {"class_name": [], "config": [], "module": {}},
    {"class_name": "function", "config": "system", "module": "os", "registered_name": 1},
    {"class_name": "Dense", "config": {"name": "\x07\n"}, "name": {"a": 1}},
]  # fmt: skip
NASTY_KEYS = ["class_name", "config", "module", "name", "registered_name", "layers", "", "\x1b[0m"]
NASTY_TEXT = [
    "[" * 500, "]" * 3, "{", "NaN", "1e999", '"\\ud800"', "\\", '"', "9" * 200, "\x00", "\t",
    '{"a":1,"a":2}', "-Infinity", "\ufeff", "1e", "[" * 390 + "]" * 390,
]  # fmt: skip
NASTY_BYTES = [0, 1, 2, 0x7F, 0x80, 0xFE, 0xFF]
NASTY_NAMES = ["config.json", "../x", "/x", "a\\b", "C:x", "x\x1b[0m", "", "x/", "model.weights.h5"]


def nasty(rng: random.Random) -> Any:
    return json.loads(json.dumps(rng.choice(NASTY_VALUES)))


def mutate_json(text: bytes, rng: random.Random) -> bytes:
    try:
        value = json.loads(text)
    except ValueError:
        return mutate_bytes(text, rng)
    for _ in range(rng.randint(1, 4)):
        value = mutate_value(value, rng)
    try:
        shown = json.dumps(value, ensure_ascii=rng.random() < 0.5)
    except (RecursionError, ValueError):
        return text
    if rng.random() < 0.3:
        at = rng.randrange(len(shown) + 1)
        shown = shown[:at] + rng.choice(NASTY_TEXT) + shown[at:]
    return shown.encode(errors="surrogatepass")


def mutate_value(root: Any, rng: random.Random) -> Any:
    places = [(None, None)]
    stack = [root]
    while stack and len(places) < 2000:
        value = stack.pop()
        if isinstance(value, dict | list):
            items = value.items() if isinstance(value, dict) else enumerate(value)
            places += [(value, key) for key, _ in items]
            stack += [child for _, child in items] if isinstance(value, list) else value.values()
    owner, key = rng.choice(places)
    if owner is None:
        return rng.choice([root, root, [root], {"a": root}, nasty(rng)])
    kind = rng.randrange(5)
    if kind == 0:
        owner[key] = nasty(rng)
    elif kind == 1:
        del owner[key]
    elif kind == 2:
        other, place = rng.choice(places[1:])
        if json.dumps(other[place]).__len__() < 10_000:  # a copy, so that nothing grows round
            owner[key] = json.loads(json.dumps(other[place]))
    elif kind == 3 and isinstance(owner, dict):
        owner[rng.choice(NASTY_KEYS)] = owner.pop(key)
    elif isinstance(owner, dict):
        owner[rng.choice(NASTY_KEYS)] = nasty(rng)
    else:
        owner.insert(key, nasty(rng))
    return root


def mutate_bytes(data: bytes, rng: random.Random, near: list[int] | None = None) -> bytes:
    changed = bytearray(data)
    for _ in range(rng.randint(1, 8)):
        if not changed:
            break
        at = rng.randrange(len(changed))
        if near and rng.random() < 0.8:
            at = min(len(changed) - 1, rng.choice(near) + rng.randrange(64))
        kind = rng.randrange(5)
        if kind < 3:
            changed[at] = rng.choice([*NASTY_BYTES, rng.randrange(256), changed[at] ^ 1])
        elif kind == 3 and len(changed) > at + 8:
            number = rng.choice([0, 1, 8, len(changed), 2**31, 2**32 - 1, 2**63, 2**64 - 1])
            struct.pack_into("<Q", changed, at, number)
        elif rng.random() < 0.3:
            del changed[at : at + rng.randint(1, 64)]
        else:
            source = rng.randrange(len(changed))
            changed[at : at + 8] = changed[source : source + 8]
    return bytes(changed)


def mutate_hdf5(data: bytes, rng: random.Random) -> bytes:
    return mutate_bytes(data, rng, structure_of(data))


_STRUCTURES: dict[bytes, list[int]] = {}


def structure_of(data: bytes) -> list[int]:
    """Where the headers, trees, heaps and names of an HDF5 file are, nearly."""
    if data not in _STRUCTURES:
        marks = [b"TREE", b"HEAP", b"SNOD", b"GCOL", b"OHDR", b"FRHP", b"\1\0\1\0", b"\1\0\2\0"]
        found = [0, 24, 56]
        for mark in marks:
            at = data.find(mark)
            while at >= 0 and len(found) < 500:
                found.append(at)
                at = data.find(mark, at + 1)
        _STRUCTURES[data] = found
    return _STRUCTURES[data]


def mutate_zip(data: bytes, rng: random.Random) -> bytes:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as file:
            members = [(info.filename, file.read(info)) for info in file.infolist()]
    except Exception:
        return mutate_bytes(data, rng)
    for _ in range(rng.randint(1, 3)):
        i = rng.randrange(len(members))
        name, content = members[i]
        kind = rng.randrange(8)
        if kind < 4:
            change = mutate_json if name.endswith(".json") else mutate_hdf5
            members[i] = (name, change(content, rng))
        elif kind == 4:
            members.append((rng.choice([name, *NASTY_NAMES]), content))
        elif kind == 5:
            members[i] = (rng.choice(NASTY_NAMES), content)
        elif kind == 6 and len(members) > 1:
            del members[i]
        else:
            rng.shuffle(members)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name, content in members:
            info = zipfile.ZipInfo(name or "x")
            info.compress_type = rng.choice([0, 0, 0, 8])
            file.writestr(info, content)
    made = buffer.getvalue()
    if rng.random() < 0.5:
        near = [
            made.rfind(b"PK\5\6"),
            *(at for at in range(len(made)) if made[at : at + 3] == b"PK\1"),
        ]
        made = mutate_bytes(made, rng, near)
    return made


def mutate(name: str, data: bytes, rng: random.Random) -> bytes:
    kind = Path(name).suffix
    if rng.random() < 0.02:
        return data[: rng.randrange(len(data) + 1)]
    changes = {".json": mutate_json, ".h5": mutate_hdf5, ".pb": mutate_saved_model}
    return changes.get(kind, mutate_zip)(data, rng)


def mutate_saved_model(data: bytes, rng: random.Random) -> bytes:
    """Change bytes, often those of tags and lengths, or the text of a config."""
    if rng.random() < 0.5:
        marks = [at for at in range(len(data)) if data[at] in b"\x08\x0a\x12\x1a\x22\x2a\x3a"]
        return mutate_bytes(data, rng, marks[:500])
    start, end = data.find(b"{"), data.rfind(b"}") + 1
    text = mutate_json(data[start:end], rng)
    fitting = text[: end - start].ljust(end - start)  # so that the lengths before it are right
    return data[:start] + fitting + data[end:]


def place(folder: Path, stem: str, name: str) -> Path:
    """Where an input of this name is written; the files of SavedModels keep their names."""
    path = folder / (name if name.endswith(".pb") else f"{stem}{Path(name).suffix}")
    path.parent.mkdir(exist_ok=True)
    return path


def saved_models() -> list[tuple[str, bytes]]:
    """What Keras 2 left of a model, in either of its places."""
    document = hostile.model(hostile.dense(), hostile.layer("Gate", "gate"))
    text = json.dumps(document)
    node = protobuf.keras_object(0, "root", "_tf_keras_sequential", text)
    objects = [
        protobuf.holder({"gate": 1, "variables": 2}, "_tf_keras_sequential", text),
        protobuf.holder({"variables": 2}, "_tf_keras_layer", json.dumps(hostile.dense("gate"))),
        protobuf.holder({"0": 3}),
        protobuf.variable("gate/scale:0", [4]),
    ]
    return [
        ("newer/keras_metadata.pb", protobuf.saved_metadata(node)),
        ("older/saved_model.pb", protobuf.saved_model(*objects)),
    ]


# --- the run --------------------------------------------------------------------------------


def seeds(folder: Path) -> list[tuple[str, bytes]]:
    """Every file of the corpus that is not too large, and genuine ones."""
    found = []
    for case in [*hostile.FINDINGS, *hostile.BROKEN]:
        if case.make in (hostile.very_many_names, hostile.a_terabyte_of_nothing):
            continue
        path = case.write(folder)
        if path.is_file() and path.stat().st_mode & 0o100000 and path.stat().st_size < 100_000:
            found.append((path.name, path.read_bytes()))
    plain = folder / "plain.keras"
    hostile.archive(plain, hostile.model(hostile.dense()))
    old = folder / "plain.h5"
    hostile.legacy(old, hostile.model(hostile.dense()), {"loss": "mse"})
    text = json.dumps(hostile.model(hostile.dense())).encode()
    genuine = [(plain.name, plain.read_bytes()), (old.name, old.read_bytes()), ("plain.json", text)]
    texts = [(f"{name}.json", config_of(data)) for name, data in found if name.endswith("keras")]
    old_texts = [(path.name, path.read_bytes()) for path in sorted(KERAS2.glob("*.json"))]
    genuine += saved_models()
    return found + genuine * 10 + old_texts * 2 + [(name, text) for name, text in texts if text]


def config_of(data: bytes) -> bytes:
    """The config alone is much quicker to look at, and as deep."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as file:
            return file.read("config.json")
    except Exception:
        return b""


def forked_child(name: str, task: dict[str, Any], seconds: float) -> bytes:
    """Do what `_hdf5._run_child` does, in a fork of this process."""
    global armed
    ask, answer = os.pipe(), os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
            signal.setitimer(signal.ITIMER_REAL, seconds)
            os.dup2(ask[0], 0)
            os.dup2(answer[1], 1)
            for pipe in (*ask, *answer):
                os.close(pipe)
            armed = False  # it imports codecs, and then can open nothing more
            sys.stdin = io.TextIOWrapper(io.FileIO(0, closefd=False))
            _hdf5_child.main()
        finally:
            os._exit(0)
    os.close(ask[0])
    os.close(answer[1])
    os.write(ask[1], json.dumps(task).encode())
    os.close(ask[1])
    with open(answer[0], "rb") as file:
        said = file.read()
    _, status = os.waitpid(pid, 0)
    if not said:
        raise _hdf5._error(name, f"HDF5 can't read it and ended with status {status}")
    return said


class TookTooLong(Exception):
    """An input took more than SECONDS."""


class RanSomething(Exception):
    """An input made Python do what no reader does."""


armed = warm = False


def forbid(event: str, args: tuple[Any, ...]) -> None:
    """Audit hook: while a target runs, what would run something is an error."""
    if armed and event in FORBIDDEN:
        raise RanSomething(f"{event} {args!r:.200}")


def late(*_: object) -> None:
    raise TookTooLong


def attempt(path: Path, target: Callable[[Path], None]) -> str:
    """Return what became of a target on a file: `answer`, `error`, or a traceback."""
    global armed
    signal.setitimer(signal.ITIMER_REAL, SECONDS)
    try:
        armed = warm
        target(path)
    except ArchiError as error:
        clear = (error.message + error.hint).isprintable()
        return "error" if clear else f"not one clear line: {error!r}"
    except BaseException:
        armed = False
        return traceback.format_exc()
    finally:
        armed = False
        signal.setitimer(signal.ITIMER_REAL, 0)
    return "answer"


def run(inputs: int, seed: int, keep: Path) -> int:
    """Fuzz; return the number of failures."""
    rng = random.Random(seed)
    counts: Counter[str] = Counter()
    started = time.monotonic()
    slowest, where = 0.0, ""
    failed: list[Path] = []
    with tempfile.TemporaryDirectory() as folder:
        files = seeds(Path(folder))
        warm_up(Path(folder), files)
        for number in range(inputs):
            name, data = rng.choice(files)
            path = place(Path(folder), "input", name)
            path.write_bytes(mutate(name, data, rng))
            for target in [*TARGETS, *(HDF5_TARGETS if path.suffix == ".h5" else [])]:
                began = time.monotonic()
                outcome = attempt(path, target)
                seconds = time.monotonic() - began
                if seconds > slowest:
                    slowest, where = seconds, f"{target.__name__} on input {number}, from {name}"
                if outcome not in ("answer", "error"):
                    keep.mkdir(parents=True, exist_ok=True)
                    kept = keep / f"{seed}-{number}{path.suffix}"
                    kept.write_bytes(path.read_bytes())
                    failed.append(kept)
                    print(f"{kept} from {name}, {target.__name__}:\n{outcome}", flush=True)
                    outcome = "failure"
                counts[outcome] += 1
            if number % 10_000 == 9_999:
                print(f"{number + 1:,} inputs, {dict(counts)}", flush=True)
    print(
        f"{inputs:,} inputs of seed {seed} in {time.monotonic() - started:.0f} s: "
        f"{counts['answer']:,} answers, {counts['error']:,} errors, "
        f"{counts['failure']:,} failures; slowest {slowest:.2f} s ({where})"
    )
    if failed:
        print("failed:", *dict.fromkeys(failed))
    return counts["failure"]


def warm_up(folder: Path, files: list[tuple[str, bytes]]) -> None:
    """Import all that reading imports when it is first used; then limit this process."""
    global warm
    import resource

    import h5py  # noqa: F401

    layer_classes()
    operation_classes()
    signal.signal(signal.SIGALRM, late)
    _hdf5._run_child = forked_child
    for name, data in files:
        path = place(folder, "warm", name)
        path.write_bytes(data)
        for target in [*TARGETS, *HDF5_TARGETS]:
            attempt(path, target)
    warm = True
    sys.addaudithook(forbid)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, resource.RLIM_INFINITY))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--inputs", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=Path, default=Path("fuzz-failures"))
    options = parser.parse_args()
    sys.exit(1 if run(options.inputs, options.seed, options.keep) else 0)


if __name__ == "__main__":
    main()
