"""What counts as a terminal to open the app on."""

import sys

import pytest

from tui_backprop.cli.terminal import has_terminal


@pytest.mark.parametrize(("driver", "opens"), [("some.module:Driver", True), ("", False)])
def test_a_driver_for_something_else_than_a_terminal_opens_the_app(
    monkeypatch: pytest.MonkeyPatch, driver: str, opens: bool
) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    monkeypatch.setenv("TEXTUAL_DRIVER", driver)
    assert has_terminal() is opens
