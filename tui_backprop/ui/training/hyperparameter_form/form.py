"""The form of all hyperparameters, in the groups the command line has too."""

from collections.abc import Iterable
from itertools import groupby
from typing import Any

from textual import on
from textual.containers import VerticalScroll
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Label

from tui_backprop.settings.fields import Applies
from tui_backprop.settings.hyperparameters import FIELDS, Hyperparameters
from tui_backprop.ui.training.hyperparameter_form.field_row import FieldRow


class HyperparameterForm(VerticalScroll):
    """A row for each hyperparameter. It asks for changes; what is in force it is told."""

    BORDER_TITLE = "Hyperparameters"
    BORDER_SUBTITLE = "↻ applies with reset"
    can_focus = False

    class LiveChangeRequested(Message):
        """The run should go on with this value of the hyperparameter of that name."""

        def __init__(self, name: str, value: Any) -> None:
            super().__init__()
            self.name = name
            self.value = value

    def __init__(self, hyperparameters: Hyperparameters) -> None:
        super().__init__(id="hyperparameter-form", classes="pane")
        self._in_force = hyperparameters
        self._rows = {
            field.name: FieldRow(field, getattr(hyperparameters, field.name)) for field in FIELDS
        }
        self._layout: list[Widget] = []

    def on_mount(self) -> None:
        """Lay out the groups once the first frame is out: they are most of the screen's widgets."""
        self.call_after_refresh(self._mount_rows)

    def _mount_rows(self) -> None:
        for group, fields in groupby(FIELDS, key=lambda field: field.group):
            self._layout.append(Label(group, classes="group-title"))
            self._layout += [self._rows[field.name] for field in fields]
        self._show_what_applies()

    def _show_what_applies(self) -> None:
        """Leave out the fields that mean nothing for what is chosen; make none before it is shown.

        Widgets that nobody sees would be half of what a start takes.
        """
        applying = {field.name for field in self.values().applying_fields()}
        below: Widget | None = None
        new: list[Widget] = []
        # From last to first, so that what is new knows what it stands above.
        for widget in reversed(self._layout):
            is_shown = not isinstance(widget, FieldRow) or widget.field.name in applying
            widget.display = is_shown
            if widget.is_attached:
                self._mount_above(below, new)
                below, new = widget, []
            elif is_shown:
                new = [widget, *new]
        self._mount_above(below, new)

    def _mount_above(self, below: Widget | None, new: list[Widget]) -> None:
        if new:
            self.mount_all(new, before=below)

    @property
    def invalid_rows(self) -> Iterable[FieldRow]:
        """The rows in sight whose text is no valid value."""
        return [row for row in self._rows.values() if row.error and row.display]

    def focus_first(self) -> None:
        """Put the cursor into the first field."""
        self.query("Input, Select").first().focus()

    def values(self) -> Hyperparameters:
        """Return what the form says, the last valid value of each field."""
        return Hyperparameters(**{name: row.value for name, row in self._rows.items()})

    def show_in_force(self, hyperparameters: Hyperparameters) -> None:
        """Note what the run uses now."""
        if hyperparameters != self._in_force:
            self._in_force = hyperparameters
            for name, row in self._rows.items():
                row.set_in_force(getattr(hyperparameters, name))
            self._show_what_applies()

    def refuse(self, field: str, message: str) -> None:
        """Show under a field why the run could not take its value; nothing is to blame without."""
        if field:
            self._rows[field].refuse(message)

    @on(FieldRow.Edited)
    def _take_edit(self, event: FieldRow.Edited) -> None:
        event.stop()
        row = event.row
        self._show_what_applies()
        if event.done and row.field.applies is Applies.LIVE and row.value != row.in_force:
            self.post_message(self.LiveChangeRequested(row.field.name, row.value))
