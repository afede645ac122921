"""The task's metric on the training and the test set, epoch by epoch."""

from collections.abc import Sequence
from typing import ClassVar

from textual.strip import Strip

from tui_backprop.settings.tasks import TASKS, Task
from tui_backprop.training.snapshot import Evaluation, Snapshot
from tui_backprop.ui.charts.chart_model import SMALLEST_CHART
from tui_backprop.ui.charts.legend import DASHED, SOLID, legend
from tui_backprop.ui.charts.metric_chart_model import (
    TEST,
    TRAIN,
    MetricChartModels,
)
from tui_backprop.ui.painting.painted_widget import StyleOf
from tui_backprop.ui.painting.shortening import first_fitting
from tui_backprop.ui.painting.view_widget import ViewWidget


class MetricChart(ViewWidget):
    """The metric on both sets over the epochs, drawn anew only when there is a new point."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {TRAIN, TEST}
    BORDER_TITLE = TASKS["classification"].metric_title

    def __init__(self) -> None:
        super().__init__(id="metric-chart", classes="pane")
        self._models = MetricChartModels()
        self._kind = TASKS["classification"]
        self._points: tuple[Evaluation, ...] = ()
        self._epochs: float | None = None

    def show(self, value: tuple[Evaluation, ...], snapshot: Snapshot) -> None:
        """Show the evaluations known at this moment."""
        settings = snapshot.hyperparameters
        left = max(0, settings.iterations - snapshot.iteration) * settings.batch_size
        epochs = round(snapshot.epoch + left / snapshot.train_size, 6)
        shown = TASKS[snapshot.task], value, epochs
        if (self._kind, self._points, self._epochs) != shown:
            self._kind, self._points, self._epochs = shown
            self.border_title = self._kind.metric_title
            self.repaint_changes()

    def compose_lines(self, width: int, height: int) -> Sequence[Strip]:
        """Return a line with the last values, and the chart under it."""
        if self._epochs is None:
            return []
        if width < SMALLEST_CHART[0] or height - 1 < SMALLEST_CHART[1]:
            return [self._last_values(width)]
        # Imported at the first chart, so that the first frame does not wait for plotext.
        from tui_backprop.ui.charts.plotext_adapter import draw_chart

        model = self._models.model(
            self._kind, self._points, self._epochs, width=width, height=height - 1
        )
        return [
            self._last_values(width),
            *draw_chart(model, width, height - 1, marker=self.marker, style_of=self.style_of),
        ]

    def _last_values(self, width: int) -> Strip:
        last = self._points[-1] if self._points else None
        values = (last.train, last.test) if last else (None, None)
        epoch = f"epoch {shown_epoch(last.epoch)}" if last else ""
        return first_fitting(
            width,
            (
                metric_legend(self.style_of, self._kind, values, 2, "  ", f"  {epoch}"),
                metric_legend(self.style_of, self._kind, values, 2, " ", f" {epoch}"),
                metric_legend(self.style_of, self._kind, values, 2, "  ", ""),
                metric_legend(self.style_of, self._kind, values, 1, " ", ""),
                metric_legend(self.style_of, self._kind, values, 0, " ", ""),
            ),
        )


def metric_legend(
    style_of: StyleOf,
    task: Task,
    values: tuple[float | None, float | None],
    decimals: int,
    gap: str,
    epoch: str,
) -> Strip:
    """Return the line with the metric's last values, and the epoch they are of."""
    train, test = (task.shown(value, decimals) for value in values)
    return legend(
        style_of,
        (SOLID, TRAIN, f"train {train}{gap}"),
        (DASHED, TEST, f"test {test}"),
        rest=epoch,
    )


def shown_epoch(epoch: float) -> str:
    """Return an epoch, whole ones without a fraction, in few cells."""
    return f"{epoch:.4g}" if epoch < 1000 else f"{epoch:,.0f}"
