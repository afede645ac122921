"""The gradient of every parameter, layer by layer, in numbers and words."""

from collections.abc import Sequence
from typing import ClassVar

from rich.cells import cell_len
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
from tui_backprop.ui.painting.sparkline import sparkline
from tui_backprop.ui.painting.table_columns import (
    HEADING_STYLE,
    Cells,
    TableColumn,
    fitting_columns,
    headings,
    room_taken,
    table_line,
    widened,
)
from tui_backprop.ui.painting.view_widget import ViewWidget

LAYER, PARAMETER, SHAPE = "layer", "", "shape"
NORM, GRADIENT_NORM, GRADIENT_RMS, UPDATE_RATIO = "‖W‖", "‖dW‖", "‖dW‖/√n", "‖ΔW‖/‖W‖"
STATE = "state"
TREND, SHORT_TREND = "‖dW‖ trend", "trend"

BAD = "paint--bad"

COLUMNS = (
    TableColumn(LAYER, 8, right=False),
    TableColumn(PARAMETER, 3, right=False),
    TableColumn(SHAPE, 8, spare=5),
    TableColumn(NORM, 8, spare=4),
    TableColumn(GRADIENT_NORM, 8, spare=3),
    TableColumn(GRADIENT_RMS, 8, spare=2),
    TableColumn(UPDATE_RATIO, 8, spare=1),
    TableColumn(STATE, 10, right=False),
)


class GradientTable(ViewWidget):
    """A row for each parameter and each ReLU layer, first layer first."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {BAD}

    def __init__(self) -> None:
        super().__init__(id="gradient-table")
        self._rows: tuple[LayerStatistics, ...] = ()

    def show(self, value: tuple[LayerStatistics, ...], snapshot: Snapshot) -> None:
        """Show the statistics of the last iteration."""
        self.show_rows(value)

    def show_rows(self, rows: tuple[LayerStatistics, ...]) -> None:
        """Show these rows."""
        row_count = len(self._rows)
        self._rows = rows
        if len(self._rows) != row_count:
            self.refresh(layout=True)
        self.repaint_changes()

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Return the height of all rows and the heading."""
        return len(self._rows) + 1

    def compose_lines(self, width: int, height: int) -> Sequence[Strip]:
        """Return the heading and the rows; the trend takes what width is left."""
        rows = [row_texts(row) for row in self._rows]
        columns = chosen_columns(rows, width)
        room = width - room_taken(columns)
        trend = next((name for name in (TREND, SHORT_TREND) if cell_len(name) <= room), None)
        if trend is not None:
            columns.append(TableColumn(trend, room, right=False))
            rows = [
                {**cells, trend: trend_cell(row, room)}
                for cells, row in zip(rows, self._rows, strict=True)
            ]
        alarm = {STATE: self.style_of(BAD)}
        return [
            table_line(columns, headings(columns), HEADING_STYLE),
            *(
                table_line(
                    columns, cells, Style.null(), alarm if Verdict.is_alarming(row.verdict) else {}
                )
                for cells, row in zip(rows, self._rows, strict=True)
            ),
        ]


def chosen_columns(rows: Sequence[Cells], width: int) -> list[TableColumn]:
    """Return the columns there is room for."""
    columns = fitting_columns(widened(COLUMNS, rows), width)
    # The state of a ReLU layer, which has no trend to stand behind it, may be longer.
    return [COLUMNS[-1] if column.heading == STATE else column for column in columns]


def row_texts(row: LayerStatistics) -> Cells:
    """Return the texts of a row by their columns' headings."""
    return parameter_row(row) if isinstance(row, ParameterStatistics) else activation_cells(row)


def parameter_row(row: ParameterStatistics) -> Cells:
    """Return the texts of a parameter's row."""
    return {
        LAYER: row.layer,
        PARAMETER: row.name,
        SHAPE: "×".join(str(n) for n in row.shape),
        NORM: shown_number(row.norm),
        GRADIENT_NORM: shown_number(row.gradient_norm),
        GRADIENT_RMS: shown_number(row.gradient_rms),
        UPDATE_RATIO: shown_number(row.update_ratio),
        STATE: row.verdict,
    }


def activation_cells(row: ActivationStatistics) -> Cells:
    """Return the texts of a layer's own row: the share of its units that its measure counts."""
    measured = "" if row.share is None else f"{row.share:.0%} {row.measure}"
    state = f"{measured}, {row.verdict}" if Verdict.is_alarming(row.verdict) else measured
    empty = {column.heading: "" for column in COLUMNS}
    return empty | {LAYER: row.layer, SHAPE: f"{row.units}", STATE: state}


def trend_cell(row: LayerStatistics, room: int) -> str:
    """Return a parameter's trend in at most `room` cells; a ReLU layer has none."""
    return sparkline(row.trend, room) if isinstance(row, ParameterStatistics) else ""


def shown_number(value: float | None) -> str:
    """Return a number in 8 cells or fewer, with at least three digits of it."""
    if value is None:
        return "–"
    return f"{value:.4f}" if 0.01 <= value < 1000 or value == 0 else f"{value:.2e}"
