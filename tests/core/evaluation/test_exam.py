"""Exams: both layouts of MMLU, malformed rows by file and line, raw predictions, and our own questions."""

from __future__ import annotations

import csv
import io
import os
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score

from core.datasets import DataError
from core.evaluation import exam
from core.evaluation.exam import ExamQuestion, Marks, choose, load_predictions, load_questions
from core.evaluation.exam_subjects import GROUPS, SUBJECTS

OURS = Path(__file__).resolve().parents[3] / "resources" / "exams" / "questions.csv"

WITH_HEADER = """question,choice0,choice1,choice2,choice3,answer
"What is ""two"", doubled?",3,4,5,6,1
"A question
in two lines",red,green,blue,grey,0
"""
WITHOUT_HEADER = """"What is ""two"", doubled?",3,4,5,6,B
"A question
in two lines",red,green,blue,grey,A
"""


def written(folder: Path, text: str | bytes, name: str = "astronomy_test.csv") -> Path:
    file = folder / name
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return file


# --- both layouts --------------------------------------------------------------------------------


@pytest.mark.parametrize("text", [WITH_HEADER, WITHOUT_HEADER], ids=["header", "bare"])
@pytest.mark.parametrize("change", [
    lambda t: t, lambda t: "\ufeff" + t, lambda t: t.replace("\n", "\r\n"), lambda t: t.rstrip("\n"),
    lambda t: t.replace("\n\"A", "\n\n\"A"),
], ids=["plain", "BOM", "CRLF", "no last newline", "an empty line"])  # fmt: skip
def test_reads_both_layouts(text: str, change, tmp_path: Path) -> None:
    found = load_questions(written(tmp_path, change(text)))
    assert found.malformed == ()
    assert [q.answer for q in found] == [1, 0]
    assert found[0].text == 'What is "two", doubled?'
    assert found[0].options == ("3", "4", "5", "6")
    assert found[1].text.splitlines() == ["A question", "in two lines"]
    assert {(q.subject, q.group) for q in found} == {("astronomy", "STEM")}


@pytest.mark.parametrize("mark", ";\t")
def test_reads_other_separators(mark: str, tmp_path: Path) -> None:
    rows = [["one, two, three?", "a", "b", "c", "d", "C"]] * 2
    out = io.StringIO()
    csv.writer(out, delimiter=mark).writerows(rows)
    assert [q.answer for q in load_questions(written(tmp_path, out.getvalue()))] == [2, 2]


def test_columns_may_come_in_any_order_and_name_the_subject(tmp_path: Path) -> None:
    text = "answer,subject,D,C,B,A,group,question\nD,sums,6,5,4,3,STEM,2 + 4?\n"
    (question,) = load_questions(written(tmp_path, text))
    assert question.options == ("3", "4", "5", "6")
    assert (question.answer, question.subject, question.group) == (3, "sums", "STEM")


texts = st.text(st.characters(codec="utf-8", exclude_characters="\x00\r", exclude_categories=["Cs"]),
                min_size=1).filter(lambda t: t.strip() and t.strip().casefold() != "question")  # fmt: skip


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(texts, texts, texts, texts, texts, st.sampled_from("ABCD")), min_size=1))
def test_any_text_comes_back(tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, ...]]) -> None:
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL).writerows(rows)
    found = load_questions(written(tmp_path_factory.mktemp("exam"), out.getvalue()))
    assert found.malformed == ()
    wanted = [(row[0].strip(), tuple(cell.strip() for cell in row[1:5])) for row in rows]
    assert [(q.text, q.options) for q in found] == wanted


# --- trouble -------------------------------------------------------------------------------------

GOOD = "Good?,a,b,c,d,A\n"


@pytest.mark.parametrize(("row", "line", "what"), [
    ("Five?,a,b,c,A\n", 2, "expected 6 columns, found 5"),
    ("Seven?,a,b,c,d,e,A\n", 2, "expected 6 columns, found 7"),
    ("Which?,a,b,c,d,E\n", 2, "expected an answer 0 to 3 or A to D, found “E”"),
    ("Which?,a,b,c,d,\n", 2, "expected an answer 0 to 3 or A to D, found nothing"),
    ("Which?,a,b,c,d,AB\n", 2, "expected an answer 0 to 3 or A to D, found “AB”"),
    (",a,b,c,d,B\n", 2, "expected a question, found nothing"),
    ("Which?,a,,c,d,B\n", 2, "expected an option B, found nothing"),
    ('"Two\nlines?",a,b,c,A\n', 2, "expected 6 columns, found 5"),
    ('"half" quoted,a,b,c,d,A\n', 2, "not readable as CSV (',' expected after '\"')"),
    (b"Which\xff?,a,b,c,d,A\n", 2, "expected text in UTF-8, found other bytes"),
])  # fmt: skip
def test_malformed_rows_are_listed_and_the_others_scored(
    row: str | bytes, line: int, what: str, tmp_path: Path
) -> None:
    raw = GOOD.encode() + (row if isinstance(row, bytes) else row.encode()) + GOOD.encode()
    found = load_questions(written(tmp_path, raw))
    assert [str(each) for each in found.malformed] == [f"astronomy_test.csv, line {line}: {what}."]
    assert [(q.text, q.row) for q in found] == [("Good?", 0), ("Good?", 2)]
    assert found.rows == 3
    assert found[1].line == line + 1 + ("\nlines" in str(row))


def test_an_open_quotation_mark_takes_the_rest_with_it_and_says_so(tmp_path: Path) -> None:
    found = load_questions(written(tmp_path, GOOD + '"Open?,a,b,c,d,A\n' + GOOD * 5))
    assert len(found) == 1
    assert [str(m) for m in found.malformed] == [
        "astronomy_test.csv, line 2: a quotation mark is never closed."
    ]


def test_answers_that_count_from_one_are_not_scored_one_off(tmp_path: Path) -> None:
    rows = "".join(f"Which?,a,b,c,d,{k}\n" for k in (1, 2, 3, 4))
    with pytest.raises(DataError, match=r"line 4: its answers count from 1, expected 0 to 3 or A to D"):
        load_questions(written(tmp_path, rows))
    fine = load_questions(written(tmp_path, rows + "Which?,a,b,c,d,0\n"))
    assert len(fine) == 4
    assert len(fine.malformed) == 1  # a 0 tells how it counts: the 4 is the odd one


@pytest.mark.parametrize(("text", "what"), [
    (b"", r"found none \(astronomy_test.csv, line 1: expected questions, found an empty file\)"),
    (b"question,A,B,C,answer\nWhich?,a,b,c,A\n", "line 1: expected the columns question, four options"),
    (b"question,choices,answer\nWhich?,\"['a','b']\",0\n", "found question, choices, answer"),
    (b"\xff\xfe" + "Which?,a,b,c,d,A\n".encode("utf-16-le"), "line 1: expected"),
    (b"x" * 20_000_001, "expected at most 20,000,000 bytes, found more"),
])  # fmt: skip
def test_unusable_files_are_refused_in_one_sentence(text: bytes, what: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=what) as caught:
        load_questions(written(tmp_path, text))
    assert "\n" not in str(caught.value)


def test_a_cell_beyond_all_measure_is_listed(tmp_path: Path) -> None:
    found = load_questions(written(tmp_path, GOOD + "x" * 200_000 + ",a,b,c,d,A\n" + GOOD))
    assert [(m.line, "field larger" in m.what) for m in found.malformed] == [(2, True)]
    assert len(found) == 2


def test_what_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"^none.csv: cannot be read \(no such file or directory\)\.$"):
        load_questions(tmp_path / "none.csv")
    with pytest.raises(DataError, match="expected CSV files in this folder, found none"):
        load_questions(tmp_path)


def test_a_folder_is_read_subject_by_subject(tmp_path: Path) -> None:
    written(tmp_path, WITHOUT_HEADER, "virology_test.csv")
    written(tmp_path, WITH_HEADER + "short,row\n", "high_school_geography_test.csv")
    written(tmp_path, GOOD, "virology_dev.csv")
    found = load_questions(tmp_path)
    assert found.subjects == ("high school geography", "virology")
    assert [q.group for q in found] == ["social sciences"] * 2 + ["other"] * 2
    assert found.skipped == ("virology_dev.csv",)
    assert [str(m) for m in found.malformed] == [
        "high_school_geography_test.csv, line 5: expected 6 columns, found 2."
    ]
    assert [q.row for q in found] == [0, 1, 3, 4]
    nested = tmp_path / "data"
    (nested / "test").mkdir(parents=True)
    written(nested / "test", GOOD, "virology_test.csv")
    assert len(load_questions(nested)) == 1


def test_the_groups_are_those_of_the_57_subjects() -> None:
    assert len(SUBJECTS) == 57
    assert Counter(SUBJECTS.values()) == {"STEM": 18, "humanities": 13, "social sciences": 12, "other": 14}


# --- predictions ---------------------------------------------------------------------------------


@pytest.mark.parametrize(("text", "answer"), [
    ("A", 0), (" B", 1), ("\nC\n", 2), ("D.", 3), ("(b)", 1), ("b) blue", 1), ("C: the sea", 2),
    ("B\nQuestion: next?", 1), ("To", None), ("", None), ("E", None), ("AB", None), ("A dog", None),
    ("The answer is B", None), ("Answer: B", None), ("A or B", None), ("Ä", None), ("1", None), ("-B", None),
])  # fmt: skip
def test_reads_a_letter_and_nothing_else(text: str, answer: int | None) -> None:
    assert exam.read_answer(text) == answer


def sums(count: int, subject: str = "sums", group: str = "STEM") -> list[ExamQuestion]:
    return [ExamQuestion(f"{i}?", ("a", "b", "c", "d"), i % 4, subject, group) for i in range(count)]


def test_scores_by_hand() -> None:
    asked = sums(4) + sums(2, "art", "humanities")
    score = exam.score_predictions(["A", " B", "To", "A", "A", "D"], asked)
    assert score.chosen.tolist() == [0, 1, -1, 0, 0, 3]
    assert score.right.tolist() == [True, True, False, False, True, False]
    assert (score.invalid, score.accuracy, score.macro) == (1, 0.5, 0.5)
    assert [(t.name, t.right, t.asked) for t in score.subjects] == [("sums", 2, 4), ("art", 1, 2)]
    assert score.interval == pytest.approx((0.187616, 0.812384), abs=1e-6)  # Wilson, 3 of 6


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.sampled_from(["A", " B", "C.", "(d)", "To", ""]), st.integers(0, 3),
                          st.sampled_from("xyz")), min_size=1))  # fmt: skip
def test_scores_as_scikit_learn_does(drawn: list[tuple[str, int, str]]) -> None:
    asked = [
        ExamQuestion("?", ("a", "b", "c", "d"), answer, subject, "other") for _, answer, subject in drawn
    ]
    score = exam.score_predictions([text for text, _, _ in drawn], asked)
    truth = [answer for _, answer, _ in drawn]
    assert score.accuracy == pytest.approx(accuracy_score(truth, score.chosen), abs=1e-12)
    each = [accuracy_score([a for _, a, s in drawn if s == name],
                           [c for c, (_, _, s) in zip(score.chosen, drawn, strict=True) if s == name])
            for name in {s for _, _, s in drawn}]  # fmt: skip
    assert score.macro == pytest.approx(float(np.mean(each)), abs=1e-12)
    assert sum(t.asked for t in score.subjects) == len(drawn) == sum(t.asked for t in score.groups)
    assert score.interval[0] <= score.accuracy <= score.interval[1]


def test_predictions_must_match_the_questions(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="expected 4 predictions, one for each question, found 3"):
        exam.score_predictions(["A"] * 3, sums(4))
    found = load_questions(written(tmp_path, GOOD + "short,row\n" + GOOD.replace("d,A", "d,B")))
    assert exam.score_predictions(["A", "B"], found).accuracy == 1  # without the malformed row
    assert exam.score_predictions(["A", "C", "B"], found).accuracy == 1  # with it: its prediction is left out


@pytest.mark.parametrize(("name", "text"), [
    ("raw.txt", " B\nTo\n\nD"), ("raw.txt", " B\r\nTo\r\n\r\nD\r\n"),
    ("table.csv", 'id,prediction\n1," B"\n2,To\n3,\n4,D\n'), ("list.json", '[" B", "To", "", "D"]'),
])  # fmt: skip
def test_predictions_are_read_as_they_were_written(name: str, text: str, tmp_path: Path) -> None:
    assert load_predictions(written(tmp_path, text, name)) == [" B", "To", "", "D"]


@pytest.mark.parametrize(("name", "text", "what"), [
    ("list.json", b"[1, 2]", "expected a list of texts"), ("list.json", b"[", "not readable as JSON"),
    ("table.csv", b"id,prediction\n1\n", "line 2: expected 2 columns, found 1"),
    ("table.csv", b'id,prediction\n1,"B\n', "line 2: not readable as CSV"),
    ("raw.txt", b"A\n\xff\n", "line 2: expected text in UTF-8"),
])  # fmt: skip
def test_unreadable_predictions_are_refused(name: str, text: bytes, what: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=what):
        load_predictions(written(tmp_path, text, name))


def test_choices_by_hand() -> None:
    marks = Marks(np.array([-2.0, -1.0, -1.0, -4.0]), np.array([-9.0, -6.0, -8.0, -7.0]),
                  np.array([9.0, 3.0, 10.0, 7.0]), " D\n")  # fmt: skip
    assert choose(marks) == (1, 1, 2, 3)  # the first of equals; -1, -2, -0.8, -1 for each byte
    nothing = Marks(np.full(4, -np.inf), marks.answers, marks.lengths, "Nobody knows")
    assert choose(nothing) == (-1, 1, 2, -1)


# --- our own questions ---------------------------------------------------------------------------


@pytest.fixture(scope="module")
def ours() -> exam.Exam:
    return load_questions(OURS)


def test_ours_are_whole(ours: exam.Exam) -> None:
    assert len(ours) >= 120
    assert ours.malformed == ()
    assert {q.group for q in ours} == set(GROUPS)
    assert len(ours.subjects) == 24
    assert set(Counter(q.subject for q in ours).values()) == {6}
    assert len({q.text for q in ours}) == len(ours)
    assert all(len(set(q.options)) == 4 for q in ours)
    assert all(q.text.rstrip("”").endswith(("?", ".")) for q in ours)


def test_neither_letter_nor_length_nor_size_gives_ours_away(ours: exam.Exam) -> None:
    letters = Counter(q.answer for q in ours)
    assert set(letters.values()) == {len(ours) // 4}
    for group in GROUPS:
        inside = Counter(q.answer for q in ours if q.group == group)
        assert max(inside.values()) <= 0.3 * inside.total()
    for pick in (max, min):  # whoever takes the longest, or the shortest, guessing among equals
        points = 0.0
        for q in ours:
            extreme = pick(len(option) for option in q.options)
            tied = [k for k, option in enumerate(q.options) if len(option) == extreme]
            points += (q.answer in tied) / len(tied)
        assert abs(points / len(ours) - exam.CHANCE) < 0.05
    right = np.mean([len(q.options[q.answer]) for q in ours])
    wrong = np.mean([len(o) for q in ours for k, o in enumerate(q.options) if k != q.answer])
    assert abs(right / wrong - 1) < 0.05
    ranks = Counter(rank for q in ours if (rank := rank_of_right(q)) is not None)
    assert ranks.total() > 20
    assert max(ranks.values()) < 0.4 * ranks.total()


def rank_of_right(question: ExamQuestion) -> int | None:
    """Whether the right number is the smallest of the four, the next, ...; None if they are no numbers."""
    try:
        values = [float(option.split()[0]) for option in question.options]
    except ValueError:
        return None
    return sorted(values).index(values[question.answer])


# --- real input ----------------------------------------------------------------------------------


def test_real_mmlu_reads_the_same_in_both_layouts() -> None:
    root = Path(os.environ.get("TRAINING_LAB_REAL", "")) / "mmlu"
    if not os.environ.get("TRAINING_LAB_REAL") or not root.is_dir():
        pytest.skip("TRAINING_LAB_REAL names no folder with mmlu/with_header and mmlu/without_header")
    one, other = (load_questions(root / layout) for layout in ("with_header", "without_header"))
    assert one.malformed == other.malformed == ()
    assert len(one) == len(other) == 435
    assert one.subjects == ("astronomy", "machine learning", "world religions")
    for a, b in zip(one, other, strict=True):
        assert (a.text, a.options, a.answer, a.subject) == (b.text, b.options, b.answer, b.subject)
