import hashlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.config import Source
from core.datasets import DataError
from core.evaluation.predictions import (
    MOST_ANSWERS,
    MOST_BYTES,
    parse_predictions,
    read_predictions,
)

ONE = '{"id": "a", "confidence": 0.9, "correct": true}'
OTHER = '{"id": "b", "confidence": 0.25, "correct": false}'
RANGE = "expected a confidence from 0 to 1 or from 0 to 100%"
SAME = {
    "header": "id,confidence,correct\na,0.9,1\nb,0.25,0\n",
    "no header": "a,0.9,1\nb,0.25,0\n",
    "columns in another order": "correct,model,id,confidence\ntrue,m,a,0.9\nfalse,m,b,0.25\n",
    "semicolons and decimal commas": "id;confidence;correct\na;0,9;yes\nb;0,25;no\n",
    "tabs": "id\tconfidence\tcorrect\na\t.9\t1\nb\t.25\t0\n",
    "percent": "id,confidence,correct\na,90,1\nb,25,0\n",
    "percent signs": "id,confidence,correct\na,90%,1\nb,25 %,0\n",
    "blank lines, carriage returns": "id,confidence,correct\r\n\r\na,0.9,1\r\nb,0.25,0\r\n\r\n",
    "quotes": 'id,confidence,correct\n"a","0.9","TRUE"\nb,0.25,False\n',
    "a JSON list": f"[{ONE},\n{OTHER}]",
    "JSON lines": f"{ONE}\n{OTHER}\n",
    "a JSON mapping": '{"a": {"confidence": 90, "correct": "yes"},'
    ' "b": {"confidence": "25%", "correct": "no"}}',
}


@pytest.mark.parametrize("text", SAME.values(), ids=SAME)
def test_every_layout_says_the_same(text: str) -> None:
    found = parse_predictions(text, "p")
    np.testing.assert_allclose(found.confidence, [0.9, 0.25])
    assert found.correct.tolist() == [True, False]


def test_percent_holds_for_the_whole_file() -> None:
    found = parse_predictions("a,1,1\nb,80,0\n", "p")
    assert found.percent
    np.testing.assert_allclose(found.confidence, [0.01, 0.8])
    assert not parse_predictions("a,1,1\nb,0.8,0\n", "p").percent


REFUSED = {
    "": "p: expected answers with id, confidence and correct, found none.",
    "id,confidence,correct\n": "p: expected answers with id, confidence and correct, found none.",
    "id,confidence\na,0.5\n": "p, line 1: expected a column “correct”, found “id”, “confidence”.",
    "id,confidence,correct\na,0.5,1\nb,high,1\n": f"p, line 3: {RANGE}, found “high”.",
    "a,0.5,1\nb,101,1\n": f"p, line 2: {RANGE}, found “101”.",
    "a,nan,1\n": f"p, line 1: {RANGE}, found “nan”.",
    "a,-0.1,1\n": f"p, line 1: {RANGE}, found “-0.1”.",
    "a,0.5,maybe\n": "p, line 1: expected correct to be 1 or 0, true or false, found “maybe”.",
    "a,0.5,\n": "p, line 1: expected correct to be 1 or 0, true or false, found nothing.",
    ",0.5,1\n": "p, line 1: expected an id, found nothing.",
    "a,0.5,1\na,0.6,1\n": "p, line 2: expected every id once, found “a” in line 1 already.",
    "a,0.5,1\nb,0.5\n": "p, line 2: expected 3 columns, found 2.",
    "a,0.5,1\nb\0,0.5,1\n": "p, line 2: expected text, found a byte of 0.",
    f'[{ONE},\n {{"id": 2, "confidence": 2000, "correct": 1}}]': f"p, line 2: {RANGE}, found “2000”.",
    '[{"id": 1, "correct": 1}]': "p, line 1: expected “confidence”, found “id”, “correct”.",
    '[{"id": 1, "confidence": NaN}]': "p, line 1: not readable as JSON (expected a number, found nan).",
    "[1, 2]": "p, line 1: expected an object with id, confidence and correct, found “1”.",
    '[{"id": 1, "confidence": true, "correct": 1}]': f"p, line 1: {RANGE}, found “True”.",
}


@pytest.mark.parametrize(("text", "sentence"), REFUSED.items(), ids=range(len(REFUSED)))
def test_refused_by_line_in_one_sentence(text: str, sentence: str) -> None:
    with pytest.raises(DataError) as refusal:
        parse_predictions(text, "p")
    assert str(refusal.value) == sentence


@pytest.mark.parametrize(
    "text",
    ["[", "[{", '[{"id": 1}', "[]]", "{", '{"a"', '{"a": {', '{"a": {} "b": {}}', "[" * 100_000, "{}", "[,]"],
)
def test_broken_json_is_refused(text: str) -> None:
    with pytest.raises(DataError, match=r"^p(, line 1)?: .*\.$"):
        parse_predictions(text, "p")


def test_files(tmp_path: Path) -> None:
    file = tmp_path / "p.csv"
    file.write_bytes(b"\xef\xbb\xbfid,confidence,correct\na,0.5,1\n")
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    assert read_predictions(Source(path=str(file), sha256=digest)).correct.tolist() == [True]
    with pytest.raises(DataError, match="found it changed"):
        read_predictions(Source(path=str(file), sha256="0" * 64))
    file.write_bytes(b"a,0.5,1\n\xff\xfe\n")
    with pytest.raises(DataError, match="line 2: expected text in UTF-8"):
        read_predictions(Source(path=str(file)))
    file.write_bytes(b"x" * (MOST_BYTES + 1))
    with pytest.raises(DataError, match="at most 20,000,000 bytes"):
        read_predictions(Source(path=str(file)))
    with pytest.raises(DataError, match="cannot be read"):
        read_predictions(Source(path=str(tmp_path / "none.csv")))
    with pytest.raises(DataError, match="cannot be read"):
        read_predictions(Source(path=str(tmp_path)))


def test_too_many_answers_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    assert MOST_ANSWERS == 100_000
    monkeypatch.setattr("core.evaluation.predictions.MOST_ANSWERS", 2)
    with pytest.raises(DataError, match="line 3: expected at most 2 answers"):
        parse_predictions("a,0.5,1\nb,0.5,1\nc,0.5,1\n", "p")


@given(st.text(alphabet=st.sampled_from(list('[]{}",:;\t\n\r0159.eE-%abidconfe\\ \0\ufeff')), max_size=80))
def test_whatever_comes_is_read_or_refused(text: str) -> None:
    refused = ""
    try:
        found = parse_predictions(text, "p")
    except DataError as refusal:
        refused = str(refusal)
    if refused:
        assert refused.startswith("p")
        assert refused.endswith(".")
        assert "\n" not in refused
    else:
        assert ((found.confidence >= 0) & (found.confidence <= 1)).all()
        assert len(found.confidence) == len(found.correct) > 0
