"""Routes the training process's events about a traced minibatch to the step screen."""

from textual.app import App

from tui_backprop.session.messages import Event, WorkerEnded
from tui_backprop.session.walkthrough_messages import CellChecked, NetChecked, TraceTaken
from tui_backprop.ui.step.step_screen import StepScreen
from tui_backprop.ui.texts import ended_text


def mount_step_screen(app: App[None]) -> StepScreen:
    """Return the app's step screen, made and mounted out of sight the first time it is asked for.

    It stays when it is left: making its widgets takes longer than filling them.
    """
    for screen in app._installed_screens.values():
        if isinstance(screen, StepScreen):
            return screen
    screen = StepScreen()
    app.install_screen(screen, "step")
    app._load_screen_css(screen)
    app._get_screen(screen)
    return screen


def show_step_event(app: App[None], event: Event) -> None:
    """Show an event on the step screen, which a trace opens if it is not open.

    Raises:
        TypeError: it is none of the step screen's.
    """
    screen = next((s for s in app.screen_stack if isinstance(s, StepScreen)), None)
    match event:
        case TraceTaken(_, after_commit=True) if screen is None:
            pass  # the step screen was left before the answer came
        case TraceTaken(traced) if screen is None:
            screen = mount_step_screen(app)
            screen.show_traced(traced, anew=True)
            app.push_screen(screen)
        case TraceTaken(traced) if screen is not None:
            screen.show_traced(traced, anew=False)
        case CellChecked(checks) if screen is not None:
            screen.checks.show_cell(checks)
        case NetChecked(check) if screen is not None:
            screen.checks.show_net(check)
        case WorkerEnded() if screen is not None:
            screen.show_ended(ended_text(event))
        case CellChecked() | NetChecked() | WorkerEnded():
            pass  # it was left while the check was under way
        case _:
            raise TypeError(f"unknown event {event!r}")
