"""`archi scan`: what would happen if Keras loaded a file.

    scan("model.keras").findings   everything; HDF5 is opened in a child process
    quick_scan("model.keras")      what is of high severity, in the time of a summary

Rules are found in the modules of `rules/`: each is one function under `@rule(...)`, which
says all there is to say about it. A rule looks at one thing: an object of the config, the
archive, an HDF5 file, or the JSON text.
"""

from __future__ import annotations

from archi.scanning.findings import Finding, Scan
from archi.scanning.scanner import quick_scan, scan

__all__ = ["Finding", "Scan", "quick_scan", "scan"]
