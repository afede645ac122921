"""The bar of a headless run."""

from io import StringIO

from rich.console import Console

from tui_backprop.cli.progress import ProgressDisplay


def test_counts_are_written_with_commas() -> None:
    screen = StringIO()
    console = Console(file=screen, force_terminal=True, width=80)
    with ProgressDisplay(console, 60_000) as progress:
        progress.show(1_600, 0.5, 12_345.0)
    assert "1,600/60,000" in screen.getvalue()
    assert "12,345 it/s" in screen.getvalue()
