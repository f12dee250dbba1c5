"""GPT-2 and a small transformer in training, beside the same written with PyTorch.

PyTorch is no dependency: where it cannot be imported these rows are skipped. Both compute from the same
weights, and must agree before they are timed.
"""

from __future__ import annotations

import gc
import math
import subprocess
import sys
import tempfile
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from bench.harness import MissingError, Pair, benchmark
from core.language.checkpoint import save
from core.language.training import TrainConfig, TrainInputs, train
from core.language.transformer import Transformer, gpt2

PROMPT, TOKENS = 64, 5


def torch_module() -> ModuleType:
    try:
        import torch
    except ImportError:
        raise MissingError("PyTorch is not installed") from None
    return torch


@lru_cache(maxsize=1)
def gpt2_124m() -> Transformer:
    """GPT-2's size, random weights; large enough that logits differ."""
    return Transformer(gpt2(), seed=0)


class TorchGPT2:
    """GPT-2 with PyTorch's own operations: fused projections, its attention, a cache that is grown."""

    def __init__(self, model: Transformer, trainable: bool = False) -> None:
        self.torch = torch_module()
        self.config = model.config
        self.weights = {}
        for name, array in model.parameters.items():
            array = array.T if array.ndim == 2 and "blocks" in name else array  # PyTorch's (out, in)
            self.weights[name] = self.torch.tensor(np.ascontiguousarray(array))
        for i in range(model.config.layers):
            for kind in ("weight", "bias"):
                parts = [
                    self.weights.pop(f"blocks.{i}.attention.{n}.{kind}") for n in ("query", "key", "value")
                ]
                self.weights[f"blocks.{i}.attention.qkv.{kind}"] = self.torch.cat(parts)
        for tensor in self.weights.values():
            tensor.requires_grad_(trainable)

    def logits(self, ids: Any, cache: list[Any] | None = None, last: bool = False) -> Any:
        """ids (B, T) -> (B, T, vocabulary), or the last row alone."""
        functional, c, w = self.torch.nn.functional, self.config, self.weights

        def norm(name: str, x: Any) -> Any:
            return functional.layer_norm(x, (c.width,), w[name + ".weight"], w[name + ".bias"], c.norm_eps)

        def linear(name: str, x: Any) -> Any:
            return functional.linear(x, w[name + ".weight"], w[name + ".bias"])

        B, T = ids.shape
        past = 0 if cache is None or cache[0] is None else cache[0][0].shape[2]
        x = w["embedding.weight"][ids] + w["position.weight"][past : past + T]
        for i in range(c.layers):
            block = f"blocks.{i}."
            qkv = linear(block + "attention.qkv", norm(block + "attention.norm", x)).split(c.width, -1)
            q, k, v = (part.view(B, T, c.heads, c.per_head).transpose(1, 2) for part in qkv)
            if cache is not None:
                if cache[i] is not None:
                    k, v = (self.torch.cat([old, new], 2) for old, new in zip(cache[i], (k, v), strict=True))
                cache[i] = k, v
            mixed = functional.scaled_dot_product_attention(q, k, v, is_causal=T > 1)
            x = x + linear(block + "attention.output", mixed.transpose(1, 2).reshape(B, T, c.width))
            up = functional.gelu(linear(block + "mlp.up", norm(block + "mlp.norm", x)), approximate="tanh")
            x = x + linear(block + "mlp.down", up)
        x = norm("norm", x[:, -1:] if last else x)
        return functional.linear(x, w["embedding.weight"])


def agree(ours: Any, theirs: Any) -> None:
    np.testing.assert_allclose(ours, theirs.detach().numpy().reshape(np.shape(ours)), atol=1e-3)


@benchmark("GPT-2 124M: one token with the cache, against PyTorch", bound=1.0)
def one_token() -> Pair:
    torch, model = torch_module(), gpt2_124m()
    reference = TorchGPT2(model)
    ids = np.random.default_rng(0).integers(0, model.vocab_size, PROMPT).tolist()
    state, cache = model.start(ids), [None] * model.config.layers
    with torch.no_grad():
        agree(state.logits, reference.logits(torch.tensor(ids)[None], cache, last=True))
        agree(state.push(7), reference.logits(torch.tensor([[7]]), cache))

    def ours() -> None:
        for _ in range(TOKENS):
            state.push(7)

    def theirs() -> None:
        with torch.no_grad():
            for _ in range(TOKENS):
                reference.logits(torch.tensor([[7]]), cache)

    return ours, theirs


@benchmark("GPT-2 124M: a prompt of 64 tokens, against PyTorch", bound=1.1)
def prompt() -> Pair:
    torch, model = torch_module(), gpt2_124m()
    reference = TorchGPT2(model)
    ids = np.random.default_rng(0).integers(0, model.vocab_size, PROMPT).tolist()

    def theirs() -> None:
        with torch.no_grad():
            reference.logits(torch.tensor(ids)[None], [None] * model.config.layers, last=True)

    return lambda: model.start(ids), theirs


MEASURED = """
import sys
import numpy as np
from core.language.checkpoint import load_model
def peak():
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) / 1024 for line in file if line.startswith("VmHWM"))
before = peak()
model = load_model(sys.argv[1])
state = model.start(np.arange(64))
for _ in range(64):
    state.push(7)
print(peak() - before)
"""


@benchmark("GPT-2 124M: memory, against its weights", bound=1.2, unit="MiB", rounds=1)
def memory() -> Pair:
    """Of a process that reads the weights from a file, a prompt of 64 tokens, and 64 tokens more."""
    if not sys.platform.startswith("linux"):
        raise MissingError("needs /proc")
    folder = tempfile.TemporaryDirectory(prefix="training-lab-bench-")
    model = gpt2_124m()
    save(folder.name, model, np.float32)

    def ours() -> float:
        done = subprocess.run(
            [sys.executable, "-c", MEASURED, folder.name], cwd=Path(__file__).resolve().parent.parent,
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        return float(done.stdout)

    return ours, model.size * 4 / 2**20


@benchmark("training step, 4 layers x 128, 16 x 128 tokens, against PyTorch", bound=1.5)
def training_step() -> Pair:
    """Forward, backward, clipping and Adam: ours as `train` does it, theirs as its documentation does."""
    torch = torch_module()
    gpt2_124m.cache_clear()
    gc.collect()
    model = Transformer(gpt2(vocab_size=256, context=128, layers=4, width=128, heads=4), seed=0)
    ids = np.random.default_rng(0).integers(0, 256, (16, 129))
    config = TrainConfig(
        steps=10**6, batch=16, length=128, schedule="constant", sample_every=0, evaluate_every=10**6,
        checkpoint_every=10**6,
    )  # fmt: skip
    run = train(config, TrainInputs(model=model, batches=lambda *_: ids))
    next(run)
    reference = TorchGPT2(model, trainable=True)
    adam = torch.optim.Adam(reference.weights.values(), config.learning_rate, (config.beta1, config.beta2))
    batch = torch.tensor(ids)

    def theirs() -> float:
        adam.zero_grad()
        logits = reference.logits(batch[:, :-1])
        loss = torch.nn.functional.cross_entropy(logits.reshape(-1, 256), batch[:, 1:].reshape(-1))
        loss.backward()
        torch.nn.utils.clip_grad_norm_(reference.weights.values(), config.clip)
        adam.step()
        return loss.item()

    for _ in range(3):
        assert math.isclose(next(run).loss, theirs(), abs_tol=1e-4)
    return lambda: str(next(run).step), lambda: str(theirs())
