"""The pipeline: its values are the forward pass's to the last bit, and its equations have true numbers."""

import importlib
import inspect
import re
from pathlib import Path

import numpy as np
import pytest

from core.config import ConfigError
from core.language.checkpoint import load, load_model
from core.language.pipeline import (
    PipelineConfig,
    PipelineInputs,
    bytes_of,
    pipeline,
    values_of,
)
from core.language.recurrent import Recurrent, RecurrentConfig
from core.language.sampling import SamplingConfig, sampling
from core.language.tokenizer import BytePairTokenizer, CharacterTokenizer
from core.language.transformer import Transformer, gpt2, llama
from core.numerics import softmax
from core.trace import Trace

GOLDEN = Path(__file__).parent / "golden"
NAMES = ("gpt2", "gpt2_flags", "gpt2_by_layer", "llama", "llama_flags", "llama_linear")
LETTERS = CharacterTokenizer("abcdefghijklmnopqrstuvwxyz .,")  # 30 tokens: fits every golden model


def recurrent(cell, **fields):
    defaults = {"vocab_size": 30, "width": 8, "layers": 2, "attention_width": 6, "context": 12}
    return Recurrent(RecurrentConfig(cell=cell, **defaults | fields), seed=1)


def models():
    yield from ((name, load_model(GOLDEN / name)) for name in NAMES)
    yield from ((cell, recurrent(cell)) for cell in ("elman", "gru", "lstm"))
    yield "no attention", recurrent("gru", attention_width=0)


MODELS = dict(models())
CONFIG = PipelineConfig(text="a cab, bad", sampling=SamplingConfig(temperature=0.7, top_p=0.9, seed=3))


def frames_of(model, config=CONFIG, tokenizer=LETTERS):
    return list(pipeline(config, PipelineInputs(model, tokenizer)))


@pytest.mark.parametrize("name", MODELS)
def test_values_are_those_of_the_forward_pass_to_the_last_bit(name):
    model = MODELS[name]
    ids = LETTERS.encode(CONFIG.text)
    kept = {}
    model.logits(ids, keep=lambda n, a: kept.__setitem__(n, a.copy()))
    frames = {frame.name: frame for frame in frames_of(model)}
    assert kept.keys() < frames.keys()
    for key, array in kept.items():
        found = frames[key].values
        assert found.dtype == array.dtype, key
        assert found.tobytes() == array.tobytes(), key
    # the plain pass, which is watched by nobody, gives the same
    assert frames["logits"].values.tobytes() == model.logits(ids).tobytes()


@pytest.mark.parametrize("name", MODELS)
def test_every_frame_is_read_only_and_named(name):
    frames = frames_of(MODELS[name])
    assert [frame.step for frame in frames] == list(range(len(frames)))
    names = [frame.name for frame in frames if frame.stage != "merge"]
    assert len(set(names)) == len(names)
    for frame in frames:
        assert frame.name.endswith(frame.stage)
        assert (frame.block is None) == (not re.match(r"(blocks|layers)\.", frame.name))
        if frame.values is not None:
            assert not frame.values.flags.writeable
            assert len(frame.axes) == frame.values.ndim
            assert len(set(frame.axes)) == frame.values.ndim
        if frame.axes[:1] == ("token",):
            assert len(frame.values) == len(frame.tokens) == 10
        if frame.axes[-1:] == ("vocabulary",):
            assert frame.values.shape[-1] == MODELS[name].vocab_size
        for array in frame.used.values():
            assert not array.flags.writeable


def test_the_order_is_the_one_of_the_text_on_its_way():
    stages = [frame.name for frame in frames_of(MODELS["llama"])]
    expected = ["pretokens", "ids", "embedding.token", "embedding"]
    for i in range(MODELS["llama"].config.layers):
        expected += [
            f"blocks.{i}.{part}"
            for part in (
                "attention.norm", "attention.query", "attention.key", "attention.value",
                "attention.rotated_query", "attention.rotated_key", "attention.scores", "attention.pattern",
                "attention.mixed", "attention.output", "middle", "mlp.norm", "mlp.up", "mlp.gate",
                "mlp.hidden", "mlp.output", "output", "lens",
            )
        ]  # fmt: skip
    expected += ["norm", "logits"]
    drawn = (
        "logits",
        "repetition_penalty",
        "temperature",
        "top_k",
        "top_p",
        "min_p",
        "probabilities",
        "draw",
    )
    assert stages == expected + [f"sampling.{stage}" for stage in drawn]
    lstm = {frame.name for frame in frames_of(MODELS["lstm"])}
    gates = ("input", "forget", "output", "candidate", "memory", "states")
    assert {f"layers.1.{gate}" for gate in gates} <= lstm
    assert {"attention.scores", "attention.pattern", "attention.context", "mixed"} <= lstm


@pytest.mark.parametrize("name", NAMES)
def test_the_lens_of_the_last_block_is_the_output(name):
    model = MODELS[name]
    frames = {frame.name: frame for frame in frames_of(model)}
    last = frames[f"blocks.{model.config.layers - 1}.lens"]
    assert last.values.tobytes() == frames["logits"].values.tobytes()
    if last.block:
        assert np.abs(frames["blocks.0.lens"].values - last.values).max() > 1e-3
    p = softmax(last.values[-1].astype(np.float64))
    assert last.entropy == pytest.approx(-(p * np.log2(p)).sum(), rel=1e-12)


def test_sampling_is_the_samplers():
    model = MODELS["gpt2"]
    frames = [frame.sampling for frame in frames_of(model) if frame.sampling]
    ids = LETTERS.encode(CONFIG.text)
    expected = model.generate(ids, 1, CONFIG.sampling, np.random.default_rng(CONFIG.sampling.seed))
    assert frames[-1].token == expected[0]
    assert [frame.stage for frame in frames] == [
        frame.stage for frame in sampling(CONFIG.sampling, type("I", (), {"logits": [0.0], "context": ()}))
    ]


def test_merges_are_shown_word_by_word():
    tokenizer = BytePairTokenizer.train("aaabdaaabac " * 3, 256 + 3)
    model = Transformer(gpt2(vocab_size=300, context=16, layers=1, width=8, heads=2))
    frames = frames_of(model, PipelineConfig(text="aaab aaab d aaab"), tokenizer)
    words = next(frame for frame in frames if frame.stage == "pretokens").words
    assert words == ("aaab", " aaab", " d", " aaab")
    merges = [frame for frame in frames if frame.stage == "merge"]
    assert [frame.word for frame in merges] == [0] * 4 + [1] * 4 + [2]  # and the last once
    assert merges[3].merge.pieces == (b"aaab",)
    ids = next(frame for frame in frames if frame.stage == "ids")
    np.testing.assert_array_equal(ids.values, tokenizer.encode("aaab aaab d aaab"))
    assert b"".join(piece.data for piece in ids.tokens) == b"aaab aaab d aaab"


@pytest.mark.parametrize("name", ["gpt2", "llama", "lstm"])
def test_random_access_is_exact(name):
    """From every frame the run goes on to the same frames, and a trace that forgets recomputes them."""
    inputs = PipelineInputs(MODELS[name], LETTERS)
    whole = frames_of(MODELS[name])
    for start in whole[::9]:
        rest = list(pipeline(CONFIG, inputs, start))
        assert [frame.name for frame in rest] == [frame.name for frame in whole[start.step + 1 :]]
        for a, b in zip(rest, whole[start.step + 1 :], strict=True):
            assert (a.values is None) == (b.values is None)
            assert a.values is None or a.values.tobytes() == b.values.tobytes()
    trace = Trace(pipeline, CONFIG, inputs).run(10**6)
    assert trace.available == trace.total == len(whole)
    trace._frames = {0: trace._frames[0]}
    at = len(whole) - 3
    assert trace.frame(at) is None
    trace.fulfil()
    assert trace.frame(at).values.tobytes() == whole[at].values.tobytes()
    np.testing.assert_array_equal(trace.series("entropy"), [frame.entropy for frame in whole])


# --- the equations ---------------------------------------------------------------------------------------


def source_of(function):
    module, _, name = function.partition(":")
    found = importlib.import_module(module)
    for part in name.split("."):
        found = getattr(found, part)
    return inspect.getsource(found)


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("back", [0, 9, 400])
def test_equations_name_their_lines_and_fill_their_slots(name, back):
    config = PipelineConfig(text=CONFIG.text, back=back, head=1)
    count = 0
    for frame in frames_of(MODELS[name], config):
        for equation in frame.explain(config):
            count += 1
            assert f"#: {equation.tag}\n" in source_of(equation.function), equation
            assert set(re.findall(r"<(\w+)>", equation.template)) == set(equation.values)
            assert all(np.isfinite(value) for value in equation.values.values()), equation
    assert count >= 4


def values_in(frames, name):
    (equation,) = next(frame for frame in frames if frame.name == name).explain(CONFIG)
    return equation.values


@pytest.mark.parametrize("name", NAMES)
def test_the_numbers_of_a_transformers_equations_add_up(name):
    frames = frames_of(MODELS[name])
    arrays = {frame.name: frame.values for frame in frames}
    last = MODELS[name].config.layers - 1
    stream = f"blocks.{last - 1}.output" if last else "embedding"
    scores = values_in(frames, f"blocks.{last}.attention.scores")
    assert scores["dot"] * scores["scale"] == pytest.approx(scores["score"], rel=1e-5)
    row = arrays[f"blocks.{last}.attention.pattern"][0, -1]
    pattern = values_in(frames, f"blocks.{last}.attention.pattern")
    assert pattern["a"] == row.max() == pytest.approx(1 / pattern["sum"], rel=1e-5)
    residual = values_in(frames, f"blocks.{last}.middle")
    before, change = arrays[stream][-1], arrays[f"blocks.{last}.attention.output"][-1]
    lengths = [np.linalg.norm(x.astype(float)) for x in (before, change, before + change)]
    assert list(residual.values()) == pytest.approx(lengths, rel=1e-5)
    assert values_in(frames, "logits")["p"] == pytest.approx(softmax(arrays["logits"][-1]).max(), rel=1e-5)
    if MODELS[name].config.positions == "rotary":
        turned = values_in(frames, "blocks.0.attention.rotated_query")
        assert turned["before"] == pytest.approx(turned["after"], rel=1e-5)


def test_the_numbers_of_the_cells_equations_add_up():
    gru, lstm = frames_of(MODELS["gru"]), frames_of(MODELS["lstm"])
    v = values_in(gru, "layers.1.states")
    before = next(f for f in gru if f.name == "layers.1.states").values[-2, v["unit"]]
    assert v["c"] + v["z"] * (before - v["c"]) == pytest.approx(v["after"], abs=1e-6)
    v = values_in(lstm, "layers.1.states")
    assert v["o"] * np.tanh(v["m"]) == pytest.approx(v["after"], abs=1e-6)
    v = values_in(lstm, "layers.0.memory")
    assert v["forget"] * v["before"] + v["input"] * v["candidate"] == pytest.approx(v["after"], abs=1e-6)


# --- refusals, and what it costs -------------------------------------------------------------------------


def test_refusals(monkeypatch):
    model = MODELS["gpt2"]
    with pytest.raises(ConfigError, match=r"^Text: expected one token at least, found none\.$"):
        frames_of(model, PipelineConfig(text=""))
    with pytest.raises(ConfigError, match=r"^Text: expected at most the model's 32 tokens, found 33\.$"):
        frames_of(model, PipelineConfig(text="a" * 33))
    small = Transformer(gpt2(vocab_size=4, context=8, layers=1, width=8, heads=2))
    with pytest.raises(ConfigError, match="a token 8 for a model of 4"):
        frames_of(small, PipelineConfig(text="abcde"))
    monkeypatch.setattr("core.language.pipeline.MOST_BYTES", 1000)
    with pytest.raises(ConfigError, match=r"found 0 MB for 10 tokens|MB for 10 tokens"):
        frames_of(model)


@pytest.mark.parametrize("name", MODELS)
def test_how_much_it_holds_is_known_before(name):
    model = MODELS[name]
    for tokens in (1, 2, 7, 12):
        held = sum(array.nbytes for array in values_of(model, [1] * tokens).values())
        assert bytes_of(model, tokens) == held


def test_a_prompt_of_one_token():
    for model in (MODELS["gpt2"], MODELS["llama"], MODELS["gru"]):
        frames = frames_of(model, PipelineConfig(text="a"))
        assert frames[-1].sampling.token is not None
        assert all(frame.explain(CONFIG) is not None for frame in frames)


def test_a_long_prompt_crosses_the_blocks_of_attention():
    """More tokens than attention takes at a time."""
    model = Transformer(llama(vocab_size=30, context=200, layers=1, width=8, heads=2))
    ids = np.random.default_rng(0).integers(0, 30, 150)
    text = LETTERS.decode(ids[ids > 0])
    frames = {frame.name: frame for frame in frames_of(model, PipelineConfig(text=text))}
    pattern = frames["blocks.0.attention.pattern"].values
    np.testing.assert_allclose(pattern.sum(axis=-1), 1, atol=1e-5)
    assert (np.triu(pattern, 1) == 0).all()
    assert frames["logits"].values.tobytes() == model.logits(LETTERS.encode(text)).tobytes()


def test_a_real_model(real):
    """stories260K: what the pipeline draws is what the model generates."""
    model, tokenizer = load(real / "stories260K" / "stories260K.bin")
    config = PipelineConfig(text="Once upon a time, there was a", sampling=SamplingConfig(temperature=0.0))
    frames = list(pipeline(config, PipelineInputs(model, tokenizer)))
    ids = tokenizer.encode(config.text)
    assert frames[-1].sampling.token == model.generate(ids, 1, config.sampling, np.random.default_rng(0))[0]
    assert tokenizer.token_bytes(frames[-1].sampling.token) == b" little"
    assert frames[-1].tokens[0].data == b"<s>"
    plain = model.logits(ids)
    logits = next(frame for frame in frames if frame.name == "logits")
    assert logits.values.tobytes() == plain.tobytes()
    likeliest = [int(frame.values[-1].argmax()) for frame in frames if frame.stage == "lens"]
    assert len(likeliest) == 5
    assert likeliest[0] != likeliest[-1] == frames[-1].sampling.token  # the blocks change its mind
