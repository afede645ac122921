"""The rows of the benchmark and how they are written down."""

import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Row:
    """One figure: a quantity per round, or why there is none.

    Attributes:
        figure: what was measured.
        values: one a round; empty where it could not be measured.
        unit: written after each number.
        goal: what the median must reach, or with `at_most` not exceed; None: it only informs.
        note: what stands in the place of the numbers when there are none.
    """

    figure: str
    values: Sequence[float]
    unit: str = ""
    goal: float | None = None
    at_most: bool = False
    note: str = "not installed"

    def cells(self) -> tuple[str, str, str, str]:
        """Return figure, median, quartiles and goal as texts."""
        sign = "≤" if self.at_most else "≥"
        goal = "" if self.goal is None else f"{sign} {number(self.goal)}{self.unit}"
        if not len(self.values):
            return self.figure, self.note, "", goal
        low, median, high = np.percentile(self.values, [25, 50, 75]).tolist()
        if self.goal is not None:
            reached = median <= self.goal if self.at_most else median >= self.goal
            goal += " reached" if reached else " missed"
        spread = f"{number(low)} to {number(high)}"
        return self.figure, f"{number(median)}{self.unit}", spread, goal


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
        " a row says so); shown are the median and the quartiles over the rounds of what was"
        " measured side by side. One BLAS thread each.",
        "",
        "| figure | median | quartiles | goal |",
        "|---|---|---|---|",
        *("| " + " | ".join(row.cells()) + " |" for row in rows),
    ]
    return "\n".join(lines) + "\n"
