"""The training loss of the run so far."""

from collections.abc import Sequence
from typing import ClassVar

from textual.strip import Strip

from tui_backprop.settings.tasks import TASKS
from tui_backprop.training.curve import Curve
from tui_backprop.training.snapshot import Snapshot
from tui_backprop.ui.charts.chart_model import SMALLEST_CHART
from tui_backprop.ui.charts.drawn_chart import DrawnChart
from tui_backprop.ui.charts.legend import SOLID, legend
from tui_backprop.ui.charts.loss_chart_model import (
    RAW,
    RAW_BEHIND,
    SMOOTH,
    LossChartModels,
    smoothed,
)
from tui_backprop.ui.painting.shortening import first_fitting
from tui_backprop.ui.painting.view_widget import ViewWidget

NO_CURVE = Curve(1, (), (), ())


class LossChart(ViewWidget):
    """Training loss over iterations: the minibatches' range, and a smoothed curve over it."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {RAW, RAW_BEHIND, SMOOTH}
    BORDER_TITLE = "Training loss"
    BORDER_SUBTITLE = "l log scale  m smoothing"

    def __init__(self) -> None:
        super().__init__(id="loss-chart", classes="pane")
        self._models = LossChartModels()
        self._curve = NO_CURVE
        self._snapshot: Snapshot | None = None
        self._chart = DrawnChart()
        self.log_scale = False
        self.smoothing = True

    def show(self, value: Curve, snapshot: Snapshot) -> None:
        """Show the curve of this moment."""
        self._curve, self._snapshot = value, snapshot
        self.border_title = self._title
        self.repaint_changes()

    def take_colours(self) -> None:
        """Draw in the colours of another theme."""
        self._chart.forget()
        super().take_colours()

    def toggle_log_scale(self) -> None:
        """Change between a linear and a logarithmic loss axis."""
        self.log_scale = not self.log_scale
        self.repaint_changes()

    def toggle_smoothing(self) -> None:
        """Show or hide the smoothed curve."""
        self.smoothing = not self.smoothing
        self.repaint_changes()

    def compose_lines(self, width: int, height: int) -> Sequence[Strip]:
        """Return a line with the last values, and the chart under it."""
        snapshot = self._snapshot
        if snapshot is None:
            return []
        if width < SMALLEST_CHART[0] or height - 1 < SMALLEST_CHART[1]:
            return [self._last_values(snapshot, width)]
        model = self._models.model(
            self._curve,
            max(snapshot.hyperparameters.iterations, snapshot.iteration),
            width=width,
            height=height - 1,
            log=self.log_scale,
            smooth=self.smoothing,
        )
        lines = self._chart.lines(
            model, width, height - 1, marker=self.marker, style_of=self.style_of
        )
        return [self._last_values(snapshot, width), *lines]

    @property
    def _title(self) -> str:
        unit = TASKS[self._snapshot.task].loss_unit if self._snapshot else ""
        return f"{self.BORDER_TITLE} ({unit})" if unit else f"{self.BORDER_TITLE}"

    def _last_values(self, snapshot: Snapshot, width: int) -> Strip:
        loss = shown_loss(snapshot.loss)
        if not self.smoothing:
            return legend(self.style_of, (SOLID, RAW, f"loss {loss}"))
        mean = self._curve.mean
        last = shown_loss(smoothed(mean[-40:])[-1] if mean else None)
        # The title says that it is the loss.
        texts = ((f"loss {loss}  ", f"smoothed {last}"), (f"{loss} ", f"smooth {last}"))
        return first_fitting(
            width,
            (
                legend(self.style_of, (SOLID, RAW_BEHIND, raw), (SOLID, SMOOTH, smooth))
                for raw, smooth in texts
            ),
        )


def shown_loss(loss: float | None) -> str:
    """Return a loss in a width that does not change while the value does."""
    if loss is None:
        return "     –"
    return f"{loss:6.4f}" if 1e-3 <= loss < 100 else f"{loss:.1e}"
