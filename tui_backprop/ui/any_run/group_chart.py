"""The chart of one group of metrics."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

from rich.text import Text
from textual.strip import Strip

from tui_backprop.printable import printable
from tui_backprop.runs.foreign.step_series import MetricSummary, StepCurve
from tui_backprop.ui.any_run.group_chart_model import PARTS, group_chart
from tui_backprop.ui.any_run.metric_groups import MetricGroup
from tui_backprop.ui.charts.chart_model import SMALLEST_CHART
from tui_backprop.ui.charts.drawn_chart import DrawnChart
from tui_backprop.ui.charts.legend import DASHED, SOLID, legend
from tui_backprop.ui.charts.loss_chart_model import RAW_BEHIND
from tui_backprop.ui.painting.painted_widget import PaintedWidget
from tui_backprop.ui.painting.shortening import first_fitting
from tui_backprop.ui.painting.view_widget import BRAILLE
from tui_backprop.ui.training.gradient_table import shown_number

_LONGEST_TITLE = 40
_LONGEST_LABEL = 20
_BACK = "  steps went back: counted on"


class GroupChart(PaintedWidget):
    """Draws the metrics of a group over the steps, and has their last values above.

    `marker` is what dots are drawn with: BRAILLE, or a character where the terminal has none.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {*PARTS, RAW_BEHIND}
    marker = BRAILLE

    def __init__(self) -> None:
        super().__init__(classes="pane group-chart")
        self._group: MetricGroup | None = None
        self._metrics: Mapping[str, MetricSummary] = {}
        self._curves: Mapping[str, StepCurve] = {}
        self._chart = DrawnChart()
        self.log_scale = False

    def show(
        self,
        group: MetricGroup | None,
        metrics: Mapping[str, MetricSummary],
        curves: Mapping[str, StepCurve],
    ) -> None:
        """Show a group with its metrics; those whose curves are not there keep their values."""
        self._group, self._metrics, self._curves = group, metrics, curves
        # Not markup: the name is somebody else's.
        self.border_title = Text(printable(group.title, _LONGEST_TITLE) if group else "")
        self.repaint_changes()

    def take_colours(self) -> None:
        """Draw in the colours of another theme."""
        self._chart.forget()
        super().take_colours()

    def set_log_scale(self, *, on: bool) -> None:
        """Take a linear or a logarithmic axis."""
        self.log_scale = on
        self.repaint_changes()

    def compose_lines(self, width: int, height: int) -> Sequence[Strip]:
        """Return a line with the last values, and the chart under it."""
        if self._group is None:
            return []
        if not self._curves.keys() & {*self._group.names}:
            # It was chosen just now: its curves come with the next moment.
            return [self._last_values(self._group, width)]
        if width < SMALLEST_CHART[0] or height - 1 < SMALLEST_CHART[1]:
            return [self._last_values(self._group, width)]
        model = group_chart(
            self._group, self._curves, width=width, height=height - 1, log=self.log_scale
        )
        lines = self._chart.lines(
            model, width, height - 1, marker=self.marker, style_of=self.style_of
        )
        return [self._last_values(self._group, width), *lines]

    def _last_values(self, group: MetricGroup, width: int) -> Strip:
        entries = [
            (DASHED if n == 1 else SOLID, PARTS[n], printable(label, _LONGEST_LABEL), metric)
            for n, (name, label) in enumerate(zip(group.names, group.labels, strict=True))
            if (metric := self._metrics.get(name)) is not None
        ]
        went_back = any(metric.went_back for *_, metric in entries)
        full = [(look, part, f"{text} {shown_number(m.last)}  ") for look, part, text, m in entries]
        short = [(look, part, f"{shown_number(m.last)} ") for look, part, _, m in entries]
        return first_fitting(
            width,
            (
                legend(self.style_of, *full, rest=_BACK if went_back else ""),
                legend(self.style_of, *full),
                legend(self.style_of, *short),
            ),
        )
