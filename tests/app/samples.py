"""A small scene of each kind that the stage must carry. Real configs, generators and views, no mocks."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen

from app.stage.scene import Card, Preset, Scene
from app.stage.view import View
from core.config import Config, ConfigError, Source, choice, number, replace, setting
from core.trace import Equation, Frame, Trace, freeze

Coordinate = Annotated[float, number(-10.0, 10.0, "Coordinate")]


# --- a random walk: checkpoints, a live field, a view field ----------------------------------------


class WalkConfig(Config):
    steps: Annotated[int, number(2, 400, "Steps")] = 200
    spread: Annotated[float, number(1e-3, 10.0, "Spread", scale="log", role="live")] = 1.0
    every: Annotated[int, number(1, 50, "Checkpoint every", "Frames between two checkpoints")] = 7
    shape: Annotated[Literal["normal", "uniform"], choice("Shape")] = "normal"
    mirrored: Annotated[bool, setting("Mirrored", role="view")] = False
    seed: Annotated[int, number(0, 9999, "Seed")] = 0

    def frames(self) -> int:
        return self.steps + 1


class WalkFrame(Frame, frozen=True, eq=False):
    step: int
    place: np.ndarray
    random_state: dict[str, Any] | None

    def columns(self) -> dict[str, Any]:
        return {"place": self.place}

    def explain(self, config: Any = None) -> list[Equation]:
        values = {"x": float(self.place[0]), "t": float(self.step)}
        return [Equation("the walk", r"x_t = <x>,\; t = <t>", values, "tests.app.samples:walk")]

    @property
    def resumable(self) -> bool:
        return self.random_state is not None


def walk(config: WalkConfig, inputs: Any = None, start: WalkFrame | None = None) -> Iterator[WalkFrame]:
    rng = np.random.default_rng(config.seed)
    if start is None:
        step, place = 0, np.zeros(2)
        yield WalkFrame(0, freeze(place), rng.bit_generator.state)
    else:
        step, place = start.step, start.place
        rng.bit_generator.state = start.random_state
    while True:
        draw = rng.normal(size=2) if config.shape == "normal" else rng.uniform(-1, 1, size=2)
        place = place + config.spread * draw  #: the walk
        step += 1
        state = rng.bit_generator.state if step % config.every == 0 else None
        yield WalkFrame(step, freeze(place), state)


# --- endless, timeless, failing ---------------------------------------------------------------------


class ClockConfig(Config):
    period: Annotated[float, number(1.0, 100.0, "Period", unit="steps", role="live")] = 30.0


class ClockFrame(Frame, frozen=True, eq=False):
    phase: float

    def columns(self) -> dict[str, Any]:
        return {"place": np.array([math.cos(self.phase), math.sin(self.phase)])}


def clock(config: ClockConfig, inputs: Any = None, start: ClockFrame | None = None) -> Iterator[ClockFrame]:
    phase = 0.0 if start is None else start.phase
    if start is None:
        yield ClockFrame(0.0)
    while True:
        phase += 2 * math.pi / config.period
        yield ClockFrame(phase)


class StillConfig(Config):
    angle: Annotated[float, number(0.0, 360.0, "Angle", unit="°")] = 30.0


def still(config: StillConfig, inputs: Any = None, start: Any = None) -> Iterator[ClockFrame]:
    yield ClockFrame(math.radians(config.angle))


class FaultyConfig(Config):
    at: Annotated[int, number(1, 100, "Breaks at step")] = 20
    steps: Annotated[int, number(1, 200, "Steps")] = 100

    def frames(self) -> int:
        return self.steps + 1


def faulty(config: FaultyConfig, inputs: Any = None, start: Any = None) -> Iterator[ClockFrame]:
    for step in range(config.steps + 1):
        if step == config.at:
            raise RuntimeError("a fault put here on purpose")
        yield ClockFrame(step / 10)


# --- a file, read in a job ---------------------------------------------------------------------------


class FileConfig(Config):
    data: Annotated[Source, setting("Data", bundled=["circle", "spiral"])] = Source(name="circle")
    stretch: Annotated[float, number(0.1, 3.0, "Stretch")] = 1.0
    steps: Annotated[int, number(1, 100, "Steps")] = 50

    def frames(self) -> int:
        return self.steps + 1


def read_points(config: FileConfig) -> np.ndarray:
    if config.data.name:
        turn = np.linspace(0, 2 * np.pi, 51)
        radius = np.ones(51) if config.data.name == "circle" else turn / 6
        return np.stack([radius * np.cos(turn), radius * np.sin(turn)], axis=1)
    rows = []
    for number_, line in enumerate(Path(config.data.path).read_text().splitlines(), 1):
        try:
            x, y = map(float, line.split(","))
        except ValueError:
            what = f"line {number_}: expected two numbers, found {line[:40]!r}."
            raise ConfigError(f"{Path(config.data.path).name}, {what}", "data") from None
        rows.append((x, y))
    return np.array(rows)


read_points.fields = ("data",)  # type: ignore[attr-defined]


class PointFrame(Frame, frozen=True, eq=False):
    place: np.ndarray
    step: int

    def columns(self) -> dict[str, Any]:
        return {"place": self.place}


def tour(config: FileConfig, inputs: Any = None, start: PointFrame | None = None) -> Iterator[PointFrame]:
    first = 0 if start is None else start.step + 1
    for step in range(first, config.steps + 1):
        yield PointFrame(freeze(config.stretch * inputs[step % len(inputs)]), step)


# --- a canvas of points ------------------------------------------------------------------------------


class CanvasConfig(Config):
    points: tuple[tuple[Coordinate, Coordinate], ...] = ((0.0, 0.0), (3.0, 1.0), (1.0, 4.0))
    closed: Annotated[bool, setting("Closed", role="view")] = True
    steps: Annotated[int, number(1, 60, "Steps")] = 30

    def frames(self) -> int:
        return self.steps + 1


def visit_points(
    config: CanvasConfig, inputs: Any = None, start: PointFrame | None = None
) -> Iterator[PointFrame]:
    first = 0 if start is None else start.step + 1
    places = config.points or ((0.0, 0.0),)
    for step in range(first, config.steps + 1):
        yield PointFrame(freeze(places[step % len(places)], float), step)


# --- one view for all of them ------------------------------------------------------------------------


class SampleView(View):
    """Draws the places up to the playhead; a press on it moves or adds a point of a canvas."""

    SCALE: ClassVar[float] = 20.0

    def __init__(self, parent: Any = None) -> None:
        super().__init__(parent)
        self.places = np.empty((0, 2))
        self.drawn = 0

    def draw(self, trace: Trace, index: int) -> None:
        self.places = trace.series("place")[: index + 1]
        self.drawn += 1
        self.update()

    def describe(self, trace: Trace, index: int) -> str:
        x, y = trace.series("place")[index]
        return f"Step {index} at ({x:.3g}, {y:.3g})."

    def notes(self, trace: Trace, index: int) -> list[str]:
        return [self.describe(trace, index)]

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), self.theme.panel)
        painter.setPen(QPen(QColor(self.theme.accent), 1))
        sign = -1 if getattr(self.config, "mirrored", False) else 1
        painter.drawPolyline([self._pixel(sign * x, y) for x, y in self.places])
        for x, y in self.places[-1:]:
            painter.drawEllipse(self._pixel(sign * x, y), 7, 7)
        painter.setBrush(Qt.GlobalColor.red)
        for x, y in getattr(self.config, "points", ()):
            painter.drawEllipse(self._pixel(x, y), 4, 4)
        painter.end()

    def _pixel(self, x: float, y: float) -> QPointF:
        return QPointF(self.width() / 2 + self.SCALE * x, self.height() / 2 - self.SCALE * y)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if isinstance(self.config, CanvasConfig):
            x = (event.position().x() - self.width() / 2) / self.SCALE
            y = (self.height() / 2 - event.position().y()) / self.SCALE
            self.edited.emit(replace_unchecked(self.config, ((x, y), *self.config.points[1:])))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self.committed.emit()


def replace_unchecked(config: CanvasConfig, points: tuple[tuple[float, float], ...]) -> CanvasConfig:
    import msgspec

    return msgspec.structs.replace(config, points=points)


class BrokenView(SampleView):
    def draw(self, trace: Trace, index: int) -> None:
        if index == 5:
            raise ZeroDivisionError("a drawing fault put here on purpose")
        super().draw(trace, index)


CARD = Card(
    presets=(
        Preset("As it is", "", "Press play.", "A line grows."),
        Preset("Also so", "", "Press play again.", "The same line."),
        Preset("And so", "", "Step back.", "The line shrinks."),
    ),
    question="What will it do next?",
    wrong_answer="Stop.",
    minutes=1,
)

HERE = "tests.app.samples:"


def _scene(id: str, title: str, config: str, algorithm: str, **more: Any) -> Scene:
    view = HERE + more.pop("view", "SampleView")
    return Scene(
        f"optimization/{id}", title, f"What does {title.lower()} show?", HERE + config, HERE + algorithm,
        view, HERE + "CARD", **more,
    )  # fmt: skip


SAMPLES = (
    _scene("walk", "A walk", "WalkConfig", "walk", telling=100),
    _scene("walk-in-job", "A walk in a job", "WalkConfig", "walk", telling=100, in_job=True),
    _scene("clock", "A clock", "ClockConfig", "clock", telling=10),
    _scene("still", "A still", "StillConfig", "still", timeless=True),
    _scene("file", "A file", "FileConfig", "tour", prepare=HERE + "read_points", telling=20),
    _scene("canvas", "A canvas", "CanvasConfig", "visit_points", telling=5),
)
BROKEN = (
    _scene("faulty", "A faulty run", "FaultyConfig", "faulty", telling=50),
    _scene("broken", "A broken view", "WalkConfig", "walk", view="BrokenView", telling=3),
)

__all__ = ["BROKEN", "SAMPLES", "replace"]
