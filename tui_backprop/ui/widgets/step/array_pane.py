"""The operands and the result of an operation, side by side, and what explains them."""

from collections.abc import Iterator, Mapping

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical

from tui_backprop.nn.operation import Index
from tui_backprop.ui.step.lit_cells import lit_cells
from tui_backprop.ui.widgets.step.check_view import CheckView
from tui_backprop.ui.widgets.step.derivation_view import DerivationView
from tui_backprop.ui.widgets.step.matrix_view import MatrixView
from tui_backprop.walkthrough.derivation import CellDerivation
from tui_backprop.walkthrough.tape import Step

_MOST_OPERANDS = 4
_SAMPLES_AS_ROWS = {"x", "t", "y", "out", "dout", "dx"}


class ArrayPane(Vertical):
    """All arrays of one operation; a derivation or a check below them when asked for."""

    def __init__(self) -> None:
        super().__init__(id="array-pane")
        self._operands = [MatrixView(id=f"operand-{n}") for n in range(_MOST_OPERANDS)]
        self.result = MatrixView(id="result")
        self.derivation = DerivationView()
        self.check = CheckView()

    def compose(self) -> ComposeResult:
        """Lay out the operands over the result."""
        with Horizontal(id="operands"):
            yield from self._operands
        yield self.result
        yield self.derivation
        yield self.check

    def show_step(self, step: Step, sample: int) -> None:
        """Show an operation without a derivation."""
        self.set_class(False, "-deriving", "-checking")
        self._show_arrays(step, {})
        self.look_at_sample(sample)

    def show_derivation(self, step: Step, derivation: CellDerivation) -> None:
        """Show an operation with the derivation of one cell, whose operands are lit up."""
        self.leave_zoom()
        self.set_class(True, "-deriving")
        self.set_class(False, "-checking")
        self._show_arrays(step, lit_cells(derivation))
        self.result.look_at(derivation.cell.index)
        self.derivation.show(derivation, step.output.label, step.formula)
        self.follow_chosen_term()

    def show_check(self) -> None:
        """Make room for the gradient check."""
        self.leave_zoom()
        self.set_class(False, "-deriving")
        self.set_class(True, "-checking")

    def zoom(self, view: MatrixView) -> None:
        """Give one matrix all the room: first its numbers, then as tints, then all as before."""
        if not view.has_class("-zoomed"):
            self._zoom_on(view)
        elif view.as_heat:
            self.leave_zoom()
        else:
            view.show_as_heat(True)

    def leave_zoom(self) -> None:
        """Give all matrices their room again."""
        self._zoom_on(None)

    @property
    def zoomed(self) -> bool:
        """Whether one matrix has all the room."""
        return self.has_class("-zoom-operand") or self.has_class("-zoom-result")

    def _zoom_on(self, chosen: MatrixView | None) -> None:
        self.set_class(chosen is self.result, "-zoom-result")
        self.set_class(chosen in self._operands, "-zoom-operand")
        for view in (*self._operands, self.result):
            view.set_class(view is chosen, "-zoomed")
            view.show_as_heat(False)

    def follow_chosen_term(self) -> None:
        """Bring the operands of the chosen term into sight."""
        for operand in self.derivation.chosen_operands:
            for view in self._shown_operands():
                if view.named is not None and view.named.symbol == operand.symbol:
                    view.look_at(operand.index)

    def look_at_sample(self, sample: int) -> None:
        """Bring a sample's row into sight wherever rows are samples."""
        for view in (*self._shown_operands(), self.result):
            if view.named is not None and view.named.symbol in _SAMPLES_AS_ROWS:
                view.look_at_row(sample)

    def _shown_operands(self) -> Iterator[MatrixView]:
        return (view for view in self._operands if not view.has_class("-unused"))

    def _show_arrays(self, step: Step, lit: Mapping[str, frozenset[Index]]) -> None:
        for number, view in enumerate(self._operands):
            view.set_class(number >= len(step.inputs), "-unused")
            if number < len(step.inputs):
                named = step.inputs[number]
                view.set_class(named.array.ndim == 0, "-scalar")
                view.set_class(named.array.ndim == 1, "-vector")
                view.show(named, lit=lit.get(named.symbol, frozenset()))
        self.result.show(step.output)
