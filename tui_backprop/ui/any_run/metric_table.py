"""Every metric in a line: its last, least and greatest value."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

from rich.style import Style
from textual.geometry import Size
from textual.strip import Strip

from tui_backprop.printable import printable
from tui_backprop.runs.foreign.step_series import MetricSummary
from tui_backprop.ui.any_run.metric_groups import MetricGroup
from tui_backprop.ui.painting.painted_widget import PaintedWidget
from tui_backprop.ui.painting.table_columns import (
    HEADING_STYLE,
    Cells,
    TableColumn,
    fitting_columns,
    headings,
    table_line,
    widened,
)
from tui_backprop.ui.training.gradient_table import shown_number

MARK, METRIC, LAST, LEAST, GREATEST = "", "metric", "last", "min", "max"
STEP, COUNT = "step", "points"
_LONGEST_NAME = 32

_COLUMNS = (
    TableColumn(MARK, 1, right=False),
    TableColumn(METRIC, 12, right=False),
    TableColumn(LAST, 8),
    TableColumn(LEAST, 8),
    TableColumn(GREATEST, 8),
    TableColumn(STEP, 8, spare=1),
    TableColumn(COUNT, 8, spare=2),
)

CHOSEN = "paint--value"


class MetricTable(PaintedWidget):
    """A row for each metric, those of one chart together; the ones on the charts are marked."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {CHOSEN}

    def __init__(self) -> None:
        super().__init__(id="metric-table")
        self._rows: tuple[tuple[str, MetricSummary], ...] = ()

    def show(
        self,
        groups: Sequence[MetricGroup],
        metrics: Mapping[str, MetricSummary],
        shown: Sequence[MetricGroup],
    ) -> None:
        """Show the metrics in the order of their groups."""
        marks = {name: "●" if group is shown[0] else "○" for group in shown for name in group.names}
        before = len(self._rows)
        self._rows = tuple(
            (marks.get(name, ""), metrics[name]) for group in groups for name in group.names
        )
        if len(self._rows) != before:
            self.refresh(layout=True)
        self.repaint_changes()

    def row_of(self, group: MetricGroup) -> int:
        """Return the line on which a group begins."""
        names = [metric.name for _, metric in self._rows]
        return names.index(group.names[0]) + 1 if group.names[0] in names else 0

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Return the height of all rows and the heading."""
        return len(self._rows) + 1

    def compose_lines(self, width: int, height: int) -> Sequence[Strip]:
        """Return the heading and the rows."""
        rows = [_cells(mark, metric) for mark, metric in self._rows]
        columns = fitting_columns(widened(_COLUMNS, rows), width)
        chosen = self.style_of(CHOSEN)
        return [
            table_line(columns, headings(columns), HEADING_STYLE),
            *(
                table_line(columns, row, chosen if row[MARK] == "●" else Style.null())
                for row in rows
            ),
        ]


def _cells(mark: str, metric: MetricSummary) -> Cells:
    return {
        MARK: mark,
        METRIC: printable(metric.name, _LONGEST_NAME),
        LAST: shown_number(metric.last),
        LEAST: shown_number(metric.low),
        GREATEST: shown_number(metric.high),
        STEP: shown_step(metric.step),
        COUNT: f"{metric.count:,}",
    }


def shown_step(step: float) -> str:
    """Return a step, whole ones without a fraction."""
    return f"{step:,.0f}" if float(step).is_integer() and abs(step) < 1e15 else f"{step:,.4g}"
