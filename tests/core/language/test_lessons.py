"""The lessons: drills whose answers stand in them, stories of one split alone, the same each time."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.language.corpus import END, Style, split_of, stories
from core.language.lessons import FULL, Lessons, Stage, brief, filled, repeated, table, told
from core.language.tokenizer import CharacterTokenizer

TOKENIZER = CharacterTokenizer.train("".join(map(chr, range(32, 127))) + "\n")
POOL = np.arange(20, 80)
ODDS = np.r_[np.zeros(20), np.full(60, 1 / 60)]
FILLERS = np.arange(80, 90)
MARK = 7
STAGES = (
    Stage(2, 64, repeat=2, reverse=1, tables=1, backward=2),
    Stage(3, 200, brief=2, full=1, difficulty=(0.0, 1.0)),
)

SEEDS = st.integers(0, 2**32 - 1)


@given(SEEDS, st.integers(20, 200), st.booleans())
def test_a_repeat_can_be_told_by_looking_back(seed, length, reverse):
    ids, weights = repeated(np.random.default_rng(seed), POOL, length, MARK if reverse else None)
    assert ids.shape == weights.shape == (length,)
    (asked,) = np.nonzero(weights)
    assert (np.diff(asked) == 1).all()
    n = len(asked) + 1
    assert n >= 8
    second = ids[asked[0] - 1 : asked[-1] + 1]
    assert (ids[asked[0] - 2] == MARK) == reverse
    second = second[::-1] if reverse else second
    places = np.lib.stride_tricks.sliding_window_view(ids[: asked[0] - 1], n)
    assert (places == second).all(axis=1).any()


@given(SEEDS, st.integers(64, 200), st.booleans())
def test_what_a_table_asks_for_its_statements_tell(seed, length, backwards):
    """One distance leads from each key in the statements to its value, forwards or backwards."""
    ids, weights = table(np.random.default_rng(seed), ODDS, FILLERS, length, MARK if backwards else None)
    assert ids.shape == weights.shape
    assert len(ids) == length or (backwards and len(ids) < length)
    (asked,) = np.nonzero(weights)
    assert len(asked) > 1
    period = int(asked[1] - asked[0])
    assert (np.diff(asked) == period).all()
    assert 2 <= period - backwards <= 10
    pairs = [(int(ids[place - period + 1]), int(ids[place])) for place in asked]
    assert len(set(pairs)) == len({key for key, _ in pairs}) == len({value for _, value in pairs})
    statements = ids[: asked[0] - period + 1]

    def leads(distance):
        return all(
            any(0 <= at + distance < len(statements) and statements[at + distance] == value
                for at in np.flatnonzero(statements == key))
            for key, value in pairs
        )  # fmt: skip

    assert any(leads(-distance if backwards else distance) for distance in range(1, 8))
    assert (ids[asked - period + 2] == MARK).all() == backwards
    if backwards:
        assert len(pairs) == len(set(pairs))


def test_what_recalls_a_fact_counts_more():
    story = next(stories(3, 1))
    ids, weights = told(story, TOKENIZER, 9.0)
    text = END + story.text + END
    assert TOKENIZER.decode(ids.tolist()) == text
    assert set(weights) == {1.0, 9.0}
    for recall in story.recalls:
        stretch = weights[len(END) + recall.start : len(END) + recall.end]
        assert (stretch == 9.0).all()
    assert (weights == 9.0).sum() == sum(r.end - r.start for r in story.recalls)


def test_rows_are_filled_with_one_story_behind_another():
    told_all = [told(story, TOKENIZER, 2.0) for story in stories(4, 3)]
    length = len(told_all[0].ids) + 100
    ids, weights = filled(iter(told_all), length)
    text = TOKENIZER.decode(ids.tolist())
    assert len(ids) == len(weights) == length == len(text)
    first, second = (story.text for story in list(stories(4, 2)))
    assert text.startswith(END + first + END[:1])
    assert second[:50] in text


@pytest.mark.parametrize("step", [1, 2, 3, 5])
def test_batches_are_a_function_of_the_step_and_its_numbers(step):
    lessons = Lessons(TOKENIZER, STAGES)
    stage, _ = lessons.at(step)
    one, two = (lessons(np.random.default_rng([8, step]), step, 1, 256) for _ in range(2))
    assert (one.ids == two.ids).all()
    assert (one.weights == two.weights).all()
    assert one.ids.shape == (stage.rows, stage.length + 1)
    assert one.weights.shape == (stage.rows, stage.length)
    assert one.weights.dtype == np.float32
    assert (one.weights.sum(axis=1) > 0).all()
    other = lessons(np.random.default_rng([9, step]), step, 1, 256)
    assert (one.ids != other.ids).any()


def test_stages_follow_one_another_and_then_end():
    lessons = Lessons(TOKENIZER, STAGES)
    assert lessons.steps == 5
    assert [lessons.at(step) for step in (1, 2, 3, 5)] == [
        (STAGES[0], 0.5), (STAGES[0], 1.0), (STAGES[1], 1 / 3), (STAGES[1], 1.0),
    ]  # fmt: skip
    with pytest.raises(ValueError, match="the lessons end after 5 steps"):
        lessons.at(6)


@pytest.mark.parametrize("style", [brief(0.0), brief(0.5), brief(1.0), FULL])
def test_styles_ask_behind_every_story_and_keep_to_the_split(style):
    assert isinstance(style, Style)
    for story in stories(5, 20, "train", style):
        assert "\nQuestion: " in story.text
        assert split_of(story.cast) == "train"
    members = [len(story.cast) for story in stories(5, 60, "train", style)]
    if style == brief(0.0):
        assert np.mean(members) < 3.2
    if style == brief(1.0):
        assert np.mean(members) > 3.2
