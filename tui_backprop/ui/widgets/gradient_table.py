"""The gradient of every parameter, layer by layer, in numbers and words."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import mean

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Size
from textual.strip import Strip

from tui_backprop.training.snapshot import (
    ActivationStatistics,
    LayerStatistics,
    ParameterStatistics,
    Snapshot,
    Verdict,
)
from tui_backprop.ui.widgets.painted_widget import PaintedWidget

_BARS = "▁▂▃▄▅▆▇█"
_ALARMING = {
    Verdict.VANISHING,
    Verdict.EXPLODING,
    Verdict.ZERO,
    Verdict.DYING,
    Verdict.NOT_FINITE,
}


@dataclass(frozen=True, slots=True)
class TableColumn:
    """A column: its heading, its width in cells, and which side its values stand on."""

    heading: str
    width: int
    right: bool = True


COLUMNS = (
    TableColumn("layer", 8, right=False),
    TableColumn("", 3, right=False),
    TableColumn("shape", 8),
    TableColumn("‖W‖", 8),
    TableColumn("‖dW‖", 8),
    TableColumn("‖dW‖/√n", 8),
    TableColumn("‖ΔW‖/‖W‖", 8),
    TableColumn("state", 10, right=False),
    TableColumn("‖dW‖ trend", 16, right=False),
)
_GAP = 1


class GradientTable(PaintedWidget):
    """A row for each parameter and each ReLU layer, first layer first."""

    def __init__(self) -> None:
        super().__init__(id="gradient-table")
        self._rows: tuple[LayerStatistics, ...] = ()

    def show(self, snapshot: Snapshot) -> None:
        """Show the statistics of the last iteration."""
        row_count = len(self._rows)
        self._rows = snapshot.layers
        if len(self._rows) != row_count:
            self.refresh(layout=True)
        self.repaint_changes()

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Return the height of all rows and the heading."""
        return len(self._rows) + 1

    def compose_lines(self, width: int, height: int) -> Sequence[Strip]:
        """Return the heading and the rows; the trend takes what width is left."""
        columns = fitting_columns(self._rows)
        room = width - sum(column.width + _GAP for column in columns[:-1])
        heading = [column.heading for column in columns]
        if cell_len(heading[-1]) > room:
            heading[-1] = "trend"
        return [
            table_line(columns, heading, Style(dim=True, bold=True), None),
            *(
                table_line(columns, row_cells(row, room), Style.null(), row.verdict)
                for row in self._rows
            ),
        ]


def fitting_columns(rows: Sequence[LayerStatistics]) -> tuple[TableColumn, ...]:
    """Return the columns, that of the shapes as wide as the longest of these rows needs."""
    shapes = [shape_cell(row) for row in rows if isinstance(row, ParameterStatistics)]
    return tuple(
        replace(column, width=max(column.width, *map(len, shapes)))
        if column.heading == "shape" and shapes
        else column
        for column in COLUMNS
    )


def table_line(
    columns: Sequence[TableColumn], values: Sequence[str], style: Style, verdict: Verdict | None
) -> Strip:
    """Return values in their columns; an alarming verdict's state stands out."""
    segments = []
    for column, value in zip(columns, values, strict=True):
        padding = " " * max(0, column.width - cell_len(value))
        text = padding + value if column.right else value + padding
        alarming = verdict in _ALARMING and column.heading == "state"
        segments.append(Segment(text, Style(color="red", bold=True) if alarming else style))
        segments.append(Segment(" " * _GAP, style))
    return Strip(segments)


def row_cells(row: LayerStatistics, room: int) -> list[str]:
    """Return the texts of a row, its trend in at most `room` cells."""
    return parameter_cells(row, room) if isinstance(row, ParameterStatistics) else relu_cells(row)


def shape_cell(row: ParameterStatistics) -> str:
    """Return a parameter's shape."""
    return "×".join(str(n) for n in row.shape)


def parameter_cells(row: ParameterStatistics, room: int) -> list[str]:
    """Return the texts of a parameter's row, its trend in at most `room` cells."""
    return [
        row.layer,
        row.name,
        shape_cell(row),
        shown_number(row.norm),
        shown_number(row.gradient_norm),
        shown_number(row.gradient_rms),
        shown_number(row.update_ratio),
        row.verdict.value,
        sparkline(row.trend, room),
    ]


def relu_cells(row: ActivationStatistics) -> list[str]:
    """Return the texts of a ReLU layer's row: the share of its units that are dead."""
    dead = "" if row.dead_share is None else f"{row.dead_share:.0%} dead"
    state = f"{dead}, dying" if row.verdict is Verdict.DYING else dead
    return [row.layer, "", f"{row.units}", "", "", "", "", state, ""]


def shown_number(value: float | None) -> str:
    """Return a number in 8 cells or fewer, with at least three digits of it."""
    if value is None:
        return "–"
    return f"{value:.4f}" if 0.01 <= value < 1000 or value == 0 else f"{value:.2e}"


def sparkline(values: Sequence[float], most: int) -> str:
    """Return values as a row of bars, lowest to highest; neighbours share one beyond `most`."""
    if not values or most < 1:
        return ""
    share = -(-len(values) // most)
    values = [mean(values[n : n + share]) for n in range(0, len(values), share)]
    low, high = min(values), max(values)
    span = high - low or 1.0
    return "".join(_BARS[round((value - low) / span * (len(_BARS) - 1))] for value in values)
