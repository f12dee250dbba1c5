"""Write torch_paths.npz: the paths of PyTorch's optimizers, to which ours are compared.

    python -m venv /tmp/oracle && /tmp/oracle/bin/pip install torch==2.13.0 numpy
    /tmp/oracle/bin/python tests/core/optimization/golden/make_golden.py

The formulas are written out here once more and differentiated by autograd, so that surfaces and optimizers
are both checked. Every path has shape (201, 2), float64, and is called "surface/optimizer"; the learning rate
it was made with lies beside it as "surface/optimizer/learning_rate", all else is PyTorch's default.
"""

from pathlib import Path

import numpy as np
import torch

STEPS = 200
SURFACES = {
    "quadratic": lambda x, y: (x**2 + 10 * y**2) / 2,
    "rosenbrock": lambda x, y: (1 - x) ** 2 + 100 * (y - x**2) ** 2,
    "beale": lambda x, y: (1.5 - x + x * y) ** 2 + (2.25 - x + x * y**2) ** 2 + (2.625 - x + x * y**3) ** 2,
    "himmelblau": lambda x, y: (x**2 + y - 11) ** 2 + (x + y**2 - 7) ** 2,
    "styblinski_tang": lambda x, y: (x**4 - 16 * x**2 + 5 * x + y**4 - 16 * y**2 + 5 * y) / 2,
}
STARTS = {
    "quadratic": (-4.0, 2.5),
    "rosenbrock": (-1.5, 2.0),
    "beale": (1.0, 1.5),
    "himmelblau": (-0.5, -1.5),
    "styblinski_tang": (0.5, 1.0),
}
RATES = {  # for gradient descent and momentum, for the adaptive ones
    "quadratic": (0.02, 0.1),
    "rosenbrock": (0.0005, 0.05),
    "beale": (0.002, 0.05),
    "himmelblau": (0.002, 0.1),
    "styblinski_tang": (0.004, 0.1),
}
PLAIN = ("gradient_descent", "momentum", "nesterov")
OPTIMIZERS = {
    "gradient_descent": lambda p, lr: torch.optim.SGD(p, lr=lr),
    "momentum": lambda p, lr: torch.optim.SGD(p, lr=lr, momentum=0.9),
    "nesterov": lambda p, lr: torch.optim.SGD(p, lr=lr, momentum=0.9, nesterov=True),
    "adagrad": lambda p, lr: torch.optim.Adagrad(p, lr=lr),
    "rmsprop": lambda p, lr: torch.optim.RMSprop(p, lr=lr),
    "adam": lambda p, lr: torch.optim.Adam(p, lr=lr),
    "adamw": lambda p, lr: torch.optim.AdamW(p, lr=lr),
    "amsgrad": lambda p, lr: torch.optim.Adam(p, lr=lr, amsgrad=True),
}


def rate(surface: str, name: str) -> float:
    return RATES[surface][name not in PLAIN]


def path(surface: str, name: str) -> np.ndarray:
    xy = torch.tensor(STARTS[surface], dtype=torch.float64, requires_grad=True)
    optimizer = OPTIMIZERS[name]([xy], rate(surface, name))
    points = [xy.detach().numpy().copy()]
    for _ in range(STEPS):
        optimizer.zero_grad()
        SURFACES[surface](xy[0], xy[1]).backward()
        optimizer.step()
        points.append(xy.detach().numpy().copy())
    return np.stack(points)


if __name__ == "__main__":
    golden = {}
    for surface in SURFACES:
        for name in OPTIMIZERS:
            points = golden[f"{surface}/{name}"] = path(surface, name)
            golden[f"{surface}/{name}/learning_rate"] = np.array(rate(surface, name))
            print(f"{surface:16s} {name:17s} ends at {points[-1]}")
    np.savez_compressed(Path(__file__).with_name("torch_paths.npz"), **golden)
