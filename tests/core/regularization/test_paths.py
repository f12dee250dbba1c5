"""Paths over the penalty against scikit-learn, fold by fold, and what the scene says of them."""

import msgspec
import numpy as np
import pytest
from sklearn.linear_model import ElasticNet, Lasso, Ridge
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from core.config import Source
from core.datasets import DataError, read_table
from core.regularization.paths import (
    Path,
    PathsConfig,
    held_out,
    objective,
    one_standard_error,
    paths,
    prepare,
    weights,
)
from core.regularization.penalties import lasso_path

TABLE = read_table(Source(name="diabetes"))


@pytest.fixture(scope="module")
def lasso() -> Path:
    return prepare(PathsConfig())


def reference(penalty: str, alpha: float):
    """scikit-learn's model of the same objective."""
    if penalty == "ridge":
        return Ridge(alpha=alpha * len(TABLE.y), tol=1e-12)
    options = {"tol": 1e-12, "max_iter": 1_000_000}
    return (
        Lasso(alpha=alpha, **options)
        if penalty == "lasso"
        else ElasticNet(alpha=alpha, l1_ratio=0.5, **options)
    )


@pytest.mark.parametrize("standardise", [True, False])
@pytest.mark.parametrize("penalty", ["lasso", "ridge", "elastic_net"])
def test_the_path_is_scikit_learns(penalty, standardise) -> None:
    found = prepare(PathsConfig(penalty=penalty, standardise=standardise, folds=3))
    x = StandardScaler().fit_transform(TABLE.x) if standardise else TABLE.x
    for at in (0, 25, 50, 70):
        model = reference(penalty, float(found.alphas[at])).fit(x, TABLE.y)
        np.testing.assert_allclose(found.coefs[:, at], model.coef_, rtol=1e-6, atol=1e-6)
        assert found.training[at] == pytest.approx(np.square(TABLE.y - model.predict(x)).mean(), rel=1e-9)
    assert (found.gaps <= 1e-10 * TABLE.y.var()).all()


@pytest.mark.parametrize("standardise", [True, False])
def test_the_errors_are_scikit_learns_pipeline_on_the_same_folds(standardise) -> None:
    config = PathsConfig(standardise=standardise, folds=5, seed=3)
    found = prepare(config)
    folds = held_out(len(TABLE.y), 5, 3)
    splits = [(np.setdiff1d(np.arange(len(TABLE.y)), fold), fold) for fold in folds]
    for at in (0, 40, 60):
        model = reference("lasso", float(found.alphas[at]))
        if standardise:  # fitted anew on the rest of each fold
            model = make_pipeline(StandardScaler(), model)
        scores = -cross_val_score(model, TABLE.x, TABLE.y, cv=splits, scoring="neg_mean_squared_error")
        sizes = [len(fold) for fold in folds]
        mean = np.average(scores, weights=sizes)
        spread = np.sqrt(np.average((scores - mean) ** 2, weights=sizes) / 4)
        assert found.errors.mean[at] == pytest.approx(mean, rel=1e-7)
        assert found.errors.spread[at] == pytest.approx(spread, rel=1e-6)


def test_the_folds_part_the_examples() -> None:
    folds = held_out(25, 4, 1)
    assert sorted(np.concatenate(folds).tolist()) == list(range(25))
    assert [len(fold) for fold in folds] == [7, 6, 6, 6]
    assert all((a == b).all() for a, b in zip(folds, held_out(25, 4, 1), strict=True))
    assert not (folds[0] == held_out(25, 4, 2)[0]).all()


def test_the_rule_of_one_standard_error_by_hand() -> None:
    mean, spread = np.array([9.0, 6.0, 5.5, 5.0, 5.2]), np.array([1.0, 1.0, 1.0, 0.6, 1.0])
    assert one_standard_error(mean, spread) == (3, 2)


def test_at_the_first_penalty_nothing_is_left_and_the_error_is_the_variance(lasso: Path) -> None:
    assert lasso.zeros[0] == 10
    assert lasso.zeros[1] < 10
    assert lasso.training[0] == pytest.approx(TABLE.y.var())
    assert (np.diff(lasso.training) <= 0).all()
    assert lasso.intercept == TABLE.y.mean()


def test_the_conditions_of_a_minimum_hold_along_the_path(lasso: Path) -> None:
    alive = lasso.coefs != 0
    slack = lasso.alphas - np.abs(lasso.gradients)
    assert slack[~alive].min() >= -1e-8
    np.testing.assert_allclose(
        lasso.gradients[alive], (np.sign(lasso.coefs) * lasso.alphas)[alive], rtol=0, atol=1e-8
    )


def test_the_order_of_entry_changes_with_the_units() -> None:
    def order(standardise: bool) -> list[str]:
        found = prepare(PathsConfig(standardise=standardise, folds=3))
        return [found.names[i] for i in found.order]

    assert order(True)[:3] == ["BMI", "log triglycerides", "blood pressure"]
    assert order(False)[0] == "cholesterol"
    assert order(False).index("log triglycerides") > 5


@pytest.mark.parametrize("place", ["first", "last"])
def test_of_a_copied_column_lasso_keeps_the_one_that_stands_first_and_ridge_shares(place) -> None:
    found = prepare(PathsConfig(duplicate=place, folds=3))
    assert found.copied is not None
    kept, dropped = sorted(found.copied)
    assert (found.coefs[dropped] == 0.0).all()
    assert found.coefs[kept, 50] > 1
    alone = prepare(PathsConfig(folds=3))
    np.testing.assert_allclose(found.coefs[kept], alone.coefs[2], atol=1e-7)
    for penalty in ("ridge", "elastic_net"):
        shared = prepare(PathsConfig(duplicate=place, penalty=penalty, folds=3))
        np.testing.assert_allclose(shared.coefs[kept], shared.coefs[dropped], atol=1e-6)


def test_a_constant_column_is_never_used(tmp_path) -> None:
    rng = np.random.default_rng(0)
    x = rng.standard_normal((30, 2))
    rows = ["a,same,b,y", *(f"{a},0.1,{b},{a - b}" for a, b in x.tolist())]
    path = tmp_path / "mine.csv"
    path.write_text("\n".join(rows))
    for penalty in ("lasso", "ridge", "elastic_net"):
        for standardise in (True, False):
            config = PathsConfig(
                data=Source(path=str(path)), penalty=penalty, standardise=standardise, folds=3
            )
            found = prepare(config)
            assert (found.coefs[1] == 0.0).all()
            assert np.isfinite(found.errors.mean).all()


def test_a_file_that_cannot_be_used_is_told_by_line(tmp_path) -> None:
    path = tmp_path / "mine.csv"
    path.write_text("a,b\n1,2\n3,high\n")
    with pytest.raises(DataError, match=r"mine\.csv, line 3: expected a number for b, found “high”\."):
        prepare(PathsConfig(data=Source(path=str(path))))


def test_what_is_prepared_does_not_depend_on_where_one_looks() -> None:
    looks = {"cursor", "watched"}
    assert set(prepare.fields) == set(PathsConfig.__struct_fields__) - looks


@pytest.mark.parametrize("penalty", ["lasso", "ridge", "elastic_net"])
def test_the_equations_hold(penalty: str) -> None:
    config = PathsConfig(penalty=penalty, folds=3, cursor=0.05, watched=2)
    frame = next(paths(config, prepare(config)))
    at = frame.path.nearest(0.05)
    assert frame.path.alphas[at] == pytest.approx(0.05 * frame.path.alphas[0], rel=0.07)
    condition, whole, rule = frame.explain(config)
    values = condition.values
    if penalty == "ridge":
        assert values["g"] == pytest.approx(values["alpha"] * values["w"])
    else:
        assert values["g"] == pytest.approx(np.sign(values["w"]) * values["bound"])
    assert whole.values["total"] == whole.values["half"] + whole.values["penalty"]
    assert rule.values["bound"] == rule.values["mean"] + rule.values["spread"]
    zero = frame.explain(msgspec.structs.replace(config, watched=0))[0]  # age
    assert ("Rightarrow" in zero.template) == (penalty != "ridge")
    if penalty == "lasso":
        assert abs(zero.values["g"]) <= zero.values["bound"]
        assert zero.values["w"] == 0.0


def test_the_objective_by_hand() -> None:
    assert objective(4.0, np.array([1.0, -2.0]), 0.5, 1.0) == (2.0, 1.5, 3.5)
    assert objective(4.0, np.array([1.0, -2.0]), 0.5, 0.0) == (2.0, 1.25, 3.25)


def test_fewer_rows_than_folds_leave_one_out_each(tmp_path) -> None:
    path = tmp_path / "mine.csv"
    path.write_text("\n".join(f"{i % 4},{(3 * i) % 7},{i}" for i in range(10)))
    found = prepare(PathsConfig(data=Source(path=str(path)), folds=20))
    assert np.isfinite(found.errors.spread).all()


def test_the_order_of_entry_is_that_of_a_path_ten_times_as_fine(lasso: Path) -> None:
    x = StandardScaler().fit_transform(TABLE.x)
    fine = lasso_path(x, TABLE.y - TABLE.y.mean(), np.geomspace(lasso.alphas[0], lasso.alphas[-1], 1000))
    alive = fine.coefs != 0
    assert lasso.order.tolist() == np.argsort(alive.argmax(axis=1), kind="stable").tolist()
    dropped = prepare(PathsConfig(duplicate="last", folds=3))
    assert 10 not in dropped.order


@pytest.mark.parametrize("reach", [1e-4, 1e-3, 1.0])
def test_the_path_ends_where_double_precision_does(reach, monkeypatch) -> None:
    def refusing(x, y, alphas, ratio):
        if alphas[-1] < 0.99 * reach * alphas[0]:
            raise ArithmeticError("too nearly dependent")
        return weights(x, y, alphas, ratio)

    monkeypatch.setattr("core.regularization.paths.weights", refusing)
    if reach == 1.0:
        with pytest.raises(DataError, match="The columns that predict progression are too nearly the same"):
            prepare(PathsConfig(folds=3))
        return
    found = prepare(PathsConfig(folds=3))
    assert found.is_short
    assert found.alphas[-1] == pytest.approx(found.alphas[0] * {1e-4: 10**-3.5, 1e-3: 1e-2}[reach])
    assert found.nearest(1e-5) == 99


def test_the_path_of_well_told_columns_is_whole(lasso: Path) -> None:
    assert not lasso.is_short
