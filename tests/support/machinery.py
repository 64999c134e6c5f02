"""A contract for import-linter: a module named `_x` is imported within its own folder alone."""

from __future__ import annotations

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, output


class Machinery(Contract):
    """No module imports another folder's `_machinery`; a folder's own folders may."""

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        strays = []
        for module in sorted(graph.modules):
            folder, _, name = module.rpartition(".")
            if not name.startswith("_") or name.startswith("__"):
                continue
            for importer in sorted(graph.find_modules_that_directly_import(module)):
                if importer != folder and not importer.startswith(f"{folder}."):
                    strays.append(f"{importer} imports {module}")
        return ContractCheck(kept=not strays, metadata={"strays": strays})

    def render_broken_contract(self, check: ContractCheck) -> None:
        for stray in check.metadata["strays"]:
            output.print_error(f"- {stray}", bold=False)
