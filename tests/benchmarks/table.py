"""The rows of the benchmark and how they are written down."""

import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Row:
    """One figure, perhaps beside a peer's; each sequence has a value a round.

    Attributes:
        figure: what was measured.
        ours: our values.
        unit: written after ours and the peer's.
        peer: the peer's values; empty where there is none, or it could not be measured.
        ratio: of ours and the peer's, round by round; what the goal is about if there is a peer.
        compared: whether there is a peer to compare with, measured or not.
        goal: what the median must reach, or with `at_most` not exceed; None: it only informs.
    """

    figure: str
    ours: Sequence[float]
    unit: str = ""
    peer: Sequence[float] = ()
    ratio: Sequence[float] = ()
    compared: bool = False
    goal: float | None = None
    at_most: bool = False

    @property
    def reached(self) -> bool | None:
        """Whether the goal is reached; None without a goal or without anything measured."""
        values = self.ratio if self.compared else self.ours
        if self.goal is None or not len(values):
            return None
        median = float(np.median(values))
        return median <= self.goal if self.at_most else median >= self.goal

    def cells(self) -> tuple[str, ...]:
        """Return figure, ours, the peer's, their ratio, the goal, and whether it is reached."""
        ours = with_spread(self.ours, self.unit)
        peer = ratio = ""
        if self.compared:
            ours = f"{number(float(np.median(self.ours)))}{self.unit}"
            peer = "not installed"
            if len(self.peer):
                peer = f"{number(float(np.median(self.peer)))}{self.unit}"
                ratio = with_spread(self.ratio, "x")
        goal = reached = ""
        if self.goal is not None:
            unit = "x" if self.compared else self.unit
            goal = f"{'≤' if self.at_most else '≥'} {number(self.goal)}{unit}"
            reached = {True: "reached", False: "missed", None: ""}[self.reached]
        return self.figure, ours, peer, ratio, goal, reached


def with_spread(values: Sequence[float], unit: str) -> str:
    """Return the median and, of more than one value, the quartiles."""
    low, median, high = np.percentile(values, [25, 50, 75]).tolist()
    text = f"{number(median)}{unit}"
    return f"{text} ({number(low)} to {number(high)})" if len(values) > 1 else text


def number(value: float) -> str:
    """Return three digits of `value`, and all digits before the point."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def machine() -> str:
    """Return what the figures depend on."""
    return (
        f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, Python"
        f" {platform.python_version()}, NumPy {np.__version__}"
    )


def markdown(rows: Sequence[Row], machine: str, rounds: int) -> str:
    """Return the table."""
    lines = [
        f"Measured on {machine}. Contenders take turns within each of {rounds} rounds (fewer where"
        " a row says so); shown are medians and, in brackets, the quartiles over the rounds. A"
        " ratio is taken within each round. One BLAS thread each.",
        "",
        "| figure | tui-backprop | peer | ratio | goal | |",
        "|---|---|---|---|---|---|",
        *("| " + " | ".join(row.cells()) + " |" for row in rows),
    ]
    return "\n".join(lines) + "\n"
