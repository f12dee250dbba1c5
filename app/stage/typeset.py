"""An equation set once as a picture with empty places, into which the numbers of each step are painted.

Pure functions over strings: they run in a job (10 to 60 ms each) and hold no Qt object. The places are found
by giving each a colour of its own, filling it with digits, and measuring where that colour went.
"""

from __future__ import annotations

import functools
import math
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct

from app.stage.numbers import slot

LONGEST = 4
"""Vectors with more components show the first two, dots and the last."""
DIGITS = 7
"""Room, in digits, for a number that changes with the step: "−0.0123" fits."""
INDENT, LEADING, GAP = 12.0, 8.0, 3.0
"""Pixels: continued lines are set in, lines apart, parts of a line apart."""
SMALLEST = 0.6
"""What does not fit even alone on a line is set smaller, down to this share."""

_SLOT = re.compile(r"<([A-Za-z_]\w*)>")
_NAMES = 888_000_000
"""Slots go through LaTeX as numbers from here on; no template contains such a number."""
_COORDINATES = re.compile(r"-?\d+\.?\d*(?:e-?\d+)?")
_WIDE = {"−": 1.4, "×": 1.4, ".": 0.5, ",": 0.5, "\u202f": 0.4}


class Need(Struct, frozen=True):
    """The room a slot needs: `rows` components (0: a scalar) of so many digits."""

    name: str
    rows: int
    digits: int

    def wider(self, other: Need | None) -> Need:
        """Room for both, so that a place never shrinks while a run goes on."""
        if other is None or other.rows != self.rows:
            return self
        return self if self.digits >= other.digits else other


class Request(Struct, frozen=True):
    """What to set, and how: the cache's key. `colour` "#RRGGBB", `size` and `width` in pixels."""

    template: str
    needs: tuple[Need, ...]
    colour: str
    size: float
    width: float


class Slot(Struct, frozen=True):
    """A place for one number: its left end, baseline and width, and the size of its digits, in pixels.

    `component` is -1 for a scalar. A negative number takes brackets where `brackets` says so.
    """

    name: str
    component: int
    x: float
    baseline: float
    width: float
    size: float
    brackets: bool = False


class Typeset(Struct, frozen=True):
    """The picture without its numbers, and where they go."""

    request: Request
    svg: bytes
    width: float
    height: float
    slots: tuple[Slot, ...]


def needs(template: str, values: Mapping[str, Any]) -> tuple[Need, ...]:
    """The room that each slot of a template needs for these values. KeyError for a slot without a value."""
    found = []
    for name in dict.fromkeys(_SLOT.findall(template)):
        value = values[name]
        if hasattr(value, "__len__") and not isinstance(value, str):
            found.append(Need(name, len(value), max((_digits(v) for v in value), default=1)))
        else:
            found.append(Need(name, 0, _digits(value)))
    return tuple(found)


def components(rows: int) -> list[int]:
    """Which components of a vector are shown; -1 stands for the dots."""
    return list(range(rows)) if rows <= LONGEST else [0, 1, -1, rows - 1]


def _digits(value: Any) -> int:
    """Short numbers (0.9, 10⁻⁸, a step count) get their own width, all others that of a changing number."""
    if isinstance(value, str):
        return max(1, len(value))
    short = not math.isfinite(value) or math.isclose(value, float(f"{value:.3g}"), rel_tol=1e-12)
    if isinstance(value, int) or short:
        text = slot(value)
        return math.ceil(sum(0.7 if c in "⁰¹²³⁴⁵⁶⁷⁸⁹⁻" else _WIDE.get(c, 1.0) for c in text) - 0.1)
    return DIGITS


@functools.lru_cache(maxsize=256)
def typeset(request: Request) -> Typeset:
    """Set an equation in lines no wider than asked, broken at its top-level "=". Takes 10 to 60 ms.

    ValueError names a template that is no LaTeX.
    """
    try:
        return _Setter(request).run()
    except Exception as error:  # the parser has an exception for each mistake, and asserts besides
        raise ValueError(f"Not an equation that can be set: {request.template} ({error!r})") from error


class _Part:
    """A piece of the equation between two places where a line may end."""

    def __init__(self, node: Any) -> None:
        self.node = node
        box = node.node.bbox
        self.width, self.ascent, self.descent = box.xmax, box.ymax, -box.ymin


class _Setter:
    def __init__(self, request: Request) -> None:
        self.request = request
        self.needs = {need.name: need for need in request.needs}
        self.places: list[tuple[str, int, bool]] = []
        """Name, component and brackets of each slot; its index is its colour."""

    def run(self) -> Typeset:
        lines = list(self._lines())
        svg = ET.Element("svg", {"xmlns": "http://www.w3.org/2000/svg"})
        y = 1.0
        width = 0.0
        for line in lines:
            y += max(part.ascent for _, part in line)
            for x, part in line:
                part.node.drawon(svg, x, y)
                width = max(width, x + part.width)
            y += max(part.descent for _, part in line) + LEADING
        height = y - LEADING + 1.0
        slots = self._take_slots(svg)
        width = min(max(width, 1.0) + 1.0, self.request.width)
        svg.attrib |= {"width": f"{width:g}", "height": f"{height:g}", "viewBox": f"0 0 {width:g} {height:g}"}
        return Typeset(self.request, ET.tostring(svg), width, height, slots)

    # --- lines -----------------------------------------------------------------------------------

    def _lines(self) -> Iterator[list[tuple[float, _Part]]]:
        """Parts with their left ends, a list for each line."""
        line: list[tuple[float, _Part]] = []
        x = 0.0
        for part in self._parts():
            if line and x + part.width > self.request.width:
                yield line
                line, x = [], INDENT
            line.append((x, part))
            x += part.width + GAP
        yield line

    def _parts(self) -> Iterator[_Part]:
        for index, text in enumerate(split(self.request.template, ("=", r"\approx", r"\leftarrow"))):
            part = self._part(text)
            room = self.request.width - (INDENT if index else 0.0)
            if part.width <= room:
                yield part
                continue
            for piece in split(text, ("+", "-"), first=1):
                yield self._fitting(piece)

    def _fitting(self, text: str) -> _Part:
        part = self._part(text)
        room = self.request.width - INDENT
        if part.width <= room:
            return part
        return self._part(text, max(SMALLEST, 0.99 * room / part.width))

    def _part(self, text: str, scale: float = 1.0) -> _Part:
        import ziamath
        from ziamath.tex import tex2mml

        ziamath.config.svg2 = False
        latex = _SLOT.sub(self._placeholder, text)
        if text.lstrip().startswith(("=", "+", "-", r"\approx", r"\leftarrow")):
            latex = "{}" + latex  # an operator between two things, not a sign
        math_ml = ET.fromstring(tex2mml(latex, inline=False))
        for element in math_ml.iter():
            if element.tag.endswith("mn") and (element.text or "").isdigit():
                self._colour(element)
        return _Part(ziamath.Math(math_ml, size=self.request.size * scale))

    # --- slots -----------------------------------------------------------------------------------

    def _placeholder(self, match: re.Match[str]) -> str:
        need = self.needs[match[1]]
        before = match.string[: match.start()].rstrip()
        after = match.string[match.end() :].lstrip()
        if not need.rows:
            brackets = before.endswith(("+", "-", r"\cdot", r"\times", "/")) or after.startswith("^")
            return self._number(need.name, -1, brackets)
        rows = [
            r"\vdots" if i < 0 else self._number(need.name, i, False)[1:-1] for i in components(need.rows)
        ]
        matrix = r"\begin{pmatrix}" + r"\\".join(rows) + r"\end{pmatrix}"
        # Braces only where a superscript needs them: what is nested is measured once more at each level.
        return f"{{{matrix}}}" if after.startswith(("^", "_")) else matrix

    def _number(self, name: str, component: int, brackets: bool) -> str:
        self.places.append((name, component, brackets))
        return f"{{{_NAMES + len(self.places) - 1}}}"

    def _colour(self, element: ET.Element) -> None:
        """Turn a slot's number into as many digits as it needs, in its colour."""
        index = int(element.text or 0) - _NAMES
        if 0 <= index < len(self.places):
            name, _, brackets = self.places[index]
            element.text = "8" * (self.needs[name].digits + (1 if brackets and self._is_live(name) else 0))
            element.set("mathcolor", f"#{index + 1:06x}")

    def _is_live(self, name: str) -> bool:
        return self.needs[name].digits >= DIGITS

    def _take_slots(self, svg: ET.Element) -> tuple[Slot, ...]:
        """Measure the coloured digits, and take them out of the picture."""
        boxes: dict[int, list[float]] = {}
        for group in svg.iter():
            for path in list(group):
                colour = path.get("fill", "")
                index = int(colour[1:], 16) - 1 if re.fullmatch("#[0-9a-f]{6}", colour) else -1
                if not 0 <= index < len(self.places):
                    if colour == "black":
                        path.set("fill", self.request.colour)
                    continue
                group.remove(path)
                numbers = [float(n) for n in _COORDINATES.findall(path.get("d", ""))]
                xs, ys = numbers[0::2], numbers[1::2]
                box = boxes.setdefault(index, [math.inf, math.inf, -math.inf, -math.inf])
                boxes[index] = [min(box[0], *xs), min(box[1], *ys), max(box[2], *xs), max(box[3], *ys)]
        height, drop = _digit()
        slots = []
        for index, (left, top, right, bottom) in sorted(boxes.items()):
            name, component, brackets = self.places[index]
            size = (bottom - top) / height
            slots.append(Slot(name, component, left, bottom - drop * size, right - left, size, brackets))
        return tuple(slots)


@functools.cache
def _digit() -> tuple[float, float]:
    """How high the digit 8 is, and how far it reaches below the baseline, in ems."""
    import ziamath

    box = ziamath.Math("<math><mn>8</mn></math>", size=100).node.bbox
    return (box.ymax - box.ymin) / 100, -box.ymin / 100


def split(latex: str, operators: tuple[str, ...], first: int = 0) -> list[str]:
    r"""Cut LaTeX before each operator that stands at its top level: in no braces, brackets or environment.

    `first` operators at the very start are not cut off.

    >>> split(r"v = \frac{a=b}{c} + d = <v>", ("=",))
    ['v ', '= \\frac{a=b}{c} + d ', '= <v>']
    """
    pieces, depth, start = [], 0, 0
    for token in re.finditer(r"\\[A-Za-z]+|\\.|<\w+>|.", latex, re.DOTALL):
        text = token[0]
        if text in ("{", "(", "[", r"\begin"):
            depth += 1
        elif text in ("}", ")", "]", r"\end"):
            depth -= 1
        elif depth == 0 and text in operators and latex[start : token.start()].strip():
            head = latex[start : token.start()].strip()
            if not (first and head in ("=", r"\approx", r"\leftarrow")):
                pieces.append(latex[start : token.start()])
                start = token.start()
    return [*pieces, latex[start:]]
