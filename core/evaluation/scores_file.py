"""A reader's CSV of labels and scores: read fast and in little memory, or refused in one sentence.

A table has a line for each case and a first line that names its columns: `label` and `score`, in any order,
among any others; a second score column (`score_b`) is a second classifier on the same cases. Without such a
line the columns are label, score and perhaps a second score. Commas, semicolons and tabs separate; beside the
latter two a decimal comma is read. UTF-8, with or without a byte-order mark; cells may be quoted.

The file is read in blocks, each by NumPy's own reader; a block with anything unusual in it is read again line
by line, which finds the line to name. No more is ever held than a block, a line, and the cases so far.
"""

from __future__ import annotations

import csv
import hashlib
import io
import math
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.config import Source
from core.datasets.files import DataError

__all__ = ["MOST_ROWS", "ScoresTable", "read_scores", "reading"]

BLOCK = 1 << 22
"""Bytes read at a time."""

PIECE = 1 << 14
"""Bytes about which something unusual has its surroundings read line by line."""

LONGEST_LINE = 1 << 16
"""Bytes that a line may have."""

WIDEST_LABEL = 32
"""Bytes of a label that a block may hold; wider ones are read line by line."""

MOST_ROWS = 20_000_000
"""Cases that are taken."""

LABELS = ("label", "y_true", "y", "class", "target", "truth", "actual")
SCORES = ("score", "y_score", "score_a", "probability", "prob", "prediction", "y_prob")
SECONDS = ("score_b", "score_2", "score2", "second")
"""Names of columns, in small letters, the first of each being the one that sentences name."""

POSITIVE = ("1", "true", "yes", "positive", "pos", "spam", "sick", "fraud", "p", "y", "t")
"""Labels in words that are the positive one of two."""


class ScoresTable(NamedTuple):
    """Cases of a file: `positive` (n,) booleans; `scores` (k, n) of one or two classifiers."""

    positive: NDArray[np.bool_]
    scores: NDArray[np.float64]
    positive_label: str
    negative_label: str
    names: tuple[str, ...]


def read_scores(source: Source | str | Path) -> ScoresTable:
    """The cases of a CSV file. DataError if it cannot be used, or is not the file that it was."""
    *_, table = reading(source)
    assert table is not None
    return table


def reading(source: Source | str | Path) -> Iterator[ScoresTable | None]:
    """`read_scores` block by block: None after each, the table at the end."""
    if not isinstance(source, Source):
        source = Source(path=str(source))
    path = Path(source.path)
    digest = hashlib.sha256()
    table = _Table(path.name)
    try:
        if not path.is_file():
            raise DataError(f"{path.name}: expected a file, found none of that name.")
        with path.open("rb") as file:
            rest = b""
            while block := file.read(BLOCK):
                if source.sha256:
                    digest.update(block)
                rest = table.take(rest + block)
                yield None
        table.take(rest + b"\n")
    except OSError as error:
        why = (error.strerror or "no reason given").lower()
        raise DataError(f"{path.name}: cannot be read ({why}).") from None
    if source.sha256 and digest.hexdigest() != source.sha256:
        raise DataError(f"{path.name}: expected the file as it was when it was chosen, found it changed.")
    yield table.finish()


class _Columns(NamedTuple):
    """Where things stand in a line."""

    delimiter: str
    width: int
    label: int
    scores: tuple[int, ...]
    names: tuple[str, ...]


class _Table:
    """What has been read so far."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.line = 0  # lines behind us
        self.rows = 0
        self.columns: _Columns | None = None
        self.labels: list[str] = []
        self._spellings: dict[str, int] = {}
        self._codes: list[NDArray[np.uint8]] = []
        self._values: list[NDArray[np.float64]] = []
        self._started = False

    def take(self, data: bytes) -> bytes:
        """Read the whole lines of some data; the rest of it, which has no end yet."""
        if not self._started:
            self._started = True
            if data.startswith((b"\xff\xfe", b"\xfe\xff")):
                raise DataError(f"{self.name}, line 1: expected text in UTF-8, found UTF-16.")
            data = data.removeprefix(b"\xef\xbb\xbf")
        cut = data.rfind(b"\n") + 1
        if not cut and b"\r" in data[:-1]:  # a file with carriage returns alone
            cut = data.rfind(b"\r", 0, -1) + 1
        if len(data) - cut > LONGEST_LINE:
            raise self._too_long(self.line + data.count(b"\n", 0, cut) + 1)
        if cut:
            self._lines(data[:cut])
        return data[cut:]

    def _too_long(self, line: int) -> DataError:
        return DataError(f"{self.name}, line {line}: expected at most {LONGEST_LINE:,} bytes, found more.")

    def _lines(self, data: bytes) -> None:
        if b"\r" in data:
            data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        if b"\0" in data:
            at = self.line + data.count(b"\n", 0, data.index(b"\0")) + 1
            raise DataError(f"{self.name}, line {at}: expected text, found a byte of 0.")
        while self.columns is None and data:
            head, _, data = data.partition(b"\n")
            self._first(head)
        if data and not self._block(data):
            for piece in _pieces(data, PIECE):  # most of them are as usual
                if not self._block(piece):
                    self._one_by_one(piece)

    # --- the first line --------------------------------------------------------------------------

    def _first(self, head: bytes) -> None:
        """Find the columns from the first line that is not empty; it is a case unless it names them."""
        text = self._text(head, self.line + 1)
        delimiter = next((mark for mark in ";\t" if mark in text), ",")
        cells = self._cells(text, delimiter, self.line + 1)
        if not any(cells):
            self.line += 1
            return
        self.columns = self._named(cells, delimiter)
        if self.columns is None:
            self.columns = self._unnamed(cells, delimiter)
            self._one_by_one(head + b"\n")
        else:
            self.line += 1

    def _named(self, cells: list[str], delimiter: str) -> _Columns | None:
        """Columns by their names; None for a line that is a case."""
        if len(cells) in (2, 3) and all(_number(cell, delimiter) is not None for cell in cells[1:]):
            return None
        names = [cell.lower() for cell in cells]
        found = [
            next((names.index(n) for n in known if n in names), -1) for known in (LABELS, SCORES, SECONDS)
        ]
        if -1 in found[:2]:
            shown = ", ".join(_quoted(cell) for cell in cells[:6]) + (", …" if len(cells) > 6 else "")
            wanted = "“label”" if found[0] < 0 else f"“score” beside “{cells[found[0]]}”"
            raise DataError(f"{self.name}, line {self.line + 1}: expected a column {wanted}, found {shown}.")
        scores = tuple(at for at in found[1:] if at >= 0)
        return _Columns(delimiter, len(cells), found[0], scores, tuple(cells[at] for at in scores))

    def _unnamed(self, cells: list[str], delimiter: str) -> _Columns:
        scores = tuple(range(1, len(cells)))
        return _Columns(delimiter, len(cells), 0, scores, ("score", "score_b")[: len(scores)])

    # --- a block at once -------------------------------------------------------------------------

    def _block(self, data: bytes) -> bool:
        """Take a block of whole lines by NumPy's reader; False, and nothing taken, if any is unusual."""
        columns = self.columns
        assert columns is not None
        ends = np.flatnonzero(np.frombuffer(data, np.uint8) == 10)
        if b"\n\n" in data or data.startswith(b"\n") or np.diff(ends, prepend=-1).max() > LONGEST_LINE:
            return False
        if columns.delimiter != ",":
            data = data.replace(b",", b".")
        widest = max((len(known.encode()) for known in self._spellings), default=0)
        kinds = {columns.label: f"S{widest + 1 + 8 * (b' ' in data)}", **dict.fromkeys(columns.scores, "f8")}
        kind = np.dtype([(f"c{at}", kinds.get(at, "S1")) for at in range(columns.width)])
        try:
            rows = np.loadtxt(
                io.StringIO(data.decode("latin-1")), kind, delimiter=columns.delimiter, comments=None,
                quotechar='"' if b'"' in data else None, ndmin=1,
            )  # fmt: skip
        except ValueError:
            return False
        values = np.stack([rows[f"c{at}"] for at in columns.scores])
        codes = self._coded(rows[f"c{columns.label}"], b" " in data)
        if len(rows) != len(ends) or codes is None or not np.isfinite(values).all():
            return False
        self._append(codes, values)
        self.line += len(ends)
        return True

    def _coded(self, cells: NDArray[np.bytes_], blanks: bool) -> NDArray[np.uint8] | None:
        """Which of the labels each cell is; None if there is another one, or one to be looked at."""
        if blanks:
            cells = np.strings.strip(cells)
        codes = np.full(len(cells), 255, np.uint8)
        for spelling, code in self._spellings.items():
            codes[cells == spelling.encode()] = code
        return None if (codes == 255).any() else codes

    def _append(self, codes: NDArray[np.uint8], values: NDArray[np.float64]) -> None:
        self.rows += len(codes)
        if self.rows > MOST_ROWS:
            raise DataError(
                f"{self.name}, after line {self.line}: expected at most {MOST_ROWS:,} cases, found more."
            )
        self._codes.append(codes)
        self._values.append(values)

    # --- line by line ----------------------------------------------------------------------------

    def _one_by_one(self, data: bytes) -> None:
        """Take lines with all that is unusual in them, and refuse the first that cannot be taken."""
        columns = self.columns
        assert columns is not None
        codes: list[int] = []
        values: list[tuple[float, ...]] = []
        for raw in data.splitlines():
            self.line += 1
            if len(raw) > LONGEST_LINE:
                raise self._too_long(self.line)
            cells = self._cells(self._text(raw, self.line), columns.delimiter, self.line)
            if not any(cells):
                continue
            where = f"{self.name}, line {self.line}"
            if len(cells) != columns.width:
                raise DataError(f"{where}: expected {columns.width} columns, found {len(cells)}.")
            codes.append(self._code(cells[columns.label], where))
            values.append(tuple(self._score(cells[at], columns.delimiter, where) for at in columns.scores))
        if codes:
            self._append(np.array(codes, np.uint8), np.array(values, np.float64).T)

    def _text(self, raw: bytes, line: int) -> str:
        try:
            return raw.decode("utf-8")
        except UnicodeDecodeError:
            raise DataError(f"{self.name}, line {line}: expected text in UTF-8, found other bytes.") from None

    def _cells(self, text: str, delimiter: str, line: int) -> list[str]:
        if '"' not in text:
            return [cell.strip() for cell in text.split(delimiter)]
        try:
            return [c.strip() for c in next(csv.reader([text], delimiter=delimiter, strict=True))]
        except csv.Error as error:
            raise DataError(f"{self.name}, line {line}: not readable as CSV ({error}).") from None

    def _code(self, cell: str, where: str) -> int:
        if not cell:
            raise DataError(f"{where}: expected a label, found nothing.")
        label = _plain(cell)
        if label not in self.labels:
            if len(self.labels) == 2:
                known = " or ".join(map(_quoted, self.labels))
                raise DataError(f"{where}: expected the label {known}, found {_quoted(cell)}.")
            self.labels.append(label)
        code = self.labels.index(label)
        if len(self._spellings) < 8 and len(cell.encode()) <= WIDEST_LABEL:
            self._spellings[cell] = code
        return code

    def _score(self, cell: str, delimiter: str, where: str) -> float:
        value = _number(cell, delimiter)
        if value is None:
            raise DataError(f"{where}: expected a number for the score, found {_quoted(cell)}.")
        return value

    # --- the end ---------------------------------------------------------------------------------

    def finish(self) -> ScoresTable:
        if not self.rows:
            raise DataError(f"{self.name}: expected a label and a score in each line, found no case.")
        if len(self.labels) < 2:
            only = _quoted(self.labels[0])
            raise DataError(f"{self.name}: expected two different labels, found only {only}.")
        assert self.columns is not None
        positive = _positive(self.labels)
        codes, values = np.concatenate(self._codes), np.concatenate(self._values, axis=1)
        return ScoresTable(
            codes == positive, values, self.labels[positive], self.labels[1 - positive], self.columns.names
        )


def _pieces(data: bytes, size: int) -> Iterator[bytes]:
    """Whole lines, about so many bytes at a time."""
    at = 0
    while at < len(data):
        end = data.find(b"\n", at + size) + 1 or len(data)
        yield data[at:end]
        at = end


def _positive(labels: list[str]) -> int:
    """Which of two labels is positive: a word for yes, else the larger number, else the later word."""
    words = [label.lower() in POSITIVE for label in labels]
    if words[0] != words[1]:
        return words.index(True)
    numbers = [_number(label, ",") for label in labels]
    order = numbers if None not in numbers else labels
    return int(order[1] > order[0])  # type: ignore[operator]


def _plain(cell: str) -> str:
    """A label as it is known: 1.0 is 1."""
    value = _number(cell, ",")
    return cell if value is None or value != int(value) else str(int(value))


def _number(cell: str, delimiter: str) -> float | None:
    """A finite number, or None; the decimal comma where commas do not separate."""
    if "_" in cell:
        return None
    try:
        value = float(cell.replace(",", ".") if delimiter != "," else cell)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _quoted(text: str) -> str:
    return f"“{text[:30]}{'…' if len(text) > 30 else ''}”" if text else "nothing"
