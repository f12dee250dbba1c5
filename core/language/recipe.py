"""How the shipped networks are made: ``python -m core.language.recipe [transformer] [recurrent]``.

Both read the same tokens, see the same batches for as many steps and have about as many parameters, learn by
the same optimizer, each at the one of three rates that it did best with in short trials, and are examined by
the same questions. The stages, and how the transformer begins, were found on the transformer alone: the
trials are equal, that search was not. All follows from one seed. The weights go to `resources/weights`,
rounded to float16, and with them what was measured on the way and in the end: from which the table of the
three models is printed.
"""

from __future__ import annotations

import argparse
import math
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec
import numpy as np

from core.language import tokenizer_writing
from core.language.checkpoint import load_model, save
from core.language.corpus import END, load_text
from core.language.examined import Examinee
from core.language.initial import looking_back, spread
from core.language.lessons import Lessons, Stage
from core.language.model import Network
from core.language.paused import pause, resumed
from core.language.recurrent import Recurrent, RecurrentConfig
from core.language.results import Point, Result, Trial, answered, examine, read, table, write
from core.language.shipped_models import ORDER, ROOT, counted, start_of
from core.language.tokenizer import BytePairTokenizer, Tokenizer
from core.language.training import TrainConfig, TrainFrame, TrainInputs, train
from core.language.transformer import Transformer
from core.language.transformer_config import llama

__all__ = ["STAGES", "Result", "config_of", "examine", "made", "main", "tried"]

VOCABULARY = 2048
CONTEXT = 256
SEED = 1

STAGES = (
    Stage(500, 64, repeat=32),
    Stage(250, 64, repeat=14, reverse=18),
    Stage(650, 96, repeat=3, reverse=3, tables=12, backward=12),
    Stage(800, 160, repeat=1, reverse=2, tables=5, backward=5, brief=11, difficulty=(0.0, 0.4), recall=25.0),
    Stage(2800, 192, reverse=1, tables=2, backward=3, brief=14, difficulty=(0.4, 1.0), recall=25.0),
    Stage(3000, 256, tables=1, backward=1, brief=4, full=10),
)

RATES = (1.5e-3, 3e-3, 6e-3)
"""The learning rates that each network tries; it goes on, from the beginning, with the one that did best."""
TRIAL = Stage(200, 128, brief=16, difficulty=(0.3, 0.3), recall=1.0)
"""What they are tried on: the shortest stories, every token counting as one."""
LAST = 50
"""Steps at a trial's end whose mean loss is compared."""
HELD_OUT = 20_000
"""Characters of the validation text that the way is measured on."""
ASKED = 120
"""Questions of the validation split that are asked on the way; 100 of them have an answer."""


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
    begin = looking_back(spread(transformer, SEED), transformer, SEED)
    return {
        "transformer": lambda: Transformer(transformer, begin),
        "recurrent": lambda: Recurrent(recurrent, seed=SEED),
    }


def config_of(stages: Sequence[Stage], learning_rate: float) -> TrainConfig:
    """The run's settings, but for the rate the same for both networks."""
    return TrainConfig(
        steps=sum(stage.steps for stage in stages), length=max(stage.length for stage in stages),
        optimizer="muon", momentum=0.95, learning_rate=learning_rate,
        schedule="warm_up_cosine", warm_up_steps=50, final_share=0.02, seed=SEED,
        evaluate_every=400, sample_every=400, checkpoint_every=400,
    )  # fmt: skip


def tried(network: Network, tokenizer: Tokenizer) -> list[Trial]:
    """What the network comes to in a short run with each of the rates."""
    inputs = TrainInputs(network, Lessons(tokenizer, (TRIAL,)))
    found = []
    for rate in RATES:
        losses = [frame.loss for frame in train(config_of((TRIAL,), rate), inputs)][1:][-LAST:]
        found.append(Trial(rate, round(sum(losses) / len(losses), 4)))
    return found


def made(
    network: Network,
    tokenizer: Tokenizer,
    stages: Sequence[Stage],
    config: TrainConfig,
    report: Callable[[str], None] = print,
    aside: Path | None = None,
) -> tuple[Network, list[Point]]:
    """The network trained, and the way it took.

    Where it is scored the run is put into the file `aside`, and if that is there, taken up from it.
    """
    text = load_text("validation")[:HELD_OUT]
    held_out = np.array(tokenizer.encode(END + text))
    begin = start_of(tokenizer)
    inputs = TrainInputs(
        network, Lessons(tokenizer, tuple(stages)), held_out, len((END + text).encode()) - 1,
        tuple(begin), tokenizer.decode,
    )  # fmt: skip
    way: list[Point] = []
    start: TrainFrame | None = None
    if aside is not None and aside.exists():
        start, about = resumed(aside, config)
        way = msgspec.json.decode(about, type=list[Point])
        report(f"taken up behind step {start.step}")
    began, loss = time.perf_counter() - (way[-1].seconds if way else 0.0), math.nan
    parameters = network.parameters if start is None else start.checkpoint.parameters  # type: ignore[union-attr]
    for frame in train(config, inputs, start):
        if frame.diverged:
            raise FloatingPointError(f"the run diverged at step {frame.step}")
        loss = frame.loss if math.isnan(loss) else 0.98 * loss + 0.02 * frame.loss
        if frame.checkpoint is None:
            continue
        parameters = frame.checkpoint.parameters
        reader = Examinee(network.with_parameters(parameters), tokenizer, begin)
        asked = answered(reader, "validation", ASKED)
        qa = round(sum(mark for mark, _ in asked) / len(asked), 4)
        spent = round(time.perf_counter() - began, 1)
        way.append(Point(frame.step, frame.tokens, spent, round(frame.held_out, 4), qa))
        report(
            f"{frame.step:6} of {config.steps}  {spent:6.0f} s  loss {loss:.3f}  "
            f"held out {frame.held_out:.3f} bits a byte  StoryQA {qa:.2f}  {frame.sample!r}"
        )
        if aside is not None:
            pause(aside, frame, way)
    return network.with_parameters(parameters), way


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        prog="python -m core.language.recipe", description="Make the shipped networks."
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="transformer, recurrent; both by default")
    parser.add_argument("--to", type=Path, default=ROOT, help="where the weights go")
    parser.add_argument("--examine", action="store_true", help="only examine the weights that are there")
    given = parser.parse_args(arguments)
    given.to.mkdir(parents=True, exist_ok=True)
    tokenizer, results = tokens_of(), read(given.to)
    for name in given.names or list(networks()):
        folder = given.to / name
        if given.examine:
            trials, way = results[name].trials, results[name].way
        else:
            network = networks()[name]()
            trials = tried(network, tokenizer)
            rate = min(trials, key=lambda trial: trial.loss).learning_rate
            _print(f"{name}: {network.size:,} parameters, learning rate {rate:g} of {trials}")
            aside = given.to / f"{name}.run.npz"
            network, way = made(network, tokenizer, STAGES, config_of(STAGES, rate), _print, aside)
            save(folder, network)
            (folder / "tokenizer.json").write_bytes(tokenizer_writing.write(tokenizer))
            aside.unlink()
        model, last = load_model(folder), way[-1]  # as it is shipped
        results[name] = examine(
            model, tokenizer, parameters=model.size, tokens=last.tokens, seconds=last.seconds,
            trials=trials, way=way,
        )  # fmt: skip
        write(results, given.to)
    results["ngram"] = ngram(given.to)
    write(results, given.to)
    _print(table(results))


def ngram(root: Path) -> Result:
    """The n-gram model's result: it is made by counting the shipped text once."""
    began = time.perf_counter()
    model, tokenizer = counted(ORDER, "modified_kneser_ney", root=root)
    spent = round(time.perf_counter() - began, 1)
    parameters = sum(len(level.keys) for level in model.counts.levels)
    return examine(model, tokenizer, parameters=parameters, tokens=model.counts.total, seconds=spent)


def _print(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
