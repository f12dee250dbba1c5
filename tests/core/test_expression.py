"""A user's formula: what is read, what is refused, and that values and gradients are those of NumPy."""

import pickle
import time

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from core.expression import FUNCTIONS, MAX_OPERATIONS, ExpressionError, parse

X = np.array([0.3, 0.7, 1.1, 1.9])
Y = np.array([0.9, 0.2, 1.4, 0.6])


# --- by hand -----------------------------------------------------------------------------------------


def test_rosenbrock_by_hand():
    """f = (1-x)^2 + 100 (y-x^2)^2 at (-1, 2): df/dx = -2(1-x) - 400x(y-x^2) = -4 + 400; df/dy = 200."""
    f = parse("(1-x)^2 + 100*(y-x^2)^2")
    value, (by_x, by_y) = f.value_and_gradient(-1.0, 2.0)
    assert (value, by_x, by_y) == (104, 396, 200)
    assert f(1.0, 1.0) == 0
    assert f.gradient(1.0, 1.0) == (0, 0)
    np.testing.assert_allclose(f(X, Y), (1 - X) ** 2 + 100 * (Y - X**2) ** 2)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("-x^2", -(X**2)),
        ("2^-x", 2**-X),
        ("x^y^x", X ** (Y**X)),
        ("x-y-x", -Y),
        ("x/y/x", 1 / Y),
        ("x/y*x", X * X / Y),
        ("--x", X),
        ("+x-+y", X - Y),
        ("-x*-y", X * Y),
        ("x**2", X**2),
        ("2e-1*x + .5 + 1.", 0.2 * X + 1.5),
        ("pi*x + e", np.pi * X + np.e),
        ("π·x² − y÷2", np.pi * X**2 - Y / 2),
        ("x¹⁰", X**10),
        ("ln(x) + max(x, y) - min(x, 1)", np.log(X) + np.maximum(X, Y) - np.minimum(X, 1)),
        (" \t x\n+ y", X + Y),
        ("3", np.full(4, 3.0)),
        ("x^0", np.ones(4)),
    ],
)
def test_reading(text, expected):
    np.testing.assert_allclose(parse(text)(X, Y), expected, rtol=1e-14)


@pytest.mark.parametrize("text", ["x**-y**x*y-x/y", "-x**y**-x/-y*x", "x-y+x*y/x**y-+x", "--x**--y*-+-y"])
def test_precedence_is_pythons(text):
    expected = eval(text, {"__builtins__": {}}, {"x": X, "y": Y})
    np.testing.assert_allclose(parse(text)(X, Y), expected, rtol=1e-14)


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_every_function_and_its_slope(name):
    """Against NumPy under its own name and central differences in extended precision."""
    numpy_name = {
        "asin": "arcsin",
        "acos": "arccos",
        "atan": "arctan",
        "ln": "log",
        "min": "minimum",
        "max": "maximum",
    }
    compute = getattr(np, numpy_name.get(name, name))
    if FUNCTIONS[name].arity == 2:
        f, reference = parse(f"{name}(x, y)"), compute
    else:
        f, reference = parse(f"{name}(x*y)"), lambda x, y: compute(x * y)
    x, y = np.array([0.3, 0.7, 0.95]), np.array([0.9, 0.2, 0.99])
    value, partials = f.value_and_gradient(x, y)
    np.testing.assert_allclose(value, reference(x, y), rtol=1e-15)
    for partial, expected in zip(partials, central_differences(reference, x, y), strict=True):
        np.testing.assert_allclose(partial, expected, rtol=1e-6, atol=1e-9)


def test_slopes_keep_their_digits():
    """1/cosh^2 far out, where 1 - tanh^2 is 0; (1-x)(1+x) close to 1."""
    assert parse("tanh(x)", "x").gradient(20.0)[0] == pytest.approx(4 * np.exp(-40.0), rel=1e-12)
    near = 1 - 2.0**-40
    assert parse("asin(x)", "x").gradient(near)[0] == pytest.approx(
        (2.0**-40 * (1 + near)) ** -0.5, rel=1e-14
    )


def test_powers_at_the_edge_of_their_domain():
    f = parse("x^y")
    assert f.gradient(0.0, 2.0) == (0, 0)
    assert f.gradient(0.0, 1.0) == (1, 0)
    assert f.gradient(3.0, 0.0) == (0, pytest.approx(np.log(3)))
    assert f.gradient(-2.0, 3.0)[0] == 12
    assert np.isnan(f.gradient(-2.0, 3.0)[1])
    assert parse("x^3", "x").gradient(-2.0)[0] == 12
    assert parse("x^-1", "x").gradient(-2.0)[0] == -0.25
    assert parse("x^0.5", "x").gradient(4.0)[0] == 0.25


def test_kinks_take_the_middle_slope():
    assert parse("abs(x)", "x").gradient(0.0)[0] == 0
    assert parse("max(x, y)").gradient(1.0, 1.0) == (0.5, 0.5)
    assert parse("min(x, 2*y)").gradient(2.0, 1.0) == (0.5, 1.0)


# --- arrays ------------------------------------------------------------------------------------------


def test_shapes_and_types():
    f = parse("sin(x)*y + 2")
    column, row = X[:, None], Y[None, :].astype(np.float32)
    value, (by_x, by_y) = f.value_and_gradient(column, row)
    assert value.shape == by_x.shape == by_y.shape == (4, 4)
    assert value.dtype == by_x.dtype == by_y.dtype == np.float64
    np.testing.assert_allclose(by_y, np.broadcast_to(np.sin(column), (4, 4)))
    assert f(np.float32(1), np.float32(2)).dtype == np.float32
    assert f(1, 2).dtype == np.float64
    assert parse("1e300*x", "x")(np.float32(1)) == np.inf
    assert all(part.shape == (4, 4) for part in parse("3").gradient(column, row))


def test_results_share_no_memory():
    x = X.copy()
    for text in ("x", "exp(x)", "x+y"):
        value, (by_x, by_y) = parse(text).value_and_gradient(x, Y)
        arrays = [x, Y, value, by_x, by_y]
        assert not any(np.shares_memory(a, b) for i, a in enumerate(arrays) for b in arrays[:i])
        value += 1  # writable
        np.testing.assert_array_equal(x, X)


def test_wrong_arguments():
    with pytest.raises(TypeError, match=r"expected 2 arrays \(x, y\), found 1"):
        parse("x")(X)
    with pytest.raises(TypeError, match="real numbers"):
        parse("x", "x")(1j)
    with pytest.raises(ValueError, match="names of variables"):
        parse("x", ("x", "x"))
    with pytest.raises(ValueError, match="names of variables"):
        parse("x", ("a b",))


def test_other_variables():
    assert parse("w_1 + b*e", ("w_1", "b", "e"))(1.0, 2.0, 3.0) == 7  # a variable hides a constant
    assert parse("1/3 + 2", ())() == pytest.approx(7 / 3)


def test_outside_its_domain_a_formula_is_silent():
    """NaN or infinite, and a slope that is NaN where the function is not defined (a warning would fail)."""
    value, (slope,) = parse("log(x)", "x").value_and_gradient(np.array([-1.0, 0.0, 1.0]))
    np.testing.assert_array_equal(value, [np.nan, -np.inf, 0])
    np.testing.assert_array_equal(slope, [np.nan, np.inf, 1])
    assert np.isnan(parse("sqrt(x)", "x").gradient(-1.0)[0])
    assert parse("1/x", "x")(0.0) == np.inf
    assert parse("exp(x)", "x")(1e9) == np.inf
    assert np.isnan(parse("0*log(x)", "x")(-1.0))
    assert parse("1/(x*-0)", "x")(1.0) == -np.inf
    before = np.geterr()
    parse("1/x", "x")(0.0)
    assert np.geterr() == before


def test_the_same_text_gives_the_same_function():
    f, g = parse(" x*sin(y) "), pickle.loads(pickle.dumps(parse("x*sin(y)")))
    assert f.text == g.text == "x*sin(y)"
    np.testing.assert_array_equal(f.gradient(X, Y), g.gradient(X, Y))


def test_common_parts_are_computed_once():
    assert len(parse("exp(x*y) + exp(x*y)*exp(y*x)")._value) == 4
    assert len(parse("(1-x)^2 + 100*(y-x^2)^2")._both) <= 12


def test_memory_does_not_grow_with_the_formula():
    assert parse("sin(" * 30 + "x*y" + ")" * 30)._value._size == 3


# --- LaTeX -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "latex"),
    [
        ("(1-x)^2 + 100*(y-x^2)^2", r"\left(1 - x\right)^{2} + 100 \, \left(y - x^{2}\right)^{2}"),
        ("(x+1)/(2*y)", r"\frac{x + 1}{2 \, y}"),
        ("2*3*x*(1/2)", r"2 \cdot 3 \, x \, \frac{1}{2}"),
        ("2*(1/2)", r"2 \cdot \frac{1}{2}"),
        ("x-(y-1)", r"x - \left(y - 1\right)"),
        ("x*-y", r"x \, \left(-y\right)"),
        ("(-x)^2", r"\left(-x\right)^{2}"),
        ("-x^2", r"-x^{2}"),
        ("-(x+y)", r"-\left(x + y\right)"),
        ("sqrt(x)*exp(-x)*abs(y)", r"\sqrt{x} \, e^{-x} \, \left|y\right|"),
        ("sin(x)^2 + ln(y)", r"\left(\sin\left(x\right)\right)^{2} + \ln\left(y\right)"),
        ("max(x, y/2) + log10(x)", r"\max\left(x, \frac{y}{2}\right) + \log_{10}\left(x\right)"),
        ("1e-3*x + 2.5e4 + .5*pi", r"10^{-3} \, x + 2.5 \cdot 10^{4} + 0.5 \, \pi"),
        ("(1e3)^2", r"\left(10^{3}\right)^{2}"),
    ],
)
def test_latex(text, latex):
    assert parse(text).latex() == latex


def test_latex_of_names():
    names = ("x1", "x_min", "theta_2", "rate", "a_b_c")
    assert (
        parse("+".join(names), names).latex()
        == r"x_{1} + x_{min} + \theta_{2} + \mathrm{rate} + \mathrm{a\_b\_c}"
    )


# --- refusals ----------------------------------------------------------------------------------------

REFUSED = {
    "__import__('os').system('true')": 'Position 12: found "\'"',
    "__import__": "Position 1: found the name '__import__'; expected x or y, pi, e or one of sin, cos",
    "x**9**9**9": "Position 5: 9 ^ 3.8742e+08 is infinite, or too large for a number",
    "9**9**9**9**9": "is infinite",
    "1/0": "Position 2: the division is by zero",
    "x/(1-1)": "Position 2: the division is by zero",
    "(-8)^(1/3)": "Position 5: -8 ^ 0.333333 is not a real number",
    "log(0) + x": "Position 1: log(0) is infinite",
    "sqrt(-1)": "Position 1: sqrt(-1) is not a real number",
    "1e999": "Position 1: the number 1e999 is too large",
    "foo + 1": "Position 1: found the name 'foo'",
    "x.real": "Position 2: found '.'",
    "x[0]": "Position 2: found '['",
    "lambda: 0": "Position 7: found ':'",
    "x if y else 1": "Position 3: found 'if'; expected an operator or the end of the formula",
    "x == y": "Position 3: found '='",
    "2x": "Position 2: found 'x'; expected an operator or the end of the formula (a product is",
    "(2x)": "Position 3: found 'x'; expected an operator or ')' for the '(' at position 1 (a product",
    "sin x": "Position 5: found 'x'; expected '(' behind the function sin.",
    "max(x)": "Position 1: max has 1 argument; expected 2",
    "sin(x, y)": "Position 1: sin has 2 arguments; expected 1",
    "x +": "Position 4: found the end of the formula; expected a number, x or y, a function or '('",
    "(x": "Position 3: found the end of the formula; expected an operator or ')' for the '(' at position 1",
    "x)": "Position 2: found ')'",
    "x ^^ 2": "Position 4: found '^'",
    "x, y": "Position 2: found ','",
    "": "The formula is empty",
    " \n ": "The formula is empty",
    "é": "Position 1: found 'é'",
    "x\u202ey": "Position 2: found '\\u202e'",
    "x\x00": "Position 2: found '\\x00'",
    "𝑥": "Position 1",
    "٣": "Position 1",
    "(" * 10_000 + "x" + ")" * 10_000: "The formula has 20,001 characters; expected at most 500",
    "(" * 200 + "x" + ")" * 200: "Position 41: nested more than 40 deep",
    "-" * 400 + "x": "Position 41: nested more than 40 deep",
    "x^" * 200 + "x": "nested more than 40 deep",
    "x+" * 240 + "x": f"the formula has more than {MAX_OPERATIONS} operations",
    "9" * 400: "is too large",
}


def seconds_to_refuse(text):
    """Processor time of one refusal; the least of three, as the garbage collector may come in between."""
    least = float("inf")
    for _ in range(3):
        started = time.thread_time()
        with pytest.raises(ExpressionError):
            parse(text)
        least = min(least, time.thread_time() - started)
    return least


@pytest.mark.parametrize("text", REFUSED, ids=lambda text: ascii(text[:20]))
def test_refused_in_one_line_and_at_once(text):
    with pytest.raises(ExpressionError) as caught:
        parse(text)
    assert seconds_to_refuse(text) < 0.05
    message = str(caught.value)
    assert REFUSED[text] in message
    assert message.isprintable()  # one line, too
    assert len(message) < 200
    assert isinstance(caught.value, ValueError)
    assert pickle.loads(pickle.dumps(caught.value)).position == caught.value.position


@pytest.mark.parametrize("thing", [None, 3, b"x", ["x"]])
def test_what_is_no_text_is_refused(thing):
    with pytest.raises(ExpressionError, match="Expected a formula as text, found"):
        parse(thing)


def test_the_costliest_formula_stays_cheap():
    text = "+".join(["x^y^x"] * 67)
    started = time.thread_time()
    f = parse("+".join(f"x^{n}^y" for n in range(2, 60)))
    f.value_and_gradient(X, Y)
    assert time.thread_time() - started < 0.25
    assert len(parse(text)._both) < 120


# --- fuzz --------------------------------------------------------------------------------------------

PIECES = [*"xy29+-*/^(), ez_²'\n", ".5", "1e9", "**", "sin", "max(", "log(", "pi"]


@settings(max_examples=300)
@given(st.one_of(st.text(max_size=40), st.lists(st.sampled_from(PIECES), max_size=30).map("".join)))
def test_any_text_gives_a_function_or_one_sentence(text):
    try:
        f = parse(text)
    except ExpressionError as error:
        refusal = error
    else:
        value, partials = f.value_and_gradient(X, Y)
        assert value.shape == partials[0].shape == partials[1].shape == (4,)
        assert f.latex()
        return
    assert str(refusal).isprintable()
    assert 1 <= refusal.position <= len(text) + 1


def test_any_length_is_refused_quickly():
    assert seconds_to_refuse("sin(" * 1_000_000) < 0.05


UNARY = [
    "sin",
    "cos",
    "tan",
    "atan",
    "sinh",
    "cosh",
    "tanh",
    "exp",
    "log",
    "log2",
    "log10",
    "sqrt",
    "abs",
    "asin",
]
NUMPY = {"atan": "arctan", "asin": "arcsin", "min": "minimum", "max": "maximum"}
trees = st.recursive(
    st.one_of(st.sampled_from("xy"), st.sampled_from(["2", "3", "0.5", "1.25", "4", "1", "7"])),
    lambda inner: st.one_of(
        st.tuples(st.sampled_from("+-*/^"), inner, inner),
        st.tuples(st.sampled_from(["min", "max"]), inner, inner),
        st.tuples(st.sampled_from([*UNARY, "neg"]), inner),
    ),
    max_leaves=10,
)


def write(tree):
    """The tree as text, every operand in parentheses."""
    match tree:
        case str():
            return tree
        case "neg", a:
            return f"-({write(a)})"
        case ("min" | "max") as name, a, b:
            return f"{name}({write(a)}, {write(b)})"
        case sign, a, b:
            return f"({write(a)}){sign}({write(b)})"
        case name, a:
            return f"{name}({write(a)})"


class TooFarError(Exception):
    """A value beyond a thousand, or close to a kink, a pole or the edge of a domain."""


def evaluate(tree, x, y):
    """The tree by plain NumPy. Raises TooFarError where differences could not be trusted."""
    match tree:
        case "x":
            return x
        case "y":
            return y
        case str():
            return x * 0 + float(tree)
        case "neg", a:
            return -evaluate(a, x, y)
        case sign, a, b:
            a, b = evaluate(a, x, y), evaluate(b, x, y)
            critical = {"/": abs(b), "^": a, "min": abs(a - b), "max": abs(a - b)}.get(sign, 1.0)
            near(critical)
            with np.errstate(all="ignore"):
                result = {
                    "+": np.add, "-": np.subtract, "*": np.multiply, "/": np.divide, "^": np.power,
                    "min": np.minimum, "max": np.maximum,
                }[sign](a, b)  # fmt: skip
        case name, a:
            a = evaluate(a, x, y)
            near(
                {"log": a, "log2": a, "log10": a, "sqrt": a, "abs": abs(a), "asin": 1 - abs(a)}.get(name, 1.0)
            )
            with np.errstate(all="ignore"):
                result = getattr(np, NUMPY.get(name, name))(a)
    if not np.all(np.abs(result) < 1e3):
        raise TooFarError
    return result


def near(critical):
    if not np.all(critical > 0.01):
        raise TooFarError


def central_differences(f, x, y, step=1e-4):
    """df/dx and df/dy in extended precision where the machine has it, with one step of Richardson."""
    x, y, h = np.longdouble(x), np.longdouble(y), np.longdouble(step)

    def difference(dx, dy):
        return (f(x + dx, y + dy) - f(x - dx, y - dy)) / (2 * (dx + dy))

    return tuple(
        np.asarray((4 * difference(dx / 2, dy / 2) - difference(dx, dy)) / 3, float)
        for dx, dy in ((h, 0), (0, h))
    )


@settings(max_examples=300)
@given(trees, st.floats(0.1, 1.5), st.floats(0.1, 1.5))
def test_values_and_gradients_of_random_formulas(tree, x, y):
    try:
        expected = evaluate(tree, np.float64(x), np.float64(y))
        by_x, by_y = central_differences(lambda x, y: evaluate(tree, x, y), x, y)
        coarse = central_differences(lambda x, y: evaluate(tree, x, y), x, y, step=2e-4)
    except TooFarError:
        assume(False)
    trusted = 1e-7 * (1 + abs(by_x) + abs(by_y))
    assume(abs(by_x - coarse[0]) < trusted and abs(by_y - coarse[1]) < trusted)
    value, partials = parse(write(tree)).value_and_gradient(x, y)
    np.testing.assert_allclose(value, expected, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(partials, (by_x, by_y), rtol=1e-6, atol=1e-6)
