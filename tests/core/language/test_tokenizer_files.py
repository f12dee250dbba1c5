"""Hostile tokenizer files: one sentence that names the file and the field, in little time and memory."""

import contextlib
import json
import os
import random
import struct
import time
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.language.pretokenize import to_symbols
from core.language.tokenizer import BytePairTokenizer, TokenizerError, load_tokenizer

GOLDEN = Path(__file__).parent / "golden" / "tokenizers"
TRAINED = BytePairTokenizer.train("the cat sat on the mat; the rat sat on the cat. " * 5, 256 + 30)


def gpt2_files(tokenizer: BytePairTokenizer = TRAINED) -> tuple[bytes, bytes]:
    """vocab.json and merges.txt."""
    names = [to_symbols(token) for token in tokenizer.tokens if token is not None]
    vocab = {name: i for i, name in enumerate([*names, "<|endoftext|>"])}
    lines = [f"{to_symbols(left)} {to_symbols(right)}" for left, right in tokenizer.merges]
    return json.dumps(vocab).encode(), "\n".join(["#version: 0.2", *lines, ""]).encode()


def llama2c(tokens: list[tuple[float, bytes]] | None = None, longest: int = 7) -> bytes:
    """tokenizer.bin."""
    words = [b" ", b"a", b"b", b"c", "é".encode(), b"ab", b" a", b"abc", b"bc", b" ab"]
    tokens = tokens or [
        *[(0.0, b"<unk>"), (0.0, b"\n<s>\n"), (0.0, b"\n</s>\n")],
        *[(0.0, b"<0x%02X>" % byte) for byte in range(256)],
        *[(-float(i), word) for i, word in enumerate(words)],
    ]
    return struct.pack("<i", longest) + b"".join(struct.pack("<fi", s, len(t)) + t for s, t in tokens)


def write(folder: Path, files: dict[str, bytes]) -> Path:
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return folder


def refusal(path: Path) -> str:
    with pytest.raises(TokenizerError) as caught:
        load_tokenizer(path)
    text = str(caught.value)
    assert "\n" not in text
    assert len(text) < 300
    assert caught.value.__suppress_context__ or caught.value.__cause__ is None
    return text


# --- what is read ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", [True, False])
@pytest.mark.parametrize("newline", [b"\n", b"\r\n"])
def test_gpt2_files(tmp_path, version, newline):
    vocab, merges = gpt2_files()
    if not version:
        merges = merges.partition(b"\n")[2]
    write(tmp_path, {"vocab.json": vocab, "merges.txt": merges.replace(b"\n", newline)})
    for path in (tmp_path, tmp_path / "vocab.json", tmp_path / "merges.txt", str(tmp_path)):
        found = load_tokenizer(path)
        assert found.merges == TRAINED.merges
        assert found.special == {"<|endoftext|>": 256 + len(TRAINED.merges)}
        assert found.encode("the cat<|endoftext|> 🦜") == [
            *TRAINED.encode("the cat"), found.vocab_size - 1, *TRAINED.encode(" 🦜"),
        ]  # fmt: skip


def test_llama2c_by_hand(tmp_path):
    """Ids from 259: " " 259, a 260, b 261, c 262, é 263, ab 264 (-5), " a" 265 (-6), abc 266 (-7), bc 267
    (-8), " ab" 268 (-9). " abc": ab first (-5), then abc (-7) before " ab" (-9), and no more."""
    (tmp_path / "tok.bin").write_bytes(llama2c())
    found = load_tokenizer(tmp_path)
    assert found.encode("abc") == [1, 259, 266]
    assert found.encode("aé?") == [1, 265, 263, 3 + ord("?")]
    assert found.encode("") == [1]
    assert found.decode(found.encode(" a\nb🦜")) == " a\nb🦜"
    assert [piece.data for piece in found.pieces("é?")] == [b"<s>", b" ", "é".encode(), b"?"]


def test_llama2c_ties_go_to_the_left(tmp_path):
    head = [
        (0.0, b"<unk>"),
        (0.0, b"<s>"),
        (0.0, b"</s>"),
        *[(0.0, b"<0x%02X>" % byte) for byte in range(256)],
    ]
    words = [(0.0, b"a"), (0.0, b"b"), (0.0, b"c"), (-1.0, b"bc"), (-1.0, b"ab")]
    (tmp_path / "tok.bin").write_bytes(llama2c([*head, *words]))
    found = load_tokenizer(tmp_path)
    assert [piece.data for piece in found.pieces("abc")][2:] == [b"ab", b"c"]


# --- what is refused -------------------------------------------------------------------------------------


def changed(name: str = "byte_level", **model) -> dict:
    data = json.loads((GOLDEN / f"{name}.json").read_text(encoding="utf-8"))
    data["model"] |= model
    return data


def with_(name: str = "byte_level", **fields) -> dict:
    return json.loads((GOLDEN / f"{name}.json").read_text(encoding="utf-8")) | fields


SPLIT = {"type": "Split", "behavior": "Isolated", "pattern": {"Regex": "(((a{999}){999}){999}){999}"}}
REFUSED_JSON = {
    "WordPiece": (changed(type="WordPiece"), "expected a tokenizer of kind BPE, found 'WordPiece'"),
    "Unigram": (changed(type="Unigram", vocab=[["a", 0.0]]), "found 'Unigram'"),
    "WordLevel": (changed(type="WordLevel"), "found 'WordLevel'"),
    "dropout": (changed(dropout=0.1), "model.dropout: expected none, found 0.1"),
    "suffix": (changed(end_of_word_suffix="</w>"), "model.end_of_word_suffix: expected none, found '</w>'"),
    "prefix": (changed(continuing_subword_prefix="##"), "model.continuing_subword_prefix: expected none"),
    "characters": (with_(pre_tokenizer=None), "found BPE over characters alone"),
    "no vocabulary": (changed(vocab={}), "model.vocab: expected tokens, found none"),
    "vocabulary a list": (changed(vocab=["a"]), "model.vocab: expected an object, found"),
    "vocabulary a number": (changed(vocab=3), "model.vocab: expected an object, found '3'"),
    "id a text": (changed(vocab={"a": "0"}), "model.vocab, entry 1: expected a text and its id"),
    "id negative": (changed(vocab={"a": -1}), "model.vocab, entry 1"),
    "id nested": (changed(vocab={"a": 0, "b": [[1]]}), "model.vocab, entry 2"),
    "id absurd": (changed(vocab={"a": 0, "b": 10**12}), "found 1,000,000,000,000"),
    "id twice": (changed(vocab={"a": 0, "b": 0}), "id 0 is given to both 'a' and 'b'"),
    "merge of one": (changed(merges=["ab"]), "model.merges[0]: expected \"left right\", found 'ab'"),
    "merge of three": (changed(merges=["a b c"]), "model.merges[0]"),
    "merge a number": (changed(merges=[["a", "b"], 7]), "model.merges[1]: expected two texts"),
    "merge of lists": (changed(merges=[["a", ["b"]]]), "model.merges[0]"),
    "merge unknown": (changed(merges=["q z"]), "model.merges[0]: 'qz' is not in the vocabulary"),
    "merges an object": (changed(merges={}), "model.merges: expected an array"),
    "added no text": (
        with_(added_tokens=[{"id": 1, "content": ""}]),
        "added_tokens[0].content: expected a text",
    ),
    "added absurd": (
        with_(added_tokens=[{"id": 2**40, "content": "x y"}]),
        "added_tokens[0].id: expected 0 to",
    ),
    "added negative": (
        with_(added_tokens=[{"id": -1, "content": "x y"}]),
        "added_tokens[0].id: expected 0 to",
    ),
    "added taken": (with_(added_tokens=[{"id": 5, "content": "x y"}]), "added_tokens[0]: id 5 is that of"),
    "added without id": (
        with_(added_tokens=[{"content": "x"}]),
        "added_tokens[0]: object missing required field id",
    ),
    "added a number": (with_(added_tokens=7), "added_tokens: expected array | null, got int"),
    "no model": ({"version": "1.0"}, "the file: object missing required field model"),
    "model a list": (with_(model=[]), "model: expected object, got array"),
    "normalizer": (with_(normalizer={"type": "Precompiled"}), "found 'Precompiled'"),
    "pretokenizer": (
        with_(pre_tokenizer={"type": "Sequence", "pretokenizers": [{"type": "ByteLevel"}, {"type": "Bert"}]}),
        "expected ByteLevel, Split, Digits or Metaspace, found 'Bert'",
    ),
    "bomb": (
        with_(pre_tokenizer={"type": "Sequence", "pretokenizers": [SPLIT, {"type": "ByteLevel"}]}),
        "pre_tokenizer: the pattern",
    ),
    "behavior": (
        with_(
            pre_tokenizer={
                "type": "Sequence",
                "pretokenizers": [{"type": "ByteLevel"}, SPLIT | {"behavior": "x"}],
            }
        ),
        "pre_tokenizer.behavior: expected one of",
    ),
    "no pattern": (
        with_(
            pre_tokenizer={"type": "Sequence", "pretokenizers": [{"type": "ByteLevel"}, {"type": "Split"}]}
        ),
        "Split.pattern: expected a Regex or a String",
    ),
    "many steps": (
        with_(pre_tokenizer={"type": "Sequence", "pretokenizers": [{"type": "ByteLevel"}] * 17}),
        "pretokenizers: expected at most 16 steps",
    ),
    "postprocessor": (
        with_(post_processor={"type": "BertProcessing"}),
        "post_processor: expected ByteLevel or",
    ),
    "template": (
        with_(
            post_processor={
                "type": "TemplateProcessing",
                "single": [{"SpecialToken": {"id": "<s>"}}],
                "special_tokens": {},
            }
        ),
        "'<s>' is not among its special_tokens",
    ),
    "template id": (
        with_(
            post_processor={
                "type": "TemplateProcessing",
                "single": [{"SpecialToken": {"id": "<s>"}}],
                "special_tokens": {"<s>": {"ids": [10**9]}},
            }
        ),
        "expected the id of a token, found 1,000,000,000",
    ),
    "missing byte": (
        changed("fallback", vocab={"<unk>": 0, "<s>": 1, "</s>": 2, "<0x00>": 3}, merges=[]),
        "none called <0x01>",
    ),
}


@pytest.mark.parametrize("kind", REFUSED_JSON)
def test_refused_json(tmp_path, kind):
    data, message = REFUSED_JSON[kind]
    (tmp_path / "tokenizer.json").write_text(json.dumps(data), encoding="utf-8")
    text = refusal(tmp_path)
    assert text.startswith("tokenizer.json: ")
    assert message in text


RAW_JSON = {
    "empty": (b"", "expected JSON"),
    "no json": (b"hello", "line 1: expected JSON"),
    "cut": (b'{"model": {"type": "BPE", "vocab": {"a"', "the end: expected JSON"),
    "line": (b'{\n"model":\n{"type" "BPE"}}', "line 3: expected JSON"),
    "padded": (b'{"model": {}} trailing', "line 1: expected JSON"),
    "not utf-8": (b'{"model": {"type": "BPE", "vocab": {"\xff": 0}}}', "UTF-8"),
    "key twice": (b'{"model": {"type": "BPE", "vocab": {"a": 0, "a": 1}}}', "the token 'a' is given twice"),
    "deep": (b"[" * 10**6, "the file: expected object"),
    "deep inside": (b'{"x":' + b"[" * 10**6, "a few levels"),
    "deep model": (b'{"model":' + b'{"model":' * 10**5, "a few levels"),
    "deep normalizer": (
        b'{"model": {}, "normalizer": ' + b'{"type": "Sequence", "normalizers": [' * 10**5,
        "a few levels",
    ),
    "long number": (
        b'{"model": {"type": "BPE", "vocab": {"a": ' + b"9" * 10**6 + b"}}}",
        "model.vocab, entry 1",
    ),
    "long text": (b'{"model": {"type": "' + b"x" * 10**6 + b'"}}', "expected a tokenizer of kind BPE"),
    "control characters": (b'{"model": {"type": "a\\nb\\u0000"}}', "found 'a\\nb\\x00'"),
    "nan": (b'{"model": {"type": "BPE", "vocab": {"a": NaN}}}', "expected JSON"),
}


@pytest.mark.parametrize("kind", RAW_JSON)
def test_refused_bytes(tmp_path, kind):
    data, message = RAW_JSON[kind]
    (tmp_path / "tokenizer.json").write_bytes(data)
    start = time.perf_counter()
    with bounded(2 * len(data) + 2**18):
        text = refusal(tmp_path)
    assert message in text
    assert time.perf_counter() - start < 5


def test_refused_gpt2_files(tmp_path):
    vocab, merges = gpt2_files()

    def found(**files: bytes) -> str:
        made = {"vocab.json": vocab, "merges.txt": merges}
        return refusal(write(tmp_path, made | {k.replace("_", "."): v for k, v in files.items()}))

    lines = merges.split(b"\n")
    assert found(vocab_json=b"[]") == "vocab.json: the file: expected object, got array"
    assert found(vocab_json=vocab[:100]).startswith("vocab.json: the end: expected JSON")
    assert found(vocab_json=b'{"a": 0}') == "merges.txt: line 2: 't' is not in the vocabulary"
    assert (
        found(merges_txt=b"\n".join(lines[:3]) + b"\na")
        == "merges.txt: line 4: expected \"left right\", found 'a'"
    )
    last = len(lines)
    assert f"line {last}: expected" in found(merges_txt=merges + b"\xff\xfe x y")
    assert f"line {last}: 'qz' is not in" in found(merges_txt=merges + b"q z\n")
    assert "are merged for the second time" in found(merges_txt=merges + lines[1] + b"\n")
    cut = found(merges_txt=b"\n".join(lines[:-2]))
    assert cut.startswith("merges.txt: ends too early: no merge makes the token ")
    assert "line 1" in found(merges_txt=bytes(1000))
    (tmp_path / "merges.txt").unlink()
    assert refusal(tmp_path) == "merges.txt: expected a file, found none"
    (tmp_path / "merges.txt").mkdir()
    assert refusal(tmp_path) == "merges.txt: expected a file, found a folder"


HEAD = llama2c()[: 4 + sum(8 + n for n in (5, 5, 6)) + 256 * 14]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "expected a llama2.c tokenizer, found 0 bytes"),
        (b"\x07\0\0", "found 3 bytes"),
        (struct.pack("<i", 2**31 - 1), "longest token: expected 1 to 128 bytes, found 2,147,483,647"),
        (struct.pack("<i", -1), "longest token: expected 1 to 128 bytes, found -1"),
        (struct.pack("<i", 7), "expected 259 tokens or more (special, bytes), found 0"),
        (llama2c()[:500], "token 35: expected"),
        (llama2c()[:-1], "token 268: expected 3 bytes, found 2"),
        (llama2c() + b"\0", "token 269: expected a score and a length, found the end of the file"),
        (
            llama2c() + struct.pack("<fi", 0, 2**31 - 1),
            "token 269: expected a length from 0 to 7, found 2,147,483,647",
        ),
        (llama2c() + struct.pack("<fi", 0, -5), "token 269: expected a length from 0 to 7, found -5"),
        (
            llama2c() + struct.pack("<fi", float("nan"), 1) + b"x",
            "token 269: expected a finite score, found nan",
        ),
        (
            llama2c() + struct.pack("<fi", float("inf"), 1) + b"x",
            "token 269: expected a finite score, found inf",
        ),
        (llama2c() + struct.pack("<fi", 0, 2) + b"ab", "token 269: b'ab' is given twice"),
        (llama2c().replace(b"<0x41>", b"<0x42>"), "token 68: expected '<0x41>', found '<0x42>'"),
        (HEAD[: -14 * 20], "expected 259 tokens or more (special, bytes), found 239"),
        (bytes(20_000), "longest token: expected 1 to 128 bytes, found 0"),
    ],
)
def test_refused_llama2c(tmp_path, data, message):
    (tmp_path / "tok.bin").write_bytes(data)
    with bounded(2 * len(data) + 2**18):
        text = refusal(tmp_path / "tok.bin")
    assert text.startswith("tok.bin: ")
    assert message.replace("b'ab'", "'ab'") in text


@pytest.mark.parametrize(
    "name", ["tokenizer.model", "spiece.model", "vocab.txt", "tokenizer.pkl", "other.model"]
)
def test_other_kinds_are_refused_by_name(tmp_path, name):
    (tmp_path / name).write_bytes(b"\x80\x04K\x01.")
    text = refusal(tmp_path / name)
    assert text.startswith(
        f"{name}: expected tokenizer.json, vocab.json with merges.txt, or tokenizer.bin; found "
    )
    if name != "other.model":
        assert refusal(tmp_path) == text


def test_no_tokenizer_at_all(tmp_path):
    assert "in this folder, found none" in refusal(tmp_path)
    assert refusal(tmp_path / "nothing").endswith("found no file")
    assert refusal(tmp_path / "tokenizer.json") == "tokenizer.json: expected a file, found none"
    write(tmp_path, {"tok1.bin": b"", "tok2.bin": b""})
    assert refusal(tmp_path).endswith("expected one tokenizer, found tok1.bin, tok2.bin")


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="no /dev/zero")
def test_endless_files(tmp_path):
    os.symlink("/dev/zero", tmp_path / "tokenizer.json")
    assert refusal(tmp_path) == "tokenizer.json: expected a file, found none"


def test_too_large(tmp_path):
    with (tmp_path / "tokenizer.json").open("wb") as file:
        file.truncate(2**40)  # sparse: takes no room
    with bounded(2**20):
        assert (
            refusal(tmp_path) == "tokenizer.json: expected at most 67,108,864 bytes, found 1,099,511,627,776"
        )


def test_a_normalizer_that_swells(tmp_path):
    swell = [{"type": "Replace", "pattern": {"String": "a"}, "content": "a" * 60}] * 16
    data = with_(normalizer={"type": "Sequence", "normalizers": swell})
    (tmp_path / "tokenizer.json").write_text(json.dumps(data), encoding="utf-8")
    with pytest.raises(TokenizerError, match="more than four times as long"):
        load_tokenizer(tmp_path).encode("a" * 1000)


# --- fuzz ------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def bounded(most: int) -> Iterator[None]:
    """Fails when what runs within takes more memory than `most` bytes at its peak."""
    tracemalloc.start()
    try:
        yield
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak <= most, f"{peak:,} bytes"


def sources() -> dict[str, dict[str, bytes]]:
    vocab, merges = gpt2_files()
    found = {"gpt2": {"vocab.json": vocab, "merges.txt": merges}, "llama2c": {"tokenizer.bin": llama2c()}}
    for file in sorted(GOLDEN.glob("*.json")):
        found[file.stem] = {"tokenizer.json": file.read_bytes()}
    return found


def mutant(data: bytes, rng: random.Random) -> bytes:
    """Cut, padded, overwritten, repeated, or with a number or a piece of JSON made absurd."""
    at = rng.randrange(len(data) + 1)
    end = min(len(data), at + rng.choice([1, 4, 40, 4000]))
    absurd = [
        b"-1",
        b"99999999999999999999",
        b"1e400",
        b"null",
        b"{}",
        b"[]",
        b'""',
        b"true",
        b"[[[[",
        b'"\\ud800"',
    ]
    match rng.randrange(7):
        case 0:
            return data[:at]
        case 1:
            return data + rng.randbytes(rng.choice([1, 100, 10_000]))
        case 2:
            return data[:at] + rng.randbytes(end - at) + data[end:]
        case 3:
            return data[:at] + data[end:]
        case 4:
            return data[:end] + data[at:]
        case 5:
            return data[:at] + struct.pack("<i", rng.choice([-1, 0, 2**31 - 1, 2**20])) + data[at + 4 :]
        case _:
            while at < len(data) and data[at : at + 1] not in b'0123456789"[{nft':
                at += 1
            end = at
            while end < len(data) and data[end : end + 1] not in b",]}: ":
                end += 1
            return data[:at] + rng.choice(absurd) + data[end:]


def fuzz(folder: Path, seed: int, rounds: int) -> tuple[int, int]:
    rng = random.Random(seed)
    files = sources()
    read = refused = 0
    for _ in range(rounds):
        kind = rng.choice(sorted(files))
        made = dict(files[kind])
        name = rng.choice(sorted(made))
        for _ in range(rng.choice([1, 1, 1, 3])):
            made[name] = mutant(made[name], rng)
        for old in folder.iterdir():
            old.unlink()
        path = write(folder, made)
        start = time.perf_counter()
        try:
            found = load_tokenizer(path)
            ids = found.encode("Hello 🦜, the cat's 12 <|end|> <s> hat\n\n")
            found.decode(ids)
            found.pieces("Hello 🦜")
            read += 1
        except TokenizerError as error:
            refused += 1
            text = str(error)
            assert "\n" not in text, text
            assert len(text) < 400, text
        assert time.perf_counter() - start < 10, (seed, kind, name)
    return read, refused


def test_fuzz(tmp_path):
    read, refused = fuzz(tmp_path, seed=1, rounds=400)
    assert read > 0  # some changes do no harm
    assert refused > 300


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(2, 22))
def test_long_fuzz(tmp_path, seed):
    read, refused = fuzz(tmp_path, seed, rounds=3000)
    assert read > 0
    assert refused > 2000


WORDS = {to_symbols(bytes([b])): b for b in range(256)} | {f"word{i}": 256 + i for i in range(30_000)}
LARGE = json.dumps(WORDS).encode()
LINES = b"w o\n" * 60_000


@pytest.mark.parametrize(
    ("name", "files"),
    [
        ("vocabulary cut", {"vocab.json": LARGE[:-9], "merges.txt": b""}),
        ("vocabulary padded", {"vocab.json": LARGE + bytes(100_000), "merges.txt": b""}),
        ("last id a text", {"vocab.json": LARGE[:-1] + b', "x": "y"}', "merges.txt": b""}),
        ("merges cut", {"vocab.json": LARGE, "merges.txt": LINES[:-3]}),
        ("merges padded", {"vocab.json": LARGE, "merges.txt": LINES + bytes(100_000)}),
        ("added late", {"tokenizer.json": b'{"model": {"vocab": ' + LARGE + b'}, "added_tokens": [{}]}'}),
        ("merges late", {"tokenizer.json": b'{"model": {"vocab": ' + LARGE + b', "merges": ["a b", 1]}}'}),
        ("lengths", {"tokenizer.bin": struct.pack("<i", 7) + bytes(8) * 60_000 + b"x"}),
        ("zeros", {"tokenizer.bin": struct.pack("<i", 7) + bytes(8) * 200}),
    ],
)
def test_memory_within_twice_the_file(tmp_path, name, files):
    write(tmp_path, files)
    refusal(tmp_path)  # imports, compiles
    with bounded(2 * sum(map(len, files.values())) + 2**17):
        refusal(tmp_path)


def test_memory_of_refusals(tmp_path):
    """What a text says of itself is checked before it is kept; what the texts say of one another, after: then
    the memory is what the whole tokenizer takes, and twice the file."""
    rng = random.Random(5)
    for kind, files in sources().items():
        for old in tmp_path.iterdir():
            old.unlink()
        load_tokenizer(write(tmp_path, files))  # imports, compiles
        tracemalloc.start()
        load_tokenizer(tmp_path)
        whole = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        for name, data in files.items():
            for _ in range(8):
                changed_data = mutant(data, rng)
                write(tmp_path, {name: changed_data})
                with bounded(whole + 2 * len(changed_data) + 2**18), contextlib.suppress(TokenizerError):
                    load_tokenizer(tmp_path)
            write(tmp_path, {name: data})
        assert kind
