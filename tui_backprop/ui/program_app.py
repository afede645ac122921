"""What the program's apps have in common: style sheet, colours, help, way out, palette."""

from collections.abc import Iterable
from pathlib import Path
from typing import ClassVar

from textual.app import SystemCommand
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.types import CSSPathType

from tui_backprop.ui.help.help_screen import HelpScreen, help_rows
from tui_backprop.ui.painting.pane_screen import PaneScreen
from tui_backprop.ui.terminal.terminal_app import TerminalApp


class ProgramApp(TerminalApp):
    """An app of this program, whatever it shows.

    Args:
        theme: the name of the colours to begin with.
    """

    TITLE = "tui-backprop"
    CSS_PATH: ClassVar[CSSPathType] = Path(__file__).with_name("app.tcss")
    ENABLE_COMMAND_PALETTE = True
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("question_mark", "help", "Help", key_display="?", tooltip="All keys"),
        Binding("ctrl+q", "quit", "Quit", tooltip="Leave tui-backprop", priority=True),
    ]

    def __init__(self, theme: str = "textual-dark") -> None:
        super().__init__()
        self.theme = theme

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """Offer every key's action in the command palette too."""
        # By their actions: several keys may stand for one.
        actives = {active.binding.action: active for active in screen.active_bindings.values()}
        for binding in actives.values():
            # What Textual binds itself, to move the focus or to copy, says no more than its name.
            is_palette = binding.binding.action == "command_palette"
            if binding.enabled and binding.binding.tooltip and not is_palette:
                action, node = binding.binding.action, binding.node
                yield SystemCommand(
                    binding.binding.description,
                    binding.binding.tooltip,
                    lambda action=action, node=node: self.call_later(self.run_action, action, node),
                )

        if isinstance(screen, PaneScreen):
            for name, help_text, go in screen.places():
                yield SystemCommand(name, help_text, go)
        yield SystemCommand("Theme", "Choose other colours, dark or light", self.search_themes)

    def action_help(self) -> None:
        """Show all keys of the screen."""
        notes = self.screen.help_notes() if isinstance(self.screen, PaneScreen) else ""
        self.push_screen(HelpScreen(help_rows(self.screen), notes))
