"""How much of a run is left, in work and in seconds."""

from tui_backprop.session.stopwatch import Stopwatch
from tui_backprop.training.trainer import Trainer


def seconds_left(stopwatch: Stopwatch, trainer: Trainer) -> float | None:
    """Return how long a run will take to its end; None until it is known how fast it goes."""
    iterations = max(0, trainer.hyperparameters.iterations - trainer.iteration)
    return stopwatch.seconds_left(trainer.iteration, iterations, evaluations_left(trainer))


def evaluations_left(trainer: Trainer) -> int:
    """Return how many evaluations are still to be ended: one an epoch, and one at the end."""
    settings, train_size = trainer.hyperparameters, trainer.dataset.train_size
    left = max(0, settings.iterations - trainer.iteration)
    end = trainer.samples_seen + left * settings.batch_size
    epochs = end // train_size - trainer.samples_seen // train_size
    # The last iteration is evaluated also where no epoch ends within it.
    extra = left > 0 and end % train_size >= settings.batch_size
    return epochs + extra + trainer.evaluating
