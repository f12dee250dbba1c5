"""Tokenizers: any text and any bytes come back, pieces lie where they say, files of others encode alike."""

import contextlib
import doctest
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.language import pretokenize, tokenizer
from core.language.added import AddedToken, AddedTokens
from core.language.pretokenize import BYTE_ORDER, from_symbols, split_by, to_symbols, utf8
from core.language.tokenizer import BytePairTokenizer, CharacterTokenizer, TokenizerError, load_tokenizer

ROOT = Path(__file__).resolve().parents[3]
GOLDEN = Path(__file__).parent / "golden"
EXPECTED = json.loads((GOLDEN / "tokenizers.json").read_text(encoding="utf-8"))
TEXT = (GOLDEN / "text.txt").read_bytes().decode("utf-8")
FILES = sorted(EXPECTED["ids"])
TRAINED = BytePairTokenizer.train(TEXT[:20_000], 600, special=("<|end|>",))

texts = st.text(st.characters(exclude_categories=()), max_size=60)  # lone surrogates included
usual = st.text(max_size=60)


def test_documentation():
    for module in (tokenizer, pretokenize):
        assert doctest.testmod(module).failed == 0


# --- characters ----------------------------------------------------------------------------------------


def test_characters():
    found = CharacterTokenizer.train("banana")
    assert found.characters == ("\ufffd", "a", "b", "n")
    assert found.encode("nab!") == [3, 1, 2, 0]
    assert found.decode([3, 1, 2, 0]) == "nab\ufffd"
    assert found.vocab_size == 4
    assert found.pieces("a🦜") == [(1, b"a", 0, 1), (0, "🦜".encode(), 1, 5)]


@given(usual)
def test_characters_come_back(text):
    assert CharacterTokenizer.train(text).decode(CharacterTokenizer.train(text).encode(text)) == text


# --- byte-level BPE ------------------------------------------------------------------------------------


@given(usual)
def test_text_comes_back(text):
    assert TRAINED.decode(TRAINED.encode(text)) == text


@given(st.binary(max_size=80))
def test_any_bytes_come_back(data):
    assert TRAINED.decode_bytes(TRAINED.encode_bytes(data)) == data


@given(texts)
def test_a_lone_surrogate_is_no_character(text):
    """It has no bytes: what can be kept is kept, and nothing fails."""
    ids = TRAINED.encode(text)
    assert all(0 <= i < TRAINED.vocab_size for i in ids)
    assert TRAINED.decode_bytes(ids) == utf8(text)


@given(usual)
def test_pieces_lie_where_they_say(text):
    data = text.encode()
    at = 0
    for piece in TRAINED.pieces(text):
        assert piece.start == at
        assert data[piece.start : piece.stop] == piece.data
        at = piece.stop
    assert at == len(data)
    assert [piece.id for piece in TRAINED.pieces(text)] == TRAINED.encode(text)


def test_a_piece_of_an_emoji_is_shown_as_what_it_is():
    pieces = BytePairTokenizer.train("", 256).pieces("a🦜")
    assert [piece.text for piece in pieces] == ["a", None, None, None, None]
    assert [piece.data for piece in pieces[1:]] == [b"\xf0", b"\x9f", b"\xa6", b"\x9c"]
    assert BytePairTokenizer.train("", 256).decode([pieces[1].id]) == "\ufffd"


def test_special_tokens():
    ids = TRAINED.encode("one<|end|>two")
    assert ids.count(599) == 1
    assert TRAINED.special == {"<|end|>": 599}
    assert TRAINED.decode(ids) == "one<|end|>two"
    assert b"<|" not in b" ".join(token for token in TRAINED.tokens[:599] if token)


def test_special_tokens_are_no_text_to_learn_from():
    learned = BytePairTokenizer.train("ab<|x|>" * 20, 260, special=("<|x|>",))
    assert learned.merges == ((b"a", b"b"),)


def test_training_repeats():
    again = BytePairTokenizer.train(TEXT[:20_000], 600, special=("<|end|>",))
    assert again.merges == TRAINED.merges
    assert again.tokens == TRAINED.tokens


@pytest.mark.parametrize(("size", "special"), [(255, ()), (0, ()), (256, ("<|end|>",))])
def test_vocabulary_too_small(size, special):
    with pytest.raises(ValueError, match=f"vocab_size: expected at least {256 + len(special)}"):
        BytePairTokenizer.train("text", size, special)


def test_only_bytes():
    assert BytePairTokenizer.train("text", 256).encode("é") == [
        BYTE_ORDER.index(0xC3),
        BYTE_ORDER.index(0xA9),
    ]


def test_the_first_merges():
    for count in (0, 1, 50):
        assert TRAINED.first(count).merges == TRAINED.merges[:count]
        assert TRAINED.first(count).decode(TRAINED.first(count).encode(TEXT[:500])) == TEXT[:500]
    lengths = [len(TRAINED.first(count).encode(TEXT[:500])) for count in (0, 20, 100, 343)]
    assert lengths == sorted(lengths, reverse=True)
    assert lengths[0] == len(TEXT[:500].encode())
    assert TRAINED.first(343).encode(TEXT) == TRAINED.encode(TEXT)


@pytest.mark.parametrize("token", [-1, 600, 10**9])
def test_no_such_token(token):
    with pytest.raises(TokenizerError, match=f"token {token}: expected an id from 0 to 599"):
        TRAINED.decode([token])


def test_written_and_read(tmp_path):
    path = tmp_path / "tokenizer.json"
    path.write_bytes(TRAINED.to_json())
    again = load_tokenizer(path)
    assert again.tokens == TRAINED.tokens
    assert again.merges == TRAINED.merges
    assert again.special == TRAINED.special
    for text in (*EXPECTED["samples"], TEXT):
        assert again.encode(text) == TRAINED.encode(text)
    assert again.to_json() == TRAINED.to_json()


def test_only_gpt2_pretokens_are_written():
    with pytest.raises(ValueError, match="only byte-level BPE with GPT-2's pretokens"):
        load_tokenizer(GOLDEN / "tokenizers" / "llama3.json").to_json()


def test_a_full_cache_changes_nothing(monkeypatch):
    monkeypatch.setattr(tokenizer, "CACHED_WORDS", 3)
    found = TRAINED.first(200)
    assert found.encode(TEXT[:3000]) == TRAINED.first(200).encode(TEXT[:3000])
    assert len(found._words) <= 3


def test_long_words_are_not_kept():
    found = TRAINED.first(100)
    found.encode("x" * 1000)
    assert not any(len(word) > tokenizer.CACHED_LENGTH for word in found._words)


# --- symbols, pretokens, added tokens --------------------------------------------------------------------


@given(st.binary())
def test_symbols_come_back(data):
    assert from_symbols(to_symbols(data)) == data
    assert " " not in to_symbols(data)
    assert "\n" not in to_symbols(data)


def test_symbols_are_one_for_each_byte_in_order():
    symbols = [to_symbols(bytes([b])) for b in BYTE_ORDER]
    assert len(set(symbols)) == 256
    assert symbols == sorted(symbols)


def test_gpt2_pretokens():
    words = TRAINED.pretokens("It's  37 lamps,\n\n they'll…<|end|> ok ")
    assert "|".join(words) == "It|'s| | 37| lamps|,|\n\n| they|'ll|…|<|end|>| ok| "


@pytest.mark.parametrize(
    ("behavior", "expected"),
    [
        ("Removed", ["a", "b", "c"]),
        ("Isolated", ["a", " ", "b", " ", " ", "c"]),
        ("MergedWithPrevious", ["a ", "b ", " ", "c"]),
        ("MergedWithNext", ["a", " b", " ", " c"]),
        ("Contiguous", ["a", " ", "b", "  ", "c"]),
    ],
)
def test_split_behaviors(behavior, expected):
    assert split_by(" ", behavior)(["a b  c"]) == expected


@given(
    st.text("ab ", max_size=20),
    st.sampled_from(["Isolated", "MergedWithPrevious", "MergedWithNext", "Contiguous"]),
)
def test_splitting_loses_nothing(text, behavior):
    for pattern in (" ", "(a)", "a+|b", ""):
        assert "".join(split_by(pattern, behavior)([text])) == text
        assert "".join(split_by(pattern, behavior, invert=True)([text])) == text


def test_a_pattern_that_never_ends(monkeypatch):
    monkeypatch.setattr(pretokenize, "SECONDS", 0.2)
    with pytest.raises(TokenizerError, match="took longer than"):
        split_by("(a+)+$")(["a" * 5000 + "b"])


@pytest.mark.parametrize(
    "pattern",
    [
        "(((a{999}){999}){999}){999}",
        "a{1000000}",
        "(?:a{2,900}){2,900}",
        "(" * 3000,
        "[",
        "a{99999999999}",
        "(?P<n>",
    ],
)
def test_refused_patterns(pattern):
    with pytest.raises(TokenizerError, match="the pattern"):
        split_by(pattern)


@pytest.mark.parametrize(
    "pattern", ["(" * 900 + ")" * 900, "(?:a|" * 300 + ")" * 300, "a?" * 900 + "a" * 100]
)
def test_deep_patterns_end(pattern, monkeypatch):
    monkeypatch.setattr(pretokenize, "SECONDS", 0.2)
    with contextlib.suppress(TokenizerError):
        split_by(pattern)(["a" * 200])


def test_added_tokens_take_the_longest_and_strip():
    added = AddedTokens(
        [
            AddedToken("<a>", 1),
            AddedToken("<a><b>", 2),
            AddedToken("cat", 3, single_word=True),
            AddedToken("[M]", 4, left_strip=True, right_strip=True),
        ]
    )
    text = "x<a><b><a>concat cat [M] \n[M]y"
    found = [(text[s.start : s.stop], s.token.id if s.token else None) for s in added.segments(text)]
    texts = ["x", "<a><b>", "<a>", "concat ", "cat", " [M] \n", "[M]", "y"]
    assert found == list(zip(texts, [None, 2, 1, None, 3, 4, 4, None], strict=True))


@given(st.text("<a>bcd[] ", max_size=30))
def test_segments_cover_the_text(text):
    added = AddedTokens([AddedToken("<a>", 1, left_strip=True, right_strip=True), AddedToken("bc", 2)])
    at = 0
    for segment in added.segments(text):
        assert segment.start == at < segment.stop
        at = segment.stop
    assert at == len(text)


# --- the files of others ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FILES)
def test_same_ids_as_hugging_face(name):
    """`byte_level` asks to cut texts to 8 tokens and to fill them to 4: the reader's text is left whole."""
    found = load_tokenizer(GOLDEN / "tokenizers" / f"{name}.json")
    for text, ids in zip(EXPECTED["samples"], EXPECTED["ids"][name], strict=True):
        assert found.encode(text) == ids, text
        assert [piece.id for piece in found.pieces(text)] == ids


SPACES = "  two  spaces,\ttabs\n\n\nand lines  \n"
COMBINED = "e\u0301 combined, \u00e9 composed, \ufb01 ligature"
UNDERLINE = "▁literal ▁▁ underline"
LOSSY = {
    # a space at the start of a stretch is what the tokenizer puts there, so that one is taken away
    "prefix_space": {
        " ": "",
        SPACES: SPACES[1:],
        "<|end|>The <|end|> <|end|>lamp": "<|end|> The <|end|> <|end|> lamp",
    },
    "metaspace_first": {" ": "", SPACES: SPACES[1:], UNDERLINE: "literal    underline"},
    "metaspace_never": {UNDERLINE: " literal    underline"},
    "fallback": {"<s>odd</s>": "<s> odd</s>", UNDERLINE: " literal    underline"},
    "llama3": {COMBINED: "\u00e9" + COMBINED[2:]},  # NFC composes
}


@pytest.mark.parametrize("name", FILES)
def test_text_comes_back_from_files(name):
    """All but what the file itself asks to lose."""
    found = load_tokenizer(GOLDEN / "tokenizers" / f"{name}.json")
    for text in EXPECTED["samples"]:
        assert found.decode(found.encode(text)) == LOSSY.get(name, {}).get(text, text)


@pytest.mark.parametrize("name", FILES)
@given(text=texts)
@settings(max_examples=30, deadline=None)
def test_pieces_stay_within_the_text(name, text):
    found = _loaded(name)
    pieces = found.pieces(text)
    assert [piece.id for piece in pieces] == found.encode(text)
    at = 0
    for piece in pieces:
        assert 0 <= piece.start <= piece.stop <= len(utf8(text))
        assert piece.start >= at
        at = piece.stop


_cache = {}


def _loaded(name):
    if name not in _cache:
        _cache[name] = load_tokenizer(GOLDEN / "tokenizers" / f"{name}.json")
    return _cache[name]


def test_the_space_put_before_the_text_is_no_part_of_it():
    pieces = _loaded("fallback").pieces("a b")
    assert (pieces[0].data, pieces[0].start, pieces[0].stop) == (b"<s>", 0, 0)
    assert b"".join(piece.data for piece in pieces[1:]) == b" a b"
    assert (pieces[1].start, pieces[-1].stop) == (0, 3)


def test_characters_outside_the_vocabulary_become_bytes():
    pieces = _loaded("fallback").pieces("🦜")
    assert [piece.data for piece in pieces[-4:]] == [b"\xf0", b"\x9f", b"\xa6", b"\x9c"]
    assert [piece.text for piece in pieces[-4:]] == [None] * 4


def test_both_ways_of_writing_merges(tmp_path):
    data = json.loads((GOLDEN / "tokenizers" / "byte_level.json").read_text(encoding="utf-8"))
    as_lists = [m if isinstance(m, list) else m.split(" ") for m in data["model"]["merges"]]
    made = []
    for merges in (as_lists, [" ".join(m) for m in as_lists]):
        data["model"]["merges"] = merges
        (tmp_path / "tokenizer.json").write_text(json.dumps(data), encoding="utf-8")
        made.append(load_tokenizer(tmp_path))
    assert made[0].merges == made[1].merges == _loaded("byte_level").merges


def test_missing_bytes(tmp_path):
    """A vocabulary of some bytes alone encodes what it can, and says what it cannot."""
    data = json.loads((GOLDEN / "tokenizers" / "byte_level.json").read_text(encoding="utf-8"))
    data["added_tokens"] = []
    data["model"] |= {"vocab": {"a": 0, "b": 1, "ab": 2, "?": 3}, "merges": ["a b"]}
    (tmp_path / "tokenizer.json").write_text(json.dumps(data), encoding="utf-8")
    found = load_tokenizer(tmp_path)
    assert found.encode("abba") == [2, 1, 0]
    with pytest.raises(TokenizerError, match="no token for the byte 0x63"):
        found.encode("abc")
    data["model"]["unk_token"] = "?"
    (tmp_path / "tokenizer.json").write_text(json.dumps(data), encoding="utf-8")
    assert load_tokenizer(tmp_path).encode("abc") == [2, 3]


# --- real ones -----------------------------------------------------------------------------------------


def test_gpt2(real):
    found = load_tokenizer(real / "gpt2")
    assert found.encode("Hello, my name is") == [15496, 11, 616, 1438, 318]
    assert found.vocab_size == 50257
    assert len(found.merges) == 50000
    assert found.special == {"<|endoftext|>": 50256}
    assert load_tokenizer(real / "gpt2" / "merges.txt").encode("Hello") == [15496]


def test_gpt2_without_a_version_line(real, tmp_path):
    (tmp_path / "vocab.json").write_bytes((real / "gpt2" / "vocab.json").read_bytes())
    version, _, rest = (real / "gpt2" / "merges.txt").read_bytes().partition(b"\n")
    assert version.startswith(b"#version")
    (tmp_path / "merges.txt").write_bytes(rest)
    assert load_tokenizer(tmp_path).encode("Hello, my name is") == [15496, 11, 616, 1438, 318]


def test_gpt2_brings_back_every_file_here(real):
    found = load_tokenizer(real / "gpt2")
    folders = ("app", "bench", "core", "docs", "packaging", "resources", "tests")
    files = [
        f
        for folder in folders
        for f in (ROOT / folder).rglob("*")
        if f.is_file() and "__pycache__" not in f.parts
    ]
    files += [f for f in ROOT.iterdir() if f.is_file()]
    assert len(files) > 100
    for file in files:
        data = file.read_bytes()
        assert found.decode_bytes(found.encode_bytes(data)) == data, file


def test_gpt2_brings_back_any_bytes(real):
    found = load_tokenizer(real / "gpt2")

    @given(st.binary(max_size=200))
    @settings(deadline=None)
    def check(data):
        assert found.decode_bytes(found.encode_bytes(data)) == data

    check()


def test_stories260k(real):
    for path in (real / "stories260K", real / "stories260K" / "tok512.bin"):
        found = load_tokenizer(path)
        assert found.vocab_size == 512
        assert found.encode("Zoo") == [1, 410, 469, 347]
        assert found.encode("ZOO") == [1, 410, 469, 441, 441]
        assert found.encode("") == [1]
    begins = [1, 403, 407, 261, 378, 432, 383, 286, 261, 376, 298, 315, 421, 395, 317, 426]
    assert found.decode(begins) == "Once upon a time, there was a little girl named Lily."
    assert found.encode("Once upon a time, there was a little girl named Lily.") == begins
    assert found.decode(found.encode("One 🦜 said: “é”\n")) == "One 🦜 said: “é”\n"
