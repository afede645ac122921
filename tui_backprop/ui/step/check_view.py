"""The gradient check: of one entry at every step size, or of the whole net."""

from collections.abc import Sequence
from math import log10
from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from tui_backprop.check_words import OUTCOME_WORDS, VERDICT_WORDS, net_words
from tui_backprop.nn.operation import shape_text
from tui_backprop.nn.words import cell_name
from tui_backprop.ui.painting.painted_widget import PaintedWidget, StyleOf
from tui_backprop.ui.painting.shortening import first_fitting
from tui_backprop.ui.painting.table_columns import (
    Cells,
    TableColumn,
    fitting_columns,
    headings,
    table_line,
    widened,
)
from tui_backprop.walkthrough.full_check import CheckOutcome, NetCheck, ParameterCheck
from tui_backprop.walkthrough.gradient_check import DEFAULT_STEP, STEP_SIZES, CellCheck
from tui_backprop.walkthrough.judgement import CheckVerdict

_BAR = 24
_DECADES = 12

_RELATIVE_ERROR = 2
"""Which of a cell's lines can be spared."""

RIGHT, WRONG, NEITHER = "paint--good", "paint--bad", "paint--hint"
_OUTCOMES = {
    CheckOutcome.WRONG: ("✗", WRONG),
    CheckOutcome.NOT_CHECKABLE: ("–", NEITHER),
    CheckOutcome.ZERO: ("✓", RIGHT),
    CheckOutcome.RIGHT: ("✓", RIGHT),
}
"""The mark and the style of each, the one to look at first at first."""

PARAMETER, SHAPE, LARGEST, MEAN = "", "shape", "largest", "mean error"
COMPARED, KINKS, CURVED, ROUND_OFF = "compared", "kinks", "h too large", "round-off"
VERDICT = "verdict"

NET_COLUMNS = (
    TableColumn(PARAMETER, 4, right=False),
    TableColumn(SHAPE, 11, right=False, spare=5),
    TableColumn(LARGEST, 8, right=False),
    TableColumn(MEAN, 11, right=False, spare=6),
    TableColumn(COMPARED, 8, spare=1),
    TableColumn(KINKS, 6, spare=2),
    TableColumn(CURVED, 11, spare=4),
    TableColumn(ROUND_OFF, 10, spare=3),
    TableColumn(VERDICT, 7, right=False),
)


class CheckView(PaintedWidget):
    """Central differences beside backpropagation, with a verdict in words."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {RIGHT, WRONG, NEITHER}

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
        name = cell_name(f"d{checks[0].key}", checks[0].index)
        self.border_title = f"Gradient check of {name}, in float64"
        self.border_subtitle = "h another step size"
        self.repaint_changes()

    def show_net(self, check: NetCheck) -> None:
        """Show the check of all entries, as far as it has come."""
        self._net, self._checks = check, ()
        self.border_title = f"Gradient check of every entry at h = {check.h:g}"
        self.border_subtitle = ""
        self.repaint_changes()

    def compose_lines(self, width: int, height: int) -> Sequence[Strip]:
        """Return the check's lines."""
        if self._net is not None:
            return net_lines(self._net, width, height, self.style_of)
        chosen = next((check for check in self._checks if check.h == self.h), None)
        if chosen is None:
            return []
        errors = [error_line(check, check is chosen) for check in self._checks]
        lines = cell_lines(chosen, width, self.style_of)
        if len(lines) + len(errors) > height:
            # It stands beside its step size too.
            del lines[_RELATIVE_ERROR]
        return [*lines, *errors]


def cell_lines(check: CellCheck, width: int, style_of: StyleOf) -> list[Strip]:
    """Return both gradients, their relative error, and what it means."""
    verdict = check.verdict
    style = style_of(WRONG if verdict.failed else RIGHT if verdict.compared else NEITHER)
    difference, shown = "(L(θ+h) − L(θ−h)) / 2h", f"   on the tape {check.shown:.6g}"
    if cell_len(f"{difference} = {check.backprop:.10g}{shown}") > width:
        difference, shown = "(L(θ+h)−L(θ−h))/2h", f"  tape {check.shown:.6g}"
    verdicts = (
        Strip([Segment(VERDICT_WORDS[check.verdict], style), Segment(t)]) for t in reasons(check)
    )
    return [
        gradient_line(difference, difference, check.numerical, f"   at h = {check.h:g}"),
        gradient_line("backprop", difference, check.backprop, shown),
        Strip(
            [Segment(f"{'relative error':>{cell_len(difference)}} = {check.relative_error:.1e}")]
        ),
        first_fitting(width, verdicts),
    ]


def gradient_line(name: str, longest_name: str, gradient: float, behind: str) -> Strip:
    """Return a gradient behind its name, which ends where the longest one does."""
    return Strip(
        [
            Segment(f"{name:>{cell_len(longest_name)}} = "),
            Segment(f"{gradient:.10g}", Style(bold=True)),
            Segment(behind),
        ]
    )


def reasons(check: CellCheck) -> list[str]:
    """Return what else there is to say of a verdict, then less of it."""
    if check.verdict is CheckVerdict.KINK and check.kinks:
        kink = check.kinks[0]
        first = f": unit {kink.unit:,} of {kink.layer} for sample {kink.sample:,}"
        more = f", and {len(check.kinks) - 1:,} more" if len(check.kinks) > 1 else ""
        return [f"{first}{more}", f": {kink.layer}{more}", ""]
    if check.verdict is CheckVerdict.ROUND_OFF:
        return [f": it can make {check.round_off:.1e}", f": {check.round_off:.1e}"]
    return [""]


def error_line(check: CellCheck, chosen: bool) -> Strip:
    """Return the relative error at one step size, as a bar on a logarithmic scale."""
    error = check.relative_error
    length = 0 if error <= 0 else round((log10(min(error, 1.0)) / _DECADES + 1) * _BAR)
    bar = "█" * max(0, length)
    text = f"{'▸' if chosen else ' '} h {check.h:.0e}  {bar:<{_BAR}}  error {error:.1e}"
    return Strip([Segment(text, Style(bold=chosen))])


def net_lines(check: NetCheck, width: int, height: int, style_of: StyleOf) -> list[Strip]:
    """Return what it all says, and a line for each parameter that is done, failures first."""
    if not check.finished:
        done = f"  {check.done:,} of {check.total:,} entries"
        room = max(0, width - cell_len(done))
        filled = room * check.done // max(1, check.total)
        bar = Segment("━" * filled, style_of(RIGHT)), Segment("─" * (room - filled))
        first = Strip([*bar, Segment(done)])
    else:
        mark, name = _OUTCOMES[check.outcome]
        style = style_of(name) + Style(bold=True)
        first = Strip([Segment(f"{mark} {net_words(check)}", style)])
    ordered = sorted(check.parameters, key=lambda parameter: [*_OUTCOMES].index(parameter.outcome))
    room = max(1, height - 2)
    left_out = len(ordered) - room if len(ordered) > room else -1
    shown = ordered if left_out < 0 else ordered[: room - 1]
    cells = [check_row(parameter) for parameter in shown]
    columns = fitting_columns(widened(NET_COLUMNS, cells), width)
    lines = [first, table_line(columns, headings(columns), Style(dim=True))]
    for parameter, row in zip(shown, cells, strict=True):
        marks = {VERDICT: style_of(_OUTCOMES[parameter.outcome][1])}
        lines.append(table_line(columns, row, Style.null(), marks))
    if left_out >= 0:
        lines.append(Strip([Segment(f"and {len(ordered) - len(shown)} more: z makes room")]))
    return lines


def check_row(check: ParameterCheck) -> Cells:
    """Return the errors of one parameter's entries, how many have no say, and the verdict."""
    verdict, compared = OUTCOME_WORDS[check.outcome], check.compared > 0
    if check.outcome is CheckOutcome.WRONG:
        verdict += f" at {cell_name(check.key, check.worst.index)}"
    return {
        PARAMETER: check.key,
        SHAPE: shape_text(check.shape),
        LARGEST: f"{check.largest_error:.1e}" if compared else "–",
        MEAN: f"{check.mean_error:.1e}" if compared else "–",
        COMPARED: f"{check.compared:,}",
        KINKS: f"{check.counts[CheckVerdict.KINK]:,}",
        CURVED: f"{check.counts[CheckVerdict.CURVATURE]:,}",
        ROUND_OFF: f"{check.counts[CheckVerdict.ROUND_OFF]:,}",
        VERDICT: verdict,
    }
