"""The report of `archi verify`: static numbers beside those of real Keras."""

from __future__ import annotations

from typing import Any

from archi.bridge.verify import Verification
from archi.report import Column, Note, Part, Report, Table

SHOWN = 20  # mismatches listed before "and N more"
WORDS = {
    "layers": "layers",
    "weights": "weight tensors",
    "params": "params",
    "trainable_params": "trainable params",
}


def verification_report(found: Verification) -> Report:
    """Return the report of one verified network."""
    columns = [
        Column("check", "Check"),
        Column("static", "Static", "count"),
        Column("keras", "Keras", "count"),
        Column("verdict", "Verdict", "verdict"),
    ]
    rows: list[tuple[Any, ...]] = []
    for key, static in found.static.items():
        real = found.real[key]
        rows.append((WORDS[key], static, real, "equal" if static == real else "failed"))
    parts: list[Part] = [Table(columns, rows), Note(layers_verdict(found))]
    for name, step in (("Forward pass", found.forward), ("Training step", found.train_step)):
        parts.append(
            Note(f"{name}: {step_verdict(step)}", warning=bool(step and step["ok"] is False))
        )
    parts += [Note(text, warning=True) for text in found.mismatches[:SHOWN]]
    if len(found.mismatches) > SHOWN:
        parts.append(Note(f"and {len(found.mismatches) - SHOWN:,} more", warning=True))
    title = f"{found.target} and Keras {found.keras} on {found.backend}"
    return Report(f"{title}: {_verdict(found)}", data(found), parts)


def _verdict(found: Verification) -> str:
    if not found.ok:
        return "NOT equal"
    return "equal, not run" if found.not_run else "equal"


def layers_verdict(found: Verification) -> str:
    """Say how the comparison layer by layer went."""
    if found.mismatches:
        return f"{len(found.mismatches):,} differences, layer by layer:"
    return (
        f"All {found.static['layers']:,} layers are equal in name, class, output shapes, and "
        "names, shapes and trainability of weights."
    )


def step_verdict(step: dict[str, Any] | None) -> str:
    """Say how a step of the real model went."""
    if step is None:
        return "not run"
    if "not_run" in step:
        return f"not run, this machine can't: {step['not_run']}"
    if "error" in step:
        return f"failed, {step['error']}"
    if "loss" in step:
        moved = f"{step['changed']} of {step['kernels']} kernels changed, loss {step['loss']:.4g}"
        return f"{'ok' if step['ok'] else 'failed'}, {moved}"
    shapes = ", ".join("×".join(map(str, shape)) for shape in step["shapes"])
    finite = "finite" if step["finite"] else "not finite"
    return f"{'ok' if step['ok'] else 'failed'}, {finite} output {shapes}"


def data(found: Verification) -> dict[str, Any]:
    """Return the contract's JSON of `archi verify`."""
    return {
        "schema": 1,
        "ok": found.ok,
        "target": found.target,
        "keras": found.keras,
        "backend": found.backend,
        "params": {"static": found.static["params"], "keras": found.real["params"]},
        "mismatches": found.mismatches,
        "forward": found.forward or {"ok": None},
        "train_step": found.train_step or {"ok": None},
    }


def catalogue_report(results: list[Verification]) -> Report:
    """Return the report of `archi verify --all`: a row for each network."""
    columns = [
        Column("name", "Name", "name"),
        Column("layers", "Layers", "count"),
        Column("params", "Params", "count"),
        Column("comparison", "Comparison", "verdict"),
        Column("forward", "Forward pass", "verdict"),
        Column("train_step", "Training step", "verdict"),
    ]
    rows = [
        (
            found.target,
            found.static["layers"],
            found.static["params"],
            f"failed, {found.mismatches[0]}" if found.mismatches else "equal",
            _short(found.forward),
            _short(found.train_step),
        )
        for found in results
    ]
    held = sum(found.ok for found in results)
    document = {
        "schema": 1,
        "ok": held == len(results),
        "results": [data(found) for found in results],
    }
    return Report(f"{held} of {len(results)} architectures hold", document, [Table(columns, rows)])


def _short(step: dict[str, Any] | None) -> str:
    if step is None or step["ok"]:
        return "not run" if step is None else "ok"
    return step_verdict(step)
