"""Write sampling.npz: next-token probabilities after transformers' logits processors, to which ours are held.

    python -m venv /tmp/oracle && /tmp/oracle/bin/pip install torch==2.13.0 transformers==5.23.0 numpy
    /tmp/oracle/bin/python tests/core/language/golden/make_sampling.py

`logits` (cases, V) float64 are random, some peaked, some with -inf; `settings` (cases, 5) are temperature,
top-k, top-p, min-p and repetition penalty; `contexts` (cases, 12) are ids; `probabilities` (cases, V).
"""

from pathlib import Path

import numpy as np
import torch
from transformers import (
    LogitsProcessorList,
    MinPLogitsWarper,
    RepetitionPenaltyLogitsProcessor,
    TemperatureLogitsWarper,
    TopKLogitsWarper,
    TopPLogitsWarper,
)

VOCABULARY = 150
CASES = 120


def processors(temperature: float, k: int, top_p: float, min_p: float, penalty: float) -> LogitsProcessorList:
    """In the order in which transformers applies them."""
    found = LogitsProcessorList()
    if penalty != 1:
        found.append(RepetitionPenaltyLogitsProcessor(penalty))
    if temperature != 1:
        found.append(TemperatureLogitsWarper(temperature))
    if k:
        found.append(TopKLogitsWarper(k))
    if top_p < 1:
        found.append(TopPLogitsWarper(top_p))
    if min_p:
        found.append(MinPLogitsWarper(min_p))
    return found


def main() -> None:
    rng = np.random.default_rng(11)
    logits = rng.normal(0, 1, (CASES, VOCABULARY)) * rng.choice([0.3, 2, 6], (CASES, 1))
    logits[::7, ::5] = -np.inf
    settings = np.column_stack(
        [
            rng.choice([0.2, 0.7, 1.0, 1.5, 4.0], CASES),
            rng.choice([0, 0, 1, 5, 40, 149], CASES),
            rng.choice([1.0, 1.0, 0.05, 0.5, 0.9, 0.999], CASES),
            rng.choice([0.0, 0.0, 0.01, 0.1, 0.9, 1.0], CASES),
            rng.choice([1.0, 1.0, 1.2, 2.0], CASES),
        ]
    )
    contexts = rng.integers(0, VOCABULARY, (CASES, 12))
    probabilities = np.empty_like(logits)
    for i, (temperature, k, top_p, min_p, penalty) in enumerate(settings):
        process = processors(float(temperature), int(k), float(top_p), float(min_p), float(penalty))
        scores = process(torch.tensor(contexts[i : i + 1]), torch.tensor(logits[i : i + 1]))
        probabilities[i] = torch.softmax(scores, -1)[0].numpy()
    np.savez_compressed(
        Path(__file__).with_name("sampling.npz"),
        logits=logits,
        settings=settings,
        contexts=contexts,
        probabilities=probabilities,
    )
    print(
        f"{CASES} cases, {(probabilities > 0).sum(1).min()} to {(probabilities > 0).sum(1).max()} tokens kept"
    )


if __name__ == "__main__":
    main()
