"""What lies still under a plot's trails: maps, contours, regions, lines, points, landmarks, colour bars.

A plot is handed its layers with `Plot.set_ground(...)`; they are painted in order into its cached picture,
and so cost nothing while a run plays. Layers are made anew when what they show changes.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QImage, QPainter, QPen, QPolygonF

from app.stage import colours, lines
from app.stage import theme as look
from app.stage.axes import Mapping, Span, log_strings, log_ticks
from app.stage.colours import ColourMap
from app.stage.contours import contours
from app.stage.marks import draw_symbol, unit
from app.stage.theme import Theme

Array = np.ndarray


@dataclass
class Paper:
    """What a layer paints on. `taken` are the places of labels so far: later ones keep clear of them.

    The labels themselves are handed over in `labels`, place, words and colour: they are painted over the
    trails, which would cross them out.
    """

    painter: QPainter
    mapping: Mapping
    theme: Theme
    font: QFont
    taken: list[QRectF] = field(default_factory=list)
    labels: list[tuple[QRectF, str, QColor]] = field(default_factory=list)

    def label(self, at: QPointF, text: str, colour: QColor, gap: float = 6.0, *, below: bool = False) -> None:
        """Write beside a point (or under it) where there is room; not at all if every side is taken."""
        size = QFontMetricsF(self.font).size(0, text)
        w, h = size.width() + 4, size.height()
        places = [(gap, -h / 2), (-gap - w, -h / 2), (-w / 2, -gap - h), (-w / 2, gap)]
        for left, top in reversed(places) if below else places:
            box = QRectF(at.x() + left, at.y() + top, w, h)
            if left == -w / 2:
                box.moveLeft(min(max(box.left(), self.mapping.rect.left()), self.mapping.rect.right() - w))
            if self.mapping.rect.contains(box) and not any(box.intersects(other) for other in self.taken):
                self.taken.append(box)
                self.labels.append((box, text, colour))
                return


class Layer:
    """One thing on the ground. `over_axes` layers may paint outside the axes."""

    over_axes = False

    def paint(self, paper: Paper) -> None:
        raise NotImplementedError


class Heatmap(Layer):
    """A map of magnitudes, with contour lines.

    Args:
        values: (rows, columns), row 0 at the low end of `y`; evenly spaced along the axes (on a log axis:
            evenly in the logarithm). NaN is left blank.
        x, y: the ends in data coordinates: the outermost nodes, or with `cells` the outer edges.
        colour_map: "diverging" only about a true zero, which it centres.
        span: values at the ends of the colour map; the least and greatest unless told.
        levels: how many contour lines, evenly through the span, or at which values.
        cells: whether each value is a cell with edges (a pixel to be clicked) or a node of a smooth map.
        strength: how much of the full colour; 0.3 leaves trails legible.
    """

    def __init__(
        self, values: Array, x: Span, y: Span, *, colour_map: ColourMap = "viridis", span: Span | None = None,
        levels: int | Sequence[float] = 0, cells: bool = False, strength: float = colours.STRENGTH,
    ) -> None:  # fmt: skip
        self.values = np.asarray(values, float)
        self.x, self.y = x, y
        self.colour_map: ColourMap = colour_map
        self.cells = cells
        self.strength = strength
        finite = self.values[np.isfinite(self.values)]
        low, high = span or ((float(finite.min()), float(finite.max())) if len(finite) else (0.0, 1.0))
        if colour_map == "diverging":
            high = max(abs(low), abs(high))
            low = -high
        self.span = (low, high if high > low else low + 1.0)
        if isinstance(levels, int):
            self.levels = tuple(np.linspace(*self.span, levels + 2)[1:-1].tolist())
        else:
            self.levels = tuple(levels)
        self._lines: Array | None = None
        self._image: tuple[str, QImage, Array] | None = None

    def paint(self, paper: Paper) -> None:
        painter = paper.painter
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, not self.cells)
        painter.drawImage(_place(self, paper.mapping, self.values.shape), self._picture(paper.theme))
        if self.levels:
            colour = QColor(paper.theme.text)
            colour.setAlphaF(0.22)
            painter.setPen(lines.pen(colour, 1.0, Qt.PenCapStyle.FlatCap))
            lines.draw(painter, lines.clipped(self._contours(paper.mapping), paper.mapping.rect))

    def _picture(self, theme: Theme) -> QImage:
        if self._image is None or self._image[0] != theme.name:
            table = colours.of(self.colour_map, theme, self.strength).astype(np.uint32)
            packed = (0xFF << 24) | (table[:, 0] << 16) | (table[:, 1] << 8) | table[:, 2]
            low, high = self.span
            with np.errstate(invalid="ignore", over="ignore"):
                index = np.clip((self.values - low) * (255.0 / (high - low)), 0, 255)
            pixels = packed[np.where(np.isnan(index), 0, index).astype(np.uint8)].astype(np.uint32)
            pixels[np.isnan(self.values)] = 0
            self._image = (theme.name, *_image(pixels))
        return self._image[1]

    def _contours(self, mapping: Mapping) -> Array:
        if self._lines is None:
            self._lines = contours(self.values, self.levels)
        rows, columns = self.values.shape
        box = _place(self, mapping, self.values.shape)
        across, down = box.width() / columns, box.height() / rows
        scale = np.array([across, -down, across, -down])
        origin = np.array([box.left() + across / 2, box.bottom() - down / 2] * 2)
        return self._lines * scale + origin


class Classes(Layer):
    """A map of classes: which minimum is reached from where, which side of a decision a point is on.

    Args:
        codes: (rows, columns) of whole numbers, row 0 at the low end of `y`; negative ones are left blank.
        x, y: the outer edges in data coordinates.
        class_colours: for each code, a thing's name, a role of the palette or "#RRGGBB".
        shade: (rows, columns) in [0, 1], how strong each cell is (how fast it got there); even unless told.
        strength: share of the full colour where `shade` is 1.
    """

    def __init__(
        self, codes: Array, x: Span, y: Span, class_colours: Sequence[str], *, shade: Array | None = None,
        strength: float = 0.45,
    ) -> None:  # fmt: skip
        self.codes = np.asarray(codes)
        self.x, self.y = x, y
        self.cells = True
        self.class_colours = tuple(class_colours)
        self.shade = None if shade is None else np.clip(np.asarray(shade, float), 0.0, 1.0)
        self.strength = strength
        self._image: tuple[str, QImage, Array] | None = None

    def paint(self, paper: Paper) -> None:
        paper.painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)
        paper.painter.drawImage(_place(self, paper.mapping, self.codes.shape), self._picture(paper.theme))

    def _picture(self, theme: Theme) -> QImage:
        if self._image is None or self._image[0] != theme.name:
            named = [colours.rgb(colours.resolve(theme, c)) for c in self.class_colours] or [np.zeros(3)]
            full = np.array(named)[np.maximum(self.codes, 0)]
            share = np.full(self.codes.shape, self.strength)
            if self.shade is not None:
                share = share * (0.35 + 0.65 * self.shade)
            ground = colours.rgb(QColor(theme.panel))
            mixed = np.round(share[..., None] * full + (1 - share[..., None]) * ground).astype(np.uint32)
            pixels = (0xFF << 24) | (mixed[..., 0] << 16) | (mixed[..., 1] << 8) | mixed[..., 2]
            pixels = np.where(self.codes < 0, 0, pixels).astype(np.uint32)
            self._image = (theme.name, *_image(pixels))
        return self._image[1]


@dataclass(frozen=True, eq=False)
class Region(Layer):
    """A shaded polygon (n, 2), in data coordinates, named at its middle."""

    points: Array
    colour: str = "accent"
    label: str = ""
    opacity: float = 0.12

    def paint(self, paper: Paper) -> None:
        fill = colours.resolve(paper.theme, self.colour)
        edge, shaded = QColor(fill), QColor(fill)
        edge.setAlphaF(0.5)
        shaded.setAlphaF(self.opacity)
        corners = [QPointF(*p) for p in paper.mapping.pixels(self.points).tolist()]
        paper.painter.setPen(QPen(edge, 1.0))
        paper.painter.setBrush(shaded)
        paper.painter.drawPolygon(QPolygonF(corners))
        if self.label and corners:
            middle = sum(corners, QPointF()) / len(corners)
            paper.label(middle, self.label, QColor(paper.theme.text), 0.0)


@dataclass(frozen=True, eq=False)
class Line(Layer):
    """A polyline (n, 2) that stays: a theory's curve, a boundary, an axis through zero. Gaps where NaN."""

    points: Array
    colour: str = "text"
    label: str = ""
    style: Qt.PenStyle = Qt.PenStyle.SolidLine
    width: float = 1.4
    label_at: float = 0.5
    """Where along the points its name stands, 0 to 1."""

    def paint(self, paper: Paper) -> None:
        pixels = paper.mapping.pixels(self.points)
        cut = lines.clipped(lines.segments(lines.simplified(pixels)), paper.mapping.rect)
        if self.style in lines.STYLES:
            cut, _ = lines.dashed(cut, lines.STYLES[self.style])
        colour = colours.resolve(paper.theme, self.colour)
        paper.painter.setPen(lines.pen(colour, self.width * unit(), Qt.PenCapStyle.FlatCap))
        lines.draw(paper.painter, cut)
        if self.label and len(pixels):
            at = pixels[round(self.label_at * (len(pixels) - 1))]
            if np.isfinite(at).all():
                paper.label(QPointF(*at.tolist()), self.label, colour)


@dataclass(frozen=True, eq=False)
class Points(Layer):
    """Many like markers (n, 2): a data set."""

    points: Array
    thing: str
    size: float = 4.0

    def paint(self, paper: Paper) -> None:
        colour, casing = paper.theme.colour(self.thing), QColor(paper.theme.panel)
        for at in paper.mapping.pixels(self.points).tolist():
            if math.isfinite(at[0]) and math.isfinite(at[1]):
                draw_symbol(paper.painter, QPointF(*at), look.MARKERS[self.thing], colour,
                            self.size * unit(), casing)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Landmark(Layer):
    """A point worth knowing: a global minimum (filled), a local one (small and open), a saddle (a cross)."""

    x: float
    y: float
    kind: Literal["global", "local", "saddle", "best"] = "global"
    label: str = ""
    below: bool = False
    """Whether its name stands under it, clear of the ring of a runner that has arrived."""

    def paint(self, paper: Paper) -> None:
        at = paper.mapping.point(self.x, self.y)
        if at is None or not paper.mapping.rect.adjusted(-1, -1, 1, 1).contains(at):
            return
        ink, panel = QColor(paper.theme.text), QColor(paper.theme.panel)
        painter, size = paper.painter, unit()
        if self.kind == "local":
            painter.setPen(QPen(ink, 1.2))
            painter.setBrush(panel)
            painter.drawEllipse(at, 2.6 * size, 2.6 * size)
        else:
            name = {"global": "+", "saddle": "x", "best": "star"}[self.kind]
            draw_symbol(painter, at, name, ink, (8.0 if self.kind == "best" else 6.5) * size, panel)
        reach = 8 * size
        paper.taken.append(
            QRectF(at.x() - reach, at.y() - reach, 2 * reach, 2 * reach).adjusted(4, 4, -4, -4)
        )
        if self.label:
            paper.label(at, self.label, ink, 2 * reach if self.below else reach + 1, below=self.below)


class ColourBar(Layer):
    """A narrow bar beside the plot that says what the colours mean.

    `ticks` are (value, words), values as in the map (a map of logarithms has ticks such as (-2, "0.01")).
    """

    over_axes = True
    BAR = 10.0

    def __init__(self, heatmap: Heatmap, ticks: Sequence[tuple[float, str]], title: str = "") -> None:
        self.heatmap = heatmap
        self.ticks = tuple(ticks)
        self.title = title

    def width(self, font: QFont) -> float:
        """Pixels that the plot keeps free for it."""
        metrics = QFontMetricsF(font)
        words = max((metrics.horizontalAdvance(text) for _, text in self.ticks), default=0.0)
        return max(16 + self.BAR + 6 + words, 16 + metrics.horizontalAdvance(self.title)) + 4

    def paint(self, paper: Paper) -> None:
        painter, box = paper.painter, paper.mapping.rect
        bar = QRectF(box.right() + 14, box.top(), self.BAR, box.height())
        table = colours.of(self.heatmap.colour_map, paper.theme, self.heatmap.strength).astype(np.uint32)
        column = ((0xFF << 24) | (table[:, 0] << 16) | (table[:, 1] << 8) | table[:, 2])[:, None]
        image, kept = _image(column.astype(np.uint32))
        painter.drawImage(bar, image)
        del kept
        painter.setPen(QPen(paper.theme.mix(paper.theme.muted, 0.55), 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(bar)
        painter.setFont(paper.font)
        painter.setPen(QColor(paper.theme.muted))
        height = QFontMetricsF(paper.font).height()
        low, high = self.heatmap.span
        for value, text in self.ticks:
            if low <= value <= high:
                y = bar.bottom() - (value - low) / (high - low) * bar.height()
                place = QRectF(bar.right() + 5, y - height / 2, 1000, height)
                painter.drawText(place, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, text)
        if self.title:
            place = QRectF(bar.left(), bar.top() - height - 4, 1000, height)
            painter.drawText(place, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, self.title)


def _place(layer: Heatmap | Classes, mapping: Mapping, shape: tuple[int, ...]) -> QRectF:
    """Where the picture lies. Nodes are the middles of its pixels, so it reaches half a pixel beyond them."""
    box = mapping.rectangle(layer.x, layer.y)
    if layer.cells:
        return box
    across = 0.5 * box.width() / max(1, shape[1] - 1)
    down = 0.5 * box.height() / max(1, shape[0] - 1)
    return box.adjusted(-across, -down, across, down)


def _image(pixels: Array) -> tuple[QImage, Array]:
    """A picture of packed colours, low row at the bottom, and the memory that it reads: keep both."""
    flipped = np.ascontiguousarray(pixels[::-1], dtype=np.uint32)
    rows, columns = flipped.shape
    image = QImage(flipped.data, columns, rows, 4 * columns, QImage.Format.Format_ARGB32_Premultiplied)
    return image, flipped


def log_ticks_for(span: Span, offset: float = 0.0) -> list[tuple[float, str]]:
    """Ticks for the colour bar of a map of base-10 logarithms: whole decades within the span."""
    low, high = span
    exponents = log_ticks(low + offset, high + offset, 8)[0][1]
    return [(at - offset, text) for at, text in zip(exponents, log_strings(exponents), strict=True)]
