"""The smallest Textual app: a program of its own, that nothing here imports."""

from textual.app import App, ComposeResult
from textual.widgets import Static


class EmptyApp(App[None]):
    """Shows a word."""

    def compose(self) -> ComposeResult:
        """Yield the word."""
        yield Static("hello")


if __name__ == "__main__":
    EmptyApp().run()
