"""Write text.txt, tokenizers/*.json and tokenizers.json: what Hugging Face makes of the same texts.

    python -m venv /tmp/oracle && /tmp/oracle/bin/pip install tokenizers==0.23.3
    /tmp/oracle/bin/python tests/core/language/golden/make_tokenizers.py

tokenizers.json holds the merges that its trainer learns from text.txt, and for each file in tokenizers/ the
ids of every sample text. One of the files asks to cut texts to 8 tokens: its ids were made without that.
"""

import json
import random
from pathlib import Path

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
from tokenizers.trainers import BpeTrainer

HERE = Path(__file__).parent
LLAMA3 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
SAMPLES = [
    "",
    "a",
    " ",
    "Hello, world! It's the robot's 42nd lantern; they'll see 1234567.",
    "The old gardener gave the copper key to Mira.",
    "  two  spaces,\ttabs\n\n\nand lines  \n",
    "naïve café — “quotes” … Ω≈ç√∫",
    "日本語のテキスト и русский текст",
    "emoji 🦜🏳️‍🌈👩‍👩‍👧‍👦 end",
    "e\u0301 combined, \u00e9 composed, \ufb01 ligature",
    "<|end|>The <|end|> <|end|>lamp",
    "<s>odd</s>",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa bbbbbbbb",
    "x\u0000y\u0007z \u200b\u00a0 nbsp",
    "snake_case camelCase (brackets) [x]{y} a+b=c // # $ % ^ & *",
    "▁literal ▁▁ underline",
]


def make_text() -> str:
    """Sentences from a small grammar with invented words, so that merges of many lengths pay."""
    rng = random.Random(7)
    vowels, consonants = (
        ["a", "e", "i", "o", "u", "ou", "ea"],
        [*"bcdfghklmnprstvwz", "st", "th", "ch", "gr"],
    )
    stems = [
        rng.choice(consonants) + rng.choice(vowels) + rng.choice(["", "n", "r", "ng"]) for _ in range(90)
    ]
    words = ["".join(rng.choice(stems) for _ in range(rng.randint(1, 4))) for _ in range(2500)]
    words += [
        "the",
        "a",
        "of",
        "and",
        "was",
        "it's",
        "they'll",
        "2024",
        "17",
        "naïve",
        "café",
        "日本",
        "мир",
        "🦜",
    ]
    weights = [1 / (i + 3) for i in range(len(words))]
    rng.shuffle(words)
    lines = []
    for _ in range(900):
        sentence = " ".join(rng.choices(words, weights, k=rng.randint(3, 14)))
        lines.append(sentence.capitalize() + rng.choice([".", ".", "!", "?", ";  ", ",\n\t"]))
    return "\n".join(lines) + "\n"


def byte_level(
    text: str, *, prefix_space: bool = False, special: list[str] | None = None, vocab: int = 700
) -> Tokenizer:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=prefix_space)
    tokenizer.decoder = decoders.ByteLevel()
    train(tokenizer, text, vocab, special or [])
    return tokenizer


def train(tokenizer: Tokenizer, text: str, vocab: int, special: list[str]) -> None:
    trainer = BpeTrainer(
        vocab_size=vocab,
        special_tokens=special,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator([text], trainer)


def llama3(text: str) -> Tokenizer:
    tokenizer = Tokenizer(models.BPE(ignore_merges=True))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(LLAMA3), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.decoder = decoders.ByteLevel()
    train(tokenizer, text, 700, [])
    tokenizer.add_special_tokens(["<|begin|>", "<|end|>"])
    tokenizer.post_processor = processors.Sequence(
        [
            processors.ByteLevel(trim_offsets=False),
            processors.TemplateProcessing(
                single="<|begin|> $A <|end|>",
                special_tokens=[
                    ("<|begin|>", tokenizer.token_to_id("<|begin|>")),
                    ("<|end|>", tokenizer.token_to_id("<|end|>")),
                ],
            ),
        ]
    )
    return tokenizer


def fallback(text: str, *, metaspace: str = "") -> Tokenizer:
    """Llama 2's kind: characters, and the bytes of those that the vocabulary lacks."""
    ascii_only = "".join(c for c in text if c.isascii())
    plain = Tokenizer(models.BPE())
    plain.pre_tokenizer = pre_tokenizers.Metaspace()
    plain.train_from_iterator([ascii_only], BpeTrainer(vocab_size=420, show_progress=False))
    learned = json.loads(plain.to_str())["model"]
    names = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256))]
    names += sorted(learned["vocab"], key=learned["vocab"].get)
    vocab = {name: i for i, name in enumerate(names)}
    merges = [tuple(m) for m in learned["merges"]]
    tokenizer = Tokenizer(
        models.BPE(vocab=vocab, merges=merges, unk_token="<unk>", fuse_unk=True, byte_fallback=True)
    )
    if metaspace:
        tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme=metaspace, split=False)
    else:
        tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    tokenizer.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    )
    tokenizer.add_special_tokens([AddedToken(name, normalized=False) for name in ("<unk>", "<s>", "</s>")])
    tokenizer.post_processor = processors.TemplateProcessing(single="<s> $A", special_tokens=[("<s>", 1)])
    return tokenizer


def main() -> None:
    text = make_text()
    (HERE / "text.txt").write_text(text, encoding="utf-8", newline="")
    learned = json.loads(byte_level(text, vocab=256 + 1500).to_str())["model"]["merges"]
    added = byte_level(text, prefix_space=True, special=["<|end|>"])
    added.add_tokens(
        [AddedToken(" lamp", normalized=False), AddedToken("gard", single_word=True, normalized=False)]
    )
    digits = Tokenizer(models.BPE())
    digits.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    digits.decoder = decoders.ByteLevel()
    train(digits, text, 600, [])
    made = {
        "byte_level": byte_level(text, special=["<|end|>"]),
        "prefix_space": added,
        "digits": digits,
        "llama3": llama3(text),
        "fallback": fallback(text),
        "metaspace_first": fallback(text, metaspace="first"),
        "metaspace_never": fallback(text, metaspace="never"),
    }
    golden = {"samples": SAMPLES, "merges": [" ".join(m) for m in learned], "ids": {}}
    (HERE / "tokenizers").mkdir(exist_ok=True)
    for name, tokenizer in made.items():
        ids = [tokenizer.encode(sample).ids for sample in SAMPLES]
        golden["ids"][name] = ids
        if name == "byte_level":
            tokenizer.enable_truncation(8)
            tokenizer.enable_padding(length=4)
        tokenizer.save(str(HERE / "tokenizers" / f"{name}.json"), pretty=False)
        print(f"{name:16s} {tokenizer.get_vocab_size()} tokens")
    text_out = json.dumps(golden, ensure_ascii=True, separators=(",", ":"))
    (HERE / "tokenizers.json").write_text(text_out + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
