"""Checkpoints in every layout that is read, and what becomes of files that are not what they should be."""

import json
import re
import shutil
import struct
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.language.checkpoint import CheckpointError, load, load_model, save
from core.language.recurrent import Recurrent, RecurrentConfig
from core.language.safetensors_file import read_safetensors, write_safetensors
from core.language.transformer import Transformer, gpt2, llama

GOLDEN = Path(__file__).parent / "golden"
KINDS = ("gpt2", "llama")


def copied(name, folder):
    shutil.copytree(GOLDEN / name, folder, dirs_exist_ok=True)
    return folder


def reconfigured(name, folder, **changes):
    """The golden folder with fields of its config changed; None takes a field out."""
    copied(name, folder)
    fields = json.loads((folder / "config.json").read_text()) | changes
    fields = {k: v for k, v in fields.items() if v is not ...}
    (folder / "config.json").write_text(json.dumps(fields))
    return folder


def tensors(folder):
    return {name: np.array(s.array()) for name, s in read_safetensors(folder / "model.safetensors").items()}


def same(a, b, atol=0.0):
    assert a.parameters.keys() == b.parameters.keys()
    for name, array in a.parameters.items():
        np.testing.assert_allclose(array, b.parameters[name], rtol=0, atol=atol, err_msg=name)


def refusal(path, load=load_model):
    """The one sentence with which a file is refused."""
    with pytest.raises(CheckpointError) as caught:
        load(path)
    sentence = str(caught.value)
    assert "\n" not in sentence
    assert len(sentence) < 400
    return sentence


# --- layouts that are read -------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_weights_are_views_of_the_file(kind):
    model = load_model(GOLDEN / kind)
    for name, array in model.parameters.items():
        assert not array.flags.owndata, name
        assert not array.flags.writeable, name
        root = array
        while isinstance(root, np.ndarray) and root.base is not None:
            root = root.base
        assert "mmap" in type(getattr(root, "obj", root)).__name__, name


@pytest.mark.parametrize("kind", KINDS)
def test_names_with_and_without_prefix_and_buffers(kind, tmp_path):
    folder, prefix = copied(kind, tmp_path), {"gpt2": "transformer.", "llama": "model."}[kind]
    plain = {name.removeprefix(prefix): a for name, a in tensors(folder).items()}
    buffers = {
        "gpt2": {"h.0.attn.bias": np.ones((1, 1, 32, 32)), "h.1.attn.masked_bias": np.zeros(())},
        "llama": {"layers.0.self_attn.rotary_emb.inv_freq": np.ones(2)},
    }[kind]
    for given_prefix in ("", prefix):
        names = {
            (n if n.startswith("lm_head") else given_prefix + n): a for n, a in (plain | buffers).items()
        }
        write_safetensors(folder / "model.safetensors", names)
        same(load_model(folder), load_model(GOLDEN / kind))


@pytest.mark.parametrize("kind", KINDS)
def test_half_precision(kind, tmp_path):
    folder, exact = copied(kind, tmp_path), load_model(GOLDEN / kind)
    write_safetensors(folder / "model.safetensors", tensors(folder), np.float16)
    same(load_model(folder), exact, atol=2e-3)
    assert all(a.dtype == np.float32 for a in load_model(folder).parameters.values())


def test_bfloat16_is_the_upper_half_of_float32(tmp_path):
    values = np.array([1.0, -2.5, 3.140625, 1e30], np.float32)  # all have at most 8 significant bits
    raw = (values.view(np.uint32) >> 16).astype("<u2").tobytes()
    header = json.dumps({"x": {"dtype": "BF16", "shape": [2, 2], "data_offsets": [0, 8]}}).encode()
    (tmp_path / "x.safetensors").write_bytes(struct.pack("<Q", len(header)) + header + raw)
    expected = (values.view(np.uint32) >> 16 << 16).view(np.float32)
    np.testing.assert_array_equal(
        read_safetensors(tmp_path / "x.safetensors")["x"].array(), expected.reshape(2, 2)
    )


def test_numbers_that_lie_askew(tmp_path):
    """A header whose length is no multiple of four."""
    header = json.dumps({"x": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}}).encode()
    header += b" " * (5 - len(header) % 4)
    raw = np.array([1.5, 2.5], "<f4").tobytes()
    (tmp_path / "x.safetensors").write_bytes(struct.pack("<Q", len(header)) + header + raw)
    np.testing.assert_array_equal(read_safetensors(tmp_path / "x.safetensors")["x"].array(), [1.5, 2.5])


def test_what_the_safetensors_library_writes_and_reads(tmp_path):
    library = pytest.importorskip("safetensors.numpy")
    arrays = {"a": np.arange(6, dtype=np.float32).reshape(2, 3), "b": np.array(3, np.float32)}
    library.save_file(arrays, tmp_path / "theirs.safetensors", {"format": "pt"})
    for name, stored in read_safetensors(tmp_path / "theirs.safetensors").items():
        np.testing.assert_array_equal(stored.array(), arrays[name])
    write_safetensors(tmp_path / "ours.safetensors", arrays, np.float16)
    for name, array in library.load_file(tmp_path / "ours.safetensors").items():
        assert array.dtype == np.float16
        np.testing.assert_array_equal(array, arrays[name])


def test_several_files_and_their_index(tmp_path):
    folder = copied("llama", tmp_path)
    held = tensors(folder)
    (folder / "model.safetensors").unlink()
    parts = {"model-1-of-2.safetensors": dict(list(held.items())[:5])}
    parts["model-2-of-2.safetensors"] = dict(list(held.items())[5:])
    places = {name: file for file, part in parts.items() for name in part}
    for file, part in parts.items():
        write_safetensors(folder / file, part)
    index = folder / "model.safetensors.index.json"
    index.write_text(json.dumps({"metadata": {"total_size": 1}, "weight_map": places}))
    same(load_model(folder), load_model(GOLDEN / "llama"))
    first = next(iter(places))
    for change, reason in (
        ({first: "../model-1-of-2.safetensors"}, "expected names of .safetensors files"),
        ({first: "missing.safetensors"}, "missing.safetensors: expected a file, found none"),
        ({"new": "model-1-of-2.safetensors"}, "weight_map: 'new' is not in model-1-of-2.safetensors"),
        ({first: 3}, "str"),
    ):
        index.write_text(json.dumps({"weight_map": places | change}))
        assert reason in refusal(folder)
    index.write_text(json.dumps({"weight_map": {n: f for n, f in places.items() if n != first}}))
    assert "not in the index" in refusal(folder)


def test_old_and_new_names_in_configs(tmp_path):
    new = {"rope_type": "linear", "rope_theta": 100.0, "factor": 2.0}
    old = {"rope_parameters": ..., "rope_theta": 100.0, "rope_scaling": {"type": "linear", "factor": 2.0}}
    a = load_model(reconfigured("llama", tmp_path / "a", rope_parameters=new, dtype="bfloat16"))
    b = load_model(reconfigured("llama", tmp_path / "b", dtype=..., torch_dtype="float16", **old))
    assert a.config == b.config
    assert (a.config.rotary_base, a.config.rotary_scaling, a.config.rotary_factor) == (100.0, "linear", 2.0)


def test_every_flag_changes_what_is_computed(tmp_path):
    """A flag that were read and not obeyed would leave the logits as they are."""
    ids = np.arange(20)
    llama3 = {"rope_type": "llama3", "rope_theta": 1e4, "factor": 8.0, "original_max_position_embeddings": 8}
    flags = {
        "gpt2": {
            "activation_function": "gelu", "layer_norm_epsilon": 1e-2, "scale_attn_weights": False,
            "scale_attn_by_inverse_layer_idx": True, "n_head": 2,
        },
        "llama": {
            "hidden_act": "gelu_new", "rms_norm_eps": 1e-2, "num_attention_heads": 6,
            "rope_parameters": {"rope_theta": 100.0, "rope_type": "default"},
        },
    }  # fmt: skip
    for kind, changes in flags.items():
        plain = load_model(GOLDEN / kind).logits(ids)
        for name, value in changes.items():
            if value == json.loads((GOLDEN / kind / "config.json").read_text()).get(name):
                continue
            changed = load_model(reconfigured(kind, tmp_path / name, **{name: value})).logits(ids)
            assert np.abs(changed - plain).max() > 1e-5, name
    stretched = load_model(reconfigured("llama", tmp_path / "llama3", rope_parameters=llama3)).logits(ids)
    assert np.abs(stretched - load_model(GOLDEN / "llama").logits(ids)).max() > 1e-3


REFUSED_FLAGS = [
    ("gpt2", {"model_type": "gpt_neo"}, "model_type: expected gpt2 or llama, found 'gpt_neo'"),
    ("gpt2", {"model_type": ["gpt2"]}, "model_type"),
    ("gpt2", {"activation_function": "quick_gelu"}, "activation_function: expected one of gelu"),
    ("gpt2", {"add_cross_attention": True}, "add_cross_attention: True is not supported"),
    ("gpt2", {"n_embd": "24"}, "n_embd: expected int"),
    ("gpt2", {"n_embd": -24}, "Width: expected at least 1, found -24"),
    ("gpt2", {"n_layer": 10**9}, "Layers: expected at most 256, found 1000000000"),
    ("gpt2", {"n_inner": 0}, "n_inner: expected at least 1, found 0"),
    ("gpt2", {"n_inner": 100}, "mlp.c_fc.weight: expected shape (24, 100), found (24, 96)"),
    ("gpt2", {"n_head": 7}, "Width: expected a multiple of 7 heads, found 24"),
    ("gpt2", {"n_layer": 1}, "'h.1."),
    ("gpt2", {"n_layer": 3}, "expected a tensor h.2.ln_1.weight of shape (24,), found none"),
    (
        "gpt2",
        {"tie_word_embeddings": False},
        "expected a tensor lm_head.weight of shape (48, 24), found none",
    ),
    ("gpt2", {"dtype": "int8"}, "dtype: expected float32, float16 or bfloat16, found 'int8'"),
    ("gpt2", {"quantization_config": {"bits": 4}}, "quantization_config"),
    ("llama", {"hidden_act": "relu2"}, "hidden_act"),
    ("llama", {"sliding_window": 16}, "sliding_window: 16 is not supported"),
    ("llama", {"attention_bias": True}, "expected a tensor layers.0.self_attn.q_proj.bias"),
    ("llama", {"num_key_value_heads": 4}, "expected a divisor of the heads, found 4"),
    ("llama", {"head_dim": 8}, "q_proj.weight: expected shape (48, 24), found (24, 24)"),
    ("llama", {"rope_parameters": {"rope_type": "yarn"}}, "expected default, linear or llama3, found 'yarn'"),
    (
        "llama",
        {"rope_parameters": ..., "rope_scaling": {"type": "dynamic"}},
        "rope_scaling: expected default",
    ),
    ("llama", {"layer_types": ["sliding_attention"]}, "layer_types"),
    ("llama", {"partial_rotary_factor": 0.5}, "partial_rotary_factor: 0.5 is not supported"),
]


@pytest.mark.parametrize(("kind", "changes", "reason"), REFUSED_FLAGS)
def test_configs_refused_by_name(kind, changes, reason, tmp_path):
    assert reason in refusal(reconfigured(kind, tmp_path, **changes))


def test_folders_refused(tmp_path):
    assert "expected a folder with config.json, or a llama2.c .bin file, found none" in refusal(
        tmp_path / "x"
    )
    assert "config.json: expected a file, found none" in refusal(tmp_path)
    copied("gpt2", tmp_path)
    (tmp_path / "model.safetensors").unlink()
    assert "expected model.safetensors in this folder, found none" in refusal(tmp_path)
    (tmp_path / "pytorch_model.bin").write_bytes(b"\x80\x04")
    assert "pytorch_model.bin: expected model.safetensors: a pickle could run code" in refusal(tmp_path)
    assert "a .bin file" in refusal(tmp_path / "pytorch_model.bin")
    (tmp_path / "model.safetensors").mkdir()
    assert "model.safetensors: expected a file, found a folder" in refusal(tmp_path)
    (tmp_path / "config.json").write_text("[" * 100_000)
    assert "config.json: expected JSON" in refusal(tmp_path)


def test_the_tokenizer_beside_a_model(tmp_path):
    model, tokenizer = load(GOLDEN / "gpt2")
    assert tokenizer is None
    from core.language.tokenizer import BytePairTokenizer

    copied("gpt2", tmp_path)
    (tmp_path / "tokenizer.json").write_bytes(BytePairTokenizer.train("aaab", 258).to_json())
    assert "the tokenizer: expected at most the model's 48 tokens, found 258" in refusal(tmp_path, load)
    save(tmp_path / "fits", Transformer(gpt2(vocab_size=300, context=8, layers=1, width=8, heads=2)))
    shutil.copy(tmp_path / "tokenizer.json", tmp_path / "fits")
    model, tokenizer = load(tmp_path / "fits")
    assert tokenizer.decode(tokenizer.encode("aab")) == "aab"
    assert model.logits(tokenizer.encode("aab")).shape == (len(tokenizer.encode("aab")), 300)


# --- our own layout --------------------------------------------------------------------------------------

OWN = (
    Transformer(gpt2(vocab_size=20, context=8, layers=1, width=8, heads=2)),
    Transformer(llama(vocab_size=20, context=8, layers=2, width=8, heads=2, kv_heads=1, mlp_width=12)),
    Recurrent(RecurrentConfig(vocab_size=20, width=8, cell="lstm", layers=2, attention_width=4)),
)


@pytest.mark.parametrize("model", OWN)
def test_what_is_saved_is_read_back(model, tmp_path):
    save(tmp_path / "f32", model, np.float32)
    save(tmp_path / "f16", model)
    same(load_model(tmp_path / "f32"), model)
    again = load_model(tmp_path / "f16")
    assert type(again) is type(model)
    assert again.config == model.config
    same(again, model, atol=1e-3)
    fields = json.loads((tmp_path / "f32" / "config.json").read_text())
    for changes, reason in (
        ({"lab_model": "perceptron"}, "lab_model: expected transformer or recurrent, found 'perceptron'"),
        ({"width": 10**9}, "Width: expected at most"),
        ({"layers": model.config.layers + 1}, "not found"),
        ({"vocab_size": 21}, "expected shape (21, 8), found (20, 8)"),
        ({"colour": "red"}, "colour"),
    ):
        (tmp_path / "f32" / "config.json").write_text(json.dumps(fields | changes))
        assert reason in refusal(tmp_path / "f32")


# --- llama2.c --------------------------------------------------------------------------------------------


def llama2c(model, version, tied):
    """A model in llama2.c's format, written down from the description of it."""
    c, p = model.config, model.parameters
    numbers = (c.width, c.inner, c.layers, c.heads, c.key_value_heads, c.vocab_size, c.context)

    def each(name, transpose=True):
        found = [p[f"blocks.{i}.{name}.weight"] for i in range(c.layers)]
        return [a.T if transpose else a for a in found]

    matrices = [a for n in ("query", "key", "value", "output") for a in each(f"attention.{n}")]
    mlp = [a for n in ("gate", "down", "up") for a in each(f"mlp.{n}")]
    norms = each("attention.norm", False), each("mlp.norm", False)
    output = [] if tied else [p["output.weight"].T]
    embedding, last = [p["embedding.weight"]], [p["norm.weight"]]
    if version == 0:
        header = struct.pack("<7i", *numbers[:5], c.vocab_size if tied else -c.vocab_size, c.context)
        tables = [np.full(c.context * c.per_head, 7.0)]  # frequencies, which nobody reads
        arrays = [*embedding, *norms[0], *matrices, *norms[1], *mlp, *last, *tables, *output]
    else:
        header = struct.pack("<Ii7iB", 0x616B3432, version, *numbers, tied).ljust(256, b"\0")
        arrays = [*norms[0], *norms[1], *last, *embedding, *matrices, *mlp, *output]
    return header + b"".join(np.ascontiguousarray(a, "<f4").tobytes() for a in arrays)


@pytest.mark.parametrize("tied", [True, False])
@pytest.mark.parametrize("version", [0, 1])
def test_llama2c(version, tied, tmp_path):
    config = llama(
        vocab_size=11, context=6, layers=2, width=8, heads=4, kv_heads=2, mlp_width=10, tied=tied,
        rotary_interleaved=True,
    )  # fmt: skip
    model = Transformer(config, seed=4)
    (tmp_path / "m.bin").write_bytes(llama2c(model, version, tied))
    again = load_model(tmp_path / "m.bin")
    assert again.config == config
    same(again, model)
    np.testing.assert_allclose(again.logits([1, 2, 3]), model.logits([1, 2, 3]), atol=1e-6)
    assert not any(a.flags.owndata for a in again.parameters.values())


def test_llama2c_refused(tmp_path):
    model = Transformer(llama(vocab_size=11, context=6, layers=1, width=8, heads=2, mlp_width=10))
    legacy, first = llama2c(model, 0, False), llama2c(model, 1, False)
    path = tmp_path / "m.bin"

    def sentence(data):
        path.write_bytes(data)
        return refusal(path)

    assert "found 5 bytes" in sentence(legacy[:5])
    assert "empty" in sentence(b"")
    assert re.search(r"its header asks for [\d,]+ bytes, found", sentence(legacy[:-4]))
    assert "its header asks for" in sentence(legacy + b"\0\0\0\0")
    assert "its header asks for" in sentence(legacy[:-1])
    assert "version: expected 1 or the legacy format, found 2 (quantised)" in sentence(
        struct.pack("<Ii", 0x616B3432, 2) + first[8:]
    )
    assert "found 9" in sentence(struct.pack("<Ii", 0x616B3432, 9) + first[8:])
    assert "heads: expected at least 1, found 0" in sentence(legacy[:12] + struct.pack("<i", 0) + legacy[16:])
    assert "expected at most" in sentence(struct.pack("<7i", *[2**30] * 7) + legacy[28:])
    assert "expected a header of 256 bytes" in sentence(first[:100])
    assert "zeros" in sentence(first[:100] + b"\1" + first[101:])


# --- hostile files ---------------------------------------------------------------------------------------


def test_headers_that_lie(tmp_path):
    path = tmp_path / "x.safetensors"
    good = {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}

    def sentence(header, body=b"\0" * 8, length=None):
        text = header if isinstance(header, bytes) else json.dumps(header).encode()
        path.write_bytes(struct.pack("<Q", len(text) if length is None else length) + text + body)
        return refusal(path, read_safetensors)

    assert "header's length" in sentence({"x": good}, length=2**63)
    assert "header's length" in sentence({"x": good}, length=10**6)
    assert "the header: expected" in sentence(b"{" * 50_000)
    assert "the header: expected" in sentence(b'{"x": 3}')
    assert "the header: expected" in sentence(b"\xff\xfe")
    assert "needs 16 bytes, found 8" in sentence({"x": good | {"shape": [4]}})
    assert "needs" in sentence({"x": good | {"shape": [2**62, 2**62]}})
    assert "expected a shape, found (-2,)" in sentence({"x": good | {"shape": [-2]}})
    assert "within the file's 8 bytes, found (0, 80)" in sentence({"x": good | {"data_offsets": [0, 80]}})
    assert "within the file's" in sentence({"x": good | {"data_offsets": [8, 0]}})
    assert "found 'Q4'" in sentence({"x": good | {"dtype": "Q4"}})
    assert "overlap" in sentence({"x": good, "y": good})
    assert "leave 8 bytes unused" in sentence({"x": good}, b"\0" * 16)
    path.write_bytes(b"1234")
    assert "found 4 bytes" in refusal(path, read_safetensors)
    half = {"dtype": "I32", "shape": [2], "data_offsets": [0, 8]}
    text = json.dumps({"x": half}).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + b"\0" * 8)
    assert "x: expected F32, F16, BF16, found I32" in refusal(
        path, lambda p: read_safetensors(p)["x"].array()
    )


def test_many_tensors_are_refused_before_they_are_read(tmp_path):
    entry = b'"%d":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}'
    text = b"{" + b",".join(entry % i for i in range(60_000)) + b"}"
    (tmp_path / "x.safetensors").write_bytes(struct.pack("<Q", len(text)) + text)
    tracemalloc.start()
    try:
        assert "at most 50,000 tensors" in refusal(tmp_path / "x.safetensors", read_safetensors)
        assert tracemalloc.get_traced_memory()[1] < 2 * len(text)
    finally:
        tracemalloc.stop()


MUTATIONS = st.one_of(
    st.tuples(st.just("cut"), st.floats(0, 1), st.integers(0, 0)),
    st.tuples(st.just("pad"), st.integers(1, 64), st.integers(0, 255)),
    st.tuples(st.just("set"), st.floats(0, 1), st.integers(0, 255)),
    st.tuples(st.just("head"), st.floats(0, 1), st.integers(0, 255)),  # where the header is
    st.tuples(st.just("number"), st.floats(0, 1), st.integers(-(2**31), 2**31 - 1)),
)


def mutated(data, mutation):
    kind, where, value = mutation
    if kind == "cut":
        return data[: int(where * len(data))]
    if kind == "pad":
        return data + bytes([value]) * where
    span = len(data) if kind == "set" else min(len(data), 2000)
    at = min(int(where * span), len(data) - 1)
    new = struct.pack("<i", value) if kind == "number" else bytes([value])
    return data[:at] + new + data[at + len(new) :]


def check_fuzzed(folder, name, original, changes):
    """Either a model that answers, or the one sentence; memory stays near the file's size."""
    data = original
    for change in changes:
        data = mutated(data, change)
    (folder / name).write_bytes(data)
    path = folder / name if name.endswith(".bin") else folder
    tracemalloc.start()
    sentence, model = "", None
    try:
        model = load_model(path)
    except CheckpointError as error:
        sentence = str(error)
    finally:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert "\n" not in sentence
    assert len(sentence) < 400
    if model is not None:
        with np.errstate(all="ignore"):
            assert model.logits([0]).shape == (1, model.vocab_size)
    assert peak < 2 * len(original) + 2**19


def fuzz_targets(folder):
    copied("gpt2", folder)
    model = Transformer(llama(vocab_size=11, context=6, layers=1, width=8, heads=2, mlp_width=10))
    return {
        "config.json": (folder / "config.json").read_bytes(),
        "model.safetensors": (folder / "model.safetensors").read_bytes(),
        "legacy.bin": llama2c(model, 0, False),
        "version1.bin": llama2c(model, 1, True),
    }


def fuzz(name, folder, examples):
    original = fuzz_targets(folder)[name]

    @settings(max_examples=examples, deadline=None, database=None, derandomize=True)
    @given(st.lists(MUTATIONS, min_size=1, max_size=3))
    def run(changes):
        check_fuzzed(folder, name, original, changes)

    run()


FUZZED = ("config.json", "model.safetensors", "legacy.bin", "version1.bin")


@pytest.mark.parametrize("name", FUZZED)
def test_fuzz(name, tmp_path):
    fuzz(name, tmp_path, 60)


@pytest.mark.soak
@pytest.mark.parametrize("name", FUZZED)
def test_long_fuzz(name, tmp_path):
    resource = pytest.importorskip("resource")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    fuzz(name, tmp_path, 10_000)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 400_000  # KB: nothing piles up
