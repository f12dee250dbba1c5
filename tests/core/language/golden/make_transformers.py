"""Makes the tiny random checkpoints in this folder and what PyTorch computes with them.

    pip install torch==2.13.0 transformers==5.23.0
    python tests/core/language/golden/make_transformers.py

Each folder is what `save_pretrained` writes, and `expected.npz`: ids (4, 24), logits (4, 24, vocabulary), and
for the two that are trained the mean loss of predicting each next token, its gradients by Hugging Face's
names, and the losses before each of ten steps of Adam on that batch (learning rate 0.01).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from transformers import GPT2Config, GPT2LMHeadModel, LlamaConfig, LlamaForCausalLM

HERE = Path(__file__).resolve().parent
STEPS, RATE = 10, 0.01

GPT2 = {"vocab_size": 48, "n_positions": 32, "n_embd": 24, "n_layer": 2, "n_head": 3}
LLAMA = {
    "vocab_size": 48, "hidden_size": 24, "intermediate_size": 40, "num_hidden_layers": 2,
    "num_attention_heads": 6, "num_key_value_heads": 2, "max_position_embeddings": 32,
}  # fmt: skip
MODELS = {
    "gpt2": (GPT2LMHeadModel, GPT2Config(**GPT2), True),
    "gpt2_flags": (
        GPT2LMHeadModel,
        GPT2Config(
            **GPT2 | {"n_layer": 1}, activation_function="gelu", n_inner=20, tie_word_embeddings=False,
            scale_attn_weights=False, layer_norm_epsilon=1e-3,
        ),
        False,
    ),
    "gpt2_by_layer": (
        GPT2LMHeadModel,
        GPT2Config(**GPT2 | {"n_embd": 12}, activation_function="relu", scale_attn_by_inverse_layer_idx=True),
        False,
    ),
    "llama": (LlamaForCausalLM, LlamaConfig(**LLAMA), True),
    "llama_flags": (
        LlamaForCausalLM,
        LlamaConfig(
            **LLAMA | {"num_hidden_layers": 1}, head_dim=8, attention_bias=True, mlp_bias=True,
            tie_word_embeddings=True, hidden_act="gelu", rms_norm_eps=1e-3,
            rope_parameters={
                "rope_type": "llama3", "rope_theta": 500.0, "factor": 4.0, "low_freq_factor": 1.0,
                "high_freq_factor": 4.0, "original_max_position_embeddings": 16,
            },
        ),
        False,
    ),
    "llama_linear": (
        LlamaForCausalLM,
        LlamaConfig(
            **LLAMA | {"num_hidden_layers": 1, "hidden_size": 12, "num_attention_heads": 3,
                       "num_key_value_heads": 3},
            rope_parameters={"rope_type": "linear", "rope_theta": 100.0, "factor": 2.0},
        ),
        False,
    ),
}  # fmt: skip


def main() -> None:
    torch.manual_seed(0)
    torch.set_num_threads(1)
    for name, (kind, config, trained) in MODELS.items():
        model = kind(config).eval()
        with torch.no_grad():
            for parameter in model.parameters():  # larger than an initialisation, so that every part matters
                spread = 0.3 if parameter.ndim == 2 else 0.1
                parameter.add_(torch.randn_like(parameter) * spread)
        model.save_pretrained(HERE / name)
        (HERE / name / "generation_config.json").unlink(missing_ok=True)
        ids = torch.randint(0, config.vocab_size, (4, 24))
        found = {"ids": ids.numpy().astype(np.int16), "logits": model(ids).logits.detach().numpy()}
        if trained:
            found |= train(model, ids)
        np.savez_compressed(HERE / name / "expected.npz", **found)


def train(model: torch.nn.Module, ids: torch.Tensor) -> dict[str, np.ndarray]:
    optimizer = torch.optim.Adam(model.parameters(), lr=RATE)
    losses, gradients = [], {}
    for step in range(STEPS):
        optimizer.zero_grad()
        logits = model(ids).logits[:, :-1]
        loss = torch.nn.functional.cross_entropy(logits.reshape(-1, logits.shape[-1]), ids[:, 1:].reshape(-1))
        loss.backward()
        losses.append(loss.item())
        if step == 0:
            gradients = {f"grad:{n}": p.grad.numpy().copy() for n, p in model.named_parameters()}
        optimizer.step()
    return {"losses": np.array(losses), **gradients}


if __name__ == "__main__":
    main()
