"""The gradient check: of one entry at every step size, or of the whole net."""

from collections.abc import Sequence
from math import log10

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from tui_backprop.nn.operation import shape_text
from tui_backprop.ui.step.numbers import index_text
from tui_backprop.ui.widgets.painted_widget import PaintedWidget
from tui_backprop.walkthrough.full_check import NetCheck, ParameterCheck
from tui_backprop.walkthrough.gradient_check import DEFAULT_STEP, STEP_SIZES, CellCheck
from tui_backprop.walkthrough.judgement import Verdict

_BAR = 24
_DECADES = 12


class CheckView(PaintedWidget):
    """Central differences beside backpropagation, with a verdict in words."""

    def __init__(self) -> None:
        super().__init__(id="check", classes="pane")
        self._checks: tuple[CellCheck, ...] = ()
        self.h = DEFAULT_STEP
        self._net: NetCheck | None = None

    def show_waiting(self, title: str) -> None:
        """Show that a check is under way."""
        self._checks, self._net = (), None
        self.border_title = f"{title}: checking …"
        self.repaint_changes()

    def take_next_step_size(self) -> None:
        """Show the check at the next step size."""
        self.h = STEP_SIZES[(STEP_SIZES.index(self.h) + 1) % len(STEP_SIZES)]
        self.repaint_changes()

    def show_cell(self, checks: tuple[CellCheck, ...]) -> None:
        """Show the check of an entry: at `h` in full, at the other step sizes its error."""
        self._checks, self._net = checks, None
        name = index_text(f"d{checks[0].key}", checks[0].index)
        self.border_title = f"Gradient check of {name}, in float64"
        self.border_subtitle = "h another step size"
        self.repaint_changes()

    def show_net(self, check: NetCheck) -> None:
        """Show the check of all entries, as far as it has come."""
        self._net, self._checks = check, ()
        done = "" if check.finished else f": {check.done:,} of {check.total:,} entries"
        self.border_title = f"Gradient check of every entry at h = {check.h:g}{done}"
        self.border_subtitle = ""
        self.repaint_changes()

    def compose_lines(self, width: int, height: int) -> Sequence[Strip]:
        """Return the check's lines."""
        if self._net is not None:
            return net_lines(self._net)
        chosen = next((check for check in self._checks if check.h == self.h), None)
        if chosen is None:
            return []
        return [*cell_lines(chosen), *(error_line(c, c.h == self.h) for c in self._checks)]


def cell_lines(check: CellCheck) -> list[Strip]:
    """Return both gradients, their relative error, and what it means."""
    bold = Style(bold=True)
    style = Style(color="red", bold=True) if check.verdict.failed else Style(color="green")
    lines = [
        Strip(
            [
                Segment("(L(θ+h) − L(θ−h)) / 2h = "),
                Segment(f"{check.numerical:.10g}", bold),
                Segment("   backprop = "),
                Segment(f"{check.backprop:.10g}", bold),
                Segment(f"   shown {check.shown:.6g}"),
            ]
        ),
        Strip(
            [
                Segment(f"h = {check.h:g}   relative error {check.relative_error:.1e}   "),
                Segment(check.verdict.value, style),
            ]
        ),
    ]
    if check.verdict is Verdict.KINK and check.kinks:
        kink = check.kinks[0]
        more = f", and {len(check.kinks) - 1} more" if len(check.kinks) > 1 else ""
        text = f"{kink.layer} unit {kink.unit} of sample {kink.sample} crossed 0 within ±h{more}"
        lines.append(Strip([Segment(text)]))
    if check.verdict is Verdict.ROUND_OFF:
        lines.append(Strip([Segment(f"round-off alone can make {check.round_off:.1e} at this h")]))
    return lines


def error_line(check: CellCheck, chosen: bool) -> Strip:
    """Return the relative error at one step size, as a bar on a logarithmic scale."""
    error = check.relative_error
    length = 0 if error <= 0 else round((log10(min(error, 1.0)) / _DECADES + 1) * _BAR)
    bar = "█" * max(0, length)
    text = f"{'▸' if chosen else ' '} h {check.h:.0e}  {bar:<{_BAR}}  error {error:.1e}"
    return Strip([Segment(text, Style(bold=chosen))])


def net_lines(check: NetCheck) -> list[Strip]:
    """Return a line for each parameter that is done, and what it all says."""
    lines = [parameter_line(parameter) for parameter in check.parameters]
    if check.finished:
        passed = check.passed
        text = "every gradient is right" if passed else "a gradient is WRONG"
        style = Style(color="green" if passed else "red", bold=True)
        lines.append(Strip([Segment(text, style)]))
    return lines


def parameter_line(check: ParameterCheck) -> Strip:
    """Return the errors of one parameter's entries, and what explains those left out."""
    left_out = [
        f"{check.counts[verdict]:,} {word}"
        for verdict, word in ((Verdict.KINK, "at a kink"), (Verdict.ROUND_OFF, "in round-off"))
        if check.counts[verdict]
    ]
    word = "agrees" if check.passed else f"WRONG at {index_text(check.key, check.worst.index)}"
    style = Style(color="green") if check.passed else Style(color="red", bold=True)
    return Strip(
        [
            Segment(f"{check.key:<4}{shape_text(check.shape):<10}", Style(bold=True)),
            Segment(f"largest error {check.largest_error:.1e}  mean {check.mean_error:.1e}  "),
            Segment(f"{word}  ", style),
            Segment(", ".join(left_out), Style(dim=True)),
        ]
    )
