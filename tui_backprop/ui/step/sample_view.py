"""The sample in question: its picture or its values, its label, and what the net thinks of it."""

import math
from collections.abc import Sequence
from functools import lru_cache
from itertools import zip_longest
from typing import ClassVar

import numpy as np
from rich.cells import cell_len, set_cell_size
from rich.color import Color as RichColor
from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.strip import Strip

from tui_backprop.nn.arrays import Array
from tui_backprop.printable import printable
from tui_backprop.ui.painting.painted_widget import PaintedWidget, StyleOf
from tui_backprop.ui.step.numbers import cell_text
from tui_backprop.walkthrough.step import Numbers
from tui_backprop.walkthrough.tape import Tape

_PICTURE_SIZE = 28
_SHADES = 255
_GAP = 2
_LEAST_BAR = 24
_SHORT_NAME = 2
"""Cells of a class's name that leave room for the verdict where the pane is small."""

RIGHT, WRONG, OTHER = "paint--good", "paint--bad", "paint--other-class"
PICTURE = "paint--picture"
"""The colours of the brightest pixel, on that of the darkest."""


class SampleView(PaintedWidget):
    """One sample of the minibatch with its predicted probabilities."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {RIGHT, WRONG, OTHER, PICTURE}

    def __init__(self) -> None:
        super().__init__(id="sample", classes="pane")
        self._tape: Tape | None = None
        self._number = 0
        self._renewed: Numbers | None = None

    def show(self, tape: Tape, number: int, step: int) -> None:
        """Show a sample of the tape's minibatch, with what is predicted of it at a step."""
        renewed = tape.predictions_after_update(step)
        if tape is self._tape and number == self._number and renewed is self._renewed:
            return
        self._tape, self._number, self._renewed = tape, number, renewed
        title = f"Sample {number:,} of {tape.sample_count:,}"
        if number < len(tape.facts.indices):
            title += f", #{tape.facts.indices[number]:,}"
        self.border_title = title
        self.border_subtitle = "[ ] another" if renewed is None else "y′, after the update"
        longest = max((cell_len(printable(name, 8)) for name in tape.output_names), default=0)
        is_small = picture_of(tape, number) is None and longest <= _SHORT_NAME
        self.set_class(is_small, "-small")
        self.repaint_changes()

    def compose_lines(self, width: int, height: int) -> Sequence[Strip]:
        """Return what was predicted of the sample, and its picture."""
        tape, number = self._tape, self._number
        if tape is None or not can_show_sample(tape):
            return []
        if tape.wanted is not None:
            lines = value_lines(tape, number, width)
            if tape.x is not None and tape.x.size == tape.wanted.size == tape.sample_count:
                points = np.column_stack([tape.x.ravel(), tape.wanted.ravel()])
                lines += point_lines(points, number, width, "(x, t)")
            return lines[:height]
        lines, bars = self._verdict(tape), self._bars(tape, width)
        if (image := picture_of(tape, number)) is not None:
            picture = picture_lines(image, self.style_of(PICTURE))
        elif tape.x is not None and tape.x.shape[1:] == (2,):
            picture = point_lines(tape.x, number, width, "x")
        else:
            picture = []
        if len(lines) + len(picture) + len(bars) <= height:
            return [*lines, *picture, *bars]
        beside = max((line.cell_length for line in picture), default=0) + _GAP
        if width < beside + _LEAST_BAR:
            return [*lines, *bars, *picture][:height]
        bars = self._bars(tape, width - beside)
        return [*lines, *side_by_side(picture, bars, beside)][:height]

    def _predictions(self, tape: Tape) -> Numbers | None:
        return tape.predictions if self._renewed is None else self._renewed

    def _bars(self, tape: Tape, width: int) -> list[Strip]:
        if (predictions := self._predictions(tape)) is None:
            return []
        label = None if tape.labels is None else int(tape.labels[self._number])
        y = predictions[self._number]
        names = [printable(name, 8) for name in tape.output_names]
        longest = max(map(cell_len, names))
        return [
            probability_line(
                set_cell_size(name, longest), float(y[k]), width, k == label, self.style_of
            )
            for k, name in enumerate(names)
        ]

    def _verdict(self, tape: Tape) -> list[Strip]:
        if tape.labels is None or (predictions := self._predictions(tape)) is None:
            return []
        label, names = int(tape.labels[self._number]), tape.output_names
        guess = int(predictions[self._number].argmax())
        right = guess == label
        return [
            Strip(
                [
                    Segment(f"label {printable(names[label], 8)}  ", Style(bold=True)),
                    Segment(
                        f"predicted {printable(names[guess], 8)} {'✓' if right else '✗'}",
                        self.style_of(RIGHT if right else WRONG),
                    ),
                ]
            )
        ]


def can_show_sample(tape: Tape) -> bool:
    """Whether there is something to be seen of a sample: its picture, or what is predicted."""
    return bool(tape.sample_count) and (
        tape.predictions is not None or picture_of(tape, 0) is not None
    )


def picture_of(tape: Tape, number: int) -> Numbers | None:
    """Return a sample's picture, None where it is none; one in colours by how bright it is."""
    shape, x = tape.facts.image_shape, tape.x
    if shape is None or x is None or x[number].size % math.prod(shape):
        return None
    picture: Numbers = x[number].reshape(-1, *shape).mean(axis=0)
    return picture


def side_by_side(left: Sequence[Strip], right: Sequence[Strip], width: int) -> list[Strip]:
    """Return the lines of both, those of `left` filled up to `width` cells."""
    empty = Strip([])
    return [
        Strip([*one.adjust_cell_length(width), *other])
        for one, other in zip_longest(left, right, fillvalue=empty)
    ]


def picture_lines(image: Array, style: Style) -> list[Strip]:
    """Return a picture in half blocks: two rows of pixels a line, brighter where larger.

    Small ones are magnified by a whole number, to about the size of a digit of MNIST.
    """
    scale = max(1, _PICTURE_SIZE // max(image.shape))
    image = image.repeat(scale, axis=0).repeat(scale, axis=1)
    largest = float(image.max()) or 1.0
    grey = np.clip(image / largest * _SHADES, 0, _SHADES).astype(int)
    shades = shades_of(style)
    if grey.shape[0] % 2:
        grey = np.vstack([grey, np.zeros((1, grey.shape[1]), int)])
    return [
        Strip(
            [
                Segment("▀", Style(color=shades[up], bgcolor=shades[low]))
                for up, low in zip(grey[row], grey[row + 1], strict=True)
            ]
        )
        for row in range(0, grey.shape[0], 2)
    ]


@lru_cache(maxsize=4)
def shades_of(style: Style) -> tuple[RichColor, ...]:
    """Return the colours from a style's background to its foreground."""
    if style.color is None or style.bgcolor is None:
        return (RichColor.default(),) * (_SHADES + 1)
    dark, bright = Color.from_rich_color(style.bgcolor), Color.from_rich_color(style.color)
    return tuple(dark.blend(bright, n / _SHADES).rich_color for n in range(_SHADES + 1))


def value_lines(tape: Tape, number: int, width: int) -> list[Strip]:
    """Return of each number that was to be predicted what it is, what was, and how far off."""
    if tape.predictions is None or tape.wanted is None:
        return []
    y, t = tape.predictions[number], tape.wanted[number].reshape(-1)
    lines = []
    for name, predicted, wanted in zip(tape.output_names, y.tolist(), t.tolist(), strict=True):
        shown = printable(name)
        lines += [
            Strip([Segment(set_cell_size(shown, min(width, cell_len(shown))))]),
            Strip([Segment(f"t {cell_text(wanted)}  y {cell_text(predicted)}")]),
            Strip([Segment(f"off by {cell_text(predicted - wanted)}", Style(bold=True))]),
        ]
    return lines


def point_lines(points: Array, number: int, width: int, name: str) -> list[Strip]:
    """Return the minibatch's points in the plane, this one as an ●, and its coordinates."""
    columns, rows = min(width, 26), 11
    span = float(np.abs(points).max()) or 1.0
    grid = [
        ["·" if r == rows // 2 or c == columns // 2 else " " for c in range(columns)]
        for r in range(rows)
    ]
    order = [*(n for n in range(len(points)) if n != number), number]
    for n in order:
        column = round((float(points[n, 0]) / span + 1) / 2 * (columns - 1))
        row = round((1 - float(points[n, 1]) / span) / 2 * (rows - 1))
        grid[row][column] = "●" if n == number else "∘"
    here = (
        f"{name} = ({cell_text(float(points[number, 0]))}, {cell_text(float(points[number, 1]))})"
    )
    return [Strip([Segment(here)]), *(Strip([Segment("".join(line))]) for line in grid)]


def probability_line(
    name: str, probability: float, width: int, is_label: bool, style_of: StyleOf
) -> Strip:
    """Return a class's bar and probability; the right class is marked."""
    room = max(1, width - cell_len(name) - 8)
    bar = "█" * round(probability * room) if math.isfinite(probability) else ""
    style = style_of(RIGHT if is_label else OTHER)
    return Strip(
        [
            Segment(f"{name}{'◂' if is_label else ' '}", Style(bold=is_label)),
            Segment(f"{bar:<{room}}", style),
            Segment(f" {probability:>6.4f}"),
        ]
    )
