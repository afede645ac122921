"""The net drawn from left to right: boxes, values above the edges, gradients below them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from tui_backprop.ui.step.numbers import cell_text
from tui_backprop.walkthrough.graph import Box, Edge, Graph, size_on_edge
from tui_backprop.walkthrough.tape import Tape

LINES_ABOVE, FRAME_LINES = 1, 4
"""Where the frame of a box stands within its band: below its formula."""

_LIT = Style(reverse=True, bold=True)

_LONGEST_FORMULA = 14
_LOSS_TO_ITSELF = ("1", "∂loss/∂loss")


@dataclass(slots=True)
class Band:
    """Boxes and edges that stand beside each other; `boxes` has the columns that each box takes."""

    lines: list[str] = field(default_factory=list)
    boxes: dict[int, range] = field(default_factory=dict)

    @property
    def width(self) -> int:
        """The columns that it takes."""
        return max(map(len, self.lines), default=0)

    def append(self, column: list[str]) -> range:
        """Put a column of lines of one length at the right end, and return its place."""
        first, wide = self.width, len(column[0])
        both = zip_longest(self.lines, column, fillvalue="")
        self.lines = [f"{line:<{first}}{part:<{wide}}" for line, part in both]
        return range(first, first + wide)


def draw(tape: Tape, net: Graph, sample: int | None, number: int, width: int) -> list[Band]:
    """Return the graph in as few bands of `width` columns as it takes.

    Edges show the sizes of a sample's arrays, or without one of the batch's; the box of step
    `number` names what that step makes.
    """
    bands, here = [Band()], net.box_of(number)
    made = tape.step(number).output.symbol
    for place, box in enumerate(net.boxes):
        passing = _edge_column(tape, net.edges[place], sample)
        framed = _box_column(tape, box, made if place == here else "")
        coming_out = []
        if place == len(net.boxes) - 1:
            coming_out.append(_edge_column(tape, net.edges[-1], sample, is_loss=True))
        wide = sum(len(column[0]) for column in (passing, framed, *coming_out))
        if bands[-1].lines and bands[-1].width + wide > width:
            bands.append(Band())
        bands[-1].append(passing)
        bands[-1].boxes[place] = bands[-1].append(framed)
        for column in coming_out:
            bands[-1].append(column)
    return bands


def paint(bands: Sequence[Band], lit: int | None) -> Iterator[Strip]:
    """Yield the lines of the bands; the frame of a box is lit."""
    for band in bands:
        place = None if lit is None else band.boxes.get(lit)
        for at, text in enumerate(band.lines):
            if place is None or not LINES_ABOVE <= at < LINES_ABOVE + FRAME_LINES:
                yield Strip([Segment(text)])
            else:
                parts = text[: place.start], text[place.start : place.stop], text[place.stop :]
                before, box, behind = parts
                yield Strip([Segment(before), Segment(box, _LIT), Segment(behind)])


def _edge_column(tape: Tape, edge: Edge, sample: int | None, *, is_loss: bool = False) -> list[str]:
    above = [edge.value.label, cell_text(size_on_edge(tape, edge.value, sample))]
    below = list(_LOSS_TO_ITSELF) if is_loss else []
    if edge.gradient is not None:
        size = cell_text(size_on_edge(tape, edge.gradient, sample))
        below = [size, edge.gradient.label]
    wide = max(map(len, [*above, *below])) + 2
    there = "─" * (wide - 1) + "▶"
    back = "◀" + "─" * (wide - 1) if below else ""
    return [f"{text:^{wide}}" for text in [*above, there, back, *below]]


def _box_column(tape: Tape, box: Box, made: str) -> list[str]:
    formula = box.formulas[-1].partition(" = ")[2]
    above = formula if len(formula) <= _LONGEST_FORMULA else ""
    here = f"▸{made}" if made else ""
    below = list(_parameter_sizes(tape, box))
    wide = max(map(len, [above, *below, f"│ {box.name} │", f"│ {here} │"]))
    inner = wide - 2
    framed = ["┌" + "─" * inner + "┐", f"│{box.name:^{inner}}│", f"│{here:^{inner}}│"]
    return [f"{text:^{wide}}" for text in [above, *framed, "└" + "─" * inner + "┘", *below]]


def _parameter_sizes(tape: Tape, box: Box) -> Iterator[str]:
    for named in box.parameters:
        if (gradient := tape.made(f"d{named.label}")) is not None:
            size = cell_text(size_on_edge(tape, gradient.output, None))
            yield f"‖d{named.label}‖ {size}"
