"""Surprise, perplexity, bits per byte: by hand, beside each model's own scores, and over sliding windows."""

import inspect
import math
import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.config import ConfigError, Source, from_query, validate
from core.datasets.fingerprint import fingerprint
from core.language import passages, reading, surprise
from core.language.checkpoint import save
from core.language.corpus import END, load_text, record
from core.language.ngram import NGram
from core.language.passages import MOST_BYTES, STORIES, passage_of
from core.language.reading import Uniform, in_bits, read, sliding
from core.language.recurrent import Recurrent, RecurrentConfig
from core.language.shipped_models import counted, shipped_tokenizer, start_of
from core.language.surprise import SurpriseConfig, prepare
from core.language.tokenizer import BytePairTokenizer, CharacterTokenizer
from core.language.transformer import Transformer, gpt2, llama
from core.trace import Trace

NOTHING = Source()


def readings(config=None, **fields):
    found = [each for each in prepare(config or SurpriseConfig(**fields)) if each is not None]
    return Trace(surprise.surprise, config or SurpriseConfig(**fields), found[-1]).run(1).frame(0)


def reading_of(model, tokenizer, text, context=1024, stride=1024, before=None):
    before = start_of(tokenizer) if before is None else before
    steps = read("opened", model, tokenizer, text, context, stride, before)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value


# --- by hand ---------------------------------------------------------------------------------------------


def test_by_hand():
    """Unigrams of "aab": a has 2/3, b 1/3. The text "ab": log2(3/2) + log2(3) bits over 2 tokens, 2 bytes."""
    tokenizer = CharacterTokenizer("ab\n")
    model = NGram(1, "maximum_likelihood", vocab_size=4).fit(tokenizer.encode("aab"))
    found = reading_of(model, tokenizer, "ab")
    np.testing.assert_allclose(found.bits, [math.log2(3 / 2), math.log2(3)], rtol=1e-14)
    total = math.log2(9 / 2)
    assert found.nll == pytest.approx(total * math.log(2), rel=1e-14)
    assert found.perplexity == pytest.approx(math.sqrt(9 / 2), rel=1e-14)
    assert found.bits_per_byte == pytest.approx(total / 2, rel=1e-14)
    np.testing.assert_allclose(found.running_perplexity(), [1.5, math.sqrt(4.5)], rtol=1e-14)
    np.testing.assert_allclose(found.running_bits_per_byte(), [math.log2(1.5), total / 2], rtol=1e-14)
    entropy = 2 / 3 * math.log2(3 / 2) + 1 / 3 * math.log2(3)
    np.testing.assert_allclose(found.entropy, [entropy] * 2, rtol=1e-14)
    assert found.names[0][:2] == (b"a", b"b")
    np.testing.assert_allclose(found.chances[1][:2], [2 / 3, 1 / 3], rtol=1e-14)
    assert found.impossible is None


def test_an_impossible_token_is_infinite_and_so_is_the_text():
    tokenizer = CharacterTokenizer("abc\n")
    model = NGram(1, "maximum_likelihood", vocab_size=5).fit(tokenizer.encode("aab"))
    found = reading_of(model, tokenizer, "abcab")
    assert found.impossible == 2
    assert np.isinf(found.bits).tolist() == [False, False, True, False, False]
    assert found.perplexity == found.bits_per_byte == math.inf
    assert np.isinf(found.running_perplexity()).tolist() == [False, False, True, True, True]
    # a character that the vocabulary does not hold has no probability either
    assert np.isinf(reading_of(model, tokenizer, "aéb").bits).tolist() == [False, True, False]


@given(st.integers(2, 5000), st.text("abcde fgh", min_size=1, max_size=30))
@settings(max_examples=30, deadline=None)
def test_a_uniform_guess_has_the_perplexity_of_its_vocabulary(size, text):
    tokenizer = CharacterTokenizer("abcde fgh")
    found = reading_of(Uniform(size), tokenizer, text) if size >= tokenizer.vocab_size else None
    if found is not None:
        assert found.perplexity == pytest.approx(size, rel=1e-12)
        np.testing.assert_allclose(found.bits, math.log2(size), rtol=1e-12)
        np.testing.assert_allclose(found.entropy, math.log2(size), rtol=1e-12)


def test_no_bits_is_plus_zero():
    assert math.copysign(1, float(in_bits(np.array(0.0)))) == 1
    assert in_bits(np.array(-math.inf)) == math.inf


# --- windows ---------------------------------------------------------------------------------------------


@given(st.integers(0, 3), st.integers(1, 40), st.integers(1, 20), st.integers(1, 30))
def test_windows_score_each_token_once_with_enough_context(first, more, context, stride):
    length = first + more
    covered, stride = [], min(stride, context)
    for begin, new, end in sliding(first, length, context, stride):
        covered += range(new, end)
        for t in range(new, end):
            assert t - begin <= context
            assert t - begin >= min(t, context - stride + 1)
    assert covered == list(range(first, length))


LETTERS = CharacterTokenizer("abcdefgh \n")
NETWORKS = {
    "gpt2": Transformer(gpt2(vocab_size=11, context=16, layers=1, width=16, heads=2), seed=1),
    "llama": Transformer(llama(vocab_size=11, context=16, layers=1, width=16, heads=2), seed=1),
    "recurrent": Recurrent(RecurrentConfig(vocab_size=11, context=16, width=8), seed=1),
}
TEXT = "abc had a bad cab fed gag"


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize(("context", "stride"), [(16, 16), (16, 1), (5, 2), (1, 1), (9, 30), (1024, 1024)])
def test_each_window_is_the_models_own_score(name, context, stride):
    model = NETWORKS[name]
    found = reading_of(model, LETTERS, TEXT, context, stride)
    ids = start_of(LETTERS) + LETTERS.encode(TEXT)
    for t, (bits, seen) in enumerate(zip(found.bits, found.seen, strict=True), 2):
        assert seen <= min(context, 16)
        log_p = model.log_probs(ids[t - seen : t])
        assert bits == pytest.approx(-log_p[ids[t]] / math.log(2), abs=1e-5)
    assert found.tokens == found.bytes == len(TEXT)
    assert found.vocab_size == 11


def test_without_windows_it_is_the_models_nll():
    for model in NETWORKS.values():
        text = TEXT[:14]
        ids = LETTERS.encode(text)
        expected = model.nll(ids, start_of(LETTERS))
        assert reading_of(model, LETTERS, text).nll == pytest.approx(expected, rel=1e-6)
    model, tokenizer = counted(5, "modified_kneser_ney")
    story = load_text("test").split(END)[3]
    expected = model.nll(tokenizer.encode(story), start_of(tokenizer))
    assert reading_of(model, tokenizer, story).nll == pytest.approx(expected, rel=1e-12)


def test_more_context_helps_and_chopping_hurts():
    """On average; here the n-gram's surprise over a story, read in ever smaller pieces."""
    model, tokenizer = counted(5, "modified_kneser_ney")
    story = load_text("test").split(END)[0]
    whole, sliding_, chopped = (
        reading_of(model, tokenizer, story, context, stride).bits_per_byte
        for context, stride in ((256, 128), (8, 1), (8, 8))
    )
    assert whole == sliding_ < chopped


def test_windows_that_read_too_much_are_refused(monkeypatch):
    monkeypatch.setattr(reading, "MOST_READ", 100)
    with pytest.raises(ConfigError, match=r"^Window moves by: .* at most 100 are read, found 1, with"):
        reading_of(NETWORKS["gpt2"], LETTERS, TEXT, 16, 1)


def test_where_a_text_starts():
    """After the end of a story; after <|endoftext|>; after <s>; or from its own first token."""
    special = BytePairTokenizer.train("abab", 258, special=["<|endoftext|>"])
    plain = BytePairTokenizer.train("abab", 257)
    model = Transformer(gpt2(vocab_size=300, context=16, layers=1, width=8, heads=2))
    found = reading_of(model, special, "abc", before=())
    assert [piece.data for piece in found.pieces] == [b"ab", b"c"]
    assert found.seen.tolist() == [1, 2]
    log_p = model.log_probs([257])[special.encode("ab")[0]]
    assert found.bits[0] == pytest.approx(-log_p / math.log(2), abs=1e-5)
    found = reading_of(model, plain, "abc", before=())
    assert [piece.data for piece in found.given] == [b"ab"]
    assert [piece.data for piece in found.pieces] == [b"c"]
    assert found.bytes == 1
    assert "no token" in reading_of(model, plain, "ab", before=()).missing


# --- passages --------------------------------------------------------------------------------------------


def test_stories_come_with_their_floor():
    told = passages.test_stories()
    assert len(told) == STORIES == record().splits["test"].stories
    texts = load_text("test").split(END)
    total = 0.0
    for i in range(STORIES):
        found = passage_of("story", i, "", NOTHING)
        assert found.text == texts[i] + END
        total += found.floor * found.bytes
    split = record().splits["test"]
    assert total / split.bytes == pytest.approx(split.bits_per_byte, abs=1e-6)
    assert passage_of("typed", 0, "a", NOTHING).floor is None


def test_no_shipped_reading_beats_the_floor():
    """It may on one story by chance, as a model does not on the whole split; the n-gram is far above it."""
    for story in (3, STORIES - 1):
        frame = readings(story=story)
        for name in ("ngram", "characters", "uniform"):
            assert frame.reading(name).bits_per_byte > 1.5 * frame.passage.floor


def file_of(tmp_path, data, name="a.txt"):
    path = tmp_path / name
    path.write_bytes(data)
    return Source(path=str(path), sha256=fingerprint(path))


def test_files(tmp_path):
    found = passage_of("file", 0, "", file_of(tmp_path, b"\xef\xbb\xbfcaf\xc3\xa9\r\nx"))
    assert (found.text, found.name, found.cut) == ("café\nx", "a.txt", False)
    for shift in range(4):  # a character may lie across the end of what is read
        long = passage_of("file", 0, "", file_of(tmp_path, b"a" * shift + "é€".encode() * 2000))
        assert long.cut
        assert MOST_BYTES - 4 <= long.bytes <= MOST_BYTES + 4
        assert "\ufffd" not in long.text
    refused = (
        (b"ab\xff", r"^a\.txt: expected text in UTF-8, found byte 0xFF at 2\.$"),
        (b"a\0b", r"^a\.txt: expected text, found a zero byte\.$"),
        (b"", r"^a\.txt: expected text, found an empty file\.$"),
        (b"ab\xc3", "0xC3 at 2"),
    )
    for data, why in refused:
        with pytest.raises(ConfigError, match=why) as caught:
            passage_of("file", 0, "", file_of(tmp_path, data))
        assert caught.value.path == "file"
    gone = file_of(tmp_path, b"x", "b.txt")
    (tmp_path / "b.txt").write_bytes(b"y")
    with pytest.raises(ConfigError, match=r"^b\.txt: expected it as it was"):
        passage_of("file", 0, "", gone)
    with pytest.raises(ConfigError, match=r"^File: expected a text file, found none chosen\.$"):
        passage_of("file", 0, "", NOTHING)
    with pytest.raises(ConfigError, match=r"cannot be read"):
        passage_of("file", 0, "", Source(path=str(tmp_path)))
    with pytest.raises(ConfigError, match="Typed text: expected one character at least"):
        passage_of("typed", 0, "", NOTHING)


# --- the scene -------------------------------------------------------------------------------------------


def test_what_is_missing_is_said(monkeypatch):
    monkeypatch.setattr(surprise, "ROOT", Path("a folder that does not exist"))
    frame = readings()
    assert [each.name for each in frame.readings] == list(reading.READERS)
    assert frame.reading("ngram").tokens > 200
    for name in ("recurrent", "transformer"):
        assert "weights are not in this copy" in frame.reading(name).missing
        assert frame.explain(SurpriseConfig(front=name)) == []
    assert "No model is open" in frame.reading("opened").missing


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    root = tmp_path_factory.mktemp("weights")
    tokenizer = shipped_tokenizer(root=Path("a folder that does not exist"))
    size = tokenizer.vocab_size
    save(root / "transformer", Transformer(gpt2(vocab_size=size, context=64, layers=1, width=16, heads=2)))
    save(root / "recurrent", Recurrent(RecurrentConfig(vocab_size=size, context=64, width=16)))
    for name in ("transformer", "recurrent"):
        (root / name / "tokenizer.json").write_bytes(tokenizer.to_json())
    return root


def test_with_weights_all_three_read_the_same_tokens(monkeypatch, weights):
    monkeypatch.setattr(surprise, "ROOT", weights)
    frame = readings(story=3)
    shown = [frame.reading(name) for name in ("ngram", "recurrent", "transformer", "uniform")]
    assert len({each.pieces for each in shown}) == 1
    assert {each.missing for each in shown} == {""}
    assert {each.vocab_size for each in shown} == {1024}
    assert shown[0].perplexity < shown[3].perplexity
    # fewer characters than tokens' worth of perplexity, more bits: the two cannot be compared per token
    letters = frame.reading("characters")
    assert letters.perplexity < shown[0].perplexity
    assert letters.bits_per_byte > shown[0].bits_per_byte


def test_an_opened_model(weights, tmp_path):
    source = Source(path=str(weights / "transformer"), sha256=fingerprint(weights / "transformer"))
    found = readings(checkpoint=source).reading("opened")
    assert (found.title, found.missing) == ("transformer", "")
    assert found.bits.mean() == pytest.approx(10, abs=0.5)  # drawn at random: no better than a guess of 1,024
    shutil.copytree(weights / "transformer", tmp_path / "bare")
    (tmp_path / "bare" / "tokenizer.json").unlink()
    missing = readings(checkpoint=Source(path=str(tmp_path / "bare"))).reading("opened").missing
    assert missing == "bare: expected a tokenizer beside the model, found none."
    (tmp_path / "bare" / "config.json").write_text("{}")
    surprise.opened.cache_clear()
    with pytest.raises(ConfigError, match=r"config\.json: model_type") as caught:
        readings(checkpoint=Source(path=str(tmp_path / "bare")))
    assert caught.value.path == "checkpoint"


@pytest.mark.parametrize("front", reading.READERS)
def test_equations_have_true_numbers(front):
    config = SurpriseConfig(front=front, at=100, passage="typed", text="Ben had a kite. " * 3)
    frame = readings(config)
    shown = frame.reading(front)
    if shown.missing:
        return
    first, second, third = frame.explain(config)
    assert first.values["b"] == shown.bits[shown.at(100)] == shown.bits[-1]
    assert first.values["p"] == pytest.approx(2 ** -first.values["b"])
    assert second.values["pp"] == pytest.approx(2 ** shown.bits.mean(), rel=1e-12)
    assert third.values["bpb"] == pytest.approx(shown.bits.sum() / 48, rel=1e-12)
    for equation in (first, second, third):
        module, _, name = equation.function.partition(":")
        function = getattr(__import__(module, fromlist=[name]), name)
        assert f"#: {equation.tag}\n" in inspect.getsource(function)


def test_a_place_is_a_byte_of_the_text():
    frame = readings(passage="typed", text="Ben had a kite.")
    for name in ("ngram", "characters"):
        found = frame.reading(name)
        for i, piece in enumerate(found.pieces):
            assert {found.at(place) for place in range(piece.start, piece.stop)} == {i}
        assert found.at(10_000) == found.tokens - 1
    assert [len(row) for row in frame.reading("ngram").names] == [3] * frame.reading("ngram").tokens


def test_the_config_is_a_link():
    config = from_query(SurpriseConfig, "smoothing=maximum_likelihood&order=2&passage=typed&text=a")
    assert validate(config).frames() == 1


def test_a_real_model(real):
    """stories260K finds its own kind of story easier than ours; GPT-2's tokens are far fewer than bytes."""
    path = real / "stories260K" / "stories260K.bin"
    source = Source(path=str(path))
    own = "Once upon a time, there was a little girl named Lily. She loved to play outside in the park."
    easy = readings(passage="typed", text=own, checkpoint=source).reading("opened")
    ours = readings(story=0, checkpoint=source).reading("opened")
    assert easy.bits_per_byte < 0.6 < 2 < ours.bits_per_byte
    assert easy.given == ()  # it starts from <s>
    assert b"".join(piece.data for piece in easy.pieces).strip() == own.encode()
    assert Path(source.path).name == easy.title
    wide = readings(story=0, checkpoint=source, context=512, stride=256).reading("opened").bits_per_byte
    narrow = readings(story=0, checkpoint=source, context=8, stride=8).reading("opened").bits_per_byte
    assert wide < narrow
