"""A chart as data: series of points on two axes, ready to be drawn at some size."""

from dataclasses import dataclass

SMALLEST_CHART = (20, 6)
"""With fewer columns or rows, axes leave no room to draw in."""


@dataclass(frozen=True, slots=True)
class Axis:
    """One axis: its range, the ticks as (position, text), and what it counts."""

    low: float
    high: float
    ticks: tuple[tuple[float, str], ...]
    label: str


@dataclass(frozen=True, slots=True)
class Line:
    """One series: points in drawing order, all finite.

    `part` is the component class that has its colour; points that are not `joined` stand alone.
    """

    xs: tuple[float, ...]
    ys: tuple[float, ...]
    part: str
    joined: bool = True


@dataclass(frozen=True, slots=True)
class ChartModel:
    """Lines, drawn in order so that the last lies on top, on an x and a y axis."""

    lines: tuple[Line, ...]
    x: Axis
    y: Axis
