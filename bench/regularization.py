"""The lasso's path against scikit-learn's coordinate descent, which is compiled."""

from __future__ import annotations

import numpy as np
from sklearn.linear_model import lasso_path as reference_path

from bench import Pair, benchmark
from core.regularization.penalties import lasso_path

GAP = 1e-8
"""What the duality gap may be at most, as a share of ||y||^2 / n, at every penalty."""


@benchmark("lasso path, 1000 x 200, 100 penalties, gap 1e-8", bound=1.5, rounds=15)
def path() -> Pair:
    rng = np.random.default_rng(0)
    x = rng.standard_normal((1000, 200))
    y = x[:, :20] @ rng.standard_normal(20) + rng.standard_normal(1000)
    alphas = np.abs(x.T @ y).max() / 1000 * np.geomspace(1, 1e-3, 100)

    def ours() -> object:
        return lasso_path(x, y, alphas, tol=GAP)

    def reference() -> object:
        return reference_path(x, y, alphas=alphas, tol=1e-6)

    found = lasso_path(x, y, alphas, tol=GAP)
    assert found.gaps.max() <= GAP * y @ y / 1000
    assert np.abs(found.coefs - reference_path(x, y, alphas=alphas, tol=1e-12)[1]).max() < 1e-6
    return ours, reference
