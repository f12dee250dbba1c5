"""The story world: its probabilities are exact, its splits apart, its English right, its questions fair."""

import hashlib
import math
import os
import re
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from itertools import pairwise

import pytest

from core.language import corpus
from core.language.corpus import (
    END,
    STORY,
    Style,
    World,
    derivations_of,
    judge,
    questions,
    read,
    recall_items,
    stories,
)
from core.language.corpus.choices import Dice, derivations
from core.language.corpus.grammar import load_grammar, parse_grammar
from core.language.corpus.lexicon import FACT_CLASSES, article, load_lexicon, parse_lexicon
from core.language.corpus.quiz import ANSWER, LETTERS, UNTOLD
from core.language.corpus.shipped import load_text, record, shipped_stories, write_shipped
from core.language.corpus.slots import PRONOUNS, Slot, compile_parts
from core.language.corpus.stories import SPLITS, split_of, tell
from core.language.corpus.storyqa import PLAN, UNIT, WINDOW, mentions
from core.language.corpus.telling import Tale
from core.language.corpus.world import KINDS, phrase

SOME = 400


@pytest.fixture(scope="module")
def some():
    return list(stories(11, SOME))


@pytest.fixture(scope="module")
def exam():
    return questions()


# --- the grammar ----------------------------------------------------------------------------------------


def test_the_world_is_large():
    grammar = load_grammar()
    texts = [pattern.text for pattern in grammar.patterns]
    assert len(grammar.lexicon.words) >= 1200
    assert len(set(texts)) >= 200
    assert len({plot.title for plot in grammar.plots}) == len(grammar.plots) >= 40


def test_its_words_are_used():
    told = set(re.findall(r"[a-z'-]+", " ".join(story.body for story in stories(2, 2500)).lower()))
    assert len(load_lexicon().words & told) >= 1200
    assert len(load_lexicon().words - told) < 0.02 * len(told)


def test_nothing_but_facts_names_what_facts_are_about():
    """A colour or a thing in a sentence that tells no fact would be a false clue."""
    grammar = load_grammar()
    factual = {entry.lower() for name in FACT_CLASSES for entry in grammar.lexicon[name]}
    factual |= {entry.split(" ", 1)[1] for entry in grammar.lexicon["part"]}
    other = {name: entries for name, entries in grammar.lexicon.classes.items() if name not in FACT_CLASSES}
    literal = {pattern.text: [p for p in (*pattern.parts, *pattern.item, *pattern.tail) if isinstance(p, str)]
               for pattern in grammar.patterns}  # fmt: skip
    for source in (other, literal):
        for where, pieces in source.items():
            for piece in pieces:
                clues = [e for e in factual if re.search(rf"\b{re.escape(e)}\b", piece.lower())]
                assert not clues, (where, clues)


def test_no_entity_stands_inside_another():
    """Or counting its mentions would count the other's."""
    lexicon = load_lexicon()
    entries = {e for name in FACT_CLASSES for e in lexicon[name]}
    for inner in entries:
        around = [e for e in entries if e != inner and re.search(rf"\b{re.escape(inner)}\b", e)]
        assert not around, (inner, around)


def test_a_pattern_names_all_that_its_facts_are_about():
    for beat in load_grammar().beats.values():
        roles = {role for effect in beat.effects for role in (effect.key, effect.value) if role} - {"Y"}
        for pattern in (*beat.single, *beat.row):
            said = {part.name for part in (*pattern.parts, *pattern.item) if isinstance(part, Slot)}
            assert roles <= said | ({"A"} if "Y" in {e.key for e in beat.effects} else set()), pattern.text


def test_a_recall_names_its_key_first():
    for name, beat in load_grammar().beats.items():
        if name.startswith("recall "):
            for pattern in beat.single:
                roles = [
                    p.name
                    for p in pattern.parts
                    if isinstance(p, Slot) and p.name in ("K", "V") and not p.form
                ]
                assert (roles[0], roles.count("V")) == ("K", 1), pattern.text


@pytest.mark.parametrize(
    ("patterns", "error"),
    [("[open sunny]\nIt was {sunny}.", "no slot 'sunny'"), ("[open sunny]\nIt was {@a b.", "not understood")],
)
def test_a_slot_that_is_not_understood_is_named(patterns, error):
    def compiled():
        return [
            pattern.ops for pattern in parse_grammar(parse_lexicon("[girls]\nAda"), patterns, "").patterns
        ]

    with pytest.raises(ValueError, match=error):
        compiled()


def test_a_class_that_holds_an_entry_twice_is_named():
    with pytest.raises(ValueError, match="colour"):
        parse_lexicon("[colour]\nred, blue, red")


# --- probabilities --------------------------------------------------------------------------------------

TINY_WORDS = """
[girls]
Ada
[boys]
Tom
[thing]
kite, orb
[colour]
red, blue
[sunny]
warm
[elder]
Grandma
[outdoor meeting]
here
[outdoor spot]
in the hay, by the well
"""
TINY_PATTERNS = """
[open sunny]
It was {@sunny}.
[meet sunny]
{names} met {G}.
[gather]
{names} came.
[bring] owner X A; holder X A; colour X Q
{A} had {a Q} {X}.
{A}'s {X} was {Q}.
& {each:{A} had {a Q} {X}}.
[give] holder X B
{A} gave the {X} to {B}.
[filler any]
{any} sang.
[filler outdoor]
Wind blew.
[filler sunny]
Sun shone.
[filler green]
Grass grew.
[end]
They slept.
"""
TINY_ENDS = "".join(
    f"[recall {kind}]\n{{K}} was {{V}}, in {kind}.\n[ask {kind}]\nWhat of {{K}} in {kind}?\n"
    for kind in KINDS
)
TINY_PLOTS = """
[One]
cast people
scene outdoor
weather sunny
meet
each bring
gap
end
[Two]
cast people
scene outdoor
weather sunny
meet
one bring
> Then it was {@sunny} again.
> Nothing else happened.
recall
[Three]
cast people
scene outdoor
weather sunny
meet
> They gave presents.
some bring
end
"""
TINY_STYLE = Style(members=(1, 0, 0), gap=(1, 2), recalls=(1, 2), questions=(2, 1), exam=(1, 1))


@pytest.fixture(scope="module")
def tiny():
    return parse_grammar(parse_lexicon(TINY_WORDS), TINY_PATTERNS + TINY_ENDS, TINY_PLOTS)


@pytest.fixture(scope="module")
def whole(tiny):
    """Every story of the tiny grammar."""
    return list(derivations(lambda script: tell(Tale(tiny, TINY_STYLE, script))))


def test_the_probabilities_of_all_texts_sum_to_one(whole):
    assert len(whole) > 1000
    assert math.fsum(math.exp(story.log_prob) for story in whole) == pytest.approx(1, abs=1e-12)


def test_no_text_has_two_derivations(whole):
    assert len({story.text for story in whole}) == len(whole)


def test_no_text_begins_with_a_whole_other_and_the_mark_of_its_end(whole):
    """So the sum over texts that are followed by END is the sum over all outputs of a model."""
    assert not any(END in story.text for story in whole)


def test_texts_come_as_often_as_their_probability_says(tiny, whole):
    """Cross-entropy of draws against the exact entropy, and the frequencies of the likeliest texts."""
    entropy = -math.fsum(math.exp(s.log_prob) * s.log_prob for s in whole)
    variance = math.fsum(math.exp(s.log_prob) * s.log_prob**2 for s in whole) - entropy**2
    dice, n = Dice(7), 20_000
    drawn = []
    for _ in range(n):
        dice.log_prob = 0.0
        drawn.append(tell(Tale(tiny, TINY_STYLE, dice)))
    exact = {s.text: s.log_prob for s in whole}
    assert all(s.log_prob == pytest.approx(exact[s.text], abs=1e-12) for s in drawn)
    assert -math.fsum(s.log_prob for s in drawn) / n == pytest.approx(
        entropy, abs=4 * math.sqrt(variance / n)
    )
    counts = Counter(s.text for s in drawn)
    likeliest = sorted(exact, key=exact.__getitem__, reverse=True)[:50]
    expected = [n * math.exp(exact[text]) for text in likeliest]
    chi_square = sum((counts[t] - e) ** 2 / e for t, e in zip(likeliest, expected, strict=True))
    assert chi_square < 50 + 5 * math.sqrt(100)


@pytest.mark.parametrize("index", range(2))
def test_a_story_has_one_derivation_of_its_probability(index):
    story = next(stories(100 + index, 1, style=Style(members=(1, 1, 0))))
    found = derivations_of(story.text, Style(members=(1, 1, 0)))
    assert [other.log_prob for other in found] == [pytest.approx(story.log_prob, abs=1e-9)]
    assert not derivations_of(story.text.replace(story.cast[0], story.cast[1]), Style(members=(1, 1, 0)))


@pytest.mark.soak
def test_stories_of_every_plot_have_one_derivation():
    left = {plot.title for plot in load_grammar().plots}
    for story in stories(3):
        if story.plot in left:
            left.remove(story.plot)
            assert [s.log_prob for s in derivations_of(story.text)] == [
                pytest.approx(story.log_prob, abs=1e-9)
            ]
        if not left:
            return


def test_every_step_of_the_dice_counts():
    dice = Dice(1)
    dice.pick(8)
    assert dice.log_prob == pytest.approx(-math.log(8))
    weights = (1, 0, 3)
    drawn = Counter(dice.weigh(weights) for _ in range(4000))
    assert drawn[1] == 0
    assert 2850 < drawn[2] < 3150
    with pytest.raises(ValueError, match="positive"):
        dice.weigh((0, 0))


# --- splits and the shipped files -----------------------------------------------------------------------


def test_a_seed_tells_the_same_stories_whatever_hashes_are():
    program = "from core.language.corpus import stories; print([s.text for s in stories(1, 50)])"
    path = os.pathsep.join(sys.path)
    here = str([s.text for s in stories(1, 50)]) + "\n"
    for seed in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": path}
        command = [sys.executable, "-c", program]
        ran = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
        assert ran.stdout == here


def test_a_story_depends_on_its_index_alone():
    assert [s.text for s in stories(5, 8)][:3] == [s.text for s in stories(5, 3)]
    assert next(stories(5, 1)).text != next(stories(6, 1)).text
    with pytest.raises(ValueError, match="no split 'dev'"):
        next(stories(5, 1, "dev"))


def test_no_cast_is_in_two_splits():
    casts = {split: {s.cast for s in stories(1, 150, split)} for split in SPLITS}
    for split, there in casts.items():
        assert {split_of(cast) for cast in there} == {split}
    names = load_lexicon().people
    shares = Counter(split_of((a, b)) for a in names for b in names if a != b)
    total = sum(shares.values())
    for split, share in SPLITS.items():
        assert shares[split] / total == pytest.approx(share / 100, abs=0.015)


def test_the_shipped_files_are_written_byte_for_byte(tmp_path):
    written = write_shipped(tmp_path)
    assert written == record()
    for split in SPLITS:
        text = load_text(split)
        assert (tmp_path / f"{split}.txt").read_bytes() == text.encode()
        assert hashlib.sha256(text.encode()).hexdigest() == written.splits[split].sha256


def test_the_shipped_megabyte_and_its_floor():
    splits = record().splits
    assert 1_000_000 <= sum(split.bytes for split in splits.values()) < 1_010_000
    told = {split: load_text(split).split(END)[:-1] for split in splits}
    assert {split: len(there) for split, there in told.items()} == {s: r.stories for s, r in splits.items()}
    every = [text for there in told.values() for text in there]
    assert len(set(every)) == len(every)
    for split, there in splits.items():
        exact = math.fsum(story.log_prob for story in shipped_stories(split))
        assert there.log_prob == pytest.approx(exact, abs=1e-3)
        assert there.bits_per_byte == pytest.approx(-exact / math.log(2) / there.bytes, abs=1e-6)
        assert 0.1 < there.bits_per_byte < 0.5


# --- English --------------------------------------------------------------------------------------------


def test_articles_fit_the_next_word(some):
    for word in re.findall(r"\b([Aa]n? [\w'-]+)", " ".join(story.body for story in some)):
        an, following = word.split()
        assert an.lower() == article(following), word


def test_sentences_begin_with_a_capital_and_words_are_set_apart_once(some):
    for story in some:
        assert story.text.isascii()
        assert not re.search(r"  | [.,;:!?]|\n\n|[.,;:!?]\w", story.text), story.text
        assert story.body[0] in '"' or story.body[0].isupper()
        for before, after in re.findall(r'([.!?])"? "?(\w)', story.body):
            spoken = before in "!?"  # '"Again!" they shouted'
            assert after.isupper() or spoken, story.body
        assert story.body[-1] in '.!?"'
        assert story.body.count('"') % 2 == 0


def test_pronouns_agree_with_names():
    """In patterns with a pronoun, for a boy and for a girl."""
    lexicon = load_lexicon()
    for name, column in (("Tom", 0), ("Ada", 1)):
        tale = Tale(load_grammar(), STORY, Dice(0))
        tale.cast = (name,) * 4
        for form, pair in PRONOUNS.items():
            tale.out.clear()
            tale.render(compile_parts((Slot("A", form=form),)))
            assert tale.text == pair[column]
    assert not set(lexicon["girls"]) & set(lexicon["boys"])


def test_a_pronoun_follows_its_name():
    for pattern in load_grammar().patterns:
        for form in re.finditer(r"\{(\w+)\.(\w+)\}", pattern.text):
            assert f"{{{form[1]}}}" in pattern.text[: form.start()], pattern.text


# --- facts ----------------------------------------------------------------------------------------------


def test_a_recalled_value_is_what_its_source_says(some):
    seen = Counter()
    for story in some:
        for recall in story.recalls:
            said, source = (
                story.text[recall.start : recall.end],
                story.text[recall.source_start : recall.source_end],
            )
            seen[recall.kind] += 1
            assert 0 <= recall.source_start < recall.source_end <= recall.start < recall.end
            assert said == recall.value
            if said in LETTERS:  # an exam answered by letter: the option it stands for
                said = re.findall(rf"\n{said}\. (.*)", story.text[: recall.start])[-1]
            if recall.hops == 1:
                assert re.search(rf"\b{re.escape(recall.key)}\b", source), (source, recall)
                assert said.removeprefix("the ").lower() in source.lower(), (source, recall)
    assert set(seen) == set(KINDS)


def test_recall_is_dense(some):
    recalls = [recall for story in some for recall in story.recalls]
    assert len(recalls) / len(some) > 2
    assert sum(len(story.text) for story in some) / len(recalls) < 400


@pytest.mark.parametrize("wordings", [0, 1, 3])
def test_brief_stories_hold_facts_and_questions_alone(wordings):
    """What they tell is read back whole, shorter than otherwise, in as many wordings as the style has."""
    style = Style(questions=(0, 0, 0, 1), exam=(1, 0), brief=True, wordings=wordings)
    told = list(stories(9, 60, style=style))
    full = list(stories(9, 60, style=replace(style, brief=False)))
    assert sum(len(s.body) for s in told) < 0.8 * sum(len(s.body) for s in full)
    for story in told:
        world, claims = read(story.body)
        facts = set(world)
        assert {fact for fact in story.world if fact[0] != "lost"} <= facts
        assert all(claim.verdict == "supported" for claim in claims)
        assert story.text.count("Question:") == 3
    stems = {line for s in told for line in s.text.splitlines() if line.startswith("Question: Where is the ")}
    endings = {" ".join(line.split()[-3:]) for line in stems if line.endswith("?")}
    assert any(ending.endswith("in the end?") for ending in endings) == (wordings != 1)


def test_the_curriculum_goes_from_short_gaps_to_long_ones():
    def gaps(progress):
        told = list(stories(4, 200, style=corpus.curriculum(progress)))
        found = [s.gap(r) for s in told for r in s.recalls if r.end <= s.body_end]
        return sum(found) / len(found), sum(len(s.cast) for s in told) / len(told)

    means = [gaps(progress) for progress in (0, 0.5, 1)]
    assert all(a[0] < b[0] and a[1] < b[1] for a, b in pairwise(means))
    assert corpus.curriculum(2) == corpus.curriculum(1)
    assert corpus.curriculum(1).questions[0] == 0


def test_a_story_read_back_tells_the_same_facts(some):
    for story in some[:150]:
        world, claims = read(story.body)
        assert set(world) == set(story.world), story.body
        told = [(r.start, r.end, r.kind, r.key, r.value) for r in story.recalls if r.end <= story.body_end]
        assert [c.verdict for c in claims] == ["supported"] * len(told), story.body
        assert [claim[2:5] for claim in claims] == [recall[2:] for recall in told]
        assert all(c.start <= r[0] and r[1] <= c.end for c, r in zip(claims, told, strict=True))


TALE = ("Tom had brought a red kite. Ada held a blue drum in both hands. Tom gave the kite to Ada. "
        "Tom left his kite under the bench. Tom asked for plum cake.")  # fmt: skip


@pytest.mark.parametrize(
    ("sentence", "verdict"),
    [
        ("The kite looked as red as ever.", "supported"),
        ("The kite looked as blue as ever.", "contradicted"),
        ("The bell looked as blue as ever.", "not in the story"),
        ("The kite was still under the bench.", "supported"),
        ("The kite was still under the bed.", "contradicted"),
        ("The kite was now with Ada.", "not in the story"),  # it lies under the bench
        ("The drum was now with Ada.", "supported"),
        ("The drum was now with Tom.", "contradicted"),
        ('"Who has the drum?" asked the mayor. "Ada has it," said Tom.', "supported"),
        ("The red one was under the bench.", "supported"),
        ("Ada asked for noodles.", None),  # news, not a claim
        ("Tom asked for noodles.", "contradicted"),
        ("The wind blew over the hills.", None),
        ("", None),
    ],
)
def test_claims_are_judged_by_the_story(sentence, verdict):
    world, _ = read(TALE)
    before = set(world)
    assert judge(world, sentence) == verdict
    assert set(world) == before


def test_presents_are_passed_on_at_one_moment():
    text = (
        "Tom had a kite and Ada had a drum. Tom gave the kite to Ada and Ada gave the drum to Tom. "
        "Then Grandma clapped twice, and each present moved on: from Ada to Tom and from Tom to Ada."
    )
    world, _ = read(text)
    assert {thing: fact.value for thing, fact in world.facts["holder"].items()} == {
        "kite": "Tom",
        "drum": "Ada",
    }


def test_any_text_can_be_read():
    for text in (
        "",
        "\n\n",
        "no stop",
        "The {K} was still",
        'Tom put the  put "',
        "Tom to Ada " * 50,
        "é" * 99,
    ):
        assert read(text)[1] == []


def test_a_world_answers_over_two_hops_only_where_the_way_is_clear():
    world, _ = read("Tom had a red kite. Tom had a blue drum. Ada had a green bell.")
    assert world.find("held colour", "Ada").value == "green"
    assert world.find("held colour", "Ada").hops == 2
    assert world.find("held colour", "Tom") is None  # he holds two things
    assert World().find("holder", "kite") is None
    assert World().known("where packed") == []


# --- questions ------------------------------------------------------------------------------------------


def wilson(right, n, z=1.96):
    share, scale = right / n, 1 + z * z / n
    half = z * math.sqrt(share * (1 - share) / n + z * z / 4 / n / n)
    return (share + z * z / 2 / n - half) / scale, (share + z * z / 2 / n + half) / scale


def test_the_exam_is_as_planned(exam):
    assert len(exam) == 480
    assert len({q.story for q in exam}) == 480
    answered = [q for q in exam if q.answer is not None]
    assert len(answered) >= 400
    assert {q.hops for q in answered} == {1, 2}
    kinds = Counter(
        ("open" if q.answer is None else ["one hop", "two hops"][q.hops - 1], q.kind) for q in exam
    )
    assert kinds == {
        (name, kind): share * 480 // UNIT for name, there in PLAN.items() for kind, share in there.items()
    }
    with pytest.raises(ValueError, match="multiple of 120"):
        questions(n=100)


def test_exam_stories_are_held_out(exam):
    """The cast is who is named, in the order in which the names come up."""
    name = r"\b(" + "|".join(load_lexicon().people) + r")\b"
    assert {split_of(tuple(dict.fromkeys(re.findall(name, q.story)))) for q in exam} == {"test"}


def test_all_options_stand_in_the_story_equally_often(exam):
    for q in exam:
        counts = {len(mentions(q.story, option)) for option in q.options}
        assert len(set(q.options)) == 4
        assert len(counts) == 1
        assert counts != {0}


def test_the_right_answer_is_the_one_that_the_story_gives(exam):
    for q in exam:
        found = read(q.story)[0].find(q.kind, q.key)
        if q.answer is None:
            assert found is None
        else:
            assert q.options[q.answer] == phrase(KINDS[q.kind].value, found.value)
            assert q.hops == found.hops


def test_the_last_five_words_are_always_the_same(exam):
    tails = {tuple(prompt.split()[-5:]) for q in exam for prompt in (q.prompt, q.exam_prompt)}
    assert tails == {tuple(ANSWER.split()[-5:])}


def guess_random(dice, q):
    return dice.pick(4)


def guess_first(dice, q):
    return min(range(4), key=lambda i: mentions(q.story, q.options[i])[0])


def guess_last(dice, q):
    return max(range(4), key=lambda i: mentions(q.story, q.options[i])[-1])


def guess_frequent(dice, q):
    counts = [len(mentions(q.story, option)) for option in q.options]
    best = [i for i in range(4) if counts[i] == max(counts)]
    return best[dice.pick(len(best))]


def guess_longest(dice, q):
    best = [i for i in range(4) if len(q.options[i]) == max(map(len, q.options))]
    return best[dice.pick(len(best))]


@pytest.mark.parametrize("guess", [guess_random, guess_first, guess_last, guess_frequent, guess_longest])
def test_no_simple_heuristic_beats_chance(exam, guess):
    dice = Dice(5)
    for hops in ((1,), (2,), (1, 2)):
        asked = [q for q in exam if q.answer is not None and q.hops in hops]
        low, high = wilson(sum(guess(dice, q) == q.answer for q in asked), len(asked), z=2.6)
        assert low <= 0.25 <= high, (guess.__name__, hops, low, high)


def test_right_options_stand_at_every_place_equally_often(exam):
    answered = [q for q in exam if q.answer is not None]
    for end in (0, -1):
        places = [[mentions(q.story, option)[end] for option in q.options] for q in answered]
        ranks = Counter(
            sorted(there).index(there[q.answer]) for there, q in zip(places, answered, strict=True)
        )
        assert set(ranks.values()) == {100}
    assert set(Counter(q.answer for q in answered).values()) == {100}


def test_word_counts_of_the_training_text_do_not_answer(exam):
    """The n-gram's view: five words of context, backing off to fewer, then how common an option is."""
    train = load_text("train")
    items = [(q.prompt, [" " + o for o in q.options], q.answer) for q in exam if q.answer is not None]
    items += [(i.prefix, list(i.completions), i.answer) for i in recall_items(stories(8, 300, "test"))]
    right = 0
    for prefix, options, answer in items:
        for n in range(5, -1, -1):
            context = re.search(rf"(?:\S+\s+){{{n - 1}}}\S*$", prefix)[0] if n else ""
            counts = [train.count(context + option) for option in options]
            if any(counts):
                break
        right += counts.index(max(counts)) == answer
    low, high = wilson(right, len(items))
    assert low <= 0.25 <= high, (right / len(items), len(items))


def test_recalls_as_a_choice_of_four():
    items = list(recall_items(stories(8, 300, "test")))
    assert len(items) > 100
    for item in items:
        assert len(set(item.options)) == 4
        near = " ".join(item.prefix.split()[-WINDOW:])
        for option in item.options:
            assert mentions(item.prefix, option)
            assert not mentions(near, option)
    low, high = wilson(sum(i.answer == 0 for i in items), len(items))
    assert low <= 0.25 <= high


def test_training_stories_hold_both_forms_of_question():
    told = "".join(story.text[story.body_end :] for story in stories(3, 300))
    answers = Counter(re.findall(rf"{re.escape(ANSWER)} (.*)", told))
    assert all(answers[letter] > 15 for letter in LETTERS)
    assert answers[UNTOLD] > 2
    for block in re.findall(r"A\. .*\nB\. .*\nC\. .*\nD\. .*\n.*", told):
        assert len({line[3:] for line in block.splitlines()[:4]}) == 4
