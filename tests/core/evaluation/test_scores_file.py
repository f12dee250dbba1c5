import hashlib
import re
import time
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.config import Source
from core.datasets import DataError
from core.evaluation import scores_file
from core.evaluation.scores_file import ScoresTable, read_scores, reading


def read(folder: Path, content: bytes) -> ScoresTable:
    path = folder / "scores.csv"
    path.write_bytes(content)
    return read_scores(path)


RIGHT = {
    "plain": b"label,score\n1,0.5\n0,0.25\n",
    "mark and windows": b"\xef\xbb\xbflabel,score\r\n1,0.5\r\n0,0.25\r\n",
    "semicolons, decimal comma": b"label;score\n1;0,5\n0;0,25\n",
    "tabs": b"label\tscore\n1\t0,5\n0\t0.25\n",
    "no header, no last end": b"1,0.5\n0,0.25",
    "labels as floats": b"1.0,0.5\n0.0,0.25\n",
    "blank lines": b"\n\nlabel,score\n\n1,0.5\n\n\n0,0.25\n\n",
    "blanks about": b" label , score \n 1 , 0.5 \n 0,  0.25\n",
    "other columns and order": b"id,Score,note,Label\n7,0.5,a b,1\n8,0.25,,0\n",
    "quoted": b'"label","score","note"\n"1","0.5","x"\n"0","0.25","y, z"\n',
    "carriage returns": b"label,score\r1,0.5\r0,0.25\r",
    "exponents and signs": b"label,score\n+1,+5e-1\n0,25E-2\n",
}


@pytest.mark.parametrize("content", RIGHT.values(), ids=list(RIGHT))
def test_read_right(tmp_path: Path, content: bytes) -> None:
    table = read(tmp_path, content)
    assert table.positive.tolist() == [True, False]
    assert table.scores.tolist() == [[0.5, 0.25]]
    assert (table.positive_label, table.negative_label) == ("1", "0")


REFUSED = {
    b"": "scores.csv: expected a label and a score in each line, found no case.",
    b"label,score\n": "scores.csv: expected a label and a score in each line, found no case.",
    b"label,value\n1,2\n": "scores.csv, line 1: expected a column “score” beside “label”, "
    "found “label”, “value”.",
    b"kind,score\n1,2\n": "scores.csv, line 1: expected a column “label”, found “kind”, “score”.",
    b"label,score\n1,0.5\n0,high\n": "scores.csv, line 3: expected a number for the score, found “high”.",
    b"label,score\n1,0.5\n0,\n": "scores.csv, line 3: expected a number for the score, found nothing.",
    b"label,score\n1,0.5\n0,nan\n": "scores.csv, line 3: expected a number for the score, found “nan”.",
    b"label,score\n1,1e999\n0,1\n": "scores.csv, line 2: expected a number for the score, found “1e999”.",
    b"label,score\n1,1_0\n0,1\n": "scores.csv, line 2: expected a number for the score, found “1_0”.",
    b"label,score\n1,0.5\n\n0\n": "scores.csv, line 4: expected 2 columns, found 1.",
    b"label,score\n1,0,5\n0,1\n": "scores.csv, line 2: expected 2 columns, found 3.",
    b"label,score\n,0.5\n": "scores.csv, line 2: expected a label, found nothing.",
    b"label,score\n0,1\n1,2\n2,3\n": "scores.csv, line 4: expected the label “0” or “1”, found “2”.",
    b"label,score\n1,0.5\n1,0.6\n": "scores.csv: expected two different labels, found only “1”.",
    b'label,score\n"1,0.5\n0,1\n': "scores.csv, line 2: not readable as CSV (unexpected end of data).",
    b"label,score\n1,0.5\n\xe9,1\n": "scores.csv, line 3: expected text in UTF-8, found other bytes.",
    b"\xff\xfel\0a\0": "scores.csv, line 1: expected text in UTF-8, found UTF-16.",
    b"label,score\n1,0.5\n0,\0\n": "scores.csv, line 3: expected text, found a byte of 0.",
}


@pytest.mark.parametrize("content", REFUSED, ids=lambda c: repr(c)[2:30])
def test_refused_by_line_in_one_sentence(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(DataError) as refusal:
        read(tmp_path, content)
    assert str(refusal.value) == REFUSED[content]


def test_a_second_classifier_is_a_second_score(tmp_path: Path) -> None:
    table = read(tmp_path, b"score_b,label,score\n3,spam,1\n4,ham,2\n")
    assert table.scores.tolist() == [[1.0, 2.0], [3.0, 4.0]]
    assert table.names == ("score", "score_b")
    assert table.positive.tolist() == [True, False]


@pytest.mark.parametrize(
    ("first", "second", "positive"),
    [("0", "1", "1"), ("-1", "1", "1"), ("2", "10", "10"), ("no", "yes", "yes"), ("Spam", "zebra", "Spam"),
     ("True", "False", "True"), ("bad", "good", "good")],
)  # fmt: skip
def test_which_label_is_the_positive_one(tmp_path: Path, first: str, second: str, positive: str) -> None:
    for one, other in ((first, second), (second, first)):
        assert read(tmp_path, f"{one},1\n{other},2\n".encode()).positive_label == positive


def written(count: int, wrong: int = -1) -> tuple[bytes, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(1)
    y, scores = rng.random(count) < 0.3, rng.normal(size=count)
    lines = [f"{int(a)},{b!r}\n" for a, b in zip(y.tolist(), scores.tolist(), strict=True)]
    if wrong >= 0:
        lines[wrong] = "1,oops\n"
    return ("label,score\n" + "".join(lines)).encode(), y, scores


def test_many_rows_are_read_exactly_fast_and_in_bounded_memory(tmp_path: Path) -> None:
    content, y, scores = written(150_000)
    path = tmp_path / "many.csv"
    path.write_bytes(content)
    start = time.thread_time()
    table = read_scores(path)
    assert time.thread_time() - start < 1.0  # measured: 0.12
    assert np.array_equal(table.positive, y)
    assert np.array_equal(table.scores[0], scores)
    tracemalloc.start()
    read_scores(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 20 * len(y) + 40 * scores_file.BLOCK


def test_the_line_of_a_late_fault_is_named(tmp_path: Path) -> None:
    content, _, _ = written(250_000, wrong=249_990)
    with pytest.raises(DataError, match=re.escape("scores.csv, line 249992: expected a number")):
        read(tmp_path, content)


def test_a_line_of_a_gigabyte_is_refused_at_once(tmp_path: Path) -> None:
    path = tmp_path / "scores.csv"
    with path.open("wb") as file:
        file.write(b"label,score\n1,0.5\n")
        for _ in range(3):
            file.write(b"7" * 1_000_000)
        file.truncate(1 << 30)  # the rest is a hole, of bytes that nobody reads
    start = time.thread_time()
    with pytest.raises(DataError, match="line 3: expected at most 65,536 bytes, found more"):
        read_scores(path)
    assert time.thread_time() - start < 0.5


def test_a_long_line_within_a_block_is_refused_as_well(tmp_path: Path) -> None:
    long = b"label,score,note\n1,2,a\n0,1," + b"x" * 70_000 + b"\n1,1,a\n"
    with pytest.raises(DataError, match="line 3: expected at most 65,536 bytes"):
        read(tmp_path, long)


def test_more_rows_than_are_taken_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scores_file, "MOST_ROWS", 3)
    with pytest.raises(DataError, match="expected at most 3 cases, found more"):
        read(tmp_path, b"label,score\n1,1\n0,1\n0,1\n1,1\n")


def test_a_file_that_has_changed_or_gone_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "scores.csv"
    path.write_bytes(RIGHT["plain"])
    right = hashlib.sha256(RIGHT["plain"]).hexdigest()
    assert len(read_scores(Source(path=str(path), sha256=right)).positive) == 2
    with pytest.raises(DataError, match="expected the file as it was when it was chosen, found it changed"):
        read_scores(Source(path=str(path), sha256="0" * 64))
    for gone in (tmp_path / "nothing.csv", tmp_path):
        with pytest.raises(DataError, match="expected a file, found none of that name"):
            read_scores(gone)


def test_reading_lets_others_have_their_turn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scores_file, "BLOCK", 64)
    content, _, scores = written(200)
    path = tmp_path / "scores.csv"
    path.write_bytes(content)
    *turns, table = reading(path)
    assert len(turns) > 10
    assert set(turns) == {None}
    assert table is not None
    assert np.array_equal(table.scores[0], scores)


cell = st.sampled_from(["1", "0", "0.5", "1e3", "x", "", " 2 ", "nan", '"3"', "-4"])
table = st.lists(st.lists(cell, min_size=1, max_size=3).map(",".join), max_size=8)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(table, st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_blocks_and_lines_read_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lines: list[str], end: str, header: bool
) -> None:
    """Whatever the file, the fast way and the careful one give the same table or the same sentence."""
    content = end.join((["label,score"] if header else []) + lines).encode()

    def outcome() -> object:
        try:
            found = read(tmp_path, content)
        except DataError as error:
            return str(error)
        return found.positive.tolist(), found.scores.tolist(), found.positive_label

    quick = outcome()
    with monkeypatch.context() as patched:
        patched.setattr(scores_file._Table, "_block", lambda self, data: False)
        assert outcome() == quick
