"""Points from a file that the reader names: checked line by line, refused in one sentence."""

from __future__ import annotations

import csv
import hashlib
import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from core.config import Source
from core.datasets.points import Points

MOST_BYTES = 2_000_000
"""The largest file of points that is read."""

MOST_POINTS = 5_000
"""The largest number of points that is taken."""


class DataError(ValueError):
    """Data that cannot be used, told in one sentence: file, line, what was found, what was expected."""


def read_points(source: Source) -> Points:
    """The points of a CSV file x, y, label. DataError if it cannot be used."""
    return parse_points(read_text(source, MOST_BYTES), Path(source.path).name)


def read_text(source: Source, most: int) -> str:
    """A file's text: at most so many bytes of UTF-8, as they were when it was chosen. DataError otherwise."""
    path = Path(source.path)
    raw = read_bytes(path, most)
    if source.sha256 and hashlib.sha256(raw).hexdigest() != source.sha256:
        raise DataError(f"{path.name}: expected the file as it was when it was chosen, found it changed.")
    return decoded(raw, path.name)


def read_bytes(path: Path, most: int) -> bytes:
    """What a file holds. DataError if it cannot be read, or holds more than `most` bytes."""
    try:
        with path.open("rb") as file:
            raw = file.read(most + 1)
    except OSError as error:
        why = (error.strerror or "no reason given").lower()
        raise DataError(f"{path.name}: cannot be read ({why}).") from None
    if len(raw) > most:
        raise DataError(f"{path.name}: expected at most {most:,} bytes, found more.")
    return raw


def decoded(raw: bytes, name: str, errors: str = "strict") -> str:
    """UTF-8 as text, a byte order mark dropped. DataError names the line where it is none."""
    try:
        return raw.decode("utf-8-sig", errors)
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise DataError(f"{name}, line {line}: expected text in UTF-8, found other bytes.") from None


def parse_points(text: str, name: str) -> Points:
    """Points from the text of a CSV file: x, y and a label per line.

    Columns are separated by commas, semicolons or tabs; beside semicolons and tabs a decimal comma is read.
    A first line without numbers is a header. There must be exactly two different labels, of any kind; the
    smaller (as a number, else in the alphabet) is class 0. The coordinates are kept as they are.
    """
    delimiter = next((mark for mark in ";\t" if mark in text), ",")
    rows: list[tuple[float, float]] = []
    labels: list[str] = []
    header = False
    for line, cells in csv_lines(text, delimiter, name):
        where = f"{name}, line {line}"
        if len(cells) != 3:
            raise DataError(f"{where}: expected 3 columns (x, y, label), found {len(cells)}.")
        x, y = (finite_number(cell, delimiter) for cell in cells[:2])
        if x is None and y is None and not rows and not header:
            header = True
            continue
        for number, cell, axis in ((x, cells[0], "x"), (y, cells[1], "y")):
            if number is None or abs(number) > 1e9:
                raise DataError(f"{where}: expected a number for {axis}, found {quoted(cell)}.")
        if not cells[2]:
            raise DataError(f"{where}: expected a label, found nothing.")
        if len(rows) == MOST_POINTS:
            raise DataError(f"{where}: expected at most {MOST_POINTS:,} points, found more.")
        rows.append((x or 0.0, y or 0.0))
        labels.append(cells[2])
    return _two_classes(rows, labels, name)


def csv_lines(text: str, delimiter: str, name: str) -> Iterator[tuple[int, list[str]]]:
    """The number and the cells of each line that is not empty."""
    reader = csv.reader(text.splitlines(), delimiter=delimiter, strict=True)
    while True:
        try:
            cells = [cell.strip() for cell in next(reader)]
        except StopIteration:
            return
        except csv.Error as error:
            raise DataError(f"{name}, line {reader.line_num}: not readable as CSV ({error}).") from None
        if any(cells):
            yield reader.line_num, cells


def _two_classes(rows: list[tuple[float, float]], labels: list[str], name: str) -> Points:
    if len(rows) < 4:
        raise DataError(f"{name}: expected at least 4 points, found {len(rows)}.")
    kinds = sorted(set(labels), key=_order)
    if len(kinds) != 2:
        shown = ", ".join(map(quoted, kinds[:4])) + (", ..." if len(kinds) > 4 else "")
        raise DataError(f"{name}: expected two different labels, found {len(kinds)} ({shown}).")
    return Points(np.array(rows), np.array([kinds.index(label) for label in labels]))


def finite_number(cell: str, delimiter: str) -> float | None:
    """A finite number, or None; the decimal comma where commas do not separate."""
    try:
        value = float(cell.replace(",", ".") if delimiter != "," else cell)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _order(label: str) -> tuple[bool, float, str]:
    number = finite_number(label, ",")
    return (number is None, number or 0.0, label)


def quoted(text: str) -> str:
    return f"“{text[:30]}{'…' if len(text) > 30 else ''}”" if text else "nothing"
