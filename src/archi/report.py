"""Report: what an analysis found, before anyone decides how it looks.

A report holds `data`, the JSON of the contract, and parts in reading order: tables of
raw values, facts and notes. Renderers in `render/` turn it into text; they add nothing
of their own.
"""

from __future__ import annotations

from typing import Any, NamedTuple


class Column(NamedTuple):
    """A table column: the key in CSV, the title for people, and the kind of its cells.

    Kinds: `text`; `name`, a layer's name; `type`, a class name; `names`, a list of
    names; `count`, an exact integer; `amount`, an integer shown to three digits; `bytes`,
    a number of them; `decimal`, a number with decimals; `figure`, an exact integer or a
    text; `shapes`, a list of shapes with batch axis; `size`, a shape without; `share`, a
    fraction of one; `ratio`, how many times another value; `gauge`, an amount whose size
    should be seen; `deviation`, a signed fraction; `change` and `amount_change`, a count
    and an amount with a sign; `verdict`, words that renderers may colour by the first of
    them. An `optional` column may give way where there is no room, and goes where it is
    empty. Shares, ratios and gauges have bars; those of columns with one `scale` can be
    compared with each other.
    """

    key: str
    title: str
    kind: str = "text"
    optional: bool = False
    scale: str = ""


class Table(NamedTuple):
    """Rows of raw values, one for each column; None is unknown or does not apply."""

    columns: list[Column]
    rows: list[tuple[Any, ...]]
    title: str = ""


class Fact(NamedTuple):
    """One line about the whole: a label, its value, and a remark.

    Values that are a `quantity` stand flush right under each other.
    """

    label: str
    value: str
    remark: str = ""
    quantity: bool = False


class Facts(NamedTuple):
    """Facts that stand together."""

    facts: list[Fact]
    title: str = ""


class Note(NamedTuple):
    """A paragraph; a warning is one the reader should not miss."""

    text: str
    warning: bool = False
    title: str = ""


Part = Table | Facts | Note


class Report:
    """A title, the JSON data, and the parts in reading order; CSV takes the first table."""

    def __init__(self, title: str, data: dict[str, Any], parts: list[Part]) -> None:
        self.title = title
        self.data = data
        self.parts = parts

    @property
    def main_table(self) -> Table:
        """The first table."""
        return next(part for part in self.parts if isinstance(part, Table))

    def __repr__(self) -> str:
        return f"<archi.Report {self.title}>"
