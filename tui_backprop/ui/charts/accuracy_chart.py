"""Accuracy on the training and the test set, epoch by epoch."""

from collections.abc import Sequence

from textual.strip import Strip

from tui_backprop.training.snapshot import Evaluation, Snapshot
from tui_backprop.ui.charts.accuracy_chart_model import (
    TEST_COLOUR,
    TRAIN_COLOUR,
    accuracy_chart_model,
)
from tui_backprop.ui.charts.chart_model import SMALLEST_CHART
from tui_backprop.ui.charts.legend import legend
from tui_backprop.ui.painting.fitting import first_fitting
from tui_backprop.ui.painting.painted_widget import PaintedWidget


class AccuracyChart(PaintedWidget):
    """Train and test accuracy over epochs, drawn anew only when there is a new point."""

    BORDER_TITLE = "Accuracy"

    def __init__(self, *, marker: str) -> None:
        super().__init__(id="accuracy-chart", classes="pane")
        self._marker = marker
        self._points: tuple[Evaluation, ...] = ()
        self._epochs: float | None = None

    def show(self, snapshot: Snapshot) -> None:
        """Show the accuracies known at this moment."""
        settings = snapshot.hyperparameters
        left = max(0, settings.iterations - snapshot.iteration) * settings.batch_size
        epochs = round(snapshot.epoch + left / snapshot.train_size, 6)
        if (self._points, self._epochs) != (snapshot.evaluations, epochs):
            self._points, self._epochs = snapshot.evaluations, epochs
            self.repaint_changes()

    def compose_lines(self, width: int, height: int) -> Sequence[Strip]:
        """Return a line with the last values, and the chart under it."""
        if self._epochs is None:
            return []
        if width < SMALLEST_CHART[0] or height - 1 < SMALLEST_CHART[1]:
            return [self._last_values(width)]
        # Imported at the first chart, so that the first frame does not wait for plotext.
        from tui_backprop.ui.charts.plotext_adapter import draw_chart

        model = accuracy_chart_model(self._points, self._epochs, width=width, height=height - 1)
        return [
            self._last_values(width),
            *draw_chart(model, width, height - 1, marker=self._marker),
        ]

    def _last_values(self, width: int) -> Strip:
        last = self._points[-1] if self._points else None
        shares = (last.train, last.test) if last else (None, None)
        epoch = f"epoch {shown_epoch(last.epoch)}" if last else ""
        return first_fitting(
            width,
            (
                accuracy_legend(shares, 2, "  ", f"  {epoch}"),
                accuracy_legend(shares, 2, " ", f" {epoch}"),
                accuracy_legend(shares, 2, "  ", ""),
                accuracy_legend(shares, 1, " ", ""),
                accuracy_legend(shares, 0, " ", ""),
            ),
        )


def accuracy_legend(
    shares: tuple[float | None, float | None], decimals: int, gap: str, epoch: str
) -> Strip:
    """Return the line with the last accuracies, and the epoch they are of."""
    train, test = (shown_share(share, decimals) for share in shares)
    return legend((TRAIN_COLOUR, f"train {train}{gap}"), (TEST_COLOUR, f"test {test}"), rest=epoch)


def shown_share(share: float | None, decimals: int) -> str:
    """Return a share as per cent in a width that does not change."""
    width = len(f"{1:.{decimals}%}")
    return f"{'–':>{width}}" if share is None else f"{share:{width}.{decimals}%}"


def shown_epoch(epoch: float) -> str:
    """Return an epoch, whole ones without a fraction, in few cells."""
    return f"{epoch:.4g}" if epoch < 1000 else f"{epoch:,.0f}"
