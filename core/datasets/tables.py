"""Tables of numbers to regress on: the diabetes patients, or a CSV file that the reader names.

>>> table = read_table(Source(name="diabetes"))
>>> table.x.shape, table.target, table.names[2]
((442, 10), 'progression', 'BMI')
>>> parse_table("a;b;c\\n1;2;3\\n1;x;3\\n", "mine.csv")
Traceback (most recent call last):
    ...
core.datasets.files.DataError: mine.csv, line 3: expected a number for b, found “x”.
"""

from __future__ import annotations

from pathlib import Path
from typing import TypeAlias

import numpy as np
from msgspec import Struct

from core.config import Source
from core.datasets.files import DataError, csv_lines, finite_number, quoted, read_text
from core.trace import freeze

__all__ = ["FEWEST_ROWS", "MOST_COLUMNS", "MOST_ROWS", "TABLES", "Table", "parse_table", "read_table"]

Array: TypeAlias = np.ndarray

FOLDER = Path(__file__).resolve().parents[2] / "resources" / "datasets"

TABLES = ("diabetes",)
"""The bundled tables by name."""

MOST_BYTES = 20_000_000
MOST_ROWS, MOST_COLUMNS = 20_000, 100
FEWEST_ROWS = 10
LARGEST = 1e9
"""What a file may hold at most, a row at least, and the largest number that is taken."""


class Table(Struct, frozen=True, eq=False):
    """What is predicted from what.

    Attributes:
        x: (n, p), a column for each of `names`.
        y: (n,), the column `target`.
    """

    names: tuple[str, ...]
    target: str
    x: Array
    y: Array


def read_table(source: Source) -> Table:
    """A bundled table by name, or a CSV file. DataError if it cannot be used."""
    if source.path:
        return parse_table(read_text(source, MOST_BYTES), Path(source.path).name)
    if source.name not in TABLES:
        raise DataError(f"There is no table {quoted(source.name)}; there are {', '.join(TABLES)}.")
    return parse_table((FOLDER / f"{source.name}.csv").read_text(encoding="utf-8"), f"{source.name}.csv")


def parse_table(text: str, name: str) -> Table:
    """A table from the text of a CSV file; the last column is the one to be predicted.

    Columns are separated by commas, semicolons or tabs; beside semicolons and tabs a decimal comma is read.
    A first line in which something is no number names the columns. Every other cell must be a number.
    """
    delimiter = next((mark for mark in ";\t" if mark in text.strip().partition("\n")[0]), ",")
    names: tuple[str, ...] = ()
    rows: list[list[float]] = []
    for line, cells in csv_lines(text, delimiter, name):
        where = f"{name}, line {line}"
        numbers = [finite_number(cell, delimiter) for cell in cells]
        if not names:
            if not 2 <= len(cells) <= MOST_COLUMNS + 1:
                raise DataError(f"{where}: expected 2 to {MOST_COLUMNS + 1} columns, found {len(cells)}.")
            is_header = None in numbers
            names = _named(cells if is_header else [""] * len(cells))
            if is_header:
                continue
        if len(cells) != len(names):
            raise DataError(f"{where}: expected {len(names)} columns, found {len(cells)}.")
        for value, cell, column in zip(numbers, cells, names, strict=True):
            if value is None or abs(value) > LARGEST:
                raise DataError(f"{where}: expected a number for {column}, found {quoted(cell)}.")
        if len(rows) == MOST_ROWS:
            raise DataError(f"{where}: expected at most {MOST_ROWS:,} rows, found more.")
        rows.append([value for value in numbers if value is not None])
    if len(rows) < FEWEST_ROWS:
        raise DataError(f"{name}: expected at least {FEWEST_ROWS} rows of numbers, found {len(rows)}.")
    return _table(names, np.array(rows), name)


def _named(cells: list[str]) -> tuple[str, ...]:
    """Names of columns; those that have none are numbered, and of equal ones the later ones."""
    names: list[str] = []
    for number, cell in enumerate(cells, 1):
        wanted = " ".join(cell.split())[:40] or f"column {number}"
        names.append(f"{wanted} ({number})" if wanted in names else wanted)
    return tuple(names)


def _table(names: tuple[str, ...], values: Array, name: str) -> Table:
    x, y = values[:, :-1], values[:, -1]
    if np.ptp(y) == 0:
        raise DataError(f"{name}: expected a last column that varies, found {y[0]:g} in every row.")
    if (np.ptp(x, axis=0) == 0).all():
        raise DataError(f"{name}: expected columns that vary, found none beside the last.")
    return Table(names[:-1], names[-1], freeze(np.ascontiguousarray(x)), freeze(np.ascontiguousarray(y)))
