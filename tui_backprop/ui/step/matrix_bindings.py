"""The keys of a matrix that has the focus."""

from textual.binding import Binding, BindingType

MATRIX_BINDINGS: list[BindingType] = [
    Binding("up", "move(-1, 0)", "Cell", show=False),
    Binding("down", "move(1, 0)", "Cell", show=False),
    Binding("left", "move(0, -1)", "Cell", show=False),
    Binding("right", "move(0, 1)", "Cell", key_display="↑↓←→", tooltip="Move to another cell"),
    Binding("pageup", "page(-1, 0)", "Page", show=False),
    Binding(
        "pagedown",
        "page(1, 0)",
        "Page of rows",
        key_display="pgup pgdn",
        show=False,
        tooltip="As many rows up or down as are in sight",
    ),
    Binding("shift+left", "page(0, -1)", "Page", show=False),
    Binding(
        "shift+right",
        "page(0, 1)",
        "Page of columns",
        key_display="⇧← →",
        show=False,
        tooltip="As many columns on or back as are in sight",
    ),
    Binding("home", "move(-1000000, -1000000)", "First", show=False, tooltip="First cell"),
    Binding("end", "move(1000000, 1000000)", "Last", show=False, tooltip="Last cell"),
]
