"""Four-choice questions and predictions from files: every row read right, or listed by file and line.

Two layouts of MMLU (Hendrycks et al. 2021) are met in the wild, and both are read: a header row with answers
0 to 3, and six columns without a header with answers A to D.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from core.datasets.files import DataError, decoded, read_bytes
from core.evaluation.exam_subjects import group_of

__all__ = ["LETTERS", "Exam", "ExamQuestion", "Malformed", "load_predictions", "load_questions"]

LETTERS = "ABCD"
MOST_BYTES = 20_000_000
"""The largest file that is read."""
MOST_FILES = 500
MOST_QUESTIONS = 100_000

_OPTION_NAMES = (
    ("choice0", "choice1", "choice2", "choice3"),
    ("a", "b", "c", "d"),
    ("choice_0", "choice_1", "choice_2", "choice_3"),
    ("option_a", "option_b", "option_c", "option_d"),
)
_BARE = ("question", *_OPTION_NAMES[1], "answer")
"""The columns of a file without a header."""
_NO_TEXT = re.compile("[\udc80-\udcff]")
"""What stands for bytes that are no UTF-8."""
_PREDICTION_NAMES = ("prediction", "predicted", "output", "response", "completion")


class ExamQuestion(NamedTuple):
    """`answer` indexes `options`. `passage` is what is read first, if anything; `row` is the question's place
    among all rows of its exam, malformed ones included, and `line` where it begins in `file`."""

    text: str
    options: tuple[str, str, str, str]
    answer: int
    subject: str = ""
    group: str = ""
    passage: str = ""
    file: str = ""
    line: int = 0
    row: int = 0


class Malformed(NamedTuple):
    """A row that is not scored, and why."""

    file: str
    line: int
    what: str

    def __str__(self) -> str:
        return f"{self.file}, line {self.line}: {self.what}."


@dataclass(frozen=True)
class Exam:
    """The questions, in the order of their files, and what was left out.

    Attributes:
        questions: what is scored.
        malformed: the rows that are not, by file and line.
        skipped: names of files beside the test files (MMLU's dev and validation splits).
        rows: how many rows there are in all, malformed ones included.
    """

    questions: tuple[ExamQuestion, ...]
    malformed: tuple[Malformed, ...] = ()
    skipped: tuple[str, ...] = ()
    rows: int = 0

    def __len__(self) -> int:
        return len(self.questions)

    def __iter__(self) -> Iterator[ExamQuestion]:
        return iter(self.questions)

    def __getitem__(self, index: int) -> ExamQuestion:
        return self.questions[index]

    @property
    def subjects(self) -> tuple[str, ...]:
        """Each subject once, in the order in which they come up."""
        return tuple(dict.fromkeys(question.subject for question in self.questions))


@dataclass
class _Reading:
    """What has been read so far."""

    questions: list[ExamQuestion] = field(default_factory=list)
    malformed: list[Malformed] = field(default_factory=list)
    rows: int = 0

    def refuse(self, name: str, line: int, what: str) -> None:
        self.malformed.append(Malformed(name, line, what))


def load_questions(path: str | Path) -> Exam:
    """The exam in a CSV file, or in a folder of them with one subject in each.

    The layout is found file by file: with a header the columns `question`, `choice0` to `choice3` (or `A` to
    `D`) and `answer` in any order, `subject` and `group` if they are there; without one question, four
    options, answer. Answers are 0 to 3 or A to D. In a folder with `*_test.csv` only those are read; one
    without any CSV file is searched for a folder `test`. The subject is the file's name unless a column says
    otherwise; the group of MMLU's 57 subjects is known.

    A row that is none of this is listed in `malformed`, by file and line. DataError, in one sentence, if a
    file cannot be read at all, or no question is left.
    """
    path = Path(path)
    files, skipped = _files(path)
    reading = _Reading()
    for file in files:
        _read_file(file, reading)
    if not reading.questions:
        first = f" ({reading.malformed[0]})".replace(".)", ")") if reading.malformed else ""
        raise DataError(f"{path.name}: expected four-choice questions, found none{first}.")
    return Exam(tuple(reading.questions), tuple(reading.malformed), skipped, reading.rows)


def load_predictions(path: str | Path) -> list[str]:
    """Raw predictions, one for each question, as the model wrote them: leading blanks are kept.

    A text file with one in each line (an empty line is an empty prediction), a CSV file with a column
    `prediction` (or output, response, completion), or a JSON list of texts. DataError in one sentence.
    """
    path = Path(path)
    text = decoded(read_bytes(path, MOST_BYTES), path.name)
    if path.suffix.lower() == ".json":
        return _json_list(text, path.name)
    lines = _lines(text)
    names = [cell.strip().casefold() for cell in lines[0].split(",")] if lines else []
    column = next((names.index(name) for name in _PREDICTION_NAMES if name in names), None)
    if column is None:
        return [line.rstrip("\r\n") for line in lines]
    found = []
    for line, cells in _records(text, ","):
        if isinstance(cells, csv.Error):
            raise DataError(f"{path.name}, line {line}: not readable as CSV ({cells}).")
        if len(cells) != len(names):
            raise DataError(f"{path.name}, line {line}: expected {len(names)} columns, found {len(cells)}.")
        found.append(cells[column])
    return found[1:]


def _json_list(text: str, name: str) -> list[str]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise DataError(f"{name}: not readable as JSON ({error}).") from None
    if not isinstance(found, list) or not all(isinstance(each, str) for each in found):
        raise DataError(f"{name}: expected a list of texts, one prediction for each question.")
    return found


# --- files and folders -------------------------------------------------------------------------------


def _files(path: Path) -> tuple[list[Path], tuple[str, ...]]:
    """The files to read, and the names of those passed over."""
    if not path.is_dir():
        return [path], ()
    found = sorted(path.glob("*.csv"))
    if not found and (path / "test").is_dir():
        found = sorted((path / "test").glob("*.csv"))
    if not found:
        raise DataError(f"{path.name}: expected CSV files in this folder, found none.")
    tests = [file for file in found if file.stem.endswith("_test")]
    chosen = tests or found
    if len(chosen) > MOST_FILES:
        raise DataError(f"{path.name}: expected at most {MOST_FILES} files, found {len(chosen)}.")
    return chosen, tuple(file.name for file in found if file not in chosen)


def _read_file(path: Path, reading: _Reading) -> None:
    text = decoded(
        read_bytes(path, MOST_BYTES), path.name, "surrogateescape"
    )  # so that a row which is no UTF-8 is listed, and no other
    records = _records(text, _delimiter(text))
    first = next(records, None)
    if first is None:
        reading.refuse(path.name, 1, "expected questions, found an empty file")
        return
    names = [] if isinstance(first[1], csv.Error) else [cell.strip().casefold() for cell in first[1]]
    columns = _columns(names) if "question" in names else dict(zip(_BARE, range(6), strict=True))
    if not columns:
        reading.refuse(path.name, 1, "expected the columns question, four options (choice0 to choice3, or A "
                       f"to D) and answer, found {', '.join(names)[:60]}")  # fmt: skip
        return
    begin, listed = len(reading.questions), len(reading.malformed)
    rows = [] if "question" in names else [first]
    width = len(names) if "question" in names else 6
    from_one = _Base()
    for line, cells in (*rows, *records):
        if len(reading.questions) >= MOST_QUESTIONS:
            raise DataError(f"{path.name}, line {line}: expected at most {MOST_QUESTIONS:,} questions.")
        _take(path, line, cells, columns, width, reading, from_one)
    if from_one.line:  # answers 1 to 4: whatever else they say would be scored one option off
        del reading.questions[begin:], reading.malformed[listed:]
        reading.refuse(path.name, from_one.line, "its answers count from 1, expected 0 to 3 or A to D; "
                       "nothing of this file is scored")  # fmt: skip


@dataclass
class _Base:
    """Whether a file's answers count from 1: there is a 4, and no 0."""

    four: int = 0
    zero: bool = False

    @property
    def line(self) -> int:
        return 0 if self.zero else self.four


def _delimiter(text: str) -> str:
    """What separates the columns of the first record: the mark that gives the most of them."""
    head = _lines(text[:20_000])

    def cells(mark: str) -> int:
        return len(next(csv.reader(head, delimiter=mark), []))  # 20,000 characters break no limit of csv's

    return max(",;\t", key=cells)


def _records(text: str, delimiter: str) -> Iterator[tuple[int, list[str] | csv.Error]]:
    """Each record that is not empty with the line on which it begins; in place of a broken one its error."""
    reader = csv.reader(_lines(text), delimiter=delimiter, strict=True)
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield line, error
            continue
        if any(cell.strip() for cell in cells):
            yield line, cells


def _lines(text: str) -> list[str]:
    """The lines with their ends. `splitlines` would break at more than line feeds and carriage returns."""
    return re.findall(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+", text)


def _columns(names: Sequence[str]) -> dict[str, int]:
    """Where a header's columns stand, options under a to d; empty if some are missing."""
    options = next((each for each in _OPTION_NAMES if set(each) <= set(names)), None)
    if options is None or "answer" not in names:
        return {}
    found = {"question": names.index("question"), "answer": names.index("answer")}
    found |= {letter: names.index(name) for letter, name in zip(_OPTION_NAMES[1], options, strict=True)}
    return found | {name: names.index(name) for name in ("subject", "group") if name in names}


def _take(
    path: Path, line: int, cells: list[str] | csv.Error, columns: dict[str, int], width: int,
    reading: _Reading, base: _Base,
) -> None:  # fmt: skip
    """Take one row, or say why not."""
    row = reading.rows
    reading.rows += 1
    if isinstance(cells, csv.Error):
        never = "unexpected end" in str(cells)
        what = "a quotation mark is never closed" if never else f"not readable as CSV ({cells})"
        reading.refuse(path.name, line, what)
        return
    if len(cells) != width:
        reading.refuse(path.name, line, f"expected {width} columns, found {len(cells)}")
        return
    if any(map(_NO_TEXT.search, cells)):
        reading.refuse(path.name, line, "expected text in UTF-8, found other bytes")
        return
    held = {name: cells[place].strip() for name, place in columns.items()}
    answer = held["answer"]
    base.zero = base.zero or answer == "0"
    base.four = base.four or (line if answer == "4" else 0)
    right = _answer(answer)
    if right is None:
        reading.refuse(path.name, line, f"expected an answer 0 to 3 or A to D, found {_quoted(answer)}")
        return
    for name in ("question", *"abcd"):
        if not held[name]:
            what = "a question" if name == "question" else f"an option {name.upper()}"
            reading.refuse(path.name, line, f"expected {what}, found nothing")
            return
    subject = held.get("subject") or re.sub(r"_(test|dev|val)$", "", path.stem).replace("_", " ")
    a, b, c, d = (held[letter] for letter in "abcd")
    group = held.get("group") or group_of(subject)
    reading.questions.append(
        ExamQuestion(held["question"], (a, b, c, d), right, subject, group, "", path.name, line, row)
    )


def _answer(cell: str) -> int | None:
    """0 to 3, or None."""
    for marks in (LETTERS, LETTERS.lower(), "0123"):
        if len(cell) == 1 and cell in marks:
            return marks.index(cell)
    return None


def _quoted(text: str) -> str:
    return f"“{text[:30]}{'…' if len(text) > 30 else ''}”" if text else "nothing"
