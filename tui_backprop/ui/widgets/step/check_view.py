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
        self.border_subtitle = ""
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
            return net_lines(self._net, width, height)
        chosen = next((check for check in self._checks if check.h == self.h), None)
        if chosen is None:
            return []
        return [*cell_lines(chosen), *(error_line(c, c.h == self.h) for c in self._checks)]


def cell_lines(check: CellCheck) -> list[Strip]:
    """Return both gradients, their relative error, and what it means."""
    bold = Style(bold=True)
    style = Style(color="red", bold=True) if check.verdict.failed else Style(color="green")
    reason = ""
    if check.verdict is Verdict.KINK and check.kinks:
        kink = check.kinks[0]
        more = f", and {len(check.kinks) - 1:,} more" if len(check.kinks) > 1 else ""
        reason = f": unit {kink.unit} of {kink.layer} for sample {kink.sample}{more}"
    if check.verdict is Verdict.ROUND_OFF:
        reason = f": it can make {check.round_off:.1e}"
    return [
        Strip(
            [
                Segment("(L(θ+h) − L(θ−h)) / 2h = "),
                Segment(f"{check.numerical:.10g}", bold),
                Segment(f"   at h = {check.h:g}"),
            ]
        ),
        Strip(
            [
                Segment("              backprop = "),
                Segment(f"{check.backprop:.10g}", bold),
                Segment(f"   on the tape {check.shown:.6g}"),
            ]
        ),
        Strip([Segment(f"        relative error = {check.relative_error:.1e}")]),
        Strip([Segment(check.verdict.value, style), Segment(reason)]),
    ]


def error_line(check: CellCheck, chosen: bool) -> Strip:
    """Return the relative error at one step size, as a bar on a logarithmic scale."""
    error = check.relative_error
    length = 0 if error <= 0 else round((log10(min(error, 1.0)) / _DECADES + 1) * _BAR)
    bar = "█" * max(0, length)
    text = f"{'▸' if chosen else ' '} h {check.h:.0e}  {bar:<{_BAR}}  error {error:.1e}"
    return Strip([Segment(text, Style(bold=chosen))])


def net_lines(check: NetCheck, width: int, height: int) -> list[Strip]:
    """Return what it all says, and a line for each parameter that is done, failures first."""
    if not check.finished:
        filled = width * check.done // max(1, check.total)
        first = Strip(
            [Segment("━" * filled, Style(color="green")), Segment("─" * (width - filled))]
        )
    elif check.passed:
        first = Strip([Segment("✓ every gradient is right", Style(color="green", bold=True))])
    else:
        first = Strip([Segment("✗ a gradient is WRONG", Style(color="red", bold=True))])
    head = f"{'':<5}{'shape':<12}{'largest':<9}{'mean error':<12}{'kinks':>7}{'round-off':>11}"
    ordered = sorted(check.parameters, key=lambda parameter: parameter.passed)
    room = max(1, height - 2)
    left_out = len(ordered) - room if len(ordered) > room else -1
    shown = ordered if left_out < 0 else ordered[: room - 1]
    lines = [first, Strip([Segment(head, Style(dim=True))]), *map(parameter_line, shown)]
    if left_out >= 0:
        lines.append(Strip([Segment(f"and {len(ordered) - len(shown)} more: z makes room")]))
    return lines


def parameter_line(check: ParameterCheck) -> Strip:
    """Return the errors of one parameter's entries, how many have no say, and the verdict."""
    word = "agrees" if check.passed else f"WRONG at {index_text(check.key, check.worst.index)}"
    style = Style(color="green") if check.passed else Style(color="red", bold=True)
    return Strip(
        [
            Segment(f"{check.key:<5}{shape_text(check.shape):<12}", Style(bold=True)),
            Segment(f"{check.largest_error:<9.1e}{check.mean_error:<12.1e}"),
            Segment(f"{check.counts[Verdict.KINK]:>7,}{check.counts[Verdict.ROUND_OFF]:>11,}  "),
            Segment(word, style),
        ]
    )
