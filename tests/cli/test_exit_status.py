"""However the app ends, its status says so."""

import pytest

from tests.support.clients import PuppetClient
from tests.support.scripted_worker import SPIRAL
from tui_backprop.cli.app import exit_status
from tui_backprop.ui.app import TuiBackpropApp


@pytest.mark.parametrize(("return_code", "status"), [(0, 0), (143, 143), (1, 1), (None, 1)])
def test_only_who_leaves_by_himself_has_a_status_of_his_own(
    return_code: int | None, status: int
) -> None:
    assert exit_status(return_code) == status


def test_a_panic_leaves_no_return_code() -> None:
    app = TuiBackpropApp(PuppetClient(), SPIRAL)
    app.call_later(app.panic, "broken")
    app.run(headless=True)
    assert exit_status(app.return_code) == 1
