"""Makes recurrent.npz: what PyTorch's recurrent layers compute, two layers each, over random input.

    pip install torch==2.13.0
    python tests/core/language/golden/make_recurrent.py

For each of rnn, gru and lstm: inputs (3, 7, 4), the parameters by PyTorch's names, outputs (3, 7, 4), and the
gradients of sum(outputs * weighing) by inputs and parameters.
"""

from pathlib import Path

import numpy as np
import torch

KINDS = {"elman": torch.nn.RNN, "gru": torch.nn.GRU, "lstm": torch.nn.LSTM}


def main() -> None:
    torch.manual_seed(0)
    found = {}
    for name, kind in KINDS.items():
        layer = kind(4, 4, num_layers=2, batch_first=True)
        x = torch.randn(3, 7, 4, requires_grad=True)
        weighing = torch.randn(3, 7, 4)
        out, _ = layer(x)
        (out * weighing).sum().backward()
        found |= {f"{name}:x": x, f"{name}:weighing": weighing, f"{name}:out": out, f"{name}:x.grad": x.grad}
        for n, p in layer.named_parameters():
            found |= {f"{name}:{n}": p, f"{name}:{n}.grad": p.grad}
    arrays = {n: t.detach().numpy() for n, t in found.items()}
    np.savez_compressed(Path(__file__).with_name("recurrent.npz"), **arrays)


if __name__ == "__main__":
    main()
