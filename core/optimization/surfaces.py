"""Loss surfaces over the plane: value, exact gradient, every minimum, saddles, domain and a good start.

>>> beale = SURFACES["beale"]
>>> float(beale.value([3.0, 0.5])), beale.gradient([1.0, 2.0]).tolist()
(0.0, [171.25, 278.0])
>>> len(SURFACES["rastrigin"].minima)
121
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from core.expression import parse
from core.optimization import landscapes, stationary

Array: TypeAlias = np.ndarray
Domain: TypeAlias = tuple[tuple[float, float], tuple[float, float]]


class Minimum(NamedTuple):
    """A local minimum: where, how low, and whether nothing on the surface is lower."""

    x: float
    y: float
    value: float
    is_global: bool

    @property
    def position(self) -> tuple[float, float]:
        return self.x, self.y


@dataclass(frozen=True, eq=False)
class Surface:
    """A function of the plane, with what is known about it.

    Attributes:
        formula: `formula(x, y)`, the value; takes arrays of one shape.
        partials: `partials(x, y)`, the two partial derivatives, exact.
        domain: ((x0, x1), (y0, y1)), the part worth looking at.
        start: a point from which there is something to see.
        minima: every local minimum in the domain, the lowest first.
        saddles: every saddle point in the domain, shape (n, 2).
        curvatures: smallest and largest eigenvalue of the Hessian if it is the same everywhere, else None.
        found: whether minima and saddles were searched for numerically, so that some may be missing.
        axes: the rotation that was applied, an orthogonal matrix (2, 2).
        centre: the point it left fixed.
        loss_scale: what the height was multiplied by.
        both: `both(x, y)`, value and partials in one, where that saves time.
        beyond: `beyond()`, the minima and saddles, (n, 2) each, that lie just outside the domain: a turn
            brings some of them into its corners. None where there are none.
    """

    name: str
    title: str
    latex: str
    formula: Callable[[Array, Array], Array]
    partials: Callable[[Array, Array], tuple[Array, Array]]
    domain: Domain
    start: tuple[float, float]
    minima: tuple[Minimum, ...]
    saddles: Array
    curvatures: tuple[float, float] | None = None
    found: bool = False
    axes: Array = field(default_factory=lambda: np.eye(2))
    centre: tuple[float, float] = (0.0, 0.0)
    loss_scale: float = 1.0
    both: Callable[[Array, Array], tuple[Array, tuple[Array, Array]]] | None = None
    beyond: Callable[[], tuple[Array, Array]] | None = None

    def value(self, xy: Any) -> Array:
        """The height at points of shape (..., 2), shape (...). Beyond the largest float it is inf."""
        xy = np.asarray(xy, float)
        with np.errstate(all="ignore"):
            return self.formula(xy[..., 0], xy[..., 1])

    def gradient(self, xy: Any) -> Array:
        """The gradient at points of shape (..., 2), the same shape."""
        xy = np.asarray(xy, float)
        slopes = np.empty(xy.shape)
        with np.errstate(all="ignore"):
            slopes[..., 0], slopes[..., 1] = self.partials(xy[..., 0], xy[..., 1])
        return slopes

    def value_and_gradient(self, xy: Any) -> tuple[Array, Array]:
        """Both at once, shapes (...) and (..., 2)."""
        if self.both is None:
            return self.value(xy), self.gradient(xy)
        xy = np.asarray(xy, float)
        slopes = np.empty(xy.shape)
        with np.errstate(all="ignore"):
            value, (slopes[..., 0], slopes[..., 1]) = self.both(xy[..., 0], xy[..., 1])
        return np.broadcast_to(value, xy.shape[:-1]), slopes

    @cached_property
    def minimum_points(self) -> Array:
        """The positions of the minima, shape (n, 2), read-only."""
        points = np.array([m.position for m in self.minima], float).reshape(-1, 2)
        points.flags.writeable = False
        return points

    @cached_property
    def minimum_values(self) -> Array:
        """The values at the minima, shape (n,), read-only."""
        values = np.array([m.value for m in self.minima], float)
        values.flags.writeable = False
        return values

    def place(self, xy: Any) -> Array:
        """Where a point given along the surface's own axes lies in the plane, once they have been turned."""
        return np.asarray(self.centre) + (np.asarray(xy, float) - self.centre) @ self.axes.T

    def own(self, xy: Any) -> Array:
        """The inverse of `place`: a point of the plane along the surface's own axes."""
        return np.asarray(self.centre) + (np.asarray(xy, float) - self.centre) @ self.axes


def quadratic(condition: float = 10.0) -> Surface:
    """The bowl (x^2 + condition y^2) / 2, whose curvatures are 1 and `condition` (at least 1)."""
    return _surface(
        "quadratic",
        "Quadratic bowl",
        rf"\frac{{1}}{{2}}\left(x^2 + {condition:.4g}\,y^2\right)",
        lambda x, y: (x * x + condition * (y * y)) / 2,
        lambda x, y: (x, condition * y),
        ((-5, 5), (-5, 5)),
        (-4.0, 2.5),
        [(0, 0)],
        curvatures=(1.0, float(condition)),
    )


def transformed(
    surface: Surface, rotation: float = 0.0, loss_scale: float = 1.0, condition: float | None = None
) -> Surface:
    """The surface with its axes turned about its minimum and its height scaled.

    The axes turn by `rotation` radians, counter-clockwise, about the global minimum if there is but one, else
    about the middle of the domain; minima, saddles and the start turn with them, the domain stays. (Where
    there are minima beyond the domain, those are listed that lie in it now.)
    `condition` replaces the condition number of the quadratic bowl; elsewhere it is a ValueError.
    """
    if condition is not None:
        if surface.name != "quadratic":
            raise ValueError(f"{surface.title} has no condition number to set")
        surface = quadratic(condition)
    if rotation == 0.0 and loss_scale == 1.0:
        return surface
    lowest = [m.position for m in surface.minima if m.is_global]
    centre = lowest[0] if len(lowest) == 1 else tuple((low + high) / 2 for low, high in surface.domain)
    cos, sin = float(np.cos(rotation)), float(np.sin(rotation))
    a, b = float(centre[0]), float(centre[1])

    def back(x, y):
        return a + cos * (x - a) + sin * (y - b), b - sin * (x - a) + cos * (y - b)

    def formula(x, y):
        return loss_scale * surface.formula(*back(x, y))

    def partials(x, y):
        u, v = surface.partials(*back(x, y))
        return loss_scale * (cos * u - sin * v), loss_scale * (sin * u + cos * v)

    fused = surface.both

    def both(x, y):
        assert fused is not None
        value, (u, v) = fused(*back(x, y))
        return loss_scale * value, (loss_scale * (cos * u - sin * v), loss_scale * (sin * u + cos * v))

    turn = np.array([[cos, -sin], [sin, cos]])

    def turned(points):
        return np.asarray(centre) + (np.asarray(points, float).reshape(-1, 2) - centre) @ turn.T

    whole = _with_beyond(surface)
    minima, saddles = turned(whole.minimum_points), turned(whole.saddles)
    seen, met = (
        np.ones(len(points), bool) if surface.beyond is None else _inside(points, surface.domain)
        for points in (minima, saddles)
    )
    return replace(
        surface,
        formula=formula,
        partials=partials,
        start=tuple(turned(surface.start)[0].tolist()),
        minima=tuple(
            Minimum(float(x), float(y), loss_scale * m.value, m.is_global)
            for (x, y), m, here in zip(minima, whole.minima, seen, strict=True)
            if here
        ),
        saddles=saddles[met],
        beyond=surface.beyond and (lambda: (minima[~seen], saddles[~met])),
        curvatures=surface.curvatures
        and (loss_scale * surface.curvatures[0], loss_scale * surface.curvatures[1]),
        axes=turn @ surface.axes,
        centre=(a, b),
        loss_scale=loss_scale * surface.loss_scale,
        both=fused and both,
    )


def _with_beyond(surface: Surface) -> Surface:
    """The surface with what lies just outside its domain among its minima and saddles."""
    if surface.beyond is None:
        return surface
    points, crossings = surface.beyond()
    values = surface.value(points)
    more = [Minimum(float(x), float(y), float(f), False) for (x, y), f in zip(points, values, strict=True)]
    minima = sorted((*surface.minima, *more), key=lambda m: (not m.is_global, m.value, m.x, m.y))
    return replace(surface, minima=tuple(minima), saddles=np.vstack([surface.saddles, crossings]))


def _inside(points: Array, domain: Domain) -> Array:
    """Which points (n, 2) lie in the domain."""
    (x0, x1), (y0, y1) = domain
    x, y = points.T
    return (x >= x0) & (x <= x1) & (y >= y0) & (y <= y1)


def from_formula(text: str, domain: Domain, start: tuple[float, float] | None = None) -> Surface:
    """A surface from a typed formula in x and y, such as "(1-x)^2 + 100*(y-x^2)^2".

    Differentiated exactly; its minima in the domain are searched for numerically (`found`), so one may be
    missing and there may be none. The start is the given one, else a quarter into the domain. ValueError, one
    sentence, if the text is refused.
    """
    expression = parse(text, ("x", "y"))

    def formula(x, y):
        return np.broadcast_to(expression(x, y), np.shape(x))

    def partials(x, y):
        return expression.value_and_gradient(x, y)[1]

    (x0, x1), (y0, y1) = domain
    start = start or (x0 + (x1 - x0) / 4, y0 + (y1 - y0) / 4)
    points = stationary.find_minima(formula, partials, domain)
    return _surface("formula", "Your formula", expression.latex(), formula, partials, domain, start, points,
                    found=True, both=expression.value_and_gradient)  # fmt: skip


def _surface(
    name: str,
    title: str,
    latex: str,
    formula: Callable[[Array, Array], Array],
    partials: Callable[[Array, Array], tuple[Array, Array]],
    domain: Domain,
    start: tuple[float, float],
    minima: Any,
    saddles: Any = (),
    **more: Any,
) -> Surface:
    """Make a surface, its minima valued and sorted."""
    points = np.asarray(minima, float).reshape(-1, 2)
    with np.errstate(all="ignore"):
        values = np.broadcast_to(formula(points[:, 0], points[:, 1]), len(points))
    least = values.min(initial=np.inf)
    alike = values <= least + 1e-9 * (1 + abs(least))
    records = [
        Minimum(float(x), float(y), float(f), bool(low))
        for (x, y), f, low in zip(points, values, alike, strict=True)
    ]
    records.sort(key=lambda m: (not m.is_global, m.value, m.x, m.y))
    crossings = np.asarray(saddles, float).reshape(-1, 2)
    return Surface(name, title, latex, formula, partials, domain, start, tuple(records), crossings, **more)


def _lattice(partials, reach: int) -> tuple[Array, Array]:
    """Minima near the whole-number points up to `reach`, and the saddles on the edges between them."""
    whole = np.arange(-reach, reach + 1.0)
    between = whole[:-1] + 0.5
    knots = np.array([(i, j) for i in whole for j in whole if (i, j) != (0, 0)])
    edges = np.array([p for i in whole for j in between for p in ((i, j), (j, i))])
    minima = stationary.newton(partials, knots)
    return np.vstack([[0.0, 0.0], minima]), stationary.newton(partials, edges)


@functools.cache
def _beyond(name: str, reach: float) -> tuple[Array, Array]:
    """Minima and saddles of a surface that repeats from one whole number to the next: those outside the
    square of this reach, as far out as its corners. Found when a turn first asks for them."""
    far = reach * np.sqrt(2)
    square = ((-reach, reach), (-reach, reach))
    found = _lattice(getattr(landscapes, name + "_partials"), int(np.ceil(far)))
    minima, saddles = (points[(np.hypot(*points.T) <= far) & ~_inside(points, square)] for points in found)
    return minima, saddles


_TANG = (-2.903534027771177, 0.15673125678034005, 2.7468027709908366)
"""The stationary points of Styblinski and Tang's function along one axis: minimum, maximum, minimum."""


def _all() -> dict[str, Surface]:
    outer, inner = _TANG[::2], _TANG[1]
    ackley_minima, ackley_saddles = _lattice(landscapes.ackley_partials, 5)
    rastrigin_minima, rastrigin_saddles = _lattice(landscapes.rastrigin_partials, 5)
    surfaces = [
        quadratic(),
        _named("ravine", "Ravine", r"\frac{x^2}{20} + \sqrt{y^2 + 0.01} - 0.1", 10, (-8.0, 3.0), [(0, 0)]),
        _named("rosenbrock", "Rosenbrock", r"(1 - x)^2 + 100\,(y - x^2)^2", 3, (-1.5, 2.0), [(1, 1)]),
        _named(
            "beale", "Beale", r"(1.5 - x + xy)^2 + (2.25 - x + xy^2)^2 + (2.625 - x + xy^3)^2", 4.5,
            (1.0, 1.5), [(3, 0.5)], [(0, 1), (0.10053793732415841, -2.6445135850231245)],
        ),
        _named(
            "himmelblau", "Himmelblau", r"(x^2 + y - 11)^2 + (x + y^2 - 7)^2", 6, (-0.5, -1.5),
            [(3, 2), (-2.805118086952745, 3.131312518250573),
             (-3.7793102533777469, -3.2831859912861694), (3.5844283403304917, -1.8481265269644036)],
            [(-3.0730257507643897, -0.0813530442879675), (-0.12796134673068005, -1.9537149802445766),
             (0.08667750455539634, 2.8842547011747763), (3.385154183607021, 0.07385187983774935)],
        ),
        _named("booth", "Booth", "(x + 2y - 7)^2 + (2x + y - 5)^2", 10, (-7.0, 6.0), [(1, 3)],
               curvatures=(2.0, 18.0)),
        _named("saddle", "Saddle", r"x^2 - y^2 + \frac{y^4}{4}", 3, (2.0, 0.01),
               [(0, -np.sqrt(2)), (0, np.sqrt(2))], [(0, 0)]),
        _named(
            "styblinski_tang", "Styblinski-Tang",
            r"\frac{1}{2}\left(x^4 - 16x^2 + 5x + y^4 - 16y^2 + 5y\right)", 5, (0.5, 1.0),
            [(x, y) for x in outer for y in outer],
            [(x, inner) for x in outer] + [(inner, y) for y in outer],
        ),
        _named(
            "ackley", "Ackley",
            r"20 + e - 20\,e^{-0.2\sqrt{(x^2+y^2)/2}} - e^{(\cos 2\pi x + \cos 2\pi y)/2}", 5.12,
            (3.6, 2.8), ackley_minima, ackley_saddles, beyond=functools.partial(_beyond, "ackley", 5.12),
        ),
        _named("rastrigin", "Rastrigin", r"20 + x^2 + y^2 - 10\cos 2\pi x - 10\cos 2\pi y", 5.12,
               (3.4, -2.6), rastrigin_minima, rastrigin_saddles,
               beyond=functools.partial(_beyond, "rastrigin", 5.12)),
        _named(
            "six_hump_camel", "Six-hump camel",
            r"\left(4 - 2.1x^2 + \frac{x^4}{3}\right)x^2 + xy + (4y^2 - 4)\,y^2", 0, (-1.9, -0.9),
            _mirrored((0.08984201310031806, -0.7126564030207396), (1.7036067149699807, -0.7960835686726251),
                      (1.6071047529201974, 0.5686514548841314)),
            [(0, 0), *_mirrored((1.1092053368047865, -0.7682680925095399),
                                (1.296070267167109, 0.6050843880386585),
                                (1.638067984189779, 0.22867406904439416))],
            domain=((-2.4, 2.4), (-1.4, 1.4)),
        ),
        _named("plateau", "Plateau", r"1 - \exp\left(-\frac{(x-2)^2 + 2(y-1)^2}{6}\right)", 6, (-3.0, -2.0),
               [(2, 1)]),
    ]  # fmt: skip
    return {surface.name: surface for surface in surfaces}


def _named(name, title, latex, reach, start, minima, saddles=(), domain=None, **more) -> Surface:
    """A surface whose functions `core.optimization.landscapes` holds under its name."""
    formula, partials = getattr(landscapes, name), getattr(landscapes, name + "_partials")
    domain = domain or ((-reach, reach), (-reach, reach))
    return _surface(name, title, latex, formula, partials, domain, start, minima, saddles, **more)


def _mirrored(*points: tuple[float, float]) -> list[tuple[float, float]]:
    """The points and their reflections in the origin."""
    return [(sign * x, sign * y) for x, y in points for sign in (1, -1)]


SURFACES: dict[str, Surface] = _all()
"""Every named surface: the quadratic bowl with condition number 10, the others as published."""
