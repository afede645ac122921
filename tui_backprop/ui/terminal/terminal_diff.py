"""Sends the terminal only the cells that differ from what it already shows."""

import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache

from rich.cells import cell_len
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual._compositor import ChopsUpdate, CompositorUpdate, LayoutUpdate
from textual.geometry import Size
from textual.strip import Strip

from tui_backprop.ui.terminal.lookalikes import encodable

_JOIN_GAP = 4
"""Unchanged cells that are sent along between two changes: a cursor move costs as many bytes."""

Cell = tuple[str, Style | None]
"""What one column shows. A wide character's further columns hold an empty text."""

Piece = tuple[int, int, Strip]
"""A strip and the column and row it starts at."""


class TerminalDiff:
    """Knows what each cell of the terminal shows, and turns screen updates into small ones.

    Textual sends a changed line from its widget's left edge on, with colours set anew for every
    word. Over a slow link most of that is a repetition of what is there already.

    Args:
        encoding: the terminal's; characters it does not have are sent as lookalikes.
    """

    def __init__(self, encoding: str = "utf-8") -> None:
        self._encoding = encoding
        self._rows: list[list[Cell | None]] = []
        self.bytes_sent = 0

    def forget(self) -> None:
        """Send everything anew: the terminal may show something else by now."""
        self._rows = []

    def reduce(self, update: CompositorUpdate, size: Size, console: Console) -> CompositorUpdate:
        """Return an update to the same effect on a terminal of `size` that sends only changes.

        It has to be sent: what it changes counts as shown.
        """
        if isinstance(update, ChopsUpdate):
            return Changes(self.changes(_pieces_of_spans(update), size, console))
        if isinstance(update, LayoutUpdate):
            return Changes(self.changes(_pieces_of_layout(update), size, console))
        return update

    def changes(self, pieces: Iterable[Piece], size: Size, console: Console) -> str:
        """Return what to send so that the terminal shows `pieces`, and note that it does."""
        if len(self._rows) != size.height or (self._rows and len(self._rows[0]) != size.width):
            self._rows = [[None] * size.width for _ in range(size.height)]
        parts: list[str] = []
        style_before: Style | None = None
        for x, y, strip in pieces:
            if not 0 <= y < size.height:
                continue
            shown, wanted = self._rows[y], cells(strip)[: size.width - x]
            for start, end in differing_runs(shown[x : x + len(wanted)], wanted):
                parts.append(f"\x1b[{y + 1};{x + start + 1}H")
                for text, style in runs_of_style(wanted[start:end]):
                    if style != style_before:
                        parts.append("\x1b[0m" + style_codes(style, console))
                        style_before = style
                    parts.append(encodable(text, self._encoding))
            shown[x : x + len(wanted)] = wanted
        if style_before is not None:
            parts.append("\x1b[0m")
        text = "".join(parts)
        self.bytes_sent += len(text.encode())
        return text


class Changes(CompositorUpdate):
    """An update that was reduced to `text`, which is empty where nothing changes."""

    def __init__(self, text: str) -> None:
        self.text = text

    def render_segments(self, console: Console) -> str:
        """Return what to send."""
        return self.text


def _pieces_of_spans(update: ChopsUpdate) -> Iterator[Piece]:
    for y, start, end in update.spans:
        for piece_end, (x, strip) in zip(
            update.chop_ends[y], update.chops[y].items(), strict=False
        ):
            if strip is not None and x < end and piece_end > start:
                yield x, y, strip


def _pieces_of_layout(update: LayoutUpdate) -> Iterator[Piece]:
    for y, line in enumerate(update.strips, update.region.y):
        x = update.region.x
        for strip in line:
            yield x, y, strip
            x += strip.cell_length


def differing_runs(shown: list[Cell | None], wanted: list[Cell]) -> Iterator[tuple[int, int]]:
    """Yield (start, end) of the runs of cells that differ; runs close together count as one."""
    start = end = -1
    for x, cell in enumerate(wanted):
        if shown[x] == cell:
            continue
        if start >= 0 and x - end > _JOIN_GAP:
            yield start, end
            start = -1
        if start < 0:
            start = x
            while start and not wanted[start][0]:
                start -= 1
        end = x + 1
        while end < len(wanted) and not wanted[end][0]:
            end += 1
    if start >= 0:
        yield start, end


def runs_of_style(line: list[Cell]) -> Iterator[tuple[str, Style | None]]:
    """Yield the cells' texts joined as far as their style is the same."""
    text, style = "", None
    for character, next_style in line:
        if text and next_style != style:
            yield text, style
            text = ""
        text, style = text + character, next_style
    if text:
        yield text, style


def cells(strip: Strip) -> list[Cell]:
    """Return the strip cell by cell, without control characters, which count no cell."""
    result: list[Cell] = []
    for text, style, control in strip:
        if control:
            continue
        if text.isascii() and text.isprintable():
            result.extend((character, style) for character in text)
            continue
        for character in text:
            if unicodedata.category(character) == "Cc":
                continue
            width = cell_len(character)
            if width == 0 and result:
                result[-1] = (result[-1][0] + character, style)
            else:
                result.append((character, style))
                result.extend(("", style) for _ in range(width - 1))
    return result


def style_codes(style: Style | None, console: Console) -> str:
    """Return the escape sequences that switch `style` on."""
    return _style_codes(style, console.color_system) if style else ""


@lru_cache(maxsize=1024)
def _style_codes(style: Style, color_system: str | None) -> str:
    console = Console(color_system=color_system, force_terminal=True)  # type: ignore[arg-type]
    return Strip([Segment("x", style)]).render(console).partition("x")[0]
