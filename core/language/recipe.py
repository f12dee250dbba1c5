"""How the shipped networks are made: ``python -m core.language.recipe [transformer] [recurrent]``.

Both read the same tokens, see the same batches for as many steps and have about as many parameters, learn by
the same optimizer at the same rates, and are examined by the same questions. All follows from one seed. The
weights go to `resources/weights`, rounded to float16, and with them what was measured on the way and in the
end: the record, from which the table of the three models is printed.
"""

from __future__ import annotations

import argparse
import math
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from core.evaluation.calibration import wilson_interval
from core.evaluation.perplexity import bits_per_byte, perplexity
from core.language.checkpoint import load, save
from core.language.corpus import END, Question, Story, load_text, questions, recall_items, record, stories
from core.language.examined import Examinee
from core.language.lessons import Lessons, Stage
from core.language.model import Array, LanguageModel, Network
from core.language.recurrent import Recurrent, RecurrentConfig
from core.language.shipped_models import ROOT, counted, start_of
from core.language.tokenizer import BytePairTokenizer, Tokenizer
from core.language.tokenizer_writing import write
from core.language.training import TrainConfig, TrainInputs, train
from core.language.transformer import Transformer
from core.language.transformer_config import llama, shapes

__all__ = ["STAGES", "Result", "config_of", "examine", "main", "made"]

VOCABULARY = 2048
CONTEXT = 512
SEED = 1

STAGES = (
    Stage(1500, 64, repeat=18, reverse=14),
    Stage(400, 96, repeat=4, reverse=4, tables=22),
    Stage(3500, 192, reverse=1, tables=4, brief=15, difficulty=(0.2, 1.0), recall=25.0),
    Stage(3500, 256, tables=1, brief=4, full=10),
)

LEARNING_RATE = 3e-3
HELD_OUT = 20_000
"""Characters of the validation text that the way is measured on."""
QUESTIONS, FEW, QUESTIONS_SEED = 480, 120, 1
RECALLS = 300
"""Stories of a split in which recalled tokens are looked for."""


class Share(msgspec.Struct, frozen=True):
    """How many of a set of questions were answered right, and the 95% Wilson interval of the share."""

    right: int
    of: int
    low: float
    high: float

    @property
    def share(self) -> float:
        return self.right / self.of


class Point(msgspec.Struct, frozen=True):
    """Of the way: steps, tokens and seconds of training so far; then, on the validation split, bits per byte
    and the share of StoryQA."""

    step: int
    tokens: int
    seconds: float
    bits_per_byte: float
    story_qa: float


class Result(msgspec.Struct, frozen=True):
    """What a model came to on the test split: as it is shipped, rounded to float16."""

    parameters: int
    tokens: int
    seconds: float
    bits_per_byte: float
    perplexity: float
    recall: Share
    story_qa: Share
    by_hops: dict[str, Share]
    way: list[Point] = []


def tokens_of() -> BytePairTokenizer:
    """The tokens that the shipped models share, learned from the whole training text."""
    return BytePairTokenizer.train(load_text("train"), VOCABULARY)


def networks() -> dict[str, Callable[[], Network]]:
    """Both networks untrained, about as large as one another."""
    transformer = llama(
        vocab_size=VOCABULARY, context=CONTEXT, layers=4, width=128, heads=4, mlp_width=336, tied=True
    )
    recurrent = RecurrentConfig(
        vocab_size=VOCABULARY, context=CONTEXT, cell="gru", layers=2, width=208, attention_width=64
    )
    return {
        "transformer": lambda: Transformer(transformer, spread(shapes(transformer), transformer.layers)),
        "recurrent": lambda: Recurrent(recurrent, seed=SEED),
    }


def spread(shapes: dict[str, tuple[int, ...]], layers: int) -> dict[str, Array]:
    """Normal, with 1 / sqrt(inputs) for deviation; less where a block writes to the stream; gains of one."""
    rng = np.random.default_rng(SEED)
    found: dict[str, Array] = {}
    for name, shape in shapes.items():
        if len(shape) == 1:
            found[name] = np.ones(shape, np.float32)
            continue
        deviation = 1 / math.sqrt(shape[1] if name == "embedding.weight" else shape[0])
        if name.endswith(("attention.output.weight", "mlp.down.weight")):
            deviation /= math.sqrt(2 * layers)
        found[name] = (rng.standard_normal(shape) * deviation).astype(np.float32)
    return found


def config_of(stages: Sequence[Stage], **changed: Any) -> TrainConfig:
    """The run's settings, the same for both networks."""
    steps = sum(stage.steps for stage in stages)
    return TrainConfig(**({
        "steps": steps, "length": max(stage.length for stage in stages),
        "optimizer": "muon", "momentum": 0.95, "learning_rate": LEARNING_RATE,
        "schedule": "warm_up_cosine", "warm_up_steps": 50, "final_share": 0.02, "seed": SEED,
        "evaluate_every": 500, "sample_every": 500, "checkpoint_every": 500,
    } | changed))  # fmt: skip


def made(
    network: Network, tokenizer: Tokenizer, stages: Sequence[Stage], config: TrainConfig,
    report: Callable[[str], None] = print, keep: Callable[[Network], None] | None = None,
) -> tuple[Network, list[Point]]:
    """The network trained, and the way it took. `keep` is given it wherever it was scored."""
    text = load_text("validation")[:HELD_OUT]
    held_out = np.array(tokenizer.encode(END + text))
    begin = start_of(tokenizer)
    inputs = TrainInputs(
        network, Lessons(tokenizer, tuple(stages)), held_out, len((END + text).encode()) - 1,
        tuple(begin), tokenizer.decode,
    )  # fmt: skip
    way: list[Point] = []
    began, loss = time.perf_counter(), math.nan
    for frame in train(config, inputs):
        if frame.diverged:
            raise FloatingPointError(f"the run diverged at step {frame.step}")
        loss = frame.loss if math.isnan(loss) else 0.98 * loss + 0.02 * frame.loss
        if frame.checkpoint is None:
            continue
        now = network.with_parameters(frame.checkpoint.parameters)
        asked = answered(Examinee(now, tokenizer, begin), "validation", FEW)
        spent = round(time.perf_counter() - began, 1)
        qa = round(sum(mark for mark, _ in asked) / len(asked), 4)
        way.append(Point(frame.step, frame.tokens, spent, round(frame.held_out, 4), qa))
        report(
            f"{frame.step:6} of {config.steps}  {spent:6.0f} s  loss {loss:.3f}  "
            f"held out {frame.held_out:.3f} bits a byte  StoryQA {qa:.2f}  {frame.sample!r}"
        )
        if keep is not None:
            keep(now)
    return now, way


def examine(model: LanguageModel, tokenizer: Tokenizer, split: str = "test", **known: Any) -> Result:
    """A model on the text and the questions of a split; `known` are the fields that only its maker knows."""
    begin = start_of(tokenizer)
    nll = count = size = 0.0
    for story in load_text(split).split(END):
        if story:
            ids = tokenizer.encode(story + END)
            nll += model.nll(ids, begin)
            count, size = count + len(ids), size + len((story + END).encode())
    reader = Examinee(model, tokenizer, begin)
    recalled = [
        int(np.argmax(reader.log_likelihoods(item.prefix, item.completions))) == item.answer
        for item in recall_items(_told(split))
    ]
    asked = answered(reader, split, QUESTIONS)
    by_hops = {
        name: share(mark for mark, question in asked if question.hops == hops)
        for hops, name in ((1, "one hop"), (2, "two hops"))
    }
    return Result(
        bits_per_byte=round(bits_per_byte(nll, int(size)), 4), perplexity=round(perplexity(nll, int(count)), 4),
        recall=share(recalled), story_qa=share(mark for mark, _ in asked), by_hops=by_hops, **known,
    )  # fmt: skip


def answered(reader: Examinee, split: str, n: int) -> list[tuple[bool, Question]]:
    """StoryQA by the likelihood of whole answers: whether right, and the question, for all that have one."""
    return [
        (int(np.argmax(reader.log_likelihoods(q.prompt, q.completions))) == q.answer, q)
        for q in questions(QUESTIONS_SEED, n, split)
        if q.answer is not None
    ]


def _told(split: str) -> Iterable[Story]:
    return stories(QUESTIONS_SEED, RECALLS, split)


def share(marks: Iterable[bool]) -> Share:
    """Right answers with the interval of their share."""
    listed = list(marks)
    low, high = wilson_interval(sum(listed), len(listed))
    return Share(sum(listed), len(listed), round(low, 4), round(high, 4))


def table(results: dict[str, Result]) -> str:
    """The models side by side, in lines of text."""
    head = f"{'':12} {'parameters':>10} {'tokens':>12} {'seconds':>8} {'bits/byte':>9} {'perplexity':>10}  "
    lines = [head + f"{'recall':21} {'StoryQA':21}"]
    for name, r in results.items():
        shares = " ".join(f"{s.share:5.1%} [{s.low:5.1%}, {s.high:5.1%}]" for s in (r.recall, r.story_qa))
        lines.append(
            f"{name:12} {r.parameters:10,} {r.tokens:12,} {r.seconds:8,.0f} {r.bits_per_byte:9.4f} "
            f"{r.perplexity:10.3f}  {shares}"
        )
    lines.append(f"{'floor':12} {'':10} {'':12} {'':8} {record().splits['test'].bits_per_byte:9.4f}")
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m core.language.recipe", description="Make the shipped networks.")
    parser.add_argument("names", nargs="*", metavar="NAME", help="transformer, recurrent; both by default")
    parser.add_argument("--to", type=Path, default=ROOT, help="where the weights go")
    parser.add_argument("--examine", action="store_true", help="only examine the weights that are there")
    given = parser.parse_args(arguments)
    tokenizer = tokens_of()
    file = given.to / "record.json"
    results: dict[str, Result] = (
        msgspec.json.decode(file.read_bytes(), type=dict[str, Result]) if file.exists() else {}
    )
    for name in given.names or list(networks()):
        folder, known = given.to / name, results.get(name)
        if not given.examine:
            config = config_of(STAGES)
            network = networks()[name]()
            print(f"{name}: {network.size:,} parameters", flush=True)

            def keep(network: Network, folder: Path = folder) -> None:
                save(folder, network)
                (folder / "tokenizer.json").write_bytes(write(tokenizer))

            trained, way = made(network, tokenizer, STAGES, config, _print, keep)
            keep(trained)
        else:
            way = known.way if known else []
        model, _ = load(folder)  # as it is shipped
        last = way[-1] if way else Point(0, 0, 0.0, 0.0, 0.0)
        results[name] = examine(
            model, tokenizer, parameters=model.size, tokens=last.tokens, seconds=last.seconds, way=way
        )
        file.write_bytes(msgspec.json.format(msgspec.json.encode(results), indent=1) + b"\n")
    print(table(results), flush=True)


def _print(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
