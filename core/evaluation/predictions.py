"""Predictions with stated confidences from a reader's file: read right, or refused by line in one sentence.

CSV: a line for each answer, the first line naming the columns `id`, `confidence` and `correct` in any order,
among any others; without such a line the columns are those three. Commas, semicolons or tabs separate; beside
the latter two a decimal comma is read. JSON: a list of objects with these keys, one such object per line, or
an object that maps ids to them.

Confidences are shares from 0 to 1 if none is above 1, else percent, up to 100; `correct` is 1 or 0, true or
false, yes or no.
"""

from __future__ import annotations

import functools
import json
import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.config import Source
from core.datasets.files import DataError, csv_lines, read_text
from core.trace import freeze

__all__ = ["Predictions", "parse_predictions", "read_predictions"]

MOST_BYTES = 20_000_000
MOST_ANSWERS = 100_000

COLUMNS = ("id", "confidence", "correct")
RIGHT = ("1", "1.0", "true", "yes", "right", "correct")
WRONG = ("0", "0.0", "false", "no", "wrong", "incorrect")


class Predictions(NamedTuple):
    """Answers in the order of the file."""

    name: str
    confidence: NDArray[np.float64]
    """(answers,), 0 to 1."""
    correct: NDArray[np.bool_]
    percent: bool
    """Whether the file's confidences were percent."""


def read_predictions(source: Source) -> Predictions:
    """The answers of a file. DataError if it cannot be used, or is not the file that it was."""
    return parse_predictions(read_text(source, MOST_BYTES), Path(source.path).name)


class _Row(NamedTuple):
    line: int
    id: str
    confidence: float
    correct: bool


@functools.lru_cache(maxsize=2)  # another number of bins reads no file
def parse_predictions(text: str, name: str) -> Predictions:
    """The answers in a file's text; see the module. DataError names the first line that is wrong."""
    rows = _json_rows(text, name) if text.lstrip()[:1] in ("[", "{") else _csv_rows(text, name)
    found: list[_Row] = []
    lines: dict[str, int] = {}
    for row in rows:
        if len(found) == MOST_ANSWERS:
            raise DataError(
                f"{name}, line {row.line}: expected at most {MOST_ANSWERS:,} answers, found more."
            )
        if row.id in lines:
            raise DataError(
                f"{name}, line {row.line}: expected every id once, found {_quoted(row.id)} "
                f"in line {lines[row.id]} already."
            )
        lines[row.id] = row.line
        found.append(row)
    if not found:
        raise DataError(f"{name}: expected answers with id, confidence and correct, found none.")
    confidence = np.array([row.confidence for row in found])
    percent = bool(confidence.max() > 1)
    return Predictions(
        name,
        freeze(confidence / 100 if percent else confidence),
        freeze([row.correct for row in found]),
        percent,
    )


def _row(line: int, name: str, id: Any, confidence: Any, correct: Any, *, comma: bool = False) -> _Row:
    where = f"{name}, line {line}"
    label = "" if id is None or isinstance(id, dict | list) else str(id).strip()
    if not label:
        raise DataError(f"{where}: expected an id, found nothing.")
    value = _number(confidence, comma)
    if value is None or not 0 <= value <= 100:
        raise DataError(
            f"{where}: expected a confidence from 0 to 1 or from 0 to 100%, found {_quoted(confidence)}."
        )
    said = str(correct).strip().lower()
    if said not in RIGHT + WRONG:
        raise DataError(f"{where}: expected correct to be 1 or 0, true or false, found {_quoted(correct)}.")
    return _Row(line, label, value, said in RIGHT)


def _number(found: Any, comma: bool) -> float | None:
    """A finite number, written as one or as a text with or without "%"; None for anything else."""
    if isinstance(found, bool) or not isinstance(found, str | int | float):
        return None
    text = str(found).strip().removesuffix("%").strip()
    if not re.fullmatch(r"[+-]?(\d+[.,]?\d*|[.,]\d+)([eE][+-]?\d{1,3})?", text[:40]) or len(text) > 40:
        return None
    if "," in text and not comma:
        return None
    value = float(text.replace(",", "."))
    return value if math.isfinite(value) else None


# --- CSV ------------------------------------------------------------------------------------------------


def _csv_rows(text: str, name: str) -> Iterator[_Row]:
    if "\0" in text:
        line = text[: text.index("\0")].count("\n") + 1
        raise DataError(f"{name}, line {line}: expected text, found a byte of 0.")
    first = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = next((mark for mark in ";\t" if mark in first), ",")
    places: tuple[int, ...] | None = None
    width = 0
    for line, cells in csv_lines(text, delimiter, name):
        if places is None:
            places, named = _places(cells, line, name)
            width = len(cells)
            if named:
                continue
        if len(cells) != width:
            raise DataError(f"{name}, line {line}: expected {width} columns, found {len(cells)}.")
        yield _row(line, name, *(cells[at] for at in places), comma=delimiter != ",")


def _places(cells: list[str], line: int, name: str) -> tuple[tuple[int, ...], bool]:
    """Where id, confidence and correct stand, and whether the line has named them."""
    names = [cell.lower() for cell in cells]
    if all(column in names for column in COLUMNS):
        return tuple(names.index(column) for column in COLUMNS), True
    if len(cells) == 3 and not any(column in names for column in COLUMNS):
        return (0, 1, 2), False
    missing = next(column for column in COLUMNS if column not in names)
    shown = ", ".join(_quoted(cell) for cell in cells[:6])
    raise DataError(f"{name}, line {line}: expected a column “{missing}”, found {shown}.")


# --- JSON -----------------------------------------------------------------------------------------------


def _json_rows(text: str, name: str) -> Iterator[_Row]:
    for line, given, item in _objects(text, name):
        if not isinstance(item, dict):
            raise DataError(
                f"{name}, line {line}: expected an object with id, confidence and correct, "
                f"found {_quoted(item)}."
            )
        id = item.get("id", given)
        values = {"id": id, **{column: item.get(column) for column in COLUMNS[1:]}}
        for column, value in values.items():
            if value is None:
                keys = ", ".join(map(_quoted, list(item)[:6])) or "nothing"
                raise DataError(f"{name}, line {line}: expected “{column}”, found {keys}.")
        yield _row(line, name, *values.values())


def _objects(text: str, name: str) -> Iterator[tuple[int, str | None, Any]]:
    """Line, key (of a mapping) and value of each item, one after another, so that each has its line."""
    decoder = json.JSONDecoder(parse_constant=_no_number)
    at = _skip(text, 0)
    listed = text[at] == "["
    mapping = not listed and _is_mapping(text[at:])
    if listed or mapping:
        at = _skip(text, at + 1)
    line, counted = 1, 0
    first = True
    while at < len(text) and text[at] != ("]" if listed else "}"):
        if not first and (listed or mapping):
            at = _skip(text, _expect(text, at, ",", name))
        line, counted = line + text.count("\n", counted, at), at
        first, key = False, None
        try:
            if mapping:
                key, at = decoder.raw_decode(text, at)
                at = _skip(text, _expect(text, _skip(text, at), ":", name))
            value, at = decoder.raw_decode(text, at)
        except (ValueError, RecursionError) as error:
            what = error.msg if isinstance(error, json.JSONDecodeError) else str(error)
            raise DataError(f"{name}, line {line}: not readable as JSON ({what.lower()}).") from None
        yield line, key, value
        at = _skip(text, at)
    if (listed or mapping) and (at >= len(text) or _skip(text, at + 1) < len(text)):
        end = text.count("\n", 0, min(at, len(text))) + 1
        raise DataError(f"{name}, line {end}: not readable as JSON (expected one list, and its end).")


def _is_mapping(text: str) -> bool:
    """Whether an object holds objects by id rather than being an answer itself."""
    return re.match(r"\{\s*(\}|\"(?:[^\"\\]|\\.)*\"\s*:\s*\{)", text) is not None


def _expect(text: str, at: int, mark: str, name: str) -> int:
    if text[at : at + 1] != mark:
        line = text.count("\n", 0, at) + 1
        found = _quoted(text[at : at + 10].split("\n")[0])
        raise DataError(f"{name}, line {line}: not readable as JSON (expected “{mark}”, found {found}).")
    return at + 1


def _skip(text: str, at: int) -> int:
    while at < len(text) and text[at] in " \t\r\n":
        at += 1
    return at


def _no_number(word: str) -> float:
    raise ValueError(f"expected a number, found {word}")


def _quoted(found: Any) -> str:
    text = str(found).strip() if not isinstance(found, dict | list) else type(found).__name__
    return f"“{text[:30]}{'…' if len(text) > 30 else ''}”" if text else "nothing"
