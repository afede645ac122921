"""What the step screen says in words."""

from tui_backprop.nn.operation import Index
from tui_backprop.nn.words import cell_name
from tui_backprop.printable import printable
from tui_backprop.session.walkthrough_messages import Traced
from tui_backprop.settings.tasks import TASKS
from tui_backprop.ui.step.numbers import long_text
from tui_backprop.ui.step.step_path import StepPath
from tui_backprop.walkthrough.tape import NamedArray, Origin, Prediction, Tape

NO_SAMPLES = "no samples: this tape does not say which axis they are along"
NO_CHECK = "nothing to check with: a tape holds numbers, not the net that made them"
NO_TRAINING = "w applies an update to a run that is trained; this tape is of none"


def iteration_title(traced: Traced) -> str:
    """Return which iteration of its run was traced."""
    if traced.iteration > traced.iterations:
        return f"all {traced.iterations:,} iterations made"
    return f"iteration {traced.iteration:,}/{traced.iterations:,}"


def step_text(tape: Tape, path: StepPath, sample: int) -> str:
    """Return what goes best with a place: the way there, the update's effect, or the sample."""
    if path.before:
        return path_text(path)
    if tape.disagreement is not None:
        return disagreement_text(tape, path.place.step)
    if path.place.step == len(tape) and tape.prediction is not None:
        return prediction_text(tape.prediction)
    return sample_text(tape, sample)


def disagreement_text(tape: Tape, number: int) -> str:
    """Return at which step code and derivation disagree first, "" on a tape where none do."""
    found = tape.disagreement
    if found is None:
        return ""
    if found.step == number:
        return "✗ here code and derivation disagree first"
    return f"✗ code and derivation disagree first at step {found.step}: type :{found.step}"


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


def sample_text(tape: Tape, number: int) -> str:
    """Return what a sample is, and what the net makes of it, as far as the tape says it."""
    if not tape.sample_count:
        return ""
    text = f"sample {number:,} of {tape.sample_count:,}"
    names = [printable(name, 8) for name in tape.output_names]
    task, targets = "classification", tape.labels
    if targets is None:
        task, targets = "regression", tape.wanted
    if targets is None or tape.predictions is None:
        return text
    return f"{text}: {TASKS[task].outcome(tape.predictions[number], targets[number], names)}"


def prediction_text(prediction: Prediction) -> str:
    """Return what the update did to the batch's loss, beside what first order foretold."""
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
