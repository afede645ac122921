"""One hyperparameter in the form: label, control, and a line for its hint or its error."""

from typing import Any

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.suggester import SuggestFromList
from textual.widget import Widget
from textual.widgets import Input, Label, Select, Static

from tui_backprop.settings.fields import (
    Applies,
    ChoiceField,
    DatasetField,
    Field,
    HyperparameterError,
    IntegerField,
    IntegerListField,
    NumberField,
    TextField,
)


class FieldRow(Vertical):
    """Reads one field as it is typed; says what is wrong under it, and what waits for a reset.

    `value` is the last valid one, `in_force` the one the run uses, `error` what is wrong with
    the text that stands in the control, `refusal` why the run could not take a valid value.
    """

    class Edited(Message):
        """A valid value was entered (`done`: with Enter or by leaving the control)."""

        def __init__(self, row: "FieldRow", *, done: bool) -> None:
            super().__init__()
            self.row = row
            self.done = done

    def __init__(self, field: Field, value: Any) -> None:
        super().__init__(classes="field-row")
        self.field = field
        self.value = value
        self.in_force = value
        self.error = ""
        self.refusal = ""
        self._hint = Static(classes="field-hint", markup=False)
        self._beside: Static | None = None

    def compose(self) -> ComposeResult:
        """Lay out the label, the control and the hint."""
        mark = " ↻" if self.field.applies is Applies.RESET else ""
        with Horizontal(classes="field-line"):
            yield Label(self.field.label + mark, classes="field-label")
            yield self._control()
            if self._beside is not None:
                yield self._beside
        yield self._hint

    def on_mount(self) -> None:
        """Show the hint."""
        self.tooltip = self.field.help
        self._show_hint()

    def _control(self) -> Widget:
        if isinstance(self.field, ChoiceField):
            return Select(
                [(name, name) for name in self.field.names],
                value=self.value,
                allow_blank=False,
                compact=True,
            )
        names = self.field.builtin if isinstance(self.field, DatasetField) else ()
        return Input(
            self.field.format(self.value),
            compact=True,
            suggester=SuggestFromList(names) if names else None,
        )

    @property
    def is_edited(self) -> bool:
        """Whether the cursor is in it."""
        return self.has_pseudo_class("focus-within")

    def show_beside(self, text: str) -> None:
        """Show a few cells of text beside the control, which makes room for it; or nothing."""
        if self._beside is None:
            if not text:
                return
            self._beside = Static(classes="field-beside", markup=False)
            for line in self.query(".field-line"):
                line.mount(self._beside)
        self._beside.display = bool(text)
        self._beside.update(Content(text))

    def set_in_force(self, value: Any) -> None:
        """Note which value the run uses now. A control that nobody has changed follows it."""
        if value == self.in_force:
            return
        untouched = self.value == self.in_force and not self.error
        self.in_force = value
        if untouched:
            self._follow(value)
        if value == self.value:
            self.refusal = ""
        self._show_hint()

    def _follow(self, value: Any) -> None:
        self.value = value
        with self.prevent(Input.Changed, Select.Changed):
            for text_input in self.query(Input):
                text_input.value = self.field.format(value)
            for select in self.query(Select):
                select.value = value

    def refuse(self, message: str) -> None:
        """Show why the run could not take the value. It may be asked for again."""
        self.refusal = message
        self._show_hint()

    @on(Input.Changed)
    def _read_input(self, event: Input.Changed) -> None:
        event.stop()
        self._read(event.value, done=False)

    @on(Input.Submitted)
    @on(Input.Blurred)
    def _finish_input(self, event: Input.Submitted | Input.Blurred) -> None:
        event.stop()
        if not self.error:
            self._read(event.value, done=True)

    @on(Select.Changed)
    def _read_select(self, event: Select.Changed) -> None:
        event.stop()
        self._read(str(event.value), done=True)

    def _read(self, text: str, *, done: bool) -> None:
        self.refusal = ""
        try:
            self.value = self.field.parse(text)
        except HyperparameterError as error:
            self.error = error.fault if error.where else f"must be {error.allowed}"
        else:
            self.error = ""
            self.post_message(self.Edited(self, done=done))
        self._show_hint()

    def _show_hint(self) -> None:
        waits = self.value != self.in_force
        wrong = self.error or self.refusal
        self.set_class(bool(wrong), "-invalid")
        self.set_class(waits and not wrong, "-waiting")
        if wrong:
            text = f"✗ {wrong}"
        elif waits:
            live = self.field.applies is Applies.LIVE
            now = self.field.format(self.in_force)
            text = f"now {now}: Enter applies" if live else f"now {now}: r resets"
        else:
            text = short_bounds(self.field)
        self.set_class(not text, "-no-hint")
        self._hint.update(Content(text))


def short_bounds(field: Field) -> str:
    """Return what a value may be, in a few words."""
    match field:
        case IntegerField(minimum=low, maximum=high):
            return f"{low:,} to {high:,}"
        case IntegerListField(minimum=low, maximum=high):
            return f"{low:,} to {high:,}; or 50,30 …"
        case NumberField(minimum=low, maximum=high):
            return f"{low:g} to {high:g}"
        case TextField():
            return "empty for the last column"
        case DatasetField():
            return f"{', '.join(field.builtin)}, path"
        case _:
            return ""
