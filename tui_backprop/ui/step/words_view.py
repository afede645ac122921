"""The words about an operation and the cell that is looked at: short, long, or none."""

import re
from collections.abc import Sequence
from itertools import cycle

from rich.segment import Segment
from textual.strip import Strip
from textual.widget import Widget

from tui_backprop.nn.words import Words
from tui_backprop.ui.painting.painted_widget import PaintedWidget
from tui_backprop.ui.painting.shortening import split_between_words

_FEWEST = 4
_BETWEEN_SENTENCES = re.compile(r"(?<=\.) (?=[A-Z∂√Σ])")
_LENGTHS = ("short", "long", "none")
_SHARES = {"short": 6, "long": 3}
"""Which part of the screen's lines the words may take at most."""


class WordsView(PaintedWidget):
    """As many lines as the words need, within a part of the screen; whole sentences only.

    `needed_lines` are those that it takes at its width.
    """

    def __init__(self) -> None:
        super().__init__(id="words")
        self._lengths = cycle(_LENGTHS)
        self._length = next(self._lengths)
        self._words = Words("", "")
        self.needed_lines = 0

    def show(self, words: Words) -> None:
        """Show what is said of a cell."""
        self._words = words
        self._fit()
        self.repaint_changes()

    def take_next_length(self) -> str:
        """Change from short to long, to none and back; return which it is now."""
        self._length = next(self._lengths)
        self.set_class(self._length == "none", "-none")
        self._fit()
        self.repaint_changes()
        return self._length

    def on_resize(self) -> None:
        """Take as many lines as the words need at this width."""
        self._fit()

    def compose_lines(self, width: int, height: int) -> Sequence[Strip]:
        """Return the words, wrapped."""
        return [Strip([Segment(f" {line}")]) for line in self._wrapped(width)[:height]]

    def _fit(self) -> None:
        # Its own width is 0 while it is out of sight, where its needs are asked for already.
        pane = self.parent
        width = pane.size.width if isinstance(pane, Widget) else self.size.width
        if width and self._length != "none":
            self.needed_lines = max(1, len(self._wrapped(width)))
            self.styles.height = self.needed_lines
        else:
            self.needed_lines = 0

    def _wrapped(self, width: int) -> list[str]:
        text = self._words.long if self._length == "long" else self._words.short
        share = _SHARES.get(self._length, 1)
        return wrapped_sentences(text, width - 2, max(_FEWEST, self.screen.size.height // share))


def wrapped_sentences(text: str, width: int, height: int) -> list[str]:
    """Return as many whole sentences as fit into so many lines; of the first, what fits.

    No line is longer than `width`.
    """
    sentences = _BETWEEN_SENTENCES.split(text)
    for count in range(len(sentences), 0, -1):
        lines = _wrapped(" ".join(sentences[:count]), width)
        if len(lines) <= height:
            return lines
    return lines[:height]


def _wrapped(text: str, width: int) -> list[str]:
    lines = []
    while text:
        line, text = split_between_words(text, max(1, width))
        lines.append(line)
    return lines
