"""A world of short stories of our own, told from a lexicon and a grammar: every fact and its odds are known.

>>> from core.language.corpus import stories
>>> story = next(stories(seed=1))
>>> story.cast
('Lena', 'Max', 'Mei', 'Kira')

- `stories(seed, n, split, style)`: stories with text, log-probability, facts, and spans that recall a fact.
- `questions(seed, n, split)`: StoryQA, four-choice questions about held-out stories.
- `recall_items(stories)`: recalls inside stories as a choice of four.
- `read(text, world)`, `judge(world, sentence)`: what a text tells, and whether its claims hold.
- `load_text(split)`, `record()`: the shipped megabyte and its floor in bits per byte.
- `curriculum(progress)`: a style from short gaps and few friends to the shipped one.

The floor: a story's log-probability is that of its text under the generator, since each text has one
derivation. Over the generator's stories no model's expected log-probability is higher. A split is a part of
them, by cast: whoever knew which casts are in the test split could gain at most log(1 / 0.05) = 3 nats per
story, less than 3% of the floor, but the stories of the other splits cannot tell.
"""

from core.language.corpus.quiz import ANSWER, LETTERS, UNTOLD, exam_form, question_form
from core.language.corpus.reading import Claim, judge, read
from core.language.corpus.shipped import load_text, record
from core.language.corpus.stories import END, SPLITS, Story, derivations_of, split_of, stories
from core.language.corpus.storyqa import Question, RecallItem, questions, recall_items
from core.language.corpus.style import STORY, Style, curriculum
from core.language.corpus.telling import Recall
from core.language.corpus.world import KINDS, Fact, World

__all__ = [
    "ANSWER",
    "END",
    "KINDS",
    "LETTERS",
    "SPLITS",
    "STORY",
    "UNTOLD",
    "Claim",
    "Fact",
    "Question",
    "Recall",
    "RecallItem",
    "Story",
    "Style",
    "World",
    "curriculum",
    "derivations_of",
    "exam_form",
    "judge",
    "load_text",
    "question_form",
    "questions",
    "read",
    "recall_items",
    "record",
    "split_of",
    "stories",
]
