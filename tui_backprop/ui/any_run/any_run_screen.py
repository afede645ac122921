"""The screen of a run of anybody's: status, charts, metrics, gradients, printed lines."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from tui_backprop.runs.foreign.step_series import MetricSummary
from tui_backprop.session.any_watch import AnySnapshot
from tui_backprop.ui.any_run.any_run_panes import AnyRunPanes
from tui_backprop.ui.any_run.any_run_status import AnyRunStatus
from tui_backprop.ui.any_run.any_run_texts import HELP
from tui_backprop.ui.any_run.group_chart import GroupChart
from tui_backprop.ui.any_run.metric_groups import MetricGroup, grouped
from tui_backprop.ui.any_run.metric_table import MetricTable
from tui_backprop.ui.any_run.printed_pane import PrintedPane
from tui_backprop.ui.painting.key_line import KeyLine
from tui_backprop.ui.painting.pane_screen import PaneScreen
from tui_backprop.ui.painting.view_widget import BRAILLE
from tui_backprop.ui.training.gradient_table import GradientTable

CHARTS = 2


class AnyRunScreen(PaneScreen):
    """Shows a run whose metrics have any names; keys choose which of them have a chart.

    Args:
        marker: what charts' dots are drawn with: BRAILLE or a character.
        prints: whether there are printed lines to show.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "down",
            "choose(1)",
            "Metric",
            key_display="↑ ↓",
            tooltip="Choose the metrics that the charts show",
        ),
        Binding("up", "choose(-1)", "Metric before", show=False),
        Binding("l", "log_scale", "Log scale", tooltip="Linear or log axis"),
        Binding(
            "pagedown",
            "scroll_rows(1)",
            "Scroll gradients",
            key_display="pgup pgdn",
            show=False,
            tooltip="Scroll the table of gradients",
        ),
        Binding("pageup", "scroll_rows(-1)", "Scroll gradients", show=False),
        *(
            Binding(key, f"show_pane('any-{name}')", f"{name} pane", show=False, tooltip=tip)
            for key, name, tip in (
                ("1", "charts", "Charts (small terminal)"),
                ("2", "metrics", "Metrics (small terminal)"),
                ("3", "rows", "Gradients (small terminal)"),
                ("4", "printed", "Printed lines (small terminal)"),
            )
        ),
    ]

    def __init__(self, *, marker: str = BRAILLE, prints: bool = False) -> None:
        super().__init__(id="any-run-screen")
        self._status = AnyRunStatus()
        self._charts = [GroupChart() for _ in range(CHARTS)]
        for chart in self._charts:
            chart.marker = marker
        self._metrics = MetricTable()
        self._rows = GradientTable()
        self._printed = PrintedPane() if prints else None
        self._panes = AnyRunPanes(self._charts, self._metrics, self._rows, self._printed)
        self._groups: tuple[MetricGroup, ...] = ()
        self._names: tuple[str, ...] = ()
        self._chosen = 0
        self._was_chosen: frozenset[str] = frozenset()
        self._snapshot: AnySnapshot | None = None

    def compose(self) -> ComposeResult:
        """Lay out the panes between the status and the keys."""
        self.fit_to_width()
        yield self._status
        yield self._panes
        yield KeyLine()

    def help_notes(self) -> str:
        """Return what the help says under the keys."""
        return HELP

    @property
    def wanted(self) -> frozenset[str]:
        """The metrics whose curves the charts show."""
        return frozenset(name for group in self._shown for name in group.names)

    @property
    def _shown(self) -> tuple[MetricGroup, ...]:
        chosen = self._groups[self._chosen : self._chosen + CHARTS]
        return chosen + self._groups[: CHARTS - len(chosen)] if len(self._groups) > 1 else chosen

    def show_snapshot(self, snapshot: AnySnapshot) -> None:
        """Show this moment in every pane."""
        self._snapshot = snapshot
        names = tuple(metric.name for metric in snapshot.metrics)
        if names != self._names:
            self._names = names
            self._take_groups()
        self._status.show(snapshot)
        self._panes.show_rows(known=bool(snapshot.run.rows))
        self._rows.show_rows(snapshot.run.rows)
        if self._printed is not None:
            self._printed.show(snapshot.run.lines)
        self._show_metrics(snapshot)

    def action_choose(self, steps: int) -> None:
        """Put the next or previous group of metrics on the charts."""
        if self._groups and self._snapshot is not None:
            self._chosen = (self._chosen + steps) % len(self._groups)
            self._was_chosen = frozenset(self._groups[self._chosen].names)
            self._show_metrics(self._snapshot)
            self._panes.bring_into_sight(self._metrics.row_of(self._groups[self._chosen]))

    def action_log_scale(self) -> None:
        """Change between linear and logarithmic axes."""
        on = not self._charts[0].log_scale
        for chart in self._charts:
            chart.set_log_scale(on=on)

    def action_scroll_rows(self, direction: int) -> None:
        """Show other rows of the table of gradients."""
        self._panes.scroll_rows(direction)

    def action_show_pane(self, name: str) -> None:
        """On a small terminal, show this pane instead of the others."""
        self._panes.show_pane(name)

    def _take_groups(self) -> None:
        """Group the metrics anew; what a person chose stays chosen."""
        self._groups = grouped(self._names)
        self._chosen = next(
            (n for n, group in enumerate(self._groups) if self._was_chosen & {*group.names}), 0
        )

    def _show_metrics(self, snapshot: AnySnapshot) -> None:
        metrics: dict[str, MetricSummary] = {metric.name: metric for metric in snapshot.metrics}
        shown = self._shown
        if shown:
            self._metrics.show(self._groups, metrics, shown)
        for n, chart in enumerate(self._charts):
            chart.display = n == 0 or n < len(shown)
            chart.show(shown[n] if n < len(shown) else None, metrics, snapshot.curves)
