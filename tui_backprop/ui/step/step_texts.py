"""What the step screen says in words."""

from tui_backprop.nn.operation import Index
from tui_backprop.nn.words import cell_name
from tui_backprop.printable import printable
from tui_backprop.session.walkthrough_messages import Traced
from tui_backprop.settings.tasks import TASKS
from tui_backprop.ui.step.numbers import long_text
from tui_backprop.ui.step.step_path import StepPath
from tui_backprop.walkthrough.tape import NamedArray, Origin


def step_text(traced: Traced, path: StepPath, sample: int) -> str:
    """Return what goes best with a place: the way there, the update's effect, or the sample."""
    if path.before:
        return path_text(path)
    if path.place.step == len(traced.tape):
        return prediction_text(traced)
    return sample_text(traced, sample)


def playing_text(speed: float) -> str:
    """Return that the tape plays, at so many operations a second."""
    return f"playing, {speed:g}/s: space stops, + and - change the speed"


def path_text(path: StepPath) -> str:
    """Return the cell the last jump started from, and how many jumps there were."""
    place = path.before[-1]
    if place.deriving or place.focus is None:
        name = cell_name(path.tape.step(place.step).output.label, place.cell or ())
    else:
        name = cell_name(place.focus.label, place.focus.index)
    count = len(path.before)
    return f"{count} jump{'s' if count > 1 else ''} from the start; Backspace returns to {name}"


def sample_text(traced: Traced, number: int) -> str:
    """Return what a sample is, and what the net makes of it."""
    tape = traced.tape
    names = [printable(name, 8) for name in traced.output_names]
    outcome = TASKS[traced.task].outcome(tape.predictions[number], tape.targets[number], names)
    return f"sample {number:,} of {tape.sample_count:,}: {outcome}"


def prediction_text(traced: Traced) -> str:
    """Return what the update did to the batch's loss, beside what first order foretold."""
    prediction = traced.tape.prediction
    return (
        f"loss {long_text(prediction.loss_before)} → {long_text(prediction.loss_after)},"
        f" first order foretold {long_text(prediction.loss_predicted)}"
    )


def leaf_text(label: str, index: Index, named: NamedArray | None) -> str:
    """Return what a number is that no operation made; without an array it is a constant."""
    origin = Origin.CONSTANT if named is None else named.origin
    return f"{cell_name(label, index)} is {origin.value}"


def commit_obstacle(traced: Traced) -> str:
    """Return why the traced iteration cannot be made, or nothing."""
    if traced.iteration > traced.iterations:
        return f"all {traced.iterations:,} iterations are made"
    if (stopped := traced.stopped) is not None:
        return f"{stopped.what} of {stopped.where} not finite; lower η and reset"
    return ""
