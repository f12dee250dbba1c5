"""Replies drawn along their tree have the model's own distribution; spreads, votes and claims are counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from core.config import replace
from core.evaluation.exam import INVALID
from core.language.candidates import seat
from core.language.corpus import UNTOLD, Question, load_text, read
from core.language.examined import Examinee
from core.language.hallucination import VERDICTS, counts_of, go_on, judged, openings
from core.language.ngram import NGram
from core.language.replies import (
    OPEN,
    WORDINGS,
    ask,
    cumulated,
    drawn,
    prompt_of,
    read_reply,
    story_questions,
)
from core.language.sampling import SamplingConfig, distribution, draw, sample
from core.language.tokenizer import CharacterTokenizer
from core.language.variability import (
    TEMPERATURES,
    AskedFrame,
    Missing,
    StoryFrame,
    VariabilityConfig,
    hallucinated,
    majority,
    spread,
    vary,
)

pytestmark = pytest.mark.timeout(600)  # reading stories compiles hundreds of patterns first

QUESTION = Question("Tom has a kite.", "Who has it?", ("Tom", "Ada", "the old sailor", "Mia"), 0, "holder",
                    "kite", 1, 3)  # fmt: skip


@pytest.fixture(scope="module")
def examinee() -> Examinee:
    seated = seat("ngram")
    assert seated.model is not None
    assert seated.tokenizer is not None
    return Examinee(seated.model, seated.tokenizer, seated.begin)


# --- replies ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("text", "code"), [
    (" A\n", 0), ("B", 1), (" (c)", 2), (" Tom\n", 0), ("the old sailor.", 2), ("The Old Sailor\nAnd", 2),
    (UNTOLD, OPEN), (f" {UNTOLD}.\n", OPEN), ("Tommy", -1), ("the old", -1), ("", -1), ("\n", -1),
    ("A kite", -1),
])  # fmt: skip
def test_reads_a_reply(text: str, code: int) -> None:
    assert read_reply(text, QUESTION.options) == code


def test_every_wording_asks_the_same(examinee: Examinee) -> None:
    prompts = {wording: prompt_of(QUESTION, wording) for wording in WORDINGS}
    assert len(set(prompts.values())) == len(WORDINGS)
    for wording, prompt in prompts.items():
        assert prompt.startswith(f"{QUESTION.story}\n")
        assert QUESTION.stem in prompt
        if wording != "words":
            assert all(option in prompt for option in QUESTION.options)
    assert prompts["letter"] == QUESTION.exam_prompt
    assert prompts["words"] == QUESTION.prompt


def little() -> Examinee:
    """A model over characters whose replies can be worked out by hand: A, B, a name, and other things."""
    text = "?A\n" * 5 + "?B\n" * 3 + "?Tom\n" * 2 + "?To be\n" + "?xyz\n"
    tokenizer = CharacterTokenizer(text)
    return Examinee(NGram(4, "maximum_likelihood", vocab_size=tokenizer.vocab_size)
                    .fit(tokenizer.encode(text)), tokenizer)  # fmt: skip


def test_replies_have_the_models_distribution() -> None:
    """Against the exact probabilities: 5, 3, 2 of 12 replies, and 2 that are none; chi-squared."""
    times = 6000
    found = ask(little(), "?", QUESTION.options, (1.0, 0.0, 2.0), times, np.random.default_rng(5))
    counts = np.array([(found.codes[0] == code).sum() for code in (0, 1, INVALID)])
    # "Tom" is option 0 as well: A or Tom, B, and what is neither
    assert stats.chisquare(counts, np.array([7, 3, 2]) / 12 * times).pvalue > 1e-3
    assert (found.codes[1] == 0).all()
    assert (found.codes[2] == 0).mean() < (found.codes[0] == 0).mean()
    assert found.texts[1] == (("A\n", times),)


def test_replies_end_as_drawing_one_at_a_time_would(examinee: Examinee) -> None:
    """The tree's tally against plain generation: drawn from one distribution, by a test of homogeneity."""
    question = story_questions()[0]
    prompt, times = prompt_of(question, "letter"), 150
    found = ask(examinee, prompt, question.options, (0.5,), times, np.random.default_rng(1))
    config, rng = SamplingConfig(temperature=0.5), np.random.default_rng(2)
    plain: Counter[int] = Counter()
    start = examinee.model.start(examinee.prompt_ids(prompt))
    for _ in range(times):
        state, ids = start.fork(), list[int]()
        while len(ids) < 12 and "\n" not in examinee.text(ids).lstrip():
            ids.append(sample(state.logits, config, rng))
            state.push(ids[-1])
        plain[read_reply(examinee.text(ids), question.options)] += 1
    codes = (*range(OPEN + 1), INVALID)
    table = np.array([[(found.codes == code).sum() for code in codes], [plain[code] for code in codes]])
    assert plain[INVALID] < times
    assert stats.chi2_contingency(table[:, table.any(axis=0)]).pvalue > 1e-3


@pytest.mark.parametrize("temperature", TEMPERATURES.values())
def test_draws_are_samplings_own(temperature: float) -> None:
    rng = np.random.default_rng(8)
    for spread_ in (0.1, 3.0, 40.0):
        logits = rng.normal(0, spread_, 200)
        logits[:5] = -np.inf
        p = distribution(logits, SamplingConfig(temperature=temperature))
        (ends,) = cumulated(logits, [temperature])
        np.testing.assert_allclose(np.diff(ends, prepend=0), p, atol=1e-12)
        uniform = np.append(rng.random(50), [0.0, np.nextafter(1, 0)])
        assert drawn(ends, uniform).tolist() == [draw(p, u) for u in uniform]


def test_the_same_seed_draws_the_same(examinee: Examinee) -> None:
    question = story_questions()[1]
    both = [
        ask(examinee, question.prompt, question.options, (0.5, 1.0), 30, np.random.default_rng(3))
        for _ in "ab"
    ]
    np.testing.assert_array_equal(both[0].codes, both[1].codes)
    assert both[0].texts == both[1].texts
    assert all(sum(n for _, n in texts) <= 30 for texts in both[0].texts)


def test_every_sixth_question_is_left_open() -> None:
    asked = story_questions()
    assert len(asked) == 120
    assert [i for i, q in enumerate(asked) if q.answer is None] == list(range(5, 120, 6))


# --- spreads and votes -----------------------------------------------------------------------------


@settings(deadline=None, max_examples=60)
@given(st.lists(st.lists(st.integers(-1, 4), min_size=3, max_size=3), min_size=1, max_size=8))
def test_the_majority_is_the_mode_of_what_is_valid(rows: list[list[int]]) -> None:
    for row, vote in zip(rows, majority(np.array(rows)).tolist(), strict=True):
        valid = [code for code in row if code >= 0]
        assert vote == (stats.mode(valid).mode if valid else INVALID)


def test_spread_by_hand() -> None:
    found = spread(np.array([0, 2, 4, 2]), 3, 4)
    assert (found.mean, found.lowest, found.highest, found.vote) == (0.5, 0, 1, 0.75)
    assert found.deviation == pytest.approx(np.sqrt(0.125))


Run = Callable[..., list[AskedFrame | StoryFrame]]


@pytest.fixture(scope="module")
def run() -> Run:
    kept: dict[VariabilityConfig, list[AskedFrame | StoryFrame]] = {}

    def made(**settings: object) -> list[AskedFrame | StoryFrame]:
        config = VariabilityConfig(**{"count": 8, "times": 15, **settings})  # type: ignore[arg-type]
        if config not in kept:
            kept[config] = list(vary(config))  # type: ignore[arg-type]
        return kept[config]

    return made


def asked(run: Run, **settings: object) -> list[AskedFrame]:
    frames = run(**settings)
    assert all(isinstance(frame, AskedFrame) for frame in frames)
    return frames  # type: ignore[return-value]


def test_scores_add_up_over_questions(run: Run) -> None:
    frames = asked(run)
    assert [frame.step for frame in frames] == list(range(8))
    right = sum((frame.codes == frame.right).astype(int) for frame in frames)
    np.testing.assert_array_equal(frames[-1].scores, right)
    votes = sum((majority(frame.codes) == frame.right).astype(int) for frame in frames)
    np.testing.assert_array_equal(frames[-1].votes, votes)
    open_ = [frame for frame in frames if frame.question.answer is None]
    assert frames[-1].open == len(open_) == 1
    np.testing.assert_array_equal(frames[-1].admitted, sum((f.codes == OPEN).sum(axis=2) for f in open_))
    named = sum(((f.codes >= 0) & (f.codes < OPEN)).sum(axis=2) for f in open_)
    np.testing.assert_array_equal(frames[-1].invented, named)
    for frame in frames:
        assert frame.counts("1", "letter").sum() == 15


def test_greedy_rounds_are_all_the_same_and_warm_ones_are_not(run: Run) -> None:
    last = asked(run)[-1]
    for wording in WORDINGS:
        cold = last.spread("0", wording)
        assert cold.lowest == cold.highest == cold.mean == cold.vote
        assert cold.deviation == 0
    warm = last.spread("0.5", "letter")
    assert warm.lowest < warm.highest
    assert warm.lowest <= warm.low <= warm.high <= warm.highest


@pytest.mark.parametrize("task", ["answers", "stories"])
def test_the_run_goes_on_from_any_frame_exactly(task: str, run: Run) -> None:
    frames = run(task=task)
    config = VariabilityConfig(task=task, count=8, times=15)  # type: ignore[arg-type]
    after = next(vary(config, frames[0].inputs, frames[4]))
    for name in ("scores", "votes", "codes", "invented") if task == "answers" else ("verdicts",):
        np.testing.assert_array_equal(getattr(after, name), getattr(frames[5], name))


def test_another_seed_draws_another_round(run: Run) -> None:
    one, other = asked(run)[-1], asked(run, seed=1)[-1]
    assert not np.array_equal(one.scores, other.scores)
    np.testing.assert_array_equal(one.scores[0], other.scores[0])  # greedy


# --- hallucination ---------------------------------------------------------------------------------


def test_the_storys_own_words_are_supported() -> None:
    for opening in openings(12):
        told = judged(opening, f" {opening.right}")
        assert told.readable, opening
        assert told.claims[0].verdict == "supported", opening


def test_claims_by_hand() -> None:
    world, _ = read("Tom had brought a red kite and Ada had brought a blue drum. Tom gave the kite to Ada.")
    opening = openings(1)[0]._replace(text="The drum was", sentence=0, world=world, right="blue")
    for text, verdict in ((" blue.", "supported"), (" red.", "contradicted"), (" blue", "supported")):
        told = judged(opening, text)
        assert [claim.verdict for claim in told.claims] == [verdict]
        assert told.readable
    ladle = opening._replace(text="The ladle was")
    assert [claim.verdict for claim in judged(ladle, " red.").claims] == ["not in the story"]
    nothing = judged(opening, " great joy.")
    assert not nothing.readable
    np.testing.assert_array_equal(counts_of(nothing), [0, 0, 0, 1])
    cut = judged(opening, " blue. The kite was re", ended=False)
    np.testing.assert_array_equal(counts_of(cut), [1, 0, 0, 0])


def test_stories_go_on_from_what_was_given(run: Run, examinee: Examinee) -> None:
    frames = run(task="stories")
    total = np.zeros((len(TEMPERATURES), len(VERDICTS)), int)
    for frame in frames:
        assert isinstance(frame, StoryFrame)
        total += np.stack([counts_of(told) for told in frame.told])
        np.testing.assert_array_equal(frame.verdicts, total)
        for told in frame.told:
            assert "\n" not in told.text
            whole = frame.opening.text[frame.opening.sentence :] + told.text
            assert all(0 <= c.start < c.end <= len(whole) + 1 for c in told.claims)
    share = hallucinated(total[0])
    assert share == (total[0, 1] + total[0, 2]) / total[0, :3].sum()
    opening = openings(1)[0]
    greedy = go_on(examinee, opening, (0.0, 0.0), np.random.default_rng(0))
    assert greedy[0].text == greedy[1].text
    assert np.isnan(hallucinated(np.array([0, 0, 0, 4])))


def test_held_out_stories_are_not_among_those_counted() -> None:
    seen = load_text("train")
    for opening in openings(12):
        assert opening.text not in seen


def test_without_a_model_there_is_one_frame_that_says_so() -> None:
    (frame,) = vary(VariabilityConfig(model="opened"))
    assert isinstance(frame, Missing)
    assert frame.inputs.seated.missing.endswith(".")


def test_equations_hold_what_is_shown(run: Run) -> None:
    frame = asked(run)[-1]
    config = VariabilityConfig(temperature="0.5", wording="words")
    lines = {line.tag: line.values for line in frame.explain(config)}
    found = frame.spread("0.5", "words")
    assert lines["mean"]["mean"] == pytest.approx(found.mean)
    assert lines["deviation"]["sd"] == found.deviation
    assert lines["vote"]["n"] == tuple(frame.counts("0.5", "words")[:-1])
    story = run(task="stories")[-1]
    told = {line.tag: line.values for line in story.explain(replace(config, "temperature", "0"))}
    assert told["claims"]["sum"] == int(story.at("0")[1][:3].sum())  # type: ignore[union-attr]
