"""The keys that work now, on one line."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from textual.binding import Binding
from textual.events import Click
from textual.strip import Strip

from tui_backprop.ui.painting.painted_widget import PaintedWidget

_ALWAYS_SHOWN = {"help", "quit", "leave", "leave_field"}
"""Actions that lead out, or to a list of all the others."""


@dataclass(frozen=True, slots=True)
class _Entry:
    """A key as it is shown, and what it does."""

    binding: Binding
    key: str
    text: str

    @property
    def width(self) -> int:
        return cell_len(self.key) + cell_len(self.text)


class KeyLine(PaintedWidget):
    """Shows the screen's bindings as Textual's Footer does, without a widget for each key.

    Those would be made anew, and the whole screen laid out twice, whenever the focus moves.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {"paint--key"}

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
        entries = [
            _Entry(binding, self.app.get_key_display(binding), f" {binding.description} ")
            for binding in reversed(shown.values())
        ]
        key_style = self.style_of("paint--key")
        segments: list[Segment] = []
        self._places = []
        x = 0
        for entry in fitting_entries(entries, width):
            segments += [Segment(entry.key, key_style), Segment(entry.text)]
            self._places.append((x, x + entry.width, entry.binding.key))
            x += entry.width
        return [Strip(segments)]

    def on_click(self, event: Click) -> None:
        """Do what the key under the pointer does."""
        for start, end, key in self._places:
            if start <= event.x < end:
                self.app.simulate_key(key)


def fitting_entries(entries: Sequence[_Entry], width: int) -> list[_Entry]:
    """Return the entries that fit: others are left out from the last on, until all do."""
    kept = list(entries)
    for entry in reversed(entries):
        # The gap behind the last one needs no room.
        if sum(other.width for other in kept) - 1 <= width:
            break
        if entry.binding.action.removeprefix("app.") not in _ALWAYS_SHOWN:
            kept.remove(entry)
    return kept
