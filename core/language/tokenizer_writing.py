"""Writing a trained tokenizer as Hugging Face's `tokenizer.json`, which `tokenizer_json` reads back."""

from __future__ import annotations

import msgspec

from core.language.pretokenize import GPT2_PATTERN, to_symbols
from core.language.tokenizer import BytePairTokenizer

__all__ = ["write"]


def write(tokenizer: BytePairTokenizer) -> bytes:
    """A `tokenizer.json` of byte-level BPE with GPT-2's pretokens. ValueError for any other tokenizer."""
    pretokenizer = tokenizer.pretokenizer
    if (
        pretokenizer.pattern != GPT2_PATTERN
        or pretokenizer.normalizers
        or tokenizer.prefix
        or tokenizer.suffix
    ):
        raise ValueError("only byte-level BPE with GPT-2's pretokens is written")
    added = {token.id: token for token in tokenizer.added.tokens}
    names = [
        None if data is None else added[i].content if i in added else to_symbols(data)
        for i, data in enumerate(tokenizer.tokens)
    ]
    merges = [[to_symbols(left), to_symbols(right)] for left, right in tokenizer.merges]
    byte_level = {
        "type": "ByteLevel",
        "add_prefix_space": pretokenizer.prepends,
        "trim_offsets": True,
        "use_regex": True,
    }
    return msgspec.json.format(
        msgspec.json.encode(
            {
                "version": "1.0",
                "truncation": None,
                "padding": None,
                "added_tokens": [
                    {
                        "id": token.id,
                        "content": token.content,
                        "single_word": token.single_word,
                        "lstrip": token.left_strip,
                        "rstrip": token.right_strip,
                        "normalized": False,
                        "special": token.special,
                    }
                    for token in tokenizer.added.tokens
                ],
                "normalizer": None,
                "pre_tokenizer": byte_level,
                "post_processor": None,
                "decoder": byte_level,
                "model": {
                    "type": "BPE",
                    "dropout": None,
                    "unk_token": None,
                    "continuing_subword_prefix": None,
                    "end_of_word_suffix": None,
                    "fuse_unk": False,
                    "byte_fallback": False,
                    "ignore_merges": bool(tokenizer.whole_words),
                    "vocab": {name: i for i, name in enumerate(names) if name is not None},
                    "merges": merges,
                },
            }
        ),
        indent=1,
    )
