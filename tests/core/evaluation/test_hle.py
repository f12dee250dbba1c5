from pathlib import Path

import numpy as np
import pytest

from core.config import ConfigError, Source, from_query, to_query, validate
from core.evaluation.calibration import luck, reliability, rms_calibration_error, wilson_interval
from core.evaluation.hle import HleConfig, HleFrame, HleInputs, examine, made_up, prepare, questions_to_ask
from core.evaluation.published import ERRONEOUS, PUBLISHED


def frame_of(config: HleConfig) -> HleFrame:
    return next(examine(config, prepare(config)))


def test_answers_are_marked() -> None:
    questions = prepare(HleConfig()).questions
    right = [(k, questions[k].answer, 80) for k in (5, 9)]
    wrong = (7, (questions[7].answer + 1) % 4, 60)
    frame = frame_of(HleConfig(answers=(*right, wrong)))
    assert frame.correct.tolist() == [True, True, False]
    assert frame.confidence.tolist() == [0.8, 0.8, 0.6]
    assert frame.asked[:3] == (5, 9, 7)
    assert frame.wilson == wilson_interval(2, 3)
    assert frame.table is not None
    assert frame.table.rms_error == rms_calibration_error([0.8, 0.8, 0.6], [1, 1, 0])


def test_without_answers_there_is_nothing_to_say() -> None:
    frame = frame_of(HleConfig())
    assert (frame.table, frame.luck, frame.wilson, frame.wald) == (None, None, None, None)
    assert frame.verdict == "none"
    assert frame.explain() == []
    assert len(frame.asked) == 20


def test_questions_do_not_move_while_one_answers() -> None:
    config = HleConfig(seed=4)
    asked = questions_to_ask(config, 144)
    assert len(set(asked)) == 20
    for k in range(1, 21):
        config = HleConfig(seed=4, answers=tuple((each, 0, 50) for each in asked[:k]))
        assert questions_to_ask(config, 144) == asked
    assert questions_to_ask(HleConfig(seed=5), 144) != asked


def test_two_answers_to_a_question_are_refused() -> None:
    with pytest.raises(ConfigError, match="one answer to each question"):
        validate(HleConfig(answers=((3, 0, 50), (3, 1, 50))))
    with pytest.raises(ConfigError):
        from_query(HleConfig, "answers=[[3,4,50]]")
    with pytest.raises(ConfigError):
        from_query(HleConfig, "answers=[[3,0,101]]")


def test_answers_come_back_from_a_link() -> None:
    config = HleConfig(answers=((3, 0, 50), (140, 3, 100)))
    assert from_query(HleConfig, to_query(config)) == config


def test_verdicts() -> None:
    calibrated = [frame_of(HleConfig(who="simulated", questions=60, seed=seed)).verdict for seed in range(60)]
    assert calibrated.count("luck") >= 54  # 97.5% of 60 is 58.5; fewer than 54 has a chance below 1%
    assert frame_of(HleConfig(who="simulated", questions=300, bias=25.0)).verdict == "over"
    assert frame_of(HleConfig(who="simulated", questions=300, bias=-25.0)).verdict == "under"


def test_off_to_both_sides_is_neither_too_sure_nor_too_modest() -> None:
    confidence, correct = np.repeat([0.3, 0.9], 50), np.tile([1, 1, 1, 1, 0], 20)
    correct[50:] = np.tile([1, 1, 0, 0, 0], 10)
    table, band = reliability(confidence, correct), luck(confidence)
    from core.evaluation.hle import verdict

    assert verdict(table, band, float(correct.mean())) == "mixed"


def test_the_made_up_person_is_off_by_as_much_as_said() -> None:
    confidence, correct = made_up(2500, 20.0, 1)
    assert confidence.min() == 0.3
    assert confidence.max() == 1.0
    assert confidence.mean() - correct.mean() == pytest.approx(0.2, abs=0.03)


def test_a_file_is_examined(tmp_path: Path) -> None:
    file = tmp_path / "p.csv"
    said, correct = made_up(200, 30.0, 0)
    rows = [f"{i},{c},{int(r)}" for i, (c, r) in enumerate(zip(said, correct, strict=True))]
    file.write_text("\n".join(["id,confidence,correct", *rows]), encoding="utf-8")
    config = HleConfig(who="file", file=Source(path=str(file)), bins=15, binning="equal_count")
    inputs = prepare(config)
    frame = next(examine(config, inputs))
    assert frame.luck is inputs.luck is not None
    assert frame.verdict == "over"
    assert frame.table is not None
    assert frame.table.rms_error == rms_calibration_error(said, correct, 15, "equal_count")
    assert frame_of(HleConfig(who="file")).verdict == "none"


def test_equations_name_lines_that_exist() -> None:
    import ast

    source = Path("core/evaluation/calibration.py").read_text(encoding="utf-8")
    tags = [line.split("#: ")[1] for line in source.splitlines() if "#: " in line]
    names = {node.name for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef)}
    for equation in frame_of(HleConfig(who="simulated")).explain():
        assert equation.tag in tags
        assert equation.function.split(":")[1].split(".")[-1] in names


def test_published_figures_are_dated_and_sourced() -> None:
    for row in (*PUBLISHED, ERRONEOUS):
        assert 0 < row.accuracy < 1
        assert row.date
        assert row.source
    said = {(row.exam, row.who): row.accuracy for row in PUBLISHED}
    assert said["MMLU", "GPT-4"] == 0.864
    assert said["MMLU", "Experts, as the authors estimate"] == 0.898


def test_inputs_are_used_as_they_are() -> None:
    frame = next(examine(HleConfig(who="file"), HleInputs(())))
    assert frame.answered == 0
