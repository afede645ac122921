"""The widgets of all views, and which of them it is time to compute anew."""

from collections.abc import Sequence
from dataclasses import replace

from tui_backprop.session.messages import SessionSnapshot
from tui_backprop.session.stopwatch import Clock
from tui_backprop.settings.catalogue import load
from tui_backprop.training.views.registry import VIEWS
from tui_backprop.ui.painting.view_widget import ViewWidget
from tui_backprop.ui.training.refresh_pace import RefreshPace


class ShownViews:
    """Hands each view's values to its widget, and names the views that are worth computing.

    Args:
        marker: what charts' dots are drawn with: BRAILLE or a character.
        clock: seconds that only grow.
    """

    def __init__(self, marker: str, clock: Clock) -> None:
        self._widgets: dict[str, ViewWidget] = {view.name: load(view.widget)() for view in VIEWS}
        self._paces = {view.name: RefreshPace(view.per_second, clock) for view in VIEWS}
        self._moment: object = None
        self._up_to_date: dict[str, object] = {}
        for widget in self._widgets.values():
            widget.marker = marker

    def in_pane(self, pane: str) -> Sequence[ViewWidget]:
        """Return the widgets that stand in a pane."""
        return [self._widgets[view.name] for view in VIEWS if view.pane == pane]

    def show(self, snapshot: SessionSnapshot) -> None:
        """Show the views that a snapshot holds; the others stay as they are."""
        training = snapshot.training
        self._moment = snapshot.run_id, replace(training, views={})
        for name, value in training.views.items():
            self._up_to_date[name] = self._moment
            self._widgets[name].show(value, training)

    def take_due(self) -> frozenset[str]:
        """Return the views in sight whose pace allows a new value; then their pace counts anew."""
        return frozenset(name for name in self._in_sight() if self._paces[name].is_due())

    def take_missing(self) -> frozenset[str]:
        """Return the views in sight that are older than the last snapshot, each only once."""
        missing = [n for n in self._in_sight() if self._up_to_date.get(n) != self._moment]
        self._up_to_date |= dict.fromkeys(missing, self._moment)
        return frozenset(missing)

    def _in_sight(self) -> list[str]:
        return [name for name, widget in self._widgets.items() if widget.is_in_sight]
