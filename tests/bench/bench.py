"""Time and memory of whole processes, side by side in one run: archi, Keras, the floor.

    python tests/bench/bench.py

Run by hand; needs TensorFlow and, for Keras's picture, Graphviz. Every row is the median of
several runs, taken in turns so
that a busy machine is unfair to all alike; ratios are what to look at.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time

FLOOR = ["-c", "import click, rich.console, rich.table"]
KERAS = "import keras; keras.applications.{}(weights=None).summary()"
PLOT_MODEL = (  # of the network archi draws, in the form Keras reads
    "import keras; model = keras.models.model_from_json(open('resnet34.json').read());"
    "keras.utils.plot_model(model, 'keras.png', show_shapes=True)"
)
SUBJECTS = {
    "floor: import click, rich": FLOOR,
    "archi summary resnet50": ["-m", "archi", "summary", "resnet50"],
    "keras summary ResNet50": ["-c", KERAS.format("ResNet50")],
    "archi summary nasnet-large": ["-m", "archi", "summary", "nasnet-large"],
    "keras summary NASNetLarge": ["-c", KERAS.format("NASNetLarge")],
    "archi diff resnet50 resnet101": ["-m", "archi", "diff", "resnet50", "resnet101"],
    "archi fit nasnet-a like xception": ["-m", "archi", "fit", "nasnet-a", "--like", "xception"],
    "archi check, ten targets": ["-m", "archi", "check", "--config", "ten.toml"],
    "archi plot resnet34 .png": ["-m", "archi", "plot", "resnet34", "-o", "net.png"],
    "keras plot resnet34 .png": ["-c", PLOT_MODEL],
    "archi plot nasnet-large .png": ["-m", "archi", "plot", "nasnet-large", "-o", "net.png"],
    "archi plot nasnet-large .html": ["-m", "archi", "plot", "nasnet-large", "-o", "net.html"],
}
TEN = (
    "resnet50", "resnet101", "resnet152", "wrn-28-10", "nasnet-large", "nasnet-mobile",
    "nasnet-a-7@1920", "xception", "resnet50v2", "preact-resnet50",
)  # fmt: skip
RIVALS = {
    "archi summary resnet50": "keras summary ResNet50",
    "archi summary nasnet-large": "keras summary NASNetLarge",
    "archi plot resnet34 .png": "keras plot resnet34 .png",
}
DEPTHS = (1252, 2500, 4996, 10_000)  # of wrn-{depth}-4, each about twice the one before
ROUNDS = {"keras": 3, "other": 11}
# As a user has it: an installed package is compiled, and a terminal is 140 columns wide.
ENVIRONMENT = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "COLUMNS": "140"}
ENVIRONMENT.pop("PYTHONDONTWRITEBYTECODE", None)


def run(args: list[str]) -> tuple[float, float]:
    """Run Python once; return seconds and peak memory in MB."""
    start = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, *args],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=ENVIRONMENT,
    )
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    if status:
        raise SystemExit(f"failed: {args}")
    return seconds, usage.ru_maxrss / 1000


def measure(subjects: dict[str, list[str]]) -> dict[str, tuple[float, float]]:
    """Return the median seconds and megabytes of each subject, measured in turns."""
    runs: dict[str, list[tuple[float, float]]] = {name: [] for name in subjects}
    for turn in range(-1, max(ROUNDS.values())):  # turn -1 warms the caches
        for name, args in subjects.items():
            if turn < ROUNDS.get(name.split()[0], ROUNDS["other"]):
                result = run(args)
                if turn >= 0:
                    runs[name].append(result)
    return {
        name: (statistics.median(s for s, _ in each), statistics.median(m for _, m in each))
        for name, each in runs.items()
    }


def main() -> None:
    """Print both tables; what is drawn goes to a temporary folder."""
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        with open("ten.toml", "w") as file:
            file.writelines(f'[tool.archi.checks."{name}"]\nparams = ">1M"\n' for name in TEN)
        run(["-m", "archi", "export", "resnet34", "-o", "resnet34.json"])
        measure_and_print()
        os.chdir("/")


def measure_and_print() -> None:
    """Print the table of commands and that of growing networks."""
    found = measure(SUBJECTS)
    floor = found["floor: import click, rich"][0]
    print(f"{'':33} {'seconds':>8} {'× floor':>8} {'MB':>6} {'Keras is':>11}")
    for name, (seconds, memory) in found.items():
        slower = found[RIVALS[name]][0] / seconds if name in RIVALS else None
        ratio = f"{slower:.1f}× slower" if slower else ""
        print(f"{name:33} {seconds:8.3f} {seconds / floor:8.1f} {memory:6.0f} {ratio:>11}")
    print(f"\n{'':33} {'layers':>8} {'seconds':>8} {'layers/s':>9} {'MB':>6} {'kB/layer':>9}")
    for depth in DEPTHS:
        spec = f"wrn-{depth}-4"
        layers = 7 * (depth - 4) // 2 + 9
        runs = [run(["-m", "archi", "summary", spec]) for _ in range(3)]
        seconds = statistics.median(seconds for seconds, _ in runs)
        memory = statistics.median(memory for _, memory in runs)
        print(
            f"archi summary {spec:19} {layers:8,} {seconds:8.2f} {layers / seconds:9,.0f}"
            f" {memory:6.0f} {1000 * memory / layers:9.1f}"
        )


if __name__ == "__main__":
    main()
