"""The recipe, run small: it makes weights, writes what they came to, and comes to the same again."""

import doctest
import functools

import numpy as np
import pytest

from core.language import recipe
from core.language import results as module
from core.language.corpus import END, load_text, questions
from core.language.lessons import Stage
from core.language.paused import pause
from core.language.recurrent import Recurrent, RecurrentConfig
from core.language.results import Share, examine, read, share, table
from core.language.shipped_models import shipped
from core.language.tokenizer import BytePairTokenizer, CharacterTokenizer
from core.language.transformer import Transformer
from core.language.transformer_config import llama

STAGES = (Stage(2, 64, repeat=3, tables=1), Stage(2, 80, brief=1, full=1))


QUESTIONS = [q for q in questions(1, 120, "validation") if q.answer is not None][::8]


class Nothing:
    """A model that knows nothing: every token is as likely as any other."""

    def __init__(self, vocab_size):
        self.vocab_size = vocab_size

    def nll(self, ids, context=()):
        return len(ids) * np.log(self.vocab_size)

    def start(self, ids=()):
        return self

    def nlls(self, ids):
        return np.full(len(ids), np.log(self.vocab_size))


@pytest.fixture
def small(monkeypatch):
    def tokens():
        return BytePairTokenizer.train(load_text("train")[:50_000], 400)

    def networks():
        config = llama(vocab_size=400, context=512, layers=2, width=16, heads=2, tied=True)
        return {
            "transformer": lambda: Transformer(config, recipe.spread(config, 1)),
            "recurrent": lambda: Recurrent(RecurrentConfig(vocab_size=400, context=512, width=16), seed=1),
        }

    monkeypatch.setattr(recipe, "STAGES", STAGES)
    monkeypatch.setattr(recipe, "TRIAL", Stage(2, 64, brief=2))
    monkeypatch.setattr(recipe, "tokens_of", tokens)
    monkeypatch.setattr(recipe, "networks", networks)
    text = END.join(load_text("test").split(END)[:20]) + END
    monkeypatch.setattr(module, "load_text", lambda split: text)
    monkeypatch.setattr(module, "_questions", lambda n, split: QUESTIONS)
    monkeypatch.setattr(recipe, "examine", functools.partial(examine, tales=5))


def test_a_run_leaves_weights_a_tokenizer_and_a_record(small, tmp_path, capsys):
    recipe.main(["--to", str(tmp_path)])
    said = capsys.readouterr().out
    best = min(read(tmp_path)["transformer"].trials, key=lambda trial: trial.loss)
    assert "transformer: " in said
    assert f"learning rate {best.learning_rate:g} of" in said
    assert "     4 of 4" in said
    results = read(tmp_path)
    assert set(results) == {"transformer", "recurrent", "ngram"}
    assert said.endswith(table(results) + "\n")
    for name in ("transformer", "recurrent"):
        model, tokenizer = shipped(name, root=tmp_path)
        assert tokenizer.vocab_size == 400
        assert results[name].parameters == model.size
        assert [point.step for point in results[name].way] == [0, 4]
        assert results[name].tokens == results[name].way[-1].tokens > 0
        assert [trial.learning_rate for trial in results[name].trials] == list(recipe.RATES)
        assert (tmp_path / name / "model.safetensors").stat().st_size < 3 * model.size
    assert results["transformer"].tokens == results["recurrent"].tokens
    assert results["ngram"].perplexity < results["transformer"].perplexity < 1000
    low, high = results["ngram"].story_qa.low, results["ngram"].story_qa.high
    assert low < 0.25 < high

    recipe.main(["recurrent", "--to", str(tmp_path), "--examine"])
    assert read(tmp_path)["recurrent"] == results["recurrent"]


def test_a_run_made_again_is_the_same(small):
    tokenizer = recipe.tokens_of()
    one, two = (
        recipe.made(
            recipe.networks()["transformer"](), tokenizer, STAGES, recipe.config_of(STAGES, 3e-3), [].append
        )
        for _ in range(2)
    )
    for name, array in one[0].parameters.items():
        assert (array == two[0].parameters[name]).all()
    assert [point.bits_per_byte for point in one[1]] == [point.bits_per_byte for point in two[1]]


def test_a_run_that_was_broken_off_is_taken_up(small, tmp_path, monkeypatch, capsys):
    tokenizer, aside = recipe.tokens_of(), tmp_path / "run.npz"

    def run():
        network = recipe.networks()["recurrent"]()
        return recipe.made(network, tokenizer, STAGES, recipe.config_of(STAGES, 3e-3), print, aside)

    def broken_off(*given):
        pause(*given)
        raise KeyboardInterrupt

    whole, _ = run()
    aside.unlink()
    monkeypatch.setattr(recipe, "pause", broken_off)
    with pytest.raises(KeyboardInterrupt):
        run()
    monkeypatch.setattr(recipe, "pause", pause)
    again, way = run()
    assert "taken up behind step 0" in capsys.readouterr().out
    assert [point.step for point in way] == [0, 4]
    for name, array in whole.parameters.items():
        assert (array == again.parameters[name]).all()


def test_a_model_that_knows_nothing_has_the_vocabulary_for_perplexity():
    tokenizer = CharacterTokenizer.train(load_text("train")[:20_000])
    model = Nothing(tokenizer.vocab_size)
    result = examine(model, tokenizer, parameters=0, tokens=0, seconds=0.0, asked=120, tales=3)
    assert result.perplexity == pytest.approx(tokenizer.vocab_size, abs=1e-3)
    assert result.bits_per_byte == pytest.approx(np.log2(tokenizer.vocab_size), abs=1e-4)
    assert result.story_qa.of == 100
    assert result.recall.of > 0
    assert {name: s.of for name, s in result.by_hops.items()} == {"one hop": 52, "two hops": 48}


def test_shares_and_doctests():
    assert share([True] * 85 + [False] * 15) == Share(85, 100, 0.7672, 0.9069)
    assert share([True, False]).share == 0.5
    assert doctest.testmod(module).failed == 0
    assert read(module.ROOT / "nowhere") == {}


def test_both_networks_are_about_as_large():
    sizes = {name: make().size for name, make in recipe.networks().items()}
    assert max(sizes.values()) < 1.03 * min(sizes.values())
    assert max(sizes.values()) < 1.1e6
