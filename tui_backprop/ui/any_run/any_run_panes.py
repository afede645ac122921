"""The panes of a run of anybody's: all at once, or one at a time behind tabs."""

from collections.abc import Sequence

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.widget import Widget
from textual.widgets import Tab, Tabs

from tui_backprop.ui.painting.pane_screen import show_one_of

_TITLES = {
    "any-charts": "1 Charts",
    "any-metrics": "2 Metrics",
    "any-rows": "3 Gradients",
    "any-printed": "4 Printed",
}

_ROWS_TAB = "tab-any-rows"


class AnyRunPanes(Vertical):
    """Charts over tables; on a narrow terminal one of them, chosen by a tab.

    Args:
        charts: the charts that stand side by side.
        metrics: the table of metrics.
        rows: the table of gradients.
        printed: what the program prints; None where it is no such program.
    """

    def __init__(
        self, charts: Sequence[Widget], metrics: Widget, rows: Widget, printed: Widget | None
    ) -> None:
        super().__init__(id="any-run-panes")
        self._charts, self._metrics, self._rows = charts, metrics, rows
        self._printed = printed
        self._tables = Horizontal(id="any-tables")

    def compose(self) -> ComposeResult:
        """Lay out the panes; style sheets show all of them or one at a time."""
        titles = {n: t for n, t in _TITLES.items() if n != "any-printed" or self._printed}
        yield Tabs(*(Tab(title, id=f"tab-{n}") for n, title in titles.items()), id="pane-tabs")
        prints = "-prints" if self._printed is not None else ""
        with Vertical(id="any-panes", classes=f"-show-any-charts {prints}"):
            with Horizontal(id="any-charts"):
                yield from self._charts
            with self._tables:
                with VerticalScroll(id="any-metrics", classes="pane", can_focus=False) as metrics:
                    metrics.border_title = "Metrics"
                    metrics.border_subtitle = "↑↓ choose  l log scale"
                    yield self._metrics
                with VerticalScroll(id="any-rows", classes="pane", can_focus=False) as rows:
                    rows.border_title = "Gradients"
                    rows.border_subtitle = "pgup pgdn"
                    yield self._rows
            if self._printed is not None:
                with Vertical(id="any-printed"):
                    yield self._printed

    def show_pane(self, name: str) -> None:
        """On a narrow terminal, show this pane instead of the others."""
        tabs = self.query_one(Tabs)
        if any(tab.display for tab in tabs.query(f"#tab-{name}")):
            tabs.active = f"tab-{name}"

    def show_rows(self, *, known: bool) -> None:
        """Give the table of gradients room, and a tab, where there is something in it."""
        # A snapshot may come when the panes are being taken down.
        if self._tables.is_attached and self._tables.has_class("-no-rows") is known:
            self._tables.set_class(not known, "-no-rows")
            (self.query_one(Tabs).show if known else self.query_one(Tabs).hide)(_ROWS_TAB)

    def bring_into_sight(self, row: int) -> None:
        """Scroll the table of metrics so that this line is seen."""
        metrics = self.query_one("#any-metrics")
        height, top = metrics.size.height, metrics.scroll_offset.y
        if not top < row < top + height - 1:
            metrics.scroll_to(y=max(0, row - height // 2), animate=False)

    def scroll_rows(self, direction: int) -> None:
        """Show other rows of the table of gradients."""
        rows = self.query_one("#any-rows")
        rows.scroll_relative(y=direction * rows.size.height, animate=False)

    @on(Tabs.TabActivated)
    def _show_active_pane(self, event: Tabs.TabActivated) -> None:
        show_one_of(self.query_one("#any-panes"), _TITLES, str(event.tab.id).removeprefix("tab-"))
