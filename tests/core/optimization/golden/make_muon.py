"""Make torch_muon.npz: a path of torch.optim.Muon. Run with torch 2.13: ``python make_muon.py``.

Torch iterates in bfloat16, so that its paths agree with exact ones to about one part in a hundred.
"""

from pathlib import Path

import numpy as np
import torch

SHAPES = ((6, 4), (3, 10))
STEPS = 12


def main() -> None:
    made = {}
    for k, shape in enumerate(SHAPES):
        rng = np.random.default_rng(k)
        start = rng.standard_normal(shape)
        gradients = rng.standard_normal((STEPS, *shape))
        x = torch.nn.Parameter(torch.tensor(start, dtype=torch.float32))
        optimizer = torch.optim.Muon(
            [x], lr=0.05, momentum=0.9, weight_decay=0.0, nesterov=True, adjust_lr_fn="match_rms_adamw"
        )
        path = [start.astype(np.float32)]
        for gradient in gradients:
            x.grad = torch.tensor(gradient, dtype=torch.float32)
            optimizer.step()
            path.append(x.detach().numpy().copy())
        made |= {f"{k}/gradients": gradients, f"{k}/path": np.stack(path)}
    np.savez_compressed(Path(__file__).parent / "torch_muon.npz", **made)


if __name__ == "__main__":
    main()
