"""The training screen's panes: all at once, or one at a time behind tabs."""

from collections.abc import Sequence

from textual import on
from textual.app import ComposeResult
from textual.containers import Container, Horizontal, Vertical, VerticalScroll
from textual.widget import Widget
from textual.widgets import Tab, Tabs

from tui_backprop.ui.painting.pane_screen import show_one_of

_TITLES = {"charts": "1 Charts", "layers": "2 Layers", "form": "3 Hyperparameters"}


class TrainingPanes(Vertical):
    """The form beside charts over a table; on a narrow terminal one of them, chosen by a tab.

    Args:
        form: the form of hyperparameters.
        charts: the widgets that stand side by side.
        layers: the widgets that stand under them, and scroll.
    """

    def __init__(self, form: Widget, charts: Sequence[Widget], layers: Sequence[Widget]) -> None:
        super().__init__(id="training-panes")
        self._form, self._charts, self._layers = form, charts, layers

    def compose(self) -> ComposeResult:
        """Lay out the panes; style sheets show all of them or one at a time."""
        yield Tabs(*(Tab(title, id=name) for name, title in _TITLES.items()), id="pane-tabs")
        with Horizontal(id="panes", classes="-show-charts"):
            yield self._form
            with Container(id="results"):
                with Horizontal(id="charts-pane"):
                    yield from self._charts
                with VerticalScroll(id="layers-pane", classes="pane", can_focus=False) as layers:
                    layers.border_title = "Gradients by layer, last minibatch"
                    yield from self._layers

    def show_pane(self, name: str) -> None:
        """On a narrow terminal, show this pane instead of the others."""
        self.query_one(Tabs).active = name

    def scroll_layers(self, direction: int) -> None:
        """Show other rows of the table."""
        layers = self.query_one("#layers-pane")
        layers.scroll_relative(y=direction * layers.size.height, animate=False)

    @on(Tabs.TabActivated)
    def _show_active_pane(self, event: Tabs.TabActivated) -> None:
        show_one_of(self.query_one("#panes"), _TITLES, event.tab.id)
