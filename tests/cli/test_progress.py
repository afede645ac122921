"""The bar of a headless run."""

from io import StringIO

import pytest

from tui_backprop.cli.progress import ProgressBar


class Screen(StringIO):
    """A stream that is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("columns", [20, 80, 200])
def test_it_says_how_far_the_run_is_on_one_line(columns: int) -> None:
    screen = Screen()
    bar = ProgressBar(screen, 60_000, columns)
    bar.show(1_600, 0.5, 12_345.0, 61.5)
    line = screen.getvalue().removeprefix("\r").removesuffix("\x1b[K")
    assert "1,600/60,000" in line
    assert len(line) < columns
    if columns > 20:
        assert line.endswith("loss 0.5000  12,345 it/s  0:01:01 left")


def test_what_is_printed_next_takes_its_place() -> None:
    screen = Screen()
    bar = ProgressBar(screen, 100, 80)
    bar.show(1, None, None, None)
    bar.clear()
    assert screen.getvalue().endswith("\r\x1b[K")
    length = len(screen.getvalue())
    bar.clear()
    assert len(screen.getvalue()) == length


def test_without_a_screen_it_is_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    file = StringIO()
    ProgressBar(file, 100, 80).show(1, None, None, None)
    assert file.getvalue() == ""
    monkeypatch.setenv("TERM", "dumb")
    screen = Screen()
    ProgressBar(screen, 100, 80).show(1, None, None, None)
    assert screen.getvalue() == ""
