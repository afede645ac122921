"""Reads keys out of what a terminal sends, which may be anything."""

from codecs import getincrementaldecoder
from collections.abc import Callable, Iterator

from textual._xterm_parser import BRACKETED_PASTE_END, BRACKETED_PASTE_START, XTermParser
from textual.events import Key, Resize
from textual.message import Message
from textual.messages import InBandWindowResize

_PASTE_RESTS = 1.0
"""Seconds without a byte after which a paste whose end never came has ended all the same."""

_ESCAPE_ALONE = b"\x1b"
"""What arrives so was pressed: a person gets out of such a paste by it, however often they type."""


class KeyReader:
    """Turns bytes into events; bytes that mean nothing are dropped, and nothing stops it.

    Args:
        clock: seconds that only grow.
        debug: whether Textual logs what it reads.
    """

    def __init__(self, clock: Callable[[], float], debug: bool = False) -> None:
        self._clock = clock
        self._debug = debug
        # A byte that is no UTF-8, as of a terminal in 8-bit meta mode, is no key of ours.
        self._decoder = getincrementaldecoder("utf-8")("ignore")
        self._parser = XTermParser(debug)
        self._recent = ""
        self._pasting = False
        self._last_read = clock()

    def read(self, data: bytes) -> list[Message]:
        """Return the events that end with these bytes."""
        self._last_read = self._clock()
        if self._pasting and data == _ESCAPE_ALONE:
            return self._end_paste()
        return [event for one in self._decoder.decode(data) for event in self._feed(one)]

    def tick(self) -> list[Message]:
        """Return the events that end because nothing has followed; call it a few times a second."""
        events = [event for event in self._parser.tick() if _is_possible(event)]
        if self._pasting and self._clock() - self._last_read >= _PASTE_RESTS:
            events += self._end_paste()
        return events

    def _end_paste(self) -> list[Message]:
        return [event for one in BRACKETED_PASTE_END for event in self._feed(one)]

    def _feed(self, character: str) -> Iterator[Message]:
        """Feed one character, so that one that cannot be read takes no other with it."""
        self._recent = (self._recent + character)[-len(BRACKETED_PASTE_END) :]
        if self._recent in (BRACKETED_PASTE_START, BRACKETED_PASTE_END):
            self._pasting = self._recent == BRACKETED_PASTE_START
        try:
            events = list(self._parser.feed(character))
        except Exception:  # numbers out of range, each with an error of its own
            self._parser, self._pasting = XTermParser(self._debug), False
            return
        yield from filter(_is_possible, events)


def _is_possible(event: Message) -> bool:
    """Whether it can be: a size is the system's to tell, and half a character is none."""
    if isinstance(event, Resize | InBandWindowResize):
        return False
    if isinstance(event, Key):
        return not any("\ud800" <= character <= "\udfff" for character in event.character or "")
    return True
