"""Tables to regress on: the bundled one is the published one; a reader's file is taken or refused by line."""

import hashlib
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_diabetes

from core.config import Source
from core.datasets import DataError, parse_table, read_table
from core.datasets.tables import MOST_COLUMNS, MOST_ROWS

ROWS = "".join(f"{i};{i % 3};{2 * i},5\n" for i in range(12))


def test_the_patients_are_those_of_the_paper() -> None:
    table, published = read_table(Source(name="diabetes")), load_diabetes(scaled=False)
    assert table.x.shape == (442, 10)
    assert (table.x == published.data).all()
    assert (table.y == published.target).all()
    assert table.names[2] == "BMI"
    assert table.target == "progression"


def test_what_spreadsheets_write_is_read() -> None:
    table = parse_table("\r\n" + ("age;dose;mm Hg\n" + ROWS).replace("\n", "\r\n"), "mine.csv")
    assert (table.names, table.target) == (("age", "dose"), "mm Hg")
    assert table.y.tolist() == [2 * i + 0.5 for i in range(12)]
    assert not table.x.flags.writeable
    unnamed = parse_table(ROWS, "mine.csv")
    assert (unnamed.names, unnamed.target) == (("column 1", "column 2"), "column 3")
    assert parse_table("a,a,\n" + "1,2,3\n2,1,4\n" * 5, "m").names == ("a", "a (2)")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "mine.csv: expected at least 10 rows of numbers, found 0."),
        ("a,b\n1,2\n", "mine.csv: expected at least 10 rows of numbers, found 1."),
        ("a\n1\n", "mine.csv, line 1: expected 2 to 101 columns, found 1."),
        (",".join(["a"] * 102), "mine.csv, line 1: expected 2 to 101 columns, found 102."),
        ("a,b\n1,2\n3,4,5\n", "mine.csv, line 3: expected 2 columns, found 3."),
        ("a,b\n1,2\n3,much\n", "mine.csv, line 3: expected a number for b, found “much”."),
        ("a,b\n1,2\n,4\n", "mine.csv, line 3: expected a number for a, found nothing."),
        ("a,b\n1,2\nnan,4\n", "mine.csv, line 3: expected a number for a, found “nan”."),
        ("a,b\n1,2\n1e300,4\n", "mine.csv, line 3: expected a number for a, found “1e300”."),
        ("a,b\n" + "1,2\n3,2\n" * 6, "mine.csv: expected a last column that varies, found 2 in every row."),
        ("a,b\n" + "1,2\n1,3\n" * 6, "mine.csv: expected columns that vary, found none beside the last."),
        ('a,b\n1,"2\n', "mine.csv, line 2: not readable as CSV (unexpected end of data)."),
    ],
)
def test_what_cannot_be_used_is_refused_by_line_in_one_sentence(text: str, told: str) -> None:
    with pytest.raises(DataError) as refused:
        parse_table(text, "mine.csv")
    assert str(refused.value) == told


def test_too_many_rows_are_refused_where_they_begin() -> None:
    with pytest.raises(DataError, match=rf"line {MOST_ROWS + 1}: expected at most {MOST_ROWS:,} rows"):
        parse_table("1,2\n" * (MOST_ROWS + 1), "mine.csv")
    assert MOST_COLUMNS == 100


def test_a_file_is_read_as_it_was_chosen(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_bytes(("\ufeff" + ROWS).encode())
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    table = read_table(Source(path=str(path), sha256=digest))
    np.testing.assert_array_equal(table.x[:3], [[0, 0], [1, 1], [2, 2]])
    path.write_text("else")
    with pytest.raises(DataError, match="expected the file as it was when it was chosen"):
        read_table(Source(path=str(path), sha256=digest))
    with pytest.raises(DataError, match=r"gone\.csv: cannot be read"):
        read_table(Source(path=str(tmp_path / "gone.csv")))
    with pytest.raises(DataError, match="There is no table “iris”; there are diabetes"):
        read_table(Source(name="iris"))
