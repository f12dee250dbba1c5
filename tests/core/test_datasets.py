"""Data sets keep what their docstrings promise; files are refused in one sentence."""

import hashlib
import re

import numpy as np
import pytest

from core.config import Source
from core.datasets import POINTS, DataError, linear, messages, parse_points, read_points
from core.datasets.messages import ASTRONOMY, GARDENING


@pytest.mark.parametrize("name", POINTS)
def test_points_are_two_halves_about_the_origin_and_follow_the_seed(name):
    points = POINTS[name](300, 0.1, 7)
    assert points.x.shape == (300, 2)
    assert np.bincount(points.labels).tolist() == [150, 150]
    assert np.abs(points.x).max() < 2.6
    assert np.abs(points.x.mean(axis=0)).max() < 0.25
    np.testing.assert_array_equal(points.x, POINTS[name](300, 0.1, 7).x)
    assert not np.array_equal(points.x, POINTS[name](300, 0.1, 8).x)


@pytest.mark.parametrize("name", ["moons", "circles", "spiral"])
def test_without_noise_a_point_is_nearest_to_its_own_kind(name):
    points = POINTS[name](600, 0.0, 0)
    apart = np.linalg.norm(points.x[:, None] - points.x, axis=-1) + np.diag(np.full(600, np.inf))
    assert (points.labels[apart.argmin(axis=1)] == points.labels).all()


def test_most_subject_words_are_rare_and_tell_the_club():
    made = messages(1000, 0)
    assert made.present.shape == (1000, len(made.words))
    assert set(np.unique(made.present)) == {0.0, 1.0}
    times = made.present.sum(axis=0)
    assert times.min() >= 1
    assert (times <= 10).mean() > 0.5
    assert made.present[:, made.words.index("the")].mean() > 0.5
    rare = {club: [k for k, word in enumerate(made.words) if word in words and times[k] <= 10]
            for club, words in enumerate((GARDENING, ASTRONOMY))}  # fmt: skip
    for club, columns in rare.items():
        counts = made.present[:, columns].T @ np.stack([made.labels == 0, made.labels == 1], axis=1)
        assert counts[:, club].sum() / counts.sum() > 0.9


@pytest.mark.parametrize("correlated", [False, True])
def test_the_regression_has_the_condition_number_told(correlated):
    made = linear(300, 12, 500.0, 0.0, 3, correlated)
    covariance = made.x.T @ made.x / 300
    spectrum = np.linalg.eigvalsh(covariance)
    assert spectrum[-1] == pytest.approx(1.0)
    assert spectrum[-1] / spectrum[0] == pytest.approx(500.0)
    assert np.allclose(covariance, np.diag(np.diag(covariance))) != correlated
    np.testing.assert_allclose(made.y, made.x @ made.weights)
    assert np.mean(made.y**2) == pytest.approx(12.0)


BODY = "0.5,1,1\n-2,3e-1,0\n1,1,1\n0,0,0\n"


@pytest.mark.parametrize(
    "text",
    [
        BODY,
        "x,y,label\n" + BODY,
        BODY.replace("\n", "\r\n"),
        BODY.replace("\n", "\n\n"),
        BODY.replace(",", "\t"),
        BODY.replace(",", ";"),
        BODY.replace(",", ";").replace(".", ","),
        BODY.replace(",", " , "),
        '"0.5","1","1"\n' + BODY.split("\n", 1)[1],
    ],
)
def test_the_ways_of_writing_a_table_are_one(text):
    points = parse_points(text, "a.csv")
    assert points.x.tolist() == [[0.5, 1.0], [-2.0, 0.3], [1.0, 1.0], [0.0, 0.0]]
    assert points.labels.tolist() == [1, 0, 1, 0]


def test_labels_are_ordered_as_numbers_or_in_the_alphabet():
    assert parse_points("0,0,10\n0,0,9\n0,0,9\n0,0,10\n", "a").labels.tolist() == [1, 0, 0, 1]
    assert parse_points("0,0,red\n0,0,blue\n0,0,blue\n0,0,red\n", "a").labels.tolist() == [1, 0, 0, 1]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "a.csv: expected at least 4 points, found 0."),
        ("x,y,label\n", "a.csv: expected at least 4 points, found 0."),
        (BODY + "1,2\n", "a.csv, line 5: expected 3 columns (x, y, label), found 2."),
        (BODY + "1,two,0\n", "a.csv, line 5: expected a number for y, found “two”."),
        (BODY + "nan,2,0\n", "a.csv, line 5: expected a number for x, found “nan”."),
        (BODY + ",2,0\n", "a.csv, line 5: expected a number for x, found nothing."),
        (BODY + "1e300,2,0\n", "a.csv, line 5: expected a number for x, found “1e300”."),
        (BODY + "1,2,\n", "a.csv, line 5: expected a label, found nothing."),
        (BODY + "1,2,2\n", "a.csv: expected two different labels, found 3 (“0”, “1”, “2”)."),
        ("1,2,1\n" * 5, "a.csv: expected two different labels, found 1 (“1”)."),
        ("x,y,label\na,b,c\n" + BODY, "a.csv, line 2: expected a number for x, found “a”."),
        (BODY + f"1,2,{'z' * 99}",
         f"a.csv: expected two different labels, found 3 (“0”, “1”, “{'z' * 30}…”)."),
        ("1,2,0\n3,4,1\n" * 3000, "a.csv, line 5001: expected at most 5,000 points, found more."),
        ('"1,2,0\n', None),
        ("1,2,\x00\n" * 9, None),
        ("\x00\xff\x01", None),
    ],
)  # fmt: skip
def test_what_is_wrong_is_one_sentence(text, said):
    with pytest.raises(DataError) as caught:
        parse_points(text, "a.csv")
    sentence = str(caught.value)
    assert "\n" not in sentence
    assert re.match(r"a\.csv(, line \d+)?: ", sentence)
    if said is not None:
        assert sentence == said


def test_a_file_is_read_as_it_was_chosen(tmp_path):
    file = tmp_path / "mine.csv"
    file.write_bytes(b"\xef\xbb\xbfx,y,label\n" + BODY.encode())
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    assert len(read_points(Source(path=str(file), sha256=digest))) == 4
    file.write_text(BODY)
    with pytest.raises(DataError, match=r"^mine\.csv: expected the file as it was .*, found it changed\.$"):
        read_points(Source(path=str(file), sha256=digest))
    file.write_bytes(BODY.encode() + "1,2,ü".encode("latin-1"))
    with pytest.raises(DataError, match=r"^mine\.csv, line 5: expected text in UTF-8, found other bytes\.$"):
        read_points(Source(path=str(file)))
    file.write_bytes(b"1,2,0\n" * 400_000)
    with pytest.raises(DataError, match=r"^mine\.csv: expected at most 2,000,000 bytes, found more\.$"):
        read_points(Source(path=str(file)))
    file.unlink()
    with pytest.raises(DataError, match=r"^mine\.csv: cannot be read \(no such file or directory\)\.$"):
        read_points(Source(path=str(file)))
    with pytest.raises(DataError, match=r"cannot be read"):
        read_points(Source(path=str(tmp_path)))
