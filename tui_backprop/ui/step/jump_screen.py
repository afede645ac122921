"""What leads over a tape by its contents: sheets that are opened, cells that are jumped to."""

from tui_backprop.nn.operation import Index
from tui_backprop.ui.step.graph_screen import GraphScreen
from tui_backprop.ui.step.sheet import Sheet
from tui_backprop.ui.step.sheet_screen import SheetScreen
from tui_backprop.ui.step.sheets import path_sheet, sample_sheet
from tui_backprop.ui.step.step_texts import NO_SAMPLES
from tui_backprop.ui.step.tape_screen import TapeScreen
from tui_backprop.walkthrough.derivation import Cell, NoDerivation, derive
from tui_backprop.walkthrough.path import gradient_of
from tui_backprop.walkthrough.target import Target


class JumpScreen(TapeScreen):
    """Shows a place on the tape, and goes where its numbers have come from."""

    def action_path(self) -> None:
        """Show the path from the loss to the subject's gradient, or say that there is none."""
        tape, output = self._tape, self._path.step.output
        cell = Cell(self._path.place.step, self._panes.subject)
        try:
            if output.label.endswith("′"):
                cell = gradient_of(tape, output.label, cell.index)
            sheet = path_sheet(tape, cell)
        except NoDerivation as error:
            self._status.say(f"p has no path to {output.label}: {error}")
        except (KeyError, ValueError):
            is_first = output.label == "dy"
            none = "every path ends at dy" if is_first else f"{output.label} is none"
            self._status.say(f"p shows the path to a gradient; {none}")
        else:
            self._open_sheet(sheet)

    def action_one_sample(self) -> None:
        """Show the subject's sample alone, on its way through the net and back."""
        if not self._tape.sample_count:
            self._status.say(NO_SAMPLES)
            return
        self._open_sheet(sample_sheet(self._tape, self._panes.sample))

    def action_graph(self) -> None:
        """Show the net as a graph, with the sizes of the subject's sample."""
        place = self._path.place.step
        sample = self._panes.sample if self._tape.sample_count else None
        try:
            screen = GraphScreen(self._tape, place, sample)
        except ValueError as error:
            self._status.say(f"no graph: {error}")
        else:
            self._open(screen)

    def _open_sheet(self, sheet: Sheet) -> None:
        self._open(SheetScreen(sheet))

    def _open(self, screen: SheetScreen | GraphScreen) -> None:
        self._player.stop()
        self.app.push_screen(screen, self._leave_sheet)

    def _leave_sheet(self, target: Target | None) -> None:
        """Go where the sheet led; a cell is jumped to, so that Backspace returns."""
        if target is None or target.step is None:
            return
        if target.cell is None:
            self._path.move_to(target.step)
        else:
            self._jump(target.step, target.cell)
            return
        self._show()

    def _jump(self, step: int, cell: Index) -> None:
        """Go to where a number came from: to its derivation, or to the cell if it has none."""
        self._path.jump(step, cell)
        reason = self._underived(step, cell)
        if reason:
            self._path.close_derivation()
        self._show()
        if reason:
            self._status.say(reason)

    def _underived(self, step: int, cell: Index) -> str:
        """Return why a cell has no derivation, "" if it has one."""
        try:
            derive(self._tape, step, cell)
        except NoDerivation as error:
            return str(error)
        return ""
