"""The equations: their numbers are the update's own, and their tags lie on the rule's own lines."""

import inspect
import itertools
import re

import numpy as np
import pytest

from core.optimization import optimizers as module
from core.optimization.explain import arrows, equations
from core.optimization.optimizers import OPTIMIZERS, steps
from core.optimization.surfaces import SURFACES

EVERY = pytest.mark.parametrize("name", OPTIMIZERS)


def fifth(name, rate=0.02):
    surface = SURFACES["himmelblau"]
    optimizer = OPTIMIZERS[name](rate)
    return optimizer, next(itertools.islice(steps(surface.gradient, optimizer, surface.start), 4, None))


def evaluate(template, values):
    """Both sides of the last `=` of a template, computed by translating its LaTeX to Python."""
    *_, left, right = template.split("=")
    for latex, python in (
        (r"\frac{\eta}", ""), (r"\cdot", "*"), (r"\left(", "("), (r"\right)", ")"), (r"\max", "np.maximum"),
        (r"\sqrt{", "np.sqrt({"), ("}^2", "}**2"), (">^2", ">**2"),
    ):  # fmt: skip
        left = left.replace(latex, python)
    left = re.sub(r"\\frac\{((?:[^{}]|\{[^{}]*\})*)\}\{((?:[^{}]|\{[^{}]*\})*)\}", r"(\1)/(\2)", left)
    left = re.sub(r"np\.sqrt\(\{([^{}]*)\}", r"np.sqrt(\1)", left)
    fill = lambda text: re.sub(r"<(\w+)>", r"v['\1']", text)  # noqa: E731
    arrays = {name: np.asarray(value) for name, value in values.items()}
    return [eval(fill(side), {"np": np, "v": arrays}) for side in (left, right)]


@EVERY
def test_every_equation_adds_up(name):
    optimizer, update = fifth(name)
    for equation in equations(optimizer, update):
        assert set(re.findall(r"<(\w+)>", equation.template)) == set(equation.values)
        left, right = evaluate(equation.template, equation.values)
        np.testing.assert_allclose(left, right, rtol=1e-12, err_msg=equation.tag)


@EVERY
def test_the_last_line_is_where_the_run_went(name):
    optimizer, update = fifth(name)
    assert equations(optimizer, update)[-1].values["x_new"] == tuple(update.new_params.tolist())


@EVERY
def test_tags_are_the_tagged_lines_of_the_optimizer_in_full(name):
    optimizer, update = fifth(name)
    tagged = re.findall(r"#: (.+)", inspect.getsource(getattr(module, name)))
    lines = equations(optimizer, update)
    assert sorted(equation.tag for equation in lines) == sorted(tagged)
    assert {equation.function for equation in lines} == {f"core.optimization.optimizers:{name}"}


@EVERY
def test_arrows_add_up_to_the_step(name):
    optimizer, update = fifth(name)
    drawn = arrows(optimizer, update)
    np.testing.assert_array_equal(drawn["gradient"], update.grads)
    np.testing.assert_allclose(update.params + drawn["step"], update.new_params, rtol=1e-14)
    if name == "momentum":
        np.testing.assert_allclose(drawn["step"], -0.02 * drawn["velocity"], rtol=1e-9)
    if name in ("adam", "adamw", "amsgrad"):
        smoothed = -optimizer.effective_rate(update.new_state) * drawn["velocity"]
        np.testing.assert_allclose(drawn["step"], smoothed + drawn.get("decay", 0.0), rtol=1e-9)


def test_a_schedules_present_rate_is_what_is_shown():
    optimizer, update = fifth("gradient_descent", rate=lambda step: 0.01 / (1 + step))
    assert equations(optimizer, update)[0].values["eta"] == 0.01 / 5
