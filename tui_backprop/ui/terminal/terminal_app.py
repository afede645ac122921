"""A Textual app that is careful with its terminal: sends it little, and gives it back."""

import asyncio
import os
import signal
import sys
from functools import partial
from typing import ClassVar

from rich.console import RenderableType
from textual._compositor import CompositorUpdate
from textual._context import active_message_pump
from textual.app import App
from textual.await_complete import AwaitComplete
from textual.binding import Binding, BindingType
from textual.dom import NoScreen
from textual.driver import Driver
from textual.screen import Screen
from textual.widget import Widget

from tui_backprop.ui.terminal.terminal_diff import Changes, TerminalDiff


class TerminalApp(App[None]):
    """Sends only the cells that change, and leaves cleanly on a signal.

    `encoding` is the terminal's.
    """

    # To begin to select on a notification that goes away ends the app; terminals select text too.
    ALLOW_SELECT = False

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "ctrl+z",
            "suspend_process",
            "Suspend",
            show=False,
            tooltip="Back to the shell; fg comes back. Training goes on meanwhile",
        ),
        Binding("ctrl+l", "repaint", "Repaint", show=False, tooltip="Paint the whole screen anew"),
    ]

    def __init__(self) -> None:
        super().__init__(driver_class=_driver_class())
        self.encoding = (sys.stderr.encoding or "utf-8").lower()
        self.terminal = TerminalDiff(self.encoding)
        self._pointer_shape = "default"

    @property
    def is_behind(self) -> bool:
        """Whether the terminal has not taken all that was sent to it."""
        return bool(getattr(self._driver, "backlog", 0))

    def on_ready(self) -> None:
        """Take what has been typed since the terminal was taken."""
        if (driver := self._driver) is not None and hasattr(driver, "let_keys_in"):
            driver.let_keys_in()

    def on_resize(self) -> None:
        """Paint everything: terminals do as they like with old contents when resized."""
        self.terminal.forget()

    def pop_screen(self) -> AwaitComplete:
        """Close the screen on top; one that was asked to close before is not closed again.

        Two keys that came at once would close what is under it too, and end the app at the last.
        """
        asked_by = active_message_pump.get(None)
        if len(self.screen_stack) <= 1 or self._is_closed(asked_by):
            return AwaitComplete()
        return super().pop_screen()

    def action_repaint(self) -> None:
        """Paint everything, in case something else wrote to the terminal."""
        self.terminal.forget()
        self.screen.refresh(layout=True)

    def _is_closed(self, pump: object) -> bool:
        """Whether a widget or screen is of none on top."""
        if not isinstance(pump, Widget):
            return False
        try:
            return pump.screen is not self.screen
        except NoScreen:
            return True

    def _display(self, screen: Screen[object], renderable: RenderableType | None) -> None:
        """Send an update, reduced to what it changes on the terminal; nothing if that is nothing.

        Textual moves the cursor after each update: an input method opens its window there.
        """
        if self._batch_count:
            return
        if isinstance(renderable, CompositorUpdate):
            renderable = self.terminal.reduce(renderable, screen.outer_size, self.console)
            cursor = screen.outer_size.clamp_offset(self.cursor_position)
            unchanged = isinstance(renderable, Changes) and not renderable.text
            if unchanged and cursor == self._previous_cursor_position:
                return
        super()._display(screen, renderable)

    def _set_pointer_shape(self, shape: str) -> None:
        """Change the mouse pointer's shape; each new screen says which it has, old or new."""
        if shape != self._pointer_shape:
            self._pointer_shape = shape
            super()._set_pointer_shape(shape)

    def leave_cleanly_on_signals(self) -> None:
        """Restore the screen when the terminal hangs up or somebody ends the program."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGHUP, signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._leave, number)

    def _leave(self, number: int) -> None:
        """Leave with a signal's status, once no widget is being mounted: that fails halfway."""
        if (driver := self._driver) is not None and hasattr(driver, "let_nothing_in"):
            driver.let_nothing_in()
        kept = [screen for screen in self._installed_screens.values() if isinstance(screen, Screen)]
        screens = [*self.screen_stack[-1:], *kept]
        nodes = [node for screen in screens for node in (screen, *screen.query("*"))]
        if nodes and all(node.is_mounted for node in nodes):
            self.exit(return_code=128 + number)
        else:
            self.set_timer(0.01, partial(self._leave, number))


def _driver_class() -> type[Driver] | None:
    """Return the driver for a terminal of this system, None for Textual's own choice.

    That is also how something else than a terminal, as a browser, is asked for.
    """
    if os.name != "posix" or os.environ.get("TEXTUAL_DRIVER"):
        return None
    from tui_backprop.ui.terminal.terminal_driver import TerminalDriver

    return TerminalDriver
