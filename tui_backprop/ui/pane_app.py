"""An app of screens that are made of panes, in the colours it is given."""

from tui_backprop.ui.program_app import ProgramApp


class PaneApp(ProgramApp):
    """An app of screens that are made of panes.

    Args:
        theme: the name of the colours to begin with.
    """

    def __init__(self, theme: str = "textual-dark") -> None:
        super().__init__()
        self.theme = theme
