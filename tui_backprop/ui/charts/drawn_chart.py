"""A chart's lines, which are drawn anew only when the chart is another."""

from collections.abc import Sequence

from textual.strip import Strip

from tui_backprop.ui.charts.chart_model import ChartModel
from tui_backprop.ui.painting.painted_widget import StyleOf


class DrawnChart:
    """Keeps what was drawn last.

    In a long run most frames move nothing by as much as a dot, and drawing is the dear part.
    """

    def __init__(self) -> None:
        self._drawn: tuple[ChartModel, int, int] | None = None
        self._lines: Sequence[Strip] = ()

    def forget(self) -> None:
        """Draw anew the next time: in the colours of another theme."""
        self._drawn = None

    def lines(
        self,
        model: ChartModel,
        width: int,
        height: int,
        *,
        marker: str,
        style_of: StyleOf,
    ) -> Sequence[Strip]:
        """Return the lines of a chart, as `draw_chart` does."""
        # Imported at the first chart, so that the first frame does not wait for plotext.
        from tui_backprop.ui.charts.plotext_adapter import draw_chart

        if (model, width, height) != self._drawn:
            self._drawn = (model, width, height)
            self._lines = draw_chart(model, width, height, marker=marker, style_of=style_of)
        return self._lines
