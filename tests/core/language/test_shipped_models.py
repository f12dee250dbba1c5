"""The models that come with the lab: the n-gram from the text at once, the others from folders of weights."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from core.language import shipped_models
from core.language.checkpoint import CheckpointError, save
from core.language.corpus import END, load_text
from core.language.recurrent import Recurrent, RecurrentConfig
from core.language.shipped_models import (
    MissingModelError,
    corpus_ids,
    counted,
    shipped,
    shipped_tokenizer,
    start_of,
)
from core.language.transformer import Transformer, gpt2

NONE = Path("a folder that does not exist")


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    """Stand-ins, drawn at random, in the layout of the real ones."""
    tmp_path = tmp_path_factory.mktemp("weights")
    tokenizer = shipped_tokenizer(root=NONE)
    size = tokenizer.vocab_size
    save(
        tmp_path / "transformer",
        Transformer(gpt2(vocab_size=size, context=32, layers=1, width=16, heads=2)),
    )
    save(tmp_path / "recurrent", Recurrent(RecurrentConfig(vocab_size=size, context=32, width=16)))
    for name in ("transformer", "recurrent"):
        (tmp_path / name / "tokenizer.json").write_bytes(tokenizer.to_json())
    return tmp_path


def test_the_ngram_is_counted_from_the_shipped_text():
    model, tokenizer = shipped("ngram", root=NONE)
    assert (model.order, model.smoothing) == (5, "modified_kneser_ney")
    ids = corpus_ids(root=NONE)
    assert model.counts.total == len(ids)
    assert load_text("train").startswith(tokenizer.decode(ids[:300]))
    assert shipped("ngram", root=NONE)[0] is model  # made once
    story = load_text("test").split(END)[0]
    per_token = model.nll(tokenizer.encode(story), start_of(tokenizer)) / len(tokenizer.encode(story))
    assert per_token < 0.25 * np.log(model.vocab_size)


def test_networks_come_from_their_folders(weights):
    for name, kind in (("transformer", Transformer), ("recurrent", Recurrent)):
        model, tokenizer = shipped(name, root=weights)
        assert isinstance(model, kind)
        assert tokenizer.decode(tokenizer.encode("The sun")) == "The sun"
        assert model.nll(tokenizer.encode("The sun"), start_of(tokenizer)) > 0
    ngram, tokenizer = shipped("ngram", root=weights)
    assert tokenizer.tokens == shipped("transformer", root=weights)[1].tokens
    assert ngram.vocab_size == shipped("transformer", root=weights)[0].vocab_size


def test_what_is_not_there_is_said_in_one_sentence(tmp_path, weights):
    with pytest.raises(MissingModelError, match=r"^The recurrent model’s weights are not in this copy"):
        shipped("recurrent", root=NONE)
    shutil.copytree(weights, tmp_path / "damaged")
    (tmp_path / "damaged" / "transformer" / "tokenizer.json").unlink()
    with pytest.raises(MissingModelError, match="no tokenizer beside them"):
        shipped("transformer", root=tmp_path / "damaged")
    (tmp_path / "damaged" / "recurrent" / "config.json").write_text("{}")
    with pytest.raises(CheckpointError, match=r"config\.json"):
        shipped("recurrent", root=tmp_path / "damaged")
    with pytest.raises(ValueError, match="there is no shipped model 'lstm'; there are ngram, recurrent"):
        shipped("lstm")


def test_other_counts_of_the_same_text():
    model, tokenizer = counted(2, "maximum_likelihood", root=NONE)
    assert (model.order, model.smoothing) == (2, "maximum_likelihood")
    assert tokenizer is shipped_tokenizer(root=NONE)
    letters, characters = counted(2, "add_k", "characters")
    assert letters.vocab_size == characters.vocab_size < 100
    assert letters.counts.total == len(load_text("train"))


def test_every_story_follows_the_end_of_another():
    tokenizer = shipped_tokenizer()
    assert tokenizer.encode(END + "The sun") == start_of(tokenizer) + tokenizer.encode("The sun")
    assert shipped_models.start_of(counted(1, "add_k", "characters")[1]) == [1, 1]
