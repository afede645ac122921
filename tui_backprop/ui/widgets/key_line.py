"""The keys that work now, on one line."""

from collections.abc import Sequence

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.events import Click
from textual.strip import Strip

from tui_backprop.ui.widgets.painted_widget import PaintedWidget

_KEY = Style(color="yellow", bold=True)


class KeyLine(PaintedWidget):
    """Shows the screen's bindings as Textual's Footer does, without a widget for each key.

    Those would be made anew, and the whole screen laid out twice, whenever the focus moves.
    """

    def __init__(self) -> None:
        super().__init__(id="key-line")
        self._places: list[tuple[int, int, str]] = []

    def on_mount(self) -> None:
        """Follow the bindings."""
        self.screen.bindings_updated_signal.subscribe(self, lambda _: self.repaint_changes())

    def compose_lines(self, width: int, height: int) -> Sequence[Strip]:
        """Return each key with what it does; several keys of one action count once."""
        shown = {
            active.binding.action: active.binding
            for active in reversed(self.screen.active_bindings.values())
            if active.binding.show
        }
        segments: list[Segment] = []
        self._places = []
        x = 0
        for binding in reversed(shown.values()):
            key, text = self.app.get_key_display(binding), f" {binding.description} "
            segments += [Segment(key, _KEY), Segment(text)]
            end = x + cell_len(key) + cell_len(text)
            self._places.append((x, end, binding.key))
            x = end
        return [Strip(segments)]

    def on_click(self, event: Click) -> None:
        """Do what the key under the pointer does."""
        for start, end, key in self._places:
            if start <= event.x < end:
                self.app.simulate_key(key)
